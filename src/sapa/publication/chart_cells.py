"""The values of one dimension with those that are not shown: what a map, a distribution and small multiples are drawn from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sapa.indicators import UNKNOWN
from sapa.publication.facts import Fact, FactStore
from sapa.publication.labels import Labels
from sapa.publication.numbers import rounded
from sapa.publication.tables import SYMBOLS


@dataclass(frozen=True)
class Cell:
    """A code's value as it is shown. Without a value ``mark`` says why (``suppressed``, ``missing``, ``not_applicable``)."""

    code: str
    label: str
    value: float | None
    text: str
    mark: str = ""


def cells_of(by: str, item: Any, store: FactStore, labels: Labels, period: str, more: Collection[str] = ()) -> list[Cell]:
    """A cell of each code that has a fact, and of ``more`` codes; in the order of the list, the unknown left out."""
    codes = store.codes([item.id], by, frozenset({by}), [period]) | set(more)
    return [
        cell_of(labels.code(by, code), code, store.get(item.id, period, [(by, code)]), item, labels)
        for code in labels.ordered(by, codes - {UNKNOWN})
    ]


def cell_of(label: str, code: str, fact: Fact | None, item: Any, labels: Labels) -> Cell:
    """A fact as a chart shows it: what is hidden or missing is never a number."""
    if fact is not None and "suppressed" in fact.marks:
        return Cell(code, label, None, SYMBOLS["suppressed"], "suppressed")
    if fact is None or fact.value is None:
        mark = "not_applicable" if fact is not None and "not_applicable" in fact.marks else "missing"
        return Cell(code, label, None, SYMBOLS[mark], mark)  # type: ignore[index]
    shown = rounded(fact.value, item.decimals)
    return Cell(code, label, float(shown), labels.lang.exact(shown))


def explained(marks: Collection[str], labels: Labels) -> list[str]:
    """A note on the symbols that stand in the chart."""
    said = [f"{SYMBOLS[mark]} {labels.lang.text(f'sym_{mark}')}" for mark in SYMBOLS if mark in marks and mark != "provisional"]
    return ["  ·  ".join(said)] if said else []


def hidden(cells: Sequence[Cell], labels: Labels) -> list[str]:
    """How many values are hidden, where a chart has no place to show that they are."""
    count = sum(cell.mark == "suppressed" for cell in cells)
    return [labels.lang.text("hidden_places", n=count)] if count else []
