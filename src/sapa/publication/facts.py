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
from sapa.indicators.facts import dimensions_of, latest

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
    """The facts of a report in memory, found by (indicator, period, cut)."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts: dict[tuple[str, str, Cut], Fact] = {(fact.indicator, fact.period, fact.cut): fact for fact in facts}
        self._computed = {(item, period, frozenset(name for name, _ in cut)) for item, period, cut in self._facts}

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
        wanted, when = set(indicators), set(periods)
        return {
            code
            for indicator, period, cut in self._facts
            if indicator in wanted and period in when and frozenset(name for name, _ in cut) == dimensions
            for name, code in cut
            if name == dimension
        }

    def periods(self, indicators: Iterable[str], upto: str) -> list[str]:
        """Periods of the same kind as ``upto``, none later, in which any of the indicators has a fact."""
        wanted = set(indicators)
        found = {period for indicator, period, _ in self._facts if indicator in wanted}
        return sorted(period for period in found if len(period) == len(upto) and period <= upto)

    def newest(self, indicators: Iterable[str], upto: str) -> str:
        """The last period up to ``upto`` in which any of the indicators has a value; ``upto`` where none has.

        A cohort rate of a period is known only when the next one is frozen: a table of such rates stands one period back.
        """
        wanted = set(indicators)
        found = {fact.period for fact in self if fact.indicator in wanted and fact.value is not None and fact.period <= upto}
        return max((period for period in found if len(period) == len(upto)), default=upto)


def read_facts(files: Path | list[Path], wanted: Mapping[str, set[frozenset[str]]]) -> FactStore:
    """Facts of the ``wanted`` indicators, each cut by one of its sets of dimensions (the total is always included).

    A folder stands for all Parquet files in it; of several snapshots the later one's fact holds (``indicators.facts.latest``).
    Raises ``UserError`` where a file is missing or is not a facts file.
    """
    facts = latest([_read(path) for path in _files(files)])
    dimensions = dimensions_of(facts)
    names = [*MEASURES[:2], *MEASURES[3:], *dimensions]
    mine = pc.is_in(facts["indicator"], value_set=pa.array(list(wanted), pa.string()))
    return FactStore(_collect(facts.select(names).filter(mine), dimensions, wanted))


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
    for batch in facts.to_batches(max_chunksize=20_000):
        columns = [column.to_pylist() for column in batch.columns]
        for indicator, period, numerator, denominator, value, count, flag, *codes in zip(*columns, strict=True):
            cut = tuple((name, str(code)) for name, code in zip(dimensions, codes, strict=True) if code is not None)
            if cut and frozenset(name for name, _ in cut) not in wanted[indicator]:
                continue
            marks = marks_of(flag)
            if "suppressed" in marks:
                numerator = denominator = value = count = None
            yield Fact(indicator, str(period), cut, value, numerator, denominator, count, marks)
