"""The tree, the list, an organisation and its history."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sapa_web.common.clock import today
from sapa_web.orgs.domain.queries import places
from sapa_web.orgs.domain.queries.access import may
from sapa_web.orgs.domain.registers import LEVEL, TYPE, site_register
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import administers, find, requires, scope_in

SEE, ADMIN = Capability.SEE, Capability.ADMINISTER
PAGE = 50


@requires(SEE)
@require_GET
def tree(request: HttpRequest) -> HttpResponse:
    """The person's part of the tree on a day, as known on a day; branches open one by one."""
    scope = scope_in(request)
    day, known = _days(request)
    nodes = places.roots(scope, day, known)
    opened = None
    if len(nodes) == 1 and nodes[0].has_children:
        opened = places.branch(scope, find(scope, nodes[0].code), day, known)
    context = {
        "nodes": nodes, "opened": opened, "day": day, "known": request.GET.get("known", ""), "is_today": day == today(),
        "tabs": _tabs("tree"), "may_open": may(request.user, ADMIN),  # type: ignore[arg-type]
    }  # fmt: skip
    return render(request, "orgs/tree.html", context)


@requires(SEE)
@require_GET
def branch(request: HttpRequest, code: str) -> HttpResponse:
    """What hangs on a node, for the tree on the page."""
    scope = scope_in(request)
    day, known = _days(request)
    nodes = places.branch(scope, find(scope, code), day, known)
    return render(request, "orgs/branch.html", {"nodes": nodes, "day": day, "known": request.GET.get("known", "")})


@requires(SEE)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Organisations by name, type, level, state."""
    given = {name: request.GET.get(name, "").strip() for name in ("words", "kind", "level", "below", "sort")}
    given["state"] = request.GET.get("state", "open")
    found = places.listed(scope_in(request), **given)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    register, lang = site_register(), get_language() or "en"
    context: dict[str, Any] = {
        "page": page, **given, "tabs": _tabs("list"), "may_open": may(request.user, ADMIN),  # type: ignore[arg-type]
        "kinds": register.choices(TYPE, lang) if register else [],
        "levels": register.choices(LEVEL, lang) if register else [],
    }  # fmt: skip
    context |= {"kind_titles": dict(context["kinds"]), "level_titles": dict(context["levels"])}
    return render(request, "orgs/list.html", context)


@requires(SEE, ADMIN)
@require_GET
def suggest(request: HttpRequest) -> HttpResponse:
    """Organisations whose name or identifier holds what was typed, for a field that asks for one."""
    words = next((str(value).strip() for value in request.GET.values() if value), "")
    found: Any = []
    if len(words) >= 2:
        reach = places.organisations(scope_in(request)).filter(is_open=True)
        found = reach.filter(places.contains("name", words) | Q(code__istartswith=words)).order_by("is_institution", "name")[:20]
    return render(request, "orgs/suggest.html", {"found": found})


@requires(SEE)
@require_GET
def organisation(request: HttpRequest, code: str) -> HttpResponse:
    """What an organisation is today, and what hangs on it."""
    scope = scope_in(request)
    found = find(scope, code)
    register, lang = site_register(), get_language() or "en"
    children = places.branch(scope, found, today()) if not found.is_institution else []
    line = places.history(found)
    standing = [item for item in line if item.superseded_at is None]
    last = standing[-1] if standing else None
    context = _frame(request, found, "facts") | {
        "told": register.told(found.attributes, lang, but=(TYPE, LEVEL)) if register else sorted(found.attributes.items()),
        "kind": dict(register.choices(TYPE, lang)).get(found.kind, found.kind) if register else found.kind,
        "levels": _titles(register, found, lang),
        "children": children, "since": standing[0].valid_from if standing else None,
        "ended": last if last is not None and last.ending and not found.is_open else None,
        "joined": places.merged_into(found),
    }  # fmt: skip
    return render(request, "orgs/organisation.html", context)


@requires(SEE)
@require_GET
def history(request: HttpRequest, code: str) -> HttpResponse:
    """Every version with its basis: when it held, when it was recorded, what it corrected."""
    found = find(scope_in(request), code)
    versions = places.history(found)
    context = _frame(request, found, "history") | {
        "lines": _lines([item for item in versions if item.superseded_at is None]),
        "corrected": [item for item in versions if item.superseded_at is not None], "joined": places.merged_into(found),
    }  # fmt: skip
    return render(request, "orgs/history.html", context)


def _lines(versions: list[Any]) -> list[dict[str, Any]]:
    """The standing versions, newest first, each with what it changed against the one before."""
    out: list[dict[str, Any]] = []
    before = None
    for item in versions:
        out.append({"version": item, "differences": _differences(before, item)})
        before = item
    return out[::-1]


def _differences(before: Any, item: Any) -> list[tuple[str, str, str]]:
    if before is None:
        return []
    names = {"name": _("Name"), "kind": _("Type"), "parent": _("Belongs to"), "founder": _("Founder")}
    found = [(title, getattr(before, name), getattr(item, name)) for name, title in names.items()]
    found.append((_("Levels of education"), ", ".join(before.levels), ", ".join(item.levels)))
    register, lang = site_register(), get_language() or "en"
    was, now = (dict(register.told(x.attributes, lang)) if register else x.attributes for x in (before, item))
    found += [(key, was.get(key, ""), now.get(key, "")) for key in [*now, *(key for key in was if key not in now)]]
    return [(title, str(a or "–"), str(b or "–")) for title, a, b in found if (a or "") != (b or "")]


def _titles(register: Any, found: Organisation, lang: str) -> list[str]:
    titles = dict(register.choices(LEVEL, lang)) if register else {}
    return [titles.get(item.level, item.level) for item in found.levels.all()]


def _frame(request: HttpRequest, found: Organisation, active: str) -> dict[str, Any]:
    """What every page about an organisation shows: where it hangs, the tabs, what may be done."""
    chain = places.above(scope_in(request), found)
    crumbs = [(_("Institutions"), reverse("orgs:tree"))]
    crumbs += [(str(item), reverse("orgs:organisation", args=[item.code])) for item in chain]
    crumbs.append((str(found), ""))
    return {"organisation": found, "crumbs": crumbs, **tabs_of(request, found, active)}


def tabs_of(request: HttpRequest, found: Organisation, active: str) -> dict[str, Any]:
    """The tabs of an organisation's pages; people and certificates are the administrator's."""
    may = administers(request, found)
    views = [("facts", "orgs:organisation", _("Facts")), ("history", "orgs:history", _("History"))]
    if may:
        views += [("people", "orgs:place_people", _("People")), ("certificates", "orgs:certificates", _("Certificates"))]
    tabs = [{"label": label, "url": reverse(route, args=[found.code]), "active": name == active} for name, route, label in views]
    return {"tabs": tabs, "may_administer": may}


def _tabs(active: str) -> list[dict[str, Any]]:
    return [
        {"label": _("Tree"), "url": reverse("orgs:tree"), "active": active == "tree"},
        {"label": _("List"), "url": reverse("orgs:list"), "active": active == "list"},
    ]


def _days(request: HttpRequest) -> tuple[date, datetime | None]:
    """The day asked for and the end of the day as of which it was known; nonsense counts as not given."""
    known = _day(request.GET.get("known", ""))
    moment = timezone.make_aware(datetime.combine(known, time.max)) if known else None
    return _day(request.GET.get("day", "")) or today(), moment


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
