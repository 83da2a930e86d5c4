"""Charts of surveys, drawn by the server from the engine's specifications."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from xml.sax.saxutils import escape

import vl_convert

from sapa.errors import EngineError
from sapa.publication.charts import Chart
from sapa.publication.render import VERSION, fonts


def svg(chart: Chart) -> str:
    """The chart as SVG with title and description inside; one that was drawn a moment ago is not drawn again."""
    drawn = _svg(json.dumps(chart.spec, sort_keys=True))
    begin = drawn.index(">") + 1
    words = f"<title>{escape(chart.title)}</title><desc>{escape(chart.alt)}</desc>"
    head = drawn[: begin - 1].replace("<svg ", '<svg role="img" ', 1)
    return f"{head}>{words}{drawn[begin:]}".replace('font-family="Noto Sans"', 'font-family="Noto Sans, system-ui, sans-serif"')


@cache
def _prepared() -> None:
    vl_convert.register_font_directory(str(fonts()))


@lru_cache(maxsize=256)
def _svg(spec: str) -> str:
    _prepared()
    try:
        drawn: str = vl_convert.vegalite_to_svg(json.loads(spec), vl_version=VERSION, allowed_base_urls=[])
    except ValueError as error:
        raise EngineError("a chart can't be drawn", todo="report it with the address of the page") from error
    return drawn
