"""What has changed between the last signed revision and the working list, row by row (by key) and cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from sapa.datasets.canonical import written
from sapa.datasets.layout import arrow_type, kept_fields
from sapa.datasets.wording import say
from sapa.packs.models_data import DataField, Dataset
from sapa_web.collection.domain.checking import signed_rows, typed
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.domain.working import Row, filled, rows_of, signed_list
from sapa_web.collection.models import Obligation, Submission

SHOWN = 200
"""Rows listed of each kind; the counts are complete."""


@dataclass(frozen=True)
class Cell:
    """One changed cell, in words."""

    title: str
    before: str
    after: str


@dataclass
class Difference:
    """``added`` and ``removed`` name rows, ``changed`` names a row and its cells; the lists hold at most ``SHOWN``."""

    revision: int
    same: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {"added": 0, "removed": 0, "changed": 0})
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[tuple[str, list[Cell]]] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether anything differs."""
        return any(self.counts.values())

    @property
    def cut(self) -> bool:
        """Whether rows are left out of the lists."""
        return any(count > SHOWN for count in self.counts.values())


def last_signed(obligation: Obligation) -> Submission | None:
    """The submission in force."""
    found = Submission.objects.unscoped("of an obligation that was scoped").filter(obligation=obligation)
    made: Submission | None = (
        found.select_related("obligation__campaign", "obligation__organisation").order_by("-revision").first()
    )
    return made


def difference(obligation: Obligation, lang: str) -> Difference | None:
    """The working list against the last signed revision; ``None`` where nothing was signed yet."""
    submission = last_signed(obligation)
    if submission is None:
        return None
    campaign = obligation.campaign
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    version, everything = rows_of(obligation)
    before = signed_rows(submission)
    if not version:
        return Difference(submission.revision, same=before.num_rows)
    rows = filled(everything)
    table = typed(campaign, obligation.organisation.code, rows).table
    comparer = _Comparer(dataset, campaign.pack, campaign.period, lang, obligation.organisation.name)
    if kept := filled(signed_list(obligation) or []):
        comparer.remember(typed(campaign, obligation.organisation.code, kept).table, kept)
    return comparer.compare(submission.revision, before, table, rows)


def between(obligation: Obligation, before: list[Row], after: list[Row], lang: str) -> Difference:
    """Two lists of one return as they were typed: what the second would change in the first."""
    campaign, unit = obligation.campaign, obligation.organisation
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    old, new = (typed(campaign, unit.code, rows).table for rows in (before, after))
    comparer = _Comparer(dataset, campaign.pack, campaign.period, lang, unit.name)
    comparer.remember(old, before)
    return comparer.compare(0, old, new, after)


class _Comparer:
    def __init__(self, dataset: Dataset, pack: str, period: str, lang: str, unit: str) -> None:
        self.dataset, self.pack, self.period, self.lang, self.unit = dataset, pack, period, lang, unit
        self.fields = [item for item in kept_fields(dataset, period) if item.role != "unit"]
        self.key = [name for name in dataset.key(period) if name != dataset.unit]
        self.titles: dict[str, dict[str, str]] = {}
        self.names: dict[tuple[Any, ...], Row] = {}

    def remember(self, table: pa.Table, rows: list[Row]) -> None:
        """How rows that are gone were called: the archive knows persons as pseudonyms only."""
        self.names = {key: rows[at] for key, (at, _cells) in self._by_key(table).items()}

    def compare(self, revision: int, before: pa.Table, after: pa.Table, rows: list[Row]) -> Difference:
        old, new = self._by_key(before), self._by_key(after)
        out = Difference(revision)
        for key, (at, cells) in new.items():
            if key not in old:
                self._note(out, "added", out.added, self._name(rows[at], key))
                continue
            changed = [
                Cell(say(item.title, self.lang), self._shown(item, was), self._shown(item, now))
                for item, was, now in zip(self.fields, old[key][1], cells, strict=True)
                if was != now
            ]
            if changed:
                self._note(out, "changed", out.changed, (self._name(rows[at], key), changed))
            else:
                out.same += 1
        for key in old:
            if key not in new:
                self._note(out, "removed", out.removed, self._name(self.names.get(key, {}), key))
        return out

    def _note(self, out: Difference, kind: str, listed: list[Any], item: Any) -> None:
        out.counts[kind] += 1
        if len(listed) < SHOWN:
            listed.append(item)

    def _by_key(self, table: pa.Table) -> dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]]:
        """Rows by key; of a repeated key (which blocks signing anyway) every further row is told apart by its number."""
        columns = {}
        for item in self.fields:
            known = item.id in table.column_names
            columns[item.id] = written(table[item.id].cast(arrow_type(item))).to_pylist() if known else [None] * table.num_rows
        out: dict[tuple[Any, ...], tuple[int, tuple[Any, ...]]] = {}
        for at in range(table.num_rows):
            key: tuple[Any, ...] = tuple(columns[name][at] for name in self.key)
            while key in out:
                key = (*key, at)
            out[key] = (at, tuple(columns[item.id][at] for item in self.fields))
        return out

    def _name(self, row: Row, key: tuple[Any, ...]) -> str:
        """How people know the row: the key and the names as typed; of a row that is gone the key in the archive."""
        names = [item.id for item in self.dataset.layout(self.period) if item.role == "key" or item.protect == "drop"]
        text = " ".join(row[name] for name in names if row.get(name))
        return text or ", ".join(str(part)[:12] for part in key if part is not None) or self.unit

    def _shown(self, item: DataField, value: Any) -> str:
        if value is None:
            return ""
        if item.code_list is None:
            return str(value)
        if item.code_list not in self.titles:
            codes = pack_named(self.pack).codelist(item.code_list, self.period)
            self.titles[item.code_list] = {entry.code: say(entry.title, self.lang) for entry in codes.items}
        return self.titles[item.code_list].get(str(value), str(value))
