"""Packs as the collection uses them, read once a process."""

from __future__ import annotations

from functools import lru_cache

from sapa.packs.loader import Pack, load_pack
from sapa.packs.models_data import Dataset


@lru_cache(maxsize=16)
def pack_named(name: str) -> Pack:
    """The pack, checked and merged with what it imports."""
    return load_pack(name)


def dataset_of(pack: str, dataset: str, period: str) -> Dataset:
    """The data set as it holds in a period."""
    return pack_named(pack).dataset(dataset, period)
