"""What the values say: each indicator over the years, this year against the last, the overall appraisal and how far it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sapa.publication.language import language as spoken
from sapa_web.common.clock import today
from sapa_web.monitoring.domain import measures
from sapa_web.monitoring.domain.inforce import holding, pack_in_force
from sapa_web.monitoring.domain.queries.programmes import Object, Told
from sapa_web.monitoring.models import Programme
from sapa_web.monitoring.words import language, said

MOST_YEARS = 5


@dataclass(frozen=True)
class SeenLine:
    """An indicator in the reader's words, its values by year, and what becomes of it."""

    code: str
    group: str
    title: str
    unit: str
    clauses: tuple[str, ...]
    key: bool
    cells: tuple[tuple[str, str, bool, str], ...]
    numbers: tuple[float | None, ...]
    verdict: str
    change: str


@dataclass(frozen=True)
class Cluster:
    """A group of key indicators: its score of 100, known indicators and all, and the score of the year before."""

    title: str
    score: float | None
    told: str
    before: str


@dataclass(frozen=True)
class Seen:
    """The page of analysis."""

    years: tuple[str, ...]
    lines: tuple[SeenLine, ...]
    clusters: tuple[Cluster, ...] = ()
    year: str = ""
    overall: str = ""
    level: str = ""
    before: str = ""
    range_choice: tuple[str, str] = ("", "")
    range_weights: tuple[str, str] = ("", "")
    missing: int = 0
    stable: bool | None = None
    swayed: tuple[str, ...] = ()

    @staticmethod
    def grouped(lines: tuple[SeenLine, ...]) -> list[tuple[str, list[SeenLine]]]:
        """Lines by criterion."""
        return [(name, [line for line in lines if line.group == name]) for name in dict.fromkeys(line.group for line in lines)]


def lines_for(told: Told, item: Object) -> list[SeenLine]:
    """The indicators of one object."""
    programme = told.programme
    rules = pack_in_force(programme.organisation, programme.pack, today())
    found = measures.lines_of(programme.organisation, rules, programme.pack)
    return list(_lines(rules, [line for line in found if line.criterion.id in item.line.criteria]))


def _lines(rules: Any, found: list[measures.Line]) -> tuple[SeenLine, ...]:
    lang = spoken(language())
    years = sorted({year for line in found for year in line.values})[-MOST_YEARS:]
    verdicts = {"better": _("better"), "worse": _("worse"), "same": _("the same")}
    out = []
    for line in found:
        places = 1 if line.unit == "percent" else 2
        cells = tuple(
            (year, lang.number(line.values[year].value, places), line.values[year].computed, line.values[year].source)
            if year in line.values else (year, "", False, "")
            for year in years
        )  # fmt: skip
        last = next((item.change for item in reversed(line.course.changes) if item.change is not None), None)
        clause, sign = line.sign.clause, "+" if last and last > 0 else ""
        out.append(
            SeenLine(
                f"{line.criterion.id}.{line.sign.id}", said(rules, line.criterion.title), said(rules, line.sign.title),
                lang.unit(line.unit), (clause,) if isinstance(clause, str) else tuple(clause or ()), bool(line.sign.key), cells,
                tuple(line.values[year].value if year in line.values else None for year in years),
                verdicts.get(line.course.verdict, ""), "" if last is None else sign + lang.number(last, places),
            )
        )  # fmt: skip
    return tuple(out)


def appraised(programme: Programme) -> Seen:
    """All of it for an institution, by the rules in force today."""
    organisation, pack = programme.organisation, programme.pack
    rules, lang = pack_in_force(organisation, pack, today()), spoken(language())
    found = measures.lines_of(organisation, rules, pack)
    lines = _lines(rules, found)
    years = tuple(sorted({year for line in found for year in line.values})[-MOST_YEARS:])
    whole = measures.overall(organisation, pack, today())
    if whole is None:
        return Seen(years, lines)
    of = {item.unit: item for item in whole.years}
    shown = whole.years[-1].unit
    last = whole.years[-2].unit if len(whole.years) > 1 else ""

    def hundred(score: float | None) -> str:
        return "" if score is None else lang.number(100 * score, 1)

    titles = {item.id: said(rules, item.title) for item in holding(rules.criteria)}
    clusters = tuple(
        Cluster(
            titles.get(item.cluster, item.cluster), None if item.score is None else round(100 * item.score, 1),
            hundred(item.score), hundred(of[last].cluster(item.cluster)) if last else "",
        )
        for item in of[shown].clusters
    )  # fmt: skip
    spread = {item.unit: item for item in whole.choice}.get(shown)
    weights = {item.unit: item for item in whole.weights}.get(shown)
    signs = {line.code: line.title for line in lines}
    return Seen(
        years, lines, clusters, shown, hundred(of[shown].score), whole.levels.get(shown, ""),
        hundred(of[last].score) if last else "", (hundred(spread.low), hundred(spread.high)) if spread else ("", ""),
        (hundred(weights.low), hundred(weights.high)) if weights else ("", ""), len(of[shown].missing),
        whole.stable if len(whole.years) > 1 and whole.without else None,
        tuple(signs.get(item.indicator, item.indicator) for item in whole.without if item.order_changes),
    )  # fmt: skip
