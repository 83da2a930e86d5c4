"""The table of a choice: codes (or periods) in rows, codes × periods in columns, and how every cell is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sapa.indicators import UNKNOWN
from sapa.publication.facts import Fact, Mark, fact_id
from sapa.publication.labels import Labels
from sapa.publication.numbers import rounded
from sapa.publication.tables import SYMBOLS
from sapa_web.indicators.domain.queries.choice import Choice, chosen_codes, without_unknown
from sapa_web.indicators.domain.queries.facts import Cells, Figures
from sapa_web.indicators.domain.queries.reach import Reach

ALL = ""
"""Stands for the whole where a code is expected."""


@dataclass(frozen=True)
class Cell:
    """One figure: ``shown`` is rounded as published, ``text`` what stands on the page, ``name`` the fact's own name."""

    name: str
    period: str
    codes: Mapping[str, str]
    text: str
    shown: Decimal | None = None
    mark: Mark | None = None
    fact: Fact | None = None


@dataclass(frozen=True)
class Column:
    """A column of figures; ``group`` stands above several of them."""

    key: str
    title: str
    group: str
    period: str
    code: str


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    title: str
    cells: tuple[Cell, ...]
    total: bool = False
    code: str = ""


@dataclass(frozen=True)
class Table:
    """What the page, the downloads and the chart show."""

    choice: Choice
    title: str
    unit: str
    decimals: int
    heading: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...] = ()
    groups: tuple[tuple[str, int], ...] = field(default=())

    @property
    def cells(self) -> list[Cell]:
        """Every figure, row by row."""
        return [cell for row in self.rows for cell in row.cells]

    @property
    def legend(self) -> list[tuple[str, Mark]]:
        """The symbols of the table."""
        return [(SYMBOLS[mark], mark) for mark in self.marks]


class _Maker:
    """Puts facts into places."""

    def __init__(self, figures: Figures, choice: Choice, labels: Labels, reach: Reach) -> None:
        self.figures, self.choice, self.labels, self.reach = figures, choice, labels, reach
        self.item: Any = labels.indicator(choice.indicator)
        self._seen: dict[frozenset[str], Cells] = {}

    def table(self) -> Table:
        choice, labels = self.choice, self.labels
        columns = self.columns()
        rows = self.sorted(self.rows(columns), columns)
        marks = {cell.mark for row in rows for cell in row.cells if cell.mark}
        groups: list[tuple[str, int]] = []
        for column in columns:
            if groups and groups[-1][0] == column.group:
                groups[-1] = (column.group, groups[-1][1] + 1)
            else:
                groups.append((column.group, 1))
        heading = labels.dimension_title(choice.by) if choice.by else labels.lang.text("period_column")
        several = any(title for title, _ in groups)
        return Table(
            choice, labels.text(self.item.title), labels.lang.unit(self.item.unit), self.item.decimals, heading, tuple(columns),
            tuple(rows), tuple(mark for mark in SYMBOLS if mark in marks), tuple(groups) if several else (),
        )  # fmt: skip

    def cut(self, names: Sequence[str]) -> Cells:
        key = frozenset(names)
        if key not in self._seen:
            self._seen[key] = self.reach.of(self.figures.cells(self.choice.indicator, key))
        return self._seen[key]

    def codes(self, name: str) -> list[str]:
        """Codes of a dimension in the order of their list, those without a figure anywhere left out."""
        choice, cells = self.choice, self.cut(self.choice.cut)
        place = sorted(choice.cut).index(name)
        parts = [cells.get(period, {}) for period in choice.periods]
        found = chosen_codes(choice, name, parts, place)
        if len(choice.cut) == 2 and not choice.codes.get(name):
            alone = self.cut((name,))
            found |= {codes[0] for period in choice.periods for codes in alone.get(period, {})}
        valued = {codes[place]: True for part in parts for codes, fact in part.items() if fact.value is not None}
        return without_unknown(self.labels.ordered(name, found), valued)

    def columns(self) -> list[Column]:
        choice, labels = self.choice, self.labels
        if not choice.by:
            return [Column("c0", labels.lang.unit(self.item.unit), "", "", ALL)]
        codes = [ALL, *self.codes(choice.also)] if choice.also else [ALL]
        out: list[Column] = []
        for code in codes:
            group = "" if not choice.also else labels.code(choice.also, code) if code else labels.lang.text("total")
            for period in choice.periods:
                single = choice.also and len(choice.periods) == 1
                title = group if single else labels.lang.period(period)
                out.append(Column(f"c{len(out)}", title, "" if single else group, period, code))
        return out

    def rows(self, columns: Sequence[Column]) -> list[Row]:
        choice, labels = self.choice, self.labels
        if not choice.by:
            return [Row(labels.lang.period(period), (self.cell(period, {}),), code=period) for period in choice.periods]
        out: list[Row] = []
        for code in (ALL, *self.codes(choice.by)):
            title = labels.code(choice.by, code) if code else labels.lang.text("total")
            cells = tuple(self.cell(column.period, self.of(code, column)) for column in columns)
            out.append(Row(title, cells, total=not code, code=code))
        return out

    def of(self, code: str, column: Column) -> dict[str, str]:
        pairs = {self.choice.by: code, self.choice.also: column.code}
        return {name: value for name, value in pairs.items() if name and value != ALL}

    def cell(self, period: str, codes: dict[str, str]) -> Cell:
        choice = self.choice
        key = tuple(codes[name] for name in sorted(codes))
        cells = self.cut(tuple(codes))
        fact = cells.get(period, {}).get(key)
        name = fact_id(choice.indicator, period, tuple(codes.items()))
        mark: Mark | None
        if fact is None:
            # The indicator was cut so, and this code had no records; or it was never cut so.
            mark = "not_applicable" if codes and period in cells else "missing"
        elif "suppressed" in fact.marks:
            mark = "suppressed"
        elif fact.value is None:
            mark = "not_applicable" if "not_applicable" in fact.marks or fact.denominator == 0 else "missing"
        else:
            shown = rounded(fact.value, self.item.decimals)
            mark = "provisional" if self.figures.provisional else None
            return Cell(name, period, codes, self.labels.lang.exact(shown), shown, mark, fact)
        return Cell(name, period, codes, SYMBOLS[mark], None, mark, fact)

    def sorted(self, rows: list[Row], columns: Sequence[Column]) -> list[Row]:
        """As asked; the whole stays on top, what has no value and what has no code at the end."""
        wanted = self.choice.sort.removeprefix("-")
        falling = self.choice.sort.startswith("-")
        head, body = [row for row in rows if row.total], [row for row in rows if not row.total]
        place = next((number for number, column in enumerate(columns) if column.key == wanted), None)
        if wanted == "name":
            body.sort(key=lambda row: row.title.casefold(), reverse=falling)
        elif place is not None:
            valued = [row for row in body if row.cells[place].shown is not None]
            valued.sort(key=lambda row: row.cells[place].shown or Decimal(0), reverse=falling)
            body = valued + [row for row in body if row.cells[place].shown is None]
        last = [row for row in body if row.code == UNKNOWN]
        return head + [row for row in body if row.code != UNKNOWN] + last


def build_table(figures: Figures, choice: Choice, labels: Labels, reach: Reach) -> Table:
    """Lay out the chosen figures."""
    return _Maker(figures, choice, labels, reach).table()
