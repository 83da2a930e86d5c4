"""The lineage page of a published cell, and the same as JSON."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sapa.chain.lineage import FactId
from sapa.errors import UserError
from sapa.publication.language import LANGUAGES, Language, language
from sapa.publication.numbers import rounded
from sapa.publication.tables import SYMBOLS
from sapa_web.common.clock import now
from sapa_web.portal.domain.figurestree import bundle_of
from sapa_web.portal.domain.queries import lineage
from sapa_web.portal.domain.queries.described import described
from sapa_web.portal.domain.queries.lineage import Lineage, Seen

STATUS: dict[str, Any] = {
    lineage.PUBLISHED: gettext_lazy("Published"),
    lineage.HIDDEN: gettext_lazy("Hidden to protect persons"),
    lineage.NOT_APPLICABLE: gettext_lazy("Not applicable: there is nothing to divide by"),
    lineage.MISSING: gettext_lazy("No data"),
}
CHANGES: dict[str, Any] = {
    "added": gettext_lazy("first published"),
    "same": gettext_lazy("unchanged"),
    "changed": gettext_lazy("corrected"),
    "hidden": gettext_lazy("hidden from here on"),
    "shown": gettext_lazy("shown from here on"),
    "removed": gettext_lazy("no longer published"),
}
_MARKS = {lineage.HIDDEN: SYMBOLS["suppressed"], lineage.NOT_APPLICABLE: SYMBOLS["not_applicable"]}


def reader_language() -> Language:
    """The reader's language where documents speak it, else English."""
    code = (get_language() or "en").split("-")[0]
    return language(code if code in LANGUAGES else "en")


def found_or_404(pack: str, version: str, fact: str) -> Lineage:
    """The way of a public cell."""
    moment = now()
    known = lineage.version_numbered(moment, pack, version)
    try:
        way = lineage.lineage_of(moment, known, FactId.parse(fact), reader_language()) if known is not None else None
    except UserError as error:
        raise Http404 from error
    if way is None:
        raise Http404
    return way


@require_safe
def show(request: HttpRequest, pack: str, version: str, fact: str) -> HttpResponse:
    """Everything that may be known of a published cell."""
    way = found_or_404(pack, version, fact)
    lang = reader_language()
    context = {
        "title": _("Where does this figure come from?"),
        "crumbs": [(_("Education statistics"), reverse("portal:home")), (way.title, "")],
        "way": way,
        "shown": written(way.fact.value, way, lang, way.status),
        "exact": None if way.fact.value is None else f"{way.fact.value:.15g}",
        "period": lang.period(way.fact.period),
        "status": STATUS[way.status],
        "history": [_told(seen, way, lang) for seen in way.history],
        "newer": _newer(way),
        "releases": [f"{_own(item.publication.title, lang)} {lang.period(item.period)}" for item in way.releases],
        "bundle": lineage.address(way.version, way.fact.id, "figure_bundle") if way.tree else "",
        "json": lineage.address(way.version, way.fact.id, "figure_json"),
    }
    return render(request, "portal/figure.html", context)


@require_safe
def bundle(request: HttpRequest, pack: str, version: str, fact: str) -> HttpResponse:
    """The verification bundle of the cell, a zip."""
    way = found_or_404(pack, version, fact)
    made = bundle_of(way.version, way, described(way), reader_language())
    if made is None:
        raise Http404
    answer = HttpResponse(made, content_type="application/zip")
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{pack}-{version}-{way.fact.id}")[:120].rstrip("_")
    answer["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return answer


@require_safe
def as_json(request: HttpRequest, pack: str, version: str, fact: str) -> JsonResponse:
    """The same for machines."""
    return JsonResponse(described(found_or_404(pack, version, fact)), json_dumps_params={"ensure_ascii": False})


def written(value: float | None, way: Lineage, lang: Language, status: str) -> str:
    """A figure as tables show it."""
    return _MARKS.get(status, SYMBOLS["missing"]) if value is None else lang.exact(rounded(value, way.decimals))


def _told(seen: Seen, way: Lineage, lang: Language) -> dict[str, Any]:
    shown = written(seen.value, way, lang, seen.status) if seen.value is not None else ""
    url = lineage.address(seen.version, way.fact.id) if seen.status and seen.version.pk != way.version.pk else ""
    status = STATUS.get(seen.status, "") if not shown else ""
    return {"number": seen.version.number, "on": seen.on, "change": CHANGES[seen.change], "shown": shown or status, "url": url}


def _own(texts: dict[str, str], lang: Language) -> str:
    return texts.get(lang.code) or texts.get("en") or next(iter(texts.values()), "")


def _newer(way: Lineage) -> str:
    """The page of the same cell in the newest version that has it, where this is not it."""
    newest = next((seen for seen in way.history if seen.status), None)
    return lineage.address(newest.version, way.fact.id) if newest and newest.version.pk != way.version.pk else ""
