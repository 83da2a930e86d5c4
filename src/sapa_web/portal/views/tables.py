"""The table builder: by GET and without scripts; what is shown can be taken away, whole, in every format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from sapa.publication.exchange import OpenDataSet
from sapa.publication.labels import Labels
from sapa_web.common.clock import now
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.portal.domain.queries import builder
from sapa_web.portal.domain.queries.builder import Asked
from sapa_web.portal.domain.queries.chapters import source_lines
from sapa_web.portal.domain.queries.cube import Cube, cube_of
from sapa_web.portal.domain.queries.open_files import FORMATS, given
from sapa_web.portal.domain.queries.pivot import Pivot, Writer, pivot
from sapa_web.portal.domain.queries.reading import Edition, data_set, editions
from sapa_web.portal.models import DataVersion
from sapa_web.portal.templatetags.portal import figure_url, period_name
from sapa_web.portal.views.common import attachment, edition_or_404, number_of, require_safe

LINES = 100
"""Rows of a page."""


@dataclass(frozen=True)
class Built:
    """A table as somebody has asked for it."""

    edition: Edition
    cube: Cube
    asked: Asked

    @cached_property
    def labels(self) -> Labels:
        """Names as they hold in the newest chosen period."""
        return labels_for(self.edition.pack, self.asked.periods[-1] if self.asked.periods else self.edition.newest)

    @cached_property
    def pivot(self) -> Pivot:
        """The table itself."""
        return pivot(self.edition.version, self.asked, self.labels)

    @property
    def title(self) -> str:
        """What it shows, in words."""
        names = ", ".join(self.labels.indicator_title(name) for name in self.asked.indicators)
        by = " × ".join(self.labels.dimension_title(name) for name in self.asked.by)
        first, last = self.asked.periods[0], self.asked.periods[-1]
        when = period_name(first) if first == last else f"{period_name(first)}–{period_name(last)}"
        return "; ".join(part for part in (names, by, when) if part)


def built(edition: Edition, query: QueryDict) -> Built | None:
    """The table an address asks for; nothing where it names no indicator with figures."""
    cube = cube_of(edition.version)
    asked = builder.read(query, cube, edition.pack)
    return Built(edition, cube, asked) if asked.indicators and asked.periods else None


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Choose, and see."""
    every = editions(now())
    context: dict[str, Any] = {"title": _("Table builder"), "editions": every}
    if not every:
        return render(request, "portal/tables.html", context)
    pack = request.GET.get("pack", "")
    here = next((item for item in every if item.pack == pack), every[0])
    cube = cube_of(here.version)
    asked = builder.read(request.GET, cube, here.pack)
    context |= {"here": here, "asked": asked, **_choices(cube, asked, here.labels)}
    if asked.indicators and asked.periods:
        context |= table_of(Built(here, cube, asked), number_of(request, "page"))
    return render(request, "portal/tables.html", context)


def _choices(cube: Cube, asked: Asked, labels: Labels) -> dict[str, Any]:
    return {
        "themes": builder.indicator_options(cube, asked, labels),
        "breakdowns": builder.by_options(cube, asked, labels),
        "periods": builder.period_options(cube, asked, labels) if asked.indicators else [],
        "codes": builder.code_options(cube, asked, labels),
    }


def table_of(found: Built, number: int) -> dict[str, Any]:
    """What a page of the table needs."""
    page = Paginator(range(found.pivot.rows), LINES).get_page(number)
    writer = Writer(found.cube, found.asked, found.labels, found.pivot)
    body = rows_html(writer.rows(page.start_index() - 1, page.end_index()), found.edition.version)
    return {
        **parts_of(found),
        "body": body,
        "legend": writer.legend,
        "page": page,
        "figures": int(found.pivot.positions.size),
        "formats": [(kind, FORMATS[kind].label) for kind in FORMATS],
        "address": found.asked.address,
    }


def parts_of(found: Built) -> dict[str, Any]:
    """What stands around the lines of a table."""
    return {
        "caption": found.title,
        "heads": [_head(found.labels, name) for name in found.pivot.heads],
        "groups": _groups(found),
        "columns": columns_of(found),
        "sources": sources_of(found),
    }


def exactly(found: Built, dataset: OpenDataSet) -> OpenDataSet:
    """Of a data set just the figures of the table, all of its pages."""
    return replace(dataset, facts=found.pivot.taken(found.cube))


def sources_of(found: Built) -> list[str]:
    """Whose figures, which version, as of which day."""
    return source_lines(found.edition.version, found.asked.periods[-1], found.labels)


def _head(labels: Labels, name: str) -> str:
    return labels.lang.text("period_column") if name == "period" else labels.dimension_title(name)


def columns_of(found: Built) -> list[dict[str, str]]:
    """Heads of the columns of figures, each with the address that sorts by it."""
    out = []
    several = len(found.asked.indicators) > 1
    for column in found.pivot.columns:
        item = found.labels.indicator(column.indicator)
        unit = found.labels.lang.unit(item.unit)
        title = found.labels.lang.period(column.period) if column.period else f"{found.labels.text(item.title)}, {unit}"
        turned = f"-{column.key}" if found.asked.sort != f"-{column.key}" else column.key
        sort = "descending" if found.asked.sort == f"-{column.key}" else "ascending" if found.asked.sort == column.key else "none"
        url = "?" + replace(found.asked, sort=turned).address
        out.append({"title": title, "url": url, "sort": sort, "unit": "" if several else unit})
    return out


def _groups(found: Built) -> list[tuple[str, int]]:
    """Above periods the indicators they belong to."""
    if not found.pivot.columns[0].period:
        return []
    out = []
    for name in found.asked.indicators:
        item = found.labels.indicator(name)
        out.append((f"{found.labels.text(item.title)}, {found.labels.lang.unit(item.unit)}", len(found.asked.periods)))
    return out


def rows_html(rows: list[Any], version: DataVersion, site: str = "") -> SafeString:
    """The lines as HTML, put together here: a template would take ten times as long for thousands of cells."""
    out = []
    for heads, cells in rows:
        whole = all(is_whole for _text, is_whole in heads)
        out.append('<tr class="total">' if whole else "<tr>")
        out += [f'<th scope="row">{conditional_escape(text)}</th>' for text, _whole in heads]
        for cell in cells:
            text: str = conditional_escape(cell.text)
            if cell.there:
                text = f'<a href="{conditional_escape(site + figure_url(version, cell.name))}">{text}</a>'
            out.append(f'<td class="num">{text}</td>')
        out.append("</tr>\n")
    return mark_safe("".join(out))  # noqa: S308 - every text in it was escaped above


@require_safe
def download(request: HttpRequest, kind: str) -> HttpResponse:
    """Exactly the figures of the table, all of its pages."""
    found = built(edition_or_404(request.GET.get("pack", "")), request.GET)
    if found is None or kind not in FORMATS:
        raise Http404
    part = exactly(found, data_set(found.edition.version, now()))
    made = given(part, kind, f"{found.edition.pack}-table-{found.edition.version.number}")
    return attachment(made.content, made.media, made.name, part.rows)
