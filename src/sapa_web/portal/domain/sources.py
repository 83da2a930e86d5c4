"""External sources of a release, and the corrections its quality report proposes: kept, decided."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.common.packs import pack_named
from sapa_web.orgs.domain.versions import person
from sapa_web.portal.domain.releasing import editable
from sapa_web.portal.files import published_store
from sapa_web.portal.models import ExternalSource, Proposal, Release


@transaction.atomic
def register(
    actor: Any, release: Release, *, issuer: str, title: str, dated: date, name: str, content: bytes, address: str = ""
) -> ExternalSource:
    """Keep the file that figures of no snapshot come from, with issuer, date and digest."""
    if not editable(Release.objects.select_for_update().get(pk=release.pk)):
        raise UserError(_("only a draft can be changed"), todo=_("send it back first, or amend it"))
    digest = sha256(content).hexdigest()
    path = f"sources/{digest[:24]}/source"
    published_store().write(path, content)
    published_store().sync()
    source = ExternalSource.objects.create(
        release=release, issuer=issuer, title=title, dated=dated, address=address, name=name[:200], path=path, size=len(content),
        digest=digest, added_at=now(), added_by=person(actor),
    )  # fmt: skip
    ledger.append(actor, "release.source", obj=release, data={"issuer": issuer, "title": title, "digest": digest})
    return source


@transaction.atomic
def decide(actor: Any, proposal: Proposal, *, accept: bool, reason: str, in_force_from: date | None) -> None:
    """Decide a proposed correction. What is accepted is in force from a day, in the next version of the pack."""
    held = Proposal.objects.select_for_update().select_related("release__publication").get(pk=proposal.pk)
    if held.state != Proposal.PROPOSED:
        raise UserError(_("it has been decided already"), todo=_("look at the decision"))
    held.state = Proposal.ACCEPTED if accept else Proposal.DECLINED
    held.reason, held.in_force_from = reason, in_force_from if accept else None
    held.pack_version = pack_named(held.release.publication.pack).version
    held.decided_by, held.decided_at = actor, now()
    held.save()
    data = {"element": held.element, "state": held.state, "from": held.in_force_from.isoformat() if held.in_force_from else None}
    ledger.append(actor, "proposal.decided", obj=held.release, data=data)
