"""The values of a school's key indicators by year, and what is made of them: the appraisal, its stability, change, comparison.

A figure computed from signed returns stands before one that was entered by hand. Everything follows the pack in force on the day
that is asked for: a local edition that changes the criteria changes what is computed from its day on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.compute as pc
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.evaluation.analysis import Course, course
from sapa.evaluation.appraisal import (
    Appraisal,
    KeyIndicator,
    Spread,
    Without,
    appraise,
    level_of,
    perturbed,
    resampled,
    shared,
    without_each,
)
from sapa.packs.loader import Pack
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.indicators.domain.queries.facts import official
from sapa_web.monitoring.domain.inforce import codes, holding, pack_in_force
from sapa_web.monitoring.models import Measure, Watch
from sapa_web.orgs.domain.versions import person

Named = tuple[str, str]
"""(criterion, sign)."""


@dataclass(frozen=True)
class Value:
    """One value and where it comes from: ``computed`` from signed returns, else entered with its source."""

    value: float
    numerator: float | None
    denominator: float | None
    computed: bool
    source: str


@dataclass(frozen=True)
class Line:
    """An indicator of a criterion with its values by period and its course."""

    criterion: Any
    sign: Any
    unit: str
    values: Mapping[str, Value]
    course: Course


@dataclass(frozen=True)
class Overall:
    """The appraisal of each year by the rules of one day, and how far it can be trusted."""

    pack: Pack
    key: tuple[KeyIndicator, ...]
    years: tuple[Appraisal, ...]
    levels: Mapping[str, str]
    change: Course
    without: tuple[Without, ...]
    weights: tuple[Spread, ...]
    choice: tuple[Spread, ...]

    @property
    def stable(self) -> bool:
        """Whether no year overtakes another whichever indicator is left out."""
        return not any(item.order_changes for item in self.without)


@transaction.atomic
def enter(
    actor: Any, organisation: Any, pack: str, period: str, criterion: str, sign: str, *, numerator: float | None = None,
    denominator: float | None = None, value: float | None = None, source: str, watch: Watch | None = None, day: date,
) -> Measure:  # fmt: skip
    """Write the value of an indicator down: either as a value, or as a part of a whole.

    Of a part and a whole the value is per hundred where the indicator's unit is a percentage, else their ratio; only a share's
    part can't be larger than its whole.
    """
    rules = pack_in_force(organisation, pack, day)
    found = next((item for item in signs_of(rules) if (item[0].id, item[1].id) == (criterion, sign)), None)
    if found is None:
        raise UserError(_("the criteria have no such indicator"), todo=_("reload the page"))
    if numerator is not None and denominator is not None:
        share = unit_of(rules, found[1]) == "percent"
        if denominator <= 0 or numerator < 0 or (share and numerator > denominator):
            raise UserError(_("the part is larger than the whole, or there is no whole"), todo=_("mend the two numbers"))
        value = (100 if share else 1) * numerator / denominator
    if value is None:
        raise UserError(_("there is no value"), todo=_("give the part and the whole, or the value itself"))
    if not source.strip():
        raise UserError(_("a value has a source"), todo=_("say where it stands: register, protocol, sheet"))
    key = {"organisation": organisation, "pack": pack, "period": period, "criterion": criterion, "sign": sign}
    values = {
        "numerator": numerator, "denominator": denominator, "value": value, "source": source.strip()[:300], "watch": watch,
        "by": person(actor), "at": now(),
    }  # fmt: skip
    made: Measure = Measure.objects.unscoped("of one institution").update_or_create(**key, defaults=values)[0]
    data = {"period": period, "criterion": criterion, "sign": sign, "value": round(value, 6), "source": source.strip()[:300]}
    ledger.append(actor, "measure.entered", obj=made, unit=organisation.code, data=data)
    return made


def signs_of(rules: Pack) -> list[tuple[Any, Any]]:
    """Every criterion in force with each of its indicators."""
    return [(criterion, sign) for criterion in holding(rules.criteria) for sign in criterion.signs]


def values_of(organisation: Any, rules: Pack, pack: str) -> dict[str, dict[Named, Value]]:
    """All values an institution has, by period."""
    out: dict[str, dict[Named, Value]] = {}
    for item in Measure.objects.unscoped("of one institution").filter(organisation=organisation, pack=pack):
        there = Value(item.value, item.numerator, item.denominator, computed=False, source=item.source)
        out.setdefault(item.period, {})[item.criterion, item.sign] = there
    figures = official(pack)
    decisive = {sign.figures[0]: (criterion.id, sign.id) for criterion, sign in signs_of(rules) if sign.figures}
    for period in figures.periods if figures else ():
        table = figures.units(period) if figures else None
        mine = table.filter(pc.equal(table["unit"], organisation.code)) if table is not None else None
        for row in mine.to_pylist() if mine is not None else ():
            if row["indicator"] in decisive and row["value"] is not None:
                found = Value(row["value"], row["numerator"], row["denominator"], computed=True, source=period)
                out.setdefault(period, {})[decisive[row["indicator"]]] = found
    return dict(sorted(out.items()))


def unit_of(rules: Pack, sign: Any) -> str:
    """The unit of an indicator; one that no figure computes is entered as a share, per hundred."""
    known = {item.id: item.unit for item in rules.indicators}
    return known.get(sign.figures[0], "percent") if sign.figures else "percent"


def lines_of(organisation: Any, rules: Pack, pack: str) -> list[Line]:
    """Every indicator with its values and its course over the years."""
    by_period = values_of(organisation, rules, pack)
    out = []
    for criterion, sign in signs_of(rules):
        mine = {period: held[criterion.id, sign.id] for period, held in by_period.items() if (criterion.id, sign.id) in held}
        numbers = {period: mine[period].value if period in mine else None for period in by_period}
        still = 0.05 if unit_of(rules, sign) == "percent" else 0.005
        out.append(Line(criterion, sign, unit_of(rules, sign), mine, course(numbers, sign.direction, still=still)))
    return out


def key_set(lines: Sequence[Line]) -> tuple[KeyIndicator, ...]:
    """The key indicators of the criteria as the engine takes them, each in the cluster of its criterion.

    A share lies between 0 and 100; another measure between the lowest and the highest value of the years known (one value alone
    stands in the middle): the years can then be compared with each other, and with nobody else.
    """
    out = []
    for line in lines:
        if line.sign.key and line.sign.direction != "neutral":
            low, high = (0.0, 100.0) if line.unit == "percent" else _span([item.value for item in line.values.values()])
            out.append(KeyIndicator(f"{line.criterion.id}.{line.sign.id}", line.criterion.id, line.sign.direction, low, high))
    return tuple(out)


def _span(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    return (low, high) if low < high else (low - 1, high + 1)


def overall(organisation: Any, pack: str, day: date, *, draws: int = 200) -> Overall | None:
    """The appraisal of every year by the rules in force on ``day``; ``None`` where nothing is known or nothing is key."""
    rules = pack_in_force(organisation, pack, day)
    lines = lines_of(organisation, rules, pack)
    key = key_set(lines)
    units = _by_period(lines)
    if not units or not key:
        return None
    years = appraise(units, key)
    levels = level_names(rules)
    found = {item.unit: level_of(item.score, levels) for item in years if item.score is not None} if levels else {}
    common = shared(units, key)
    fair = {item.unit: item.score for item in appraise(units, common)} if common else {}
    return Overall(
        rules, key, years, found, course(fair, "higher", still=0.005), without_each(units, common) if common else (),
        perturbed(units, key, draws=draws), resampled(units, key, draws=draws),
    )  # fmt: skip


def scores(organisation: Any, pack: str, rules: Pack) -> dict[str, float | None]:
    """By period the appraisal (0 to 1) by any rules: those in force, or those of a draft whose effect is looked at."""
    lines = lines_of(organisation, rules, pack)
    key = key_set(lines)
    units = _by_period(lines)
    return {item.unit: item.score for item in appraise(units, key)} if units and key else {}


def _by_period(lines: Sequence[Line]) -> dict[str, dict[str, float | None]]:
    """The values of each period, the earliest first, by ``criterion.sign`` as the key indicators name them."""
    out: dict[str, dict[str, float | None]] = {}
    for line in lines:
        for period, value in line.values.items():
            out.setdefault(period, {})[f"{line.criterion.id}.{line.sign.id}"] = value.value
    return dict(sorted(out.items()))


def level_names(rules: Pack) -> tuple[str, ...]:
    """The names of the levels criteria are rated on, the best first; empty where the rules set none."""
    named = next((item.levels for item in holding(rules.criteria) if item.levels), None)
    return tuple(rules.text(dict(item.title), rules.meta.languages[0]) for item in codes(rules, named).values()) if named else ()
