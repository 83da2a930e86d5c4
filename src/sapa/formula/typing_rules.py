"""Which types go together. Nothing is cast unless the formula says so; a literal takes the type it stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from sapa.formula.tree import Node
from sapa.formula.types import BOOLEAN, INTEGER, NULL, NUMBER, FormulaType, decimal

MAX_PRODUCT_SCALE = 6
"""Digits after the point of a product of decimals; beyond it the engines round differently."""

_WIDTH = {"integer": 0, "decimal": 1, "number": 2}
_CASTS = {
    ("integer", "decimal"),
    ("integer", "number"),
    ("integer", "string"),
    ("decimal", "decimal"),
    ("decimal", "number"),
    ("number", "decimal"),
    ("string", "integer"),
    ("string", "decimal"),
    ("string", "number"),
    ("string", "date"),
    ("date", "string"),
    ("boolean", "integer"),
}


class TypeMismatchError(Exception):
    """Raised inside the check; the checker adds text and position and raises ``FormulaError``."""

    def __init__(self, problem: str, allowed: str = "", todo: str = "") -> None:
        super().__init__(problem)
        self.problem, self.allowed, self.todo = problem, allowed, todo


def _adapt(node: Node, target: FormulaType) -> Node:
    """A literal written as the target type, a decimal brought to the target's scale; anything else unchanged."""
    if node.type == target:
        return node
    if node.type == NULL:
        return Node("literal", target)
    if node.op == "literal" and node.type.numeric and target.numeric and _WIDTH[node.type.kind] <= _WIDTH[target.kind]:
        return Node("literal", target, value=_literal_value(node, target))
    if node.type.kind == target.kind == "decimal":
        return Node("cast", target, (node,))
    return node


def _literal_value(node: Node, target: FormulaType) -> int | float | Decimal | None:
    if target.kind == "number":
        return float(str(node.value))
    if target.kind == "decimal":
        return Decimal(str(node.value)).quantize(Decimal(1).scaleb(-target.scale))
    return int(str(node.value))


def unify(nodes: Sequence[Node], where: str) -> tuple[list[Node], FormulaType]:
    """Bring the nodes to one type. Raises ``TypeMismatchError`` naming both types where that needs a cast."""
    typed = [node for node in nodes if node.type != NULL]
    if not typed:
        return list(nodes), NULL
    firm = [node for node in typed if not (node.op == "literal" and node.type.numeric)] or typed
    scale = max((node.type.scale for node in typed), default=0)
    first = max(firm, key=lambda node: _WIDTH.get(node.type.kind, 0)) if all(n.op == "literal" for n in firm) else firm[0]
    target = decimal(scale) if first.type.kind == "decimal" else first.type
    out = [_adapt(node, target) for node in nodes]
    for node in out:
        if node.type != target:
            raise TypeMismatchError(
                f"{where}: {target} and {node.type} do not go together", "two of one type", _remedy(target, node.type)
            )
    return out, target


def _remedy(one: FormulaType, other: FormulaType) -> str:
    if one.numeric and other.numeric:
        wider = max(one, other, key=lambda kind: _WIDTH[kind.kind])
        return f"write CAST(… AS {wider}) around the {min(one, other, key=lambda kind: _WIDTH[kind.kind])}"
    if "date" in (one.kind, other.kind):
        return "write a date as DATE '2020-09-01'"
    return "cast one of them: CAST(… AS type)"


def _needs_numeric(op: str, *nodes: Node) -> None:
    if not all(node.type.numeric or node.type == NULL for node in nodes):
        kinds = " and ".join(str(node.type) for node in nodes)
        todo = "use days_between(a, b)" if any(node.type.kind == "date" for node in nodes) else "CAST a text to integer or number"
        raise TypeMismatchError(f"'{op}' can't take {kinds}", "integer, decimal, number", todo)


def arithmetic(op: str, left: Node, right: Node) -> Node:
    """``+ - * /``. Division always gives a number and is null where the divisor is zero."""
    symbol = {"add": "+", "sub": "-", "mul": "*", "div": "/"}[op]
    _needs_numeric(symbol, left, right)
    if op == "div":
        return Node(
            "div",
            NUMBER,
            (_adapt(left, NUMBER) if left.type == NULL else left, _adapt(right, NUMBER) if right.type == NULL else right),
        )
    if op == "mul" and "decimal" in (left.type.kind, right.type.kind):
        return _decimal_product(left, right)
    (left, right), kind = unify([left, right], f"'{symbol}'")
    return Node(op, INTEGER if kind == NULL else kind, (left, right))


def _decimal_product(left: Node, right: Node) -> Node:
    """Scales add up, so the factors keep their own; an integer literal is a decimal without digits after the point."""
    factors = [replace_integer_literal(node) for node in (left, right)]
    if any(node.type.kind != "decimal" for node in factors):
        (left, right), kind = unify([left, right], "'*'")
        return Node("mul", kind, (left, right))
    scale = factors[0].type.scale + factors[1].type.scale
    if scale > MAX_PRODUCT_SCALE:
        raise TypeMismatchError(
            f"'*' of {left.type} and {right.type} has {scale} digits after the point",
            f"at most {MAX_PRODUCT_SCALE}",
            "CAST a factor to fewer digits or to number",
        )
    return Node("mul", decimal(scale), tuple(factors))


def replace_integer_literal(node: Node) -> Node:
    """An integer literal as decimal(0), for a product with a decimal."""
    if node.op == "literal" and node.type == INTEGER:
        return replace(node, type=decimal(0), value=Decimal(str(node.value)))
    return node


def negate(node: Node) -> Node:
    """Unary minus; folded into a literal, so that -1 is one."""
    _needs_numeric("-", node)
    if node.op == "literal" and isinstance(node.value, int | float | Decimal) and not isinstance(node.value, bool):
        return replace(node, value=-node.value)
    return Node("neg", node.type, (node,))


def comparable(op: str, left: Node, right: Node) -> Node:
    """A comparison of two values of one type."""
    if NULL in (left.type, right.type):
        raise TypeMismatchError("a comparison with NULL is never true", "IS NULL, IS NOT NULL", "write IS NULL")
    (left, right), kind = unify([left, right], "comparison")
    if kind == BOOLEAN and op not in ("eq", "ne"):
        raise TypeMismatchError("booleans have no order", "=, <>", "use AND, OR, NOT")
    return Node(op, BOOLEAN, (left, right))


def cast(node: Node, target: FormulaType) -> Node:
    """An explicit cast. From text, what does not read as the type becomes null."""
    if node.type == target:
        return node
    if node.type == NULL:
        return Node("literal", target)
    if (node.type.kind, target.kind) not in _CASTS:
        todo = "use round, floor or ceil" if target == INTEGER and node.type.numeric else "there is no such cast"
        allowed = ", ".join(f"{one} → {two}" for one, two in sorted(_CASTS))
        raise TypeMismatchError(f"{node.type} can't be cast to {target}", allowed, todo)
    return Node("cast", target, (node,))
