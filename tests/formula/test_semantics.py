"""Random expressions mean the same in DuckDB and in a small evaluator that knows nothing of SQL.

The strategies build text and meaning side by side, so the evaluator shares no code with the parser, checker or compiler.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sapa.formula import BOOLEAN, DATE, INTEGER, NUMBER, STRING, decimal, parse, to_sql

Row = dict[str, Any]


@dataclass(frozen=True)
class Term:
    """Text of an expression and what it means."""

    text: str
    value: Callable[[Row], Any]


SCHEMA = {"i": INTEGER, "j": INTEGER, "x": NUMBER, "c": decimal(2), "s": STRING, "t": STRING, "d": DATE, "e": DATE, "b": BOOLEAN}
ARROW = pa.schema(
    [("i", pa.int64()), ("j", pa.int64()), ("x", pa.float64()), ("c", pa.decimal128(28, 2)), ("s", pa.string()),
     ("t", pa.string()),
     ("d", pa.date32()), ("e", pa.date32()), ("b", pa.bool_())]
)  # fmt: skip


def null_safe(function: Callable[..., Any]) -> Callable[..., Callable[[Row], Any]]:
    """Null in, null out."""

    def lifted(*terms: Term) -> Callable[[Row], Any]:
        def value(row: Row) -> Any:
            given = [term.value(row) for term in terms]
            return None if any(one is None for one in given) else function(*given)

        return value

    return lifted


def column(name: str) -> Term:
    return Term(name, lambda row: row[name])


def both(left: Term, right: Term) -> Callable[[Row], Any]:
    def value(row: Row) -> Any:
        one, two = left.value(row), right.value(row)
        return False if one is False or two is False else None if one is None or two is None else True

    return value


def either(left: Term, right: Term) -> Callable[[Row], Any]:
    def value(row: Row) -> Any:
        one, two = left.value(row), right.value(row)
        return True if one is True or two is True else None if one is None or two is None else False

    return value


def case(condition: Term, yes: Term, no: Term) -> Term:
    text = f"CASE WHEN {condition.text} THEN {yes.text} ELSE {no.text} END"
    return Term(text, lambda row: yes.value(row) if condition.value(row) is True else no.value(row))


def coalesce(*terms: Term) -> Term:
    text = f"coalesce({', '.join(term.text for term in terms)})"
    return Term(text, lambda row: next((one for one in (term.value(row) for term in terms) if one is not None), None))


def extreme(name: str, pick: Callable[..., Any], *terms: Term) -> Term:
    def value(row: Row) -> Any:
        known = [one for one in (term.value(row) for term in terms) if one is not None]
        return pick(known) if known else None

    return Term(f"{name}({', '.join(term.text for term in terms)})", value)


def divided(left: Term, right: Term) -> Term:
    def quotient(a: Any, b: Any) -> float | None:
        return float(a) / float(b) if b else None

    return Term(f"({left.text} / {right.text})", null_safe(quotient)(left, right))


def age(birth: date, on: date) -> int:
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def half_up(value: float, digits: int) -> float:
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def binary(symbol: str, function: Callable[[Any, Any], Any], left: Term, right: Term) -> Term:
    return Term(f"({left.text} {symbol} {right.text})", null_safe(function)(left, right))


def call(name: str, function: Callable[..., Any], *terms: Term, extra: str = "") -> Term:
    return Term(f"{name}({', '.join(term.text for term in terms)}{extra})", null_safe(function)(*terms))


COMPARE = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
ARITHMETIC = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


def literal(value: Any) -> Term:
    if isinstance(value, str):
        return Term("'" + value.replace("'", "''") + "'", lambda row: value)
    if isinstance(value, date):
        return Term(f"DATE '{value.isoformat()}'", lambda row: value)
    return Term(str(value), lambda row: value)


WORDS = st.text(alphabet="abcXYZ 0123'éЖқ%_\\", max_size=6)
DAYS = st.dates(date(1995, 1, 1), date(2030, 12, 31))
SMALL = st.integers(-1000, 1000)


Strategies = dict[str, st.SearchStrategy[Term]]
LEAVES: Strategies = {
    "integer": st.one_of(st.sampled_from([column("i"), column("j")]), st.integers(0, 99).map(literal)),
    "number": st.just(column("x")),
    "decimal": st.just(column("c")),
    "string": st.one_of(st.sampled_from([column("s"), column("t")]), WORDS.map(literal)),
    "date": st.one_of(st.sampled_from([column("d"), column("e")]), DAYS.map(literal)),
    "boolean": st.just(column("b")),
}
# Only whole additions: products of products leave 64 bits.
PLUS = st.sampled_from(["+", "-"])
PICK = st.sampled_from([("least", min), ("greatest", max)])


def _integers(inner: Strategies) -> list[st.SearchStrategy[Term]]:
    i, x, c, s, d, b = inner["integer"], inner["number"], inner["decimal"], inner["string"], inner["date"], inner["boolean"]
    return [
        st.builds(lambda o, p, q: binary(o, ARITHMETIC[o], p, q), PLUS, i, i),
        st.builds(lambda p, q: binary("*", ARITHMETIC["*"], p, q), LEAVES["integer"], LEAVES["integer"]),
        st.builds(lambda p: call("length", len, p), s),
        st.builds(lambda p: call("year", lambda v: v.year, p), d),
        st.builds(lambda p: call("month", lambda v: v.month, p), d),
        st.builds(lambda p: call("day", lambda v: v.day, p), d),
        st.builds(lambda p, q: call("days_between", lambda v, w: (w - v).days, p, q), d, d),
        st.builds(lambda p, q: call("age_on", age, p, q), d, d),
        st.builds(lambda p: call("floor", math.floor, p), st.one_of(x, c)),
        st.builds(lambda p: call("ceil", math.ceil, p), st.one_of(x, c)),
        st.builds(lambda p: call("abs", abs, p), i),
        st.builds(lambda p, q: extreme(p[0], p[1], *q), PICK, st.tuples(i, i)),
        st.builds(lambda p: call("CAST", int, p, extra=" AS integer"), b),
        st.builds(lambda p, q: Term(f"nullif({p.text}, {q.text})", _nullif(p, q)), i, i),
    ]


def _numbers(inner: Strategies) -> list[st.SearchStrategy[Term]]:
    i, x, c = inner["integer"], inner["number"], inner["decimal"]
    return [
        st.builds(divided, st.one_of(i, c, x), st.one_of(i, c, x)),
        st.builds(lambda o, p, q: binary(o, ARITHMETIC[o], p, q), PLUS, x, x),
        st.builds(lambda p, n: call("round", lambda v: half_up(v, n), p, extra=f", {n}"), LEAVES["number"], st.integers(0, 6)),
        st.builds(lambda p: call("CAST", float, p, extra=" AS number"), st.one_of(i, c)),
        st.builds(lambda p: Term(f"(-{p.text})", null_safe(lambda v: -v)(p)), x),
    ]


def _decimals(inner: Strategies) -> list[st.SearchStrategy[Term]]:
    c = inner["decimal"]
    return [
        st.builds(lambda o, p, q: binary(o, ARITHMETIC[o], p, q), PLUS, c, c),
        st.builds(lambda p: call("abs", abs, p), c),
        st.builds(lambda p: call("CAST", Decimal, p, extra=" AS decimal(2)"), LEAVES["integer"]),
    ]


def _strings(inner: Strategies) -> list[st.SearchStrategy[Term]]:
    i, s = inner["integer"], inner["string"]
    return [
        st.builds(lambda p: call("trim", lambda v: v.strip(" "), p), s),
        st.builds(_part, s, st.integers(1, 4), st.integers(0, 4)),
        st.builds(lambda p: call("upper", str.upper, p), s),
        st.builds(lambda p: call("lower", str.lower, p), s),
        st.builds(lambda p: call("CAST", str, p, extra=" AS string"), i),
    ]


def _dates(inner: Strategies) -> list[st.SearchStrategy[Term]]:
    d = inner["date"]
    return [st.builds(lambda p, q: extreme(p[0], p[1], *q), PICK, st.tuples(d, d))]


def _booleans(inner: Strategies) -> list[st.SearchStrategy[Term]]:
    i, s, d, b = inner["integer"], inner["string"], inner["date"], inner["boolean"]
    ordered = [inner[kind] for kind in ("integer", "number", "decimal", "string", "date")]
    compared = [
        st.builds(lambda o, p, q: binary(o, COMPARE[o], p, q), st.sampled_from(list(COMPARE)), kind, kind) for kind in ordered
    ]
    return [
        *compared,
        st.builds(lambda p, q: Term(f"({p.text} AND {q.text})", both(p, q)), b, b),
        st.builds(lambda p, q: Term(f"({p.text} OR {q.text})", either(p, q)), b, b),
        st.builds(lambda p: Term(f"(NOT {p.text})", null_safe(lambda v: not v)(p)), b),
        st.builds(lambda p: Term(f"({p.text} IS NULL)", lambda row: p.value(row) is None), st.one_of(i, s, d, b)),
        st.builds(lambda p, q: _among(p, q), s, st.lists(WORDS, min_size=1, max_size=3)),
        st.builds(lambda p, q, r: _between(p, q, r), i, SMALL, SMALL),
        st.builds(_matches, s),
    ]


GROWN = {
    "integer": _integers, "number": _numbers, "decimal": _decimals, "string": _strings, "date": _dates, "boolean": _booleans,
}  # fmt: skip


def expressions(depth: int) -> Strategies:
    """Strategies for terms of each type, at most so deep."""
    if depth == 0:
        return LEAVES
    inner = expressions(depth - 1)
    truth = inner["boolean"]
    out = {}
    for kind, grown in GROWN.items():
        common = [st.builds(case, truth, inner[kind], inner[kind]), st.builds(coalesce, inner[kind], inner[kind])]
        out[kind] = st.one_of(LEAVES[kind], *grown(inner), *common)
    return out


def _part(term: Term, first: int, length: int) -> Term:
    return call("substr", lambda v: v[first - 1 : first - 1 + length], term, extra=f", {first}, {length}")


def _matches(term: Term) -> Term:
    return call("matches", lambda v: re.fullmatch("[a-cX]+[^0-9]?", v) is not None, term, extra=", '[a-cX]+[^0-9]?'")


def _nullif(left: Term, right: Term) -> Callable[[Row], Any]:
    def value(row: Row) -> Any:
        one = left.value(row)
        return None if one is not None and one == right.value(row) else one

    return value


def _among(term: Term, words: list[str]) -> Term:
    listed = ", ".join(literal(word).text for word in words)
    return Term(f"({term.text} IN ({listed}))", null_safe(lambda value: value in words)(term))


def _between(term: Term, low: int, high: int) -> Term:
    return Term(f"({term.text} BETWEEN {low} AND {high})", null_safe(lambda value: low <= value <= high)(term))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "i": maybe(SMALL), "j": maybe(SMALL), "x": maybe(st.floats(-1e6, 1e6).map(lambda v: round(v, 4) + 0.0)),
            "c": maybe(st.integers(-(10**9), 10**9).map(lambda v: Decimal(v).scaleb(-2))), "s": maybe(WORDS), "t": maybe(WORDS),
            "d": maybe(DAYS), "e": maybe(DAYS), "b": maybe(st.booleans()),
        }
    ),
    min_size=1, max_size=8,
)  # fmt: skip
TERMS = st.one_of(*expressions(3).values())


@pytest.fixture(scope="module")
def base() -> Any:
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        yield connection


@given(TERMS, ROWS)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_duckdb_means_what_the_evaluator_means(base: Any, term: Term, rows: list[Row]) -> None:
    if len(term.text) > 2000:
        return
    sql = to_sql(parse(term.text, SCHEMA))
    base.register(
        "rows", pa.Table.from_pylist([{**row, "n": n} for n, row in enumerate(rows)], ARROW.append(pa.field("n", pa.int64())))
    )
    found = [value for (value,) in base.execute(f"SELECT {sql} FROM rows ORDER BY n").fetchall()]
    wanted = [term.value(row) for row in rows]
    assert [_plain(value) for value in found] == [_plain(value) for value in wanted], (term.text, sql)


def _plain(value: Any) -> Any:
    return value + 0.0 if isinstance(value, float) else value


@pytest.mark.parametrize(
    ("birth", "on", "years"),
    [
        ("2010-09-01", "2020-09-01", 10),
        ("2010-09-02", "2020-09-01", 9),
        ("2012-02-29", "2021-02-28", 8),
        ("2012-02-29", "2021-03-01", 9),
    ],
)
def test_age_is_in_completed_years(base: Any, birth: str, on: str, years: int) -> None:
    expr = parse(f"age_on(DATE '{birth}', DATE '{on}')", {})
    assert base.execute(f"SELECT {to_sql(expr)}").fetchall() == [(years,)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("CAST('12' AS integer)", 12), ("CAST(' 12' AS integer)", None), ("CAST('1e3' AS integer)", None),
        ("CAST('0x1F' AS integer)", None),
        ("CAST('-1.25' AS number)", -1.25), ("CAST('1_000' AS number)", None), ("CAST(trim('2020-02-30') AS date) IS NULL", True),
        ("round(2.675, 2)", Decimal("2.68")), ("round(CAST(2.675 AS number), 2)", 2.68), ("round(-2.5)", -3), ("10 / 0", None),
        ("1 / 3", 1 / 3), ("CAST('1.005' AS decimal(2))", Decimal("1.01")), ("matches('ab', 'a')", False),
        ("least(NULL, 2)", 2), ("CAST(0.1 AS number) + CAST(0.2 AS number)", 0.1 + 0.2), ("upper('жқ')", "ЖҚ"),
    ],
)  # fmt: skip
def test_meanings_at_the_edges(base: Any, text: str, value: Any) -> None:
    assert base.execute(f"SELECT {to_sql(parse(text, {}))}").fetchall() == [(value,)]


def test_sums_of_numbers_do_not_depend_on_the_order(base: Any) -> None:
    expr = parse("sum(x)", {"x": NUMBER}, mode="aggregate")
    values = [0.1, 1e9, -1e9, 0.2, 0.3, 1 / 3] * 50
    results = set()
    for order in (values, values[::-1], sorted(values)):
        base.register("numbers", pa.table({"x": order}))
        results.add(base.execute(f"SELECT {to_sql(expr)} FROM numbers").fetchall()[0][0])
    assert len(results) == 1
    assert results.pop() == pytest.approx(math.fsum(values), abs=1e-9)
