"""The clause coverage pages."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sapa.packs.coverage import STATES
from sapa_web.portal.domain.queries import law

STATE_WORDS: dict[str, tuple[Any, str, str]] = {
    "proved": (gettext_lazy("proved by a case"), "tone-green", "circle-check"),
    "implemented": (gettext_lazy("carried out"), "tone-blue", "circle-dot"),
    "not implemented": (gettext_lazy("not carried out yet"), "tone-grey", "circle-dashed"),
}
KIND_WORDS: dict[str, Any] = {
    "definition": gettext_lazy("definition"),
    "duty": gettext_lazy("duty"),
    "recommendation": gettext_lazy("recommendation"),
    "permission": gettext_lazy("permission"),
    "prohibition": gettext_lazy("prohibition"),
    "exception": gettext_lazy("exception"),
    "deadline": gettext_lazy("deadline"),
    "figure": gettext_lazy("figure"),
    "target": gettext_lazy("target"),
    "task": gettext_lazy("task"),
    "measure": gettext_lazy("measure"),
}


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The documents and how far each is carried out."""
    lang = get_language() or "en"
    found = law.summaries(lang)
    totals = {name: sum(getattr(item, name) for item in found) for name in ("clauses", "proved", "implemented", "missing")}
    context = {
        "title": _("The law and what is carried out"),
        "crumbs": [(_("Education statistics"), reverse("portal:home")), (_("The law"), "")],
        "documents": found,
        "others": law.summaries(lang, others=True),
        "totals": totals,
    }
    return render(request, "portal/law.html", context)


@require_safe
def document(request: HttpRequest, document: str) -> HttpResponse:
    """Every clause of one document."""
    lang = get_language() or "en"
    found = law.document(document, lang)
    if found is None:
        raise Http404
    state, text = request.GET.get("state", "").replace("-", " "), request.GET.get("q", "").strip()[:200]
    state = state if state in STATES else ""
    lines = law.lines(found.pack, lang, state, text)
    context = {
        "title": found.title,
        "crumbs": [
            (_("Education statistics"), reverse("portal:home")),
            (_("The law"), reverse("portal:law")),
            (found.pack.id, ""),
        ],
        "document": found,
        "lines": [_shown(line) for line in lines],
        "states": [(name.replace(" ", "-"), words[0], name == state) for name, words in STATE_WORDS.items()],
        "q": text,
        "chosen": bool(state or text),
    }
    return render(request, "portal/law_document.html", context)


def _shown(line: law.Line) -> dict[str, Any]:
    word, tone, picture = STATE_WORDS[line.row.state]
    return {
        "path": line.row.clause.path, "kind": KIND_WORDS[line.row.clause.kind], "text": line.text, "note": line.note,
        "word": word, "tone": tone, "picture": picture, "parts": line.row.parts, "by": line.row.implemented_by,
        "cases": line.row.proved_by,
    }  # fmt: skip
