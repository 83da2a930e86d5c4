"""What the engines say differently about lists; everything else of a statement is common."""

from __future__ import annotations

from sqlglot import exp

from sapa.formula.dialects import call


class EngineDialect:
    """DuckDB: the reference engine."""

    name = "duckdb"

    def sorted_values(self, value: exp.Expr) -> exp.Expr:
        """Aggregate: the values, none of them null, as a list in order."""
        return call("list_sort", call("list", value))

    def unnested(self, values: exp.Expr) -> exp.Expr:
        """The values of a list, one row each."""
        return call("unnest", values)


class SparkEngineDialect(EngineDialect):
    """Spark, in ANSI mode."""

    name = "spark"

    def sorted_values(self, value: exp.Expr) -> exp.Expr:
        return call("array_sort", call("collect_list", value))

    def unnested(self, values: exp.Expr) -> exp.Expr:
        return call("explode", values)


ENGINES: dict[str, EngineDialect] = {"duckdb": EngineDialect(), "spark": SparkEngineDialect()}
