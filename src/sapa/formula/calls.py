"""Calls of the closed list: how many arguments, of which types, and the type of the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from sapa.formula.functions import FUNCTIONS
from sapa.formula.tree import Node
from sapa.formula.types import BOOLEAN, DATE, INTEGER, NULL, NUMBER, STRING, FormulaType, decimal
from sapa.formula.typing_rules import TypeMismatchError, comparable, unify

MAX_PATTERN = 200

_BY_CLASS: dict[type[exp.Expr], str] = {
    exp.Coalesce: "coalesce",
    exp.Nullif: "nullif",
    exp.Abs: "abs",
    exp.Round: "round",
    exp.Floor: "floor",
    exp.Ceil: "ceil",
    exp.Least: "least",
    exp.Greatest: "greatest",
    exp.Length: "length",
    exp.Lower: "lower",
    exp.Upper: "upper",
    exp.Trim: "trim",
    exp.Substring: "substr",
    exp.Year: "year",
    exp.Month: "month",
    exp.Day: "day",
    exp.DayOfMonth: "day",
    exp.Sum: "sum",
    exp.Count: "count",
    exp.CountIf: "count_if",
    exp.Avg: "avg",
    exp.Min: "min",
    exp.Max: "max",
}
_ARGUMENTS = ("this", "expression", "expressions", "decimals", "start", "length")


class Checker(Protocol):
    """What a call needs of the walk."""

    def check(self, tree: exp.Expr) -> Node: ...
    def only(self, tree: exp.Expr, *known: str) -> None: ...


def name_of(tree: exp.Expr) -> str | None:
    """Name of the listed function a node calls, or ``None``."""
    if isinstance(tree, exp.Anonymous):
        name = str(tree.this).lower()
        return name if name in FUNCTIONS else None
    return _BY_CLASS.get(type(tree))


def build(checker: Checker, name: str, tree: exp.Expr) -> Node:
    """The typed node of a call. Raises ``TypeMismatchError`` where arguments do not fit the signature."""
    checker.only(tree, *_ARGUMENTS)
    trees = _arguments(tree)
    if name == "count" and len(trees) == 1 and isinstance(trees[0], exp.Star):
        return Node("count_all", INTEGER)
    return _RULES[name]([checker.check(item) for item in trees])


def _arguments(tree: exp.Expr) -> list[exp.Expr]:
    out: list[exp.Expr] = []
    for key in _ARGUMENTS:
        value = tree.args.get(key)
        if key == "this" and isinstance(tree, exp.Anonymous):
            continue
        out.extend(value if isinstance(value, list) else [value] if value is not None else [])
    return out


def _misfit(name: str, found: list[Node]) -> TypeMismatchError:
    kinds = ", ".join(str(node.type) for node in found)
    return TypeMismatchError(f"{name}({kinds}) does not fit", FUNCTIONS[name].signature, "give the arguments of the signature")


def _plain(name: str, result: FormulaType, *kinds: FormulaType) -> Callable[[list[Node]], Node]:
    """A function of fixed argument types."""

    def rule(args: list[Node]) -> Node:
        if len(args) != len(kinds) or any(node.type != kind for node, kind in zip(args, kinds, strict=True)):
            raise _misfit(name, args)
        return Node(name, result, tuple(args))

    return rule


def _numeric(name: str, result: Callable[[FormulaType], FormulaType]) -> Callable[[list[Node]], Node]:
    """A function of one numeric argument."""

    def rule(args: list[Node]) -> Node:
        if len(args) != 1 or not args[0].type.numeric:
            raise _misfit(name, args)
        return Node(name, result(args[0].type), tuple(args))

    return rule


def _same(name: str, least: int) -> Callable[[list[Node]], Node]:
    """A function of several arguments of one type."""

    def rule(args: list[Node]) -> Node:
        if len(args) < least:
            raise _misfit(name, args)
        nodes, kind = unify(args, name)
        if kind == NULL or (kind == BOOLEAN and name in ("least", "greatest")):
            raise _misfit(name, args)
        return Node(name, kind, tuple(nodes))

    return rule


def _any(name: str, result: Callable[[FormulaType], FormulaType], *, boolean: bool = True) -> Callable[[list[Node]], Node]:
    """A function of one argument of any type."""

    def rule(args: list[Node]) -> Node:
        if len(args) != 1 or args[0].type == NULL or (args[0].type == BOOLEAN and not boolean):
            raise _misfit(name, args)
        return Node(name, result(args[0].type), tuple(args))

    return rule


def _nullif(args: list[Node]) -> Node:
    if len(args) != 2:
        raise _misfit("nullif", args)
    pair = comparable("eq", args[0], args[1]).args
    return Node("nullif", pair[0].type, pair)


def _round(args: list[Node]) -> Node:
    if len(args) not in (1, 2) or not args[0].type.numeric:
        raise _misfit("round", args)
    if len(args) == 1:
        return Node("round", INTEGER, (args[0],), value=0)
    digits = args[1].value
    if args[1].op != "literal" or args[1].type != INTEGER or not isinstance(digits, int) or not 0 <= digits <= 12:
        raise _misfit("round", args)
    kind = args[0].type
    return Node("round", decimal(digits) if kind.kind == "decimal" else kind, (args[0],), value=digits)


def _substr(args: list[Node]) -> Node:
    if len(args) not in (2, 3) or args[0].type != STRING:
        raise _misfit("substr", args)
    for node, least in zip(args[1:], (1, 0), strict=False):
        if node.op != "literal" or not isinstance(node.value, int) or isinstance(node.value, bool) or node.value < least:
            raise _misfit("substr", args)
    return Node("substr", STRING, tuple(args))


def _matches(args: list[Node]) -> Node:
    if len(args) != 2 or args[0].type != STRING or args[1].op != "literal" or args[1].type != STRING:
        raise _misfit("matches", args)
    pattern = str(args[1].value)
    if len(pattern) > MAX_PATTERN:
        raise TypeMismatchError(f"the pattern has {len(pattern)} characters", f"at most {MAX_PATTERN}", "shorten it")
    if "(?" in pattern.replace("(?:", "") or "\\Q" in pattern or "&&" in pattern:
        raise TypeMismatchError("the pattern uses a group modifier", "(…), (?:…)", "write it without (?…)")
    try:
        # RE2 itself decides: it runs in linear time and refuses back references and look-around.
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise TypeMismatchError(f"the pattern is not a regular expression: {error}", "RE2 syntax", "mend the pattern") from error
    return Node("matches", BOOLEAN, (args[0],), value=pattern)


def _itself(kind: FormulaType) -> FormulaType:
    return kind


def _always(kind: FormulaType) -> Callable[[FormulaType], FormulaType]:
    return lambda _: kind


_RULES: dict[str, Callable[[list[Node]], Node]] = {
    "coalesce": _same("coalesce", 1),
    "least": _same("least", 2),
    "greatest": _same("greatest", 2),
    "nullif": _nullif,
    "abs": _numeric("abs", _itself),
    "round": _round,
    "floor": _numeric("floor", _always(INTEGER)),
    "ceil": _numeric("ceil", _always(INTEGER)),
    "length": _plain("length", INTEGER, STRING),
    "lower": _plain("lower", STRING, STRING),
    "upper": _plain("upper", STRING, STRING),
    "trim": _plain("trim", STRING, STRING),
    "substr": _substr,
    "matches": _matches,
    "year": _plain("year", INTEGER, DATE),
    "month": _plain("month", INTEGER, DATE),
    "day": _plain("day", INTEGER, DATE),
    "days_between": _plain("days_between", INTEGER, DATE, DATE),
    "age_on": _plain("age_on", INTEGER, DATE, DATE),
    "sum": _numeric("sum", _itself),
    "avg": _numeric("avg", _always(NUMBER)),
    "count": _any("count", _always(INTEGER)),
    "count_distinct": _any("count_distinct", _always(INTEGER)),
    "count_if": _plain("count_if", INTEGER, BOOLEAN),
    "min": _any("min", _itself, boolean=False),
    "max": _any("max", _itself, boolean=False),
}
