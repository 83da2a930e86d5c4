"""Encryption of working lists: names of persons lie in the database only as what nobody can read without the key."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64encode
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from sapa.errors import EngineError


def seal(value: Any) -> bytes:
    """A JSON value as authenticated, compressed ciphertext."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return _box(settings.SECRET_KEY).encrypt(zlib.compress(plain, 1))


def unseal(content: bytes | memoryview) -> Any:
    """The inverse of :func:`seal`; raises ``EngineError`` where the key is another or the content was changed."""
    try:
        return json.loads(zlib.decompress(_box(settings.SECRET_KEY).decrypt(bytes(content))))
    except InvalidToken as error:
        raise EngineError(
            "a working list can't be read with this site's key",
            todo="restore the file secret-key of the site's home from the backup",
        ) from error


def lock(content: bytes) -> bytes:
    """A file's bytes as authenticated ciphertext."""
    return _box(settings.SECRET_KEY).encrypt(content)


def unlock(content: bytes | memoryview) -> bytes:
    """The inverse of :func:`lock`; raises ``EngineError`` where the key is another or the content was changed."""
    try:
        return _box(settings.SECRET_KEY).decrypt(bytes(content))
    except InvalidToken as error:
        raise EngineError(
            "a stored file can't be read with this site's key",
            todo="restore the file secret-key of the site's home from the backup",
        ) from error


def pseudonym_key() -> bytes:
    """The key of the pseudonyms: one person has one pseudonym in all institutions and years only while it stays the same.

    It lies in the site's home (``pseudonym-key``), made at first use; a site that takes over earlier archives puts theirs there.
    """
    path = Path(settings.SAPA_HOME) / "pseudonym-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(token_hex(32))
    return path.read_bytes().strip()


@lru_cache(maxsize=2)
def _box(secret: str) -> Fernet:
    return Fernet(urlsafe_b64encode(HKDF(SHA256(), 32, None, b"sapa working lists").derive(secret.encode())))
