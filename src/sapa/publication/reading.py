"""A short reading of the figures in words, generated from them by sentence templates.

Titles and names of codes stand in the nominative, in places where every language of the locale takes it, so that no name is
ever declined by rule. A sentence is only written where the figures carry it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sapa.indicators import UNKNOWN
from sapa.packs.models_report import Chapter
from sapa.publication.facts import Fact, FactStore
from sapa.publication.labels import Labels
from sapa.publication.numbers import exact, rounded

MOST = 5
"""Indicators read aloud in one chapter; the tables have the rest."""
NORMAL_95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""
FEWEST_CODES = 3
"""Codes a dimension must have before its highest and lowest are named."""


@dataclass(frozen=True)
class Sentence:
    """What is said of one indicator: its title, then the text."""

    title: str
    text: str
    generated: bool = True
    """Whether no person wrote or approved it."""


def read_chapter(chapter: Chapter, store: FactStore, labels: Labels, period: str) -> list[Sentence]:
    """At most ``MOST`` sentences, one an indicator, in the order of the chapter's tables."""
    rows: dict[str, str | None] = {}
    for table in chapter.tables:
        for indicator in table.indicators:
            rows[indicator] = rows.get(indicator) or table.rows
    for chart in chapter.charts:
        rows.setdefault(chart.indicator, chart.by if chart.by != "period" else None)
    out: list[Sentence] = []
    for indicator, dimension in rows.items():
        # A unit that is an abbreviation brings its own full stop.
        said = _sentences(labels.indicator(indicator), dimension, store, labels, period)
        text = " ".join(f"{sentence.removesuffix('.').removesuffix('.')}." for sentence in said)
        if text and len(out) < MOST:
            out.append(Sentence(labels.indicator_title(indicator), text))
    return out


def _sentences(item: Any, dimension: str | None, store: FactStore, labels: Labels, period: str) -> Iterator[str]:
    total = known_fact(store.get(item.id, period))
    whole = getattr(item, "adds_up_over", None)
    if whole is not None and whole != dimension:
        return
    if total is not None and whole is None:
        yield _headline(item, total, store, labels, period)
    if dimension is None:
        return
    ranked = ranking(item.id, dimension, store, labels, period)
    if len(ranked) < FEWEST_CODES or ranked[0][1] == ranked[-1][1]:
        return
    parts = sum((value for _, value in ranked), Decimal(0))
    additive = item.kind in ("count", "sum") and ranked[-1][1] >= 0
    if additive and total is not None and total.value and parts <= exact(total.value) * Decimal("1.000001"):
        yield _shares(dimension, ranked, exact(total.value), labels)
    else:
        yield extremes(item, dimension, ranked, labels)
        if total is not None and total.value is not None and whole is None and item.kind not in ("count", "sum", "distinct"):
            above = sum(value > exact(total.value) for _, value in ranked)
            if 0 < above < len(ranked):
                yield labels.lang.text("r_above", n=above, total=len(ranked))
    if whole is None:
        yield from movers(item, dimension, store, labels, period)


def known_fact(fact: Fact | None) -> Fact | None:
    """The fact where it has a value."""
    return fact if fact is not None and fact.value is not None else None


def ranking(indicator: str, dimension: str, store: FactStore, labels: Labels, period: str) -> list[tuple[str, Decimal]]:
    """Codes of a dimension with their values, the highest first; those without a value and the unknown are left out."""
    codes = store.codes([indicator], dimension, frozenset({dimension}), [period]) - {UNKNOWN}
    found = [(code, known_fact(store.get(indicator, period, [(dimension, code)]))) for code in labels.ordered(dimension, codes)]
    values = [(code, exact(fact.value)) for code, fact in found if fact is not None and fact.value is not None]
    return sorted(values, key=lambda pair: -pair[1])


def _headline(item: Any, total: Fact, store: FactStore, labels: Labels, period: str) -> str:
    lang = labels.lang
    value = lang.counted(lang.number(total.value or 0.0, item.decimals), item.unit)
    said = lang.text("r_value", value=value, in_period=lang.period(period, "in"))
    earlier = [before for before in store.periods([item.id], period) if before < period]
    past = known_fact(store.get(item.id, earlier[-1])) if earlier else None
    if past is not None and item.kind != "growth":
        said += ", " + change(item, total, past, labels)
    return said + "."


def change(item: Any, total: Fact | None, past: Fact | None, labels: Labels) -> str:
    """The size of a change in words, and whether it exceeds its uncertainty where the facts have one; empty without both."""
    if total is None or past is None:
        return ""
    lang = labels.lang
    before, after = rounded(past.value or 0.0, item.decimals), rounded(total.value or 0.0, item.decimals)
    named = lang.period(past.period, "with")
    sure = _certainty(item, total, past, labels)
    if before == after:
        return lang.text("r_same", with_period=named)
    said = lang.text("r_rise" if after > before else "r_fall", delta=size(item, before, after, labels), with_period=named)
    return f"{said}, {sure}" if sure else said


def size(item: Any, before: Decimal, after: Decimal, labels: Labels) -> str:
    """How much two values differ, with the difference in percent of the earlier one where that says something."""
    lang = labels.lang
    apart = lang.exact(abs(after - before))
    if item.unit == "percent":
        return lang.text("r_points", n=apart)
    delta = lang.counted(apart, item.unit)
    return delta + (f" ({lang.percent(abs(after - before) / abs(before) * 100)})" if before else "")


def _certainty(item: Any, total: Fact, past: Fact, labels: Labels) -> str:
    """Whether a change exceeds the half-width of the 95 % interval of the difference of two independent estimates.

    A figure without a standard error beside one that has it counts as exact; without any there is nothing to say.
    """
    if total.error is None and past.error is None:
        return ""
    width = NORMAL_95 * math.hypot(total.error or 0.0, past.error or 0.0)
    apart = abs((total.value or 0.0) - (past.value or 0.0))
    bound = labels.lang.number(width, item.decimals + 1)
    return labels.lang.text("r_beyond" if apart > width else "r_within", n=bound)


def certainty(chapter: Chapter, store: FactStore, labels: Labels, period: str) -> str:
    """What has to be said once of the uncertainty of a chapter's figures: none after a full count, or how it is compared."""
    named = {name for table in chapter.tables for name in table.indicators} | {chart.indicator for chart in chapter.charts}
    facts = [fact for name in named if (fact := known_fact(store.get(name, period))) is not None]
    if not facts:
        return ""
    return labels.lang.text("r_sampled" if any(fact.error is not None for fact in facts) else "r_census")


def movers(item: Any, dimension: str, store: FactStore, labels: Labels, period: str) -> Iterator[str]:
    """The codes that rose and fell most since the period before."""
    lang = labels.lang
    earlier = [before for before in store.periods([item.id], period) if before < period]
    if not earlier or item.kind == "growth":
        return
    old = dict(ranking(item.id, dimension, store, labels, earlier[-1]))
    pairs = [(code, old[code], now) for code, now in ranking(item.id, dimension, store, labels, period) if code in old]
    rounds = [(code, rounded(was, item.decimals), rounded(now, item.decimals)) for code, was, now in pairs]
    if len(rounds) < FEWEST_CODES:
        return
    named, by = lang.period(earlier[-1], "with"), lowered(labels.dimension_title(dimension))
    for key, entry in (("r_risen", max(rounds, key=_apart)), ("r_fallen", min(rounds, key=_apart))):
        code, was, now = entry
        if (now > was) if key == "r_risen" else (now < was):
            delta = size(item, was, now, labels)
            yield lang.text(key, dimension=by, with_period=named, code=labels.code(dimension, code), delta=delta)


def _apart(entry: tuple[str, Decimal, Decimal]) -> Decimal:
    return entry[2] - entry[1]


def extremes(item: Any, dimension: str, ranked: list[tuple[str, Decimal]], labels: Labels) -> str:
    """The highest and the lowest code of a ranking, with their values."""
    lang = labels.lang
    (high, most), (low, least) = ranked[0], ranked[-1]
    return lang.text(
        "r_extremes",
        dimension=lowered(labels.dimension_title(dimension)),
        high=labels.code(dimension, high),
        high_value=lang.counted(lang.number(most, item.decimals), item.unit),
        low=labels.code(dimension, low),
        low_value=lang.counted(lang.number(least, item.decimals), item.unit),
    )


def _shares(dimension: str, ranked: list[tuple[str, Decimal]], total: Decimal, labels: Labels) -> str:
    lang = labels.lang
    (high, most), (low, least) = ranked[0], ranked[-1]
    return lang.text(
        "r_share",
        dimension=lowered(labels.dimension_title(dimension)),
        high=labels.code(dimension, high),
        share=lang.percent(most / total * 100),
        low=labels.code(dimension, low),
        low_share=lang.percent(least / total * 100),
    )


def lowered(title: str) -> str:
    """A dimension's title inside a sentence: its first letter small, unless the word is an abbreviation."""
    first = title.split(" ")[0]
    return title if first[1:] != first[1:].lower() else title[:1].lower() + title[1:]
