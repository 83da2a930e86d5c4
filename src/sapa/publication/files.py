"""The one way a published file is written: whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, data: bytes | str) -> Path:
    """Write ``data`` (a text as UTF-8, its line ends kept) under its final name in one step; returns ``path``.

    The bytes go to a sibling that ends in ``.partial`` and replace the file only when all are there: a reader, a kill or
    Ctrl-C at any instant finds the old file or the new one. An interrupted write takes its sibling away; a killed process
    leaves it, and nothing reads such a name. The name is its own each time, because two runs may write the same file.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        partial.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path
