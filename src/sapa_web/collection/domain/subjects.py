"""Which subjects the data regime makes report: institutions, and offices where it names them."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.collection.domain.deadlines import duties_of, regime_for
from sapa_web.collection.models import Campaign


@lru_cache(maxsize=16)
def addressees_of(pack: str, regime: str = "") -> tuple[str, ...]:
    """The kinds of campaigns the regime knows: an office owes returns only where the law makes it a subject that enters data."""
    use = regime_for(pack, regime)
    entering = {code for duty in duties_of(pack, regime) if duty.action == "enter" for code in duty.who}
    subjects = use.pack.codelist(use.regime.subjects)
    offices = {item.parent for item in subjects.items if item.parent}
    if entering & offices:
        return (Campaign.INSTITUTIONS, Campaign.OFFICES, Campaign.EVERYBODY)
    return (Campaign.INSTITUTIONS,)


def require_subject(pack: str, regime: str, addressees: str) -> None:
    """Raise ``UserError`` where the regime does not make these subjects report."""
    if addressees not in addressees_of(pack, regime):
        raise UserError(_("the data regime does not ask data of offices"), todo=_("ask institutions"))
