"""The made-up country, whole in memory (small) or in a stream of parts (full size)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sapa.demo import learners as ls
from sapa.demo import movement, staff
from sapa.demo.defects import Defect, seed_defects
from sapa.demo.frame import Array, Frame, concat
from sapa.demo.learner_rows import learner_rows, learner_table
from sapa.demo.scale import Scale
from sapa.demo.units import make_units, number_of_unit, unit_rows, unit_table
from sapa.errors import UserError

DATASETS = ("institutions", "learners", "staff")
PERIODS = ("2021", "2022", "2023")
CHUNK = 150_000
"""Learners a part of the stream aims at: bounds memory whatever the size of the country."""
SMALLEST_CHUNK = 3_000
_PEOPLE_OF_CHUNK = 10_000_000


@dataclass(frozen=True)
class Part:
    """Rows of some institutions for one data set and period, and the mistakes made in them."""

    dataset: str
    period: str
    table: pa.Table
    defects: tuple[Defect, ...]


@dataclass(frozen=True)
class Country:
    """A whole country: ``tables[dataset, period]`` sorted by institution, the ledger of mistakes, the identifiers."""

    scale: Scale
    seed: int
    periods: tuple[str, ...]
    tables: dict[tuple[str, str], pa.Table]
    defects: tuple[Defect, ...]
    units: tuple[str, ...]
    _index: dict[tuple[str, str], dict[str, tuple[int, int]]] = field(default_factory=dict, repr=False, compare=False)

    def rows(self, dataset: str, period: str, unit: str) -> pa.Table:
        """The return of one institution."""
        key = (dataset, period)
        if key not in self._index:
            names = self.tables[key].column("institution").combine_chunks().to_numpy(zero_copy_only=False)
            unique, first, count = np.unique(names, return_index=True, return_counts=True)
            self._index[key] = dict(zip(unique.tolist(), zip(first.tolist(), count.tolist(), strict=True), strict=True))
        start, length = self._index[key].get(unit, (0, 0))
        return self.tables[key].slice(start, length)


def stream(
    scale: str | float | Scale = "small",
    *,
    seed: int = 2023,
    periods: Sequence[str] = PERIODS,
    defects: float = 0.05,
    chunk: int = CHUNK,
) -> Iterator[Part]:
    """The country in parts, institution after institution; the same arguments give the same rows on any machine.

    A period is named by the year in which its school year ends: rows are as of 1 September of the year before, outcomes
    are those of that school year. Mistakes are made in the last period only (earlier ones count as corrected and frozen):
    in about ``defects`` of its returns, at least one of each kind in each part; ``defects=0`` makes none.
    Raises ``UserError`` where periods are not consecutive years.
    """
    years = _years(periods)
    size = Scale.of(scale)
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 0])))
    units = make_units(size, rng, years[0], years[-1])
    yield from _register(units, years, rng, defects)
    for number, members in enumerate(_chunks(units, chunk), start=1):
        own = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, number])))
        yield from _simulate(units, members, years, own, defects, number)


def generate(
    scale: str | float | Scale = "small", *, seed: int = 2023, periods: Sequence[str] = PERIODS, defects: float = 0.05
) -> Country:
    """The whole country in memory: 120 institutions (``"small"``) in about a second; see ``stream`` for the arguments."""
    parts: dict[tuple[str, str], list[pa.Table]] = {}
    ledger: list[Defect] = []
    for part in stream(scale, seed=seed, periods=periods, defects=defects):
        parts.setdefault((part.dataset, part.period), []).append(part.table)
        ledger += part.defects
    tables = {key: pa.concat_tables(found).combine_chunks() for key, found in parts.items()}
    units = tuple(tables["institutions", periods[0]].column("institution").to_pylist())
    return Country(Scale.of(scale), seed, tuple(periods), tables, tuple(sorted(ledger)), units)


def write_parquet(
    folder: Path,
    scale: str | float | Scale = "full",
    *,
    seed: int = 2023,
    periods: Sequence[str] = ("2023",),
    defects: float = 0.05,
) -> tuple[Defect, ...]:
    """Write ``folder/<dataset>-<period>.parquet`` part by part: a full country never stands in memory. Returns the ledger."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[tuple[str, str], pq.ParquetWriter] = {}
    ledger: list[Defect] = []
    try:
        for part in stream(scale, seed=seed, periods=periods, defects=defects):
            key = (part.dataset, part.period)
            if key not in writers:
                path = folder / f"{part.dataset}-{part.period}.parquet"
                writers[key] = pq.ParquetWriter(path, part.table.schema, compression="zstd", write_page_checksum=True)
            writers[key].write_table(part.table)
            ledger += part.defects
    finally:
        for writer in writers.values():
            writer.close()
    return tuple(sorted(ledger))


def _years(periods: Sequence[str]) -> list[int]:
    """First calendar year of each period's school year."""
    if not periods or not all(period.isdigit() and len(period) == 4 for period in periods):
        raise UserError(f"no periods {periods!r}", todo="name years, e.g. 2021, 2022, 2023")
    years = [int(period) - 1 for period in periods]
    if years != list(range(years[0], years[0] + len(years))):
        raise UserError(f"the periods {', '.join(periods)} do not follow one another", todo="name consecutive years")
    return years


def _chunks(units: Frame, chunk: int) -> Iterator[Array]:
    """Runs of institutions, in order, of about equal numbers of learners: a part without any school could not live."""
    total = int(units["learners"].sum())
    parts = max(1, total // max(SMALLEST_CHUNK, chunk))
    part = (np.cumsum(units["learners"]) - 1) * parts // total
    for number in np.unique(part):
        yield np.flatnonzero(part == number)


def _register(units: Frame, years: list[int], rng: np.random.Generator, defects: float) -> Iterator[Part]:
    for year in years:
        row = {**unit_rows(units, year), "unit": np.arange(len(units["kind"]))}
        ledger: list[Defect] = []
        if defects and year == years[-1]:
            before = np.full(len(row["unit"]), len(years) > 1)
            row, ledger = seed_defects("institutions", row, before, defects, len(before), rng, str(year + 1))
        yield Part("institutions", str(year + 1), unit_table(row), tuple(ledger))


def _simulate(
    units: Frame, members: Array, years: list[int], rng: np.random.Generator, defects: float, number: int
) -> Iterator[Part]:
    """All years of the institutions of one chunk."""
    people = ls.People(number * _PEOPLE_OF_CHUNK)
    keys: dict[str, Array] = {}
    pupils = workers = None
    for year in years:
        if pupils is None or workers is None:
            pupils = ls.start(units, members, rng, people, year)
            workers = staff.start(units, members, rng, people, year - 1)
        else:
            pupils = _next_year(pupils, units, members, rng, people, year, years[0])
        workers = staff.advance(workers, units, rng, people, year)
        ls.outcomes(pupils, units, rng, year)
        both = _with_clubs(pupils, units, members, rng, year)
        rows = {"learners": learner_rows(both, units, rng, year), "staff": staff.staff_rows(workers, year)}
        for dataset, row in rows.items():
            key = row["unit"] * (1 << 40) + row["person"]
            before = np.isin(key, keys[dataset]) if dataset in keys else np.zeros(len(key), dtype=bool)
            keys[dataset] = key
            ledger: list[Defect] = []
            if defects and year == years[-1]:
                row, ledger = seed_defects(dataset, row, before, defects, len(members), rng, str(year + 1))
            table = learner_table(row) if dataset == "learners" else staff.staff_table(row)
            yield Part(dataset, str(year + 1), table, tuple(ledger))


def _next_year(
    pupils: Frame, units: Frame, members: Array, rng: np.random.Generator, people: ls.People, year: int, first: int
) -> Frame:
    came = movement.entrants(pupils, units, members, rng, people, year, first)
    moved = movement.moved(pupils, units, members, rng, year)
    stay = ls.advance(pupils, year)
    names = list(came)
    return concat([{name: part[name] for name in names} for part in (stay, moved, came)])


def _with_clubs(pupils: Frame, units: Frame, members: Array, rng: np.random.Generator, year: int) -> Frame:
    """Learners and, a second time, the pupils who also attend an institution of additional education."""
    extra = movement.clubs(pupils, units, members, rng, year)
    if len(extra["unit"]):
        ls.outcomes(extra, units, rng, year)
    return concat([{name: part[name] for name in extra} for part in (pupils, extra)])


__all__ = ["DATASETS", "PERIODS", "Country", "Part", "generate", "number_of_unit", "stream", "write_parquet"]
