"""A report made concrete: the tables and charts that its chapters lay out, for just those cuts that the data have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sapa.packs.loader import Pack
from sapa.packs.models_report import Chapter, ChartSpec, Drawing, Layout, Report, TableSpec
from sapa.publication.facts import Cut, cuts_known, inside
from sapa.publication.labels import Labels
from sapa.publication.language import LANGUAGES, language
from sapa.publication.reading import lowered

MOST = 7
"""Indicators in one table of a theme: so many columns stand on an upright page."""


@dataclass(frozen=True)
class Known:
    """What the facts hold: the cuts of each indicator, and the periods in which it has a value of the whole."""

    cuts: Mapping[str, set[frozenset[str]]]
    periods: Mapping[str, set[str]] = field(default_factory=dict)

    def has(self, indicator: str, *dimensions: str) -> bool:
        """Whether the indicator has facts cut by exactly these; ``period`` asks for two periods at least."""
        if "period" in dimensions and len(self.periods.get(indicator, ())) < 2:
            return False
        return frozenset(dimensions) - {"period"} in self.cuts.get(indicator, ())


def known(facts: pa.Table, upto: str, within: Cut = ()) -> Known:
    """What a table of facts holds up to a period (of those within a code)."""
    mask = pc.and_(pc.less_equal(facts["period"], upto), pc.equal(pc.utf8_length(facts["period"]), len(upto)))
    mine = inside(facts.filter(pc.and_(mask, pc.is_valid(facts["value"]))), within)
    periods: dict[str, set[str]] = {}
    for row in mine.group_by(["indicator", "period"]).aggregate([]).to_pylist():
        periods.setdefault(row["indicator"], set()).add(row["period"])
    return Known(cuts_known(mine, within), periods)


def themes_of(chapter: Chapter, pack: Pack, owner: Pack) -> list[str]:
    """The data's themes that a chapter draws from: its own, or those that answer it where the report is another pack's."""
    if chapter.theme is None:
        return [theme.id for theme in pack.themes]
    if any(part.id == owner.id for part in pack.packs()):
        return [chapter.theme]
    asked = f"{owner.id}:{chapter.theme}"
    return [theme.id for theme in pack.themes if asked in theme.answers]


def laid_out(report: Report, labels: Labels, facts: Known, owner: Pack) -> tuple[Report, list[Chapter]]:
    """The report with every layout and drawing replaced by the tables and charts it makes; listed ones stand first.

    Also the chapters that would have been laid out and for which the data have nothing: they are left out of the report.
    """
    filled = [(chapter, _filled(chapter, labels, facts, owner)) for chapter in report.chapters]
    empty = [part for asked, part in filled if (asked.layouts or asked.drawings) and not (part.tables or part.charts)]
    return report.model_copy(update={"chapters": tuple(part for _, part in filled if part not in empty)}), empty


def _filled(chapter: Chapter, labels: Labels, facts: Known, owner: Pack) -> Chapter:
    if not chapter.layouts and not chapter.drawings:
        return chapter
    themes = themes_of(chapter, labels.pack, owner)
    tables = [spec for theme in themes for layout in chapter.layouts for spec in _tables(layout, theme, labels, facts)]
    charts = [spec for theme in themes for drawing in chapter.drawings for spec in _charts(drawing, theme, labels, facts)]
    done = {"tables": (*chapter.tables, *tables), "charts": (*chapter.charts, *charts), "layouts": (), "drawings": ()}
    return chapter.model_copy(update=done)  # what is laid out once is not laid out again


def indicators_of(theme: str, labels: Labels) -> list[Any]:
    """The indicators of a theme that hold in the period, as the pack lists them."""
    return [item for item in labels.indicators.values() if item.theme == theme]


def _tables(layout: Layout, theme: str, labels: Labels, facts: Known) -> Iterator[TableSpec]:
    items = indicators_of(theme, labels)
    if layout.each:
        for item in items:
            for rows, columns in _pairs(layout, [item], labels, facts):
                yield _table(f"{item.id}-{layout.id}", item.title, layout, [item], rows, columns, labels)
        return
    titled = next(part for part in labels.pack.themes if part.id == theme).title
    for rows, columns in _pairs(layout, items, labels, facts):
        fitting = [item for item in items if facts.has(item.id, *(name for name in (rows, columns) if name))]
        parts = _parts(fitting)
        for number, part in enumerate(parts, 1):
            name = f"{theme}-{layout.id}" + (f"-{number}" if len(parts) > 1 else "")
            of = (number, len(parts)) if len(parts) > 1 else None
            yield _table(name, titled, layout, part, rows, columns, labels, of)


def _parts(items: Sequence[Any]) -> list[Sequence[Any]]:
    """As few parts of about one size as hold ``MOST`` each."""
    number = -(-len(items) // MOST)
    size = -(-len(items) // number) if number else 1
    return [items[start : start + size] for start in range(0, len(items), size)]


def _pairs(layout: Layout, items: Iterable[Any], labels: Labels, facts: Known) -> Iterator[tuple[str, str | None]]:
    """Rows and columns that a layout means for these indicators, in the order of the pack's dimensions."""
    named = [item.id for item in items]
    every = labels.dimensions
    for rows in every if layout.rows == "any" else [layout.rows]:
        if layout.columns is None:
            columns: list[str | None] = [None]
        else:
            columns = [name for name in every if name != rows] if layout.columns == "any" else [layout.columns]
        for column in columns:
            if any(facts.has(name, *(part for part in (rows, column) if part)) for name in named):
                yield rows, column


def _table(
    name: str,
    titled: Mapping[str, str],
    layout: Layout,
    items: Sequence[Any],
    rows: str,
    columns: str | None,
    labels: Labels,
    part: tuple[int, int] | None = None,
) -> TableSpec:
    by = [rows, *([columns] if columns else [])]
    suffix = f"-{columns}" if layout.columns == "any" else f"-{rows}" if layout.rows == "any" else ""
    return TableSpec.model_construct(
        id=f"{name}{suffix}".replace("_", "-"),
        title=title_by(titled, by, labels, part),
        clause=layout.clause,
        indicators=tuple(item.id for item in items),
        rows=None if rows == "period" else rows,
        columns=columns,
        note=None,
    )


def _charts(drawing: Drawing, theme: str, labels: Labels, facts: Known) -> Iterator[ChartSpec]:
    by = [drawing.by, *([drawing.series] if drawing.series else [])]
    fitting = [item for item in indicators_of(theme, labels) if facts.has(item.id, *by)]
    for item in fitting[: drawing.most]:
        yield ChartSpec.model_construct(
            id=f"{item.id}-{drawing.id}",
            title=title_by(item.title, by, labels),
            clause=drawing.clause,
            type=drawing.type,
            indicator=item.id,
            by=drawing.by,
            series=drawing.series,
        )


def title_by(titled: Mapping[str, str], by: Sequence[str], labels: Labels, part: tuple[int, int] | None = None) -> dict[str, str]:
    """``Learners, by region and sex`` in every language of documents; where the pack lacks one, its own words stand in it."""
    out = {}
    for code in LANGUAGES:
        lang = language(code)
        names = [lowered(_dimension(name, code, labels)) for name in by]
        text = lang.text("t_by", title=labels.pack.text(dict(titled), code), by=", ".join(names))
        out[code] = lang.text("t_part", title=text, i=part[0], n=part[1]) if part else text
    return out


def _dimension(name: str, code: str, labels: Labels) -> str:
    if name == "period":
        return language(code).text("period_column")
    return labels.pack.text(dict(labels.dimension(name).title), code)
