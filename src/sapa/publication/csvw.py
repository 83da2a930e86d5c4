"""Tables as open data: one CSV row a figure, with CSVW metadata that explains every column in every language."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sapa.publication.document import source_of, string_in, titles
from sapa.publication.files import write_whole
from sapa.publication.labels import Labels
from sapa.publication.language import LANGUAGES
from sapa.publication.meta import PublicationMeta
from sapa.publication.tables import Cell, Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIGURES: tuple[tuple[str, str, str], ...] = (
    ("value", "double", "value, not rounded"),
    ("shown", "decimal", "value as published, rounded"),
    ("numerator", "double", "numerator"),
    ("denominator", "double", "denominator"),
    ("count", "integer", "number of records behind the value"),
    ("flag", "string", "flag: m missing, z not applicable, x suppressed, p provisional"),
)
_FLAGS = {"missing": "m", "not_applicable": "z", "suppressed": "x", "provisional": "p"}


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: a leading ``= + - @``, tab or return gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_csv(tables: Sequence[Table], labels: Labels, meta: PublicationMeta, folder: Path) -> list[Path]:
    """Write ``ID.csv`` and ``ID.csv-metadata.json`` of each table; they hold all languages and depend on none."""
    out: list[Path] = []
    for table in tables:
        file, described = folder / f"{table.id}.csv", folder / f"{table.id}.csv-metadata.json"
        write_whole(file, _rows(table, labels))
        text = json.dumps(_metadata(table, labels, meta), ensure_ascii=False, indent=2)
        write_whole(described, text + "\n")
        out += [file, described]
    return out


def _dimensions(table: Table) -> list[str]:
    return [name for name in (table.spec.rows, table.spec.columns) if name and name != "period"]


def _languages(labels: Labels) -> list[str]:
    return [code for code in labels.pack.meta.languages if code in LANGUAGES] or ["en"]


def _rows(table: Table, labels: Labels) -> str:
    dimensions, languages = _dimensions(table), _languages(labels)
    named = {item: labels.indicator(item).title for item in table.spec.indicators}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    coded = [column for name in dimensions for column in (name, *(f"{name}_{code}" for code in languages))]
    head = ["fact", "indicator", *(f"indicator_{code}" for code in languages), "period", *coded, "unit"]
    writer.writerow([*head, *(name for name, _, _ in _FIGURES)])
    for row in table.rows:
        for cell in row.cells:
            titled = [guarded(labels.pack.text(named[cell.indicator], code)) for code in languages]
            cut = dict(cell.cut)
            codes = [text for name in dimensions for text in _code(name, cut.get(name), labels, languages)]
            unit = labels.indicator(cell.indicator).unit
            writer.writerow([cell.fact, cell.indicator, *titled, cell.period, *codes, unit, *_figures(cell)])
    return buffer.getvalue()


def _code(dimension: str, code: str | None, labels: Labels, languages: Sequence[str]) -> list[str]:
    if code is None:
        return ["", *string_in(languages, "total").values()]
    return [guarded(code), *(guarded(labels.code(dimension, code, lang)) for lang in languages)]


def _figures(cell: Cell) -> list[str]:
    fact = cell.source if "suppressed" not in cell.marks else None
    exact = [repr(fact.value) if fact is not None and fact.value is not None else ""]
    shown = [f"{cell.shown:f}" if cell.shown is not None else ""]
    parts = [fact.numerator, fact.denominator] if fact is not None else [None, None]
    count = str(fact.count) if fact is not None and fact.count is not None else ""
    flag = " ".join(sorted(_FLAGS[mark] for mark in cell.marks))
    return [*exact, *shown, *("" if part is None else repr(part) for part in parts), count, flag]


def _metadata(table: Table, labels: Labels, meta: PublicationMeta) -> dict[str, Any]:
    pack = labels.pack
    spoken = list(LANGUAGES)
    clauses = [{"rdfs:label": "  ".join(labels.clause(reference))} for reference in table.spec.clause]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": labels.pack.meta.languages[0]}],
        "@id": f"{table.id}.csv",
        "url": f"{table.id}.csv",
        "dc:title": [{"@value": text, "@language": code} for code, text in titles(table.spec.title, spoken).items()],
        "dc:publisher": [{"@value": text, "@language": code} for code, text in titles(_source(labels, meta), spoken).items()],
        "dc:license": {"@id": meta.licence},
        "dc:issued": {"@value": meta.document_date.isoformat(), "@type": "xsd:date"},
        "dc:temporal": meta.period,
        "dc:conformsTo": [f"{stamp.id} {stamp.version} sha256:{stamp.digest}" for stamp in meta.packs],
        "dc:identifier": f"snapshot:{meta.root}",
        "dc:provenance": f"{pack.id}; data as of {meta.as_of.isoformat()}; {meta.submissions} signed submissions",
        "notes": [*clauses, *([{"rdfs:label": pack.text(table.spec.note, "en")}] if table.spec.note else [])],
        "dialect": {
            "delimiter": ",",
            "quoteChar": '"',
            "doubleQuote": True,
            "encoding": "utf-8",
            "header": True,
            "headerRowCount": 1,
            "lineTerminators": ["\r\n"],
        },
        "tableSchema": {"columns": _columns(table, labels), "primaryKey": "fact", "aboutUrl": "#{fact}"},
    }


def _source(labels: Labels, meta: PublicationMeta) -> dict[str, str]:
    return dict(meta.source) if meta.source else dict(labels.pack.meta.document.issuer) or {"en": source_of(labels, meta)}


def _columns(table: Table, labels: Labels) -> list[dict[str, Any]]:
    languages = _languages(labels)
    spoken = list(LANGUAGES)
    out: list[dict[str, Any]] = [
        {"name": "fact", "titles": {"und": "fact"}, "datatype": "string", "required": True},
        {"name": "indicator", "titles": {"und": "indicator"}, "datatype": "string", "required": True},
    ]
    out += [_column(f"indicator_{code}", string_in(spoken, "measure"), "string", code) for code in languages]
    out.append(_column("period", string_in(spoken, "period_column"), "string"))
    for name in _dimensions(table):
        titled = titles(labels.dimension(name).title, spoken)
        out.append(_column(name, titled, "string"))
        out += [_column(f"{name}_{code}", titled, "string", code) for code in languages]
    out.append(_column("unit", string_in(spoken, "m_unit"), "string"))
    out += [{**_column(name, {"en": title}, datatype), "null": ""} for name, datatype, title in _FIGURES]
    return out


def _column(name: str, named: dict[str, str], datatype: str, lang: str = "") -> dict[str, Any]:
    """A column; its heading in the file is its name, its titles explain it in each language."""
    return {"name": name, "titles": {"und": name}, "dc:title": named, "datatype": datatype, **({"lang": lang} if lang else {})}
