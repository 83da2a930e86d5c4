"""Who may open a page of the monitoring: people of the institution itself. Whoever stands above it finds nothing (404)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa.errors import SapaError
from sapa_web.evaluation.inside import inside
from sapa_web.orgs.domain.queries.access import may
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

View = Callable[..., HttpResponseBase]


def people_of_it(*capabilities: Capability) -> Callable[[View], View]:
    """The person holds one of the capabilities at the institution itself.

    Where the address names an institution (``code``), the view is handed it as ``unit`` instead. Who holds none of the
    capabilities anywhere is refused (403); who holds it elsewhere finds no such page (404).
    """

    def around(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            user: Any = request.user
            if not any(may(user, capability) for capability in capabilities):
                raise PermissionDenied
            nodes = [grant.node for grant in inside(user, *capabilities).grants]
            if not nodes:
                raise Http404
            if "code" in kwargs:
                kwargs["unit"] = _own(nodes, kwargs.pop("code"))
            return view(request, **kwargs)

        return guarded

    return around


runs = people_of_it(Capability.QUALITY)
"""For who runs the monitoring: the head, the deputy."""
signs = people_of_it(Capability.SIGN)
"""For the head, who signs orders."""
takes_part = people_of_it(Capability.QUALITY, Capability.TAKE_PART)
"""For everybody of the institution."""


def _own(nodes: list[int], code: str) -> Organisation:
    rows = Organisation.objects.unscoped("held against the person's own institutions")
    found: Organisation | None = rows.filter(code=code, pk__in=nodes).first()
    if found is None:
        raise Http404
    return found


def own_institutions(user: Any) -> list[Organisation]:
    """The institutions whose own person it is."""
    nodes = [grant.node for grant in inside(user, Capability.QUALITY, Capability.TAKE_PART).grants]
    return list(Organisation.objects.unscoped("the person's own institutions").filter(pk__in=nodes))


def may_here(user: Any, unit: Organisation, capability: Capability) -> bool:
    """Whether the person holds the capability at this institution itself."""
    return any(grant.node == unit.pk for grant in inside(user, capability).grants)


def refuse(request: HttpRequest, error: SapaError) -> None:
    """Tell what can't be done and what to do instead."""
    messages.error(request, f"{error.message} – {error.todo}" if error.todo else error.message)


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
