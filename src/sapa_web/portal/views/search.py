"""Search, and the feed of releases."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sapa_web.common.clock import now
from sapa_web.common.domain.notices import site_address
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.reading import editions
from sapa_web.portal.domain.queries.search import search
from sapa_web.portal.templatetags.portal import period_name, words
from sapa_web.portal.views.common import require_safe

FED = 30


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Indicators, places and releases that fit the words."""
    moment = now()
    text = request.GET.get("q", "")[:100].strip()
    found = search(text, moment, editions(moment))
    names = {"indicators": _("Indicators"), "places": _("Places"), "institutions": _("Institutions"), "releases": _("Releases")}
    parts = [(kind, names[kind], items) for kind, items in found.items() if items]
    context = {"title": _("Search"), "text": text, "parts": parts, "count": sum(len(items) for _kind, _name, items in parts)}
    return render(request, "portal/search.html", context)


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The newest releases as an Atom feed (RFC 4287)."""
    base = site_address()
    made = Atom1Feed(
        title=_("Education statistics: releases"), link=base + reverse("portal:home"), description="",
        feed_url=base + reverse("portal:feed"), language=get_language(),
    )  # fmt: skip
    for release in published.releases(now())[:FED]:
        path = reverse("portal:release", args=[release.publication.slug, release.period])
        link = f"{base}{path}?version={release.version}"
        title = f"{words(release.publication.title)}, {period_name(release.period)}"
        made.add_item(
            title=title, link=link, description=words(release.note) or words(release.headline), unique_id=link,
            pubdate=release.publish_at, updateddate=release.publish_at,
        )  # fmt: skip
    response = HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
