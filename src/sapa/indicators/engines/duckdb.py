"""The embedded engine: one statement over the rows, in bounded memory, with no door to the outside open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from sapa.errors import EngineError, UserError
from sapa.formula import compile_node
from sapa.indicators.facts import facts_from_cells
from sapa.indicators.grouping import WORTH_ASKING, Groups, can_group, group_cuts
from sapa.indicators.plan import Plan
from sapa.indicators.statement import ROWS, statement, steps

Source = "str | Path | pa.Table | Any"
MEMORY_LIMIT = "768MB"


@contextmanager
def session(
    source: Any = None, *, threads: int | None = None, memory_limit: str = MEMORY_LIMIT
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that sees nothing but the source, as the table ``rows``.

    ``source`` is the path of a Parquet file, a ``pyarrow.Table`` or a ``pyarrow.dataset.Dataset`` (of any file system, so
    that no extension of DuckDB is needed). Raises ``UserError`` where the file is missing.
    """
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"SET memory_limit = '{_checked(memory_limit)}'")
        connection.execute("SET preserve_insertion_order = false")
        if threads is not None:
            connection.execute(f"SET threads = {int(threads)}")
        path = Path(source).resolve() if isinstance(source, str | Path) else None
        if path is not None:
            if not path.is_file():
                raise UserError(f"there are no rows at {path}", todo="freeze first: the snapshot holds rows/<dataset>.parquet")
            connection.execute("SET allowed_paths = [$path]".replace("$path", _quoted(str(path))))
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        if path is not None:
            connection.execute(f"CREATE VIEW {ROWS} AS SELECT * FROM read_parquet({_quoted(str(path))})")  # noqa: S608
        elif source is not None:
            connection.register(ROWS, source)
        yield connection
    finally:
        connection.close()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _checked(limit: str) -> str:
    if not limit.replace(".", "").rstrip("KMGTiB%").isdigit():
        raise UserError(f"'{limit}' is not an amount of memory", todo="write e.g. 768MB or 2GB")
    return limit


def run(
    plan: Plan,
    source: Any,
    *,
    snapshot: str = "",
    provisional: bool = False,
    threads: int | None = None,
    memory_limit: str = MEMORY_LIMIT,
) -> pa.Table:
    """Facts of the plan over the rows. The result does not depend on the number of threads.

    Raises ``UserError`` where the rows lack a column or a figure is out of range, ``EngineError`` on what we must mend.
    """
    with session(source, threads=threads, memory_limit=memory_limit) as connection:
        check_columns(plan, connection)
        # Where rows come from afar, looking at a sample of them first would fetch them twice.
        near = isinstance(source, str | Path | pa.Table)
        wide = _computed(connection, plan, _groups(connection, plan) if near else ())
    return facts_from_cells(plan, wide, snapshot=snapshot, provisional=provisional)


def _groups(connection: duckdb.DuckDBPyConnection, plan: Plan) -> Groups:
    """The cuts to fold together, by the number of values that each base has in a twentieth of the rows."""
    rows = int(connection.execute(f"SELECT count(*) FROM {ROWS}").fetchall()[0][0])  # noqa: S608
    if rows < WORTH_ASKING or not can_group(plan):
        return ()
    counted = ", ".join(f"approx_count_distinct({compile_node(base.node).sql(dialect='duckdb')})" for base in plan.bases)
    sample = f"SELECT {counted} FROM {ROWS} TABLESAMPLE SYSTEM (5 PERCENT) REPEATABLE (1)"  # noqa: S608
    with _failures():
        found = connection.execute(sample).fetchall()[0]
    return group_cuts(plan, rows, {base.name: int(size) for base, size in zip(plan.bases, found, strict=True)})


def _computed(connection: duckdb.DuckDBPyConnection, plan: Plan, groups: Groups) -> pa.Table:
    """The wide table: one statement where one fold serves all, else step by step, so that one fold at a time is in memory."""
    if not plan.holistic:
        return query(connection, statement(plan, groups=groups).sql(dialect="duckdb"), ordered=False)
    *before, (_, last) = steps(plan, groups=groups)
    for name, step in before:
        execute(connection, f"CREATE TEMP TABLE {name} AS {step.sql(dialect='duckdb')}")
    return query(connection, last.sql(dialect="duckdb"), ordered=False)


def query(connection: duckdb.DuckDBPyConnection, sql: str, *, ordered: bool = True) -> pa.Table:
    """Run a statement that we made; failures become ours. ``ordered=False`` where the order of rows says nothing."""
    if not ordered:
        # A relation is planned twice, a statement once: for a wide statement that is a tenth of its time.
        execute(connection, f"CREATE OR REPLACE TEMP TABLE result AS {sql}")
        sql = "FROM result"
    with _failures():
        return connection.sql(sql).to_arrow_table()


def execute(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Run a statement that we made and that gives no rows; failures become ours."""
    with _failures():
        connection.execute(sql)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise UserError(
            f"a figure is out of range: {_first(error)}", todo="find the absurd value in the rows and correct it"
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise UserError(f"not enough memory: {_first(error)}", todo="give more with --memory, or use the Spark engine") from error
    except duckdb.Error as error:
        if isinstance(error, duckdb.InvalidInputException) and "failed: IOError" in str(error):  # what Arrow read for it
            raise UserError(
                f"the rows can't be read as they were frozen: {_first(error).rpartition('IOError: ')[2]}",
                todo="find what was changed with sapa verify; take the snapshot from a copy",
            ) from error
        raise EngineError(f"DuckDB refused our statement: {_first(error)}", todo="report it with `sapa explain`") from error


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]


def check_columns(plan: Plan, connection: duckdb.DuckDBPyConnection) -> None:
    """Raise ``UserError`` where the rows lack a column that the plan reads."""
    found = {row[0] for row in connection.execute(f"SELECT column_name FROM (DESCRIBE {ROWS})").fetchall()}  # noqa: S608
    absent = [name for name in plan.columns if name not in found]
    if absent:
        raise UserError(
            f"the rows of {plan.dataset} have no column {', '.join(absent)}",
            todo="compute with the pack version the snapshot was frozen with",
        )
