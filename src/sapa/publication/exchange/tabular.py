"""Facts as CSV with CSVW metadata, as Parquet, as a workbook."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import xlsxwriter

from sapa.indicators.explain import definition
from sapa.packs.base import holds
from sapa.publication.csvw import guarded
from sapa.publication.exchange.model import FIGURES, OpenDataSet, titles
from sapa.publication.language import LANGUAGES

FLAGS = {"": "normal", "P": "provisional", "Z": "not applicable", "M": "missing", "C": "suppressed, to protect persons"}
TYPES = {"value": "double", "numerator": "double", "denominator": "double", "count": "integer"}
CODE_COLUMNS = ("dimension", "code", "parent", *(f"title_{lang}" for lang in LANGUAGES))
_TOLD = tuple(f"{part}_{lang}" for part in ("title", "method") for lang in LANGUAGES)
INDICATOR_COLUMNS = ("indicator", "unit", "decimals", "formula", "clauses", *_TOLD)
_MOST_ROWS = 1_000_000
"""Facts on one sheet of a workbook, below the format's limit of 1,048,576 rows."""


def facts_columns(dataset: OpenDataSet) -> list[str]:
    """Names of the columns of the facts, in every tabular format."""
    return ["indicator", "period", *dataset.dimensions, *FIGURES, "flag"]


def plain(dataset: OpenDataSet) -> pa.Table:
    """The facts with just those columns."""
    return dataset.facts.select(facts_columns(dataset))


def facts_csv(dataset: OpenDataSet) -> bytes:
    """RFC 4180, UTF-8, one fact a line; an empty dimension means all. Codes are guarded against spreadsheets."""
    table = plain(dataset)
    for name in dataset.dimensions:
        if any(code and guarded(code) != code for code in table[name].unique().to_pylist()):
            place = table.column_names.index(name)
            codes = [None if code is None else guarded(code) for code in table[name].to_pylist()]
            table = table.set_column(place, name, pa.array(codes, pa.string()))
    out = io.BytesIO()
    head = ",".join(table.column_names) + "\r\n"
    out.write(head.encode())
    if table.num_rows:
        body = io.BytesIO()
        pacsv.write_csv(table, body, pacsv.WriteOptions(include_header=False, quoting_style="needed", eol="\r\n"))
        out.write(body.getvalue())
    return out.getvalue()


def codes_csv(dataset: OpenDataSet) -> bytes:
    """Every code of the facts: dimension, code, the code above, titles by language."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CODE_COLUMNS)
    for row in code_rows(dataset):
        writer.writerow([guarded(text) for text in row])
    return out.getvalue().encode()


def code_rows(dataset: OpenDataSet) -> Iterator[list[str]]:
    """Dimension, code, parent, titles in the order of the languages."""
    labels = {lang: dataset.labels(lang) for lang in LANGUAGES}
    for name in dataset.dimensions:
        parents = _parents(dataset, name)
        for code in dataset.codes(name):
            yield [name, code, parents.get(code, ""), *(labels[lang].code(name, code) for lang in LANGUAGES)]


def _parents(dataset: OpenDataSet, name: str) -> dict[str, str]:
    listed = dataset.labels("en").dimension(name).code_list
    if not listed:
        return {}
    period = dataset.periods[-1] if dataset.periods else None
    items = [item for item in dataset.pack.codelist(listed).items if holds(item.valid_from, item.valid_to, period)]
    return {item.code: item.parent for item in items if item.parent}


def indicators_csv(dataset: OpenDataSet) -> bytes:
    """Every indicator: unit, decimals, formula, clauses, titles and methods by language."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(INDICATOR_COLUMNS)
    for row in indicator_rows(dataset):
        writer.writerow([guarded(str(text)) for text in row])
    return out.getvalue().encode()


def indicator_rows(dataset: OpenDataSet) -> Iterator[list[Any]]:
    """What :func:`indicators_csv` writes, a row an indicator."""
    labels = {lang: dataset.labels(lang) for lang in LANGUAGES}
    for name in dataset.indicators:
        item = labels["en"].indicator(name)
        named = [labels[lang].text(item.title) for lang in LANGUAGES]
        methods = [labels[lang].text(item.method) if item.method else "" for lang in LANGUAGES]
        yield [name, item.unit, item.decimals, definition(item), " ".join(item.clause), *named, *methods]


def csvw(dataset: OpenDataSet) -> bytes:
    """Metadata of the three CSV files as one table group, with the keys that lead from one to the other."""
    common = {"dialect": {"header": True, "encoding": "utf-8", "lineTerminators": ["\r\n"], "delimiter": ",", "quoteChar": '"'}}
    dims = [_column(name, titles(dataset.labels("en").dimension(name).title), "string", null="") for name in dataset.dimensions]
    figures = [_column(name, {"en": name}, kind, null="") for name, kind in TYPES.items()]
    facts = [
        _column("indicator", {"en": "indicator"}, "string", required=True),
        _column("period", {"en": "reference period"}, "string", required=True),
        *dims, *figures, _column("flag", {"en": ", ".join(f"{k or 'empty'}: {v}" for k, v in FLAGS.items())}, "string", null=""),
    ]  # fmt: skip
    key = {"columnReference": "indicator", "reference": {"resource": "indicators.csv", "columnReference": "indicator"}}
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": dataset.pack.meta.languages[0]}],
        "dc:title": [{"@value": text, "@language": lang} for lang, text in titles(dataset.title).items()],
        "dc:publisher": [{"@value": text, "@language": lang} for lang, text in titles(dataset.publisher).items()],
        "dc:license": {"@id": dataset.licence},
        "dc:issued": {"@value": dataset.issued.isoformat(), "@type": "xsd:date"},
        "dc:identifier": f"{dataset.id} {dataset.version}",
        "dc:extent": f"{dataset.rows} facts",
        "dc:provenance": "; ".join(f"{period}: snapshot {root}" for period, root in sorted(dataset.roots.items())),
        "tables": [
            {"url": "facts.csv", "tableSchema": {"columns": facts, "foreignKeys": [key]}, **common},
            {"url": "codes.csv", "tableSchema": _schema(CODE_COLUMNS, ["dimension", "code"]), **common},
            {"url": "indicators.csv", "tableSchema": _schema(INDICATOR_COLUMNS, "indicator"), **common},
        ],
    }  # fmt: skip
    return (json.dumps(group, ensure_ascii=False, indent=1) + "\n").encode()


def _column(name: str, named: dict[str, str], datatype: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "titles": {"und": name}, "dc:title": named, "datatype": datatype, **more}


def _schema(columns: tuple[str, ...], key: str | list[str]) -> dict[str, Any]:
    return {"columns": [_text(name) for name in columns], "primaryKey": key}


def _text(name: str) -> dict[str, Any]:
    lang = name.rpartition("_")[2] if name.startswith(("title_", "method_")) else ""
    return {"name": name, "titles": {"und": name}, "datatype": "string", **({"lang": lang} if lang else {})}


def parquet(dataset: OpenDataSet) -> bytes:
    """The facts with types; what they are stands in the file's own metadata."""
    about = {
        "id": dataset.id, "version": dataset.version, "issued": dataset.issued.isoformat(), "licence": dataset.licence,
        "rows": str(dataset.rows), "roots": json.dumps(dict(sorted(dataset.roots.items()))),
        "title": json.dumps(titles(dataset.title), ensure_ascii=False),
    }  # fmt: skip
    out = io.BytesIO()
    table = plain(dataset).replace_schema_metadata({f"sapa.{name}": text for name, text in about.items()})
    pq.write_table(table, out, compression="zstd", write_page_checksum=True)
    return out.getvalue()


def workbook(dataset: OpenDataSet) -> bytes:
    """Sheets: about, facts (further sheets where one is full), indicators, codes. No text becomes a formula."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        made = datetime.combine(dataset.issued, time(0))
        book.set_properties({"title": next(iter(titles(dataset.title).values())), "created": made})
        _sheet(book, "about", ["", ""], about_rows(dataset), widths=(24, 90))
        table = plain(dataset)
        columns = table.column_names
        for number, first in enumerate(range(0, max(table.num_rows, 1), _MOST_ROWS), start=1):
            part = table.slice(first, _MOST_ROWS)
            rows = zip(*(part[name].to_pylist() for name in columns), strict=True)
            _sheet(book, "facts" if number == 1 else f"facts {number}", columns, rows)
        _sheet(book, "indicators", INDICATOR_COLUMNS, indicator_rows(dataset))
        _sheet(book, "codes", CODE_COLUMNS, code_rows(dataset))
    return out.getvalue()


def about_rows(dataset: OpenDataSet) -> list[list[str]]:
    """What a reader must know of the data set, as pairs."""
    rows = [[f"title ({lang})", text] for lang, text in titles(dataset.title).items()]
    rows += [[f"publisher ({lang})", text] for lang, text in titles(dataset.publisher).items()]
    rows += [["data set", dataset.id], ["version", dataset.version], ["issued", dataset.issued.isoformat()]]
    rows += [["licence", dataset.licence], ["facts", str(dataset.rows)], ["periods", ", ".join(dataset.periods)]]
    rows += [[f"snapshot of {period}", root] for period, root in sorted(dataset.roots.items())]
    rows += [[f"flag {flag or '(empty)'}", text] for flag, text in FLAGS.items()]
    return rows + [["note", text] for note in dataset.notes for text in titles(note).values()]


def _sheet(book: Any, name: str, head: Sequence[str], rows: Any, widths: tuple[int, ...] = ()) -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, head, bold)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)
    last = 0
    for last, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(last, place, value)
            elif value is not None:
                sheet.write_number(last, place, value)
    if any(head):
        sheet.autofilter(0, 0, max(last, 1), len(head) - 1)
