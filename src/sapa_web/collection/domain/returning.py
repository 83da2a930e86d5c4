"""An office returns a signed submission with remarks; what was signed stays in force until the next revision is."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from sapa.errors import UserError
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.people import at_units
from sapa_web.collection.domain.states import OBLIGATION
from sapa_web.collection.domain.texts import dataset_title, return_url
from sapa_web.collection.models import Obligation, Remark
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger, notices

LONGEST = 2000

notices.register(
    "return.returned",
    _("Returned: %(dataset)s for %(period)s"),
    _(
        "%(by)s has returned the submission of %(unit)s with remarks: %(text)s\n"
        "Please mend it and sign it again. Until then the signed revision %(revision)s stays in force."
    ),
    icon="corner-up-left",
)


@transaction.atomic
def send_back(user: Any, obligation: Obligation, text: str) -> Remark:
    """Return a signed submission. Raises ``UserError`` without remarks or where nothing is signed, ``Closed`` while closed."""
    text = text.strip()
    if not text:
        raise UserError(_t("a submission is returned with remarks only"), todo=_t("write what is to be mended"))
    if len(text) > LONGEST:
        raise UserError(_t("the remarks are longer than %d characters") % LONGEST, todo=_t("shorten them"))
    held = Obligation.objects.unscoped("the caller was scoped").select_for_update(of=("self",))
    held = held.select_related("campaign", "organisation").get(pk=obligation.pk)
    require_open(held.campaign)
    held.state = OBLIGATION.to("return", held.state)
    held.changed_at = now()
    held.save(update_fields=["state", "changed_at"])
    remark = Remark.objects.create(obligation=held, revision=held.revision, text=text, by=user, at=held.changed_at)
    people = at_units([held.organisation_id]).get(held.organisation_id, [])
    facts = {
        "dataset": dataset_title(held.campaign), "period": held.campaign.period, "by": str(user), "text": text,
        "unit": held.organisation.name, "revision": held.revision,
    }  # fmt: skip
    notices.tell(people, "return.returned", facts, url=return_url(held))
    ledger.append(
        user, "submission.returned", obj=held, unit=held.organisation.code,
        data={"revision": held.revision, "remark": remark.pk, "told": len(people)},
    )  # fmt: skip
    return remark
