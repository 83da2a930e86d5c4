"""The facts of a version in columns, so that any table of them is some slices, turned without a loop over facts.

The facts are sorted by indicator and cut once a process; from then on each indicator's facts of one cut lie side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.indicators.facts import dimensions_of
from sapa.publication.facts import Mark, marks_of
from sapa_web.portal.domain.queries import published
from sapa_web.portal.models import DataVersion

Array = np.ndarray[Any, np.dtype[Any]]


class Cube:
    """Facts by position. ``codes[dimension][fact]`` is a place in ``names[dimension]``, or -1 for the whole."""

    def __init__(self, table: pa.Table) -> None:
        self.dimensions = tuple(name for name in dimensions_of(table) if table[name].null_count < table.num_rows)
        bits = np.zeros(table.num_rows, np.int64)
        for place, name in enumerate(self.dimensions):
            bits |= np.asarray(pc.is_valid(table[name])).astype(np.int64) << place
        named = table["indicator"].combine_chunks().dictionary_encode()
        owner = np.asarray(named.indices)
        order = np.lexsort((np.arange(table.num_rows), bits, owner))
        self.table = table.take(pa.array(order))
        self.names: dict[str, list[str]] = {}
        self.codes: dict[str, Array] = {}
        for name in ("period", *self.dimensions):
            encoded = self.table[name].combine_chunks().dictionary_encode()
            self.names[name] = encoded.dictionary.to_pylist()
            self.codes[name] = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int32)
        self.values: Array = np.asarray(pc.fill_null(self.table["value"], float("nan")))
        flags = self.table["flag"].combine_chunks().dictionary_encode()
        self._marks = [marks_of(flag) for flag in flags.dictionary.to_pylist()]
        self._flag: Array = np.asarray(pc.fill_null(flags.indices, -1)).astype(np.int16)
        self._parts = _runs(owner[order], bits[order], named.dictionary.to_pylist())

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def indicators(self) -> dict[str, frozenset[frozenset[str]]]:
        """Every indicator with the cuts it has facts of."""
        out: dict[str, set[frozenset[str]]] = {}
        for name, bits in self._parts:
            out.setdefault(name, set()).add(frozenset(self._of(bits)))
        return {name: frozenset(cuts) for name, cuts in out.items()}

    def _of(self, bits: int) -> list[str]:
        return [name for place, name in enumerate(self.dimensions) if bits >> place & 1]

    def part(self, indicator: str, cut: Iterable[str]) -> slice:
        """Where the facts of an indicator's cut lie; an empty slice where it has none."""
        wanted = set(cut)
        if not wanted <= set(self.dimensions):
            return slice(0, 0)
        bits = sum(1 << place for place, name in enumerate(self.dimensions) if name in wanted)
        return self._parts.get((indicator, bits), slice(0, 0))

    def found(self, indicators: Sequence[str], cut: Sequence[str], name: str) -> set[str]:
        """Codes of a dimension (or periods) among the facts of these indicators cut so."""
        seen: set[int] = set()
        for indicator in indicators:
            part = self.part(indicator, cut)
            if part.stop > part.start:
                seen |= set(np.unique(self.codes[name][part]).tolist())
        return {self.names[name][place] for place in seen if place >= 0}

    def mark(self, fact: int) -> Mark | None:
        """Why a fact has no figure; nothing where it has one."""
        marks = self._marks[self._flag[fact]] if self._flag[fact] >= 0 else frozenset()
        if "suppressed" in marks:
            return "suppressed"
        if np.isnan(self.values[fact]):
            return "not_applicable" if "not_applicable" in marks else "missing"
        return "provisional" if "provisional" in marks else None


def _runs(owner: Array, bits: Array, names: Sequence[str]) -> dict[tuple[str, int], slice]:
    """Where each indicator's facts of one cut begin and end."""
    if not len(owner):
        return {}
    edges = np.flatnonzero((np.diff(owner) != 0) | (np.diff(bits) != 0)) + 1
    starts, ends = [0, *edges.tolist()], [*edges.tolist(), len(owner)]
    return {(names[owner[first]], int(bits[first])): slice(first, last) for first, last in zip(starts, ends, strict=True)}


def cube_of(version: DataVersion) -> Cube:
    """The cube of a public version."""
    return _cube(version.digest, version)


@lru_cache(maxsize=4)
def _cube(digest: str, version: DataVersion) -> Cube:
    return Cube(published.figures(version).table)
