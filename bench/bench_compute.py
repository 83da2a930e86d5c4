"""Compute 40 ratios by 12 cuts over 2.4 million learners, beside hand-written peers on the same file in the same run.

    python bench/bench_compute.py [--rows 2400000] [--runs 3] [--json]

Each contestant runs in a fresh process; wall time is taken inside it from before the file is opened until the last figure is
in memory (imports are not counted, for nobody), peak memory is the child's own (getrusage). Every contestant must come to the
same numerators, denominators and values: their digest is compared. After that, one submission of 7,000 is replaced and the
republic's figures brought up to date from cached cells.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROWS = 2_400_000
SCHOOLS = 7_000
DISTRICTS = 128
FLAGS = [f"f{number:02d}" for number in range(24)]
CUTS = [
    ("region",), ("region", "district"), ("settlement",), ("kind",), ("grade",), ("grade", "sex"), ("age", "sex"),
    ("region", "settlement"), ("region", "kind"), ("region", "grade", "sex"), ("ownership", "kind"),
    ("region", "district", "level"),
]  # fmt: skip
DIMENSIONS = (
    "region",
    "district",
    "settlement",
    "kind",
    "ownership",
    "language",
    "grade",
    "level",
    "sex",
    "age",
    "form",
    "shift",
)


def ratios() -> list[tuple[str, str, str]]:
    """(id, numerator, denominator): shares of conditions, means, and shares within groups."""
    out = [(f"share-{flag}", f"count_if({flag})", "count(*)") for flag in FLAGS]
    out += [(f"girls-{flag}", f"count_if({flag} AND sex = 'f')", f"count_if({flag})") for flag in FLAGS[:8]]
    out += [(f"mark-{flag}", f"sum(CASE WHEN {flag} THEN mark END)", f"count_if({flag})") for flag in FLAGS[:6]]
    return [*out, ("mark", "sum(mark)", "count(mark)"), ("hours-per-mark", "sum(hours)", "sum(mark)")]


def generate(path: Path, rows: int) -> None:
    """One sorted Parquet file as the freeze writes it: the rows of 7,000 schools, typed and dictionary-encoded by Parquet."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = np.random.default_rng(20)
    school = np.sort(draw.integers(0, SCHOOLS, rows))
    district = draw.integers(0, DISTRICTS, SCHOOLS)
    of_school = {
        "settlement": draw.choice(["urban", "rural"], SCHOOLS, p=[0.4, 0.6]),
        "kind": draw.choice([f"kind{n}" for n in range(8)], SCHOOLS, p=[0.4, 0.2, 0.15, 0.1, 0.05, 0.05, 0.03, 0.02]),
        "ownership": draw.choice(["state", "private"], SCHOOLS, p=[0.97, 0.03]),
        "language": draw.choice(["l1", "l2", "l3"], SCHOOLS, p=[0.7, 0.25, 0.05]),
        "form": draw.choice(["day", "evening", "distance"], SCHOOLS, p=[0.9, 0.05, 0.05]),
        "shift": draw.choice(["1", "2"], SCHOOLS, p=[0.9, 0.1]),
    }
    grade = draw.integers(1, 12, rows)
    age = grade + 6 + draw.choice([-1, 0, 1], rows, p=[0.1, 0.8, 0.1])
    names = np.array([f"d{n:03d}" for n in range(DISTRICTS)])
    columns: dict[str, Any] = {
        "school": np.array([f"s{n:04d}" for n in range(SCHOOLS)])[school],
        "learner": np.arange(rows),
        "region": np.array([f"r{n % 7}" for n in range(DISTRICTS)])[district][school],
        "district": names[district][school],
        **{name: values[school] for name, values in of_school.items()},
        "grade": grade.astype(str),
        "level": np.where(grade < 5, "primary", np.where(grade < 10, "basic", "upper")),
        "sex": draw.choice(["f", "m"], rows),
        "age": age.astype(str),
        **{flag: draw.random(rows) < 0.02 + number / 40 for number, flag in enumerate(FLAGS)},
        "mark": pa.array(draw.integers(1, 13, rows), mask=draw.random(rows) < 0.1),
        "hours": draw.integers(20, 40, rows),
        "_submission": school.astype("int32"),
    }
    pq.write_table(pa.table(columns), path, compression="zstd", write_page_checksum=True, row_group_size=100_000)


def pack() -> Any:
    """The same indicators as a pack."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tests.indicators.double import PackDouble, T, field, indicator

    fields = [field("school", "code", role="unit"), field("learner", "integer", role="key")]
    fields += [field(name, "code") for name in DIMENSIONS]
    fields += [field(flag, "boolean") for flag in FLAGS] + [field("mark", "integer"), field("hours", "integer")]
    dataset = {
        "id": "learners", "clause": "p1", "title": T, "grain": "learner", "unit": "school", "fields": fields,
        "dimensions": [{"id": name, "title": T, "field": name} for name in DIMENSIONS], "cuts": [list(cut) for cut in CUTS],
    }  # fmt: skip
    return PackDouble((dataset,), tuple(indicator(name, "ratio", numerator=top, denominator=low) for name, top, low in ratios()))


# Contestants: each returns {(cut, codes…): [(numerator, denominator, value), …]} only through `digest`.


def ours(path: str) -> Any:
    import pyarrow as pa

    from sapa.indicators.engines.duckdb import run
    from sapa.indicators.planner import plan

    pa.scalar(0)  # at its first scalar pyarrow imports pandas where it is installed: an import, so before the clock
    the_pack = pack()

    def work() -> Any:
        return run(plan(the_pack, "learners", None, "2020"), path)

    return work


def _measures() -> list[str]:
    found = [part for _, top, low in ratios() for part in (top, low)]
    return list(dict.fromkeys(found))


def _used() -> list[str]:
    return [name for name in DIMENSIONS if any(name in cut for cut in CUTS)]


def _sets() -> str:
    return ", ".join("(" + ", ".join(cut) + ")" for cut in [(), *CUTS])


def _final(source: str) -> str:
    places = {part: f"m{number}" for number, part in enumerate(_measures())}
    wide = ", ".join(
        f"CAST({places[top]} AS DOUBLE) AS n{i}, CAST({places[low]} AS DOUBLE) AS d{i}, "
        f"CAST({places[top]} AS DOUBLE) / nullif({places[low]}, 0) AS v{i}"
        for i, (_, top, low) in enumerate(ratios())
    )
    return f"SELECT {', '.join(_used())}, {wide} FROM {source}"


def _duckdb(sql: str) -> Any:
    import duckdb

    def work() -> Any:
        with duckdb.connect() as connection:
            connection.execute("SET preserve_insertion_order = false")
            return connection.sql(sql).to_arrow_table()

    return work


def two_stage_duckdb(path: str) -> Any:
    keys = ", ".join(_used())
    folded = ", ".join(f"{part} AS m{number}" for number, part in enumerate(_measures()))
    merged = ", ".join(f"sum(m{number}) AS m{number}" for number in range(len(_measures())))
    return _duckdb(
        f"WITH cells AS (SELECT {keys}, {folded} FROM read_parquet('{path}') GROUP BY ALL), "
        f"rolled AS (SELECT {keys}, {merged} FROM cells GROUP BY GROUPING SETS ({_sets()})) {_final('rolled')}"
    )


def grouping_sets_duckdb(path: str) -> Any:
    folded = ", ".join(f"{part} AS m{number}" for number, part in enumerate(_measures()))
    return _duckdb(
        f"WITH rolled AS (SELECT {', '.join(_used())}, {folded} FROM read_parquet('{path}') "
        f"GROUP BY GROUPING SETS ({_sets()})) {_final('rolled')}"
    )


def grouping_sets_filter_duckdb(path: str) -> Any:
    """Plain grouping sets the way SQL is mostly written: count(*) FILTER (WHERE …)."""

    def written(part: str) -> str:
        return f"count(*) FILTER (WHERE {part[9:-1]})" if part.startswith("count_if(") else part

    folded = ", ".join(f"{written(part)} AS m{number}" for number, part in enumerate(_measures()))
    return _duckdb(
        f"WITH rolled AS (SELECT {', '.join(_used())}, {folded} FROM read_parquet('{path}') "
        f"GROUP BY GROUPING SETS ({_sets()})) {_final('rolled')}"
    )


def _polars_measure(part: str) -> Any:
    import polars as pl

    if part == "count(*)":
        return pl.len().cast(pl.Int64)
    if part == "count(mark)":
        return pl.col("mark").is_not_null().sum().cast(pl.Int64)
    if part.startswith("sum(CASE WHEN "):
        return pl.when(pl.col(part.split()[2])).then(pl.col("mark")).sum()
    if part.startswith("sum("):
        return pl.col(part[4:-1]).sum()
    flag = part[9:-1].split()[0]
    girls = pl.col(flag) & (pl.col("sex") == "f") if "AND" in part else pl.col(flag)
    return girls.sum().cast(pl.Int64)


def two_stage_polars(path: str) -> Any:
    import polars as pl

    def work() -> Any:
        folded = [_polars_measure(part).alias(f"m{number}") for number, part in enumerate(_measures())]
        cells = pl.scan_parquet(path).group_by(_used()).agg(folded).collect(engine="streaming")
        out = []
        for cut in [(), *CUTS]:
            sums = [pl.col(f"m{number}").sum() for number in range(len(_measures()))]
            rolled = cells.group_by(list(cut)).agg(sums) if cut else cells.select(sums)
            places = {part: f"m{number}" for number, part in enumerate(_measures())}
            wide = []
            for i, (_, top, low) in enumerate(ratios()):
                n, d = pl.col(places[top]).cast(pl.Float64), pl.col(places[low]).cast(pl.Float64)
                wide += [n.alias(f"n{i}"), d.alias(f"d{i}"), pl.when(d != 0).then(n / d).alias(f"v{i}")]
            out.append(rolled.select(*cut, *wide))
        return pl.concat(out, how="diagonal").to_arrow()

    return work


def pandas_groupby(path: str) -> Any:
    import pandas as pd

    def work() -> Any:
        import pyarrow as pa

        columns = [*_used(), *FLAGS, "mark", "hours"]
        frame = pd.read_parquet(path, columns=columns)
        for name in _used():
            frame[name] = frame[name].astype("category")
        for number, part in enumerate(_measures()):
            frame[f"m{number}"] = _pandas_measure(frame, part)
        out = []
        names = [f"m{number}" for number in range(len(_measures()))]
        for cut in [(), *CUTS]:
            if cut:
                rolled = frame.groupby(list(cut), observed=True)[names].sum().reset_index()
            else:
                rolled = frame[names].sum().to_frame().T
            places = {part: f"m{number}" for number, part in enumerate(_measures())}
            wide = {name: rolled[name].astype(str) for name in cut}
            for i, (_, top, low) in enumerate(ratios()):
                n, d = rolled[places[top]].astype(float), rolled[places[low]].astype(float)
                wide |= {f"n{i}": n, f"d{i}": d, f"v{i}": n / d.where(d != 0)}
            out.append(pa.Table.from_pandas(pd.DataFrame(wide), preserve_index=False))
        return pa.concat_tables(out, promote_options="default")

    return work


def _pandas_measure(frame: Any, part: str) -> Any:
    if part == "count(*)":
        return 1
    if part == "count(mark)":
        return frame["mark"].notna().astype("int64")
    if part.startswith("sum(CASE WHEN "):
        return frame["mark"].where(frame[part.split()[2]])
    if part.startswith("sum("):
        return frame[part[4:-1]]
    flag = frame[part[9:-1].split()[0]]
    return ((flag & (frame["sex"] == "f")) if "AND" in part else flag).astype("int64")


CONTESTANTS = {
    "sapa": ours,
    "two-stage DuckDB": two_stage_duckdb,
    "two-stage Polars": two_stage_polars,
    "plain GROUPING SETS": grouping_sets_filter_duckdb,
    "GROUPING SETS, count_if": grouping_sets_duckdb,
    "pandas": pandas_groupby,
}


def digest(table: Any) -> str:
    """A digest of all numerators, denominators and values, whatever the shape and order."""
    import pyarrow as pa

    table = table.combine_chunks()
    if "indicator" in table.column_names:
        return _hashed(_long(table))
    used = _used()
    keys = ["|".join("" if value is None else str(value) for value in row.values()) for row in table.select(used).to_pylist()]
    lines = []
    for number, (name, _, _) in enumerate(ratios()):
        parts = [table[f"{letter}{number}"].cast(pa.float64()).to_pylist() for letter in "ndv"]
        lines += [f"{name}|{key}|{n!r}|{d!r}|{v!r}" for key, n, d, v in zip(keys, *parts, strict=True)]
    return _hashed(lines)


def _long(table: Any) -> list[str]:
    keys = ["|".join("" if value is None else value for value in row.values()) for row in table.select(_used()).to_pylist()]
    columns = [table[name].to_pylist() for name in ("indicator", "numerator", "denominator", "value")]
    return [f"{i}|{key}|{n!r}|{d!r}|{v!r}" for key, i, n, d, v in zip(keys, *columns, strict=True)]


def _hashed(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16] + f"/{len(lines)}"


def child(name: str, path: str) -> None:
    """Run one contestant and print its figures as JSON."""
    if name == "revision":
        print(json.dumps(revision(path)))
        return
    work = CONTESTANTS[name](path)
    started, cpu = time.perf_counter(), _cpu()
    table = work()
    seconds, cpu = time.perf_counter() - started, _cpu() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "digest": digest(table)}))


def _cpu() -> float:
    """Processor seconds of all threads so far: beside the wall time it tells how busy the machine was otherwise."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def revision(path: str) -> dict[str, Any]:
    """Replace one submission of 7,000: from its new rows to the country's facts, beside a full computation."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from sapa.indicators.cells import CellStore
    from sapa.indicators.engines.duckdb import run
    from sapa.indicators.planner import plan

    planned = plan(pack(), "learners", None, "2020")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        store = CellStore(folder, planned)
        store.build(path, [f"{number:064x}" for number in range(SCHOOLS)])
        built = time.perf_counter() - started
        rows = pq.read_table(path, filters=[("_submission", "=", 3500)])
        seconds, old = [], f"{3500:064x}"
        for turn in range(5):
            revised, new = rows.slice(0, rows.num_rows - 7 - turn), f"{SCHOOLS + turn:064x}"
            started = time.perf_counter()
            store.replace(old, revised, new)
            facts = store.facts()
            seconds.append(time.perf_counter() - started)
            old = new
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        everything = pq.read_table(path)
        full = pa.concat_tables([everything.filter(pc.not_equal(everything["_submission"], 3500)), revised])
        equal = facts.equals(run(planned, full, provisional=True, memory_limit="4GB"))
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.parquet"))
    return {
        "build": built,
        "first": seconds[0],
        "seconds": statistics.median(seconds),
        "peak": peak,
        "equal": equal,
        "bytes": size,
    }


def measure(name: str, path: Path) -> dict[str, Any]:
    """One run in a fresh process."""
    made = subprocess.run(
        [sys.executable, __file__, "--child", name, "--file", str(path)],
        capture_output=True, text=True, check=False, env={**os.environ, "POLARS_MAX_THREADS": str(os.cpu_count())},
    )  # fmt: skip
    if made.returncode:
        raise SystemExit(f"{name} failed:\n{made.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--child")
    options = parser.parse_args()
    if options.child == "generate":
        generate(options.file, options.rows)
        return
    if options.child:
        child(options.child, str(options.file))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "learners.parquet"
        if not path.exists():
            # In a process of its own: a child's peak memory begins with its parent's.
            command = [sys.executable, __file__, "--child", "generate", "--rows", str(options.rows), "--file", str(path)]
            subprocess.run(command, check=True)
        report(path, options)


def report(path: Path, options: argparse.Namespace) -> None:
    names = [name for name in CONTESTANTS if not options.only or name in options.only]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(options.runs):
        for name in names:
            runs[name].append(measure(name, path))
    base = statistics.median(run["seconds"] for run in runs[names[0]])
    out = {}
    for name, results in runs.items():
        seconds = statistics.median(run["seconds"] for run in results)
        cpu = statistics.median(run["cpu"] for run in results)
        peak = max(run["peak"] for run in results)
        digests = {run["digest"] for run in results}
        out[name] = {"seconds": seconds, "cpu": cpu, "peak": peak, "digests": sorted(digests), "against": seconds / base}
        print(
            f"{name:26} {seconds:8.3f} s  {cpu:8.3f} s cpu  {peak / 2**20:7.0f} MiB  "
            f"{seconds / base:6.2f} × {names[0]}  {sorted(digests)}"
        )
    revised = measure("revision", path)
    out["revision"] = revised
    print(
        f"one revision → right again  {revised['seconds']:.3f} s (the first {revised['first']:.3f} s), "
        f"equal to a full computation: {revised['equal']}; cells of {SCHOOLS:,} submissions: built in {revised['build']:.2f} s, "
        f"{revised['bytes'] / 2**20:.1f} MiB, peak {revised['peak'] / 2**20:.0f} MiB"
    )
    if options.json:
        print(json.dumps(out))


if __name__ == "__main__":
    main()
