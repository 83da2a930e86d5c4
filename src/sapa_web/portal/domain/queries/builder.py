"""The table builder: indicators, up to three breakdowns, codes, periods. Only what has figures can be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, combinations
from urllib.parse import urlencode

from django.http import QueryDict

from sapa.publication.labels import Labels
from sapa_web.indicators.domain.queries.choice import Option
from sapa_web.portal.domain.queries.cube import Cube

MOST_INDICATORS, MOST_BY, MOST_CODES = 12, 3, 3000


@dataclass(frozen=True)
class Asked:
    """What a reader wants side by side. ``codes`` none named: all; ``totals`` with the wholes of the breakdowns."""

    pack: str
    indicators: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    periods: tuple[str, ...] = ()
    totals: bool = True
    sort: str = ""
    mended: bool = False

    @property
    def address(self) -> str:
        """The query part of the address: all of the choice, so that it can be sent to somebody."""
        pairs = [("pack", self.pack), *(("indicator", name) for name in self.indicators), *(("by", name) for name in self.by)]
        pairs += [("period", period) for period in self.periods]
        pairs += [("code", f"{name}:{code}") for name in sorted(self.codes) for code in sorted(self.codes[name])]
        pairs += [("totals", "" if self.totals else "no"), ("sort", self.sort)]
        return urlencode([(name, value) for name, value in pairs if value])

    @property
    def key(self) -> tuple[object, ...]:
        """The same for the same table."""
        codes = tuple((name, tuple(sorted(values))) for name, values in sorted(self.codes.items()))
        return self.pack, self.indicators, self.by, codes, self.periods, self.totals, self.sort


def read(query: QueryDict, cube: Cube, pack: str) -> Asked:
    """The choice an address makes, mended to the nearest one that has figures."""
    wanted = list(dict.fromkeys(query.getlist("indicator")))[:MOST_INDICATORS]
    indicators = tuple(name for name in wanted if name in cube.indicators)
    asked_by = [name for name in dict.fromkeys(query.getlist("by")) if name]
    by: tuple[str, ...] = ()
    for name in asked_by[:MOST_BY]:
        if possible(cube, indicators, (*by, name)):
            by = (*by, name)
    known = sorted(cube.found(indicators, by, "period"))
    chosen = set(query.getlist("period"))
    periods = tuple(period for period in known if period in chosen)
    if not periods:
        periods = tuple(known if len(by) < 2 else known[-1:])
    codes: dict[str, set[str]] = {}
    for text in query.getlist("code")[:MOST_CODES]:
        name, _, code = text.partition(":")
        if name in by:
            codes.setdefault(name, set()).add(code)
    held = {name: frozenset(values & cube.found(indicators, by, name)) for name, values in codes.items()}
    mended = len(indicators) < len(wanted) or len(by) < len(asked_by) or bool(chosen - set(periods))
    return Asked(
        pack, indicators, by, {name: values for name, values in held.items() if values}, periods,
        query.get("totals") != "no", query.get("sort", "")[:12], mended,
    )  # fmt: skip


def possible(cube: Cube, indicators: tuple[str, ...], by: tuple[str, ...]) -> bool:
    """Whether every chosen indicator has figures broken down so."""
    wanted = frozenset(by)
    return bool(indicators) and len(wanted) == len(by) and all(wanted in cube.indicators[name] for name in indicators)


def indicator_options(cube: Cube, asked: Asked, labels: Labels) -> list[tuple[str, int, list[Option]]]:
    """Indicators by theme (title, how many are chosen, options): those without the chosen breakdowns are impossible."""
    wanted = frozenset(asked.by)
    themes: dict[str, list[Option]] = {}
    for item in labels.pack.indicators:
        if item.id in cube.indicators and item.holds(labels.period):
            chosen = item.id in asked.indicators
            fits = wanted in cube.indicators[item.id]
            themes.setdefault(item.theme, []).append(Option(item.id, labels.text(item.title), chosen, not chosen and not fits))
    titles = {theme.id: labels.text(theme.title) for theme in labels.pack.themes}
    return [
        (title, sum(option.chosen for option in themes[name]), themes[name]) for name, title in titles.items() if name in themes
    ]


def by_options(cube: Cube, asked: Asked, labels: Labels) -> list[list[Option]]:
    """For the first, second and third breakdown what can be chosen with those before it."""
    if not asked.indicators:
        return []
    cuts = [cube.indicators[name] for name in asked.indicators]
    every = sorted({name for cut in chain(*cuts) for name in cut}, key=lambda name: labels.dimension_title(name).casefold())
    out: list[list[Option]] = []
    for place in range(min(MOST_BY, len(asked.by) + 1)):
        before = asked.by[:place]
        options = [
            Option(
                name, labels.dimension_title(name), place < len(asked.by) and asked.by[place] == name,
                not possible(cube, asked.indicators, (*before, name)),
            )
            for name in every
            if name not in before
        ]  # fmt: skip
        if any(not option.impossible for option in options):
            out.append(options)
    return out


def period_options(cube: Cube, asked: Asked, labels: Labels) -> list[Option]:
    """All periods of the data; those without figures broken down so are impossible."""
    known = cube.found(asked.indicators, asked.by, "period")
    return [
        Option(period, labels.lang.period(period), period in asked.periods, period not in known)
        for period in sorted(cube.names["period"])
    ]


def code_options(cube: Cube, asked: Asked, labels: Labels) -> list[tuple[str, str, list[Option]]]:
    """For each breakdown its codes: (dimension, title, options); none chosen means all."""
    out = []
    for name in asked.by:
        chosen = asked.codes.get(name, frozenset())
        codes = labels.ordered(name, cube.found(asked.indicators, asked.by, name))
        out.append(
            (name, labels.dimension_title(name), [Option(code, labels.code(name, code), code in chosen) for code in codes])
        )
    return out


def subsets(asked: Asked) -> list[tuple[str, ...]]:
    """The cuts a table needs: the breakdowns together and, with totals, each of their parts and the whole."""
    if not asked.totals:
        return [asked.by]
    return [part for size in range(len(asked.by) + 1) for part in combinations(asked.by, size)]


def without_sort(asked: Asked) -> Asked:
    """The same, in the order of the lists."""
    return replace(asked, sort="")
