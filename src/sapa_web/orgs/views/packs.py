"""The packs this site has: what they encode, in which version, how far their clauses are carried out."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sapa.packs.loader import Pack
from sapa_web.common.packs import pack_named
from sapa_web.orgs.domain.queries.coverage import coverage_of
from sapa_web.orgs.domain.registers import pack_names
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import requires

MAY = (Capability.ADMINISTER, Capability.FREEZE)


@requires(*MAY)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All packs."""
    lang = get_language() or "en"
    lines = [_summary(pack_named(name), lang) for name in pack_names()]
    return render(request, "orgs/packs.html", {"lines": lines})


@requires(*MAY)
@require_GET
def pack(request: HttpRequest, name: str) -> HttpResponse:
    """One pack: its document, clauses, data sets, indicators."""
    if name not in pack_names():
        raise Http404
    found, lang = pack_named(name), get_language() or "en"
    context = _summary(found, lang) | {
        "pack": found, "document_title": found.text(found.meta.document.title, lang),
        "issuer": found.text(found.meta.document.issuer, lang),
        "datasets": [_element(found, item, lang) for item in found.datasets],
        "indicators": [_element(found, item, lang) for item in found.indicators],
        "not_implemented": [row.clause for row in coverage_of(name).clauses if row.state == "not implemented"],
        "crumbs": [(_("Packs"), reverse("orgs:packs")), (found.text(found.meta.title, lang), "")], "lang": lang,
    }  # fmt: skip
    return render(request, "orgs/pack.html", context)


def _summary(found: Pack, lang: str) -> dict[str, Any]:
    counts = coverage_of(found.id).counts()
    own = [item for item in found.placed if item.section in ("datasets", "indicators")]
    return {
        "id": found.id, "title": found.text(found.meta.title, lang), "version": found.version, "kind": found.meta.kind,
        "number": found.meta.document.number, "date": found.meta.document.date, "digest": found.digest,
        "clauses": sum(counts.values()), "proved": counts["proved"], "implemented": counts["implemented"],
        "missing": counts["not implemented"],
        "dataset_count": sum(item.section == "datasets" for item in own),
        "indicator_count": sum(item.section == "indicators" for item in own),
    }  # fmt: skip


def _element(found: Pack, item: Any, lang: str) -> dict[str, Any]:
    return {
        "id": item.id, "title": found.text(item.title, lang), "valid_from": item.valid_from, "valid_to": item.valid_to,
        "clauses": ", ".join(item.clause) if not isinstance(item.clause, str) else item.clause,
        "fields": len(item.fields) if hasattr(item, "fields") else None,
        "rules": len(item.rules) if hasattr(item, "rules") else None,
    }  # fmt: skip
