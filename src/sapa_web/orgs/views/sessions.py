"""Where a person is signed in, and ending it there."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sapa_web.common.domain import ledger


@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """The person's own sessions, this one first."""
    found = UserSession.objects.purge_and_list(request.user)
    key = request.session.session_key
    listed = sorted(found, key=lambda item: (item.session_key != key, -item.created_at.timestamp()))
    return render(request, "usersessions/usersession_list.html", {"sessions": listed, "current": key})


@login_required
@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of the own sessions; ending this one signs out."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    with transaction.atomic():
        ledger.append(request.user, "session.ended", obj=request.user)
    session.end()
    messages.success(request, _("The session has ended."))
    return redirect("usersessions_list")
