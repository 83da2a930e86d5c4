"""Settled trees made into closures, once; then an expression is one call.

A closure takes the frame it is asked in and ``here``: what ``.`` stands for, or the columns of the choice a filter looks at.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sapa.instruments.expressions import Tree
from sapa.instruments.functions import FUNCTIONS, divide, remainder
from sapa.instruments.patterns import matches
from sapa.instruments.values import at_most, boolean, equal, less, number, string, unequal

ROOM = 2000
"""The most instances of repeats in one answer, however they are nested."""


@dataclass(frozen=True)
class Environment:
    """What an evaluation knows beside answers: the clock it is given, and words for ``jr:choice-name``."""

    now: str
    today: str
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    room: list[int] = field(default_factory=lambda: [ROOM])
    """Instances of repeats that may still be opened."""


class Frame:
    """The answers of the form, or of one instance of a repeat: texts by name; what is hidden has none."""

    __slots__ = ("env", "findings", "index", "kept", "kids", "parent", "raw", "shown", "texts")

    def __init__(self, env: Environment, raw: dict[str, Any], parent: Frame | None = None, index: int = 0) -> None:
        self.env = env
        self.raw = raw
        self.parent = parent
        self.index = index
        self.texts: dict[str, str] = {}
        self.kept: dict[str, Any] = {}
        self.kids: dict[str, list[Frame]] = {}
        self.shown: set[str] = set()
        self.findings: dict[str, Any] = {}


Closure = Callable[[Frame, Any], Any]

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "div": divide,
    "mod": remainder,
}
_COMPARISON: dict[str, Callable[[Any, Any], bool]] = {"=": equal, "!=": unequal, "<": less, "<=": at_most}


def closure(tree: Tree) -> Closure:
    """The closure of a settled tree."""
    kind = tree[0]
    if kind in _ARITHMETIC:
        return _arithmetic(_ARITHMETIC[kind], closure(tree[1]), closure(tree[2]))
    if kind in (">", ">="):
        return _compared(_COMPARISON["<" if kind == ">" else "<="], tree[2], tree[1])
    if kind in _COMPARISON:
        return _compared(_COMPARISON[kind], tree[1], tree[2])
    return _MAKERS[kind](tree)


def condition(tree: Tree) -> Callable[[Frame, Any], bool]:
    """The closure of a tree asked for yes or no."""
    asked = closure(tree)
    return lambda frame, here: boolean(asked(frame, here))


def _arithmetic(operation: Callable[[float, float], float], left: Closure, right: Closure) -> Closure:
    return lambda frame, here: operation(number(left(frame, here)), number(right(frame, here)))


def _compared(test: Callable[[Any, Any], bool], first: Tree, second: Tree) -> Closure:
    left, right = closure(first), closure(second)
    quick = _with_constant(test, first, second, left, right)
    if quick is not None:
        return quick
    return lambda frame, here: test(left(frame, here), right(frame, here))


def _with_constant(test: Any, first: Tree, second: Tree, left: Closure, right: Closure) -> Closure | None:
    """One answer against a constant, the commonest comparison, without asking again what kinds of values meet."""
    single = ("get", "dot")
    if second[0] == "s" and first[0] in single and test in (equal, unequal):
        text = second[1]
        if test is equal:
            return lambda frame, here: left(frame, here) == text
        return lambda frame, here: left(frame, here) != text
    if second[0] == "n" and first[0] in single and test in (less, at_most):
        limit = second[1]
        if test is less:
            return lambda frame, here: number(left(frame, here)) < limit
        return lambda frame, here: number(left(frame, here)) <= limit
    if first[0] == "n" and second[0] in single and test in (less, at_most):
        least = first[1]
        if test is less:
            return lambda frame, here: least < number(right(frame, here))
        return lambda frame, here: least <= number(right(frame, here))
    return None


def _constant(tree: Tree) -> Closure:
    value = tree[1]
    return lambda frame, here: value


def _negative(tree: Tree) -> Closure:
    inner = closure(tree[1])
    return lambda frame, here: -number(inner(frame, here))


def _either(tree: Tree) -> Closure:
    left, right = condition(tree[1]), condition(tree[2])
    return lambda frame, here: left(frame, here) or right(frame, here)


def _both(tree: Tree) -> Closure:
    left, right = condition(tree[1]), condition(tree[2])
    return lambda frame, here: left(frame, here) and right(frame, here)


def _choice(tree: Tree) -> Closure:
    asked, then, other = condition(tree[1]), closure(tree[2]), closure(tree[3])
    return lambda frame, here: then(frame, here) if asked(frame, here) else other(frame, here)


def _once(tree: Tree) -> Closure:
    inner = closure(tree[1])
    return lambda frame, here: here or inner(frame, here)


def _get(tree: Tree) -> Closure:
    up, name = tree[1], tree[2]
    if up == 0:
        return lambda frame, here: frame.texts.get(name, "")
    return lambda frame, here: _out(frame, up).texts.get(name, "")


def _out(frame: Frame, up: int) -> Frame:
    while up and frame.parent is not None:
        frame = frame.parent
        up -= 1
    return frame


def _all(tree: Tree) -> Closure:
    up, repeats, name = tree[1], tree[2], tree[3]

    def found(frame: Frame, here: Any) -> list[str]:
        frames = [_out(frame, up)]
        for repeat in repeats:
            frames = [kid for each in frames for kid in each.kids.get(repeat, ())]
        if name is None:
            return ["" for _ in frames]
        return [each.texts.get(name, "") for each in frames if name in each.shown]

    return found


def _index(tree: Tree) -> Closure:
    up = tree[1]
    return lambda frame, here: float(_out(frame, up).index + 1)


def _indexed(tree: Tree) -> Closure:
    up, name = tree[1], tree[3]
    pairs = [(repeat, closure(index)) for repeat, index in tree[2]]

    def found(frame: Frame, here: Any) -> str:
        place = _out(frame, up)
        for repeat, index in pairs:
            at = number(index(frame, here))
            kids = place.kids.get(repeat, [])
            if not 1 <= at <= len(kids):
                return ""
            place = kids[int(at) - 1]
        return place.texts.get(name, "")

    return found


def _label(tree: Tree) -> Closure:
    code, listed = closure(tree[1]), tree[2]
    return lambda frame, here: frame.env.labels.get(listed, {}).get(string(code(frame, here)), "")


def _matched(tree: Tree) -> Closure:
    text, pattern = closure(tree[1]), tree[2]
    return lambda frame, here: matches(pattern, string(text(frame, here)))


def _column(tree: Tree) -> Closure:
    name = tree[1]
    return lambda frame, here: here.get(name, "")


def _function(tree: Tree) -> Closure:
    called = FUNCTIONS[tree[1]][3]
    inner = [closure(each) for each in tree[2:]]
    if len(inner) == 1:
        only = inner[0]
        return lambda frame, here: called(only(frame, here))
    if len(inner) == 2:
        first, second = inner
        return lambda frame, here: called(first(frame, here), second(frame, here))
    return lambda frame, here: called(*[each(frame, here) for each in inner])


_MAKERS: dict[str, Callable[[Tree], Closure]] = {
    "n": _constant, "s": _constant, "neg": _negative, "or": _either, "and": _both, "if": _choice, "once": _once, "get": _get,
    "all": _all, "index": _index, "indexed": _indexed, "label": _label, "rx": _matched, "col": _column, "f": _function,
    "dot": lambda tree: lambda frame, here: here,
    "today": lambda tree: lambda frame, here: frame.env.today,
    "now": lambda tree: lambda frame, here: frame.env.now,
}  # fmt: skip
