"""What the language takes, what it refuses, and how it says so."""

from __future__ import annotations

import time
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapa.formula import (
    BOOLEAN,
    DATE,
    FUNCTIONS,
    INTEGER,
    NUMBER,
    STRING,
    FormulaError,
    compile,
    decimal,
    parse,
    to_sql,
)

SCHEMA = {
    "pupils": INTEGER, "teachers": INTEGER, "cost": decimal(2), "rate": decimal(4), "name": STRING, "birth": DATE,
    "ratio": NUMBER, "urban": BOOLEAN, "prev.pupils": INTEGER,
}  # fmt: skip
COLUMNS = {
    "pupils": "BIGINT", "teachers": "BIGINT", "cost": "DECIMAL(28,2)", "rate": "DECIMAL(28,4)", "name": "VARCHAR",
    "birth": "DATE", "ratio": "DOUBLE", "urban": "BOOLEAN",
}  # fmt: skip
SQL_TYPES = {"integer": "BIGINT", "number": "DOUBLE", "string": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE"}

EXAMPLES = {
    # one call of every function of the closed list, and the operators
    "coalesce": "coalesce(pupils, 0)",
    "nullif": "nullif(pupils, 0)",
    "abs": "abs(cost)",
    "round": "round(ratio, 2)",
    "floor": "floor(cost)",
    "ceil": "ceil(ratio)",
    "least": "least(pupils, teachers, 3)",
    "greatest": "greatest(cost, 1.5)",
    "length": "length(name)",
    "lower": "lower(name)",
    "upper": "upper(name)",
    "trim": "trim(name)",
    "substr": "substr(name, 2, 3)",
    "matches": "matches(name, '[a-z]+')",
    "year": "year(birth)",
    "month": "month(birth)",
    "day": "day(birth)",
    "days_between": "days_between(birth, DATE '2020-09-01')",
    "age_on": "age_on(birth, DATE '2020-09-01')",
    "sum": "sum(cost)",
    "count": "count(pupils)",
    "count_if": "count_if(urban)",
    "count_distinct": "count_distinct(name)",
    "avg": "avg(ratio)",
    "min": "min(birth)",
    "max": "max(pupils)",
}
OPERATORS = [
    ("pupils + 1", "integer"), ("cost - 0.005", "decimal(3)"), ("cost * rate", "decimal(6)"), ("cost * 12", "decimal(2)"),
    ("pupils / teachers", "number"), ("cost / pupils * 100", "number"), ("-ratio", "number"), ("pupils <> 1", "boolean"),
    ("name IN ('a', 'b''c')", "boolean"), ("pupils NOT BETWEEN 1 AND 5", "boolean"), ("name IS NOT NULL", "boolean"),
    ("CASE WHEN urban THEN 1 END", "integer"), ("CASE name WHEN 'x' THEN 1.5 ELSE 2 END", "decimal(1)"),
    ("CAST(name AS integer)", "integer"), ("CAST(pupils AS number) + ratio", "number"),
    ("CAST(ratio AS decimal(3))", "decimal(3)"),
    ("CAST(name AS date) < birth", "boolean"), ("NOT urban AND (pupils > 1 OR teachers < 2)", "boolean"),
    ("ratio > 1e-9", "boolean"), ('"pupils" = 1', "boolean"), ("coalesce(NULL, cost)", "decimal(2)"), ("round(cost)", "integer"),
    ("urban = TRUE", "boolean"), ("rate + cost", "decimal(4)"), ("cast(urban as integer)", "integer"),
]  # fmt: skip


def _typeof(sql: str) -> str:
    table = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in COLUMNS.items())
    with duckdb.connect() as base:
        return str(base.execute(f"SELECT typeof({sql}) FROM (SELECT {table})").fetchall()[0][0])


def test_every_function_of_the_list_has_an_example() -> None:
    assert set(EXAMPLES) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_duckdb_gives_a_function_the_type_the_checker_says(name: str) -> None:
    expr = parse(EXAMPLES[name], SCHEMA, mode=FUNCTIONS[name].mode)
    wanted = SQL_TYPES.get(expr.type.kind) or f"DECIMAL(28,{expr.type.scale})"
    assert _typeof(to_sql(expr)) == wanted
    assert to_sql(expr, "spark")


@pytest.mark.parametrize(("text", "kind"), OPERATORS)
def test_duckdb_gives_an_operator_the_type_the_checker_says(text: str, kind: str) -> None:
    expr = parse(text, SCHEMA)
    assert str(expr.type) == kind
    assert _typeof(to_sql(expr)) == (SQL_TYPES.get(expr.type.kind) or f"DECIMAL(28,{expr.type.scale})")


def test_division_casts_and_guards() -> None:
    assert to_sql(parse("pupils / teachers", SCHEMA)) == '(CAST("pupils" AS DOUBLE) / NULLIF("teachers", 0))'


def test_the_expression_knows_its_fields_and_aggregates() -> None:
    expr = parse("(sum(pupils) + sum(pupils)) / count_if(urban AND pupils > 1)", SCHEMA, mode="aggregate")
    assert expr.fields == {"pupils", "urban"}
    assert [node.op for node in expr.aggregates] == ["sum", "count_if"]


def test_columns_can_be_given() -> None:
    made = compile(parse("pupils - prev.pupils", SCHEMA), columns={"pupils": "t.a", "prev.pupils": "p.a"})
    assert made.sql(dialect="duckdb") == "(t.a - p.a)"


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 1, ["empty"]),
        ("pupils +", 8, ["not an expression"]),
        ("pupils + ratio", 1, ["integer", "number", "CAST"]),
        ("pupils > 1.5", 1, ["integer", "decimal(1)"]),
        ("pupils + name", 1, ["integer", "string"]),
        ("birth < '2020-01-01'", 1, ["date", "string", "DATE '2020-09-01'"]),
        ("1 + pupil", 5, ["pupil", "did you mean 'pupils'"]),
        ("sum(pupils)", 1, ["sum", "many rows"]),
        ("sleep(10)", 1, ["unknown function", "sleep"]),
        ("pupils; DROP TABLE x", 7, [";"]),
        ("pupils -- x", 1, ["comment"]),
        ("pupils::int", 7, ["::"]),
        ("name LIKE 'a%'", 6, ["matches"]),
        ("count(DISTINCT name)", 1, ["count"]),
        ("pupils = NULL", 1, ["IS NULL"]),
        ("CAST(name AS blob)", 14, ["blob"]),
        ("CAST(cost AS decimal)", 14, ["scale"]),
        ("matches(name, '(a)\\1')", 1, ["regular expression"]),
        ("matches(name, '(?=a)')", 1, ["group modifier"]),
        ("pupils IN (teachers)", 1, ["literals"]),
        ("pupils IN (SELECT 1)", 12, ["query"]),
        ("pupils AND urban", 1, ["boolean", "integer"]),
        ("rate * rate", 1, ["digits after the point"]),
        ("prev.name", 1, ["unknown field 'prev.name'"]),
        ("a.b.pupils", 1, ["unknown field 'a'"]),
        ("round(ratio, 13)", 1, ["round", "0–12"]),
        ("CASE WHEN urban THEN 1 ELSE 'x' END", 11, ["string", "integer"]),
        ("null", 1, ["always null"]),
        ("9999999999999999999", 1, ["too many digits"]),
        ("1e999", 1, ["too large"]),
        ("DATE '2020-02-30'", 6, ["not a date"]),
        ("current_date", 1, ["unknown field"]),
    ],
)
def test_refusals_say_where_and_what(text: str, position: int, words: list[str]) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text, SCHEMA)
    assert [word for word in words if word not in str(caught.value)] == []
    assert caught.value.position == position
    assert caught.value.todo


def test_aggregates_do_not_nest_and_rows_do_not_stand_bare() -> None:
    for text, word in (("sum(count(pupils))", "another aggregate"), ("sum(pupils) / pupils", "outside an aggregate")):
        with pytest.raises(FormulaError, match=word):
            parse(text, SCHEMA, mode="aggregate")


BOMBS = [
    "(" * 100_000,
    "(" * 990 + "1" + ")" * 990,
    "NOT " * 490 + "urban",
    "-" * 1900 + "1",
    "- " * 900 + "1",
    "+".join(["1"] * 990),
    "CASE WHEN " * 150 + "urban",
    "coalesce(" * 200 + "1" + ")" * 200,
    "pupils=" * 280 + "1",
    "'" + "a" * 1990 + "'",
    "matches(name, '" + "(" * 180 + "')",
    "matches(name, '" + "(a{1000}){1000}" + "')",
    "pupils IN (" + ",".join(["1"] * 900) + ")",
    "urban OR " * 200 + "urban",
    "\x00" * 100,
    "“pupils” + 1",
    "$$pupils$$",
    "U&'\\0041' = name",
    "x'41'",
    "pupils\r\n;\r\nselect",
]


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
def test_bombs_are_refused_at_once(bomb: str) -> None:
    started = time.perf_counter()
    with pytest.raises(FormulaError):
        parse(bomb + ("" if bomb[:1] != "'" else " = 1"), SCHEMA)
    assert time.perf_counter() - started < 0.5


_PIECES = st.sampled_from(
    [*SCHEMA, *EXAMPLES, "(", ")", ",", "+", "-", "*", "/", "=", "<", "'", '"', "''", "--", "/*", ";", "NOT", "AND", "IN", "CASE",
     "WHEN", "END", "IS", "NULL", "CAST(", "AS", "decimal(2)", "1", "1.5", "1e5", "SELECT", "::", "[", "{", "$$",
     "DATE '2020-01-01'",
     "OVER ()", "\\", "\n", "é", "\U0001f600", "@", "?", ":x", "%", "||", "*)", ".", "prev."]
)  # fmt: skip


@given(
    st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=60).map(" ".join), st.lists(_PIECES, max_size=60).map("".join))
)
@settings(max_examples=400, deadline=1000)
def test_hostile_text_gives_an_expression_or_a_formula_error(text: str) -> None:
    for mode in ("scalar", "aggregate"):
        try:
            expr = parse(text, SCHEMA, mode=mode)  # type: ignore[arg-type]
        except FormulaError:
            continue
        assert to_sql(expr)
        assert to_sql(expr, "spark")


@given(st.integers(-(10**27), 10**27), st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_a_decimal_becomes_the_nearest_double(digits: int, scale: int) -> None:
    """Python's ``float`` of a Decimal is the nearest double; around 2**53 the compiled text takes another way."""
    schema = {"x": decimal(scale)}
    sql = to_sql(parse("CAST(x AS number)", schema))
    for unscaled in {digits, digits % 2**53, 2**53, 2**53 + 1, -(2**53) - 1, digits // 10**12}:
        value = Decimal(unscaled).scaleb(-scale)
        with duckdb.connect() as connection:
            connection.register("rows", pa.table({"x": pa.array([value], pa.decimal128(28, scale))}))
            assert connection.execute(f"SELECT {sql} FROM rows").fetchall() == [(float(value),)]
