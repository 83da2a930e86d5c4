"""The page a person lands on after sign-in: what is to do, and the figures nearest to them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from sapa_web.common.templatetags.ui import number, percent
from sapa_web.indicators.domain.queries import dashboards
from sapa_web.orgs.domain.queries.access import may, memberships_of
from sapa_web.orgs.roles import Capability


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """A dashboard made of what the person's roles need."""
    user: Any = request.user
    roles = memberships_of(user)
    figures = dashboards.newest_official() if may(user, Capability.ANALYSE) else None
    desk, office, site = dashboards.desk(user), dashboards.office(user), dashboards.site(user)
    context = {
        "title": _("Good day, %(name)s") % {"name": user.name or user.email},
        "roles": [{"role": item.get_role_display(), "place": item.organisation.name} for item in roles],
        "desk": desk,
        "desk_stats": _desk_stats(desk) if desk else [],
        "school": dashboards.school(user, figures),
        "office": office,
        "office_stats": _office_stats(office) if office else [],
        "country": dashboards.country(user, figures),
        "site": site,
        "site_stats": _site_stats(site) if site else [],
        "returns_url": _url("collection:home"),
    }
    return render(request, "indicators/home.html", context)


def _url(route: str, *args: Any) -> str:
    """The address of a page of another app; empty where a site has none."""
    try:
        return reverse(route, args=args)
    except NoReverseMatch:
        return ""


def _desk_stats(desk: dashboards.Desk) -> list[dict[str, Any]]:
    counts = desk.counts
    url = _url("collection:home")
    return [
        {
            "name": _("Returns done"),
            "figure": f"{number(counts['done'])} / {number(counts['of'])}",
            "icon": "checklist",
            "url": url,
        },
        {"name": _("Late"), "figure": number(counts["late"]), "icon": "clock-exclamation", "url": url},
    ]


def _office_stats(office: dashboards.Office) -> list[dict[str, Any]]:
    whole = office.whole
    url = _url("backlog:node", office.view.node.code)
    return [
        {
            "name": _("Returns received"),
            "figure": f"{number(whole.received)} / {number(whole.owed)}",
            "icon": "inbox",
            "url": url,
        },
        {"name": _("Completeness"), "figure": percent(whole.completeness), "icon": "progress"},
        {"name": _("Correctness"), "figure": percent(whole.correctness), "icon": "circle-check"},
        {"name": _("Timeliness"), "figure": percent(whole.timeliness), "icon": "clock"},
        {"name": _("Late"), "figure": number(whole.late), "icon": "clock-exclamation", "url": url},
    ]


def _site_stats(site: dashboards.Site) -> list[dict[str, Any]]:
    return [
        {"name": _("Institutions"), "figure": number(site.institutions), "icon": "school"},
        {"name": _("Offices"), "figure": number(site.offices), "icon": "building"},
        {"name": _("People with an account"), "figure": number(site.people), "icon": "users"},
        {"name": _("Jobs waiting or running"), "figure": number(site.waiting), "icon": "loader"},
        {"name": _("Jobs that failed"), "figure": number(site.failed), "icon": "circle-x"},
    ]
