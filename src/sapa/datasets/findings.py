"""Findings as columns: a million of them are a table, and each becomes a sentence only when somebody reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.datasets.wording import Wording, Words, say
from sapa.packs.models_data import Dataset

SEVERITIES = ("blocks", "explain", "note")
"""blocks: the row is refused; explain: accepted, the unit must say why; note: for information."""

SCHEMA = pa.schema(
    [
        ("severity", pa.string()),
        ("rule", pa.string()),
        ("unit", pa.string()),
        ("row", pa.int32()),
        ("field", pa.string()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("args", pa.map_(pa.string(), pa.string())),
        ("file", pa.string()),
        ("follows", pa.string()),
    ]
)
"""``row``: number in the source, null where the finding is about a unit or the whole file; ``column``: spreadsheet letter
or empty; ``value``: the first cell pointed at, as text; ``args``: what the message names; ``file``: the file of the row, empty
where one file was read; ``follows``: ``dataset:value`` where the finding is there only because the row of that value in another
data set was refused, else empty."""

VALUES_NAMED = 5
"""Refused rows that the summary names for each cause; the list has them all."""


@dataclass(frozen=True)
class Cause:
    """Findings of one rule together: how many, in how many units, and what they mean in words."""

    severity: str
    rule: str
    count: int
    units: int
    first_row: int | None
    cause: str
    remedy: str
    clause: str
    first_file: str = ""
    follows: str = ""
    """Data set whose refused rows these findings follow from: mend those first."""


@dataclass(frozen=True)
class Findings:
    """The findings of one data set of one period, in the order: severity, rule, row."""

    table: pa.Table
    dataset: Dataset
    sheet: str = ""
    skipped: tuple[str, ...] = ()
    """Rules that were not run, and what they lacked."""
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Titles of the other data sets that findings may follow from, by id and language."""

    @cached_property
    def wording(self) -> Wording:
        """Where messages come from."""
        return Wording(self.dataset)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __add__(self, other: Findings) -> Findings:
        table = sort_findings(pa.concat_tables([self.table, other.table]))
        skipped = self.skipped + other.skipped
        return Findings(table, self.dataset, self.sheet or other.sheet, skipped, {**other.titles, **self.titles})

    def counts(self) -> dict[str, dict[str, int]]:
        """``{severity: {rule: count}}``, every severity present, rules sorted by id."""
        out: dict[str, dict[str, int]] = {severity: {} for severity in SEVERITIES}
        grouped = self.table.group_by(["severity", "rule"]).aggregate([("rule", "count")]).to_pylist()
        for line in sorted(grouped, key=lambda line: str(line["rule"])):
            out[line["severity"]][line["rule"]] = line["rule_count"]
        return out

    def blocking_rows(self) -> pa.Array:
        """Source row numbers of the refused rows, ascending, each once (int32)."""
        rows = self.table.filter(pc.equal(self.table["severity"], "blocks"))["row"].drop_null().unique()
        return rows.sort().combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows.sort()

    def blocking_units(self) -> list[str]:
        """Units refused as a whole: those with a blocking finding about no particular row."""
        hit = pc.and_(pc.equal(self.table["severity"], "blocks"), pc.is_null(self.table["row"]))
        return sorted(unit for unit in self.table.filter(hit)["unit"].unique().to_pylist() if unit is not None)

    def summary(self, lang: str = "en") -> list[Cause]:
        """The findings grouped by cause, gravest first, then most frequent first.

        What follows from refused rows of another data set stands apart, under those rows as its cause.
        """
        if not len(self):
            return []
        others = pc.list_element(pc.split_pattern(self.table["follows"], ":", max_splits=1), 0)
        numbered = self.table.append_column("_at", pa.array(np.arange(len(self)))).append_column("_other", others)
        grouped = numbered.group_by(["severity", "rule", "_other"]).aggregate(
            [("rule", "count"), ("unit", "count_distinct"), ("row", "min"), ("_at", "min")]
        )
        files = self.table["file"].take(grouped["_at_min"]).to_pylist()
        causes = []
        for line, file in zip(grouped.to_pylist(), files, strict=True):
            severity, rule, other = (line[name] for name in ("severity", "rule", "_other"))
            words = self._words(rule, lang, other, self._followed(severity, rule, other) if other else "")
            figures = (line["rule_count"], line["unit_count_distinct"], line["row_min"])
            clause = self.wording.clause(rule)
            causes.append(Cause(severity, rule, *figures, words.cause, words.remedy, clause, file, other))
        return sorted(causes, key=lambda item: (SEVERITIES.index(item.severity), bool(item.follows), -item.count, item.rule))

    def _followed(self, severity: str, rule: str, other: str) -> str:
        """The refused rows that findings of a rule follow from, with their numbers, the most frequent first."""
        mine = pc.and_(pc.equal(self.table["severity"], severity), pc.equal(self.table["rule"], rule))
        counted = pc.value_counts(self.table["follows"].filter(mine)).to_pylist()
        found = {line["values"].partition(":")[2]: line["counts"] for line in counted if line["values"].startswith(f"{other}:")}
        named = sorted(found, key=lambda value: (-found[value], value))
        more = f", … +{len(named) - VALUES_NAMED}" if len(named) > VALUES_NAMED else ""
        return ", ".join(f"{value} ({found[value]})" for value in named[:VALUES_NAMED]) + more

    def _words(self, rule: str, lang: str, other: str, values: str) -> Words:
        """What is said of a rule, or of what its findings follow from."""
        if not other:
            return self.wording.words(rule, lang)
        return self.wording.following(rule, lang, say(self.titles.get(other, {}), lang) or other, values)

    def messages(self, lang: str = "en", start: int = 0, count: int | None = None) -> Iterator[dict[str, Any]]:
        """Findings ``start … start+count`` as records with ``message``, ``cause``, ``remedy`` and ``clause`` in ``lang``."""
        for batch in self.table.slice(start, count).to_batches(max_chunksize=10_000):
            for line in batch.to_pylist():
                given = {"row": line["row"] and str(line["row"]), "unit": line["unit"], "value": line["value"]}
                args = {**given, **dict(line.pop("args") or ())}
                other, _, value = line["follows"].partition(":")
                words = self._words(line["rule"], lang, other, value)
                yield {
                    **line,
                    "sheet": self.sheet,
                    "message": words.say(args),
                    "cause": words.cause,
                    "remedy": words.remedy,
                    "clause": self.wording.clause(line["rule"]),
                }

    def of(self, rule: str) -> pa.Table:
        """The findings of one rule."""
        return self.table.filter(pc.equal(self.table["rule"], rule))


def sort_findings(table: pa.Table) -> pa.Table:
    """Gravest first, then by rule, then by row: an order that does not depend on threads."""
    if table.num_rows < 2:
        return table.cast(SCHEMA)
    rank = pc.index_in(table["severity"], pa.array(SEVERITIES))
    keys = pa.table({"s": rank, "r": table["rule"], "n": table["row"], "u": table["unit"]})
    order = pc.sort_indices(keys, [("s", "ascending"), ("r", "ascending"), ("n", "ascending"), ("u", "ascending")])
    return table.take(order).cast(SCHEMA)


def findings_table(
    severity: str,
    rule: str,
    count: int,
    *,
    unit: Any = None,
    row: Any = None,
    field: str = "",
    column: str = "",
    value: Any = None,
    args: dict[str, Any] | None = None,
) -> pa.Table:
    """``count`` findings of one rule as a table; ``unit``, ``row``, ``value`` and the values of ``args`` are arrays that long."""

    def text(value: Any) -> pa.Array:
        return pa.nulls(count, pa.string()) if value is None else _flat(value, pa.string())

    def same(value: str) -> pa.Array:
        return pa.repeat(pa.scalar(value, pa.string()), count)

    rows = pa.nulls(count, pa.int32()) if row is None else _flat(row, pa.int32())
    places = [text(unit), rows, same(field), same(column), text(value)]
    columns = [same(severity), same(rule), *places, _args(args or {}, count), same(""), same("")]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _flat(value: Any, kind: pa.DataType) -> pa.Array:
    array = value.combine_chunks() if isinstance(value, pa.ChunkedArray) else value
    return array if array.type == kind else array.cast(kind)


def _args(args: dict[str, Any], count: int) -> pa.Array:
    """One small map for each finding, built column by column."""
    size = len(args)
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * size)
    if not size or not count:
        empty = pa.array([], pa.string())
        return pa.MapArray.from_arrays(pa.array(np.zeros(count + 1, np.int32)), empty, empty)
    keys = pa.array(list(args), pa.string()).take(pa.array(np.tile(np.arange(size), count)))
    stacked = pa.concat_arrays([_flat(value, pa.string()) for value in args.values()])
    items = stacked.take(pa.array(np.arange(size * count).reshape(size, count).T.ravel()))
    return pa.MapArray.from_arrays(offsets, keys, items)


def join(tables: Iterable[pa.Table]) -> pa.Table:
    """Several tables of findings as one, in the standing order."""
    parts = [table for table in tables if table.num_rows]
    return sort_findings(pa.concat_tables(parts)) if parts else SCHEMA.empty_table()
