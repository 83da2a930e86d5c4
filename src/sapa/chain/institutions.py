"""Figures of every reporting unit of a run, computed once and kept beside the run, so that one unit's report is quick."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.archive.freeze import FINAL
from sapa.archive.store import FolderStore
from sapa.chain.context import snapshot_pack, snapshot_statement
from sapa.indicators.api import compute
from sapa.indicators.facts import latest
from sapa.packs.loader import Pack
from sapa.packs.models_data import Dataset, Dimension
from sapa.packs.models_law import CodeList
from sapa.publication.files import write_whole

FOLDER = "institutions"
ROWS = 50_000
"""Facts in one group of the file: a unit's lie in one or two of them, and only those are read."""


@dataclass(frozen=True)
class ByUnit:
    """A pack whose indicators are cut by the reporting unit, and by the unit together with each of ``crossed``."""

    pack: Pack
    crossed: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.pack.id

    @cached_property
    def unit(self) -> str:
        """Name of the dimension: the field that names the unit in the pack's first data set."""
        return self.pack.datasets[0].unit

    @cached_property
    def indicators(self) -> tuple[Any, ...]:
        """Indicators with their cuts by unit; those made from others take the cells these have."""
        return tuple(self._indicator(item) for item in self.pack.indicators)

    def _indicator(self, item: Any) -> Any:
        if not hasattr(item, "dataset"):
            return item.model_copy(update={"cuts": None})
        dataset = self.pack.dataset(item.dataset)
        had = {name for cut in (item.cuts if item.cuts is not None else dataset.cuts) for name in cut}
        named = [name for name in self.crossed if name in had]
        return item.model_copy(update={"cuts": ((self.unit,), *((self.unit, name) for name in named))})

    def dataset(self, element_id: str, period: str | None = None, /) -> Dataset:
        found = self.pack.dataset(element_id, period)
        unit = Dimension.model_construct(
            id=self.unit, title={}, clause=(), field=found.unit, attribute=None, expr=None, code_list=None, level=None
        )
        return found.model_copy(update={"dimensions": (*found.dimensions, unit)})

    def codelist(self, element_id: str, period: str | None = None, /) -> CodeList:
        return self.pack.codelist(element_id, period)


def facts_of_unit(homes: Sequence[Path], code: str, crossed: Collection[str], unit: str) -> pa.Table:
    """The facts of one unit in these runs, the earliest first, each cut by the dimension ``unit``; see ``ByUnit.unit``."""
    files: list[Path] = []
    for home in homes:
        files.append(_kept(home, files, crossed))
    return latest(pq.read_table(file, filters=pc.field(unit) == code) for file in files)


def _kept(home: Path, earlier: Sequence[Path], crossed: Collection[str]) -> Path:
    """The file with the figures of every unit of a run; it is made where it is missing.

    Its name tells what it was made from: another set of earlier runs or of crossings is another file.
    """
    store = FolderStore(home)
    statement: dict[str, Any] = dict(snapshot_statement(store))
    made_from = [statement["root"], [file.stem for file in earlier], sorted(crossed)]
    name = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:16]
    file = home / FOLDER / f"{name}.parquet"
    if not file.is_file():
        pack = snapshot_pack(store)
        view = ByUnit(pack, tuple(sorted({*crossed, *_sides(pack)})))
        file.parent.mkdir(parents=True, exist_ok=True)
        before = [pq.read_table(other) for other in earlier]
        write_whole(file, _written(_computed(view, home, statement, before), view.unit))
    return file


def _sides(pack: Pack) -> set[str]:
    """Dimensions whose groups a parity index sets against each other."""
    return {item.by for item in pack.indicators if item.kind == "parity"}


def _computed(view: ByUnit, home: Path, statement: dict[str, Any], before: Sequence[pa.Table]) -> pa.Table:
    with tempfile.TemporaryDirectory(prefix="sapa-units-") as place:
        named = {"period": statement["period"], "snapshot_id": statement["root"]}
        done = compute(view, home / FINAL, place, earlier=before, **named)
        facts = latest([pq.read_table(path) for path in done.files])
    return facts.filter(pc.is_valid(facts[view.unit]))


def _written(facts: pa.Table, unit: str) -> bytes:
    order = pc.sort_indices(facts, sort_keys=[(unit, "ascending"), ("indicator", "ascending"), ("period", "ascending")])
    sink = pa.BufferOutputStream()
    pq.write_table(facts.take(order), sink, compression="zstd", row_group_size=ROWS, write_page_checksum=True)
    return bytes(sink.getvalue())
