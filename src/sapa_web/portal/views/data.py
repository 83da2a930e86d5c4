"""Open data: every public version of every data set, its files, its changes; a catalogue for machines."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from sapa.publication.exchange import catalogue
from sapa.publication.exchange.api import FORMATS as ENGINE
from sapa.publication.exchange.package import citation, media_type
from sapa.publication.language import LANGUAGES
from sapa_web.common.clock import now
from sapa_web.common.domain.notices import site_address
from sapa_web.portal.domain import open_store
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.open_files import FORMATS, given
from sapa_web.portal.domain.queries.reading import Edition, data_set
from sapa_web.portal.models import DataVersion
from sapa_web.portal.views.common import attachment, require_safe, stored

AT_ONCE = 50_000
"""Figures up to which the files of a whole version are made on the spot where the worker has not made them yet."""
NAMES = {
    "csv": ("facts.csv", "codes.csv", "indicators.csv", "csv-metadata.json", "datapackage.json"),
    "xlsx": ("facts.xlsx",),
    "json-stat": ("facts.json",),
    "parquet": ("facts.parquet",),
    "sdmx": ("structures.sdmx.xml", "facts.sdmx.xml", "facts.sdmx.csv"),
}
"""Files of the engine's formats."""


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The data sets, each with its public versions."""
    by: dict[str, list[Edition]] = {}
    for version in published.versions(now()):
        by.setdefault(version.pack, []).append(Edition(version))
    sets = [
        {"newest": items[0], "versions": items, "about": items[0].labels.text(items[0].labels.pack.meta.document.title)}
        for items in by.values()
        if items[0].version.periods
    ]
    return render(request, "portal/data.html", {"title": _("Open data"), "sets": sets})


def _version(pack: str, number: str) -> DataVersion:
    found = next((item for item in published.versions(now(), pack) if item.number == number), None)
    if found is None:
        raise Http404
    return found


@require_safe
def version(request: HttpRequest, pack: str, number: str) -> HttpResponse:
    """One version: its files, what changed, how it is cited."""
    moment = now()
    edition = Edition(_version(pack, number))
    dataset = data_set(edition.version, moment)
    held = open_store.index(edition.version)
    title = f"{edition.title}, {number}"
    context: dict[str, Any] = {
        "title": title,
        "crumbs": [(_("Open data"), reverse("portal:data")), (title, "")],
        "edition": edition,
        "dataset": dataset,
        "cited": citation(dataset, edition.labels.lang.code),
        "formats": [(kind, FORMATS[kind].label) for kind in FORMATS],
        "files": [(name, told["bytes"], told["sha256"]) for name, told in held["files"].items()] if held else [],
        "held": held,
        "changes": [(_change(kind), count) for kind, count in held["changes"].items()] if held else [],
        "releases": published.releases(moment).filter(data=edition.version),
        "roots": sorted(edition.version.roots.items(), reverse=True),
    }
    return render(request, "portal/data_version.html", context)


def _change(kind: str) -> str:
    words = {
        "added": _("added"), "removed": _("taken away"), "shown": _("shown that was hidden"),
        "hidden": _("hidden that was shown"), "changed": _("corrected"),
    }  # fmt: skip
    return words.get(kind, kind)


@require_safe
def download(request: HttpRequest, pack: str, number: str, kind: str) -> HttpResponseBase:
    """A whole version in one format."""
    found = _version(pack, number)
    if kind not in FORMATS:
        raise Http404
    name = f"{pack}-{number}"
    form = FORMATS[kind]
    ending = f".{form.ending}" if form.file else f"-{kind}.zip" if form.parts else ".zip"
    where = open_store.place(found, form.file) if form.file else open_store.box(found, kind)
    if kept := _kept(found, where, name + ending):
        return kept
    if found.facts > AT_ONCE:
        return _not_yet()
    dataset = data_set(found, now())
    made = given(dataset, kind, name)
    return attachment(made.content, made.media, made.name, dataset.rows)


def _kept(version: DataVersion, where: str, name: str) -> HttpResponseBase | None:
    """A file that was made when the version became public, as it lies in the store."""
    if open_store.index(version) is None:
        return None
    try:
        return stored(where, name, version.facts)
    except Http404:
        return None


def _not_yet() -> HttpResponse:
    response = HttpResponse(_("The file is being made. Please try again in some minutes."), status=503)
    response["Retry-After"] = "120"
    return response


@require_safe
def file(request: HttpRequest, pack: str, number: str, name: str) -> HttpResponseBase:
    """One file of a version, as it was made when the version became public; made on the spot where it was not."""
    found = _version(pack, number)
    held = open_store.index(found)
    if held is not None and name in held["files"]:
        kept = _kept(found, open_store.place(found, name), name)
        if kept is not None:
            return kept
    kind = next((kind for kind, names in NAMES.items() if name in names), "")
    if not kind:
        raise Http404
    if found.facts > AT_ONCE:
        return _not_yet()
    return attachment(ENGINE[kind](data_set(found, now()))[name], media_type(name), name, found.facts)


@require_safe
def catalogue_json(request: HttpRequest) -> HttpResponse:
    """DCAT (JSON-LD) of all public versions and their files."""
    moment = now()
    listed = []
    for item in published.versions(moment):
        held = open_store.index(item)
        listed.append((data_set(item, moment), {name: told["bytes"] for name, told in held["files"].items()} if held else {}))
    titles = {code: _title_in(code) for code in LANGUAGES}
    base = site_address() + reverse("portal:data")
    return JsonResponse(catalogue(listed, base, titles), content_type="application/ld+json")


def _title_in(code: str) -> str:
    with override(code):
        return _("Open data of education statistics")
