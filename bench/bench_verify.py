"""Verify 15 rules over a million rows, row by row named, beside hand-written SQL, pandera and frictionless in the same run.

    python bench/bench_verify.py [--rows 1000000] [--runs 3] [--slice 20000] [--json]

Each contestant runs in a fresh process on the same rows, already in memory in the form it likes best (an Arrow table for Sapa
and the hand-written SQL, a Polars frame for pandera); wall time is taken inside it until every finding (row, rule) is in memory.
Reading and imports are not counted, for nobody but frictionless, which streams its file as it goes. Sapa, SQL and pandera must
find the same number for each rule. frictionless walks row by row in Python: it verifies only the first rows (as CSV, which it
reads best) and its time is scaled up; the line says so. Sapa also checks what its layout demands beyond the 15 rules (lengths of
texts) and prepares units, values and message arguments; the others return row and rule only.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

REGIONS = [f"r{number}" for number in range(7)]
RULES = (
    "school.required", "school.pattern", "learner-once", "region.code", "sex.code", "settlement.code", "grade.minimum",
    "grade.maximum", "mark.minimum", "mark.maximum", "hours.minimum", "age-fits-grade", "no-urban-boarding", "passed-of-taken",
    "mark-or-absence",
)  # fmt: skip


def generate(path: Path, rows: int) -> None:
    """Learners of 7,000 schools; about 0.2 % of the cells of every rule are wrong."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = np.random.default_rng(7)

    def spoil(values: Any, wrong: Any, share: float = 0.002) -> Any:
        out = values.copy()
        out[draw.random(rows) < share] = wrong
        return out

    grade = draw.integers(1, 12, rows)
    settlement = draw.choice(["urban", "rural"], rows)
    taken = draw.integers(0, 9, rows)
    absent = draw.integers(0, 20, rows)
    learner = np.array([f"p{number:09d}" for number in range(rows)])
    learner[draw.integers(1, rows, rows // 500)] = learner[0]
    school = np.array([f"S{number:04d}" for number in range(7000)])[np.sort(draw.integers(0, 7000, rows))]
    columns = {
        "school": pa.array(spoil(school, "X"), mask=draw.random(rows) < 0.001),
        "learner": pa.array(learner),
        "region": pa.array(spoil(draw.choice(REGIONS, rows), "r9")),
        "sex": pa.array(spoil(draw.choice(["F", "M"], rows), "X")),
        "settlement": pa.array(spoil(settlement, "town")),
        "grade": pa.array(spoil(spoil(grade, 0), 12)),
        "age": pa.array(spoil(grade + draw.integers(5, 9, rows), 40)),
        "mark": pa.array(spoil(spoil(draw.integers(1, 13, rows), 0), 13), mask=draw.random(rows) < 0.003),
        "absent": pa.array(absent + np.where(draw.random(rows) < 0.01, 20, 0)),
        "hours": pa.array(spoil(draw.integers(0, 40, rows) / 2, -1.0)),
        "boarding": pa.array(spoil((settlement == "rural") & (draw.random(rows) < 0.3), True)),
        "taken": pa.array(taken),
        "passed": pa.array(spoil(np.minimum(taken, draw.integers(0, 9, rows)), 9)),
    }
    pq.write_table(pa.table(columns), path, write_page_checksum=True)


def _dataset() -> tuple[Any, Any]:
    from sapa.packs.models_data import Dataset
    from sapa.packs.models_law import CodeList

    def codes(name: str, values: list[str]) -> CodeList:
        items = [{"code": value, "title": {"en": value}} for value in values]
        return CodeList.model_validate({"id": name, "clause": "b", "title": {"en": name}, "items": items})

    lists = {
        "region": codes("region", REGIONS),
        "sex": codes("sex", ["F", "M"]),
        "settlement": codes("settlement", ["urban", "rural"]),
    }

    class Lists:
        def codelist(self, element_id: str, period: str | None = None) -> CodeList:
            return lists[element_id]

    def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
        return {"id": name, "type": kind, "title": {"en": name}, "concept": name, **more}

    def rule(name: str, kind: str, fields: list[str], **more: Any) -> dict[str, Any]:
        words = {part: {"en": part} for part in ("cause", "message", "remedy")}
        return {"id": name, "clause": "b", "severity": "explain", "kind": kind, "fields": fields, **words, **more}

    definition = {
        "id": "learners", "clause": "b", "title": {"en": "Learners"}, "grain": "learner", "unit": "school",
        "fields": [
            field("school", "string", required=True, pattern="S[0-9]{4}"), field("learner", "string"),
            field("region", "code", code_list="region"), field("sex", "code", code_list="sex"),
            field("settlement", "code", code_list="settlement"), field("grade", "integer", minimum=1, maximum=11),
            field("age", "integer"), field("mark", "integer", minimum=1, maximum=12), field("absent", "integer"),
            field("hours", "number", minimum=0), field("boarding", "boolean"),
            field("taken", "integer"), field("passed", "integer"),
        ],
        "rules": [
            rule("learner-once", "unique", ["learner"], scope="all"),
            rule("age-fits-grade", "row", ["age"], require="age - grade BETWEEN 4 AND 9"),
            rule("no-urban-boarding", "row", ["boarding"], when="boarding", require="settlement <> 'urban'"),
            rule("passed-of-taken", "row", ["passed"], require="passed <= taken"),
            rule("mark-or-absence", "row", ["mark"], when="mark IS NULL", require="absent > 20"),
        ],
    }  # fmt: skip
    return Dataset.model_validate(definition), Lists()


def run_sapa(path: Path, _: int) -> tuple[float, dict[str, int]]:
    import pyarrow.parquet as pq

    from sapa.datasets import verify

    dataset, lists = _dataset()
    rows = pq.read_table(path)
    start = time.perf_counter()
    findings = verify(rows, dataset, lists, "2020")
    seconds = time.perf_counter() - start
    counts = findings.counts()
    return seconds, {**counts["blocks"], **counts["explain"]}


SQL = """
WITH d AS (SELECT learner, min(n) AS first FROM t GROUP BY learner HAVING count(*) > 1)
SELECT n, unnest(list_filter([{cases}], lambda x: x IS NOT NULL)) AS rule
FROM (SELECT t.*, d.first FROM t LEFT JOIN d USING (learner))
WHERE {any}
"""
CONDITIONS = (
    "school IS NULL",
    "NOT regexp_full_match(school, 'S[0-9]{4}')",
    "n > first",
    "region NOT IN ('r0','r1','r2','r3','r4','r5','r6')",
    "sex NOT IN ('F','M')",
    "settlement NOT IN ('urban','rural')",
    "grade < 1",
    "grade > 11",
    "mark < 1",
    "mark > 12",
    "hours < 0",
    "age - grade NOT BETWEEN 4 AND 9",
    "boarding AND settlement = 'urban'",
    "passed > taken",
    "mark IS NULL AND absent <= 20",
)


def run_sql(path: Path, _: int) -> tuple[float, dict[str, int]]:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    table = table.append_column("n", pa.array(range(1, table.num_rows + 1), pa.int32()))
    cases = ", ".join(f"CASE WHEN {condition} THEN {index} END" for index, condition in enumerate(CONDITIONS))
    sql = SQL.format(cases=cases, any=" OR ".join(f"({each})" for each in CONDITIONS))
    start = time.perf_counter()
    connection = duckdb.connect(config={"preserve_insertion_order": "false"})
    connection.register("t", table)
    found = connection.sql(sql).to_arrow_table()
    seconds = time.perf_counter() - start
    return seconds, {RULES[index]: count for index, count in Counter(found["rule"].to_pylist()).items()}


def run_pandera(path: Path, _: int) -> tuple[float, dict[str, int]]:
    import pandera.polars as pa
    import polars as pl

    def rows(name: str, broken: pl.Expr) -> Any:
        return pa.Check(lambda data: data.lazyframe.select(~broken.fill_null(False)), name=name, error=name)

    def cells(name: str, broken: Any) -> Any:
        return pa.Check(lambda data: data.lazyframe.select(~broken(pl.col(data.key)).fill_null(False)), name=name, error=name)

    repeated = pl.col("learner").is_first_distinct().not_()
    schema = pa.DataFrameSchema(
        {
            "school": pa.Column(str, [cells("school.pattern", lambda x: ~x.str.contains("^S[0-9]{4}$"))], nullable=False),
            "region": pa.Column(str, [cells("region.code", lambda x: ~x.is_in(REGIONS))]),
            "sex": pa.Column(str, [cells("sex.code", lambda x: ~x.is_in(["F", "M"]))]),
            "settlement": pa.Column(str, [cells("settlement.code", lambda x: ~x.is_in(["urban", "rural"]))]),
            "grade": pa.Column(pl.Int64, [cells("grade.minimum", lambda x: x < 1), cells("grade.maximum", lambda x: x > 11)]),
            "mark": pa.Column(
                pl.Int64, [cells("mark.minimum", lambda x: x < 1), cells("mark.maximum", lambda x: x > 12)], nullable=True
            ),
            "hours": pa.Column(float, [cells("hours.minimum", lambda x: x < 0)]),
        },
        checks=[
            rows("learner-once", repeated),
            rows("age-fits-grade", ~(pl.col("age") - pl.col("grade")).is_between(4, 9)),
            rows("no-urban-boarding", pl.col("boarding") & (pl.col("settlement") == "urban")),
            rows("passed-of-taken", pl.col("passed") > pl.col("taken")),
            rows("mark-or-absence", pl.col("mark").is_null() & (pl.col("absent") <= 20)),
        ],
    )
    frame = pl.read_parquet(path)
    start = time.perf_counter()
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
    seconds = time.perf_counter() - start
    named = {"not_nullable": "school.required"}
    return seconds, {named.get(name, name): count for name, count in cases["check"].value_counts().rows()}


def run_frictionless(path: Path, some: int) -> tuple[float, dict[str, int]]:
    import pyarrow as pa
    import pyarrow.csv as pv
    import pyarrow.parquet as pq
    from frictionless import Check, Checklist, Resource, Schema, checks, system

    table = pq.read_table(path).slice(0, some)
    table = table.set_column(table.column_names.index("boarding"), "boarding", table["boarding"].cast(pa.string()))
    file = path.with_suffix(".csv")
    pv.write_csv(table, file)
    fields: list[dict[str, Any]] = [
        {"name": "school", "type": "string", "constraints": {"required": True, "pattern": "S[0-9]{4}"}},
        {"name": "learner", "type": "string", "constraints": {"unique": True}},
        {"name": "region", "type": "string", "constraints": {"enum": REGIONS}},
        {"name": "sex", "type": "string", "constraints": {"enum": ["F", "M"]}},
        {"name": "settlement", "type": "string", "constraints": {"enum": ["urban", "rural"]}},
        {"name": "grade", "type": "integer", "constraints": {"minimum": 1, "maximum": 11}},
        {"name": "age", "type": "integer"},
        {"name": "mark", "type": "integer", "constraints": {"minimum": 1, "maximum": 12}},
        {"name": "absent", "type": "integer"},
        {"name": "hours", "type": "number", "constraints": {"minimum": 0}},
        {"name": "boarding", "type": "boolean"},
        {"name": "taken", "type": "integer"},
        {"name": "passed", "type": "integer"},
    ]
    formulas = [
        "4 <= age - grade <= 9", "not (boarding and settlement == 'urban')", "passed <= taken", "mark is not None or absent > 20"
    ]  # fmt: skip
    rules: list[Check] = [checks.row_constraint(formula=formula) for formula in formulas]
    checklist = Checklist(checks=rules)
    with system.use_context(trusted=True):
        start = time.perf_counter()
        report = Resource(str(file), schema=Schema.from_descriptor({"fields": fields})).validate(
            checklist, limit_errors=10_000_000
        )
        seconds = time.perf_counter() - start
    return seconds, dict(Counter(error.type for task in report.tasks for error in task.errors))


CONTESTANTS = {"sapa": run_sapa, "sql": run_sql, "pandera": run_pandera, "frictionless": run_frictionless}


def contest(name: str, path: Path, some: int) -> dict[str, Any]:
    """Run one contestant in a fresh process."""
    command = [sys.executable, __file__, "--contestant", name, "--file", str(path), "--slice", str(some)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--slice", type=int, default=20_000, help="rows for frictionless")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        seconds, counts = CONTESTANTS[options.contestant](options.file, options.slice)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "peak_mib": round(peak), "counts": counts}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        generate(path, options.rows)
        runs = {name: [] for name in CONTESTANTS} if options.runs else {}
        for _ in range(options.runs):  # in turns, so that a busy machine is busy for all
            for name in CONTESTANTS:
                if name != "frictionless" or not runs[name]:
                    runs[name].append(contest(name, path, options.slice))
    report(runs, options)


def report(runs: dict[str, list[dict[str, Any]]], options: argparse.Namespace) -> None:
    """Medians, beside each other; the counts of every rule must agree."""
    wanted = runs["sql"][0]["counts"]
    for name in ("sapa", "pandera"):
        if runs[name][0]["counts"] != wanted:
            raise SystemExit(f"{name} found {runs[name][0]['counts']}, hand-written SQL {wanted}")
    scale = options.rows / min(options.slice, options.rows)
    medians = {name: statistics.median(run["seconds"] for run in done) for name, done in runs.items()}
    medians["frictionless"] *= scale
    lines = {
        name: {
            "seconds": round(medians[name], 3),
            "times_sapa": round(medians[name] / medians["sapa"], 2),
            "peak_mib": max(run["peak_mib"] for run in done),
        }
        for name, done in runs.items()
    }
    result = {"rows": options.rows, "rules": len(RULES), "findings": sum(wanted.values()), "contestants": lines}
    if options.json:
        print(json.dumps(result))
        return
    print(f"{options.rows:,} rows, {len(RULES)} rules, {result['findings']:,} findings; median of {options.runs} fresh processes")
    for name, line in lines.items():
        note = f"  ({options.slice:,} rows measured, scaled by {scale:.0f})" if name == "frictionless" else ""
        print(f"  {name:14}{line['seconds']:9.3f} s{line['times_sapa']:9.2f} × sapa{line['peak_mib']:7} MiB{note}")
    print(f"  sapa / sql = {medians['sapa'] / medians['sql']:.2f}")


if __name__ == "__main__":
    main()
