"""What a figure counts, as a box: for each variable of the rows the set of values it admits.

``count of rows where post is a teacher's and sex is F, in district D`` is one box over three variables. Two figures whose boxes
are equal are one number, whichever indicator publishes it; boxes that differ in one variable only, and fill each other up there,
add up. So every table of a data set, the conditions of its indicators included, becomes one system of sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sapa.formula import BOOLEAN, Node
from sapa.indicators.plan import UNKNOWN, Measure, Plan, PlannedDimension

Box = tuple[tuple[int, int], ...]
"""(variable, set of its values as a bit mask), sorted by variable; a variable that is not named admits everything."""

NULL = "\0null"
OTHER = "\0other"
_FLIPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}


@dataclass(frozen=True)
class Atom:
    """A condition on one variable: ``op`` with literals; ``negated`` as SQL negates, so that null fulfils neither."""

    node: Node
    op: str
    literals: tuple[Any, ...] = ()
    negated: bool = False


def conjunction(node: Node | None) -> Iterator[Atom]:
    """The conditions that must hold together; what is no comparison with literals is a variable of its own."""
    if node is None:
        return
    if node.op == "and":
        for part in node.args:
            yield from conjunction(part)
    else:
        yield _atom(node, negated=False)


def _atom(node: Node, *, negated: bool) -> Atom:
    if node.op == "not":
        return _atom(node.args[0], negated=not negated)
    if node.op == "is_null":
        return Atom(node.args[0], "is_null", (), negated)
    if node.op == "in" and all(part.op == "literal" for part in node.args[1:]):
        return Atom(node.args[0], "in", tuple(part.value for part in node.args[1:]), negated)
    if node.op in _FLIPPED:
        left, right = node.args
        op = node.op
        if left.op == "literal":
            left, right, op = right, left, _FLIPPED[op]
        ordered = op in ("eq", "ne") or left.type.numeric
        if right.op == "literal" and left.op != "literal" and ordered:
            return Atom(left, op, (right.value,), negated)
    return Atom(node, "true", (), negated)


@dataclass(frozen=True)
class Measured:
    """A measure as what is added up (``core``) over which rows (``atoms``)."""

    core: tuple[Any, ...]
    atoms: tuple[Atom, ...]


def measured(measure: Measure) -> Measured | None:
    """A count, a sum or a number of different values; ``None`` for what is no figure of that kind (quantiles, minima)."""
    if measure.op == "count_all":
        return Measured(("count",), ())
    if measure.op == "count_if":
        return Measured(("count",), tuple(conjunction(measure.node)))
    if measure.op in ("sum", "count_distinct", "quantile") and measure.node is not None:
        node = measure.node
        atoms: tuple[Atom, ...] = ()
        if node.op == "case" and len(node.args) == 3 and node.args[2].op == "literal" and node.args[2].value is None:
            atoms, node = tuple(conjunction(node.args[0])), node.args[1]
        kind = {"sum": "sum", "count_distinct": "distinct", "quantile": "quantile"}[measure.op]
        return Measured((kind, node), atoms)
    return None


class Space:
    """The variables of a data set's rows, each with its possible values."""

    def __init__(self) -> None:
        self.index: dict[Node, int] = {}
        self.values: list[dict[Any, int]] = []
        self.limits: list[set[Any]] = []
        self.coded: list[bool] = []
        self.null_only: list[int] = []

    # gathering, before any box is made

    def variable(self, node: Node) -> int:
        """The number of a variable, made when new."""
        if node not in self.index:
            self.index[node] = len(self.values)
            self.values.append({})
            self.limits.append(set())
            self.coded.append(False)
        return self.index[node]

    def admit_codes(self, node: Node, codes: Iterable[str]) -> int:
        """Codes that a dimension's variable may have."""
        number = self.variable(node)
        self.coded[number] = True
        self.limits[number].update(codes)
        return number

    def admit_atoms(self, atoms: Iterable[Atom]) -> None:
        """Values that conditions tell apart."""
        for atom in atoms:
            number = self.variable(atom.node)
            literals = (str(value) for value in atom.literals) if self.coded[number] else atom.literals
            self.limits[number].update(literals)

    def close(self) -> None:
        """Number the values: codes and literals, what lies between numbers, others, and no value."""
        for number, node in enumerate(self.index):
            known = self.limits[number] - {UNKNOWN}
            if self.coded[number] or not node.type.numeric:
                listed: list[Any] = [*sorted(known, key=lambda value: (str(type(value)), str(value)))]
                listed += [False, True] if node.type == BOOLEAN and not self.coded[number] else [OTHER]
                listed = list(dict.fromkeys(listed))
            else:
                listed = [(None, min(known))] if known else [OTHER]
                ordered = sorted(known)
                for place, value in enumerate(ordered):
                    after = ordered[place + 1] if place + 1 < len(ordered) else None
                    listed += [value, (value, after)]
            self.values[number] = {value: place for place, value in enumerate([*listed, NULL])}

    # masks

    def full(self, number: int) -> int:
        """Every value of a variable."""
        return (1 << len(self.values[number])) - 1

    def null(self, number: int) -> int:
        return 1 << self.values[number][NULL]

    def mask_of(self, atom: Atom) -> tuple[int, int]:
        """The variable of a condition, and the values that fulfil it."""
        number = self.index[atom.node]
        nothing, every = self.null(number), self.full(number)
        if atom.op == "is_null":
            return number, every & ~nothing if atom.negated else nothing
        literals = [str(value) for value in atom.literals] if self.coded[number] else list(atom.literals)
        mask = 0
        for value, place in self.values[number].items():
            if value is not NULL and value != NULL and _fulfils(atom.op, value, literals):
                mask |= 1 << place
        return number, every & ~nothing & ~mask if atom.negated else mask

    def mask_of_code(self, number: int, dimension: PlannedDimension, code: str) -> int:
        """The values behind a code of a dimension: itself, or those whose ancestor it is."""
        values, every = self.values[number], self.full(number)
        if dimension.mapping is None:
            if code == UNKNOWN:
                return self.null(number)
            return 1 << values[code]
        mapped = mask = 0
        for source, target in dimension.mapping:
            bit = 1 << values[source]
            mapped |= bit
            mask |= bit if target == code else 0
        return every & ~mapped if code == UNKNOWN else mask

    def box(self, masks: Iterable[tuple[int, int]]) -> Box | None:
        """The box of all these conditions together; ``None`` where nothing can fulfil them."""
        joined: dict[int, int] = {}
        for number, mask in masks:
            joined[number] = joined.get(number, self.full(number)) & mask
        if not all(joined.values()):
            return None
        return tuple(sorted((number, mask) for number, mask in joined.items() if mask != self.full(number)))

    def only_null(self, number: int, mask: int) -> bool:
        """Whether a set holds nothing but rows without a value, of a variable no table lists."""
        return mask == self.null(number) and not self.coded[number]


def _fulfils(op: str, value: Any, literals: list[Any]) -> bool:
    if op == "true":
        return value is True
    if value == OTHER:
        return op == "ne"
    if isinstance(value, tuple):
        return _between(op, value, literals[0] if literals else None)
    if op in ("eq", "in"):
        return value in literals
    limit = literals[0]
    found = {"ne": value != limit}
    if op != "ne":
        found |= {"lt": value < limit, "le": value <= limit, "gt": value > limit, "ge": value >= limit}
    return bool(found[op])


def _between(op: str, gap: tuple[Any, Any], limit: Any) -> bool:
    """Whether the numbers strictly between two neighbouring limits fulfil a comparison."""
    low, high = gap
    if op in ("lt", "le"):
        return high is not None and high <= limit
    if op in ("gt", "ge"):
        return low is not None and low >= limit
    return op == "ne"


def space_of(plans: Iterable[Plan], codes: dict[str, set[str]]) -> Space:
    """The variables of a data set over several periods; ``codes`` are those its facts use, by dimension."""
    space, found = Space(), list(plans)
    for plan in found:
        nodes = {base.name: base.node for base in plan.bases}
        for dimension in plan.dimensions:
            sources = {source for source, _ in dimension.mapping or ()}
            own = codes.get(dimension.id, set()) if dimension.mapping is None else set()
            space.admit_codes(nodes[dimension.base], {*sources, *own})
    for plan in found:
        for measure in plan.measures:
            known = measured(measure)
            space.admit_atoms(known.atoms if known else ())
            if known and known.core[0] == "quantile":
                space.variable(known.core[1])
            if measure.op == "sum" and measure.node is not None:
                space.variable(measure.node)
    space.close()
    return space
