"""Packs as the application uses them, read once a process."""

from __future__ import annotations

from functools import lru_cache

from sapa.packs.loader import Pack, load_pack


@lru_cache(maxsize=32)
def pack_named(name: str) -> Pack:
    """The pack, checked and merged with what it imports."""
    return load_pack(name)
