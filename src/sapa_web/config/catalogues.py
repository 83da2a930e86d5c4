"""Message catalogues: read as they are kept (``.po``), compiled into the site's home when the site starts.

Compiled files (``.mo``) are not kept in the repository, and the usual compiler is not on every machine; so the site compiles
its catalogues by itself, once for each state of their sources: the folder carries the digest of the sources in its name.
"""

from __future__ import annotations

import ast
import hashlib
import os
import struct
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

CONTEXT = "\x04"
MAGIC = 0x950412DE


@dataclass
class Message:
    """One message of a catalogue; ``plural`` is empty and ``words`` holds one form where nothing is counted."""

    singular: str = ""
    plural: str = ""
    context: str = ""
    words: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> str:
        """What the compiled catalogue looks the message up by."""
        key = f"{self.context}{CONTEXT}{self.singular}" if self.context else self.singular
        return f"{key}\0{self.plural}" if self.plural else key

    @property
    def text(self) -> str:
        """The forms as the compiled catalogue keeps them."""
        return "\0".join(self.words[form] for form in sorted(self.words))


def read(path: Path) -> list[Message]:
    """Messages of the catalogue at ``path``, its header (the empty message) first; retired ones (``#~``) are left out."""
    messages: list[Message] = []
    message, fuzzy, slot = Message(), False, ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#,"):
            fuzzy = "fuzzy" in line
        if not line or line.startswith("#"):
            continue
        if not line.startswith('"'):
            slot, line = line.split(" ", 1)
            if slot == "msgctxt" or (slot == "msgid" and (message.words or not messages)):
                message = Message(fuzzy=fuzzy)
                messages.append(message)
                fuzzy = False
        _add(message, slot, ast.literal_eval(line))
    return messages


def _add(message: Message, slot: str, piece: str) -> None:
    if slot == "msgctxt":
        message.context += piece
    elif slot == "msgid":
        message.singular += piece
    elif slot == "msgid_plural":
        message.plural += piece
    else:
        form = int(slot[7:-1]) if slot.startswith("msgstr[") else 0
        message.words[form] = message.words.get(form, "") + piece


def compiled(messages: Iterable[Message]) -> bytes:
    """The catalogue as gettext reads it; what is fuzzy or not translated is left out, so that the English shows."""
    pairs = sorted((m.key.encode(), m.text.encode()) for m in messages if not m.fuzzy and all(m.words.values()))
    start = 7 * 4 + 16 * len(pairs)
    keys = b"".join(key + b"\0" for key, _ in pairs)
    tables: tuple[list[int], list[int]] = ([], [])
    at = [start, start + len(keys)]
    for pair in pairs:
        for side in (0, 1):
            tables[side].extend((len(pair[side]), at[side]))
            at[side] += len(pair[side]) + 1
    head = struct.pack("<7I", MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    body = struct.pack(f"<{4 * len(pairs)}I", *tables[0], *tables[1])
    return head + body + keys + b"".join(text + b"\0" for _, text in pairs)


def prepare(source: Path, home: Path) -> Path:
    """Folder of the compiled catalogues of ``source`` (``<language>/LC_MESSAGES/django.po``); made under ``home`` once."""
    paths = sorted(source.glob("*/LC_MESSAGES/django.po"))
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()[:16]
    folder = home / "locale" / digest
    for path in paths:
        target = folder / path.relative_to(source).with_suffix(".mo")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, compiled(read(path)))
    return folder


def _write(path: Path, content: bytes) -> None:
    """All at once: another process of the site may be starting at this moment."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(name, path)
