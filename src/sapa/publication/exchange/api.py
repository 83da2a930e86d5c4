"""Write a data set in the formats that were asked for."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Collection
from io import BytesIO
from pathlib import Path

from sapa.errors import UserError
from sapa.publication.exchange import jsonstat, package, sdmx, tabular
from sapa.publication.exchange.model import OpenDataSet
from sapa.publication.files import write_whole

Files = dict[str, bytes]


def _csv(dataset: OpenDataSet) -> Files:
    files = {
        "facts.csv": tabular.facts_csv(dataset),
        "codes.csv": tabular.codes_csv(dataset),
        "indicators.csv": tabular.indicators_csv(dataset),
    }
    return {**files, "csv-metadata.json": tabular.csvw(dataset), "datapackage.json": package.datapackage(dataset, files)}


def _sdmx(dataset: OpenDataSet) -> Files:
    return {
        "structures.sdmx.xml": sdmx.structures(dataset),
        "facts.sdmx.xml": sdmx.data_ml(dataset),
        "facts.sdmx.csv": sdmx.data_csv(dataset),
    }


FORMATS: dict[str, Callable[[OpenDataSet], Files]] = {
    "csv": _csv,
    "xlsx": lambda dataset: {"facts.xlsx": tabular.workbook(dataset)},
    "json-stat": lambda dataset: {"facts.json": jsonstat.collection(dataset, "en")},
    "parquet": lambda dataset: {"facts.parquet": tabular.parquet(dataset)},
    "sdmx": _sdmx,
}
"""What can be asked for, and the files it gives."""


def files_of(dataset: OpenDataSet, formats: Collection[str] = ()) -> Files:
    """The files by name, README, citation and digests included. Raises ``UserError`` on an unknown format."""
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise UserError(f"there is no format '{unknown[0]}'", todo=f"use some of: {', '.join(FORMATS)}")
    files: Files = {}
    for name, made in FORMATS.items():
        if not formats or name in formats:
            files |= made(dataset)
    return explained(dataset, files)


def explained(dataset: OpenDataSet, files: Files) -> Files:
    """The files with README, citation and digests beside them."""
    files = {**files, "README.md": package.readme(dataset, files), "CITATION.txt": (package.citation(dataset) + "\n").encode()}
    return {**files, "SHA256SUMS": package.sums(files)}


def write_files(dataset: OpenDataSet, out: Path, formats: Collection[str] = ()) -> list[Path]:
    """Write the files into ``out``; the same data set gives the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    return [write_whole(out / name, data) for name, data in files_of(dataset, formats).items()]


def bundle(dataset: OpenDataSet, formats: Collection[str] = ()) -> bytes:
    """All files in one zip that explains itself; its times are the day of issue, so that the bytes are always the same."""
    return zipped(dataset, files_of(dataset, formats))


def zipped(dataset: OpenDataSet, files: Files) -> bytes:
    """Files of a data set in one zip, in a folder that names its version."""
    day = dataset.issued
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{dataset.id}-{dataset.version}/{name}", (max(day.year, 1980), day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            box.writestr(entry, data)
    return out.getvalue()
