"""What the engines say differently about aggregates; everything else of a statement is common."""

from __future__ import annotations

from sqlglot import exp

from sapa.formula.dialects import as_type, call


class EngineDialect:
    """DuckDB: the reference engine."""

    name = "duckdb"

    def quantile(self, value: exp.Expr, q: float) -> exp.Expr:
        """Type 7 of doubles: low + (high - low) * fraction, null where there is no value.

        Written out for both engines: each has its own function, and all round differently (DuckDB's takes a fused
        multiplication that SQL can't say, Spark's weights the neighbours).
        """
        values = self.sorted_values(value)
        last = exp.Paren(this=exp.Sub(this=self.size(values), expression=_number(1)))
        rank = exp.Paren(this=exp.Mul(this=last, expression=_literal(q)))
        below, above = call("floor", rank), call("ceil", rank.copy())
        low, high = self.element(values, below), self.element(values, above)
        fraction = exp.Paren(this=exp.Sub(this=rank.copy(), expression=below.copy()))
        spread = exp.Paren(this=exp.Sub(this=high, expression=low))
        return exp.Add(this=low.copy(), expression=exp.Mul(this=spread, expression=fraction))

    def sorted_values(self, value: exp.Expr) -> exp.Expr:
        """The values that are not null, in order."""
        present = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.null())))
        return call("list_sort", exp.Filter(this=call("list", value), expression=present))

    def size(self, values: exp.Expr) -> exp.Expr:
        """How many."""
        return call("len", values.copy())

    def element(self, values: exp.Expr, place: exp.Expr) -> exp.Expr:
        """The value at a place counted from zero; null outside."""
        return call("list_extract", values.copy(), as_type(exp.Add(this=place.copy(), expression=_number(1)), "BIGINT"))


class SparkEngineDialect(EngineDialect):
    """Spark, in ANSI mode."""

    name = "spark"

    def sorted_values(self, value: exp.Expr) -> exp.Expr:
        return call("array_sort", call("collect_list", value))

    def size(self, values: exp.Expr) -> exp.Expr:
        return call("size", values.copy())

    def element(self, values: exp.Expr, place: exp.Expr) -> exp.Expr:
        return call("get", values.copy(), as_type(place.copy(), "INT"))


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _literal(q: float) -> exp.Expr:
    written = repr(q)
    return exp.Literal.number(written if "e" in written else f"{written}e0")


ENGINES: dict[str, EngineDialect] = {"duckdb": EngineDialect(), "spark": SparkEngineDialect()}
