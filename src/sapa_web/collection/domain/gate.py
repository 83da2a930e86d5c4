"""While updates are suspended nothing is entered, signed or returned; a frozen period stays as it is."""

from __future__ import annotations

from sapa.errors import UserError
from sapa_web.collection.models import Campaign


class Closed(UserError):
    """Updates of the campaign stand still."""


def require_open(campaign: Campaign) -> None:
    """Raises :class:`Closed` with the reason and what to do."""
    if campaign.state == Campaign.SUSPENDED:
        raise Closed("updates are suspended while the data are being fixed", todo="go on when they resume; your draft is kept")
    if campaign.state == Campaign.FROZEN:
        raise Closed(
            f"the data of {campaign.period} are fixed",
            todo="a late fact goes into the next period's return; the fixed state stays",
        )
