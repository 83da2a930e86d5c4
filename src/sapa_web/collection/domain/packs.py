"""Data sets as the collection uses them."""

from __future__ import annotations

from sapa.packs.models_data import Dataset
from sapa_web.common.packs import pack_named

__all__ = ["dataset_of", "pack_named"]


def dataset_of(pack: str, dataset: str, period: str) -> Dataset:
    """The data set as it holds in a period."""
    return pack_named(pack).dataset(dataset, period)
