"""What a reader has chosen to look at, as the address of the page says it; and what can be chosen beside it.

Only what has figures can be chosen: the address is mended to the nearest table that exists, and says that it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

from sapa.indicators import UNKNOWN
from sapa.publication.facts import Fact
from sapa.publication.labels import Labels
from sapa_web.indicators.domain.queries.facts import OFFICIAL, Figures
from sapa_web.indicators.domain.queries.reach import Reach

MOST_PERIODS = 40


@dataclass(frozen=True)
class Choice:
    """An indicator, one or two dimensions (none: only the whole), codes of them (none named: all), periods."""

    pack: str
    indicator: str
    by: str = ""
    also: str = ""
    periods: tuple[str, ...] = ()
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    state: str = OFFICIAL
    sort: str = ""
    chart: str = ""
    mended: bool = False

    @property
    def cut(self) -> tuple[str, ...]:
        """The chosen dimensions."""
        return tuple(name for name in (self.by, self.also) if name)

    @property
    def address(self) -> str:
        """The query part of the page's address: all of the choice, so that it can be sent to somebody."""
        pairs: list[tuple[str, str]] = [("by", self.by), ("also", self.also)]
        pairs += [("period", period) for period in self.periods]
        pairs += [("code", f"{name}:{code}") for name in sorted(self.codes) for code in sorted(self.codes[name])]
        pairs += [("state", "" if self.state == OFFICIAL else self.state), ("sort", self.sort), ("chart", self.chart)]
        return urlencode([(name, value) for name, value in pairs if value])


@dataclass(frozen=True)
class Option:
    """One thing that can be chosen in a list; ``impossible`` ones are shown and can't be."""

    code: str
    label: str
    chosen: bool = False
    impossible: bool = False


def read_choice(query: QueryDict, figures: Figures, indicator: str, reach: Reach) -> Choice:
    """The choice an address makes, mended to one that has figures."""
    cuts = figures.cuts(indicator)
    by, also = query.get("by", ""), query.get("also", "")
    wanted = frozenset(name for name in (by, also) if name)
    mended = bool(wanted) and wanted not in cuts
    if mended:
        by, also = (by, "") if frozenset({by}) in cuts else (also, "") if frozenset({also}) in cuts else ("", "")
    if also and (not by or also == by):
        by, also = by or also, ""
    known = [period for period in figures.periods if any(period in cells for cells in cuts.values())]
    periods = tuple(period for period in known if period in set(query.getlist("period")[:MOST_PERIODS]))
    if not periods:
        periods = tuple(known[-1:]) if by else tuple(known)
    codes: dict[str, set[str]] = {}
    for text in query.getlist("code")[:2000]:
        name, _, code = text.partition(":")
        if name in (by, also):
            codes.setdefault(name, set()).add(code)
    kept = {name: frozenset(values) & frozenset(codes_of(figures, indicator, name, reach)) for name, values in codes.items()}
    return Choice(
        figures.pack, indicator, by, also, periods, {name: values for name, values in kept.items() if values}, figures.state,
        query.get("sort", "")[:40], "time" if query.get("chart") == "time" else "", mended,
    )  # fmt: skip


def codes_of(figures: Figures, indicator: str, dimension: str, reach: Reach) -> set[str]:
    """Codes of a dimension that the indicator has figures of and the reader may see."""
    cells = reach.of(figures.cells(indicator, (dimension,)))
    return {codes[0] for facts in cells.values() for codes in facts}


def dimension_options(figures: Figures, choice: Choice, labels: Labels) -> tuple[list[Option], list[Option]]:
    """First and second dimension: those without figures together with what is chosen are impossible."""
    cuts = [cut for cut in figures.cuts(choice.indicator) if cut and len(cut) <= 2]
    every = sorted({name for cut in cuts for name in cut}, key=lambda name: labels.dimension_title(name).casefold())
    first = [Option(name, labels.dimension_title(name), name == choice.by, frozenset({name}) not in cuts) for name in every]
    second = [
        Option(name, labels.dimension_title(name), name == choice.also, frozenset({name, choice.by}) not in cuts)
        for name in every
        if name != choice.by
    ]
    return first, second


def period_options(figures: Figures, choice: Choice, labels: Labels) -> list[Option]:
    """The periods that have figures; those without figures of this cut are impossible."""
    cells = figures.cells(choice.indicator, choice.cut)
    return [
        Option(period, labels.lang.period(period), period in choice.periods, period not in cells) for period in figures.periods
    ]


def code_options(figures: Figures, choice: Choice, labels: Labels, reach: Reach) -> list[tuple[str, str, list[Option]]]:
    """For each chosen dimension its codes: (dimension, title, options); none chosen means all."""
    out = []
    for name in choice.cut:
        codes = labels.ordered(name, codes_of(figures, choice.indicator, name, reach))
        chosen = choice.codes.get(name, frozenset())
        out.append(
            (name, labels.dimension_title(name), [Option(code, labels.code(name, code), code in chosen) for code in codes])
        )
    return out


def state_choice(choice: Choice, state: str) -> Choice:
    """The same of figures in another state: their periods are others."""
    return replace(choice, state=state, periods=())


def chosen_codes(choice: Choice, name: str, facts: Iterable[Mapping[tuple[str, ...], Fact]], place: int) -> set[str]:
    """Codes of a dimension that stand in the chosen table."""
    found = {codes[place] for part in facts for codes in part}
    wanted = choice.codes.get(name)
    return found & wanted if wanted else found


def without_unknown(codes: list[str], has_value: Mapping[str, bool]) -> list[str]:
    """Records without a code are a row only where they hold a figure."""
    return [code for code in codes if code != UNKNOWN or has_value.get(code, False)]
