"""Lead a published number back: value ← formula ← clause ← snapshot ← signed submissions ← rows; and recompute it from these."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pad
import pyarrow.parquet as pq

from sapa.archive import leaves as leaf_table
from sapa.archive.freeze import FINAL
from sapa.archive.leaves import Leaf
from sapa.archive.store import FolderStore, Store
from sapa.chain.context import checked_parquet, counted, snapshot_pack, snapshot_statement
from sapa.errors import UserError
from sapa.formula import NUMBER, parse, to_sql
from sapa.indicators.derived import MADE_FROM_FACTS
from sapa.indicators.engines.duckdb import query, session
from sapa.indicators.explain import definition
from sapa.indicators.facts import dimensions_of, latest
from sapa.indicators.periods import shift_period
from sapa.indicators.trace import Trace, recompute
from sapa.packs.loader import Pack
from sapa.publication.facts import fact_id

_FACT = re.compile(r"^(?P<indicator>[a-z0-9._-]+)@(?P<period>[0-9A-Z-]+)(?:\[(?P<cut>.*)\])?$")
TOLERANCE = 1e-12
"""Relative difference up to which a recomputed value agrees: the order of additions of floating-point numbers, no more."""


@dataclass(frozen=True)
class FactId:
    """Name of one fact, as tables print it: ``indicator@period[dimension=code,…]``."""

    indicator: str
    period: str
    cut: Mapping[str, str]

    def __str__(self) -> str:
        return fact_id(self.indicator, self.period, tuple(self.cut.items()))

    @classmethod
    def parse(cls, text: str) -> FactId:
        """Read a fact's name; raises ``UserError``."""
        match = _FACT.match(text.strip())
        parts = [part.partition("=") for part in (match["cut"] or "").split(",") if part] if match else []
        if match is None or not all(name and equals and code for name, equals, code in parts):
            todo = "write indicator@period or indicator@period[dimension=code,…], as the tables name it"
            raise UserError(f"'{text[:80]}' names no fact", todo=todo)
        return cls(match["indicator"], match["period"], {name.strip(): unquote(code.strip()) for name, _, code in parts})


@dataclass(frozen=True)
class Lineage:
    """The way of one number. ``published`` and ``recomputed`` are None where there is no value (``flag`` says why)."""

    fact: FactId
    title: str
    unit: str
    flag: str
    published: float | None
    recomputed: float | None
    definition: str
    clauses: tuple[tuple[str, str], ...]
    snapshot: Mapping[str, Any]
    trace: Trace | None = None
    submissions: tuple[tuple[Leaf, int], ...] = ()
    inputs: tuple[Lineage, ...] = ()
    note: str = ""
    checked: bool = True

    @property
    def complete(self) -> bool:
        """Whether everything was recomputed from rows; False where an archive of another period was not at hand."""
        return self.checked and all(item.complete for item in self.inputs)

    @property
    def agrees(self) -> bool:
        """Whether the rows give the published value again, all the way down, as far as it could be recomputed."""
        below = all(item.agrees for item in self.inputs)
        if not self.complete:
            return below
        if self.published is None or self.recomputed is None:
            return below and self.published is None and self.recomputed is None
        return below and math.isclose(self.published, self.recomputed, rel_tol=TOLERANCE, abs_tol=1e-15)

    def as_json(self) -> dict[str, Any]:
        """The lineage as a JSON object."""
        traced: dict[str, Any] = {}
        if self.trace is not None:
            traced = {
                "numerator": self.trace.numerator,
                "denominator": self.trace.denominator,
                "rows_filter": self.trace.filter,
                "rows_count": self.trace.count,
                "rows": self.trace.rows.to_pylist() if self.trace.rows is not None else [],
            }
        return {
            "fact": str(self.fact),
            "title": self.title,
            "unit": self.unit,
            "published": self.published,
            "recomputed": self.recomputed,
            "agrees": self.agrees,
            "complete": self.complete,
            "flag": self.flag,
            "definition": self.definition,
            "clauses": [{"clause": clause, "text": text} for clause, text in self.clauses],
            "snapshot": dict(self.snapshot),
            "submissions": [_submission(leaf, rows) for leaf, rows in self.submissions],
            **traced,
            "inputs": [item.as_json() for item in self.inputs],
            "note": self.note,
        }

    def as_text(self, indent: str = "") -> str:
        """The same for a person."""
        verdict = "the rows give it again" if self.agrees else f"NOT what the rows give: {self.recomputed}"
        if self.agrees and not self.complete:
            verdict = "not recomputed: see the note"
        lines = [f"{self.title}: {_number(self.published)} [{self.unit}] ({verdict})", f"  fact        {self.fact}"]
        lines.append(f"  ← formula   {self.definition}")
        lines += [f"  ← clause    {clause}: {text}" for clause, text in self.clauses]
        lines.append(f"  ← snapshot  root {self.snapshot['root']}, as of {self.snapshot['as_of']}")
        if self.trace is not None:
            lines += self._rows()
        if self.note:
            lines.append(f"  note        {self.note}")
        text = "\n".join(_wrapped(line, indent) for line in lines)
        return "\n".join([text, *(item.as_text(indent + "    ") for item in self.inputs)])

    def _rows(self) -> list[str]:
        assert self.trace is not None
        signed, rows = len(self.trace.submissions), self.trace.count
        where = "all of them" if self.trace.filter == "TRUE" else f"those where {self.trace.filter}"
        lines = [f"  ← returns   {counted(signed, 'signed submission')}, {counted(rows, 'row')}, {where}"]
        for leaf, count in self.submissions:
            manifest = leaf.manifest
            who = f"signed by {leaf.signer} (certificate {leaf.serial[:16]}…)"
            what = f"revision {manifest.revision}, {counted(count, 'row')}, sha256 {manifest.digest[:16]}…"
            lines.append(f"      {manifest.unit} {what}, {who}")
        for row in self.trace.rows.to_pylist() if self.trace.rows is not None else []:
            shown = ", ".join(f"{name}={value}" for name, value in row.items() if value is not None and not name.startswith("_"))
            lines.append(f"      row: {shown}")
        return lines


WIDTH = 118
"""Columns of a lineage in words; a fact's name and other words longer than that stay whole."""


def _wrapped(line: str, indent: str) -> str:
    """A line of a lineage, continued under its own words."""
    hanging = 14 if line[:3] == "  ←" else len(line) - len(line.lstrip()) + 5
    parts = textwrap.wrap(line.strip(), WIDTH - hanging, break_long_words=False, break_on_hyphens=False)
    first = indent + line[: len(line) - len(line.lstrip())]
    return f"\n{indent}{' ' * hanging}".join([first + parts[0], *parts[1:]])


def _submission(leaf: Leaf, rows: int) -> dict[str, Any]:
    manifest = leaf.manifest
    names = ("dataset", "unit", "revision", "digest", "created", "head")
    own = {name: getattr(manifest, name) for name in names}
    return {**own, "rows": rows, "leaf": leaf.index, "signer": leaf.signer, "serial": leaf.serial, "file": manifest.name + ".csv"}


def _number(value: float | None) -> str:
    return "no value" if value is None else f"{value:.10g}"


@dataclass
class _Archive:
    """An archive with its pack, opened once for a whole tree of facts."""

    store: Store
    pack: Pack = field(init=False)
    statement: dict[str, Any] = field(init=False)
    leaves: list[Leaf] = field(init=False)

    def __post_init__(self) -> None:
        self.pack = snapshot_pack(self.store)
        self.statement = dict(snapshot_statement(self.store))
        self.leaves = leaf_table.read(self.store, f"{FINAL}/leaves.parquet")

    def source(self, dataset_id: str) -> Any:
        """The rows of a data set, for the engine: a file, or Arrow's dataset where the archive is not a folder."""
        name = f"{FINAL}/rows/{dataset_id}.parquet"
        filesystem, path = self.store.filesystem(name)
        return path if isinstance(self.store, FolderStore) else pad.dataset(path, filesystem=filesystem, format=checked_parquet())

    def facts(self, wanted: FactId) -> Iterator[pa.Table]:
        """The published facts of an indicator and period, a table a file."""
        mine = [("indicator", "=", wanted.indicator), ("period", "=", wanted.period)]
        for name in self.store.names("facts"):
            filesystem, path = self.store.filesystem(name)
            yield pq.read_table(path, filesystem=filesystem, filters=mine, page_checksum_verification=True)


@dataclass
class _Archives:
    """The archive asked and those of other periods beside it."""

    main: _Archive
    others: dict[str, _Archive]
    limit: int
    lang: str

    def of(self, period: str) -> _Archive | None:
        """The archive of a period."""
        return self.main if period == self.main.statement["period"] else self.others.get(period)

    def fact(self, wanted: FactId) -> dict[str, Any]:
        """The published row of a fact; raises ``UserError`` where there is none.

        Published here is what the archive asked publishes: its own word before that of the periods before it, whose cohort
        rates it restates, the later before the earlier; what later archives restate it does not know: they are asked last.
        """
        row = self.find(wanted)
        if row is None:
            todo = "take its name from a table (column fact), or compute first"
            raise UserError(f"there is no fact {wanted} in {self.main.store.url}", todo=todo)
        return row

    def find(self, wanted: FactId) -> dict[str, Any] | None:
        """The published row of a fact, or None."""
        facts = self._facts(wanted)
        if not set(wanted.cut) <= set(dimensions_of(facts)):
            return None
        for column in dimensions_of(facts):
            facts = facts.filter(_code(facts, column, wanted))
        return next(iter(facts.to_pylist()), None)

    def known(self, wanted: FactId, within: str | None) -> bool:
        """Whether the indicator has a value in any cell of the fact's code of ``within`` (or in any at all)."""
        facts = self._facts(wanted)
        if within in dimensions_of(facts):
            facts = facts.filter(_code(facts, str(within), wanted))
        return bool(facts["value"].null_count < facts.num_rows)

    def _facts(self, wanted: FactId) -> pa.Table:
        asked = str(self.main.statement["period"])
        by_age = [self.others[period] for period in sorted(self.others, key=lambda period: (period < asked, period))]
        # Of facts of one period, `latest` keeps those of the table given last.
        return latest(table for archive in (*by_age, self.main) for table in archive.facts(wanted))


def _code(facts: pa.Table, column: str, wanted: FactId) -> pa.ChunkedArray:
    code = wanted.cut.get(column)
    return pc.is_null(facts[column]) if code is None else pc.equal(facts[column], code)


def trace_fact(store: Store, name: str, *, others: Sequence[Store] = (), limit: int = 10, lang: str = "en") -> Lineage:
    """The lineage of one fact of an archive; ``others`` are archives of other periods, for growth and cohort rates.

    Raises ``UserError`` where the fact does not exist.
    """
    main = _Archive(store)
    beside = {archive.statement["period"]: archive for archive in map(_Archive, others)}
    beside.pop(main.statement["period"], None)  # of its own period an archive has its own word, and no other's
    return _trace(_Archives(main, beside, limit, lang), FactId.parse(name))


def _trace(archives: _Archives, wanted: FactId) -> Lineage:
    row = archives.fact(wanted)
    pack = archives.main.pack
    item = pack.indicator(wanted.indicator, wanted.period)
    home = archives.of(wanted.period)
    common: dict[str, Any] = {
        "fact": wanted,
        "title": pack.text(item.title, archives.lang),
        "unit": item.unit,
        "flag": row["flag"] or "",
        "published": row["value"],
        "definition": definition(item),
        "clauses": tuple((ref, pack.text(pack.clause(ref).text, archives.lang)) for ref in item.clause),
        "snapshot": {name: (home or archives.main).statement[name] for name in ("root", "as_of", "size", "period", "regime")},
    }
    if item.kind in MADE_FROM_FACTS:
        return _from_facts(archives, wanted, item, common)
    if item.kind == "cohort":
        return _cohort(archives, wanted, item, common)
    if home is None:
        return _elsewhere(common, wanted.period)
    found = recompute(home.pack, item.id, wanted.period, wanted.cut, home.source(item.dataset), limit=archives.limit)
    return Lineage(**common, recomputed=found.value, trace=found, submissions=_signed(home, found, archives.limit))


def _signed(archive: _Archive, found: Trace, limit: int) -> tuple[tuple[Leaf, int], ...]:
    return tuple((archive.leaves[leaf], rows) for leaf, rows in found.submissions[:limit])


def _elsewhere(common: Mapping[str, Any], period: str) -> Lineage:
    note = f"its rows lie in the archive of {period}: name its folder with --earlier"
    return Lineage(**common, recomputed=None, note=note, checked=False)


def _cohort(archives: _Archives, wanted: FactId, item: Any, common: Mapping[str, Any]) -> Lineage:
    """A cohort rate: its denominator from the rows of its period, its numerator from those ``lead`` periods later."""
    if common["published"] is None:
        return Lineage(**common, recomputed=None, note="it is complete when the later period is frozen")
    later = shift_period(wanted.period, item.lead)
    first, second = archives.of(wanted.period), archives.of(later)
    if first is None or second is None:
        return _elsewhere(common, wanted.period if first is None else later)
    shift: Mapping[str, int] = item.numerator_shift
    moved = {name: str(int(code) - shift[name]) if name in shift else code for name, code in wanted.cut.items()}
    limit = archives.limit
    below = recompute(first.pack, item.id, wanted.period, wanted.cut, first.source(item.dataset), limit=limit, part="denominator")
    above = recompute(second.pack, item.id, later, moved, second.source(item.dataset), limit=limit, part="numerator")
    value = None if above.numerator is None or not below.denominator else above.numerator / below.denominator * item.scale
    note = f"numerator {_number(above.numerator)} from {above.count} rows of {later}, denominator {_number(below.denominator)}"
    return Lineage(**common, recomputed=value, trace=below, submissions=_signed(first, below, limit), note=note)


def _from_facts(archives: _Archives, wanted: FactId, item: Any, common: Mapping[str, Any]) -> Lineage:
    """An indicator made from facts: its inputs are traced; its own arithmetic is redone from their recomputed values."""
    needed = _needed(wanted, item)
    zero = getattr(item, "zero", ())
    inputs = tuple(
        _nothing(archives, fact, item) if name in zero and archives.find(fact) is None else _trace(archives, fact)
        for name, fact in needed.items()
    )
    values = dict(zip(needed, (found.recomputed for found in inputs), strict=True))
    return Lineage(**common, recomputed=_again(item, values), inputs=inputs)


def _nothing(archives: _Archives, wanted: FactId, item: Any) -> Lineage:
    """An input without a fact in the cell, which counts 0 where it is known at all: the rows are asked whether there are none."""
    pack, home = archives.main.pack, archives.of(wanted.period)
    own = pack.indicator(wanted.indicator, wanted.period)
    counted = 0.0 if archives.known(wanted, item.within) else None
    common: dict[str, Any] = {
        "fact": wanted,
        "title": pack.text(own.title, archives.lang),
        "unit": own.unit,
        "flag": "",
        "published": counted,
        "definition": definition(own),
        "clauses": tuple((ref, pack.text(pack.clause(ref).text, archives.lang)) for ref in own.clause),
        "snapshot": {name: (home or archives.main).statement[name] for name in ("root", "as_of", "size", "period", "regime")},
        "note": "nothing is counted in this cell" if counted is not None else "nothing is known of this cell",
    }
    if home is None or not hasattr(own, "dataset") or counted is None:
        return Lineage(**common, recomputed=counted)
    found = recompute(home.pack, own.id, wanted.period, wanted.cut, home.source(own.dataset), limit=archives.limit)
    return Lineage(**common, recomputed=found.value or 0.0, trace=found)


def _needed(wanted: FactId, item: Any) -> dict[str, FactId]:
    if item.kind == "derived":
        return {name: FactId(of, wanted.period, wanted.cut) for name, of in item.inputs.items()}
    if item.kind == "growth":
        then = shift_period(wanted.period, -item.lag)
        return {"now": FactId(item.of, wanted.period, wanted.cut), "then": FactId(item.of, then, wanted.cut)}
    return {name: FactId(item.of, wanted.period, {**wanted.cut, item.by: getattr(item, name)}) for name in ("a", "b")}


def _again(item: Any, values: Mapping[str, float | None]) -> float | None:
    """The arithmetic of an indicator made from facts, done once more in plain Python."""
    if any(value is None for value in values.values()):
        return None
    known = {name: float(value) for name, value in values.items() if value is not None}
    if item.kind == "growth":
        return None if known["then"] == 0 else (known["now"] - known["then"]) / known["then"] * 100
    if item.kind == "parity":
        a, b = known["a"], known["b"]
        small, large = min(a, b), max(a, b)
        return None if large == 0 else (small / large if a <= b else 2 - small / large)
    return _arithmetic(item.expr, known)


def _arithmetic(expr: str, values: Mapping[str, float]) -> float | None:
    sql = to_sql(parse(expr, dict.fromkeys(values, NUMBER)), "duckdb")
    with session(pa.table({name: [value] for name, value in values.items()})) as connection:
        # the SQL is compiled from a closed list of functions
        result: Sequence[float | None] = query(connection, f"SELECT {sql} AS value FROM rows")["value"].to_pylist()  # noqa: S608
    return result[0]
