"""Drawing of charts: Vega-Lite specifications to SVG and PNG in one process, with the fonts that are shipped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import vl_convert

from sapa.errors import EngineError
from sapa.publication.charts import Chart
from sapa.publication.files import write_whole

VERSION = "6.4"
"""Version of Vega-Lite, fixed: another one may draw other bytes."""
SCALE = 2.0
"""Pixels of the PNG for one of the drawing."""


def fonts() -> Path:
    """The folder of the shipped fonts (Noto Sans, SIL Open Font License)."""
    return Path(str(resources.files("sapa.publication") / "fonts"))


@cache
def _prepared() -> None:
    vl_convert.register_font_directory(str(fonts()))


def draw(charts: Sequence[Chart], folder: Path, lang: str, *, pixels: bool = True) -> list[Path]:
    """Write ``ID.LANG.vl.json``, ``.svg`` and, with ``pixels``, ``.png`` of each chart; returns the files in that order.

    One thread lays out the next chart while another turns the last one into pixels: both run outside the interpreter.
    """
    out: list[Path] = []
    with ThreadPoolExecutor(1) as painter:
        painting: list[Future[None]] = []
        for chart in charts:
            spec, svg, png = (folder / f"{chart.id}.{lang}.{kind}" for kind in ("vl.json", "svg", "png"))
            drawn = vector(chart.spec, chart.id)
            if pixels:
                painting.append(painter.submit(_paint, drawn, png))
            write_whole(spec, json.dumps({**chart.spec, "description": chart.alt}, ensure_ascii=False, indent=1) + "\n")
            write_whole(svg, drawn)
            out += [spec, svg, *([png] if pixels else [])]
        for done in painting:
            done.result()
    return out


def vector(spec: Mapping[str, Any], name: str) -> str:
    """A specification as SVG, in the shipped fonts, without a look outside; raises ``EngineError``."""
    _prepared()
    try:
        drawn: str = vl_convert.vegalite_to_svg(dict(spec), vl_version=VERSION, allowed_base_urls=[])
    except ValueError as error:
        reason = " ".join(str(error).splitlines()[:2])
        raise EngineError(f"chart {name} can't be drawn: {reason}", todo="report it with the file of facts") from error
    return drawn


def _paint(drawn: str, png: Path) -> None:
    write_whole(png, vl_convert.svg_to_png(drawn, scale=SCALE))
