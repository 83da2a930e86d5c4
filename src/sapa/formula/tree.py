"""The typed tree a formula becomes: one frozen node class, so that equal parts of formulas are equal values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sapa.formula.types import FormulaType

Mode = Literal["scalar", "aggregate"]
Value = str | int | float | Decimal | bool | date | None

AGGREGATES = frozenset({"sum", "count", "count_all", "count_if", "count_distinct", "avg", "min", "max"})


@dataclass(frozen=True)
class Node:
    """One operation. ``op`` is of the closed list; ``value`` holds a literal, a column name or a pattern."""

    op: str
    type: FormulaType
    args: tuple[Node, ...] = ()
    value: Value = None

    def walk(self) -> Iterator[Node]:
        """This node and every node under it, parents first."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.args))

    @property
    def fields(self) -> frozenset[str]:
        """Names of the columns it reads, ``prev.x`` for those of the previous period."""
        return frozenset(str(node.value) for node in self.walk() if node.op == "column")


@dataclass(frozen=True)
class Expr:
    """A checked formula: its text, its type, the fields it reads, its typed tree."""

    text: str
    mode: Mode
    root: Node

    @property
    def type(self) -> FormulaType:
        return self.root.type

    @property
    def fields(self) -> frozenset[str]:
        return self.root.fields

    @property
    def aggregates(self) -> tuple[Node, ...]:
        """The different aggregates it uses, in order of appearance."""
        return tuple(dict.fromkeys(node for node in self.root.walk() if node.op in AGGREGATES))
