"""What stands behind a published figure, in words: its formula, what it is made from, the rule of disclosure control."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sapa.errors import UserError
from sapa.indicators.derived import MADE_FROM_FACTS, inputs_of
from sapa.indicators.explain import definition
from sapa.indicators.periods import shift_period
from sapa.packs.loader import Pack
from sapa.packs.models_disclosure import Disclosure
from sapa.publication.labels import Labels

_FORMULAS = ("of", "numerator", "denominator", "holds_when", "where")


@dataclass(frozen=True)
class Explained:
    """A formula for a reader. ``written`` is how the pack writes it; ``names`` are the fields it reads, with their titles."""

    words: str
    written: str
    names: tuple[tuple[str, str], ...]


def explained(item: Any, labels: Labels, period: str) -> Explained:
    """The definition of an indicator in the language of the labels, as it holds in ``period``."""
    said = [_kind(item, labels, period)]
    if getattr(item, "adds_up_over", None):
        said.append(_text(labels, "structure", dimension=labels.dimension_title(item.adds_up_over)))
    scale = getattr(item, "scale", 1)
    if scale != 1:
        said.append(_text(labels, "scale", scale=scale))
    if getattr(item, "where", None):
        said.append(_text(labels, "where", where=item.where))
    return Explained(" ".join(said), definition(item), tuple(_names(item, labels, period)))


def _text(labels: Labels, key: str, **values: Any) -> str:
    template: str = labels.lang.data["lineage"][key]
    return template.format(**values) if values else template


def _kind(item: Any, labels: Labels, period: str) -> str:
    if item.kind == "derived":
        inputs = "; ".join(f"{name} = {labels.indicator_title(of)}" for name, of in item.inputs.items())
        return f"{_text(labels, 'derived', inputs=inputs)} {item.expr}."
    if item.kind == "growth":
        return _text(labels, "growth", of=labels.indicator_title(item.of), lag=item.lag)
    if item.kind == "parity":
        codes = {name: labels.code(item.by, getattr(item, name)) for name in ("a", "b")}
        return _text(labels, "parity", of=labels.indicator_title(item.of), by=labels.dimension_title(item.by), **codes)
    dataset = labels.text(labels.pack.dataset(item.dataset, period).title)
    values = {name: getattr(item, name) for name in ("of", "q", "numerator", "denominator", "lead") if hasattr(item, name)}
    if item.kind == "condition":
        values["holds"] = item.holds_when
    return _text(labels, item.kind, dataset=dataset, **values)


def _names(item: Any, labels: Labels, period: str) -> Iterator[tuple[str, str]]:
    """Fields of the data set whose name stands in one of the formulas, in the order of the layout."""
    if item.kind in MADE_FROM_FACTS:
        return
    words = {word for name in _FORMULAS for word in re.findall(r"[a-z_][a-z0-9_]*", str(getattr(item, name, None) or ""))}
    for part in labels.pack.dataset(item.dataset, period).layout(period):
        if part.id in words:
            yield part.id, labels.text(part.title)


def sources(pack: Pack, indicator: str, period: str) -> tuple[tuple[str, str], ...]:
    """Data sets and periods whose records a figure rests on, sorted: its own, those of what it is made from, of later periods."""
    found: set[tuple[str, str]] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(indicator, period)]
    while waiting:
        name, when = waiting.pop()
        if (name, when) in seen:
            continue
        seen.add((name, when))
        item = pack.indicator(name, when)
        if item.kind in MADE_FROM_FACTS:
            waiting += [(other, when) for other in inputs_of(item)]
            if item.kind == "growth":
                waiting.append((item.of, shift_period(when, -item.lag)))
            continue
        found.add((item.dataset, when))
        if item.kind == "cohort":
            found.add((item.dataset, shift_period(when, item.lead)))
    return tuple(sorted(found))


def rules_for(pack: Pack, indicator: str, period: str) -> tuple[Disclosure, ...]:
    """The rules of disclosure control of the data sets a figure rests on, each once; empty where the pack has none."""
    wanted = {dataset for dataset, _ in sources(pack, indicator, period)}
    return tuple(rule for rule in pack.disclosure if rule.dataset in wanted and rule.holds(period))


def rule_in_words(rule: Disclosure, labels: Labels) -> str:
    """What a rule of disclosure control does, in the language of the labels."""
    if rule.counts != "persons":
        return _text(labels, "unprotected")
    said = [_text(labels, "suppress", threshold=rule.threshold, width=rule.width)]
    if rule.zeros == "hidden":
        said.append(_text(labels, "zeros"))
    said.append(_text(labels, "sums", precision=f"{rule.precision:g}"))
    return " ".join(said)


def outcome_in_words(labels: Labels, *, hidden: bool) -> str:
    """What the rules did to a figure. Why it is hidden (small, or telling of a small one) is never said: that would narrow it."""
    return _text(labels, "hidden" if hidden else "shown")


def owner_of(pack: Pack, reference: str) -> Pack:
    """The pack whose document a clause stands in; raises ``UserError`` where no pack in reach has it."""
    owner = reference.partition(":")[0]
    for part in pack.packs():
        if part.id == owner:
            return part
    raise UserError(f"no pack {owner} in reach of {pack.id}", todo="import it")
