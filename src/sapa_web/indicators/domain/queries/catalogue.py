"""Finding an indicator: by words, theme, level of education, clause; each with its newest figure and its course."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sapa.publication.labels import Labels
from sapa.publication.numbers import rounded
from sapa.publication.tables import SYMBOLS
from sapa_web.indicators.domain.queries.choice import Option
from sapa_web.indicators.domain.queries.drawing import sparkline
from sapa_web.indicators.domain.queries.facts import Figures
from sapa_web.indicators.domain.queries.words import fits, haystack, initials
from sapa_web.indicators.domain.queries.words import wanted as typed
from sapa_web.orgs.models import OrganisationLevel


@dataclass(frozen=True)
class Hit:
    """An indicator in the list."""

    id: str
    title: str
    unit: str
    text: str
    period: str
    spark: str
    change: float | None = None
    better: bool | None = None
    since: str = ""


@dataclass(frozen=True)
class Wanted:
    """What the reader looks for."""

    words: str = ""
    theme: str = ""
    level: str = ""
    clause: str = ""


@dataclass
class Catalogue:
    """Indicators by theme, and what can be chosen to narrow them down."""

    themes: list[tuple[str, list[Hit]]] = field(default_factory=list)
    theme_options: list[Option] = field(default_factory=list)
    level_options: list[Option] = field(default_factory=list)
    clause_options: list[Option] = field(default_factory=list)
    count: int = 0


def level_dimension(labels: Labels) -> tuple[str, list[str]]:
    """The dimension that holds the levels institutions offer, and these levels."""
    levels = set(OrganisationLevel.objects.values_list("level", flat=True).distinct())
    if not levels:
        return "", []
    for dataset in labels.pack.datasets:
        for item in dataset.dimensions:
            codes = {code.code for code in labels.pack.codelist(item.code_list).items} if item.code_list else set()
            if levels <= codes:
                return item.id, labels.ordered(item.id, levels)
    return "", []


def catalogue(figures: Figures, labels: Labels, wanted: Wanted) -> Catalogue:
    """The indicators that have figures and fit what is wanted."""
    known = set(figures.indicators)
    items = [item for item in labels.pack.indicators if item.id in known and item.holds(figures.periods[-1])]
    dimension, levels = level_dimension(labels)
    out = Catalogue()
    out.level_options = [Option(code, labels.code(dimension, code), code == wanted.level) for code in levels]
    titles = {theme.id: labels.text(theme.title) for theme in labels.pack.themes}
    used = dict.fromkeys(item.theme for item in items)
    out.theme_options = [Option(name, title, name == wanted.theme) for name, title in titles.items() if name in used]
    clauses = sorted({reference for item in items for reference in item.clause}, key=_natural)
    out.clause_options = [Option(name, labels.clause(name)[0], name == wanted.clause) for name in clauses]
    chosen = [item for item in items if _fits(item, wanted, labels, figures, dimension)]
    for theme, title in titles.items():
        hits = [course_of(item, figures, labels) for item in chosen if item.theme == theme]
        if hits:
            out.themes.append((title, hits))
    out.count = len(chosen)
    return out


def _natural(text: str) -> list[Any]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", text)]


def _fits(item: Any, wanted: Wanted, labels: Labels, figures: Figures, dimension: str) -> bool:
    if wanted.theme and item.theme != wanted.theme:
        return False
    if wanted.clause and wanted.clause not in item.clause:
        return False
    if wanted.words and not fits(typed(wanted.words), searched(labels, item.id)):
        return False
    if wanted.level and dimension:
        cells = figures.cells(item.id, (dimension,))
        return any(
            fact.value is not None and fact.count
            for part in cells.values()
            for codes, fact in part.items()
            if codes == (wanted.level,)
        )
    return True


def searched(labels: Labels, indicator: str) -> str:
    """What is searched of an indicator: titles and methods in all languages, abbreviations, codes, the clauses' words."""
    kept = _kept(labels.pack.id, id(labels.pack), labels.lang.code, labels.period)
    if indicator not in kept:
        item = labels.indicator(indicator)
        titles, methods = list(item.title.values()), list((item.method or {}).values())
        clauses = [labels.clause(name)[1] for name in item.clause]
        kept[indicator] = haystack([item.id, item.uis or "", *titles, *map(initials, titles), *methods, *clauses])
    return kept[indicator]


@lru_cache(maxsize=64)
def _kept(pack: str, read: int, lang: str, period: str) -> dict[str, str]:
    """What was searched already of a pack, in a language and a period; ``read`` tells a pack that was read anew from the old."""
    return {}


def course_of(item: Any, figures: Figures, labels: Labels, cut: Mapping[str, str] | None = None, upto: str = "9999") -> Hit:
    """An indicator's newest figure (of a cut, up to a period), its change against the one before, its course."""
    codes = tuple(code for _, code in sorted((cut or {}).items()))
    cells = figures.cells(item.id, cut or ())
    periods = [period for period in figures.periods if period <= upto]
    values: list[float | None] = []
    for period in periods:
        fact = cells.get(period, {}).get(codes)
        values.append(fact.value if fact is not None and "suppressed" not in fact.marks else None)
    valued = [place for place, value in enumerate(values) if value is not None]
    title, unit = labels.text(item.title), labels.lang.unit(item.unit)
    if not valued:
        return Hit(item.id, title, unit, SYMBOLS["missing"], periods[-1] if periods else upto, "")
    last = valued[-1]
    value = values[last] or 0.0
    shown = rounded(value, item.decimals)
    text = labels.lang.exact(shown)
    before = values[valued[-2]] if len(valued) > 1 else None
    change = None if before is None else float(shown - rounded(before, item.decimals))
    better = None if not change or item.direction == "neutral" else (change > 0) == (item.direction == "higher")
    since = periods[valued[-2]] if len(valued) > 1 else ""
    return Hit(item.id, title, unit, text, periods[last], sparkline(values), change, better, since)


def hits(figures: Figures, labels: Labels, names: Sequence[str]) -> list[Hit]:
    """These indicators, as far as they have figures."""
    known = set(figures.indicators)
    return [course_of(labels.indicator(name), figures, labels) for name in names if name in known]
