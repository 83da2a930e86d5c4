"""What stands around the data: a Frictionless data package, DCAT for a catalogue, README, citation, digests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sapa.publication.exchange.model import OpenDataSet, titles
from sapa.publication.exchange.tabular import CODE_COLUMNS, FLAGS, INDICATOR_COLUMNS, TYPES
from sapa.publication.language import LANGUAGES

MEDIA = {
    "csv": "text/csv", "json": "application/json", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet", "xml": "application/xml", "zip": "application/zip", "md": "text/markdown",
}  # fmt: skip


def datapackage(dataset: OpenDataSet, files: Mapping[str, bytes]) -> bytes:
    """``datapackage.json`` (Data Package 1) over the three CSV files, with keys, missing values and digests."""
    flags = "; ".join(f"{flag or 'empty'}: {text}" for flag, text in FLAGS.items())
    facts: list[dict[str, Any]] = [
        *({"name": name, "type": "string", "constraints": {"required": True}} for name in ("indicator", "period")),
        *({"name": name, "type": "string"} for name in dataset.dimensions),
        *({"name": name, "type": "integer" if kind == "integer" else "number"} for name, kind in TYPES.items()),
        {"name": "flag", "type": "string", "description": flags},
    ]
    key = {"fields": "indicator", "reference": {"resource": "indicators", "fields": "indicator"}}
    schemas: dict[str, dict[str, Any]] = {
        "facts": {"fields": facts, "foreignKeys": [key]},
        "codes": {"fields": [{"name": name, "type": "string"} for name in CODE_COLUMNS], "primaryKey": ["dimension", "code"]},
        "indicators": {"fields": [{"name": name, "type": "string"} for name in INDICATOR_COLUMNS], "primaryKey": "indicator"},
    }
    found = {
        "name": f"{dataset.id}", "title": next(iter(titles(dataset.title).values())), "version": dataset.version,
        "created": f"{dataset.issued.isoformat()}T00:00:00Z", "profile": "tabular-data-package",
        "licenses": [{"path": dataset.licence, "name": "CC-BY-4.0"}],
        "contributors": [{"title": next(iter(titles(dataset.publisher).values())), "role": "publisher"}],
        "resources": [
            {
                "name": name, "path": f"{name}.csv", "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv",
                "encoding": "utf-8", "bytes": len(files[f"{name}.csv"]),
                "hash": f"sha256:{sha256(files[f'{name}.csv']).hexdigest()}",
                "schema": {**schema, "missingValues": [""]},
            }
            for name, schema in schemas.items()
        ],
    }  # fmt: skip
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()


def catalogue(datasets: Sequence[tuple[OpenDataSet, Mapping[str, int]]], base: str, title: Mapping[str, str]) -> dict[str, Any]:
    """DCAT (JSON-LD, with properties of DCAT-AP) of data sets and their files (name → bytes) below the address ``base``."""
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
            "xsd": "http://www.w3.org/2001/XMLSchema#", "owl": "http://www.w3.org/2002/07/owl#",
        },
        "@id": base, "@type": "dcat:Catalog", "dct:title": _texts(title),
        "dcat:dataset": [_dataset(dataset, files, base) for dataset, files in datasets],
    }  # fmt: skip


def _dataset(dataset: OpenDataSet, files: Mapping[str, int], base: str) -> dict[str, Any]:
    address = f"{base.rstrip('/')}/{dataset.id}/{dataset.version}/"
    return {
        "@id": address, "@type": "dcat:Dataset", "dct:title": _texts(dataset.title),
        "dct:description": _texts(dataset.description or dataset.title), "dct:identifier": f"{dataset.id} {dataset.version}",
        "owl:versionInfo": dataset.version, "dct:issued": {"@value": dataset.issued.isoformat(), "@type": "xsd:date"},
        "dct:license": {"@id": dataset.licence},
        "dct:publisher": {"@type": "foaf:Organization", "foaf:name": _texts(dataset.publisher)},
        "dct:temporal": [{"@type": "dct:PeriodOfTime", "dct:identifier": period} for period in dataset.periods],
        "dct:language": list(LANGUAGES),
        "dcat:distribution": [
            {
                "@id": f"{address}{name}", "@type": "dcat:Distribution", "dct:title": name,
                "dcat:downloadURL": {"@id": f"{address}{name}"}, "dcat:mediaType": media_type(name), "dcat:byteSize": size,
            }
            for name, size in sorted(files.items())
        ],
    }  # fmt: skip


def _texts(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": text, "@language": lang} for lang, text in titles(texts).items()]


def media_type(name: str) -> str:
    """The media type of a file by its ending."""
    return MEDIA.get(name.rpartition(".")[2], "application/octet-stream")


def citation(dataset: OpenDataSet, lang: str = "en") -> str:
    """How the data set is cited."""
    publisher = dataset.publisher.get(lang) or next(iter(titles(dataset.publisher).values()))
    title = dataset.title.get(lang) or next(iter(titles(dataset.title).values()))
    where = f" {dataset.base.rstrip('/')}/{dataset.id}/{dataset.version}/" if dataset.base else ""
    return f"{publisher} ({dataset.issued.year}). {title}, version {dataset.version}.{where}"


def readme(dataset: OpenDataSet, files: Mapping[str, bytes]) -> bytes:
    """What this is, how it is read, symbols, licence, citation, the way back to the returns, digests of the files."""
    roots = "\n".join(f"- {period}: `{root}`" for period, root in sorted(dataset.roots.items()))
    flags = "\n".join(f"- `{flag or '(empty)'}`: {text}" for flag, text in FLAGS.items())
    listed = "\n".join(f"| {name} | {len(data):,} | {sha256(data).hexdigest()} |" for name, data in sorted(files.items()))
    notes = "\n".join(f"- {text}" for note in dataset.notes for text in titles(note).values())
    names = "\n".join(f"- {lang}: {text}" for lang, text in titles(dataset.title).items())
    text = f"""# {next(iter(titles(dataset.title).values()))}

Version {dataset.version}, issued {dataset.issued.isoformat()}. {dataset.rows:,} facts; periods {", ".join(dataset.periods)}.

{names}

Licence: {dataset.licence}
Cite as: {citation(dataset)}

## How it is read

One fact a line: an indicator in a period for one combination of codes; an empty dimension means the whole. `value` is not
rounded; `numerator` / `denominator` show what it was made from. Titles of codes are in `codes.csv`, of indicators, with units,
formulas and the clauses of the law, in `indicators.csv`. In SDMX the whole is `_T`.

Flags:
{flags}
{notes}

## Where it comes from

Every figure was computed from signed returns that were fixed as of one date. Roots of the frozen states:
{roots}

## Files

| file | bytes | SHA-256 |
| --- | --- | --- |
{listed}
"""
    return text.encode()


def sums(files: Mapping[str, bytes]) -> bytes:
    """``SHA256SUMS`` as ``sha256sum --check`` reads it."""
    return "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()
