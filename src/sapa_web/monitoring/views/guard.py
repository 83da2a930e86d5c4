"""Who may open a page of the monitoring: people of the institution itself. Whoever stands above it finds nothing (404)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa_web.orgs.inside import InsideScope, inside
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import refuse
from sapa_web.orgs.views.inside import institution
from sapa_web.orgs.views.inside import people_of_it as people_of

View = Callable[..., HttpResponseBase]


def people_of_it(*capabilities: Capability) -> Callable[[View], View]:
    """The person holds one of the capabilities at the institution itself.

    Where the address names an institution (``code``), the view is handed it as ``unit`` instead.
    """

    def around(view: View) -> View:
        @people_of(*capabilities)
        @wraps(view)
        def guarded(request: HttpRequest, scope: InsideScope, **kwargs: Any) -> HttpResponseBase:
            if "code" in kwargs:
                kwargs["unit"] = institution(scope, kwargs.pop("code"))
            return view(request, **kwargs)

        return guarded

    return around


runs = people_of_it(Capability.QUALITY)
"""For who runs the monitoring: the head, the deputy."""
signs = people_of_it(Capability.SIGN)
"""For the head, who signs orders."""
takes_part = people_of_it(Capability.QUALITY, Capability.TAKE_PART)
"""For everybody of the institution."""


def own_institutions(user: Any) -> list[Organisation]:
    """The institutions whose own person it is."""
    nodes = [grant.node for grant in inside(user, Capability.QUALITY, Capability.TAKE_PART).grants]
    return list(Organisation.objects.unscoped("the person's own institutions").filter(pk__in=nodes))


def may_here(user: Any, unit: Organisation, capability: Capability) -> bool:
    """Whether the person holds the capability at this institution itself."""
    return any(grant.node == unit.pk for grant in inside(user, capability).grants)


def crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """Where a page of the monitoring stands."""
    return [(_("Monitoring"), reverse("monitoring:home")), *more]


STAFF = (Capability.QUALITY, Capability.TAKE_PART)


def found(request: HttpRequest, model: Any, pk: int, *capabilities: Capability, related: tuple[str, ...] = ()) -> Any:
    """A row of the person's own institution, within the capabilities (default: to run the monitoring); else 404."""
    user: Any = request.user
    scope = inside(user, *(capabilities or (Capability.QUALITY,)))
    if not scope:
        raise Http404
    rows = model.objects.for_scope(scope)
    row = rows.select_related(*related).filter(pk=pk).first() if related else rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def form_page(
    request: HttpRequest, form: Any, title: str, back: str, *, lead: str = "", button: str = "", trail: Any = None
) -> HttpResponse:
    """A page that holds one form."""
    context = {
        "form": form, "title": title, "lead": lead, "button": button or _("Save"), "back": back,
        "crumbs": trail or crumbs((title, "")),
    }  # fmt: skip
    return render(request, "monitoring/form.html", context, status=400 if form.errors else 200)


__all__ = [
    "STAFF", "crumbs", "form_page", "found", "may_here", "own_institutions", "people_of_it", "refuse", "runs", "signs",
    "takes_part",
]  # fmt: skip
