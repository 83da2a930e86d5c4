"""The figures a reader meets first: those the newest release names, else the first of the pack's themes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sapa.publication.facts import Fact
from sapa_web.indicators.domain.queries.catalogue import Hit, course_of
from sapa_web.indicators.domain.queries.places import key_indicators
from sapa_web.portal.domain.queries.reading import Edition
from sapa_web.portal.models import Release

MOST = 8


@dataclass(frozen=True)
class KeyFigure:
    """One card: the figure with its change and course, and what the release says of it."""

    hit: Hit
    fact: str
    cut: str = ""
    text: Mapping[str, str] | str = ""


def key_figures(found: Edition, release: Release | None = None) -> list[KeyFigure]:
    """Those of the release; where it names none that is public, one indicator of each theme."""
    named = [figure for entry in (release.key_figures if release else []) if (figure := _named(found, entry))]
    if named:
        return named[:MOST]
    known = set(found.figures.indicators)
    names = [name for name in key_indicators(found.labels, found.figures, MOST) if name in known]
    hits = [course_of(found.labels.indicator(name), found.figures, found.labels) for name in names]
    return [KeyFigure(hit, f"{hit.id}@{hit.period}") for hit in hits]


def _named(found: Edition, entry: Mapping[str, Any]) -> KeyFigure | None:
    parsed = parse(str(entry.get("fact", "")))
    if parsed is None or parsed[0] not in set(found.figures.indicators):
        return None
    indicator, period, codes = parsed
    labels = found.labels
    hit = course_of(labels.indicator(indicator), found.figures, labels, codes, period)
    cut = ", ".join(labels.code(name, code) for name, code in codes.items())
    return KeyFigure(hit, str(entry["fact"]), cut, entry.get("text") or "")


def parse(fact: str) -> tuple[str, str, dict[str, str]] | None:
    """Indicator, period and codes of a fact's name (``indicator@period[dimension=code,…]``); nothing where it is none."""
    from urllib.parse import unquote

    head, _, rest = fact.partition("[")
    indicator, _, period = head.partition("@")
    if not indicator or not period or (rest and not rest.endswith("]")):
        return None
    pairs = [part.partition("=") for part in rest.removesuffix("]").split(",") if part]
    return indicator, period, {name: unquote(code) for name, _, code in pairs}


def fact_of(found: Edition, name: str) -> Fact | None:
    """The fact of a name."""
    parsed = parse(name)
    return found.figures.fact(*parsed) if parsed else None
