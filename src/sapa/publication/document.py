"""The content of a document as data: everything a page shows, already worded, for a template to lay out.

PDF, Word and web page are three layouts of this one content. Templates receive texts as strings and never as markup, so no name
can become code in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sapa.packs.models_data import Severity
from sapa.packs.models_report import Chapter, Report
from sapa.publication.charts import Chart
from sapa.publication.comparisons import Scope
from sapa.publication.flow import flow, read_height
from sapa.publication.hyphens import SOFT, soft_hyphens
from sapa.publication.labels import Labels
from sapa.publication.language import language
from sapa.publication.meta import PublicationMeta, RuleFindings
from sapa.publication.reading import Sentence
from sapa.publication.tables import SYMBOLS, Column, Table

WIDE = 8
"""Columns of figures beyond which a table lies on a turned page."""
WIDEST = 14
"""Columns of figures beyond which a table is cut into parts."""
SEVERITIES: tuple[Severity, ...] = ("blocks", "explain", "note")
HEADING_LINES = 4
UNBROKEN = 36
"""Rows up to which a table is kept on one page."""
LISTED = 60
"""Late or missing units named in the annex; the rest are counted."""


def source_of(labels: Labels, meta: PublicationMeta) -> str:
    """Whose data it is: as the run says, else issuer of the pack's document."""
    return labels.text(meta.source) if meta.source else labels.text(labels.pack.meta.document.issuer)


def borrowed_text(labels: Labels, meta: PublicationMeta) -> str:
    """What has to be said where the data regime is another country's; empty where it is the data's own."""
    if not meta.borrowed:
        return ""
    return labels.text(meta.borrowed).replace("{owner}", labels.text(labels.pack.meta.title))


@dataclass(frozen=True)
class Filled:
    """A chapter with what is drawn in it; ``approved`` is a text that a person approved, instead of the generated one."""

    chapter: Chapter
    sentences: Sequence[Sentence]
    tables: Sequence[Table]
    charts: Sequence[Chart]
    certainty: str = ""
    approved: str = ""


def content(
    report: Report,
    chapters: Sequence[Filled],
    labels: Labels,
    meta: PublicationMeta,
    *,
    scope: Scope | None = None,
    due: str = "",
    said: Sequence[str] = (),
    widest: int = WIDEST,
) -> dict[str, Any]:
    """The whole document as JSON values."""
    lang = labels.lang
    source = source_of(labels, meta)
    return {
        "lang": lang.code,
        "s": lang.data["strings"],
        "title": title_of(report, labels, scope),
        "subtitle": labels.text(report.subtitle) if report.subtitle else "",
        "owner": labels.text(labels.pack.meta.title),
        "issuer": source,
        "period": lang.period(meta.period),
        "year": meta.period,
        "period_note": labels.text(meta.period_note) if meta.period_note else "",
        "untranslated": "" if lang.code in report.title else lang.text("untranslated"),
        "source": lang.text("source", source=source),
        "as_of": lang.text("as_of", date=lang.date(meta.as_of)),
        "published": lang.text("published_on", date=lang.date(meta.document_date)),
        "date": [meta.document_date.year, meta.document_date.month, meta.document_date.day],
        "root": lang.text("root_short", root=meta.root[:16]),
        "provisional": meta.provisional,
        "borrowed": borrowed_text(labels, meta),
        "notices": [*_notices(report, labels, meta, scope), *said],
        "due": due,
        "symbols": [[SYMBOLS[mark], lang.text(f"sym_{mark}")] for mark in SYMBOLS],
        "chapters": [_chapter(number, filled, labels, widest) for number, filled in enumerate(chapters, 1)],
        "methods": _methods(chapters, labels),
        "quality": _quality(labels, meta),
        "verification": _verification(labels, meta, source, chapters),
    }


def title_of(report: Report, labels: Labels, scope: Scope | None) -> str:
    """The title of a document, with what it is about where that is not the whole."""
    title = labels.text(report.title)
    return f"{title}: {scope.name}" if scope else title


def _notices(report: Report, labels: Labels, meta: PublicationMeta, scope: Scope | None) -> list[str]:
    """What has to be said before the figures: whose template this is, and that an institution's report is not published."""
    out = []
    if labels.regime is not None:
        named = {"report": labels.text(report.title), "pack": labels.text(labels.regime.meta.title)}
        out.append(labels.lang.text("template", source=source_of(labels, meta), **named))
    if scope is not None and scope.unit:
        out.append(labels.lang.text("n_institution"))
    return out


def _chapter(number: int, filled: Filled, labels: Labels, widest: int) -> dict[str, Any]:
    parts = [part for table in filled.tables for part in _table(table, labels, widest)]
    drawings = [_chart(chart, labels) for chart in filled.charts]
    told = [] if filled.approved else filled.sentences
    return {
        "number": str(number),
        "title": labels.text(filled.chapter.title),
        "reading": [{"title": item.title, "text": item.text, "generated": item.generated} for item in told],
        "certainty": filled.certainty if told else "",
        "approved": [part.strip() for part in filled.approved.split("\n\n") if part.strip()],
        "items": flow(parts, drawings, read_height(told)),
    }


def _chart(chart: Chart, labels: Labels) -> dict[str, Any]:
    return {
        "number": chart.number,
        "label": labels.lang.text("chart_n", n=chart.number),
        "title": chart.title,
        "file": f"charts/{chart.id}.{labels.lang.code}.svg",
        "alt": chart.alt,
        "notes": list(chart.notes),
        "empty": chart.empty,
        "kind": "chart",
        "height": 20 + (chart.spec["height"] + chart.spec["padding"]["top"] + chart.spec["padding"]["bottom"]) * 25.4 / 96,
    }


def _table(table: Table, labels: Labels, widest: int = WIDEST) -> list[dict[str, Any]]:
    """A table as one or more parts of at most ``widest`` columns of figures."""
    lang = labels.lang
    total = len(table.columns)
    parts = -(-total // widest)
    size = -(-total // parts)
    out = []
    for part in range(parts):
        chosen = range(part * size, min(total, (part + 1) * size))
        columns = [table.columns[place] for place in chosen]
        units = list(dict.fromkeys(column.unit for column in columns if column.unit))
        one = len(units) == 1 and (len(columns) > 1 or not columns[0].group)
        subtitle = [lang.period(table.period)] if table.spec.rows and table.spec.columns != "period" else []
        out.append(
            {
                "number": table.number,
                "part": part,
                "label": lang.text("table_n", n=table.number),
                "more": lang.text("part_n", i=part + 1, n=parts) if parts > 1 else "",
                "title": table.title,
                "subtitle": ", ".join([*subtitle, *(units if one else [])]),
                "heading": table.heading,
                "groups": _groups([_grouped(column, one) for column in columns]),
                "columns": [
                    _heading(soft_hyphens(column.title, lang.code), "" if one or column.group else column.unit)
                    for column in columns
                ],
                "widths": [_width(table, place) for place in chosen],
                "rows": [
                    {"title": row.title, "total": row.total, "cells": [row.cells[place].text for place in chosen]}
                    for row in table.rows
                ],
                "notes": _table_notes(table, labels) if part == parts - 1 else [],
                "stub": max(len(text) for text in [table.heading, *(row.title for row in table.rows)]),
                "wide": len(columns) > WIDE,
                "whole": len(table.rows) <= UNBROKEN,
                "empty": table.empty,
                "marked": "provisional" in table.marks,
                "kind": "table",
            }
        )
        out[-1]["height"] = _height(out[-1])
    return out


def _height(part: dict[str, Any]) -> float:
    """About how many millimetres a table takes on the page."""
    widest: int = max(least for least, _ in part["widths"])
    lines: int = max(-(-len("".join(column)) // (widest + 6)) for column in part["columns"])
    wrapped: int = sum(len(row["title"]) > 42 for row in part["rows"])
    rows, notes, grouped = len(part["rows"]), len(part["notes"]), len(part["groups"][:1])
    return 30.0 + 3.8 * (lines + grouped + wrapped) + 5.1 * rows + 4.0 * notes


def _grouped(column: Column, one: bool) -> str:
    """The heading over the columns of one indicator, with its unit where the table has several."""
    return ", ".join(part for part in (column.group, "" if one or not column.group else column.unit) if part)


def _heading(title: str, unit: str) -> list[str]:
    return [title, unit if unit and unit not in title.replace(SOFT, "") else ""]


def _width(table: Table, place: int) -> list[int]:
    """Letters a column needs: at least so many that no number and no word of its heading breaks; at best so many that the
    heading takes about ``HEADING_LINES`` lines."""
    column = table.columns[place]
    words = [*column.title.split(), *("" if column.group else column.unit).split()]
    least = max(4, *(len(text) for text in [*words, *(row.cells[place].text for row in table.rows)]))
    return [least, max(least, len(column.title) // HEADING_LINES + 2)]


def _groups(names: Sequence[str]) -> list[list[Any]]:
    """Neighbouring columns of one indicator under one heading: [title, number of columns]."""
    out: list[list[Any]] = []
    for name in names:
        if out and out[-1][0] == name:
            out[-1][1] += 1
        else:
            out.append([name, 1])
    return out if any(name for name, _ in out) else []


def _table_notes(table: Table, labels: Labels) -> list[str]:
    lang = labels.lang
    marks = [mark for mark in SYMBOLS if mark in table.marks]
    symbols = "; ".join(f"{SYMBOLS[mark]} {lang.text(f'sym_{mark}')}" for mark in marks)
    return [*table.notes, *([f"{symbols}."] if symbols else [])]


def _methods(chapters: Sequence[Filled], labels: Labels) -> list[dict[str, Any]]:
    used: dict[str, None] = {}
    for filled in chapters:
        used.update({name: None for table in filled.tables for name in table.spec.indicators})
        used.update({chart.indicator: None for chart in filled.chapter.charts})
    for name in list(used):
        item = labels.indicator(name)
        used.update(
            dict.fromkeys([*getattr(item, "inputs", {}).values(), *([item.of] if item.kind in ("growth", "parity") else [])])
        )
    by_theme: dict[str, list[dict[str, Any]]] = {}
    for name in used:
        item = labels.indicator(name)
        by_theme.setdefault(item.theme, []).append(_method(item, labels))
    titles = {theme.id: labels.text(theme.title) for theme in labels.pack.themes}
    return [{"title": titles.get(theme, theme), "indicators": methods} for theme, methods in by_theme.items()]


def _method(item: Any, labels: Labels) -> dict[str, Any]:
    lang = labels.lang
    dataset = getattr(item, "dataset", None)
    about = [lang.unit(item.unit), lang.text(f"kind_{item.kind}")]
    about += [labels.text(labels.pack.dataset(dataset, labels.period).title)] if dataset else []
    about += [lang.text("m_uis") + " " + item.uis] if item.uis else []
    return {
        "id": item.id,
        "title": labels.text(item.title),
        "about": about,
        "note": labels.text(item.method) if item.method else "",
        "formula": formula(item),
        "where": getattr(item, "where", None) or "",
        "clauses": [list(labels.clause(reference)) for reference in item.clause],
    }


def formula(item: Any) -> str:
    """The definition of an indicator in symbols that need no language."""
    if item.kind in ("ratio", "cohort"):
        later = f"[t+{item.lead}]" if item.kind == "cohort" else ""
        scale = f"{item.scale} × " if item.scale != 1 else ""
        return f"{scale}({item.numerator}){later} / ({item.denominator})"
    if item.kind == "derived":
        named = ", ".join(f"{name} = {of}" for name, of in item.inputs.items() if name != of)
        return f"{item.expr}" + (f"; {named}" if named else "")
    if item.kind == "growth":
        return f"100 × ({item.of}[t] − {item.of}[t−{item.lag}]) / {item.of}[t−{item.lag}]"
    if item.kind == "parity":
        a, b = (f"{item.of}[{item.by}={code}]" for code in (item.a, item.b))
        return f"a = {a}, b = {b}: a ≤ b → a / b; a > b → 2 − b / a"
    if item.kind == "condition":
        scale = f"{item.scale} × " if item.scale != 1 else ""
        return f"{scale}count_if({item.holds_when}) / count({item.holds_when})"
    if item.kind == "quantile":
        return f"quantile({item.of}, {item.q})"
    return "count(*)" if item.kind == "count" else f"{'count distinct' if item.kind == 'distinct' else item.kind}({item.of})"


def _quality(labels: Labels, meta: PublicationMeta) -> dict[str, Any]:
    lang, quality = labels.lang, meta.quality
    read = quality.rows_read or 1

    def share(rows: int) -> str:
        return lang.number(rows * 100 / read, 1)

    rows = [
        [lang.text("q_rows_read"), lang.exact(quality.rows_read), share(quality.rows_read)],
        [lang.text("q_rows_accepted"), lang.exact(quality.rows_accepted), share(quality.rows_accepted)],
        [lang.text("q_rows_refused"), lang.exact(quality.rows_refused), share(quality.rows_refused)],
    ]
    titled = [labels.text(rule.title) or rule.rule for rule in quality.rules]
    returns = {rule.id: labels.text(item.title) for item in labels.pack.datasets for rule in item.rules}

    def found(rule: RuleFindings) -> str:
        # Two data sets may be checked for the same thing: then the name of the return tells them apart.
        title = labels.text(rule.title) or rule.rule
        return f"{title} ({returns[rule.rule]})" if titled.count(title) > 1 and rule.rule in returns else title

    units = [("q_units_expected", quality.units_expected), ("q_units_received", quality.units_received)]
    units += [("q_units_accepted", meta.submissions)]
    expected = quality.units_expected
    returned = [
        [lang.text(key), lang.exact(number), lang.number(number * 100 / expected, 1) if expected else ""]
        for key, number in units
        if number is not None
    ]
    findings = [
        {
            "title": lang.text(f"sev_{severity}"),
            "count": lang.exact(sum(rule.count for rule in quality.rules if rule.severity == severity)),
            "rules": [
                [found(rule), rule.rule, lang.exact(rule.count)]
                for rule in sorted(quality.rules, key=lambda rule: (-rule.count, rule.rule))
                if rule.severity == severity and rule.count
            ],
        }
        for severity in SEVERITIES
    ]
    return {
        "rows": rows,
        "returns": returned,
        "findings": [group for group in findings if group["rules"]],
        "late": _listed(quality.late, labels),
        "missing": _listed(quality.missing, labels),
    }


def _listed(units: Sequence[Any], labels: Labels) -> list[str]:
    names = [" ".join(f"{unit.name} ({unit.id})".split()) if unit.name else unit.id for unit in units]
    more = [labels.lang.text("q_more", n=labels.lang.exact(len(names) - LISTED))] if len(names) > LISTED else []
    return names[:LISTED] + more


def _verification(
    labels: Labels,
    meta: PublicationMeta,
    source: str,
    chapters: Sequence[Filled],
) -> dict[str, Any]:
    lang = labels.lang
    archive = meta.archive or lang.text("v_archive")
    tables = [table for filled in chapters for table in filled.tables]
    cells = [cell.fact for table in tables for row in table.rows for cell in row.cells if cell.shown is not None and cell.fact]
    example = cells[0] if cells else "indicator@period"
    regime = labels.text(meta.regime_title) if meta.regime_title else meta.regime
    return {
        "root": [meta.root[place : place + 8] for place in range(0, len(meta.root), 8)],
        "facts": [
            [lang.text("v_owner"), f"{source}. {labels.text(labels.pack.meta.title)}"],
            [lang.text("v_regime"), regime or lang.text("v_own_regime")],
            [lang.text("v_as_of"), lang.date(meta.as_of)],
            [lang.text("v_published"), lang.date(meta.document_date)],
            [lang.text("v_submissions"), lang.exact(meta.submissions)],
        ],
        "commands": [f"sapa verify {archive}", f"sapa trace {archive} '{example}'"],
        "packs": [
            [f"{stamp.id} — {labels.text(stamp.title)}" if stamp.title else stamp.id, stamp.version, stamp.digest]
            for stamp in meta.packs
        ],
        "licence": lang.text("v_licence", licence=meta.licence),
    }


def titles(texts: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """A title in every language it has among ``languages``, for formats that carry several."""
    return {code: texts[code] for code in languages if code in texts} or dict(texts)


def string_in(languages: Sequence[str], key: str) -> dict[str, str]:
    """A fixed text in several languages."""
    return {code: language(code).text(key) for code in languages}
