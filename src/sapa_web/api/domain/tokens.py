"""Tokens: made and revoked by an administrator, never wider than what he himself administers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.api.models import Credential, Token
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.common.scope import Grant, Scope
from sapa_web.orgs.domain.versions import person
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

PREFIX = "sapa_"
CAPABILITIES = (Capability.SEE, Capability.ENTER, Capability.SIGN, Capability.PERSONS, Capability.ANALYSE)
"""What a system may be given. Signing means handing in a signature a head has made; no token can make one."""
LONGEST = timedelta(days=730)
_SEEN = timedelta(minutes=1)


@dataclass(frozen=True)
class Wanted:
    """What an administrator asks for."""

    name: str
    organisation: Organisation
    capabilities: Sequence[str]
    expires_at: datetime
    levels: Sequence[str] = ()
    datasets: Sequence[str] = ()
    per_minute: int = 300
    burst: int = 100


@transaction.atomic
def issue(actor: Any, scope: Scope, wanted: Wanted) -> tuple[Credential, str]:
    """A new token and its secret, which nobody can show again. Raises ``UserError`` where it would reach beyond ``scope``."""
    _must_fit(scope, wanted)
    secret = PREFIX + token_urlsafe(32)
    account = Token(email=f"{token_hex(12)}@token.invalid", name=wanted.name[:150], is_active=False)
    account.set_unusable_password()
    account.save(force_insert=True)
    credential = Credential.objects.create(
        token=account,
        organisation=wanted.organisation,
        name=wanted.name,
        capabilities=sorted(wanted.capabilities),
        levels=sorted(wanted.levels),
        datasets=sorted(wanted.datasets),
        secret_hash=hashed(secret),
        hint=secret[: len(PREFIX) + 4],
        per_minute=wanted.per_minute,
        burst=wanted.burst,
        created_by=person(actor),
        created_at=now(),
        expires_at=wanted.expires_at,
    )
    ledger.append(
        actor, "token.issued", obj=account, unit=wanted.organisation.code,
        data={
            "name": wanted.name, "capabilities": credential.capabilities, "levels": credential.levels,
            "datasets": credential.datasets, "expires": wanted.expires_at.isoformat(),
        },
    )  # fmt: skip
    return credential, secret


@transaction.atomic
def revoke(actor: Any, credential: Credential) -> None:
    """The token ends now; revoked twice, it stays revoked since the first time."""
    credential = Credential.objects.select_for_update().select_related("organisation").get(pk=credential.pk)
    if credential.revoked_at is not None:
        return
    credential.revoked_at, credential.revoked_by = now(), person(actor)
    credential.save(update_fields=["revoked_at", "revoked_by"])
    ledger.append(actor, "token.revoked", obj=f"token:{credential.pk}", unit=credential.organisation.code)


def find(secret: str) -> Credential | None:
    """The credential behind a secret, whatever its state; ``None`` where there is none."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    return Credential.objects.select_related("token", "organisation").filter(secret_hash=hashed(secret)).first()


def seen(credential: Credential) -> None:
    """Note that the token was used; once a minute is often enough."""
    moment = now()
    if credential.last_used_at is None or moment - credential.last_used_at >= _SEEN:
        Credential.objects.filter(pk=credential.pk).update(last_used_at=moment)


def hashed(secret: str) -> str:
    """SHA-256: a secret of 256 random bits needs no slow hash."""
    return sha256(secret.encode()).hexdigest()


def scope_of(credential: Credential, capability: Capability | str) -> Scope:
    """What the token reaches with a capability."""
    if str(capability) not in credential.capabilities:
        return Scope(capability=str(capability))
    grant = Grant(credential.organisation_id, frozenset(credential.levels), frozenset(credential.datasets))
    return Scope((grant,), str(capability), credential.token)


def _must_fit(scope: Scope, wanted: Wanted) -> None:
    unknown = sorted(set(wanted.capabilities) - {str(item) for item in CAPABILITIES})
    if unknown or not wanted.capabilities:
        raise UserError(_("a token needs at least one of the offered capabilities"), todo=_("choose what the system may do"))
    if not now() < wanted.expires_at <= now() + LONGEST:
        raise UserError(_("the token must expire within two years"), todo=_("choose an earlier day, later than today"))
    if not any(_covers(grant, wanted) for grant in scope.grants):
        raise UserError(
            _("the token would reach further than you administer"), todo=_("choose a place, levels and data sets of your own")
        )


def _covers(grant: Grant, wanted: Wanted) -> bool:
    """Whether one grant of the administrator holds all that is wanted: an empty set of levels or data sets means all."""
    alone = Scope((Grant(grant.node, founded=grant.founded),))
    if not Organisation.objects.for_scope(alone).filter(pk=wanted.organisation.pk).exists():
        return False
    return all(
        not own or (asked and asked <= own)
        for own, asked in ((grant.levels, set(wanted.levels)), (grant.datasets, set(wanted.datasets)))
    )
