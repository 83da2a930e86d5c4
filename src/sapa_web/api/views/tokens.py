"""Tokens of systems: an administrator makes them, sees when they were used, and revokes them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sapa.errors import UserError
from sapa_web.api.domain import tokens
from sapa_web.api.domain.queries.tokens import within
from sapa_web.api.forms import WORDS, TokenForm
from sapa_web.common.clock import now
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import requires, scope_in

PAGE = 50


@requires(Capability.ADMINISTER)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Tokens of the places the person administers, those that work first."""
    page = Paginator(within(scope_in(request)), PAGE).get_page(request.GET.get("page"))
    moment = now()
    rows = [
        {
            "token": item,
            "may": [words for name, words in WORDS.items() if name in item.capabilities],
            "state": "revoked" if item.revoked_at else "expired" if item.expires_at <= moment else "active",
        }
        for item in page.object_list
    ]
    return render(request, "api/tokens.html", {"page": page, "rows": rows})


@requires(Capability.ADMINISTER)
def issue(request: HttpRequest) -> HttpResponse:
    """A new token; its secret is shown on the page that answers, and never again."""
    scope = scope_in(request)
    form = TokenForm(request.POST or None, scope=scope)
    crumbs = [(_("Systems"), reverse("api:tokens")), (_("New token"), "")]
    if request.method == "POST" and form.is_valid():
        try:
            credential, secret = tokens.issue(request.user, scope, form.wanted())
        except UserError as error:
            form.refuse(error)
        else:
            return render(request, "api/token_made.html", {"token": credential, "secret": secret, "crumbs": crumbs})
    return render(request, "api/token_new.html", {"form": form, "crumbs": crumbs})


@requires(Capability.ADMINISTER)
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """The token ends now."""
    found = within(scope_in(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    tokens.revoke(request.user, found)
    messages.success(request, _("The token works no longer."))
    return redirect("api:tokens")
