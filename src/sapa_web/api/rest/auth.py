"""Who calls: a bearer token, within its time and its rate."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from sapa_web.api.domain import rates, tokens
from sapa_web.api.models import Credential, Token
from sapa_web.api.rest.problems import Problem, slow_down, unauthorized
from sapa_web.common.clock import now
from sapa_web.common.scope import Scope
from sapa_web.orgs.roles import Capability


class TokenAuth(HttpBearer):
    """``Authorization: Bearer sapa_…``"""

    def authenticate(self, request: HttpRequest, token: str) -> Credential:
        """The credential, counted against its rate; raises a problem 401 or 429."""
        found = tokens.find(token)
        if found is None:
            raise unauthorized("unknown_token", _("the token is not known"), _("check it, or ask your administrator for another"))
        if found.revoked_at is not None:
            raise unauthorized("revoked_token", _("the token was revoked"), _("ask your administrator for another"))
        if found.expires_at <= now():
            raise unauthorized("expired_token", _("the token has expired"), _("ask your administrator for another"))
        wait = rates.wait(found)
        if wait:
            raise slow_down(wait)
        tokens.seen(found)
        return found


def by_address(request: HttpRequest) -> str:
    """For everybody: counted against the rate of the address; raises a problem 429."""
    seconds = rates.wait_for_address(address_of(request))
    if seconds:
        raise slow_down(seconds, _("too many requests come from this address"))
    return "public"


def address_of(request: HttpRequest) -> str:
    """Where the request comes from: what the place's own proxies have written down, else the connection itself."""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    trusted: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    return hops[-trusted] if 0 < trusted <= len(hops) else str(request.META.get("REMOTE_ADDR", ""))


def caller(request: Any) -> Credential:
    """Whose request it is."""
    found: Credential = request.auth
    return found


def token_of(request: Any) -> Token:
    """The actor of what the request does."""
    return caller(request).token


def need(request: Any, capability: Capability) -> Scope:
    """The scope of the token for a capability; raises a problem 403 where it does not have it."""
    scope = tokens.scope_of(caller(request), capability)
    if not scope:
        raise Problem(
            403, "no_capability", _("the token has no capability '%(name)s'") % {"name": capability.value},
            _("ask your administrator for a token that has it"),
        )  # fmt: skip
    return scope
