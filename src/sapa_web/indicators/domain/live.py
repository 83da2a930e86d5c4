"""Provisional figures of a period that is being collected: right again as soon as a signed return has come.

The finest cells of each accepted submission lie on disk under a key made of its digest and of its unit's attributes. Before
figures are read one small query asks whether a submission has come; if so, its cells take the place of the old ones, under a
lock that all processes of a machine share, and the facts are written anew.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import models

from sapa.archive.manifest import Manifest, canonical_json
from sapa.archive.rows import ATTRIBUTE, LEAF_COLUMN
from sapa.archive.store import safe_part
from sapa.archive.submissions import ROWS
from sapa.datasets import parse_canonical, read_records
from sapa.errors import EngineError, UserError
from sapa.indicators.cells import CellStore
from sapa.indicators.facts import write_facts
from sapa.packs.models_data import Dataset
from sapa_web.collection.domain.packs import pack_named
from sapa_web.collection.models import Submission
from sapa_web.common.files import archive
from sapa_web.indicators.domain.queries.facts import PROVISIONAL, Figures, Stamp, official
from sapa_web.indicators.domain.units import figures_of_units, traits, unit_plan, with_derived, without_units
from sapa_web.orgs.models import Organisation

AT_ONCE = 300
"""Submissions that are taken in one by one; of more all cells are folded together."""

Parts = dict[str, dict[str, str]]
"""By data set, by unit: the key of the cells that count."""


@dataclass
class _State:
    """What the cells on disk hold: for each unit what it is, and the digest of what said so."""

    marker: str = ""
    parts: Parts = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)


_stores: dict[str, tuple[str, dict[str, CellStore]]] = {}
"""Totals of the cells as this process left them, by folder: as long as no other process was there they need not be made again."""


def current(pack: str, period: str) -> Figures | None:
    """The provisional figures of a period, with every submission accepted so far; ``None`` where none has come."""
    marker = _marker(pack, period)
    if marker is None:
        return None
    folder = folder_of(pack, period)
    there = _marked(folder)
    if there[0] != marker:
        with _locked(folder):
            there = _marked(folder)
            if there[0] != marker:
                there = _refresh(pack, period, folder, marker)
    if not there[1]:
        return None  # what came is a return of no data set of this pack, or is no revision that stands
    return _figures(pack, period, str(folder), *there)


def folder_of(pack: str, period: str) -> Path:
    """Where the cells of a period lie; they can be thrown away, they are made again from the submissions."""
    return Path(settings.SAPA_HOME) / "figures" / safe_part(pack) / safe_part(period) / "live"


@lru_cache(maxsize=8)
def _figures(pack: str, period: str, folder: str, marker: str, submissions: int) -> Figures:
    read = pq.read_table(Path(folder) / f"facts-{marker}.parquet", page_checksum_verification=True)

    def units(when: str) -> pa.Table:
        return pq.read_table(Path(folder) / f"units-{marker}.parquet", page_checksum_verification=True)

    stamps = {period: Stamp(period, submissions=submissions, version=pack_named(pack).version)}
    return Figures(pack, PROVISIONAL, stamps, read, lru_cache(maxsize=1)(units))


def _accepted(pack: str, period: str) -> models.QuerySet[Any]:
    of = {"obligation__campaign__pack": pack, "obligation__campaign__period": period}
    found: models.QuerySet[Any] = Submission.objects.unscoped("figures count every unit").filter(
        revision=models.F("obligation__revision"), **of
    )
    return found


def _marker(pack: str, period: str) -> str | None:
    """Changes whenever a submission comes; ``None`` where there is none."""
    of = {"obligation__campaign__pack": pack, "obligation__campaign__period": period}
    found = Submission.objects.unscoped("figures count every unit").filter(**of)
    seen = found.aggregate(last=models.Max("pk"), number=models.Count("pk"))
    if not seen["number"]:
        return None
    version = pack_named(pack).version
    return sha256(f"{version}:{seen['last']}:{seen['number']}:{archive(pack, period).url}".encode()).hexdigest()[:20]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _marked(folder: Path) -> tuple[str, int]:
    """The marker of the facts on disk and how many submissions are in them."""
    try:
        found = json.loads((folder / "marker.json").read_text())
        return str(found["marker"]), int(found["submissions"])
    except (OSError, ValueError, KeyError):
        return "", 0


def _load(folder: Path) -> _State:
    try:
        return _State(**json.loads((folder / "state.json").read_text()))
    except (OSError, ValueError, TypeError):
        return _State()


def _refresh(pack_name: str, period: str, folder: Path, marker: str) -> tuple[str, int]:
    """Bring cells and facts up to the submissions of this moment."""
    newest: dict[str, dict[str, tuple[str, int]]] = {}
    fields = ("obligation__campaign__dataset", "obligation__organisation__code", "digest", "pk")
    for dataset, unit, digest, key in _accepted(pack_name, period).values_list(*fields):
        newest.setdefault(dataset, {})[unit] = (digest, key)
    before = _load(folder)
    state = _State(marker)
    state.attributes, state.told = _attributes(pack_name, period, newest, before)
    held, stores = _stores.pop(str(folder), ("", {}))
    if held != before.marker:
        stores = {}
    tables = []
    for dataset in pack_named(pack_name).datasets:
        mine = newest.get(dataset.id, {})
        if not mine:
            continue
        known = state.attributes if dataset.attributes_from else {}
        keys = {unit: _key(unit, digest, known.get(unit)) for unit, (digest, _) in mine.items()}
        work = _Cells(pack_name, period, dataset, folder, state.attributes, stores.get(dataset.id))
        tables.append(work.facts(before.parts.get(dataset.id, {}), keys, {unit: key for unit, (_, key) in mine.items()}))
        state.parts[dataset.id], stores[dataset.id] = keys, work.store
    if tables:
        _write(pack_name, period, folder, tables, marker)
    submissions = sum(map(len, newest.values())) if tables else 0
    _write_json(folder / "state.json", state.__dict__)
    _write_json(folder / "marker.json", {"marker": marker, "submissions": submissions})
    _stores[str(folder)] = (marker, stores)
    for path in folder.glob("*.parquet"):
        if marker not in path.name and (not before.marker or before.marker not in path.name):
            path.unlink(missing_ok=True)
    return marker, submissions


def _write(pack_name: str, period: str, folder: Path, tables: list[pa.Table], marker: str) -> None:
    pack = pack_named(pack_name)
    fixed = official(pack_name)
    earlier = fixed.table if fixed is not None else tables[0].slice(0, 0)
    facts = with_derived(pack, tables, earlier, period, provisional=True)
    write_facts(figures_of_units(facts), folder / f"units-{marker}.parquet")
    write_facts(without_units(facts), folder / f"facts-{marker}.parquet")


def _key(unit: str, digest: str, attributes: Mapping[str, Any] | None) -> str:
    return sha256(f"{unit}:{digest}:".encode() + canonical_json(attributes)).hexdigest()


class _Cells:
    """The cells of one data set."""

    def __init__(
        self,
        pack: str,
        period: str,
        dataset: Dataset,
        folder: Path,
        attributes: Mapping[str, Any],
        store: CellStore | None = None,
    ) -> None:
        self.pack, self.period, self.attributes = pack, period, attributes
        self.dataset = pack_named(pack).dataset(dataset.id, period)
        self.folder = folder / safe_part(dataset.id)
        self._store = store

    @property
    def store(self) -> CellStore:
        """The cells with their totals."""
        if self._store is None:
            planned = unit_plan(pack_named(self.pack), self.dataset.id, self.period, alone=False)
            try:
                self._store = CellStore(self.folder, planned)
            except (ValueError, KeyError, OSError, UserError, EngineError):
                # Damaged cells are no loss: they are folded again from the submissions.
                shutil.rmtree(self.folder, ignore_errors=True)
                self._store = CellStore(self.folder, planned)
        return self._store

    def facts(self, before: Mapping[str, str], keys: Mapping[str, str], submissions: Mapping[str, int]) -> pa.Table:
        """Facts after the cells of changed units were replaced."""
        store = self.store
        changed = [unit for unit in keys if keys[unit] not in store.current]
        gone = [unit for unit, key in before.items() if unit not in keys and key in store.current]
        if not store.current or len(changed) > AT_ONCE or set(before.values()) != store.current:
            units = sorted(keys)
            store.build(self._rows(units, submissions), [keys[unit] for unit in units])
        else:
            for unit in changed:
                store.replace(before.get(unit), self._rows([unit], submissions).drop_columns([LEAF_COLUMN]), keys[unit])
            for unit in gone:
                store.replace(before[unit], None, None)
        return store.facts(provisional=True)

    def _rows(self, units: list[str], submissions: Mapping[str, int]) -> pa.Table:
        found = Submission.objects.unscoped("figures count every unit")
        manifests: dict[int, bytes] = {}
        wanted = [submissions[unit] for unit in units]
        for start in range(0, len(wanted), 500):
            manifests |= dict(found.filter(pk__in=wanted[start : start + 500]).values_list("pk", "manifest"))
        parts = [self.rows_of(unit, number, bytes(manifests[submissions[unit]])) for number, unit in enumerate(units)]
        return pa.concat_tables(parts)

    def rows_of(self, unit: str, number: int, manifest: bytes) -> pa.Table:
        """Rows of one submission with the unit's attributes, as a snapshot would hold them."""
        table = _signed_rows(self.pack, self.period, self.dataset, manifest)
        table = table.append_column(LEAF_COLUMN, pa.array([number] * table.num_rows, pa.int32()))
        if self.dataset.attributes_from is None:
            return table
        held = self.attributes.get(unit, {})
        for name in sorted({item.attribute for item in self.dataset.dimensions if item.attribute}):
            table = table.append_column(ATTRIBUTE + name, pa.array([held.get(name)] * table.num_rows, pa.string()))
        return table


def _signed_rows(pack: str, period: str, dataset: Dataset, manifest: bytes) -> pa.Table:
    content = archive(pack, period).read(Manifest.from_bytes(manifest).name + ROWS)
    return parse_canonical(content, dataset, period)


def _attributes(
    pack_name: str, period: str, newest: Mapping[str, Mapping[str, tuple[str, int]]], before: _State
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What each unit is: as its signed register row says, and as the tree says where it has not signed one yet.

    What was read for an earlier state and has not changed since is taken from there.
    """
    pack = pack_named(pack_name)
    register = next((item for item in pack.datasets if item.register_), None)
    if register is None:
        return {}, {}
    register = pack.dataset(register.id, period)
    wanted = sorted({item.attribute for dataset in pack.datasets for item in dataset.dimensions if item.attribute})
    units = {unit for mine in newest.values() for unit in mine}
    signed = newest.get(register.id, {})
    records = _told_by_tree(units - set(signed), register, period)
    told = {str(row[register.unit]): sha256(canonical_json(row)).hexdigest() for row in records}
    told |= {unit: digest for unit, (digest, _) in signed.items()}
    known = {unit: before.attributes[unit] for unit in told if before.told.get(unit) == told[unit] and unit in before.attributes}
    fresh = [row for row in records if row[register.unit] not in known]
    out = _by_unit(read_records(fresh, register, period, pack=pack).table, register, wanted) if fresh else {}
    new = [key for unit, (_, key) in signed.items() if unit not in known]
    found = Submission.objects.unscoped("figures count every unit")
    for start in range(0, len(new), 500):
        for manifest in found.filter(pk__in=new[start : start + 500]).values_list("manifest", flat=True):
            out |= _by_unit(_signed_rows(pack_name, period, register, bytes(manifest)), register, wanted)
    return {**known, **out}, told


def _told_by_tree(units: set[str], register: Dataset, period: str) -> list[dict[str, Any]]:
    if not units:
        return []
    known = {item.id for item in register.layout(period)}
    institutions = Organisation.objects.unscoped("figures count every unit").filter(is_institution=True)
    return [
        {**{name: str(value) for name, value in held.items() if name in known}, register.unit: code}
        for code, held in institutions.values_list("code", "attributes")
        if code in units
    ]


def _by_unit(table: pa.Table, register: Dataset, wanted: list[str]) -> dict[str, dict[str, Any]]:
    names = [name for name in wanted if name in table.column_names]
    columns = {name: table[name].to_pylist() for name in names}
    units = table[register.unit].to_pylist()
    return {
        str(unit): {name: None if columns[name][place] is None else str(columns[name][place]) for name in names}
        for place, unit in enumerate(units)
    }


def current_rows(
    pack_name: str, period: str, dataset: str, *, unit: str = "", most: int
) -> tuple[pa.Table | None, list[Submission]]:
    """The rows of the submissions that count now (of one unit, where named) and the submissions, in the order of the rows'
    index; no rows where there are more submissions than ``most``."""
    found = _accepted(pack_name, period).filter(obligation__campaign__dataset=dataset)
    if unit:
        found = found.filter(obligation__organisation__code=unit)
    chosen = list(
        found.select_related("obligation__organisation", "obligation__campaign").order_by("obligation__organisation__code")[
            : most + 1
        ]
    )
    if not chosen or len(chosen) > most:
        return None, []
    folder = folder_of(pack_name, period)
    work = _Cells(pack_name, period, pack_named(pack_name).dataset(dataset), folder, _load(folder).attributes)
    parts = [work.rows_of(item.obligation.organisation.code, place, bytes(item.manifest)) for place, item in enumerate(chosen)]
    return pa.concat_tables(parts), chosen


def live_traits(pack_name: str, period: str) -> dict[str, dict[str, str]]:
    """What each unit that has sent something is, by dimension."""
    pack = pack_named(pack_name)
    register = next((item for item in pack.datasets if item.register_), None)
    held = _load(folder_of(pack_name, period)).attributes
    if register is None or not held:
        return {}
    names = sorted({name for values in held.values() for name in values})
    columns = {register.unit: list(held)} | {name: [values.get(name) for values in held.values()] for name in names}
    return traits(pack, register, period, pa.table(columns))


def _write_json(path: Path, content: object) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(content))
    partial.replace(path)


__all__ = ["current", "current_rows", "folder_of", "live_traits"]
