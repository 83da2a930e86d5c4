"""Disclosure control of the full demonstration country, beside pytauargus on the same tables.

    python bench/bench_disclosure.py [--scale full] [--facts RUN RUN …] [--seconds 60]

Every table of counts that has a small cell is given to pytauargus (optimal suppression, one table at a time, as it works):
each cut of an indicator with its margins and hierarchies, and for a share also who has the trait and who has not. Its cells
get the very protection levels that ours must reach (up to the threshold, an interval as wide as the pack asks). Compared are
the suppressed cells of these tables, the seconds, and what remains exposed when the tables are linked, as they are when all
are published: our audit says it of both. ``--facts`` takes folders of computed runs instead of generating a country.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.demo import write_parquet
from sapa.disclosure import attack, audit, protect
from sapa.disclosure.reading import Cell, Group, Reading, Told, inside
from sapa.indicators.facts import latest
from sapa.packs.loader import Pack, load_pack

PERIODS = ("2021", "2022", "2023")
ALL = "Total"
Number = tuple[Group, ...]


def country(home: Path, scale: str) -> list[Path]:
    """Three years of the demonstration country through the chain; the folders of their runs."""
    returns, key, runs = home / "returns", home / "key", []
    key.write_text("bench-key-bench-key-bench-key-32")
    write_parquet(returns, scale, periods=PERIODS)
    for period in PERIODS:
        out, now = home / period, ["--now", f"{period}-10-02T16:00:00", "--json"]
        files = [part for path in sorted(returns.glob(f"*-{period}.parquet")) for part in ("--in", str(path))]
        common = ["demo", "--period", period, "--out", str(out), *now]
        earlier = [part for run in runs for part in ("--earlier", str(run))]
        for arguments in (
            ["collect", *common, *files, "--pseudonym-key", str(key)],
            ["freeze", *common],
            ["compute", str(out), *earlier],
        ):
            command = [sys.executable, "-c", "from sapa.cli import main; main()", *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        runs.append(out)
    return runs


@dataclass
class Table:
    """One table as an office would protect it: an indicator by some dimensions, with all margins."""

    indicator: str
    dimensions: tuple[str, ...]
    trait: bool
    cells: dict[tuple[str, ...], float] = field(default_factory=dict)
    rows: dict[tuple[str, ...], Told] = field(default_factory=dict)
    parents: dict[str, dict[str, str]] = field(default_factory=dict)
    """Dimension → its code → the code of the dimension above it."""


def tables(rows: list[Told], reading: Reading, period: str) -> Iterator[Table]:
    """Tables of counts of persons that have a small cell."""
    by_indicator: dict[str, list[Told]] = {}
    for row in rows:
        if row.period == period and row.count is not None and not row.hidden:
            by_indicator.setdefault(row.indicator, []).append(row)
    for indicator, mine in by_indicator.items():
        dataset = mine[0].count[0].dataset if mine[0].count else ""
        above = reading.parents.get((dataset, period), {})
        cuts = sorted({tuple(sorted(name for name, _ in row.cell)) for row in mine}, key=len)
        numbers = {row.cell: (row, counts(row)) for row in mine}
        for cut in cuts:
            table = one_table(indicator, cut, numbers, above)
            rule = reading.policy.of(dataset, period)
            if table and any(0 < number < rule.threshold for number in table.cells.values()):
                yield table


def counts(row: Told) -> tuple[float, ...] | None:
    """(all, with the trait) of a share of persons, (all,) of a number of persons."""
    if row.top is None:
        return None
    if row.under is None:
        return (float(row.top[1] or 0),) if row.top[0].core == ("count",) else None
    return (float(row.under[1] or 0), float(row.top[1] or 0)) if inside(row.top[0], row.under[0]) else None


def one_table(indicator: str, cut: tuple[str, ...], numbers: dict[Cell, Any], above: Any) -> Table | None:
    cuts = {tuple(sorted(name for name, _ in cell)) for cell in numbers}
    parents = {
        name: (parent, codes)
        for name in cut
        for parent, codes in above.get(name, {}).items()
        if tuple(sorted({*cut, parent} - {name})) in cuts
    }
    places = {parent: name for name, (parent, _) in parents.items()}
    table = Table(indicator, cut, False, parents={name: codes for name, (_, codes) in parents.items()})
    for cell, (row, found) in numbers.items():
        if found is None:
            return None
        codes = dict.fromkeys(cut, ALL)
        for name, code in cell:
            if name in codes:
                codes[name] = code
            elif name in places and places[name] in codes:
                codes[places[name]] = f"^{code}"
            else:
                break
        else:
            key = tuple(codes[name] for name in cut)
            table.trait = len(found) == 2
            made = {(*key, ALL): found[0], (*key, "yes"): found[-1], (*key, "no"): found[0] - found[-1]}
            table.cells |= made if table.trait else {key: found[0]}
            table.rows |= dict.fromkeys(made if table.trait else [key], row)
    return table


def number_of(table: Table, cell: tuple[str, ...]) -> Number:
    """Whose number a cell is: equal for every table that shows it; a rest is (all, those with the trait)."""
    row = table.rows[cell]
    assert row.top is not None
    if not table.trait or cell[-1] == "yes":
        return (row.top[0],)
    assert row.under is not None
    return (row.under[0],) if cell[-1] == ALL else (row.under[0], row.top[0])


# pytauargus


def suppressed(table: Table, rule: Any, work: Path, seconds: int) -> set[tuple[str, ...]]:
    """Cells that optimal suppression of this table alone leaves out."""
    from pytauargus.batch import SpecifyTable, Suppress
    from pytauargus.engine import Engine, SafetyRuleSet, parse_rda_table

    names = [*(f"d{place}" for place in range(len(table.dimensions))), *(["trait"] if table.trait else [])]
    lines, codes = [], {name: {} for name in names}
    short: dict[tuple[str, str], str] = {}
    for cell, number in table.cells.items():
        written = []
        for name, code in zip(names, cell, strict=True):
            if code == ALL:
                written.append(ALL)
                continue
            written.append(short.setdefault((name, code), f"c{len(short):05d}"))
            codes[name][code] = None
        up = max(rule.threshold - number, 0)
        down = max(0.0, min(rule.width - up, number))
        small = 0 < number < rule.threshold
        told = "E" if number == 0 else "U" if small else "S"
        value = "0" if number == 0 else f"{number:.0f}"
        if number:
            lines.append(";".join([*written, value, value, told, f"{down if small else 0:.0f}", f"{up if small else 0:.0f}"]))
    (work / "t.tab").write_text("\n".join(lines) + "\n")
    meta = ['<SEPARATOR> ";"', "<SAFE> S", "<UNSAFE> U", "<PROTECT> P"]
    for place, name in enumerate(names):
        meta += [name, "  <RECODEABLE>", f'  <TOTCODE> "{ALL}"']
        nested = table.parents.get(table.dimensions[place], {}) if place < len(table.dimensions) else {}
        if nested and any(code.startswith("^") for code in codes[name]):
            meta += ["  <HIERARCHICAL>", f'  <HIERCODELIST> "{work / (name + ".hrc")}"', '  <HIERLEADSTRING> "@"']
            (work / f"{name}.hrc").write_text(hierarchy(name, codes[name], nested, short))
    meta += ["value", "  <NUMERIC>", "  <DECIMALS> 0", "freq", "  <FREQUENCY>", "status", "  <STATUS>"]
    meta += ["low", "  <NUMERIC> <LOWERPL>", "up", "  <NUMERIC> <UPPERPL>"]
    (work / "t.rda").write_text("\n".join(meta) + "\n")
    engine = Engine()
    loaded = parse_rda_table(work / "t.rda")
    for number, variable in enumerate(loaded.variables):
        variable.index = number
    engine._work_dir = work
    engine._metadata = loaded
    engine._tables = [(SpecifyTable(names, "value"), SafetyRuleSet())]
    engine._safety_rules_buf = [[]]
    engine.open_table_data(str(work / "t.tab"), loaded)
    engine.read_table()
    with contextlib.chdir(work):  # the solver leaves its logs where it runs
        engine.suppress(Suppress("OPT", 1, opt_max_time=seconds))
    engine.write_intermediate_table(0, str(work / "out.tab"), ["SO+"])
    back = {new: old for (_, old), new in short.items()}
    out = set()
    for line in (work / "out.tab").read_text().splitlines():
        parts = [part.strip().strip('"') for part in line.split(";")]
        if any(part in ("U", "M") for part in parts[len(names) :]):
            out.add(tuple(back.get(part, ALL) for part in parts[: len(names)]))
    return out


def hierarchy(name: str, codes: dict[str, None], nested: dict[str, str], short: dict[tuple[str, str], str]) -> str:
    lines = []
    children: dict[str, list[str]] = {}
    for code in codes:
        if not code.startswith("^"):
            children.setdefault(f"^{nested[code]}" if code in nested else "", []).append(code)
    for code in codes:
        if code.startswith("^"):
            lines += [short[name, code], *(f"@{short[name, child]}" for child in children.get(code, ()))]
    return "\n".join([*lines, *(short[name, code] for code in children.get("", ()))]) + "\n"


# both on the same tables


def hidden_numbers(facts: pa.Table, reading: Reading) -> set[Group]:
    """Numbers that no row of published facts tells."""
    told, left_out = set(), set()
    for row in reading.read(facts):
        for group, number in row.groups():
            (left_out if row.hidden else told).add(group)
            if row.hidden and number is not None:
                raise SystemExit("a hidden row tells a number")
    return left_out - told


def compare(truth: pa.Table, ours: pa.Table, pack: Pack, period: str, seconds: int) -> None:
    """Ours and pytauargus on the tables of one period that have small cells."""
    reading = Reading(pack)
    rows = list(reading.read(truth))
    mine = hidden_numbers(ours, reading)
    found = list(tables(rows, reading, period))
    work = Path(tempfile.mkdtemp(prefix="sapa-bench-"))
    numbers: dict[Number, float] = {}
    theirs: set[Number] = set()
    spent, failed = 0.0, 0
    for table in found:
        dataset = next(iter(table.rows.values())).count[0].dataset  # type: ignore[index]
        rule = reading.policy.of(dataset, period)
        numbers |= {number_of(table, cell): number for cell, number in table.cells.items() if number}
        begin = time.process_time()
        try:
            theirs |= {number_of(table, cell) for cell in suppressed(table, rule, work, seconds)}
        except Exception as error:
            failed += 1
            print(f"   pytauargus refused {table.indicator} by {', '.join(table.dimensions)}: {error}")
        spent += time.process_time() - begin
    shutil.rmtree(work)
    small = {number for number, size in numbers.items() if 0 < size < 10}
    own = {number for number in numbers if not mine.isdisjoint(number)}
    print(
        f"{period}: {len(found)} tables with small cells, {len(numbers):,} different cells above zero, {len(small)} of them small"
    )
    print(f"   {'':14}{'suppressed':>11}{'of these small':>16}{'further':>9}{'seconds':>9}")
    for name, hidden, took in (("ours", own, None), ("pytauargus OPT", theirs, spent)):
        further = len(hidden - small)
        print(f"   {name:14}{len(hidden):>11,}{len(hidden & small):>16,}{further:>9,}{'' if took is None else f'{took:.2f}':>9}")
    if theirs:
        print(
            f"   ours / pytauargus: {len(own) / len(theirs):.2f} × suppressed, "
            f"{len(own - small) / max(1, len(theirs - small)):.2f} × further cells"
        )
    linked(truth, pack, reading, theirs, ours, period)


def linked(truth: pa.Table, pack: Pack, reading: Reading, theirs: set[Number], ours: pa.Table, period: str) -> None:
    """What the audit says when all tables are published beside each other."""
    shut = {group for number in theirs for group in number[-1:]}
    rests = {number for number in theirs if len(number) == 2}
    mask = []
    for row in reading.read(truth):
        groups = [group for group, _ in row.groups()]
        pair = (row.under[0], row.top[0]) if row.under and row.top else ()
        mask.append((row.indicator, row.period, row.cell, any(group in shut for group in groups) or pair in rests))
    hide = {(indicator, when, cell) for indicator, when, cell, hidden in mask if hidden}
    names = [
        name
        for name in truth.column_names
        if name not in ("snapshot", "numerator", "denominator", "value", "count", "flag", "indicator", "period")
    ]
    columns = [truth[name].to_pylist() for name in ("indicator", "period", *names)]
    flags = [
        (indicator, when, frozenset((name, code) for name, code in zip(names, codes, strict=True) if code is not None)) in hide
        for indicator, when, *codes in zip(*columns, strict=True)
    ]
    table = truth
    for name in ("numerator", "denominator", "value", "count", "flag"):
        instead = pa.scalar("C" if name == "flag" else None, table[name].type)
        table = table.set_column(table.column_names.index(name), name, pc.if_else(pa.array(flags), instead, table[name]))
    only = pc.equal(truth["period"], period)
    for name, published in (("ours", ours), ("pytauargus", table)):
        result = audit(published.filter(only), pack, truth=truth.filter(only))
        exposed = list(result.exposed)
        cells = [item for item in exposed if not item.name.startswith("a difference")]
        hidden = sum(flag == "C" for flag in published.filter(only)["flag"].to_pylist())
        print(
            f"   linked, {name:11} {hidden:>5} facts hidden, exposed {len(exposed):>3} of {len(result.intervals)} small figures "
            f"({len(cells)} of them cells)"
        )


def clock(work: Any) -> tuple[Any, float, float]:
    """Result, wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    out = work()
    return out, time.perf_counter() - wall, time.process_time() - cpu


def measure(truth: pa.Table, pack: Pack, label: str, released: tuple[pa.Table, ...] = ()) -> pa.Table:
    """Protect, audit and attack; the protected facts."""
    done, wall, cpu = clock(lambda: protect(truth, pack, released=released))
    said = done.report
    print(
        f"{label}: {said['rows']:,} facts, {said['about_persons']:,} about persons, {said['small_figures']} small figures, "
        f"{said['sums']:,} sums"
    )
    share = said["hidden"] / said["about_persons"]
    print(
        f"   protect {wall:.1f} s ({cpu:.1f} s cpu): {said['hidden']:,} facts hidden ({share:.2%}), {said['because']}, "
        f"not protectable {len(said['not_protectable'])}"
    )
    found, wall, cpu = clock(lambda: audit(done.facts, pack, truth=truth, released=released))
    print(
        f"   audit {wall:.1f} s ({cpu:.1f} s cpu): {len(found.intervals)} intervals, exposed {len(found.exposed)}, "
        f"told by others {len(found.told_by_others)}"
    )
    for name, table in (("protected", done.facts), ("unprotected", truth)):
        tried, wall, cpu = clock(lambda table=table: attack(table, pack, truth=truth, released=released))
        print(
            f"   attack, {name}: {tried.queries:,} questions in {wall:.1f} s ({cpu:.1f} s cpu), "
            f"found {len(tried.found)} of {tried.small_figures}"
        )
    return done.facts


def corrected(run: Path, pack: Pack, truth: pa.Table, period: str, home: Path) -> None:
    """The last period published twice: first without the learners of ten institutions, whose returns came late."""
    from sapa.indicators.api import compute

    rows = pq.read_table(run / "snapshot/rows/learners.parquet")
    units = sorted(set(rows["institution"].to_pylist()))[7::700]
    early = rows.filter(pc.invert(pc.is_in(rows["institution"], value_set=pa.array(units))))
    sources = {path.stem: path for path in (run / "snapshot/rows").glob("*.parquet")} | {"learners": early}
    report = compute(pack, run, home / "early", period=period, snapshot_id="early", sources=sources)
    first = latest([pq.read_table(path) for path in report.files])
    first = first.filter(pc.equal(first["period"], period))
    second = truth.filter(pc.equal(truth["period"], period))
    one = measure(first, pack, f"{period}, without {len(units)} late returns ({rows.num_rows - early.num_rows} learners)")
    two = measure(second, pack, f"{period}, corrected, after that release", (one,))
    back = audit(one, pack, truth=first, released=(two,))
    print(
        f"   the first release beside the second: exposed {len(back.exposed)}, "
        f"told by the second {len(back.told_by_others)} of {len(back.intervals)}"
    )


def main() -> None:
    """Everything, once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="full")
    parser.add_argument("--facts", type=Path, nargs="*", help="Folders of computed runs, the earliest first.")
    parser.add_argument("--seconds", type=int, default=60, help="Seconds pytauargus may take for one table.")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="sapa-bench-"))
    try:
        runs = given.facts or country(home, given.scale)
        pack = load_pack("demo")
        truth = latest([pq.read_table(path) for run in runs for path in sorted((run / "facts").glob("*.parquet"))])
        periods = sorted(set(truth["period"].to_pylist()))
        ours = measure(truth, pack, f"all periods ({', '.join(periods)})")
        corrected(runs[-1], pack, truth, periods[-1], home)
        try:
            import pytauargus  # noqa: F401 - only whether it is there
        except ImportError:
            print("pytauargus is not installed (requirements/bench.txt): no comparison")
        else:
            for period in periods:
                compare(truth, ours, pack, period, given.seconds)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
