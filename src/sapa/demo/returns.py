"""Returns as files, in the formats institutions send: workbooks, CSV, JSON and Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import xlsxwriter

from sapa.demo.country import Country
from sapa.errors import UserError

FORMATS = ("xlsx", "csv", "json", "parquet")
_SURNAMES = tuple(
    a + b for a in ("Bar", "Dol", "Ker", "Lan", "Mor", "Nav", "Ros", "Tal", "Ver", "Zan") for b in ("ek", "in", "ov", "an")
)
_NAMES = (
    "Ada",
    "Alin",
    "Daria",
    "Emil",
    "Ira",
    "Lev",
    "Maria",
    "Mira",
    "Nina",
    "Oleg",
    "Pavel",
    "Roman",
    "Sofia",
    "Timur",
    "Vera",
    "Yan",
)
Headings = Mapping[str, str]
"""Field id → heading written above its column."""


def write_returns(
    country: Country,
    folder: Path,
    *,
    dataset: str,
    period: str,
    units: Sequence[str] | None = None,
    formats: Sequence[str] = FORMATS,
    headings: Headings | None = None,
) -> list[Path]:
    """Write one file a unit, the formats in turn: ``folder/<dataset>-<period>-<unit>.<format>``.

    ``units``: identifiers (default: every unit with rows); ``headings``: headings of workbooks and CSV (default: field ids).
    In data sets of persons, made-up names stand in columns ``surname`` and ``first_name``, as in an institution's own list:
    whoever reads the files must drop them. Returns the paths in order. Raises ``UserError`` on an unknown format or unit.
    """
    if unknown := [form for form in formats if form not in FORMATS] or not formats:
        raise UserError(f"no format {unknown}", todo=f"take any of {', '.join(FORMATS)}")
    chosen = list(units) if units is not None else _reporting(country, dataset, period)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, unit in enumerate(chosen):
        table = country.rows(dataset, period, unit)
        if table.num_rows == 0:
            raise UserError(f"unit {unit} has no rows of {dataset} in {period}", todo="name a unit that reports then")
        form = formats[number % len(formats)]
        path = folder / f"{dataset}-{period}-{unit}.{form}"
        _WRITERS[form](_with_names(table), path, headings or {})
        paths.append(path)
    return paths


def _reporting(country: Country, dataset: str, period: str) -> list[str]:
    return sorted(set(country.tables[dataset, period].column("institution").to_pylist()))


def _with_names(table: pa.Table) -> pa.Table:
    """Names after the key, made from the person's number so that they are the same in every file."""
    if "person" not in table.column_names:
        return table
    numbers = [int(person[1:]) for person in table.column("person").to_pylist()]
    surname = pa.array([_SURNAMES[number * 7 % len(_SURNAMES)] for number in numbers])
    first = pa.array([_NAMES[number * 11 % len(_NAMES)] for number in numbers])
    return table.add_column(2, "surname", surname).add_column(3, "first_name", first)


def _write_xlsx(table: pa.Table, path: Path, headings: Headings) -> None:
    """A workbook with a heading row; dates are dates, identifiers are text."""
    options = {"in_memory": True, "default_date_format": "dd.mm.yyyy", "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        # Equal input, equal bytes: the creation date would otherwise be the clock's.
        book.set_properties({"created": _EPOCH})
        sheet = book.add_worksheet("data")
        sheet.write_row(0, 0, [headings.get(name, name) for name in table.column_names])
        for number, row in enumerate(_plain_rows(table), start=1):
            sheet.write_row(number, 0, row)


def _plain_rows(table: pa.Table) -> Iterator[list[Any]]:
    columns = [column.to_pylist() for column in table.columns]
    for row in zip(*columns, strict=True):
        yield [float(cell) if isinstance(cell, Decimal) else cell for cell in row]


def _write_csv(table: pa.Table, path: Path, headings: Headings) -> None:
    """RFC 4180 with a heading row, UTF-8."""
    renamed = table.rename_columns([headings.get(name, name) for name in table.column_names])
    pyarrow.csv.write_csv(renamed, path)


def _write_json(table: pa.Table, path: Path, headings: Headings) -> None:
    """A list of objects by field id, as an interface between programs sends it; decimals and dates are text."""
    path.write_text(json.dumps(table.to_pylist(), ensure_ascii=False, default=_as_text), encoding="utf-8")


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _write_parquet(table: pa.Table, path: Path, headings: Headings) -> None:
    """Parquet by field id."""
    pq.write_table(table, path, write_page_checksum=True)


_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 — a workbook knows no time zone
_WRITERS: dict[str, Callable[[pa.Table, Path, Headings], None]] = {
    "xlsx": _write_xlsx,
    "csv": _write_csv,
    "json": _write_json,
    "parquet": _write_parquet,
}
