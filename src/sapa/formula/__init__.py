"""One expression language: text → typed tree → SQL tree. Closed list of functions, no implicit casts, bounded size."""

from sapa.formula.checker import parse
from sapa.formula.compiler import compile, compile_node, to_sql
from sapa.formula.errors import FormulaError
from sapa.formula.functions import FUNCTIONS, Function
from sapa.formula.tree import AGGREGATES, Expr, Mode, Node
from sapa.formula.types import BOOLEAN, DATE, INTEGER, NUMBER, STRING, FormulaType, Schema, decimal, field_type, schema_of

__all__ = [
    "AGGREGATES",
    "BOOLEAN",
    "DATE",
    "FUNCTIONS",
    "INTEGER",
    "NUMBER",
    "STRING",
    "Expr",
    "FormulaError",
    "FormulaType",
    "Function",
    "Mode",
    "Node",
    "Schema",
    "compile",
    "compile_node",
    "decimal",
    "field_type",
    "parse",
    "schema_of",
    "to_sql",
]
