"""The finest cells of every submission, cached under its digest: figures are right again as soon as a revision arrives.

A submission never changes, so its cells never do. The totals of every cut are kept beside the cells; a revision takes the
cells of the old submission out of the totals and puts those of the new one in. Sums are of integers and decimals, so this is
exact: the facts are those of a full computation. Quantiles and distinct values are no sums: indicators with them are left
out here and computed at the freeze.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlglot import exp

from sapa.errors import EngineError, UserError
from sapa.formula import BOOLEAN, INTEGER, Node
from sapa.indicators.engines.duckdb import query, session
from sapa.indicators.facts import facts_from_cells
from sapa.indicators.plan import Measure, Plan
from sapa.indicators.sql import coded, column
from sapa.indicators.statement import SUBMISSION, finish, fold, roll_up

DIGEST = "_digest"
PRESENT = "_rows"
_GROUP_ROWS = 20_000


def mergeable_plan(plan: Plan) -> Plan:
    """The indicators of the plan that can be had from cells, with what is needed to take cells out again.

    ``_rows`` counts the rows of a cell (a cell without rows is gone), ``_n_M`` the values in the sum M (a sum of none is null).
    """
    names = {measure.name for measure in plan.mergeable}
    indicators = tuple(item for item in plan.indicators if item.measures() <= names)
    wanted = frozenset().union(*(item.measures() for item in indicators)) if indicators else frozenset()
    measures = [measure for measure in plan.mergeable if measure.name in wanted]
    extra = [Measure(PRESENT, "count_all", None, INTEGER)]
    for measure in measures:
        if measure.op == "sum" and measure.node is not None:
            present = Node("not", BOOLEAN, (Node("is_null", BOOLEAN, (measure.node,)),))
            extra.append(Measure(f"_n_{measure.name}", "count_if", present, INTEGER))
    return replace(plan, indicators=indicators, measures=(*measures, *extra))


class CellStore:
    """Cells on disk under ``folder``, totals in memory. One store belongs to one plan: another plan has another folder."""

    def __init__(self, folder: str | Path, plan: Plan) -> None:
        self.plan = mergeable_plan(plan)
        self.folder = Path(folder) / self.plan.cells_digest
        self.current: set[str] = set()
        self._base: set[str] = set()
        self._totals: pa.Table | None = None
        self._open = ExitStack()
        if (self.folder / "state.json").is_file():
            self._base = set(json.loads((self.folder / "base.json").read_text()))
            state = json.loads((self.folder / "state.json").read_text())
            self.current = (self._base - set(state["gone"])) | set(state["new"])
            self._totals = self.recompute()

    def build(self, source: Any, digests: Mapping[int, str] | Sequence[str], **options: Any) -> None:
        """Fold the rows of many submissions at once; ``digests`` gives each ``_submission`` index its digest."""
        with session(source, **options) as connection:
            cells = query(connection, fold(self.plan, "duckdb", by_submission=True).sql(dialect="duckdb"))
        indexes = cells[SUBMISSION].combine_chunks()
        names = dict(digests) if isinstance(digests, Mapping) else dict(enumerate(digests))
        table = pa.array([names[index] for index in range(max(names, default=-1) + 1)] if names else [], pa.string())
        cells = cells.drop_columns([SUBMISSION]).append_column(DIGEST, pc.take(table, indexes))
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(cells.sort_by(DIGEST), self.folder / "base.parquet")
        _write_json(sorted(names.values()), self.folder / "base.json")
        self._base = set(names.values())
        self.current = set(names.values())
        self._totals = self._roll(cells)
        self._save()

    def replace(self, old: str | None, rows: Any, new: str | None) -> None:
        """A revision: submission ``old`` (digest, ``None`` for a unit's first) gives way to ``new`` with its ``rows``.

        ``rows`` is a Parquet path, a table or a data set; ``None`` with ``new=None`` withdraws the submission. Cells already
        stored under ``new`` are used as they are. Raises ``UserError`` where ``old`` is not part of the figures.
        """
        if old is not None and old not in self.current:
            raise UserError(f"submission {old[:12]}… is not part of these figures", todo="build the cells again")
        if new is not None and new in self.current:
            raise UserError(f"submission {new[:12]}… is already part of these figures", todo="nothing is to be done")
        removed = self._cells([old]) if old is not None else None
        added = self._folded(new, rows) if new is not None else None
        self.current = (self.current - {old}) | ({new} if new is not None else set())
        if any(measure.op in ("min", "max") for measure in self.plan.measures):
            self._totals = self.recompute()
        else:
            self._totals = self._moved(added, removed)
        self._save()

    def facts(self, *, snapshot: str = "", provisional: bool = True) -> pa.Table:
        """Facts of all indicators that cells can give, from the totals."""
        wide = query(self._with(rows=self._known()), self._finish_sql)
        return facts_from_cells(self.plan, wide, snapshot=snapshot, provisional=provisional)

    def recompute(self) -> pa.Table:
        """The totals from the cells of all current submissions."""
        return self._roll(self._cells(self.current))

    def _known(self) -> pa.Table:
        if self._totals is None:
            raise UserError("the store has no cells yet", todo="build it from a snapshot or from the submissions")
        return self._totals

    def _folded(self, digest: str, rows: Any) -> pa.Table:
        if not digest.isalnum():
            raise UserError(f"'{digest[:80]}' is not a digest", todo="give the SHA-256 of the submission's canonical bytes")
        path = self.folder / f"{digest}.parquet"
        if digest in self._base or path.is_file():
            return self._cells([digest])
        if rows is None:
            raise UserError(f"no rows are given for submission {digest[:12]}…", todo="give the rows of the revision")
        if isinstance(rows, pa.Table):
            cells = query(self._with(rows=rows), self._fold_sql)
        else:
            with session(rows) as connection:
                cells = query(connection, self._fold_sql)
        cells = cells.append_column(DIGEST, pa.repeat(pa.scalar(digest), cells.num_rows))
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(cells, path)
        return cells

    def _cells(self, digests: Iterable[str]) -> pa.Table:
        wanted = set(digests)
        own = (self.folder / f"{digest}.parquet" for digest in sorted(wanted - self._base))
        parts = [pq.read_table(path, page_checksum_verification=True) for path in own]
        from_base = wanted & self._base
        if from_base:
            some = None if from_base == self._base else [(DIGEST, "in", from_base)]
            parts.append(pq.read_table(self.folder / "base.parquet", filters=some, page_checksum_verification=True))
        if not parts:
            raise EngineError("no cells are asked for", todo="report it")
        return pa.concat_tables(parts)

    def _roll(self, cells: pa.Table) -> pa.Table:
        with session(cells) as connection:
            return query(connection, self._rolled("rows").sql(dialect="duckdb"))

    def _rolled(self, source: str) -> exp.Query:
        carried = [column(measure.name) for measure in self.plan.measures]
        return roll_up(self.plan, "duckdb").with_("coded", as_=coded(self.plan, source, carried), copy=False)

    # The statements of a store never change: making them takes longer than running them.

    @cached_property
    def _fold_sql(self) -> str:
        return fold(self.plan, "duckdb").sql(dialect="duckdb")

    @cached_property
    def _finish_sql(self) -> str:
        return finish(self.plan, "duckdb", "rows").sql(dialect="duckdb")

    @cached_property
    def _delta_sql(self) -> str:
        return self._rolled("changed").sql(dialect="duckdb")

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """One connection for all small statements: they are over before a second thread would have started."""
        return self._open.enter_context(session(threads=1))

    def _with(self, **tables: pa.Table) -> duckdb.DuckDBPyConnection:
        """The connection, with these tables in view."""
        for name, table in tables.items():
            self._connection.register(name, table)
        return self._connection

    def close(self) -> None:
        """Close the connection; the cells stay."""
        self._open.close()
        self.__dict__.pop("_connection", None)

    def _moved(self, added: pa.Table | None, removed: pa.Table | None) -> pa.Table:
        """The totals with cells added and removed."""
        some = added if added is not None else removed
        if some is None:
            return self._known()
        nothing = some.slice(0, 0)
        tables = {"added": added if added is not None else nothing, "removed": removed if removed is not None else nothing}
        return query(self._with(rows=self._known(), **tables), self._merged_sql)

    @cached_property
    def _changed_sql(self) -> str:
        keys = "".join(f"{base.name}, " for base in self.plan.bases)
        plus = ", ".join(f'"{measure.name}"' for measure in self.plan.measures)
        minus = ", ".join(f'-"{measure.name}"' for measure in self.plan.measures)
        return f"SELECT {keys}{plus} FROM added UNION ALL SELECT {keys}{minus} FROM removed"  # noqa: S608

    @cached_property
    def _merged_sql(self) -> str:
        """Totals and changes added up; a sum of no values is null, a cell of no rows is gone (the total stays)."""
        columns = []
        for measure in self.plan.measures:
            quoted = f'"{measure.name}"'
            total = f"sum({quoted})"
            if measure.op == "sum":
                total = f'CASE WHEN sum("_n_{measure.name}") > 0 THEN {total} END'
            columns.append(f"CAST({total} AS {_sql_type(self._known(), measure.name)}) AS {quoted}")
        dimensions = [f'"{name}"' for name in self.plan.dimension_ids]
        listed = "".join(f"{name}, " for name in dimensions)
        group = f"GROUP BY {', '.join(dimensions)}" if dimensions else ""
        whole = " AND ".join(f"{name} IS NULL" for name in dimensions) or "true"
        before = f"WITH changed AS ({self._changed_sql}), delta AS ({self._delta_sql}), "
        both = "summed AS (SELECT * FROM rows UNION ALL BY NAME SELECT * FROM delta)"
        kept = f'HAVING sum("{PRESENT}") > 0 OR ({whole})'
        return f"{before}{both} SELECT {listed}{', '.join(columns)} FROM summed {group} {kept}"  # noqa: S608

    def _save(self) -> None:
        state = {"gone": sorted(self._base - self.current), "new": sorted(self.current - self._base)}
        _write_json(state, self.folder / "state.json")


def _write_json(content: object, path: Path) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(content))
    partial.replace(path)


def _sql_type(table: pa.Table, name: str) -> str:
    kind = table.schema.field(name).type
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return "BIGINT"


def _write(table: pa.Table, path: Path) -> None:
    partial = path.with_name(path.name + ".partial")
    pq.write_table(table, partial, compression="zstd", row_group_size=_GROUP_ROWS, write_page_checksum=True)
    partial.replace(path)
