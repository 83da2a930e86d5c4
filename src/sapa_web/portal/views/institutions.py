"""Institutions: found by name or place, and the profile of one among the published figures of its places and kinds."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa_web.common.clock import now
from sapa_web.indicators.domain.queries.words import fits, rank, wanted
from sapa_web.portal.domain.queries.institutions import alike, listed, named, profile_of
from sapa_web.portal.domain.queries.place_names import flat, named_places
from sapa_web.portal.domain.queries.reading import Edition, editions
from sapa_web.portal.templatetags.portal import figure_url
from sapa_web.portal.views.common import edition_or_404, require_safe

SHOWN, NEAR = 100, 12


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Institutions by words of their name and by place."""
    every = [found for found in editions(now()) if listed(found)]
    context: dict[str, Any] = {"title": _("Institutions"), "editions": every}
    if every:
        here = next((found for found in every if found.pack == request.GET.get("pack", "")), every[0])
        text, place = request.GET.get("q", "")[:100].strip(), request.GET.get("place", "")[:60]
        typed = wanted(text)
        chosen = [
            one for one in listed(here) if (not place or place in one.codes.values()) and (not typed or fits(typed, one.hay))
        ]
        chosen = sorted(chosen, key=lambda one: rank(typed, one.title)) if typed else chosen
        context |= {
            "here": here, "text": text, "found": chosen[:SHOWN], "count": len(chosen), "more": len(chosen) > SHOWN, "most": SHOWN,
            "named": named(here),
            "places": [(item.code, item.title, item.code == place) for item in flat(named_places(here))],
        }  # fmt: skip
    return render(request, "portal/institutions.html", context)


@require_safe
def profile(request: HttpRequest, pack: str, code: str) -> HttpResponse:
    """One institution."""
    found = edition_or_404(pack)
    every = listed(found)
    one = next((item for item in every if item.code == code), None)
    if one is None:
        raise Http404
    made = profile_of(found, one)
    others = alike(one, every, found.places)
    context = {
        "title": one.title,
        "crumbs": [(_("Institutions"), reverse("portal:institutions")), (one.title, "")],
        "edition": found, "one": one, "groups": [(title or one.title) for title, _name, _code in made.groups],
        "traits": _traits(found, one.codes), "others": others[:NEAR], "peers": len(others),
        "themes": [
            (title, [(line, [(value.text, figure_url(found.version, value.name) if value.name else "") for value in line.values])
                     for line in lines])
            for title, lines in made.themes
        ],
    }  # fmt: skip
    return render(request, "portal/institution.html", context)


def _traits(found: Edition, codes: dict[str, str]) -> list[tuple[str, str, str]]:
    """What the register says: title, value, and of a place the address of its page."""
    out = []
    for name, code in codes.items():
        url = reverse("portal:place", args=[code]) + f"?pack={found.pack}" if name in found.places else ""
        out.append((found.labels.dimension_title(name), found.labels.code(name, code), url))
    return out
