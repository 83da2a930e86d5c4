"""People and the roles they hold: invited, granted, ended, deactivated. Each act stands in the ledger.

Whoever administers a node gives roles at it and below, no wider than the own reach in levels and data sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now, today
from sapa_web.common.domain import ledger
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain import tree
from sapa_web.orgs.models import Closure, Invitation, Membership, Organisation, User

VALID_DAYS = 14


@dataclass(frozen=True)
class Role:
    """What a membership or an invitation gives: a role at a node, narrowed to levels and data sets where any are named."""

    organisation: Organisation
    role: str
    levels: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    founded: bool = False
    valid_to: date | None = None


@transaction.atomic
def grant(actor: User, scope: Scope, user: User, role: Role, *, valid_from: date | None = None) -> Membership:
    """Give a person a role. Raises ``UserError`` where it reaches further than the giver, or is held already."""
    _require_within(scope, role)
    begin = valid_from or today()
    if role.valid_to is not None and role.valid_to <= begin:
        raise UserError(_("the role would end before it begins"), todo=_("choose a later last day"))
    held = user.memberships.filter(organisation=role.organisation, role=role.role, founded=role.founded).filter(_not_ended())
    if any(set(item.levels) == set(role.levels) and set(item.datasets) == set(role.datasets) for item in held):
        raise UserError(_("the person holds this role already"), todo=_("end it first where it should change"))
    made = Membership.objects.create(
        user=user, organisation=role.organisation, role=role.role, levels=list(role.levels), datasets=list(role.datasets),
        founded=role.founded, valid_from=begin, valid_to=role.valid_to, granted_by=actor,
    )  # fmt: skip
    ledger.append(actor, "role.granted", obj=user, unit=role.organisation.code, data=_told(made))
    return made


@transaction.atomic
def end_role(actor: User, membership: Membership) -> None:
    """From now on the role is not held any more."""
    day = today()
    if membership.valid_to is not None and membership.valid_to <= day:
        raise UserError(_("this role has ended already"), todo=_("reload the page"))
    membership.valid_to = max(day, membership.valid_from)
    membership.save(update_fields=["valid_to"])
    ledger.append(actor, "role.ended", obj=membership.user, unit=membership.organisation.code, data=_told(membership))


@transaction.atomic
def deactivate(actor: User, scope: Scope, user: User) -> None:
    """The person can't sign in any more; sessions end now. Roles held outside the actor's reach forbid it."""
    if user.pk == actor.pk:
        raise UserError(_("nobody deactivates himself"), todo=_("ask another administrator"))
    _require_none_elsewhere(scope, user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    for session in UserSession.objects.filter(user=user):
        session.end()
    ledger.append(actor, "person.deactivated", obj=user)


@transaction.atomic
def reactivate(actor: User, scope: Scope, user: User) -> None:
    """The person may sign in again. Roles held outside the actor's reach forbid it, as they forbid deactivation."""
    _require_none_elsewhere(scope, user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    ledger.append(actor, "person.reactivated", obj=user)


@transaction.atomic
def invite(actor: User, scope: Scope, email: str, name: str, role: Role) -> tuple[Invitation, str]:
    """Offer a role to an address; returns the invitation and its token, which only the mail may carry."""
    _require_within(scope, role)
    address = User.objects.normalize_email(email).lower()
    if User.objects.filter(email=address).exists():
        raise UserError(_("this person has an account already"), todo=_("give the role on the person's page"))
    open_ones = Invitation.objects.filter(email=address, role=role.role, organisation=role.organisation, accepted_at=None)
    if open_ones.filter(withdrawn_at=None, expires_at__gt=now()).exists():
        raise UserError(
            _("this address has been invited to this role already"), todo=_("send that invitation again, or withdraw it")
        )
    token = token_urlsafe(32)
    made = Invitation.objects.create(
        email=address, name=name, organisation=role.organisation, role=role.role, levels=list(role.levels),
        datasets=list(role.datasets), founded=role.founded, valid_to=role.valid_to, token_hash=hashed(token),
        invited_by=actor, invited_at=now(), expires_at=now() + timedelta(days=VALID_DAYS),
    )  # fmt: skip
    ledger.append(actor, "person.invited", obj=made, unit=role.organisation.code, data={"role": role.role})
    return made, token


@transaction.atomic
def invite_again(actor: User, invitation: Invitation) -> str:
    """A new token and a new fortnight; the link sent before no longer works."""
    _require_waiting(invitation)
    token = token_urlsafe(32)
    invitation.token_hash, invitation.invited_at = hashed(token), now()
    invitation.expires_at = now() + timedelta(days=VALID_DAYS)
    invitation.save(update_fields=["token_hash", "invited_at", "expires_at"])
    ledger.append(actor, "person.invited-again", obj=invitation, unit=invitation.organisation.code)
    return token


@transaction.atomic
def withdraw(actor: User, invitation: Invitation) -> None:
    """The link no longer works."""
    _require_waiting(invitation)
    invitation.withdrawn_at = now()
    invitation.save(update_fields=["withdrawn_at"])
    ledger.append(actor, "invitation.withdrawn", obj=invitation, unit=invitation.organisation.code)


def waiting_invitation(token: str) -> Invitation | None:
    """The invitation a link leads to, if it may still be accepted."""
    found = Invitation.objects.filter(token_hash=hashed(token), accepted_at=None, withdrawn_at=None, expires_at__gt=now())
    return found.select_related("organisation", "invited_by").first()


@transaction.atomic
def accept(token: str, name: str, password: str) -> User:
    """Make the account an invitation offers. Raises ``UserError`` on a link that no longer works, ``ValidationError`` on a
    weak password."""
    invitation = Invitation.objects.select_for_update().filter(token_hash=hashed(token)).first()
    if invitation is None or waiting_invitation(token) is None:
        raise UserError(_("this invitation no longer works"), todo=_("ask whoever invited you to send it again"))
    if User.objects.filter(email=invitation.email).exists():
        raise UserError(_("this address has an account already"), todo=_("sign in with it"))
    user = User(email=invitation.email, name=name)
    validate_password(password, user)
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    membership = Membership.objects.create(
        user=user, organisation=invitation.organisation, role=invitation.role, levels=invitation.levels,
        datasets=invitation.datasets, founded=invitation.founded, valid_from=today(), valid_to=invitation.valid_to,
        granted_by=invitation.invited_by,
    )  # fmt: skip
    invitation.accepted_at, invitation.accepted_by = now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    ledger.append(user, "invitation.accepted", obj=user, unit=invitation.organisation.code, data=_told(membership))
    return user


def hashed(token: str) -> str:
    """SHA-256 of a token, hexadecimal: 256 random bits need no slow hash."""
    return sha256(token.encode()).hexdigest()


def _require_within(scope: Scope, role: Role) -> None:
    """The node lies in the giver's reach, by a grant that is no narrower in levels and data sets than what is given."""
    above = set(Closure.objects.filter(descendant=role.organisation).values_list("ancestor_id", flat=True))
    for held in scope.grants:
        reaches = held.node in above and not held.founded
        levels = not held.levels or (role.levels and held.levels >= set(role.levels))
        datasets = not held.datasets or (role.datasets and held.datasets >= set(role.datasets))
        if reaches and levels and datasets:
            return
    raise UserError(_("this role reaches further than your own"), todo=_("choose a node, levels and data sets within your own"))


def _require_none_elsewhere(scope: Scope, user: User) -> None:
    """An account that opens doors outside the actor's reach is not the actor's to switch."""
    mine = Organisation.objects.for_scope(scope).values("pk")
    if user.memberships.filter(_not_ended()).exclude(organisation__in=mine).exists():
        raise UserError(_("the person holds roles outside your part of the tree"), todo=_("end the roles you may end instead"))


def _require_waiting(invitation: Invitation) -> None:
    if invitation.accepted_at is not None or invitation.withdrawn_at is not None:
        raise UserError(_("this invitation was accepted or withdrawn"), todo=_("reload the page"))


def _not_ended() -> Q:
    return Q(valid_to=None) | Q(valid_to__gt=today())


def _told(membership: Membership) -> dict[str, Any]:
    return {
        "role": membership.role, "levels": _sorted(membership.levels), "datasets": _sorted(membership.datasets),
        "founded": membership.founded, "from": membership.valid_from.isoformat(),
        "to": membership.valid_to.isoformat() if membership.valid_to else None,
    }  # fmt: skip


def _sorted(codes: Sequence[str]) -> list[str]:
    return sorted(codes)


@transaction.atomic
def first_administrator(email: str, name: str, code: str, title: str, since: date) -> User | None:
    """The person who begins an empty site, at its topmost node; ``None`` where somebody administers it already."""
    if Membership.objects.filter(role="administrator", user__is_active=True).exists():
        return None
    actor = "system:first-administrator"
    if not Organisation.objects.unscoped("an empty site has none").filter(code=code).exists():
        tree.open_many(actor, [tree.Entry(code, tree.Facts(title), is_institution=False)], since)
    user = User.objects.filter(email=email.lower()).first() or User.objects.create_user(email, name=name)
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    node = Organisation.objects.unscoped("the node just named").get(code=code)
    held = Membership.objects.create(user=user, organisation=node, role="administrator", valid_from=min(since, today()))
    ledger.append(actor, "role.granted", obj=user, unit=code, data=_told(held))
    return user
