"""People and the roles they hold."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sapa.errors import UserError
from sapa_web.common.clock import now, today
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain import people as domain
from sapa_web.orgs.domain.queries import people as queries
from sapa_web.orgs.domain.registers import LEVEL, site_register
from sapa_web.orgs.forms.people import RoleForm
from sapa_web.orgs.models import Membership, Organisation, User
from sapa_web.orgs.roles import CHOICES, TITLES, Capability
from sapa_web.orgs.views.guard import find, refuse, requires, scope_in
from sapa_web.orgs.views.places import tabs_of

ADMIN = Capability.ADMINISTER
PAGE = 50


@requires(ADMIN)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """People by name, role and state; invitations that wait."""
    scope = scope_in(request)
    given = {"words": request.GET.get("words", "").strip(), "role": request.GET.get("role", "")}
    given["state"] = request.GET.get("state", "active")
    page = Paginator(queries.people(scope, **given), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "roles": CHOICES, "titles": TITLES, "invitations": list(queries.waiting(scope)[:200]), "now": now(), **given
    }  # fmt: skip
    return render(request, "orgs/people.html", context)


@requires(ADMIN)
@require_GET
def at_place(request: HttpRequest, code: str) -> HttpResponse:
    """Who holds a role at one organisation."""
    found = find(scope_in(request), code)
    crumbs = [(_("Institutions"), reverse("orgs:tree")), (str(found), "")]
    context = {
        "organisation": found,
        "held": _worded(list(queries.at(found))),
        "crumbs": crumbs,
        **tabs_of(request, found, "people"),
    }
    return render(request, "orgs/place_people.html", context)


@requires(ADMIN)
@require_GET
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: roles, state."""
    scope = scope_in(request)
    return render(request, "orgs/person.html", _person_context(scope, _mine(scope, pk)))


@requires(ADMIN)
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Another role."""
    scope = scope_in(request)
    user = _mine(scope, pk)
    form = RoleForm(request.POST or None, scope=scope)
    if request.method == "POST" and form.is_valid():
        try:
            domain.grant(request.user, scope, user, form.role())  # type: ignore[arg-type]
        except UserError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The role is given."))
            return redirect("orgs:person", pk=pk)
    crumbs = [(_("People"), reverse("orgs:people")), (str(user), reverse("orgs:person", args=[pk])), (_("Give a role"), "")]
    return render(request, "orgs/role.html", {"form": form, "person": user, "crumbs": crumbs})


@requires(ADMIN)
@require_POST
def end_role(request: HttpRequest, pk: int, role: int) -> HttpResponse:
    """The role ends today."""
    scope = scope_in(request)
    mine = Organisation.objects.for_scope(scope).values("pk")
    held = Membership.objects.filter(pk=role, user_id=pk, organisation__in=mine).select_related("user", "organisation").first()
    if held is None:
        raise Http404
    _do(request, lambda: domain.end_role(request.user, held), _("The role has ended."))  # type: ignore[arg-type]
    return redirect("orgs:person", pk=pk)


@requires(ADMIN)
@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """No more sign-in."""
    scope = scope_in(request)
    user = _mine(scope, pk)
    _do(request, lambda: domain.deactivate(request.user, scope, user), _("The person can no longer sign in."))  # type: ignore[arg-type]
    return redirect("orgs:person", pk=pk)


@requires(ADMIN)
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign-in again."""
    scope = scope_in(request)
    user = _mine(scope, pk)
    _do(request, lambda: domain.reactivate(request.user, scope, user), _("The person may sign in again."))  # type: ignore[arg-type]
    return redirect("orgs:person", pk=pk)


def _do(request: HttpRequest, act: Any, done: str) -> None:
    try:
        act()
        messages.success(request, done)
    except UserError as error:
        refuse(request, error)


def _mine(scope: Scope, pk: int) -> User:
    user = queries.people(scope, state="all").filter(pk=pk).first()
    if user is None:
        raise Http404
    return user


def _person_context(scope: Scope, user: User) -> dict[str, Any]:
    return {
        "person": user, "held": _worded(queries.roles_of(scope, user)), "elsewhere": queries.roles_elsewhere(scope, user),
        "crumbs": [(_("People"), reverse("orgs:people")), (str(user), "")],
    }  # fmt: skip


def _worded(held: list[Membership]) -> list[dict[str, Any]]:
    """Roles with the titles of their levels and data sets."""
    register, lang, day = site_register(), get_language() or "en", today()
    levels = dict(register.choices(LEVEL, lang)) if register else {}
    sets = {item.id: register.pack.text(item.title, lang) for item in register.pack.datasets} if register else {}
    return [
        {
            "role": item, "title": TITLES[item.role], "levels": [levels.get(code, code) for code in item.levels],
            "datasets": [sets.get(code, code) for code in item.datasets],
            "ended": item.valid_to is not None and item.valid_to <= day,
        }
        for item in held
    ]  # fmt: skip
