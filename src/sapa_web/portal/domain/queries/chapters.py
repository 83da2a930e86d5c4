"""The chapters of a public release: their words, and the tables and charts its template draws from the version's facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow.compute as pc

from sapa.errors import UserError
from sapa.packs.models_report import Chapter, Report
from sapa.publication.charts import Chart, build_chart
from sapa.publication.facts import FactStore
from sapa.publication.labels import Labels
from sapa.publication.tables import SYMBOLS, Table, build_table, wanted_cuts
from sapa.publication.templates import known
from sapa.publication.templates import laid_out as laid_out_template
from sapa_web.common.packs import pack_named
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.templates import Template, template_of
from sapa_web.portal.models import DataVersion, Release, Section
from sapa_web.portal.templatetags.portal import figure_url, words


@dataclass(frozen=True)
class Shelf:
    """One chapter as readers see it: its tables and charts in the release's period and the reader's language."""

    id: str
    title: str
    paragraphs: tuple[str, ...]
    generated: bool
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...]


def report_of(release: Release) -> Report | None:
    """The template of the publication; nothing where the pack has none of that name."""
    template = template_of(release.publication.pack, release.publication.report)
    if template is None or release.data is None:
        return template.report if template else None
    pack = release.publication.pack
    return _of(release.data, release.data.digest, template.report.id, release.period, id(pack_named(pack)))


def with_figures(release: Release, report: Report) -> list[Chapter]:
    """The chapters for which the release's period has a figure: some rates are known only when a further year is frozen."""
    if release.data is None:
        return list(report.chapters)
    there = indicators_shown(release.data, release.period)
    return [
        chapter for chapter in report.chapters
        if chapter.shows != "figures"
        or there & {name for table in chapter.tables for name in table.indicators}
        or there & {chart.indicator for chart in chapter.charts}
    ]  # fmt: skip


def indicators_shown(version: DataVersion, period: str) -> set[str]:
    """The indicators that have a figure of the period."""
    table = published.figures(version).table
    mine = table.filter(pc.and_(pc.equal(table["period"], period), pc.is_valid(table["value"])))
    return set(pc.unique(mine["indicator"]).to_pylist())


@lru_cache(maxsize=16)
def _expanded(version: DataVersion, digest: str, report_id: str, period: str, read: int) -> Report:
    """The template with the tables and charts that its layouts make of the version's facts."""
    template = _template(version.pack, report_id)
    facts = known(published.figures(version).table, period)
    return laid_out_template(template.report, template.labels(period), facts, template.owner)[0]


def chapters_of(release: Release, only: str = "") -> list[Shelf]:
    """The release's chapters in its own order; ``only`` one of them."""
    report = report_of(release)
    sections = list(release.sections.all())
    numbered = {item.id: (number, item) for number, item in enumerate(report.chapters, 1)} if report else {}
    template = template_of(release.publication.pack, release.publication.report)
    labels = template.labels(release.period) if template else labels_for(release.publication.pack, release.period)
    out = []
    for section in sections:
        if only and section.chapter != only:
            continue
        number, chapter = numbered.get(section.chapter, (0, None))
        tables, charts = _drawn(release, report, number, chapter, labels)
        title = labels.text(chapter.title) if chapter else section.chapter
        out.append(Shelf(section.chapter, title, _paragraphs(section), section.generated, tables, charts))
    return out


def _paragraphs(section: Section) -> tuple[str, ...]:
    return tuple(part.strip() for part in words(section.text).split("\n") if part.strip())


def _drawn(
    release: Release, report: Report | None, number: int, chapter: Chapter | None, labels: Labels
) -> tuple[tuple[Table, ...], tuple[Chart, ...]]:
    if report is None or chapter is None or release.data is None:
        return (), ()
    root = release.data.roots.get(release.period, "")
    return _built(release.data, release.data.digest, release.period, root, report.id, number, labels.lang.code, id(labels.pack))


@lru_cache(maxsize=400)
def _built(
    version: DataVersion, digest: str, period: str, root: str, report_id: str, number: int, lang: str, read: int
) -> tuple[tuple[Table, ...], tuple[Chart, ...]]:
    """Tables and charts of the chapter with that number; kept, since the facts of a version never change."""
    labels = _template(version.pack, report_id).labels(period)
    report = _of(version, digest, report_id, period, read)
    chapter = report.chapters[number - 1]
    store = _store(version, digest, report_id, period, read)
    source = source_lines(version, period, labels)
    tables = [build_table(spec, f"{number}.{n}", store, labels, period) for n, spec in enumerate(chapter.tables, 1)]
    charts = [build_chart(spec, f"{number}.{n}", store, labels, period, source) for n, spec in enumerate(chapter.charts, 1)]
    return tuple(item for item in tables if not item.empty), tuple(item for item in charts if not item.empty)


def _of(version: DataVersion, digest: str, report_id: str, period: str, read: int) -> Report:
    report = _template(version.pack, report_id).report
    bare = not any(part.layouts or part.drawings for part in report.chapters)
    return report if bare else _expanded(version, digest, report_id, period, read)


def _template(pack: str, report_id: str) -> Template:
    found = template_of(pack, report_id)
    if found is None:
        raise UserError(f"the pack has no report '{report_id}' any more", todo="begin another release")
    return found


@lru_cache(maxsize=8)
def _store(version: DataVersion, digest: str, report_id: str, period: str, read: int) -> FactStore:
    """The facts a report asks for."""
    figures = published.figures(version)
    report = _of(version, digest, report_id, period, read)
    facts = [
        fact
        for indicator, cuts in wanted_cuts(report).items()
        for cut in {*cuts, frozenset[str]()}
        for part in figures.cells(indicator, cut).values()
        for fact in part.values()
    ]
    return FactStore(facts)


def source_lines(version: DataVersion, period: str, labels: Labels) -> list[str]:
    """What is drawn under a chart: whose figures, which version, as of which day, from which frozen state."""
    lang = labels.lang
    stamp = published.figures(version).stamps.get(period)
    lines = [lang.text("source", source=f"{labels.text(labels.pack.meta.title)}, {version.number}")]
    dated = [lang.text("as_of", date=lang.date(stamp.day))] if stamp and stamp.day else []
    dated += [lang.text("root_short", root=stamp.root[:16])] if stamp and stamp.root else []
    return [*lines, "  ·  ".join(dated)] if dated else lines


def laid_out(table: Table, version: DataVersion, labels: Labels) -> dict[str, Any]:
    """A table of a report as the page draws it: heads with units, every figure with the address of its origin."""
    units = {column.unit for column in table.columns}
    unit = next(iter(units)) if len(units) == 1 else ""
    heads = [
        {"title": column.title if unit else ", ".join(filter(None, (column.title, column.unit)))} for column in table.columns
    ]
    rows = [(row, [(cell, figure_url(version, cell.fact) if cell.source else "") for cell in row.cells]) for row in table.rows]
    marks = [mark for mark in SYMBOLS if mark in table.marks]
    return {
        "id": table.id,
        "table": {
            "title": f"{table.number} {table.title}", "unit": unit, "heading": table.heading, "columns": heads,
            "groups": _groups([column.group for column in table.columns]),
        },
        "rows": rows,
        "notes": table.notes,
        "legend": [(SYMBOLS[mark], labels.lang.text(f"sym_{mark}")) for mark in marks],
    }  # fmt: skip


def _groups(names: Sequence[str]) -> list[tuple[str, int]]:
    out: list[tuple[str, int]] = []
    for name in names:
        if out and out[-1][0] == name:
            out[-1] = (name, out[-1][1] + 1)
        else:
            out.append((name, 1))
    return out if any(name for name, _ in out) else []
