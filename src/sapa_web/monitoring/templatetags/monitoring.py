"""What the pages of the monitoring draw with: the clause a thing rests on, a small curve of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sapa_web.indicators.domain.queries.drawing import sparkline

register = template.Library()


@register.simple_tag
def clauses(pack: str, paths: Any) -> SafeString | str:
    """Links to the clauses a thing rests on, in the list of the document's clauses."""
    names = [paths] if isinstance(paths, str) else list(paths or ())
    if not names:
        return ""
    found = [(name.rpartition(":")[0] or pack, name.rpartition(":")[2]) for name in names]
    pages = ((reverse("portal:law_document", args=[owner]), path, path) for owner, path in found)
    links = format_html_join(" ", '<a href="{}#{}">{}</a>', pages)
    return format_html('<span class="clauses">{}</span>', links)


@register.simple_tag
def curve(values: Sequence[float | None], label: str) -> SafeString | str:
    """A small line over the periods, with a point each; nothing where there are fewer than two values."""
    points = sparkline(values, 120, 36)
    if not points:
        return ""
    at = [point.split(",") for point in points.split()]
    dots = format_html_join("", '<circle cx="{}" cy="{}" r="3"></circle>', at)
    return format_html(
        '<svg class="curve" viewBox="0 0 120 36" width="120" height="36" role="img" aria-label="{}">'
        '<polyline points="{}"></polyline>{}</svg>', label, points, dots,
    )  # fmt: skip


@register.simple_tag
def bar(share: float) -> SafeString:
    """A bar of a share between 0 and 1; the figure stands beside it in words."""
    width = round(100 * min(1.0, max(0.0, share)), 1)
    return format_html(
        '<svg class="bar-of" viewBox="0 0 100 10" width="100" height="10" aria-hidden="true">'
        '<rect width="{}" height="10"></rect></svg>', width,
    )  # fmt: skip


@register.simple_tag
def bar100(score: float) -> SafeString:
    """A bar of a score between 0 and 100."""
    return bar(score / 100)
