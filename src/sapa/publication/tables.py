"""Tables of a report: which fact stands in which cell, and how the cell is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sapa.indicators import UNKNOWN
from sapa.packs.models_report import Report, TableSpec
from sapa.publication.facts import Cut, Fact, FactStore, Mark, fact_id
from sapa.publication.labels import Labels
from sapa.publication.numbers import rounded, rounded_to_total
from sapa.publication.remarks import moved

SYMBOLS: Mapping[Mark, str] = {"missing": "…", "not_applicable": "–", "suppressed": "x", "provisional": "p"}


@dataclass(frozen=True)
class Cell:
    """One place of a table. ``shown`` is the published, rounded number; ``text`` is what stands on the page."""

    fact: str
    indicator: str
    period: str
    cut: Cut
    shown: Decimal | None = None
    text: str = ""
    marks: frozenset[Mark] = frozenset()
    source: Fact | None = None


@dataclass(frozen=True)
class Column:
    title: str
    group: str = ""
    unit: str = ""
    indicator: str = ""
    decimals: int = 0


@dataclass(frozen=True)
class Row:
    title: str
    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True)
class Table:
    """A table ready to be written in any form. ``columns`` do not count the heading column."""

    id: str
    number: str
    title: str
    heading: str
    spec: TableSpec
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    period: str
    notes: tuple[str, ...] = ()
    marks: frozenset[Mark] = field(default_factory=frozenset)
    plain: bool = True
    """Whether every cell is a fact at its own address: only such tables are open data."""

    @property
    def empty(self) -> bool:
        """No cell has a fact behind it; a table that is no plain one stands only where it has something to say."""
        return self.plain and not any(cell.source for row in self.rows for cell in row.cells)


def wanted_cuts(report: Report) -> dict[str, set[frozenset[str]]]:
    """For each indicator of a report, the sets of dimensions its tables and charts need."""
    out: dict[str, set[frozenset[str]]] = {}
    for chapter in report.chapters:
        for table in chapter.tables:
            dimensions = frozenset(name for name in (table.rows, table.columns) if name and name != "period")
            for indicator in table.indicators:
                out.setdefault(indicator, set()).update({dimensions} | {frozenset({name}) for name in dimensions})
        for chart in chapter.charts:
            dimensions = frozenset(name for name in (chart.by, chart.series) if name and name != "period")
            out.setdefault(chart.indicator, set()).update({dimensions} | {frozenset({name}) for name in dimensions})
    return out


@dataclass(frozen=True)
class _Key:
    """What a row or column adds to the address of a cell."""

    title: str
    codes: Cut = ()
    period: str = ""
    indicator: str = ""
    total: bool = False


def build_table(spec: TableSpec, number: str, store: FactStore, labels: Labels, period: str) -> Table:
    """Lay out a table of the publication's ``period`` (or of all periods up to it, where periods are rows or columns)."""
    if spec.rows is not None and spec.columns != "period":
        period = store.newest(spec.indicators, period)
    periods = store.periods(spec.indicators, period) or [period]
    across = spec.columns if spec.columns != "period" else None
    shown_in = periods if spec.rows is None or spec.columns == "period" else [period]
    dimensions = frozenset(name for name in (spec.rows, across) if name)
    rows = _keys(spec.rows, spec.indicators, dimensions, store, labels, shown_in)
    parts = _column_keys(spec, dimensions, store, labels, shown_in)
    several = len(spec.indicators) > 1
    indicators = [labels.indicator(indicator) for indicator in spec.indicators]
    pairs = [(item, key) for item in indicators for key in parts]
    columns = tuple(_column(item, key, labels, several or not (key.codes or key.period or key.total)) for item, key in pairs)
    cells = [[_cell(item, row, key, store, period) for item, key in pairs] for row in rows]
    rows, cells = _told(rows, cells)
    adjusted = _add_up(cells, pairs, rows, spec, store)
    lines = tuple(
        Row(row.title, tuple(written_cell(cell, labels) for cell in line), row.total)
        for row, line in zip(rows, cells, strict=True)
    )
    marks = frozenset(mark for line in lines for cell in line.cells for mark in cell.marks)
    notes = [labels.text(spec.note)] if spec.note else []
    notes += [labels.lang.text("adds_up")] if adjusted else []
    notes += moved(period, labels) if spec.rows and spec.columns != "period" else []
    heading = labels.dimension_title(spec.rows) if spec.rows else labels.lang.text("period_column")
    return Table(spec.id, number, labels.text(spec.title), heading, spec, columns, lines, period, tuple(notes), marks)


def _keys(
    dimension: str | None,
    indicators: Sequence[str],
    dimensions: frozenset[str],
    store: FactStore,
    labels: Labels,
    periods: Sequence[str],
) -> list[_Key]:
    if dimension is None:
        return [_Key(labels.lang.period(period), period=period) for period in periods]
    codes = store.codes(indicators, dimension, dimensions, periods) | store.codes(
        indicators, dimension, frozenset({dimension}), periods
    )
    total = _Key(labels.lang.text("total"), total=True)
    return [total, *(_Key(labels.code(dimension, code), ((dimension, code),)) for code in labels.ordered(dimension, codes))]


def _told(rows: list[_Key], cells: list[list[Cell]]) -> tuple[list[_Key], list[list[Cell]]]:
    """Without the row of records that have no code, where it holds no figure: it would only raise a question."""
    pairs = zip(rows, cells, strict=True)
    unknown = [any(code == UNKNOWN for _, code in row.codes) for row in rows]
    silent = [all(cell.shown is None and "suppressed" not in cell.marks for cell in line) for line in cells]
    kept = [pair for pair, no_code, no_figure in zip(pairs, unknown, silent, strict=True) if not (no_code and no_figure)]
    return [row for row, _ in kept], [line for _, line in kept]


def _column_keys(
    spec: TableSpec, dimensions: frozenset[str], store: FactStore, labels: Labels, periods: Sequence[str]
) -> list[_Key]:
    if spec.columns is None:
        return [_Key("")]
    if spec.columns == "period":
        return [_Key(labels.lang.period(period), period=period) for period in periods]
    return _keys(spec.columns, spec.indicators, dimensions, store, labels, periods)


def _column(item: Any, key: _Key, labels: Labels, named: bool) -> Column:
    title = labels.text(item.title)
    unit = labels.lang.unit(item.unit)
    if not key.title:
        return Column(title, "", unit, item.id, item.decimals)
    return Column(key.title, title if named else "", unit, item.id, item.decimals)


def _cell(item: Any, row: _Key, column: _Key, store: FactStore, period: str) -> Cell:
    return fact_cell(item, tuple(sorted(row.codes + column.codes)), store, column.period or row.period or period)


def fact_cell(item: Any, cut: Cut, store: FactStore, when: str) -> Cell:
    """The cell of an indicator in a period for some codes: its rounded number, or the mark of why there is none."""
    fact = store.get(item.id, when, cut)
    address = store.address(cut)
    cell = Cell(fact_id(item.id, when, address), item.id, when, address, source=fact)
    if fact is None:
        absent: Mark = "not_applicable" if cut and store.computed(item.id, when, cut) else "missing"
        return replace(cell, marks=frozenset({absent}))
    if "suppressed" in fact.marks:
        return replace(cell, marks=frozenset({"suppressed"}))
    if fact.value is None:
        kind: Mark = "not_applicable" if "not_applicable" in fact.marks or fact.denominator == 0 else "missing"
        return replace(cell, marks=frozenset({kind}))
    return replace(cell, shown=rounded(fact.value, item.decimals), marks=fact.marks)


def written_cell(cell: Cell, labels: Labels) -> Cell:
    """The cell's text. A mark of state stands after the number, any other mark instead of it."""
    if cell.shown is None:
        return replace(cell, text=SYMBOLS[min(cell.marks)])
    text = labels.lang.exact(cell.shown)
    return replace(cell, text=text + ("\u00a0" + SYMBOLS["provisional"] if "provisional" in cell.marks else ""))


def _add_up(
    cells: list[list[Cell]], pairs: Sequence[tuple[Any, _Key]], rows: Sequence[_Key], spec: TableSpec, store: FactStore
) -> bool:
    """Round shares of one whole together, so that what is printed adds up to 100; returns whether any were."""
    done = False
    for place, (item, key) in enumerate(pairs):
        over = getattr(item, "adds_up_over", None)
        if over is None or over not in (spec.rows, spec.columns):
            continue
        if over == spec.rows:
            lines = [number for number, row in enumerate(rows) if not row.total]
            done |= _share_out([(line, place) for line in lines], cells, item)
        elif key is next(first for other, first in pairs if other is item):
            places = [number for number, (other, part) in enumerate(pairs) if other is item and not part.total]
            for line in range(len(rows)):
                done |= _share_out([(line, number) for number in places], cells, item)
    return done


def _share_out(at: Iterable[tuple[int, int]], cells: list[list[Cell]], item: Any) -> bool:
    places = list(at)
    facts = [cells[line][place].source for line, place in places]
    values = [fact.value for fact in facts if fact is not None and fact.value is not None]
    if len(values) != len(facts):
        return False
    together = rounded_to_total(values, item.decimals)
    if together is None:
        return False
    for (line, place), value in zip(places, together, strict=True):
        cells[line][place] = replace(cells[line][place], shown=value)
    return True
