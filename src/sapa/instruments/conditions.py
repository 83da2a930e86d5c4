"""Skip logic and limits that a page can offer as choices, as XLSForm expressions and back.

A condition names earlier questions with choices, and of each the answers that count: any of a question's answers, and all of the
questions. A limit is a least and a most: of a number, a day, or how many answers are chosen. What else an expression may say is
not read here: it is kept as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sapa.instruments.editing import path_of
from sapa.instruments.expressions import ExpressionError, Tree, parse
from sapa.instruments.model import OTHER, Form, Item
from sapa.instruments.values import written

CHOSEN = frozenset({"select-one", "select-many", "scale"})
LIMITED = {"integer": ".", "decimal": ".", "date": ".", "select-many": "count-selected(.)"}
"""What a limit is about, by the item's type."""


@dataclass(frozen=True)
class Part:
    """One question, and the answers of which one must be chosen: codes, of a scale its points."""

    question: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """The least and the most, as a form sends them: a number, of a date its ISO form; empty where there is none."""

    low: str = ""
    high: str = ""


def condition_of(form: Form, expression: str) -> tuple[Part, ...] | None:
    """The parts of a condition; none where it is empty, ``None`` where it says what choices can't say."""
    if not expression.strip():
        return ()
    try:
        parts = [_part(form, tree) for tree in _flat(parse(expression), "and")]
    except (ExpressionError, _OtherError):
        return None
    named = [part.question for part in parts]
    return tuple(parts) if len(set(named)) == len(named) else None


def condition_text(form: Form, parts: tuple[Part, ...]) -> str:
    """The expression of a condition; of no parts, or parts without codes, empty."""
    said = []
    for part in parts:
        item = form.item(part.question)
        atoms = [_atom(part.question, code, scale=item is not None and item.type == "scale") for code in part.codes]
        if atoms:
            said.append((" or ".join(atoms), len(atoms) > 1))
    return " and ".join(f"({text})" if several and len(said) > 1 else text for text, several in said)


def choosable(form: Form, name: str) -> list[Item]:
    """Questions with choices that come before this item and may decide whether it is shown."""
    mine = _repeats(form, name)
    out = []
    for item in form.walk():
        if item.name == name:
            break
        if item.type in CHOSEN and codes_of(form, item) and _repeats(form, item.name) == mine[: len(_repeats(form, item.name))]:
            out.append(item)
    return out


def codes_of(form: Form, item: Item) -> list[str]:
    """The answers of a question with choices that a condition may name, in their order."""
    if item.type == "scale":
        return [str(point) for point in item.scale.points()] if item.scale else []
    codes = [choice.code for choice in form.choices(item.choices)] + ([OTHER] if item.other else [])
    return [code for code in dict.fromkeys(codes) if "'" not in code or '"' not in code]


def limits_of(item: Item) -> Limits | None:
    """The limits of an item; empty ones where it has none, ``None`` where its constraint says something else."""
    if not item.constraint.strip():
        return Limits()
    if item.type not in LIMITED:
        return None
    found: dict[str, str] = {}
    try:
        for tree in _flat(parse(item.constraint), "and"):
            side, value = _limit(item.type, tree)
            if side in found:
                return None
            found[side] = value
    except (ExpressionError, _OtherError):
        return None
    return Limits(found.get("low", ""), found.get("high", ""))


def limits_text(type_: str, limits: Limits) -> str:
    """The constraint that holds these limits; values as :class:`Limits` has them."""
    about = LIMITED[type_]
    values = {">=": limits.low, "<=": limits.high}
    quoted = {sign: f"date('{value}')" if type_ == "date" else value for sign, value in values.items() if value}
    return " and ".join(f"{about} {sign} {value}" for sign, value in quoted.items())


class _OtherError(Exception):
    """The expression says more."""


def _flat(tree: Tree, operator: str) -> Iterator[Tree]:
    if tree[0] == operator:
        yield from _flat(tree[1], operator)
        yield from _flat(tree[2], operator)
    else:
        yield tree


def _part(form: Form, tree: Tree) -> Part:
    atoms = [_read_atom(form, each) for each in _flat(tree, "or")]
    if len({name for name, _code in atoms}) != 1:
        raise _OtherError
    return Part(atoms[0][0], tuple(dict.fromkeys(code for _name, code in atoms)))


def _read_atom(form: Form, tree: Tree) -> tuple[str, str]:
    if tree[0] == "call" and tree[1] == "selected" and len(tree) == 4:
        left, right, kinds = tree[2], tree[3], ("select-one", "select-many")
    elif tree[0] == "=":
        left, right = (tree[1], tree[2]) if tree[1][0] == "ref" else (tree[2], tree[1])
        kinds = ("select-one", "scale")
    else:
        raise _OtherError
    if left[0] != "ref" or right[0] not in ("s", "n"):
        raise _OtherError
    item, code = form.item(left[1]), right[1] if right[0] == "s" else written(right[1])
    if item is None or item.type not in kinds or code not in codes_of(form, item):
        raise _OtherError
    return left[1], code


def _atom(name: str, code: str, *, scale: bool) -> str:
    if scale:
        return f"${{{name}}} = {code}"
    quote = '"' if "'" in code else "'"
    return f"selected(${{{name}}}, {quote}{code}{quote})"


def _limit(type_: str, tree: Tree) -> tuple[str, str]:
    turned = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}
    if tree[0] not in turned:
        raise _OtherError
    sign, left, right = tree
    if not _about(type_, left):
        sign, left, right = turned[sign], right, left
    if not _about(type_, left):
        raise _OtherError
    if type_ == "date":
        if right[:2] == ["call", "date"] and len(right) == 3:
            right = right[2]
        if right[0] != "s" or sign not in (">=", "<="):
            raise _OtherError
        return ("low" if sign == ">=" else "high"), str(right[1])
    value = _number(right)
    if sign in (">", "<"):  # of whole numbers "less than 8" is "at most 7"
        if type_ == "decimal" or value != int(value):
            raise _OtherError
        value += 1 if sign == ">" else -1
    return ("low" if sign in (">", ">=") else "high"), written(value)


def _about(type_: str, tree: Tree) -> bool:
    return tree == (["call", "count-selected", ["dot"]] if type_ == "select-many" else ["dot"])


def _number(tree: Tree) -> float:
    if tree[0] == "neg":
        return -_number(tree[1])
    if tree[0] != "n":
        raise _OtherError
    return float(tree[1])


def _repeats(form: Form, name: str) -> tuple[str, ...]:
    items, out = form.items, []
    for place in path_of(form.items, name)[:-1]:
        if items[place].type == "repeat":
            out.append(items[place].name)
        items = items[place].items
    return tuple(out)


__all__ = [
    "CHOSEN",
    "LIMITED",
    "Limits",
    "Part",
    "choosable",
    "codes_of",
    "condition_of",
    "condition_text",
    "limits_of",
    "limits_text",
]
