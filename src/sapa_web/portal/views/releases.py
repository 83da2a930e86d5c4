"""Releases as everybody reads them: the list with the calendar, one release, its chapters."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa.publication import pictures
from sapa_web.common.clock import now
from sapa_web.indicators.domain.queries import downloads, drawing
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.chapters import chapters_of, laid_out
from sapa_web.portal.domain.queries.key_figures import key_figures
from sapa_web.portal.domain.queries.reading import Edition
from sapa_web.portal.models import Release
from sapa_web.portal.templatetags.portal import period_name, words
from sapa_web.portal.views.common import require_safe, stored
from sapa_web.portal.views.public import newest_versions


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What was released, by publication, and what is announced."""
    moment = now()
    by: dict[int, list[Release]] = {}
    for release in newest_versions(list(published.releases(moment))):
        by.setdefault(release.publication_id, []).append(release)
    context = {
        "title": _("Releases"),
        "publications": [(items[0].publication, items) for items in by.values()],
        "announced": published.announced(moment),
    }
    return render(request, "portal/releases.html", context)


def _found(publication: str, period: str, version: str = "") -> tuple[Release, list[Release]]:
    """The release that is meant and all public versions of its period, the newest first."""
    every = list(published.releases(now()).filter(publication__slug=publication, period=period).order_by("-version"))
    chosen = next((item for item in every if not version or str(item.version) == version), None)
    if chosen is None:
        raise Http404
    return chosen, every


def _title(release: Release) -> str:
    return f"{words(release.publication.title)}, {period_name(release.period)}"


@require_safe
def show(request: HttpRequest, publication: str, period: str) -> HttpResponse:
    """One release."""
    release, every = _found(publication, period, request.GET.get("version", ""))
    edition = Edition(release.data) if release.data is not None and release.data.periods else None
    context: dict[str, Any] = {
        "title": _title(release),
        "crumbs": [(_("Releases"), reverse("portal:releases")), (_title(release), "")],
        "release": release,
        "versions": every,
        "newest": every[0],
        "edition": edition,
        "figures": key_figures(edition, release) if edition else [],
        "chapters": [(shelf, _pictures(release, shelf)) for shelf in chapters_of(release)],
        "files": release.files,
        "sources": release.external_sources.all(),
        "seen_before": release.pre_release.order_by("from_at", "name"),
        "overrides": release.overrides.order_by("at"),
    }
    return render(request, "portal/release.html", context)


@require_safe
def chapter(request: HttpRequest, publication: str, period: str, chapter: str) -> HttpResponse:
    """One chapter with its tables."""
    release, every = _found(publication, period, request.GET.get("version", ""))
    shelves = chapters_of(release, chapter)
    if not shelves:
        raise Http404
    shelf, labels = shelves[0], labels_for(release.publication.pack, release.period)
    back = reverse("portal:release", args=[publication, period])
    context = {
        "title": shelf.title,
        "crumbs": [(_("Releases"), reverse("portal:releases")), (_title(release), back), (shelf.title, "")],
        "release": release,
        "newest": every[0],
        "shelf": shelf,
        "pictures": _pictures(release, shelf),
        "tables": [laid_out(table, release.data, labels) for table in shelf.tables] if release.data else [],
    }
    return render(request, "portal/chapter.html", context)


def _pictures(release: Release, shelf: Any) -> list[dict[str, Any]]:
    out = []
    for item in shelf.charts:
        width, height = drawing.size_of(item)
        url = reverse(
            "portal:release_chart", args=[release.publication.slug, release.period, release.version, shelf.id, item.id, "svg"]
        )
        png = url.removesuffix("svg") + "png"
        out.append({"url": url, "png": png, "alt": item.alt, "width": width, "height": height})
    return out


@require_safe
def file(request: HttpRequest, publication: str, period: str, version: int, name: str) -> HttpResponseBase:
    """A document of a release, as it lies in the store."""
    release, _every = _found(publication, period, str(version))
    told = next((item for item in release.files if item["name"] == name), None)
    if told is None:
        raise Http404
    return stored(told["path"], name)


@require_safe
def chart(request: HttpRequest, publication: str, period: str, version: int, chapter: str, chart: str, kind: str) -> HttpResponse:
    """A chart of a chapter."""
    release, _every = _found(publication, period, str(version))
    found = next((item for shelf in chapters_of(release, chapter) for item in shelf.charts if item.id == chart), None)
    if found is None or kind not in ("svg", "png"):
        raise Http404
    content = (
        pictures.svg(found) if kind == "svg" else downloads.described_png(pictures.png(found), f"{found.title}. {found.alt}")
    )
    response = HttpResponse(content, content_type=downloads.TYPES[kind])
    response["Cache-Control"] = "no-cache"
    return response
