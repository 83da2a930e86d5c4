"""DuckDB and Spark give the same facts, bit for bit: over the whole closed list of functions and every pack's indicators."""

from __future__ import annotations

import random
import shutil
import struct
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as pad
import pyarrow.parquet as pq
import pytest
from pyarrow import fs
from tests.indicators.double import PACK, learners

from sapa.errors import UserError
from sapa.formula import FUNCTIONS, Node, parse, to_sql
from sapa.formula.types import BOOLEAN, DATE, INTEGER, NUMBER, STRING, FormulaType, decimal
from sapa.indicators.engines import duckdb as duck
from sapa.indicators.engines import spark
from sapa.indicators.plan import Plan
from sapa.indicators.planner import measured_indicators, plan
from sapa.packs.loader import Pack, load_pack

ROOT = Path(__file__).resolve().parents[2]
MASTER = "local[2]"
READY = shutil.which("java") is not None and find_spec("pyspark") is not None
pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.skipif(not READY, reason="Spark's contract needs Java 17 and the extra sapa[spark]"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    yield spark.session(MASTER)
    spark.stop()


# the closed list of functions

SCHEMA: dict[str, FormulaType] = {
    "s": STRING, "r": STRING, "i": INTEGER, "j": INTEGER, "d0": decimal(0), "d2": decimal(2), "e2": decimal(2),
    "d3": decimal(3), "d6": decimal(6), "n": NUMBER, "m": NUMBER, "b": BOOLEAN, "c": BOOLEAN, "t": DATE, "u": DATE,
}  # fmt: skip

TEXTS = [
    "", " ", "a", "  a b  ", "\ta\u00a0", "a\nb", "a\r", "a'b\\c\"d", "Школа №1", "ӘҚҢҺ ў ґ ї", "ŉß İΣΑΣ ǅ ﬁ ᾳ", "ΟΔΟΣ",
    "𝒳é", "e\u0301", "1", "-0", "007", "-12", "999999999999999999", "1.005", "-1.005", "2.5", "-12.5", "1e3", " 1", "0.1",
    "2024-02-29", "2023-02-29", "0001-01-01", "1582-10-10", "9999-12-31", "2024-2-9", "[x]", "{a", "a&b", "A-1", "\x0b", "é b",
]  # fmt: skip
INTEGERS = [0, 1, -1, 2, 7, -13, 100, 2**31, -(2**31), 10**12, -(10**12), 3037000499]
NUMBERS = [
    0.0, 0.1, -0.1, 0.5, -0.5, 2.5, -2.5, 1.005, -1.005, 1 / 3, -2 / 3, 1e-7, 5e-324, 1.0000000000005, 0.1234567890125, 99.995,
    123456.789, -987654.321, 4503599627370497.5, 1e15, -1e15, 2.2250738585072014e-308, 1.1e-5, 2.0e-3, 8.41e7, 1e12 + 0.5,
]  # fmt: skip
CENTS = [Decimal(text) for text in ("0", "0.01", "-0.01", "0.05", "1.005", "2.50", "-2.50", "99999999.99", "-12345.67", "1E+10")]
DATES = [
    date(2024, 2, 29), date(2023, 2, 28), date(2023, 3, 1), date(2000, 2, 29), date(1900, 3, 1), date(1, 1, 1),
        date(9999, 12, 31),
    date(1582, 10, 4), date(1582, 10, 15), date(1970, 1, 1), date(2012, 12, 31), date(2016, 9, 1), date(1969, 12, 31),
]  # fmt: skip
POOLS: dict[str, list[Any]] = {"string": TEXTS, "integer": INTEGERS, "number": NUMBERS, "boolean": [True, False], "date": DATES}
ARROW = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "date": pa.date32()}


def _arrow(kind: FormulaType) -> pa.DataType:
    return pa.decimal128(28, kind.scale) if kind.kind == "decimal" else ARROW[kind.kind]


def _pool(kind: FormulaType) -> list[Any]:
    if kind.kind != "decimal":
        return POOLS[kind.kind]
    return [value.quantize(Decimal(1).scaleb(-kind.scale)) for value in CENTS]


def edge_rows(count: int = 400, seed: int = 5) -> pa.Table:
    """Every edge at least once in each column, then mixtures; one in eight is null; group 9 has nothing but nulls."""
    draw = random.Random(seed)
    columns: dict[str, Any] = {"id": pa.array(range(count), pa.int64())}
    groups = [draw.randrange(8) for _ in range(count - 2)] + [9, 9]
    columns["g"] = pa.array(groups, pa.int64())
    for name, kind in SCHEMA.items():
        pool = _pool(kind)
        values = [pool[place] if place < len(pool) else draw.choice(pool) for place in range(count)]
        draw.shuffle(values)
        values = [None if group == 9 or draw.random() < 0.125 else value for value, group in zip(values, groups, strict=True)]
        columns[name] = pa.array(values, _arrow(kind))
    return pa.table(columns)


PATTERNS = [
    "a.b", ".*", r"\d+", r"-?\d{1,3}", r"\w+", r".*\s.*", r"[\s]*", r"\S+", "[А-Яа-яӘҚ№0-9 ]+", r"\pL+", r"\p{Cyrillic}+.*",
    r"\P{Lu}*", "[[:alpha:]]+", "[[:^digit:]]*", "[[]x[]]", "[]x[]+", "[a&]+b", "{a", "^a$", r".*\bb\b.*", r"\v",
        "(a|b|)", "[^a]*",
    "A-[0-9]{1}", r".*'.*\\.*", "a{1,}", r"a\r",
]  # fmt: skip

SCALARS: dict[str, list[str]] = {
    "coalesce": ["coalesce(s, r, 'нет')", "coalesce(i, j)", "coalesce(d2, d6)", "coalesce(n, 0.5)",
                 "coalesce(t, DATE '2020-02-29')", "coalesce(b, c, TRUE)"],
    "nullif": ["nullif(i, 0)", "nullif(n, m)", "nullif(s, 'a')", "nullif(d2, 2.5)", "nullif(t, u)"],
    "abs": ["abs(i)", "abs(n)", "abs(d2)", "abs(d6)"],
    "round": ["round(n)", "round(n, 2)", "round(n, 12)", "round(d6)", "round(d6, 2)", "round(d3, 6)", "round(i, 1)",
        "round(n / 3.0, 9)"],
    "floor": ["floor(n)", "floor(d2)", "floor(d6)", "floor(i)"],
    "ceil": ["ceil(n)", "ceil(d2)", "ceil(d6)", "ceil(i)"],
    "least": ["least(i, j)", "least(n, m, 0.1)", "least(d2, d6)", "least(s, r)", "least(t, u)"],
    "greatest": ["greatest(i, j)", "greatest(n, m)", "greatest(d2, e2, 0.05)", "greatest(s, r)", "greatest(t, u)"],
    "length": ["length(s)"],
    "lower": ["lower(s)"],
    "upper": ["upper(s)"],
    "trim": ["trim(s)"],
    "substr": ["substr(s, 1, 2)", "substr(s, 2)", "substr(s, 3, 0)", "substr(s, 99, 5)", "substr(s, 1, 999999)"],
    "matches": [f"matches(s, '{pattern.replace(chr(39), chr(39) * 2)}')" for pattern in PATTERNS],
    "year": ["year(t)"],
    "month": ["month(t)"],
    "day": ["day(t)"],
    "days_between": ["days_between(t, u)", "days_between(DATE '2024-02-29', t)"],
    "age_on": ["age_on(t, u)", "age_on(t, DATE '2023-02-28')", "age_on(t, DATE '2024-02-29')"],
}  # fmt: skip
OPERATORS = [
    "i + j", "i - j", "i * 2", "i / j", "d2 / e2", "i / d2", "n / m", "n / 0", "i / 0", "d2 / d0", "n + m", "n - m", "n * m",
    "d2 + d3", "d2 - d6", "d2 * e2", "d2 * 3", "d3 * d3", "-n", "-i", "-d2", "n * 100.0 / m",
    "i < j", "n <= m", "s < r", "s > 'Я'", "d2 >= d6", "t <> u", "b = c", "i = 1", "d2 = 2.5",
    "b AND c", "b OR c", "NOT b", "s IS NULL", "n IS NOT NULL", "s IN ('a', 'Школа №1', '')", "i IN (1, 2, -1)",
    "i BETWEEN -1 AND 7", "CASE WHEN i > 0 THEN 'more' WHEN i < 0 THEN 'less' END", "CASE WHEN b THEN n ELSE m END",
    "CAST(i AS decimal(2))", "CAST(i AS number)", "CAST(i AS string)", "CAST(d6 AS decimal(2))", "CAST(d2 AS number)",
    "CAST(d6 AS number)", "CAST(n AS decimal(2))", "CAST(n AS decimal(6))", "CAST(n AS decimal(12))", "CAST(s AS integer)",
    "CAST(s AS decimal(2))", "CAST(s AS number)", "CAST(s AS date)", "CAST(t AS string)", "CAST(b AS integer)",
]  # fmt: skip
AGGREGATES: dict[str, list[str]] = {
    "sum": ["sum(i)", "sum(d2)", "sum(d6)", "sum(n)", "sum(n / 3.0)", "sum(CASE WHEN b THEN i END)"],
    "count": ["count(*)", "count(s)", "count(n)", "count(t)"],
    "count_if": ["count_if(b)", "count_if(i > 0 AND n < 1.0)", "count_if(matches(s, '[0-9]+'))"],
    "count_distinct": ["count_distinct(s)", "count_distinct(i)", "count_distinct(n)", "count_distinct(d2)", "count_distinct(t)"],
    "avg": ["avg(i)", "avg(d2)", "avg(d6)", "avg(n)"],
    "min": ["min(i)", "min(n)", "min(s)", "min(d2)", "min(t)"],
    "max": ["max(i)", "max(n)", "max(s)", "max(d2)", "max(t)"],
}


def bits(value: Any) -> Any:
    """A double as its bytes, so that -0.0 is not 0.0; anything else with its type."""
    return struct.pack(">d", value).hex() if isinstance(value, float) else (type(value), value)


def run_duck(rows: pa.Table, select: str) -> pa.Table:
    connection = duckdb.connect()
    connection.register("rows", rows)
    return connection.sql(f"SELECT {select}").to_arrow_table()


def run_spark(session: Any, rows: pa.Table, select: str, folder: Path) -> pa.Table:
    pq.write_table(rows, folder / "edges.parquet")
    session.read.parquet(f"file://{folder}/edges.parquet").createOrReplaceTempView("rows")
    return session.sql(f"SELECT {select}").toArrow()


def differences(formulas: list[str], one: pa.Table, two: pa.Table) -> list[str]:
    """One line for each formula whose results differ, with the first cell that does."""
    out = []
    assert one.num_rows == two.num_rows > 0
    for place, formula in enumerate(formulas):
        left, right = one[f"x{place}"], two[f"x{place}"]
        if left.type != right.type:
            out.append(f"{formula}: {left.type} / {right.type}")
            continue
        pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
        unlike = [(row, a, b) for row, (a, b) in enumerate(pairs) if bits(a) != bits(b)]
        if unlike:
            out.append(f"{formula}: {len(unlike)} cells, e.g. row {unlike[0][0]}: {unlike[0][1]!r} / {unlike[0][2]!r}")
    return out


def compare(session: Any, folder: Path, formulas: list[str], mode: Any, tail: str, rows: pa.Table | None = None) -> list[str]:
    rows = edge_rows() if rows is None else rows
    parsed = [parse(text, SCHEMA, mode=mode) for text in formulas]

    def select(dialect: str) -> str:
        return ", ".join(f"{to_sql(item, dialect)} AS x{place}" for place, item in enumerate(parsed)) + f" FROM rows {tail}"

    return differences(formulas, run_duck(rows, select("duckdb")), run_spark(session, rows, select("spark"), folder))


def test_every_function_of_the_closed_list_is_held() -> None:
    assert set(SCALARS) | set(AGGREGATES) == set(FUNCTIONS)


def test_scalar_functions_and_operators_agree_bit_for_bit(session: Any, tmp_path: Path) -> None:
    formulas = [text for texts in SCALARS.values() for text in texts] + OPERATORS
    assert compare(session, tmp_path, formulas, "scalar", "ORDER BY id") == []


@pytest.mark.parametrize("tail", ["GROUP BY g ORDER BY g", "", "WHERE g = 9", "WHERE g = 77"])
def test_aggregates_agree_bit_for_bit(session: Any, tmp_path: Path, tail: str) -> None:
    formulas = [text for texts in AGGREGATES.values() for text in texts]
    assert compare(session, tmp_path, formulas, "aggregate", tail) == []


def test_every_letter_of_unicode_has_one_case(session: Any, tmp_path: Path) -> None:
    codes = [code for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000 and code < 0xF0000]
    rows = pa.table({"id": pa.array(codes, pa.int64()), "s": pa.array([f"Α{chr(code)}" for code in codes])})
    assert compare(session, tmp_path, ["lower(s)", "upper(s)"], "scalar", "ORDER BY id", rows) == []


def test_numbers_near_a_tie_round_the_same_way(session: Any, tmp_path: Path) -> None:
    draw = random.Random(11)
    ties = [float(f"{draw.randrange(-(10**6), 10**6)}.{draw.randrange(10**k):0{k}d}5") for k in range(1, 9) for _ in range(4000)]
    free = [draw.uniform(-1, 1) * 10 ** draw.randrange(-12, 14) for _ in range(20000)]
    rows = pa.table({"id": pa.array(range(len(ties + free)), pa.int64()), "n": ties + free, "m": free + ties})
    formulas = [*(f"round(n, {digits})" for digits in range(0, 13, 2)), "CAST(n AS decimal(6))", "n / m", "floor(n)", "ceil(n)"]
    assert compare(session, tmp_path, formulas, "scalar", "ORDER BY id", rows) == []


@pytest.mark.parametrize("formula", ["i * i * i", "floor(n * 1e30)", "round(n * 1e30, 2)", "CAST(n * 1e30 AS decimal(2))"])
def test_a_figure_out_of_range_is_refused_by_both(session: Any, tmp_path: Path, formula: str) -> None:
    rows = pa.table({"id": [1], "i": [10**12], "n": [1e15]})
    with pytest.raises(duckdb.Error):
        run_duck(rows, f"{to_sql(parse(formula, SCHEMA), 'duckdb')} FROM rows")
    with pytest.raises(Exception) as caught:  # noqa: PT011
        run_spark(session, rows, f"{to_sql(parse(formula, SCHEMA), 'spark')} FROM rows", tmp_path)
    assert isinstance(spark._ours(caught.value), UserError), caught.value


def test_an_absurd_figure_is_the_users_to_mend(session: Any) -> None:
    rows = learners(50)
    absurd = rows.set_column(rows.schema.get_field_index("distance"), "distance", pa.array([1e30] * 50))
    for engine in (duck.run, spark.run):
        with pytest.raises(UserError, match="out of range"):
            engine(plan(PACK, "learners", None, "2020"), absurd)


# every pack's indicators


def nodes_of(planned: Plan) -> Iterator[Node]:
    waiting = [*(base.node for base in planned.bases), *(item.node for item in planned.measures if item.node)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.args)


def codes_of(pack: Pack, dataset_id: str, column: str, period: str) -> list[str]:
    """Codes of the list behind a column; a few made-up ones where there is none."""
    dataset = pack.dataset(dataset_id)
    if column.startswith("a_") and dataset.attributes_from:
        dataset, column = pack.dataset(dataset.attributes_from), column[2:]
    found = dataset.field(column)
    if found.code_list is None:
        return ["1", "2", "й", "ў-3", *(f"x{number}" for number in range(12))]
    return [*[item.code for item in pack.codelist(found.code_list, period).items][:40], "no-such-code"]


def made_rows(pack: Pack, planned: Plan, count: int = 600, seed: int = 3) -> pa.Table:
    """Rows for the columns a plan reads: codes of the lists, small and great figures, one in twelve null."""
    draw = random.Random(seed)
    types = {str(node.value): node.type for node in nodes_of(planned) if node.op == "column"}

    def value(name: str, kind: FormulaType, codes: list[str]) -> Any:
        if draw.random() < 0.08:
            return None
        if kind.kind == "string":
            return draw.choice(codes)
        if kind.kind == "date":
            return date(int(planned.period), 9, 15) - timedelta(days=draw.choice([draw.randrange(400), draw.randrange(25000)]))
        if kind.kind == "boolean":
            return draw.random() < 0.4
        if kind.kind == "integer":
            return draw.choice([0, draw.randrange(1, 13), draw.randrange(100)])
        if kind.kind == "decimal":
            return Decimal(draw.randrange(-100, 10**6)).scaleb(-kind.scale)
        return draw.choice([0.0, draw.random() * 10, draw.random() * 1e6])

    columns = {}
    for name in planned.columns:
        kind = types[name]
        codes = codes_of(pack, planned.dataset, name, planned.period) if kind.kind == "string" else []
        columns[name] = pa.array([value(name, kind, codes) for _ in range(count)], _arrow(kind))
    return pa.table(columns)


def _same(one: pa.Table, two: pa.Table) -> list[str]:
    """Cells that differ, as text: every column, doubles by their bits."""
    assert one.schema == two.schema
    out = []
    for name in one.column_names:
        pairs = zip(one[name].to_pylist(), two[name].to_pylist(), strict=True)
        out += [
            f"{one['indicator'][row]} row {row} {name}: {a!r} / {b!r}" for row, (a, b) in enumerate(pairs) if bits(a) != bits(b)
        ]
    return out


def datasets_of_packs() -> list[tuple[str, str]]:
    """(pack, data set) of every pack that has data sets with indicators, its own or another's."""
    out = []
    for path in sorted((ROOT / "packs").glob("*/pack.yaml")):
        pack = load_pack(path.parent.name)
        out += [(pack.id, item.id) for item in pack.datasets if measured_indicators(pack, item.id, "2024")]
    return out


@pytest.mark.parametrize(("pack_id", "dataset_id"), datasets_of_packs() if READY else [])
def test_every_pack_has_the_same_facts(session: Any, pack_id: str, dataset_id: str) -> None:
    pack = load_pack(pack_id)
    planned = plan(pack, dataset_id, None, "2024")
    rows = made_rows(pack, planned)
    one = duck.run(planned, rows, snapshot="root")
    two = spark.run(planned, rows, snapshot="root", master=MASTER)
    assert {item.id for item in measured_indicators(pack, dataset_id, "2024")} == set(one["indicator"].to_pylist())
    assert _same(one, two)[:5] == []


# sources


def test_a_file_a_folder_of_many_files_and_a_table_give_the_same_facts(session: Any, tmp_path: Path) -> None:
    planned = plan(PACK, "learners", None, "2020")
    rows = learners(300)
    for part in range(30):
        (tmp_path / "many [1]").mkdir(exist_ok=True)
        pq.write_table(rows.slice(part * 10, 10), tmp_path / "many [1]" / f"part-{part}.parquet")
    pq.write_table(rows, tmp_path / "one.parquet")
    expected = duck.run(planned, rows)
    assert expected.num_rows > 500
    for source in (tmp_path / "one.parquet", tmp_path / "many [1]", pad.dataset(rows)):
        assert _same(expected, spark.run(planned, source, master=MASTER)) == []


def test_an_object_store_gives_the_same_facts(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    moto = pytest.importorskip("moto.server")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        address, port = server.get_host_and_port()
        options = f"endpoint_override={address}:{port}&scheme=http&region=us-east-1"
        store, bucket = fs.FileSystem.from_uri(f"s3://rows?{options}&allow_bucket_creation=true")
        store.create_dir(bucket)
        rows = learners(200)
        pq.write_table(rows, f"{bucket}/part-1.parquet", filesystem=store)
        planned = plan(PACK, "learners", None, "2020")
        made = spark.run(planned, f"s3://rows/part-1.parquet?{options}", master=MASTER)
        assert _same(duck.run(planned, rows), made) == []
        with pytest.raises(UserError, match="no rows"):
            spark.run(planned, f"s3://rows/absent.parquet?{options}", master=MASTER)
    finally:
        server.stop()


def test_no_rows_still_have_a_total(session: Any) -> None:
    planned = plan(PACK, "learners", None, "2020")
    nothing = learners(5).slice(0, 0)
    expected = duck.run(planned, nothing)
    assert expected.num_rows == len(planned.indicators)
    assert _same(expected, spark.run(planned, nothing, master=MASTER)) == []


def test_what_is_missing_is_told(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan(PACK, "learners", None, "2020")
    with pytest.raises(UserError, match="no rows"):
        spark.run(planned, tmp_path / "absent.parquet", master=MASTER)
    with pytest.raises(UserError, match="no column"):
        spark.run(planned, learners(5).drop_columns(["sex"]), master=MASTER)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(UserError, match="Java"):
        spark.run(planned, learners(5), master=MASTER)


def test_a_flipped_bit_is_seen(session: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(learners(300), path, write_page_checksum=True, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    place = data.find(b"N1") + 1
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        spark.run(plan(PACK, "learners", None, "2020"), path, master=MASTER)
