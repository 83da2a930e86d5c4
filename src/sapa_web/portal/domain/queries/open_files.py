"""A part of a data set as the file a reader asks for: one that explains itself alone, or a zip with what explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from sapa.publication.exchange import OpenDataSet, bundle
from sapa.publication.exchange.api import files_of
from sapa.publication.exchange.package import media_type


@dataclass(frozen=True)
class Format:
    """``parts`` are the engine's formats in it; ``file`` the one file it is, else it is a zip."""

    label: Any
    parts: tuple[str, ...] = ()
    file: str = ""

    @property
    def ending(self) -> str:
        """The file's ending."""
        return self.file.rpartition(".")[2] or "zip"


FORMATS: dict[str, Format] = {
    "csv": Format(_("CSV with metadata (zip)"), ("csv",)),
    "xlsx": Format(_("Excel (xlsx)"), ("xlsx",), "facts.xlsx"),
    "json": Format(_("JSON-stat 2.0"), ("json-stat",), "facts.json"),
    "parquet": Format(_("Parquet"), ("parquet",), "facts.parquet"),
    "sdmx": Format(_("SDMX 3.0 with structures (zip)"), ("sdmx",)),
    "zip": Format(_("Everything (zip)")),
}
"""By the word that stands in addresses."""


@dataclass(frozen=True)
class Given:
    """A file ready to be handed over."""

    name: str
    media: str
    content: bytes


def given(part: OpenDataSet, kind: str, name: str) -> Given:
    """The part as a file of this kind, a key of :data:`FORMATS`."""
    form = FORMATS[kind]
    if form.file:
        content = files_of(part, form.parts)[form.file]
        return Given(f"{name}.{form.ending}", media_type(form.file), content)
    middle = f"-{kind}" if form.parts else ""
    return Given(f"{name}{middle}.zip", "application/zip", bundle(part, form.parts))
