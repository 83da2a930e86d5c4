"""Invitations: sent, sent again, withdrawn by an administrator; accepted by whoever holds the link."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from sapa.errors import UserError
from sapa_web.common.domain.notices import address_seen
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain import people
from sapa_web.orgs.forms.people import AcceptForm, InviteForm
from sapa_web.orgs.models import Invitation, Organisation
from sapa_web.orgs.roles import TITLES, Capability
from sapa_web.orgs.views.guard import refuse, requires, scope_in

ADMIN = Capability.ADMINISTER


@requires(ADMIN)
def invite(request: HttpRequest) -> HttpResponse:
    """Offer a role to somebody without an account."""
    scope = scope_in(request)
    form = InviteForm(request.POST or None, scope=scope, initial={"place": request.GET.get("place", "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            invitation, token = people.invite(request.user, scope, data["email"], data["name"], form.role())  # type: ignore[arg-type]
        except UserError as error:
            form.refuse(error)
        else:
            send(request, invitation, token)
            return redirect("orgs:people")
    return render(request, "orgs/invite.html", {"form": form, "days": people.VALID_DAYS})


@requires(ADMIN)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link by a new mail."""
    invitation = _mine(scope_in(request), pk)
    try:
        token = people.invite_again(request.user, invitation)  # type: ignore[arg-type]
    except UserError as error:
        refuse(request, error)
    else:
        send(request, invitation, token)
    return redirect("orgs:people")


@requires(ADMIN)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The link no longer works."""
    try:
        people.withdraw(request.user, _mine(scope_in(request), pk))  # type: ignore[arg-type]
        messages.success(request, _("The invitation is withdrawn."))
    except UserError as error:
        refuse(request, error)
    return redirect("orgs:people")


@never_cache
@sensitive_post_parameters()
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The page the mail leads to: name and password, then signed in."""
    invitation = people.waiting_invitation(token)
    if invitation is None:
        return render(request, "account/invitation_void.html", status=404)
    form = AcceptForm(request.POST or None, initial={"name": invitation.name}, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        try:
            user = people.accept(token, form.cleaned_data["name"], form.cleaned_data["password1"])
        except ValidationError as error:
            form.add_error("password1", error)
        except UserError as error:
            form.refuse(error)
        else:
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            messages.success(request, _("Welcome. Your account is ready."))
            return redirect(settings.LOGIN_REDIRECT_URL)
    context: dict[str, Any] = {
        "form": form, "invitation": invitation, "role": TITLES[invitation.role], "rules": password_validators_help_texts()
    }  # fmt: skip
    answer = render(request, "account/invitation_accept.html", context)
    answer["Referrer-Policy"] = "no-referrer"  # the address of this page is a secret
    return answer


def send(request: HttpRequest, invitation: Invitation, token: str) -> None:
    """Mail the link; the token is in this mail only. A mail that can't be sent leaves the invitation, to be sent again."""
    context = {
        "invitation": invitation, "role": TITLES[invitation.role], "inviter": request.user,
        "link": address_seen(request) + reverse("invitation_accept", args=[token]), "days": people.VALID_DAYS,
    }  # fmt: skip
    try:
        send_mail(
            _("Invitation to the education statistics of %(place)s") % {"place": invitation.organisation},
            render_to_string("account/email/invitation.txt", context, request), None, [invitation.email],
        )  # fmt: skip
    except (OSError, SMTPException):
        messages.error(request, _("The mail could not be sent. The invitation stands: send it again when mail works."))
    else:
        messages.success(request, _("An invitation was sent to %(email)s.") % {"email": invitation.email})


def _mine(scope: Scope, pk: int) -> Invitation:
    found: Invitation | None = (
        Invitation.objects.filter(pk=pk, organisation__in=Organisation.objects.for_scope(scope).values("pk"))
        .select_related("organisation")
        .first()
    )
    if found is None:
        raise Http404
    return found
