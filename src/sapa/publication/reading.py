"""A short reading of the figures in words, generated from them by sentence templates.

Titles and names of codes stand in the nominative, in places where every language of the locale takes it, so that no name is
ever declined by rule. A sentence is only written where the figures carry it.
"""

from __future__ import annotations

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
FEWEST_CODES = 3
"""Codes a dimension must have before its highest and lowest are named."""


@dataclass(frozen=True)
class Sentence:
    """What is said of one indicator: its title, then the text."""

    title: str
    text: str


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
    total = _known(store.get(item.id, period))
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
        return
    yield extremes(item, dimension, ranked, labels)
    if total is not None and total.value is not None and whole is None and item.kind not in ("count", "sum", "distinct"):
        above = sum(value > exact(total.value) for _, value in ranked)
        if 0 < above < len(ranked):
            yield labels.lang.text("r_above", n=above, total=len(ranked))


def _known(fact: Fact | None) -> Fact | None:
    return fact if fact is not None and fact.value is not None else None


def ranking(indicator: str, dimension: str, store: FactStore, labels: Labels, period: str) -> list[tuple[str, Decimal]]:
    """Codes of a dimension with their values, the highest first; those without a value and the unknown are left out."""
    codes = store.codes([indicator], dimension, frozenset({dimension}), [period]) - {UNKNOWN}
    found = [(code, _known(store.get(indicator, period, [(dimension, code)]))) for code in labels.ordered(dimension, codes)]
    values = [(code, exact(fact.value)) for code, fact in found if fact is not None and fact.value is not None]
    return sorted(values, key=lambda pair: -pair[1])


def _headline(item: Any, total: Fact, store: FactStore, labels: Labels, period: str) -> str:
    lang = labels.lang
    value = lang.counted(lang.number(total.value or 0.0, item.decimals), item.unit)
    said = lang.text("r_value", value=value, in_period=lang.period(period, "in"))
    earlier = [before for before in store.periods([item.id], period) if before < period]
    past = _known(store.get(item.id, earlier[-1])) if earlier else None
    if past is not None and item.kind != "growth":
        said += ", " + _change(item, total, past, labels)
    return said + "."


def _change(item: Any, total: Fact, past: Fact, labels: Labels) -> str:
    lang = labels.lang
    before, after = rounded(past.value or 0.0, item.decimals), rounded(total.value or 0.0, item.decimals)
    named = lang.period(past.period, "with")
    if before == after:
        return lang.text("r_same", with_period=named)
    size = lang.exact(abs(after - before))
    if item.unit == "percent":
        delta = lang.text("r_points", n=size)
    else:
        delta = lang.counted(size, item.unit)
        delta += f" ({lang.percent(abs(after - before) / abs(before) * 100)})" if before else ""
    return lang.text("r_rise" if after > before else "r_fall", delta=delta, with_period=named)


def extremes(item: Any, dimension: str, ranked: list[tuple[str, Decimal]], labels: Labels) -> str:
    """The highest and the lowest code of a ranking, with their values."""
    lang = labels.lang
    (high, most), (low, least) = ranked[0], ranked[-1]
    return lang.text(
        "r_extremes",
        dimension=_lower(labels.dimension_title(dimension)),
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
        dimension=_lower(labels.dimension_title(dimension)),
        high=labels.code(dimension, high),
        share=lang.percent(most / total * 100),
        low=labels.code(dimension, low),
        low_share=lang.percent(least / total * 100),
    )


def _lower(title: str) -> str:
    """A dimension's title inside a sentence: its first letter small, unless the word is an abbreviation."""
    first = title.split(" ")[0]
    return title if first[1:] != first[1:].lower() else title[:1].lower() + title[1:]
