"""Types of the formula language, and the schema a record layout gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sapa.packs.models_data import DataField, Dataset

Kind = Literal["string", "integer", "decimal", "number", "boolean", "date", "null"]

DECIMAL_PRECISION = 28
"""Digits of every stored decimal: DECIMAL(28, scale)."""


@dataclass(frozen=True)
class FormulaType:
    """A type; ``scale`` (digits after the point) belongs to decimals only."""

    kind: Kind
    scale: int = 0

    def __str__(self) -> str:
        return f"decimal({self.scale})" if self.kind == "decimal" else self.kind

    @property
    def numeric(self) -> bool:
        return self.kind in ("integer", "decimal", "number")


STRING = FormulaType("string")
INTEGER = FormulaType("integer")
NUMBER = FormulaType("number")
BOOLEAN = FormulaType("boolean")
DATE = FormulaType("date")
NULL = FormulaType("null")


def decimal(scale: int) -> FormulaType:
    """A decimal with ``scale`` digits after the point."""
    return FormulaType("decimal", scale)


Schema = Mapping[str, FormulaType]
"""Field id (or ``prev.FIELD``) → type."""

_PLAIN: dict[str, FormulaType] = {
    "string": STRING,
    "code": STRING,
    "period": STRING,
    "integer": INTEGER,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "date": DATE,
}


def field_type(field: DataField) -> FormulaType:
    """Type of a field in formulas: codes and periods are strings, decimals keep their scale."""
    return decimal(field.scale) if field.type == "decimal" else _PLAIN[field.type]


def schema_of(dataset: Dataset, period: str | None = None, *, prev: bool = False) -> dict[str, FormulaType]:
    """The schema of a record layout in ``period``; ``prev=True`` adds every field as ``prev.FIELD`` too.

    Fields that never leave the institution (``protect: drop``) are not part of it.
    """
    own = {field.id: field_type(field) for field in dataset.layout(period) if field.protect != "drop"}
    return {**own, **{f"prev.{name}": kind for name, kind in own.items()}} if prev else own
