"""The yearbook as PDF: the template, the content as JSON and the drawings go to Typst in a folder of their own."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import typst

from sapa.errors import EngineError
from sapa.publication.files import write_whole
from sapa.publication.render import fonts

STANDARD: Literal["ua-1"] = "ua-1"
"""PDF/UA-1: tagged, titled, with text alternatives, readable by a screen reader."""


def typeset(content: Mapping[str, Any], charts: Path, out: Path) -> Path:
    """Write the document to ``out``. The same content gives the same bytes: its date is the content's, fonts are ours."""
    template = resources.files("sapa.publication") / "yearbook.typ"
    year, month, day = content["date"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "main.typ").write_text(template.read_text("utf-8"), "utf-8")
        (folder / "content.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        (folder / "charts").mkdir()
        for chapter in content["chapters"]:
            for chart in chapter["items"]:
                if chart["kind"] == "chart" and not chart["empty"]:
                    shutil.copy(charts / Path(chart["file"]).name, folder / chart["file"])
        return write_whole(out, compiled(folder, int(datetime(year, month, day, tzinfo=UTC).timestamp())))


def pdf_of(template: str, content: Mapping[str, Any], date: Sequence[int]) -> bytes:
    """A document without drawings: a template of ours, its content, and its date (year, month, day) instead of the clock."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "main.typ").write_text((resources.files("sapa.publication") / template).read_text("utf-8"), "utf-8")
        (folder / "content.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        return compiled(folder, int(datetime(date[0], date[1], date[2], tzinfo=UTC).timestamp()))


def compiled(folder: Path, timestamp: int) -> bytes:
    """``main.typ`` of a folder as PDF in the shipped fonts; ``timestamp`` (seconds) stands in its metadata for the clock."""
    try:
        made = typst.compile(
            str(folder / "main.typ"),
            root=str(folder),
            font_paths=[str(fonts())],
            ignore_system_fonts=True,
            pdf_standards=STANDARD,
            timestamp=timestamp,
        )
    except typst.TypstError as error:
        raise EngineError(f"the document can't be typeset: {error.message}", todo="report it with the pack") from error
    assert isinstance(made, bytes)
    return made
