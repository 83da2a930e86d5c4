"""A statistical compendium of 300 tables and one institution's report, beside plain writers of the same tables in the same run.

    python bench/bench_reports.py [--tables 300] [--runs 3] [--json]

The compendium is laid out by the template of a data regime from made-up facts of the demonstration's pack, and written as PDF,
Word, web page and workbook, each with its methods, data quality and verification. The peers write the same cells and nothing
else: python-docx through its own cells, openpyxl as its own workbook. The report of one institution is put together from facts
already computed, as in a service whose processes live; the first one of a process is stated apart. Wall seconds, best of the
runs; every file is written twice and must have the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pyarrow as pa

from sapa.indicators.facts import facts_schema
from sapa.packs.loader import Pack, load_pack
from sapa.publication import PackStamp, PublicationMeta, publish
from sapa.publication.comparisons import Scope
from sapa.publication.facts import select
from sapa.publication.labels import Labels
from sapa.publication.language import language
from sapa.publication.tables import Table, build_table, wanted_cuts
from sapa.publication.templates import known, laid_out

PACK, REGIME, REPORT = "demo", "kz-521", "statistical-compendium"
YEARS = ("2021", "2022", "2023")
ROOT = hashlib.sha256(b"made up").hexdigest()
LIMITS = {"compendium": 60.0, "institution": 2.0}
"""Seconds that must not be exceeded."""


def made_up(pack: Pack, within: tuple[tuple[str, str], ...] = ()) -> pa.Table:
    """A fact for every indicator, every cut of its data set of at most two dimensions, and three years.

    Of one unit, ``within``, only what is kept of it: the whole, and single dimensions of a few codes.
    """
    labels = Labels(pack, language("en"), YEARS[-1])
    sizes = {name: _codes(name, labels) for name in labels.dimensions}
    rows: list[dict[str, Any]] = []
    for item in pack.indicators:
        for cut in (
            _cuts(item, pack) if not within else [(), *(cut for cut in _cuts(item, pack) if cut in (("level",), ("grade",)))]
        ):
            for year, codes in product(YEARS, product(*(sizes[name][: 3 if within else 60] for name in cut))):
                value = int.from_bytes(hashlib.sha256(f"{item.id}{year}{codes}".encode()).digest()[:3]) / 2**24
                figures = {"indicator": item.id, "period": year, "snapshot": ROOT, "value": 40 + 55 * value, "flag": ""}
                rows.append(figures | dict(zip(cut, codes, strict=True)) | dict(within))
    dimensions = sorted({name for row in rows for name in row} - {"indicator", "period", "snapshot", "value", "flag"})
    schema = facts_schema(dimensions)
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)


def _cuts(item: Any, pack: Pack) -> list[tuple[str, ...]]:
    dataset = pack.dataset(item.dataset) if hasattr(item, "dataset") else pack.dataset("learners")
    cuts = item.cuts if item.cuts is not None else dataset.cuts
    return [(), *(cut for cut in cuts if len(cut) <= 2)]


def _codes(dimension: str, labels: Labels) -> list[str]:
    listed = labels.dimension(dimension).code_list
    if not listed:
        return ["1", "2", "3"]
    items = labels.pack.codelist(listed).items
    level = labels.dimension(dimension).level
    depth = {item.code: 1 for item in items if item.parent is None}
    for item in items:
        if item.parent is not None:
            depth[item.code] = depth.get(item.parent, 1) + 1
    return [item.code for item in items if level is None or depth[item.code] == level][:60]


def meta_of(pack: Pack) -> PublicationMeta:
    """A run of 2023 under a borrowed regime."""
    stamps = tuple(PackStamp(part.id, part.version, part.digest, part.meta.title) for part in pack.packs())
    return PublicationMeta(YEARS[-1], ROOT, date(2023, 10, 2), date(2024, 2, 20), 350, stamps, REGIME)


def tables_of(pack: Pack, regime: Pack, facts: pa.Table) -> list[Table]:
    """The tables of the compendium, as the plain writers are given them."""
    labels = Labels(pack, language("en"), YEARS[-1], regime)
    report = next(item for item in regime.reports if item.id == REPORT)
    report, _ = laid_out(report, labels, known(facts, YEARS[-1]), regime)
    store = select(facts, wanted_cuts(report))
    specs = [spec for chapter in report.chapters for spec in chapter.tables]
    return [build_table(spec, str(number), store, labels, YEARS[-1]) for number, spec in enumerate(specs, 1)]


def plain_docx(tables: list[Table], out: Path) -> None:
    """The same cells through python-docx's own tables, each cell looked up once."""
    book = docx.Document()
    for table in tables:
        book.add_heading(table.title, 2)
        made = book.add_table(len(table.rows) + 1, len(table.columns) + 1)
        for cell, text in zip(made.rows[0].cells, [table.heading, *(column.title for column in table.columns)], strict=True):
            cell.text = text
        for line, row in zip(made.rows[1:], table.rows, strict=True) if len(made.rows) > 1 else ():
            for cell, text in zip(line.cells, [row.title, *(cell.text for cell in row.cells)], strict=True):
                cell.text = text
    book.save(str(out))


def plain_xlsx(tables: list[Table], out: Path) -> None:
    """The same cells through openpyxl, a sheet a table."""
    book = openpyxl.Workbook()
    for table in tables:
        sheet = book.create_sheet(table.number)
        sheet.append([table.title])
        sheet.append([table.heading, *(column.title for column in table.columns)])
        for row in table.rows:
            sheet.append([row.title, *(float(cell.shown) if cell.shown is not None else cell.text for cell in row.cells)])
    book.save(out)


def timed(work: Callable[[], Any], runs: int) -> float:
    """Wall seconds of the fastest of some runs."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def compendium(pack: Pack, regime: Pack, least: int, runs: int, place: Path) -> Iterator[tuple[str, float]]:
    """Seconds of the whole and of each form, then of the peers."""
    facts, meta = made_up(pack), meta_of(pack)
    tables = tables_of(pack, regime, facts)
    if len(tables) < least:
        raise SystemExit(f"the template makes {len(tables)} tables of these facts, fewer than {least}")
    yield "tables", len(tables)

    def write(out: Path, only: list[str]) -> None:
        publish(pack, REPORT, facts, out, lang="en", meta=meta, regime=regime, only=only)

    whole = ["document", "docx", "html", "workbook"]
    start = time.perf_counter()
    write(place / "a", whole)
    yield "compendium", time.perf_counter() - start
    write(place / "b", whole)
    if digests(place / "a") != digests(place / "b"):
        raise SystemExit("written twice, a file has other bytes")
    for name in whole:
        yield name, timed(lambda name=name: write(place / "c", [name]), runs)
    yield "plain python-docx", timed(lambda: plain_docx(tables, place / "plain.docx"), 1)
    yield "plain openpyxl", timed(lambda: plain_xlsx(tables, place / "plain.xlsx"), runs)


def institution(pack: Pack, runs: int, place: Path) -> Iterator[tuple[str, float]]:
    """Seconds of one institution's report as PDF: the first of a process, and the following ones."""
    scope = Scope("institution", "0001000", "School No. 1", unit=True, beside=(("region", "R1"),))
    mine, whole, meta = made_up(pack, scope.within), made_up(pack), meta_of(pack)

    def write() -> None:
        publish(pack, "institution-report", mine, place / "i", lang="en", meta=meta, scope=scope, whole=whole, only=["document"])

    yield "first institution", timed(write, 1)
    yield "institution", timed(write, runs)


def main() -> None:
    """Measure, print, and end with 1 where a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    pack, regime = load_pack(PACK), load_pack(REGIME)
    with tempfile.TemporaryDirectory() as name:
        found = dict(institution(pack, given.runs, Path(name)))
        found |= dict(compendium(pack, regime, given.tables, given.runs, Path(name)))
    if given.json:
        print(json.dumps(found))
    else:
        for what, seconds in found.items():
            print(f"{what:>20}  {seconds:8.2f}" + ("" if what == "tables" else " s"))
        print(f"Word beside plain python-docx: {found['plain python-docx'] / found['docx']:.1f} times as fast")
        print(f"workbook beside plain openpyxl: {found['plain openpyxl'] / found['workbook']:.1f} times as fast")
    late = [what for what, limit in LIMITS.items() if found[what] > limit]
    raise SystemExit(f"too slow: {', '.join(late)}" if late else 0)


if __name__ == "__main__":
    main()
