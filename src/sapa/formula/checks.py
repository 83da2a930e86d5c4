"""Every expression of a pack is typed against the layout it stands on; what can't be typed is a finding of the pack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sapa.formula.checker import parse
from sapa.formula.errors import FormulaError
from sapa.formula.tree import Mode
from sapa.formula.types import BOOLEAN, NUMBER, Schema, schema_of
from sapa.packs.checks import Step, finding, own
from sapa.packs.findings import Finding
from sapa.packs.loader import Pack, Placed

Expression = tuple[tuple[Step, ...], str, Mode, str]
"""(path in the element, text, mode, wanted kind: boolean, numeric or any)."""


def untyped_expressions(pack: Pack) -> Iterator[Finding]:
    """Rules, dimensions and indicators whose expression is not understood, or gives the wrong type."""
    datasets = {item.element.id: item.element for item in pack.elements("datasets")}
    for item in own(pack, "datasets"):
        for index, rule in enumerate(item.element.rules):
            schema = schema_of(item.element, rule.valid_from, prev=rule.kind == "previous")
            for found in _rule(index, rule):
                yield from _typed(item, found, schema)
        register = datasets.get(item.element.attributes_from or "")
        if item.element.owed_when and register is not None:
            owed: Expression = (("owed_when",), item.element.owed_when, "scalar", "boolean")
            yield from _typed(item, owed, schema_of(register))
        for index, dimension in enumerate(item.element.dimensions):
            if dimension.expr:
                found = (("dimensions", index, "expr"), dimension.expr, "scalar", "any")
                yield from _typed(item, found, schema_of(item.element))
    for item in own(pack, "indicators"):
        indicator = item.element
        if indicator.kind == "derived":
            yield from _typed(item, (("expr",), indicator.expr, "scalar", "numeric"), dict.fromkeys(indicator.inputs, NUMBER))
        elif getattr(indicator, "dataset", None) in datasets:
            schema = schema_of(datasets[indicator.dataset], indicator.valid_from)
            for found in _measure(indicator):
                yield from _typed(item, found, schema)


def _rule(index: int, rule: Any) -> Iterator[Expression]:
    if rule.when:
        yield ("rules", index, "when"), rule.when, "scalar", "boolean"
    if rule.require:
        mode: Mode = "aggregate" if rule.kind == "dataset" else "scalar"
        yield ("rules", index, "require"), rule.require, mode, "numeric" if rule.kind == "outlier" else "boolean"


def _measure(indicator: Any) -> Iterator[Expression]:
    if indicator.where:
        yield ("where",), indicator.where, "scalar", "boolean"
    if getattr(indicator, "of", None):
        yield ("of",), indicator.of, "scalar", "any" if indicator.kind == "distinct" else "numeric"
    if getattr(indicator, "holds_when", None):
        yield ("holds_when",), indicator.holds_when, "scalar", "boolean"
    for name in ("numerator", "denominator"):
        if getattr(indicator, name, None):
            yield (name,), getattr(indicator, name), "aggregate", "numeric"


def _typed(item: Placed, expression: Expression, schema: Schema) -> Iterator[Finding]:
    path, text, mode, wanted = expression
    try:
        typed = parse(text, schema, mode=mode)
    except FormulaError as error:
        yield finding(item, "untyped-expression", error.message, path, todo=error.todo)
        return
    fits = {"boolean": typed.type == BOOLEAN, "numeric": typed.type.numeric, "any": True}[wanted]
    if not fits:
        message = f"the expression gives {typed.type}, a {wanted} one is wanted here"
        yield finding(item, "untyped-expression", message, path, todo="mend the expression")
