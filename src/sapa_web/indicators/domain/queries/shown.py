"""An indicator as a reader has chosen to see it: figures, choice, table, chart, source, and the same as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sapa.publication import pictures
from sapa.publication.charts import Chart
from sapa.publication.labels import Labels
from sapa_web.common.templatetags.ui import number
from sapa_web.indicators.domain.queries import downloads, drawing
from sapa_web.indicators.domain.queries.about import About, about, labels_for
from sapa_web.indicators.domain.queries.choice import Choice, read_choice
from sapa_web.indicators.domain.queries.facts import Figures
from sapa_web.indicators.domain.queries.reach import Reach
from sapa_web.indicators.domain.queries.tables import Table, build_table


@dataclass(frozen=True)
class Shown:
    """An indicator as the reader has chosen to see it."""

    figures: Figures
    choice: Choice
    labels: Labels
    reach: Reach
    table: Table
    told: About

    @property
    def chart(self) -> Chart | None:
        """The chart of the choice; nothing where there are not two figures to compare."""
        return drawing.chart_of(self.table, self.labels, self.told.lines(self.labels.lang))

    @property
    def count(self) -> str:
        """How many figures the table has, in words."""
        return figures_count(len(self.table.cells))


def figures_count(count: int) -> str:
    """A number of figures in words."""
    return ngettext("%(n)s figure", "%(n)s figures", count) % {"n": number(count)}


def shown(figures: Figures, choice: Choice, reach: Reach) -> Shown:
    """What a choice shows."""
    labels = labels_for(figures.pack, choice.periods[-1] if choice.periods else figures.periods[-1])
    table = build_table(figures, choice, labels, reach)
    return Shown(figures, choice, labels, reach, table, about(figures, choice, labels))


def shown_by(query: QueryDict, figures: Figures, indicator: str, reach: Reach) -> Shown:
    """What an address chooses."""
    return shown(figures, read_choice(query, figures, indicator, reach), reach)


def as_file(seen: Shown, kind: str, rows: list[dict[str, Any]]) -> bytes | str | None:
    """The same as a file; nothing where it is asked as a picture and has none."""
    if kind == "csv":
        return downloads.as_csv(rows)
    if kind == "parquet":
        return downloads.as_parquet(rows, seen.told)
    if kind == "xlsx":
        heads = {"table": _("Table"), "figures": _("Figures"), "source": _("Source"), "rows": figures_count(len(rows))}
        return downloads.as_xlsx(seen.table, rows, seen.told, seen.labels, heads)
    chart = seen.chart
    return picture_of(seen, chart, kind) if chart else None


def picture_of(seen: Shown, chart: Chart, kind: str) -> bytes | str:
    """The chart as SVG or PNG."""
    if kind == "svg":
        return pictures.svg(chart)
    words = f"{chart.title}. {chart.alt} {' '.join(seen.told.lines(seen.labels.lang))}"
    return downloads.described_png(pictures.png(chart), words)
