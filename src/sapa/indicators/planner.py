"""From the elements of a pack to a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from sapa.errors import UserError
from sapa.formula import AGGREGATES, BOOLEAN, INTEGER, NUMBER, STRING, FormulaType, Node, field_type, parse, schema_of
from sapa.formula.compiler import NUMBER_SUM_SCALE, parts_of_mean
from sapa.formula.types import Schema, decimal
from sapa.indicators.plan import Base, Cut, Measure, Op, Plan, PlannedDimension, PlannedIndicator
from sapa.packs.models_data import Dataset, Dimension
from sapa.packs.models_law import CodeList

MEASURED = ("count", "sum", "mean", "quantile", "distinct", "ratio", "condition", "cohort")
ATTRIBUTE = "a_"


class PackLike(Protocol):
    """What the planner asks of a pack."""

    @property
    def id(self) -> str: ...
    @property
    def indicators(self) -> tuple[Any, ...]: ...
    def dataset(self, element_id: str, period: str | None = None, /) -> Dataset: ...
    def codelist(self, element_id: str, period: str | None = None, /) -> CodeList: ...


def measured_indicators(pack: PackLike, dataset_id: str, period: str) -> tuple[Any, ...]:
    """Indicators of a data set that are computed from its rows and hold in the period."""
    return tuple(item for item in pack.indicators if item.kind in MEASURED and item.dataset == dataset_id and item.holds(period))


def plan(pack: PackLike, dataset_id: str, indicators: Sequence[Any] | None = None, period: str | None = None) -> Plan:
    """Plan ``indicators`` (default: all of the data set) for ``period``. Raises ``FormulaError`` or ``UserError``."""
    dataset = pack.dataset(dataset_id)
    chosen = measured_indicators(pack, dataset_id, period or "9999") if indicators is None else tuple(indicators)
    return _Planner(pack, dataset, period).plan(chosen)


class _Planner:
    """Collects bases and measures while it walks the indicators; equal ones are kept once."""

    def __init__(self, pack: PackLike, dataset: Dataset, period: str | None) -> None:
        self.pack, self.dataset, self.period = pack, dataset, period
        self.schema = schema_of(dataset, period)
        self.measures: dict[tuple[Op, Node | None, float], Measure] = {}
        self.bases: dict[Node, Base] = {}
        self.notes: list[str] = []

    def plan(self, indicators: Sequence[Any]) -> Plan:
        dimensions = self._available()
        planned = tuple(self._indicator(item, dimensions) for item in indicators)
        cuts = _ordered(cut for item in planned for cut in (*item.cuts, *_parents(item)))
        used = {name for cut in cuts for name in cut}
        chosen = tuple(dimension for name, dimension in dimensions.items() if name in used)
        bases = {dimension.base for dimension in chosen}
        return Plan(
            self.pack.id,
            self.dataset.id,
            self.period or "",
            tuple(base for base in self.bases.values() if base.name in bases),
            chosen,
            tuple(self.measures.values()),
            planned,
            cuts,
            tuple(dict.fromkeys(self.notes)),
        )

    # dimensions

    def _available(self) -> dict[str, PlannedDimension]:
        out: dict[str, PlannedDimension] = {}
        for dimension in self.dataset.dimensions:
            node = self._dimension_node(dimension)
            if node is None:
                self.notes.append(f"dimension {dimension.id} is not in the layout of {self.period}: its cuts are left out")
                continue
            base = self.bases.setdefault(node, Base(f"k{len(self.bases)}", node, _source(dimension)))
            out[dimension.id] = PlannedDimension(dimension.id, base.name, self._mapping(dimension))
        return out

    def _dimension_node(self, dimension: Dimension) -> Node | None:
        if dimension.expr is not None:
            return _as_text(parse(dimension.expr, self.schema).root, dimension.id)
        if dimension.attribute is not None:
            kind = STRING
            if self.dataset.attributes_from:
                kind = field_type(self.pack.dataset(self.dataset.attributes_from).field(dimension.attribute))
            return _as_text(Node("column", kind, value=ATTRIBUTE + dimension.attribute), dimension.id)
        if dimension.field is None:
            raise UserError(f"dimension {dimension.id} has no source", todo="give it a field, an attribute or an expr")
        if dimension.field not in self.schema:
            return None
        return _as_text(Node("column", self.schema[dimension.field], value=dimension.field), dimension.id)

    def _mapping(self, dimension: Dimension) -> tuple[tuple[str, str], ...] | None:
        if dimension.level is None:
            return None
        if dimension.code_list is None:
            raise UserError(f"dimension {dimension.id} has a level but no code list", todo="name its code_list")
        return ancestors(self.pack.codelist(dimension.code_list, self.period), dimension.level)

    # indicators

    def _indicator(self, item: Any, dimensions: dict[str, PlannedDimension]) -> PlannedIndicator:
        where = parse(item.where, self.schema).root if item.where else None
        if where is not None and where.type != BOOLEAN:
            raise UserError(f"indicator {item.id}: `where` gives {where.type}", todo="write a condition")
        numerator, denominator, value = _KINDS[item.kind](self, item, where)
        wanted = item.cuts if item.cuts is not None else self.dataset.cuts
        # One order of dimensions inside a cut, so that (a, b) and (b, a) are one.
        cuts = _ordered(tuple(name for name in dimensions if name in cut) for cut in wanted if set(cut) <= set(dimensions))
        unknown = {name for cut in wanted for name in cut} - {dimension.id for dimension in self.dataset.dimensions}
        if unknown:
            known = ", ".join(dimension.id for dimension in self.dataset.dimensions)
            raise UserError(
                f"indicator {item.id} is cut by {', '.join(sorted(unknown))}, which {self.dataset.id} does not define",
                todo=f"use dimensions of the data set: {known}" if known else "leave the cut out: the data set has no dimensions",
            )
        return PlannedIndicator(
            item.id,
            item.kind,
            numerator,
            denominator,
            value,
            str(self._measure("count_all", None, where).value),
            cuts,
            getattr(item, "scale", 1),
            getattr(item, "adds_up_over", None),
            _text(item),
            tuple(item.clause),
        )

    def _scalar(self, item: Any) -> Node:
        node = parse(item.of, self.schema).root
        if item.kind != "distinct" and not node.type.numeric:
            raise UserError(f"indicator {item.id}: `of` gives {node.type}", todo="write a numeric expression")
        return node

    def _aggregate(self, text: str, where: Node | None) -> Node:
        return self._over_measures(parse(text, self.schema, mode="aggregate").root, where)

    def _over_measures(self, node: Node, where: Node | None) -> Node:
        """The node with each aggregate replaced by the column of its measure."""
        if node.op == "avg":
            total, counted = parts_of_mean(node)
            return Node("div", NUMBER, (self._over_measures(total, where), self._over_measures(counted, where)))
        if node.op in AGGREGATES:
            op: Any = node.op
            return self._measure(op, node.args[0] if node.args else None, where)
        return Node(node.op, node.type, tuple(self._over_measures(part, where) for part in node.args), node.value)

    def _measure(self, op: Op, node: Node | None, where: Node | None, q: float = 0.0) -> Node:
        """The column of a measure, as a node of the aggregate's type; the condition on rows goes into the aggregate."""
        op, node = _folded(op, node, where)
        kind = _result(op, node)
        key = (op, node, q)
        measure = self.measures.setdefault(key, Measure(f"m{len(self.measures)}", op, node, kind, q))
        column = Node("column", measure.type, value=measure.name)
        exact_number = op == "sum" and node is not None and node.type == NUMBER
        return Node("cast", NUMBER, (column,)) if exact_number else column


def _result(op: Op, node: Node | None) -> FormulaType:
    if op == "sum" and node is not None:
        return decimal(NUMBER_SUM_SCALE) if node.type == NUMBER else node.type
    if op in ("min", "max") and node is not None:
        return node.type
    return NUMBER if op == "quantile" else INTEGER


def _folded(op: Op, node: Node | None, where: Node | None) -> tuple[Op, Node | None]:
    """The aggregate with the condition inside: ``sum(x) where w`` → ``sum(CASE WHEN w THEN x END)``."""
    if op == "count_all":
        return ("count_all", None) if where is None else ("count_if", where)
    if node is None:
        raise UserError(f"'{op}' needs an argument", todo="write what it aggregates")
    if op == "count":
        present = Node("not", BOOLEAN, (Node("is_null", BOOLEAN, (node,)),))
        return "count_if", present if where is None else Node("and", BOOLEAN, (where, present))
    if where is None:
        return op, node
    if op == "count_if":
        return op, Node("and", BOOLEAN, (where, node))
    return op, Node("case", node.type, (where, node, Node("literal", node.type)))


def _as_text(node: Node, name: str) -> Node:
    """A dimension's code is text; a number with a fraction is no code."""
    kind = node.type
    if kind == STRING:
        return node
    if kind == BOOLEAN:
        words = (Node("literal", STRING, value="true"), Node("literal", STRING, value="false"))
        negated = Node("not", BOOLEAN, (node,))
        return Node("case", STRING, (node, words[0], negated, words[1], Node("literal", STRING)))
    if kind.kind in ("integer", "date"):
        return Node("cast", STRING, (node,))
    raise UserError(f"dimension {name} is a {kind}: it has no closed set of codes", todo="write classes: CASE WHEN … THEN … END")


def ancestors(codes: CodeList, level: int) -> tuple[tuple[str, str], ...]:
    """(code, its ancestor at ``level``) for every code at that level or below; 1 is the topmost level."""
    parents = {item.code: item.parent for item in codes.items}
    out = []
    for code in parents:
        path: list[str] = [code]
        while (parent := parents.get(path[-1])) is not None and len(path) <= len(parents):
            path.append(parent)
        if len(path) >= level:
            out.append((code, path[-level]))
    return tuple(dict(out).items())


def _ordered(cuts: Iterable[Cut]) -> tuple[Cut, ...]:
    """Each cut once, the total first, in order of appearance."""
    return tuple(dict.fromkeys([(), *cuts]))


def _parents(item: PlannedIndicator) -> list[Cut]:
    """Cuts that hold the denominators of percentages that add up over a dimension."""
    return [tuple(name for name in cut if name != item.over) for cut in item.cuts if item.over in cut] if item.over else []


def _source(dimension: Dimension) -> str:
    if dimension.expr:
        return f"expression {dimension.expr}"
    return f"attribute {dimension.attribute}" if dimension.attribute else f"field {dimension.field}"


def _text(item: Any) -> str:
    """The definition as the pack writes it."""
    if item.kind in ("ratio", "cohort"):
        definition = f"({item.numerator}) / ({item.denominator}) × {item.scale}"
    elif item.kind == "condition":
        definition = f"({item.holds_when}) holds / is known × {item.scale}"
    elif item.kind == "quantile":
        definition = f"quantile {item.q} of {item.of}"
    else:
        definition = f"{item.kind} of {item.of}" if item.kind != "count" else "number of rows"
    return f"{definition} where {item.where}" if item.where else definition


_Parts = tuple[Node | None, Node | None, Node | None]


def _count(planner: _Planner, item: Any, where: Node | None) -> _Parts:
    return planner._measure("count_all", None, where), None, None


def _sum(planner: _Planner, item: Any, where: Node | None) -> _Parts:
    return planner._measure("sum", planner._scalar(item), where), None, None


def _mean(planner: _Planner, item: Any, where: Node | None) -> _Parts:
    of = planner._scalar(item)
    return planner._measure("sum", of, where), planner._measure("count", of, where), None


def _quantile(planner: _Planner, item: Any, where: Node | None) -> _Parts:
    return None, None, planner._measure("quantile", planner._scalar(item), where, item.q)


def _distinct(planner: _Planner, item: Any, where: Node | None) -> _Parts:
    return planner._measure("count_distinct", planner._scalar(item), where), None, None


def _ratio(planner: _Planner, item: Any, where: Node | None) -> _Parts:
    return planner._aggregate(item.numerator, where), planner._aggregate(item.denominator, where), None


def _condition(planner: _Planner, item: Any, where: Node | None) -> _Parts:
    holds = parse(item.holds_when, planner.schema).root
    if holds.type != BOOLEAN:
        raise UserError(f"indicator {item.id}: `holds_when` gives {holds.type}", todo="write a condition")
    return planner._measure("count_if", holds, where), planner._measure("count", holds, where), None


_KINDS: dict[str, Callable[[_Planner, Any, Node | None], _Parts]] = {
    "count": _count,
    "sum": _sum,
    "mean": _mean,
    "quantile": _quantile,
    "distinct": _distinct,
    "ratio": _ratio,
    "condition": _condition,
    "cohort": _ratio,
}

__all__ = ["PackLike", "Schema", "ancestors", "measured_indicators", "plan"]
