"""From the typed tree to SQL. No text is pasted: every piece is a node of sqlglot's tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from sqlglot import exp

from sapa.errors import EngineError
from sapa.formula.dialects import Dialect, as_type, call, dialect_of
from sapa.formula.tree import Expr, Node
from sapa.formula.types import DECIMAL_PRECISION, INTEGER, NUMBER, FormulaType

Columns = Mapping[str, "exp.Expr | str"]

NUMBER_SUM_SCALE = 12
"""Sums of numbers are taken exactly, in units of 1e-12: the result does not depend on the order of rows or on threads."""

_SQL_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
_BINARY: dict[str, type[exp.Binary]] = {"add": exp.Add, "sub": exp.Sub, "mul": exp.Mul}
_COMPARISON: dict[str, type[exp.Binary]] = {
    "eq": exp.EQ, "ne": exp.NEQ, "lt": exp.LT, "le": exp.LTE, "gt": exp.GT, "ge": exp.GTE,
}  # fmt: skip


def sql_type(kind: FormulaType) -> str:
    """The type in DuckDB's words."""
    return f"DECIMAL({DECIMAL_PRECISION}, {kind.scale})" if kind.kind == "decimal" else _SQL_TYPES[kind.kind]


def compile(expr: Expr, dialect: str = "duckdb", columns: Columns | None = None) -> exp.Expr:
    """The SQL tree of a formula. ``columns`` maps a field (``x`` or ``prev.x``) to the SQL that reads it."""
    return compile_node(expr.root, dialect, columns)


def to_sql(expr: Expr, dialect: str = "duckdb", columns: Columns | None = None) -> str:
    """The SQL text of a formula."""
    return compile(expr, dialect, columns).sql(dialect=dialect)


def compile_node(
    node: Node, dialect: str = "duckdb", columns: Columns | None = None, replace: Mapping[Node, exp.Expr] | None = None
) -> exp.Expr:
    """The SQL tree of one node; ``replace`` stands for whole nodes, e.g. an aggregate already computed in a column."""
    return _Compiler(dialect_of(dialect), columns or {}, replace or {}).compile(node)


class _Compiler:
    def __init__(self, dialect: Dialect, columns: Columns, replace: Mapping[Node, exp.Expr]) -> None:
        self.dialect, self.columns, self.replace = dialect, columns, replace

    def compile(self, node: Node) -> exp.Expr:
        """SQL of a node whose value has exactly the node's type."""
        if node in self.replace:
            return self.replace[node].copy()
        if node.op in _BINARY:
            return self.binary(node)
        if node.op in _COMPARISON:
            left, right = (self.operand(part) for part in node.args)
            return exp.Paren(this=_COMPARISON[node.op](this=left, expression=right))
        rule = _RULES.get(node.op)
        if rule is not None:
            return rule(self, node)
        if node.op in _PLAIN_CALLS:
            return call(_PLAIN_CALLS[node.op], *(self.compile(part) for part in node.args))
        raise EngineError(f"operation '{node.op}' has no SQL", todo="report it: the checker let through what the compiler lacks")

    def operand(self, node: Node) -> exp.Expr:
        """An operand that is only compared: an integer literal needs no cast there."""
        if node.op == "literal" and node.type == INTEGER and isinstance(node.value, int):
            return _integer(node.value)
        return self.compile(node)

    def binary(self, node: Node) -> exp.Expr:
        """Arithmetic, put back into its type: engines widen decimals, each in its own way."""
        made = _BINARY[node.op](this=self.compile(node.args[0]), expression=self.compile(node.args[1]))
        return as_type(made, sql_type(node.type)) if node.type.kind == "decimal" else exp.Paren(this=made)

    def number(self, node: Node) -> exp.Expr:
        """The node's value as a double."""
        made = self.compile(node)
        if node.type.kind == "decimal":
            # Whatever is longer than a column is not repeated: casts inside casts would grow beyond measure.
            return self.dialect.decimal_to_number(made, node.type.scale if node.op == "column" else None)
        return made if node.type == NUMBER else as_type(made, "DOUBLE")


def _integer(value: int) -> exp.Expr:
    literal = exp.Literal.number(abs(value))
    return exp.Neg(this=literal) if value < 0 else literal


def _literal(self: _Compiler, node: Node) -> exp.Expr:
    value, kind = node.value, node.type
    if value is None:
        return as_type(exp.null(), sql_type(kind))
    if kind.kind == "boolean":
        return exp.Boolean(this=value)
    if kind.kind == "string":
        return exp.Literal.string(str(value))
    if isinstance(value, date):
        return as_type(exp.Literal.string(value.isoformat()), "DATE")
    if isinstance(value, float):
        written = repr(abs(value))
        # With an exponent both engines read a double; without one, a decimal.
        literal: exp.Expr = exp.Literal.number(written if "e" in written else f"{written}e0")
        return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal
    if isinstance(value, int):
        return as_type(_integer(value), sql_type(kind))
    return as_type(exp.Literal.string(format(value, "f")), sql_type(kind))


def _column(self: _Compiler, node: Node) -> exp.Expr:
    name = str(node.value)
    given = self.columns.get(name)
    if isinstance(given, str):
        return exp.maybe_parse(given, dialect=self.dialect.name)
    if given is not None:
        return given.copy()
    table, _, field = name.rpartition(".")
    return exp.column(field, table or None, quoted=True)


def _div(self: _Compiler, node: Node) -> exp.Expr:
    left, right = node.args
    divisor = self.number(right) if right.type.kind == "decimal" else self.compile(right)
    return exp.Paren(this=exp.Div(this=self.number(left), expression=call("nullif", divisor, exp.Literal.number(0))))


def _case(self: _Compiler, node: Node) -> exp.Expr:
    parts = [self.compile(part) for part in node.args]
    ifs = [exp.If(this=parts[i], true=parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
    return exp.Case(ifs=ifs, default=parts[-1])


def _logical(kind: type[exp.Connector]) -> Callable[[_Compiler, Node], exp.Expr]:
    def rule(self: _Compiler, node: Node) -> exp.Expr:
        return exp.Paren(this=kind(this=self.compile(node.args[0]), expression=self.compile(node.args[1])))

    return rule


def _round(self: _Compiler, node: Node) -> exp.Expr:
    (inner,) = node.args
    digits = int(str(node.value))
    if inner.type == INTEGER:
        return self.compile(inner)
    made = self.compile(inner)
    decimal = as_type(made, f"DECIMAL(38, {digits})") if inner.type != NUMBER else self.dialect.number_to_decimal(made, digits)
    return self.dialect.decimal_to_number(decimal) if node.type == NUMBER else as_type(decimal, sql_type(node.type))


def _whole(name: str) -> Callable[[_Compiler, Node], exp.Expr]:
    def rule(self: _Compiler, node: Node) -> exp.Expr:
        made = self.compile(node.args[0])
        return made if node.args[0].type == INTEGER else as_type(call(name, made), "BIGINT")

    return rule


def _part(name: str) -> Callable[[_Compiler, Node], exp.Expr]:
    return lambda self, node: as_type(call(name, self.compile(node.args[0])), "BIGINT")


_FROM_TEXT = {"integer": r"-?[0-9]{1,18}", "number": r"-?[0-9]{1,15}(\.[0-9]{1,12})?", "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}"}


def _cast(self: _Compiler, node: Node) -> exp.Expr:
    (inner,) = node.args
    made, source, target = self.compile(inner), inner.type.kind, node.type
    if source == "string":
        pattern = _FROM_TEXT.get(target.kind) or rf"-?[0-9]{{1,{DECIMAL_PRECISION - target.scale - 1}}}(\.[0-9]{{1,12}})?"
        # Engines differ in what else they read as a number ("1e3", " 1"): only the plain form is one.
        read = exp.TryCast(this=made.copy(), to=exp.DataType.build(sql_type(target), dialect="duckdb"), safe=True)
        return exp.Case(ifs=[exp.If(this=self.dialect.matches(made, pattern), true=read)])
    if source == "decimal" and target == NUMBER:
        return self.number(inner)
    if source == "number":
        return as_type(self.dialect.number_to_decimal(made, target.scale), sql_type(target))
    return as_type(made, sql_type(target))


def _age_on(self: _Compiler, node: Node) -> exp.Expr:
    birth, on = (self.compile(part) for part in node.args)

    def day_of_year(value: exp.Expr) -> exp.Expr:
        hundreds = exp.Mul(this=call("month", value.copy()), expression=exp.Literal.number(100))
        return exp.Add(this=hundreds, expression=call("day", value.copy()))

    years = exp.Sub(this=call("year", on.copy()), expression=call("year", birth.copy()))
    early = exp.LT(this=day_of_year(on), expression=day_of_year(birth))
    less = exp.Case(ifs=[exp.If(this=early, true=exp.Literal.number(1))], default=exp.Literal.number(0))
    return as_type(exp.Sub(this=years, expression=less), "BIGINT")


def _sum(self: _Compiler, node: Node) -> exp.Expr:
    (inner,) = node.args
    made = self.compile(inner)
    if node.type == NUMBER:
        return self.dialect.decimal_to_number(call("sum", self.dialect.number_to_decimal(made, NUMBER_SUM_SCALE)))
    return as_type(call("sum", made), sql_type(node.type))


def _avg(self: _Compiler, node: Node) -> exp.Expr:
    total, counted = parts_of_mean(node)
    return self.compile(Node("div", NUMBER, (total, counted)))


def parts_of_mean(node: Node) -> tuple[Node, Node]:
    """The sum and the count whose quotient is ``avg(x)``: both can be added up over cells, the mean can't."""
    (inner,) = node.args
    return Node("sum", inner.type, (inner,)), Node("count", INTEGER, (inner,))


def _count_distinct(self: _Compiler, node: Node) -> exp.Expr:
    return exp.Count(this=exp.Distinct(expressions=[self.compile(node.args[0])]))


def _in(self: _Compiler, node: Node) -> exp.Expr:
    tested, *values = node.args
    return exp.Paren(this=exp.In(this=self.compile(tested), expressions=[self.operand(value) for value in values]))


def _substr(self: _Compiler, node: Node) -> exp.Expr:
    return call("substr", self.compile(node.args[0]), *(self.operand(part) for part in node.args[1:]))


_PLAIN_CALLS = {name: name for name in ("coalesce", "least", "greatest", "abs", "min", "max", "count")}
_RULES: dict[str, Callable[[_Compiler, Node], exp.Expr]] = {
    "literal": _literal,
    "column": _column,
    "div": _div,
    "neg": lambda self, node: exp.Paren(this=exp.Neg(this=exp.Paren(this=self.compile(node.args[0])))),
    "and": _logical(exp.And),
    "or": _logical(exp.Or),
    "not": lambda self, node: exp.Paren(this=exp.Not(this=self.compile(node.args[0]))),
    "is_null": lambda self, node: exp.Paren(this=exp.Is(this=self.compile(node.args[0]), expression=exp.null())),
    "in": _in,
    "case": _case,
    "cast": _cast,
    "nullif": lambda self, node: call("nullif", *(self.operand(part) for part in node.args)),
    "round": _round,
    "floor": _whole("floor"),
    "ceil": _whole("ceil"),
    "length": _part("length"),
    "trim": lambda self, node: self.dialect.trim(self.compile(node.args[0])),
    "lower": lambda self, node: self.dialect.lower(self.compile(node.args[0])),
    "upper": lambda self, node: self.dialect.upper(self.compile(node.args[0])),
    "substr": _substr,
    "matches": lambda self, node: self.dialect.matches(self.compile(node.args[0]), str(node.value)),
    "year": _part("year"),
    "month": _part("month"),
    "day": _part("day"),
    "days_between": lambda self, node: self.dialect.days_between(self.compile(node.args[0]), self.compile(node.args[1])),
    "age_on": _age_on,
    "sum": _sum,
    "avg": _avg,
    "count_all": lambda self, node: call("count", exp.Star()),
    "count_if": lambda self, node: self.dialect.count_if(self.compile(node.args[0])),
    "count_distinct": _count_distinct,
}
