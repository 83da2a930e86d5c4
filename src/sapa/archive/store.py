"""Where files lie: a folder, or an S3-compatible store, chosen by a URL. A file is either there whole or not at all.

Names are slash-separated and checked: none can leave the store, whatever a return calls itself.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pyarrow import fs

from sapa.errors import RefusedError, UserError

_PART = re.compile(r"[A-Za-z0-9%_][A-Za-z0-9%_.@=+-]*")


class Store(Protocol):
    """What the archive needs of a place for files."""

    url: str

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, data: bytes) -> None: ...

    def exists(self, name: str) -> bool: ...

    def names(self, prefix: str) -> Iterator[str]: ...

    def remove(self, name: str) -> None: ...

    def sync(self) -> None: ...

    def promote(self, source: str, target: str, last: str) -> None: ...

    def filesystem(self, name: str) -> tuple[fs.FileSystem, str]: ...


def safe_part(text: str) -> str:
    """One path part for any text, reversible by :func:`decode_part`: percent-encoded, never beginning with a dot.

    Raises ``RefusedError`` where the result would be empty or longer than 180 characters.
    """
    encoded = quote(text, safe="").replace("~", "%7E")
    if encoded[:1] in (".", "-"):
        encoded = f"%{ord(encoded[0]):02X}" + encoded[1:]
    if not encoded or len(encoded) > 180:
        raise RefusedError(f"'{text[:40]}' can't name a file", todo="give it at most 60 Latin or 30 other letters")
    return encoded


def decode_part(part: str) -> str:
    """The text :func:`safe_part` encoded."""
    return unquote(part)


def checked(name: str) -> str:
    """``name`` itself, if each part is safe; raises ``RefusedError`` (a path that would leave the store)."""
    if not all(_PART.fullmatch(part) for part in name.split("/")):
        raise RefusedError(f"unsafe file name {name[:80]!r}", todo="use plain identifiers")
    return name


class FolderStore:
    """A folder of this machine. Writing is atomic: a temporary file, then a rename."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = str(folder)
        self._made: set[Path] = set()

    def path(self, name: str) -> Path:
        """The file's path."""
        return self.folder / checked(name)

    def read(self, name: str) -> bytes:
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            raise RefusedError(f"{name} is missing from {self.url}", todo="put the file back from a copy") from None

    def write(self, name: str, data: bytes) -> None:
        path = self.path(name)
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
        try:
            temporary.write_bytes(data)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)

    def exists(self, name: str) -> bool:
        return self.path(name).is_file()

    def names(self, prefix: str) -> Iterator[str]:
        """Names below a folder, sorted; leftovers of interrupted writes are passed over."""
        base = self.path(prefix)
        found: list[str] = []
        for folder, _, files in os.walk(base):
            relative = os.path.relpath(folder, self.folder).replace(os.sep, "/")
            found.extend(f"{relative}/{file}" for file in files if not file.startswith("."))
        yield from sorted(found)

    def remove(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    def sync(self) -> None:
        """Everything written so far reaches the disk before this returns."""
        if sys.platform != "win32":
            os.sync()

    def promote(self, source: str, target: str, last: str) -> None:
        """A finished folder takes its final name in one step."""
        os.rename(self.path(source), self.path(target))

    def filesystem(self, name: str) -> tuple[fs.FileSystem, str]:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return fs.LocalFileSystem(), str(path)


class ObjectStore:
    """An S3-compatible store: ``s3://bucket/prefix?endpoint_override=host:port&scheme=http``; credentials as AWS sets them."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        options: dict[str, Any] = dict(parse_qsl(parts.query))
        if "allow_bucket_creation" in options:
            options["allow_bucket_creation"] = options["allow_bucket_creation"] == "true"
        self._fs = fs.S3FileSystem(**options)
        self._base = (parts.netloc + parts.path).strip("/")

    def _path(self, name: str) -> str:
        return f"{self._base}/{checked(name)}"

    def read(self, name: str) -> bytes:
        try:
            with self._fs.open_input_file(self._path(name)) as stream:
                data: bytes = stream.read()
                return data
        except FileNotFoundError:
            raise RefusedError(f"{name} is missing from {self.url}", todo="put the object back from a copy") from None

    def write(self, name: str, data: bytes) -> None:
        with self._fs.open_output_stream(self._path(name)) as stream:
            stream.write(data)

    def exists(self, name: str) -> bool:
        return bool(self._fs.get_file_info(self._path(name)).type == fs.FileType.File)

    def names(self, prefix: str) -> Iterator[str]:
        selector = fs.FileSelector(self._path(prefix), recursive=True, allow_not_found=True)
        files = [info.path for info in self._fs.get_file_info(selector) if info.type == fs.FileType.File]
        yield from sorted(path[len(self._base) + 1 :] for path in files)

    def remove(self, name: str) -> None:
        if self.exists(name):
            self._fs.delete_file(self._path(name))

    def sync(self) -> None:
        """Nothing to do: an object is durable when its write returned."""

    def promote(self, source: str, target: str, last: str) -> None:
        """Objects can't be renamed together: each is copied, the one named ``last`` (the commit marker) at the end."""
        names = [name for name in self.names(source) if name != f"{source}/{last}"]
        for name in [*names, f"{source}/{last}"]:
            self._fs.copy_file(self._path(name), self._path(target + name.removeprefix(source)))
        for name in [*names, f"{source}/{last}"]:
            self.remove(name)

    def filesystem(self, name: str) -> tuple[fs.FileSystem, str]:
        return self._fs, self._path(name)


def open_store(url: str | Path) -> Store:
    """The store behind a URL or a path; raises ``UserError`` on a scheme we don't know."""
    text = str(url)
    if text.startswith("s3://"):
        return ObjectStore(text)
    if "://" in text and not text.startswith("file://"):
        raise UserError(f"no store for {text.split('://')[0]}://", todo="give a folder or s3://bucket/prefix")
    folder = Path(text.removeprefix("file://"))
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file, not a folder", todo="name a folder; it is made where there is none")
    return FolderStore(folder)
