"""What the engines say differently about aggregates; everything else of a statement is common."""

from __future__ import annotations

from sqlglot import exp

from sapa.formula.dialects import as_type, call


class EngineDialect:
    """DuckDB: the reference engine."""

    name = "duckdb"

    def quantile(self, value: exp.Expr, q: float) -> exp.Expr:
        """Type 7 of doubles: low + (high - low) * fraction, which is what DuckDB's quantile_cont computes."""
        return call("quantile_cont", value, _literal(q))


class SparkEngineDialect(EngineDialect):
    """Spark: its ``percentile`` weights the neighbours in another order and differs in the last digit, so we write our own."""

    name = "spark"

    def quantile(self, value: exp.Expr, q: float) -> exp.Expr:
        values = call("array_sort", call("collect_list", value))
        rank = exp.Paren(
            this=exp.Mul(this=exp.Paren(this=exp.Sub(this=call("size", values), expression=_number(1))), expression=_literal(q))
        )
        # ``get`` counts from zero and is null outside, also where nothing was collected.
        low = call("get", values, as_type(call("floor", rank), "INT"))
        high = call("get", values.copy(), as_type(call("ceil", rank.copy()), "INT"))
        fraction = exp.Paren(this=exp.Sub(this=rank.copy(), expression=call("floor", rank.copy())))
        spread = exp.Paren(this=exp.Sub(this=high, expression=low.copy()))
        return exp.Add(this=low, expression=exp.Mul(this=spread, expression=fraction))


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _literal(q: float) -> exp.Expr:
    written = repr(q)
    return exp.Literal.number(written if "e" in written else f"{written}e0")


ENGINES: dict[str, EngineDialect] = {"duckdb": EngineDialect(), "spark": SparkEngineDialect()}
