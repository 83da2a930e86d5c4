"""The differences between the engines, and nothing else. Everything common is in ``compiler.py``."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from sqlglot import exp

from sapa.formula import letters
from sapa.formula.java_regex import java_pattern

_EXACT_POWERS = 22
"""The greatest power of ten that is a double."""

DialectName = Literal["duckdb", "spark"]


def call(name: str, *args: exp.Expr) -> exp.Expr:
    """A function call printed as it stands: sqlglot does not translate it."""
    return exp.Anonymous(this=name, expressions=list(args))


def as_type(value: exp.Expr, written: str) -> exp.Expr:
    """``CAST(value AS written)``, the type written in DuckDB's words and printed in each dialect's own."""
    return exp.Cast(this=value, to=exp.DataType.build(written, dialect="duckdb"))


class Dialect:
    """How DuckDB says it: the reference engine."""

    name: DialectName = "duckdb"

    def matches(self, value: exp.Expr, pattern: str) -> exp.Expr:
        """The whole text matches."""
        return call("regexp_full_match", value, exp.Literal.string(pattern))

    def trim(self, value: exp.Expr) -> exp.Expr:
        """Without U+0020 at both ends; DuckDB's default would take other white space too."""
        return call("trim", value, exp.Literal.string(" "))

    def lower(self, value: exp.Expr) -> exp.Expr:
        """One character for one: Unicode's simple mapping."""
        return call("lower", value)

    def upper(self, value: exp.Expr) -> exp.Expr:
        """One character for one: Unicode's simple mapping."""
        return call("upper", value)

    def days_between(self, first: exp.Expr, second: exp.Expr) -> exp.Expr:
        """Days from first to second; DuckDB's difference of dates is a BIGINT."""
        return exp.Paren(this=exp.Sub(this=second, expression=first))

    def number_to_decimal(self, value: exp.Expr, scale: int) -> exp.Expr:
        """The shortest decimal that reads back as the number, rounded half away from zero: by way of text.

        DuckDB's own cast multiplies in binary and is off by some units in the last digit.
        """
        return as_type(as_type(value, "VARCHAR"), f"DECIMAL(38, {scale})")

    def decimal_to_number(self, value: exp.Expr, scale: int | None = None) -> exp.Expr:
        """The nearest double: by way of text, as DuckDB's own cast rounds twice.

        Given the ``scale`` of a value that is short to write (it is repeated), that way is left to the few great values: with
        digits below 2**53 and a power of ten that are both doubles, the cast's one division rounds once. 15 times faster.
        """
        exact = as_type(as_type(value, "VARCHAR"), "DOUBLE")
        if scale is None or scale > _EXACT_POWERS:
            return exact
        bound = exp.Literal.number(format(Decimal(2**53).scaleb(-scale), "f"))
        small = exp.Between(this=value.copy(), low=exp.Neg(this=bound), high=bound.copy())
        return exp.Case(ifs=[exp.If(this=small, true=as_type(value.copy(), "DOUBLE"))], default=exact)

    def count_if(self, condition: exp.Expr) -> exp.Expr:
        """DuckDB: seven times faster than a FILTER clause; its result is a HUGEINT, and null where every condition is."""
        return call("coalesce", as_type(call("count_if", condition), "BIGINT"), exp.Literal.number(0))


class SparkDialect(Dialect):
    """How Spark says it (ANSI mode)."""

    name: DialectName = "spark"

    def matches(self, value: exp.Expr, pattern: str) -> exp.Expr:
        return call("regexp_like", value, exp.Literal.string(rf"\A(?:{java_pattern(pattern)})\z"))

    def trim(self, value: exp.Expr) -> exp.Expr:
        return call("trim", value)

    def lower(self, value: exp.Expr) -> exp.Expr:
        return _letters("lower", value, letters.lower_exceptions())

    def upper(self, value: exp.Expr) -> exp.Expr:
        return _letters("upper", value, letters.upper_exceptions())

    def days_between(self, first: exp.Expr, second: exp.Expr) -> exp.Expr:
        return as_type(call("datediff", second, first), "BIGINT")

    def number_to_decimal(self, value: exp.Expr, scale: int) -> exp.Expr:
        return as_type(value, f"DECIMAL(38, {scale})")

    def decimal_to_number(self, value: exp.Expr, scale: int | None = None) -> exp.Expr:
        return as_type(value, "DOUBLE")

    def count_if(self, condition: exp.Expr) -> exp.Expr:
        where = exp.Where(this=condition)
        return exp.Filter(this=call("count", exp.Star()), expression=where)


def _letters(name: str, value: exp.Expr, exceptions: tuple[str, str, str]) -> exp.Expr:
    """The engine's mapping, which makes two letters of some: those pass it in disguise."""
    from_, stand_ins, to = (exp.Literal.string(text) for text in exceptions)
    disguised = call("translate", value, from_, stand_ins)
    return call("translate", call(name, disguised), stand_ins.copy(), to)


_DIALECTS: dict[str, Dialect] = {"duckdb": Dialect(), "spark": SparkDialect()}


def dialect_of(name: str) -> Dialect:
    """The dialect of that name; raises ``KeyError``."""
    return _DIALECTS[name]
