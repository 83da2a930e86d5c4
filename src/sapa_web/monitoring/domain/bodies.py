"""Who sits in the bodies of an institution: its councils, associations, offices. Tasks reach people through them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import today
from sapa_web.common.domain import ledger
from sapa_web.monitoring.domain.inforce import BODIES, codes, pack_in_force
from sapa_web.monitoring.domain.states import held
from sapa_web.monitoring.models import BodyMember
from sapa_web.orgs.models import Membership, User


@transaction.atomic
def seat(
    actor: Any, organisation: Any, pack: str, body: str, *, since: date, user: User | None = None, name: str = "",
    office: str = "",
) -> BodyMember:  # fmt: skip
    """Put a person into a body from a day on: somebody with an account at the institution, or a name without one.

    Raises ``UserError`` where the pack in force has no such body, where the account is another institution's, where nobody is
    named, and where the person sits there already.
    """
    if body not in codes(pack_in_force(organisation, pack, today()), BODIES):
        raise UserError(_("there is no such body"), todo=_("choose one of the list"))
    if user is not None and not Membership.objects.filter(user=user, organisation=organisation).exists():
        raise UserError(_("this person is not of the institution"), todo=_("choose one of the list, or write the name"))
    called = (str(user) if user else name).strip()[:150]
    if not called:
        raise UserError(_("nobody is named"), todo=_("choose a person, or write a name"))
    same = models.Q(user=user) if user else models.Q(user=None, name=called)
    rows = BodyMember.objects.unscoped("of one institution").filter(same, organisation=organisation, pack=pack, body=body)
    if rows.filter(models.Q(until=None) | models.Q(until__gte=since)).exists():
        raise UserError(_("this person sits in the body already"), todo=_("end that first"))
    made: BodyMember = BodyMember.objects.create(
        organisation=organisation, pack=pack, body=body, user=user, name=called, office=office.strip()[:150], since=since
    )
    data = {"body": body, "name": called, "office": made.office, "since": since.isoformat()}
    ledger.append(actor, "body.seated", obj=made, unit=organisation.code, data=data)
    return made


@transaction.atomic
def leave(actor: Any, member: BodyMember, until: date) -> BodyMember:
    """End a seat; ``until`` is its last day. The row stays: who sat where is part of the institution's record."""
    row: BodyMember = held(BodyMember, member)
    if row.until is not None:
        raise UserError(_("this seat has ended already"), todo=_("reload the page"))
    if until < row.since:
        raise UserError(_("the last day is before the first"), todo=_("mend the day"))
    row.until = until
    row.save(update_fields=["until"])
    data = {"body": row.body, "name": row.name, "until": until.isoformat()}
    ledger.append(actor, "body.left", obj=row, unit=row.organisation.code, data=data)
    return row


def seats_of(organisation: Any, pack: str) -> dict[str, tuple[list[BodyMember], list[BodyMember]]]:
    """By body: the seats of today and to come, and those that have ended."""
    out: dict[str, tuple[list[BodyMember], list[BodyMember]]] = {}
    rows = BodyMember.objects.unscoped("of one institution").filter(organisation=organisation, pack=pack)
    for item in rows.order_by("name", "since"):
        ended = item.until is not None and item.until < today()
        out.setdefault(item.body, ([], []))[1 if ended else 0].append(item)
    return out
