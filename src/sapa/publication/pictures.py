"""A chart as one picture for a page: drawn by the server, so that nobody needs a script, with its words for who can't see it."""

from __future__ import annotations

import json
from functools import lru_cache
from xml.sax.saxutils import escape

import vl_convert

from sapa.publication.charts import Chart
from sapa.publication.render import SCALE, vector


def svg(chart: Chart) -> str:
    """The chart as SVG with title and description inside; one that was drawn a moment ago is not drawn again.

    Raises ``EngineError`` where it can't be drawn.
    """
    drawn = _svg(json.dumps(chart.spec, sort_keys=True), chart.id)
    begin = drawn.index(">") + 1
    words = f"<title>{escape(chart.title)}</title><desc>{escape(chart.alt)}</desc>"
    head = drawn[: begin - 1].replace("<svg ", '<svg role="img" ', 1)
    # In a page the picture can't use the page's letters: where the reader's machine lacks them, any without serifs will do.
    return f"{head}>{words}{drawn[begin:]}".replace('font-family="Noto Sans"', 'font-family="Noto Sans, system-ui, sans-serif"')


def png(chart: Chart) -> bytes:
    """The chart as PNG."""
    drawn: bytes = vl_convert.svg_to_png(_svg(json.dumps(chart.spec, sort_keys=True), chart.id), scale=SCALE)
    return drawn


@lru_cache(maxsize=256)
def _svg(spec: str, name: str) -> str:
    return vector(json.loads(spec), name)
