"""One version of a data set as it is given away: facts, names of everything in them, where they come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sapa.errors import EngineError
from sapa.indicators.facts import dimensions_of, select_cut
from sapa.packs.loader import Pack
from sapa.publication.facts import Mark, marks_of
from sapa.publication.labels import Labels
from sapa.publication.language import LANGUAGES, language
from sapa.publication.meta import Texts

FIGURES = ("value", "numerator", "denominator", "count")
STATUS: Mapping[Mark, tuple[str, str]] = {
    "suppressed": ("Q", "C"),
    "not_applicable": ("M", "F"),
    "missing": ("O", "F"),
    "provisional": ("P", "F"),
}
"""Meaning of a flag → OBS_STATUS and CONF_STATUS of the SDMX cross-domain code lists."""
NORMAL = ("A", "F")


@dataclass(frozen=True)
class OpenDataSet:
    """A version of published facts. ``facts`` has the schema of :func:`sapa.indicators.facts.facts_schema`, after disclosure
    control; ``base`` is the address it is published under, empty where it has none."""

    id: str
    version: str
    title: Texts
    facts: pa.Table
    pack: Pack
    publisher: Texts
    issued: date
    roots: Mapping[str, str]
    """Root of the frozen snapshot behind each period."""
    description: Texts = field(default_factory=dict)
    licence: str = "https://creativecommons.org/licenses/by/4.0/"
    notes: tuple[Texts, ...] = ()
    previous: tuple[str, ...] = ()
    next_on: date | None = None
    base: str = ""

    def __post_init__(self) -> None:
        hidden = pc.is_in(self.facts["flag"], value_set=pa.array(["C", "x", "c", "X"]))
        for name in FIGURES:
            if pc.any(pc.and_(hidden, pc.is_valid(self.facts[name]))).as_py():
                raise EngineError(f"a suppressed cell still has its {name}", todo="run disclosure control before publishing")

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that some fact is cut by, in the table's order."""
        return tuple(name for name in dimensions_of(self.facts) if self.facts[name].null_count < self.facts.num_rows)

    @cached_property
    def indicators(self) -> tuple[str, ...]:
        """Indicators with facts, in the pack's order."""
        there = set(pc.unique(self.facts["indicator"]).to_pylist())
        listed = list(dict.fromkeys(item.id for item in self.pack.indicators))
        return tuple(name for name in listed if name in there) + tuple(sorted(there - set(listed)))

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """Periods with facts, the earliest first."""
        return tuple(sorted(pc.unique(self.facts["period"]).to_pylist()))

    def codes(self, dimension: str) -> list[str]:
        """Codes of a dimension among the facts, in the order of their list."""
        found = [code for code in pc.unique(self.facts[dimension]).to_pylist() if code is not None]
        return self.labels("en").ordered(dimension, found)

    def labels(self, lang: str) -> Labels:
        """Names in one language."""
        return Labels(self.pack, language(lang), self.periods[-1] if self.periods else "")

    @property
    def rows(self) -> int:
        """Number of facts: what every download states and holds."""
        return int(self.facts.num_rows)


def status_of(flag: str | None) -> tuple[str, str]:
    """OBS_STATUS and CONF_STATUS of a fact's flag; of several meanings the strongest."""
    marks = marks_of(flag)
    return next((status for mark, status in STATUS.items() if mark in marks), NORMAL)


def titles(texts: Texts, langs: Iterable[str] = LANGUAGES) -> dict[str, str]:
    """The texts of a title that stand in these languages; at least one."""
    kept = {code: " ".join(str(texts[code]).split()) for code in langs if texts.get(code)}
    return kept or {"en": next(iter(texts.values()), "")}


def subset(
    dataset: OpenDataSet,
    *,
    indicators: Collection[str] = (),
    periods: Collection[str] = (),
    cut: Collection[str] | None = None,
    codes: Mapping[str, Collection[str]] | None = None,
) -> OpenDataSet:
    """The part a reader has chosen: some indicators, periods, one cut, some codes of its dimensions. Empty means all."""
    table = dataset.facts
    if cut is not None:
        table = select_cut(table, dimensions_of(table), tuple(cut))
    wanted: dict[str, Any] = {"indicator": indicators, "period": periods, **(codes or {})}
    for name, values in wanted.items():
        if values:
            table = table.filter(pc.fill_null(pc.is_in(table[name], value_set=pa.array(sorted(values), pa.string())), False))
    return replace(dataset, facts=table)
