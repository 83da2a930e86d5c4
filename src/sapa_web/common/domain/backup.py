"""One file that holds a whole site: tables, archive, keys. What is in it fits together, whatever went on meanwhile.

The database is read first, as of one moment; then the archive, which only grows: so every submission the tables know has its
files. Revisions that were signed in between are in the archive only; after a restore ``sapa-web reconcile`` takes them over.
The file is a tar; its last member, ``backup.json``, lists every other with its SHA-256 and carries a digest of itself. It gets
its name when it is whole and on the disk: a killed backup leaves a ``.partial``, which restores nothing.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from sapa.archive.manifest import canonical_json, moment
from sapa.errors import RefusedError, UserError
from sapa_web.common import files
from sapa_web.common.domain import dump, ledger

FORMAT = "sapa-backup/1"
CONTENTS = "backup.json"
SECRET_KEY, PSEUDONYM_KEY = "secret-key", "pseudonym-key"
REMADE = {"static", "figures", "locale", "mail"}
"""Folders of the home that are made again from the rest, or that nobody needs twice."""
ELSEWHERE = ("SAPA_TRUST", "SAPA_KEEPER")
"""Settings that name files a place keeps outside the home: a backup names them, it does not carry them."""

Say = Callable[[str], object]


@dataclass
class Contents:
    """What a backup says of itself."""

    at: str
    ledger: ledger.Head
    migrations: list[str]
    tables: dict[str, int]
    keys: dict[str, str]  # name → fingerprint
    elsewhere: dict[str, str]
    files: dict[str, tuple[int, str]] = field(default_factory=dict)  # member → bytes, SHA-256

    def to_bytes(self) -> bytes:
        """The member ``backup.json``."""
        content = {
            "format": FORMAT, "at": self.at, "ledger": [self.ledger.seq, self.ledger.digest], "migrations": self.migrations,
            "tables": self.tables, "keys": self.keys, "elsewhere": self.elsewhere,
            "files": {name: list(value) for name, value in self.files.items()},
        }  # fmt: skip
        return canonical_json(content | {"sha256": sha256(canonical_json(content)).hexdigest()})

    @classmethod
    def from_bytes(cls, data: bytes) -> Contents:
        """The inverse; raises ``RefusedError`` where it was changed or is of another format."""
        try:
            content = json.loads(data)
            digest = content.pop("sha256")
            if content["format"] != FORMAT or sha256(canonical_json(content)).hexdigest() != digest:
                raise ValueError
            return cls(
                content["at"], ledger.Head(*content["ledger"]), content["migrations"], content["tables"], content["keys"],
                content["elsewhere"], {name: (size, digest) for name, (size, digest) in content["files"].items()},
            )  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            raise damaged("its list of contents does not hold") from None


def damaged(what: str) -> RefusedError:
    """The one answer to a backup that is not whole."""
    return RefusedError(f"this backup is damaged or not whole: {what}", todo="take another one; nothing was restored")


def backup(target: Path, at: datetime, *, keys: bool = True, say: Say = lambda text: None) -> Contents:
    """Write the site into ``target``; others may go on working. Without ``keys`` they are only named, by fingerprint.

    Raises ``UserError`` where the file exists or its folder does not.
    """
    if target.exists() or not target.parent.is_dir():
        raise UserError(f"{target} exists, or its folder doesn't", todo="name a new file in a folder that is there")
    partial, tables = target.with_name(target.name + ".partial"), target.with_name(target.name + ".partial.d")
    shutil.rmtree(tables, ignore_errors=True)
    tables.mkdir(mode=0o700)
    try:
        with _tar(partial) as tar:
            contents = _tables(tar, tables, at, say)
            _home(tar, contents, target, keys=keys)
            say("archive")
            _archive(tar, contents)
            _add(tar, None, CONTENTS, contents.to_bytes())
        partial.replace(target)
        _sync(target.parent)
    finally:
        shutil.rmtree(tables, ignore_errors=True)
        partial.unlink(missing_ok=True)
    return contents


def fingerprint(key: bytes) -> str:
    """By which a key is known without being told."""
    return HKDF(SHA256(), 16, None, b"sapa key fingerprint").derive(key.strip()).hex()


def inspect(source: Path) -> Contents:
    """Read a backup from end to end, write nothing; raises ``RefusedError`` where anything in it is not as it was written."""
    found: dict[str, tuple[int, str]] = {}
    last = b""
    for name, content in members(source):
        if name == CONTENTS:
            last = content
        else:
            found[name] = (len(content), sha256(content).hexdigest())
    if not last:
        raise damaged("it has no end")
    contents = Contents.from_bytes(last)
    for name in sorted(contents.files.keys() | found.keys()):
        if contents.files.get(name) != found.get(name):
            raise damaged(name)
    return contents


def members(source: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of a backup's members, one after the other; raises ``RefusedError`` where it can't be read."""
    try:
        with tarfile.open(source, "r:") as tar:
            for item in tar:
                content = tar.extractfile(item) if item.isreg() else None
                if content is None:
                    raise damaged(item.name)
                yield item.name, content.read()
    except (tarfile.TarError, EOFError, UnicodeError) as error:
        raise damaged(str(error)) from None
    except FileNotFoundError:
        raise UserError(f"there is no {source}", todo="name the file that sapa-web backup has written") from None


@contextmanager
def _tar(partial: Path) -> Iterator[tarfile.TarFile]:
    handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w+b") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            yield tar
        out.flush()
        os.fsync(out.fileno())


def _tables(tar: tarfile.TarFile, folder: Path, at: datetime, say: Say) -> Contents:
    with dump.one_moment():
        contents = Contents(moment(at), ledger.head(), dump.state(), {}, {}, {})
        say(f"database, up to ledger entry {contents.ledger.seq}")
        for model in dump.tables():
            name = model._meta.label_lower
            contents.tables[name] = dump.write(model, folder / name)
    for name in sorted(contents.tables):
        _add(tar, contents, f"tables/{name}.jsonl.gz", (folder / name).read_bytes())
    return contents


def _home(tar: tarfile.TarFile, contents: Contents, target: Path, *, keys: bool) -> None:
    home = Path(settings.SAPA_HOME)
    contents.keys[SECRET_KEY] = fingerprint(settings.SECRET_KEY.encode())
    if (home / PSEUDONYM_KEY).is_file():
        contents.keys[PSEUDONYM_KEY] = fingerprint((home / PSEUDONYM_KEY).read_bytes())
    contents.elsewhere = {name: str(value) for name in ELSEWHERE if (value := getattr(settings, name, ""))}
    for path in _home_files(home, target):
        name = path.relative_to(home).as_posix()
        if keys or name not in (SECRET_KEY, PSEUDONYM_KEY):
            _add(tar, contents, f"home/{name}", path.read_bytes())


def _home_files(home: Path, target: Path) -> Iterator[Path]:
    """Files of the home that are neither database nor archive, nor made again, nor a backup."""
    database = str(settings.DATABASES["default"]["NAME"])
    archive = Path(settings.SAPA_ARCHIVE_URL).resolve()
    for folder, below, names in os.walk(home):
        here = Path(folder)
        below[:] = sorted(name for name in below if (here / name).resolve() != archive and not (here == home and name in REMADE))
        for name in sorted(names):
            path = here / name
            passed = name.endswith((".partial", ".tmp")) or str(path).startswith(database) or path.resolve() == target.resolve()
            if path.is_file() and not path.is_symlink() and not passed and not is_backup(path):
                yield path


def is_backup(path: Path) -> bool:
    """Whether a file of the home is an earlier backup: it begins with a table."""
    with path.open("rb") as start:
        head = start.read(512)
    return len(head) == 512 and head[257:262] == b"ustar" and head.startswith((b"tables/", b"././@PaxHeader"))


def _archive(tar: tarfile.TarFile, contents: Contents) -> None:
    """Every file of the archive; files that move while we read (a freeze takes its final name) are found where they went."""
    store, seen = files.everything(), set()
    while new := [name for name in files.names(store) if name not in seen]:
        for name in new:
            seen.add(name)
            try:
                content = store.read(name)
            except RefusedError:  # it was there a moment ago
                continue
            _add(tar, contents, f"archive/{name}", content)


def _add(tar: tarfile.TarFile, contents: Contents | None, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, io.BytesIO(content))
    if contents is not None:
        contents.files[name] = (len(content), sha256(content).hexdigest())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
