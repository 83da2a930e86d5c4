"""A draft as its page shows it: one line for each item, with what is still to be done there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sapa.instruments import Form as Asking
from sapa.instruments import Item
from sapa.instruments.compiled import FormFinding
from sapa.instruments.conditions import codes_of
from sapa.instruments.editing import move
from sapa.instruments.in_words import skip_hint
from sapa.instruments.model import CHOOSING
from sapa.instruments.proofread import proofread
from sapa.publication.sheets import numbers_of
from sapa_web.surveys.draft_forms import kind_of
from sapa_web.surveys.forms import language
from sapa_web.surveys.models import Draft

MOST_SHOWN = 12
"""Answers named in a line."""


@dataclass(frozen=True)
class Problem:
    """One thing to be done; ``blocks``: before it can be published."""

    words: str
    blocks: bool


@dataclass(frozen=True)
class Line:
    """One item in the list. ``up``, ``down``: whether it can be moved there."""

    item: Item
    number: str
    depth: int
    kind: str
    icon: str
    label: str
    answers: str
    condition: str
    problems: tuple[Problem, ...]
    up: bool
    down: bool


@dataclass(frozen=True)
class Shown:
    """The whole draft."""

    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    blocked: int
    """Lines (and the head) where something is to be done before publishing."""


def shown(asking: Asking) -> Shown:
    """What the page of a draft shows."""
    found = problems_of(asking)
    numbers = numbers_of(asking)
    lines = tuple(_line(asking, item, depth, numbers, found) for item, depth in _flat(asking.items))
    whole = tuple(found.get("", ()))
    blocked = sum(any(problem.blocks for problem in line.problems) for line in lines) + any(each.blocks for each in whole)
    return Shown(lines, whole, blocked)


def problems_of(asking: Asking) -> dict[str, list[Problem]]:
    """What is still to be done, by the name of the item; of the whole under an empty one."""
    found: dict[str, list[Problem]] = {}
    for each in proofread(asking):
        said = found.setdefault(each.item, [])
        if (problem := _problem(each)) not in said:
            said.append(problem)
    return found


def name_of(asking: Asking, name: str) -> str:
    """The words of an item, shortened; empty where there is none."""
    item = asking.item(name)
    text = asking.say(item.label, language()) if item is not None else ""
    return text if len(text) <= 80 else f"{text[:79]}…"


def last_change(draft: Draft) -> dict[str, Any]:
    """What the last change was and to which item, for the line that takes it back."""
    words = ""
    for form in (draft.form, draft.before):
        words = words or (name_of(Asking.from_json(form), draft.changed) if form else "")
    return {"change": draft.change, "words": words, "undone": draft.undone} if draft.before is not None else {}


def condition_words(asking: Asking, item: Item, numbers: dict[str, str] | None = None) -> str:
    """Under which condition it is shown, in words; the expression where short words don't say it."""
    known = numbers_of(asking) if numbers is None else numbers
    return skip_hint(asking, item.relevant, known, language()) or item.relevant


def _problem(found: FormFinding) -> Problem:
    return Problem(found.message.get(language(), found.message["en"]), found.severity == "error")


def _flat(items: tuple[Item, ...], depth: int = 0) -> list[tuple[Item, int]]:
    return [line for item in items for line in [(item, depth), *_flat(item.items, depth + 1)]]


def _line(asking: Asking, item: Item, depth: int, numbers: dict[str, str], found: dict[str, list[Problem]]) -> Line:
    kind, icon = kind_of(item)
    return Line(
        item=item, number=numbers.get(item.name, ""), depth=min(depth, 3), kind=str(kind), icon=icon,
        label=asking.say(item.label, language()), answers=_answers(asking, item),
        condition=condition_words(asking, item, numbers),
        problems=tuple(found.get(item.name, ())), up=move(asking, item.name, up=True) is not asking,
        down=move(asking, item.name, up=False) is not asking,
    )  # fmt: skip


def _answers(asking: Asking, item: Item) -> str:
    if item.type == "scale" and item.scale is not None:
        return f"{item.scale.low} – {item.scale.high}"
    if item.type not in CHOOSING:
        return ""
    labels = [asking.say(choice.label, language()) or choice.code for choice in asking.choices(item.choices)]
    return " · ".join(labels[:MOST_SHOWN]) + (" …" if len(labels) > MOST_SHOWN else "")


@dataclass(frozen=True)
class Chosen:
    """One answer that a condition may name."""

    code: str
    label: str
    on: bool


def answers_named(asking: Asking, item: Item, on: tuple[str, ...]) -> list[Chosen]:
    """The answers of a question with those that are chosen."""
    named = {choice.code: asking.say(choice.label, language()) for choice in asking.choices(item.choices)}
    return [Chosen(code, named.get(code) or code, code in on) for code in codes_of(asking, item)]
