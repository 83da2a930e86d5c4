"""Who may open a page of the quality system: people of the institution itself. Whoever stands above it finds nothing (404)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.evaluation.domain.queries.systems import system_of
from sapa_web.evaluation.models import Assessment, Member, System
from sapa_web.orgs.inside import InsideScope, inside
from sapa_web.orgs.models import User
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import refuse
from sapa_web.orgs.views.inside import institution, people_of_it

RUNS, STUDIES = Capability.QUALITY, Capability.TAKE_PART


runs = people_of_it(RUNS)
"""For who runs the system: the head, the deputy."""
takes_part = people_of_it(RUNS, STUDIES)
"""For them and for members of working groups."""


def system(scope: InsideScope, code: str) -> System:
    """The institution's system, else 404."""
    found = system_of(scope, institution(scope, code).pk)
    if found is None:
        raise Http404
    return found


def assessment(request: HttpRequest, scope: InsideScope, pk: int) -> Assessment:
    """The self-assessment, if it is of the person's own institution and the person runs it or sits in a group of it; else 404."""
    found: Assessment | None = Assessment.objects.for_scope(scope).select_related("organisation").filter(pk=pk).first()
    if found is None or not (leads(request, found) or groups_of(request, found)):
        raise Http404
    return found


def leads(request: HttpRequest, found: Assessment) -> bool:
    """Whether the person runs the system of this institution."""
    user: Any = request.user
    return any(grant.node == found.organisation_id for grant in inside(user, RUNS).grants)


def groups_of(request: HttpRequest, found: Assessment) -> set[str]:
    """The directions in whose working groups the person sits."""
    rows = Member.objects.unscoped("the person's own groups").filter(assessment=found, user_id=request.user.pk)
    return set(rows.values_list("direction", flat=True))


def works_on(request: HttpRequest, found: Assessment, direction: str) -> bool:
    """Whether the person may add evidence and set levels there."""
    return leads(request, found) or direction in groups_of(request, found)


def colleagues(found: Assessment) -> list[tuple[str, str]]:
    """People with an account at the institution, to choose from: number and name."""
    people = User.objects.filter(memberships__organisation_id=found.organisation_id, is_active=True).distinct().order_by("name")
    return [(str(user.pk), str(user)) for user in people]


def crumbs(found: Assessment, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Where a page of an assessment stands."""
    here = reverse("evaluation:assessment", args=[found.pk])
    return [(_("Our quality"), reverse("evaluation:home")), (_("Self-assessment %s") % found.period, here if more else ""), *more]


__all__ = [
    "UserError", "assessment", "colleagues", "crumbs", "groups_of", "institution", "leads", "people_of_it", "refuse", "runs",
    "system", "takes_part", "works_on",
]  # fmt: skip
