"""Facts as a publication reads them: from Parquet, only those a report asks for, indexed by what they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.errors import EngineError, UserError
from sapa.indicators.facts import ERROR, dimensions_of, latest

Mark = Literal["missing", "not_applicable", "suppressed", "provisional"]
Cut = tuple[tuple[str, str], ...]
"""Dimension and code pairs, sorted by dimension; empty = all."""

MEASURES = ("indicator", "period", "snapshot", "numerator", "denominator", "value", "count", "flag")
_MARKS: dict[str, Mark] = {
    **dict.fromkeys(("p", "provisional"), "provisional"),
    **dict.fromkeys(("x", "c", "suppressed", "confidential"), "suppressed"),
    **dict.fromkeys(("a", "z", "–", "-", "not_applicable", "not-applicable"), "not_applicable"),
    **dict.fromkeys(("m", "…", "...", "missing"), "missing"),
}
_RESERVED = str.maketrans({"%": "%25", ",": "%2C", "=": "%3D", "[": "%5B", "]": "%5D"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One published value: an indicator in a period for one combination of codes."""

    indicator: str
    period: str
    cut: Cut
    value: float | None
    numerator: float | None
    denominator: float | None
    count: int | None
    marks: frozenset[Mark]
    error: float | None = None
    """Standard error of the value where it was estimated from a sample; None where every return was counted."""

    @property
    def id(self) -> str:
        return fact_id(self.indicator, self.period, self.cut)


def fact_id(indicator: str, period: str, cut: Cut = ()) -> str:
    """``indicator@period[dimension=code,…]``, what ``sapa trace`` takes; ``%,=[]`` inside a code are percent-encoded."""
    inside = ",".join(f"{dimension}={code.translate(_RESERVED)}" for dimension, code in sorted(cut))
    return f"{indicator}@{period}[{inside}]" if inside else f"{indicator}@{period}"


def marks_of(flag: str | None) -> frozenset[Mark]:
    """Meanings of a flag; several are separated by comma, semicolon or space. Raises ``EngineError`` on an unknown one."""
    words = (flag or "").replace(",", " ").replace(";", " ").split()
    unknown = [word for word in words if word.lower() not in _MARKS]
    if unknown:
        raise EngineError(f"facts carry the unknown flag '{unknown[0]}'", todo="report it: a page must explain every symbol")
    return frozenset(_MARKS[word.lower()] for word in words)


class FactStore:
    """The facts of a report in memory, found by (indicator, period, cut).

    ``within`` is what the report is about, e.g. one region: then the store holds only the facts of that code, and is asked for
    them as if it were the whole.
    """

    def __init__(self, facts: Iterable[Fact], within: Cut = ()) -> None:
        self.within = within
        mine = set(within)
        self._facts: dict[tuple[str, str, Cut], Fact] = {
            (fact.indicator, fact.period, tuple(pair for pair in fact.cut if pair not in mine)): fact
            for fact in facts
            if mine <= set(fact.cut)
        }
        self._computed = {(item, period, frozenset(name for name, _ in cut)) for item, period, cut in self._facts}
        self._of: dict[str, list[tuple[str, Cut]]] = {}
        for indicator, period, cut in self._facts:
            self._of.setdefault(indicator, []).append((period, cut))

    def address(self, cut: Iterable[tuple[str, str]]) -> Cut:
        """The whole cut of a fact that the store is asked for."""
        return tuple(sorted({*cut, *self.within}))

    def __len__(self) -> int:
        return len(self._facts)

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._facts.values())

    def get(self, indicator: str, period: str, cut: Iterable[tuple[str, str]] = ()) -> Fact | None:
        return self._facts.get((indicator, period, tuple(sorted(cut))))

    def computed(self, indicator: str, period: str, cut: Cut) -> bool:
        """Whether the indicator was cut this way at all: then a code without a fact had no records."""
        return (indicator, period, frozenset(name for name, _ in cut)) in self._computed

    def codes(self, indicators: Iterable[str], dimension: str, dimensions: frozenset[str], periods: Iterable[str]) -> set[str]:
        """Codes of ``dimension`` among facts cut by exactly ``dimensions``."""
        when = set(periods)
        return {
            code
            for indicator in set(indicators)
            for period, cut in self._of.get(indicator, ())
            if period in when and len(cut) == len(dimensions) and frozenset(name for name, _ in cut) == dimensions
            for name, code in cut
            if name == dimension
        }

    def periods(self, indicators: Iterable[str], upto: str) -> list[str]:
        """Periods of the same kind as ``upto``, none later, in which any of the indicators has a fact."""
        found = {period for indicator in set(indicators) for period, _ in self._of.get(indicator, ())}
        return sorted(period for period in found if len(period) == len(upto) and period <= upto)

    def newest(self, indicators: Iterable[str], upto: str) -> str:
        """The last period up to ``upto`` in which any of the indicators has a value; ``upto`` where none has.

        A cohort rate of a period is known only when the next one is frozen: a table of such rates stands one period back.
        """
        named = set(indicators)
        for period in sorted(self.periods(named, upto), reverse=True):
            asked = ((item, cut) for item in named for when, cut in self._of.get(item, ()) if when == period)
            if any(self._facts[item, period, cut].value is not None for item, cut in asked):
                return period
        return upto


def read_facts(files: Path | list[Path], wanted: Mapping[str, set[frozenset[str]]]) -> FactStore:
    """Facts of the ``wanted`` indicators, each cut by one of its sets of dimensions (the total is always included).

    A folder stands for all Parquet files in it; of several snapshots the later one's fact holds (``indicators.facts.latest``).
    Raises ``UserError`` where a file is missing or is not a facts file.
    """
    return select(load_facts(files), wanted)


def load_facts(files: Path | list[Path]) -> pa.Table:
    """All facts of the files, each once; see ``read_facts``."""
    return latest([_read(path) for path in _files(files)])


def select(facts: pa.Table, wanted: Mapping[str, set[frozenset[str]]], within: Cut = ()) -> FactStore:
    """The ``wanted`` facts of a table; with ``within`` those of one code, ``wanted`` being what else they are cut by."""
    dimensions = dimensions_of(facts)
    names = [*MEASURES[:2], *MEASURES[3:], *([ERROR.name] if ERROR.name in facts.column_names else []), *dimensions]
    facts = inside(
        facts.select(names).filter(pc.is_in(facts["indicator"], value_set=pa.array(list(wanted), pa.string()))), within
    )
    scope = frozenset(name for name, _ in within)
    whole = {item: {cut | scope for cut in cuts} | {scope} for item, cuts in wanted.items()}
    asked = {_number(cut, dimensions) for cuts in whole.values() for cut in cuts if cut <= set(dimensions)}
    kept = facts.filter(pc.is_in(_bits(facts, dimensions), value_set=pa.array(sorted({0, *asked}), pa.int64())))
    return FactStore(_collect(kept, dimensions, whole), within)


def cuts_known(facts: pa.Table, within: Cut = ()) -> dict[str, set[frozenset[str]]]:
    """By what each indicator is cut in these facts, beside the dimensions of ``within``."""
    dimensions = dimensions_of(facts)
    pairs = pa.table({"indicator": facts["indicator"], "bits": _bits(facts, dimensions)})
    scope = {name for name, _ in within}
    out: dict[str, set[frozenset[str]]] = {}
    for row in pairs.group_by(["indicator", "bits"]).aggregate([]).to_pylist():
        cut = frozenset(name for place, name in enumerate(dimensions) if row["bits"] >> place & 1 and name not in scope)
        out.setdefault(row["indicator"], set()).add(cut)
    return out


def inside(facts: pa.Table, within: Cut) -> pa.Table:
    """The rows that carry these codes."""
    for name, code in within:
        if name not in facts.column_names:
            return facts.slice(0, 0)
        facts = facts.filter(pc.fill_null(pc.equal(facts[name], code), False))
    return facts


def _number(cut: Iterable[str], dimensions: Sequence[str]) -> int:
    """A cut as a number: the bit of each of its dimensions."""
    return sum(1 << dimensions.index(name) for name in cut)


def _bits(facts: pa.Table, dimensions: Sequence[str]) -> pa.ChunkedArray:
    out = pa.chunked_array([pa.repeat(pa.scalar(0, pa.int64()), facts.num_rows)])
    for place, name in enumerate(dimensions):
        out = pc.add(out, pc.multiply(pc.cast(pc.is_valid(facts[name]), pa.int64()), 1 << place))
    return out


def _read(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"the facts can't be read: {error}", todo="compute them again with `sapa compute`") from error
    absent = set(MEASURES) - set(table.column_names)
    if absent:
        raise UserError(f"not a facts file: no column {', '.join(sorted(absent))}", todo="give files that `sapa compute` wrote")
    return table


def _files(files: Path | list[Path]) -> list[Path]:
    given = files if isinstance(files, list) else [files]
    out = [path for item in given for path in (sorted(item.glob("*.parquet")) if item.is_dir() else [item])]
    missing = [path for path in out if not path.is_file()]
    if missing or not out:
        raise UserError(f"no facts at {missing[0] if missing else given}", todo="compute them first with `sapa compute`")
    return out


def _collect(facts: pa.Table, dimensions: Sequence[str], wanted: Mapping[str, set[frozenset[str]]]) -> Iterator[Fact]:
    sampled = ERROR.name in facts.column_names
    for batch in facts.to_batches(max_chunksize=20_000):
        columns = [column.to_pylist() for column in batch.columns]
        errors = columns.pop(len(MEASURES) - 1) if sampled else [None] * batch.num_rows
        lines = zip(*columns, strict=True)
        for error, (indicator, period, numerator, denominator, value, count, flag, *codes) in zip(errors, lines, strict=True):
            cut = tuple((name, str(code)) for name, code in zip(dimensions, codes, strict=True) if code is not None)
            if cut and frozenset(name for name, _ in cut) not in wanted[indicator]:
                continue
            marks = marks_of(flag)
            if "suppressed" in marks:
                numerator = denominator = value = count = error = None
            yield Fact(indicator, str(period), cut, value, numerator, denominator, count, marks, error)
