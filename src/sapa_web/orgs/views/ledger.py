"""The ledger: every act that changed something, and whether its chain holds."""

from __future__ import annotations

import re
from datetime import datetime, time
from itertools import islice
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sapa_web.common.domain import ledger
from sapa_web.common.models import LedgerEntry
from sapa_web.orgs.domain.queries.access import whole as reaches_all
from sapa_web.orgs.domain.queries.places import contains
from sapa_web.orgs.models import Organisation, User
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import requires, scope_in

ADMIN = Capability.ADMINISTER
PAGE = 50
MOST_FAULTS = 100


@requires(ADMIN)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Entries by organisation, verb, person and day, newest first."""
    scope = scope_in(request)
    given = {name: request.GET.get(name, "").strip() for name in ("unit", "verb", "actor", "since", "until")}
    whole = reaches_all(scope)
    found = LedgerEntry.objects.order_by("-seq")
    if not whole:
        found = found.filter(unit__in=Organisation.objects.for_scope(scope).values("code"))
    page = Paginator(_chosen(found, given), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": _rows(list(page.object_list)), "may_verify": whole, **given}
    return render(request, "orgs/ledger.html", context)


@requires(ADMIN)
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Go through the whole chain; only for whoever administers the whole tree."""
    if not reaches_all(scope_in(request)):
        return render(request, "orgs/ledger_verified.html", {"refused": True}, status=403)
    found = list(islice(ledger.faults(), MOST_FAULTS))
    last = LedgerEntry.objects.order_by("-seq").first()
    return render(request, "orgs/ledger_verified.html", {"faults": found, "last": last, "most": MOST_FAULTS})


def _chosen(found: QuerySet[LedgerEntry], given: dict[str, str]) -> QuerySet[LedgerEntry]:
    if given["unit"]:
        found = found.filter(unit=given["unit"].split(" – ")[0])
    if given["verb"]:
        found = found.filter(verb__startswith=given["verb"])
    if given["actor"]:
        people = User.objects.filter(contains("name", given["actor"]) | Q(email__icontains=given["actor"]))
        names = [f"user:{pk}" for pk in people.values_list("pk", flat=True)[:200]]
        found = found.filter(Q(actor__in=names) | Q(actor=given["actor"]))
    since, until = _day(given["since"], time.min), _day(given["until"], time.max)
    if since:
        found = found.filter(at__gte=since)
    if until:
        found = found.filter(at__lte=until)
    return found


def _day(text: str, moment: time) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, moment)) if day else None


def _rows(entries: list[LedgerEntry]) -> list[dict[str, Any]]:
    """Entries with the names of people and organisations, asked for once."""
    ids = {int(match[1]) for item in entries if (match := re.fullmatch(r"user:(\d+)", item.actor))}
    people = {f"user:{user.pk}": str(user) for user in User.objects.filter(pk__in=ids)}
    codes = {item.unit for item in entries if item.unit}
    units = {unit.code: str(unit) for unit in Organisation.objects.unscoped("names of what was chosen").filter(code__in=codes)}
    return [
        {
            "entry": item, "actor": people.get(item.actor, item.actor), "unit": units.get(item.unit, item.unit),
            "details": [(key, _plain(value)) for key, value in item.data.items() if value not in (None, "", [], {})],
        }
        for item in entries
    ]  # fmt: skip


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
