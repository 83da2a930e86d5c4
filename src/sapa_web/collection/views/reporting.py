"""What the pages of the reporting unit share: who sits here, the frame of a return, how a refusal is said."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sapa.errors import EngineError, SapaError, UserError
from sapa_web.collection.domain.gate import Closed, require_open
from sapa_web.collection.domain.queries.desk import Desk, desk_of, reports
from sapa_web.collection.domain.queries.returns import days_left, shown_state, suspensions
from sapa_web.collection.domain.queries.sheet import dataset_title
from sapa_web.collection.models import Obligation
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.roles import Capability

View = Callable[..., HttpResponse]
LOCKED, BUSY = 423, 503


def reporter(view: View) -> View:
    """For people who have returns of an own unit; others never have these pages."""

    @wraps(view)
    @login_required
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not reports(request.user):  # type: ignore[arg-type]
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def at_desk(*, whole: bool = True, signs: bool = False) -> Callable[[View], View]:
    """The view is handed the person's ``Desk`` for ``pk``; what is not theirs does not exist.

    ``whole``: not for a teacher, who sees a part; ``signs``: for those who sign.
    """

    def around(view: View) -> View:
        @wraps(view)
        @login_required
        def guarded(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
            desk = desk_of(request.user, pk)  # type: ignore[arg-type]
            if desk is None or (whole and desk.classes is not None) or (signs and not desk.signs):
                raise Http404
            return view(request, desk, **kwargs)

        return guarded

    return around


def said(error: SapaError) -> str:
    """A refusal in a sentence or two: what is wrong, what to do."""
    parts = [text[:1].upper() + text[1:].rstrip(".") + "." for text in (error.message, error.todo) if text]
    return " ".join(parts)


def refusals(back: str) -> Callable[[View], View]:
    """What can't be done is said on the page ``back`` (a route with ``pk``); while updates stand still the answer is 423."""

    def around(view: View) -> View:
        @wraps(view)
        def told(request: HttpRequest, desk: Desk, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, desk, **kwargs)
            except Closed as error:
                return refused(request, error, LOCKED, desk)
            except UserError as error:
                messages.error(request, said(error))
                return HttpResponseRedirect(reverse(back, args=[desk.obligation.pk]))
            except EngineError as error:
                return refused(request, error, 500, desk)
            except OperationalError:
                return refused(request, busy(), BUSY, desk)

        return told

    return around


def busy() -> EngineError:
    """The database takes no more now: too many at once, or its disk is full."""
    return EngineError(
        _("the database can't take it at the moment"),
        todo=_("nothing was changed; try again in a minute, or tell the administrator"),
    )


def refused(request: HttpRequest, error: SapaError, status: int, desk: Desk | None = None) -> HttpResponse:
    """A page that says why, with this status."""
    title = _("Updates stand still") if status == LOCKED else _("This can't be done")
    back = reverse("collection:return", args=[desk.obligation.pk]) if desk else reverse("collection:returns")
    context = {"title": title, "said": said(error), "back": back}
    return render(request, "collection/reporting/refused.html", context, status=status)


def answered(error: SapaError) -> JsonResponse:
    """The same for the grid."""
    status = LOCKED if isinstance(error, Closed) else 400 if isinstance(error, UserError) else BUSY
    return JsonResponse({"detail": said(error)}, status=status)


def frame(desk: Desk, tab: str) -> dict[str, Any]:
    """What every page of a return shows: title, unit, state, deadline, tabs."""
    obligation = desk.obligation
    title = dataset_title(obligation.campaign)
    return {
        "desk": desk,
        "obligation": obligation,
        "title": title,
        "crumbs": [(_("My returns"), reverse("collection:returns")), (title, "")],
        "tabs": tabs(desk, tab) if desk.classes is None else [],
        "state": shown_state(obligation),
        "days": days_left(obligation, suspensions()),
        "standing": standing(desk),
        "remarks": list(obligation.remarks.filter(answered_at=None).select_related("by")) if desk.classes is None else [],
    }


def tabs(desk: Desk, active: str) -> list[dict[str, Any]]:
    """Enter | Check | Compare | Sign | History."""
    obligation = desk.obligation
    open_findings = obligation.blocks + obligation.explains
    items = [
        ("return", _("Enter"), None),
        ("check", _("Check"), open_findings or None),
        ("compare", _("Compare"), None),
        ("sign", _("Sign"), None),
        ("history", _("History"), None),
    ]
    return [
        {"url": reverse(f"collection:{name}", args=[obligation.pk]), "label": label, "active": name == active, "count": count}
        for name, label, count in items
    ]


def standing(desk: Desk) -> list[dict[str, Any]]:
    """Lasting remarks above the page: why nothing can be changed now."""
    try:
        require_open(desk.obligation.campaign)
    except Closed as error:
        return [{"tone": "warning", "text": said(error)}]
    return []


def receipts_scope(request: HttpRequest) -> Scope:
    """Whose receipts a person may see: what they report and what they oversee."""
    user: Any = request.user
    grants = [grant for name in (Capability.SEE, Capability.ENTER, Capability.SIGN) for grant in scope_of(user, name).grants]
    return Scope(tuple(dict.fromkeys(grants)), Capability.SEE, user)


def page(request: HttpRequest, template: str, desk: Desk, tab: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of a return."""
    return render(request, f"collection/reporting/{template}.html", {**frame(desk, tab), **context}, status=status)


def back_to(route: str, obligation: Obligation) -> HttpResponseRedirect:
    """After something was done."""
    return HttpResponseRedirect(reverse(f"collection:{route}", args=[obligation.pk]))
