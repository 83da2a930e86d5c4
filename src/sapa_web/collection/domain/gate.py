"""While updates are suspended nothing is entered, signed or returned; a frozen period stays as it is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sapa.errors import UserError
from sapa_web.collection.models import Campaign, Freeze
from sapa_web.common.clock import today

SUSPENDED = (_("updates are suspended while the data are being fixed"), _("go on when they resume; your draft is kept"))
FROZEN = (
    _("the data of %(period)s are fixed"),
    _("a late fact goes into the next period's return; the fixed state stays"),
)
CLOSED = (
    _("the campaign for %(period)s is closed"),
    _("ask the data manager to open it again, or enter it in the next period"),
)
REASONS = {Campaign.SUSPENDED: SUSPENDED, Campaign.FROZEN: FROZEN, Campaign.CLOSED: CLOSED}


class Closed(UserError):
    """Updates of the campaign stand still: pages answer 423."""


def is_open(campaign: Campaign) -> bool:
    """Whether returns of the campaign may be entered, signed and returned now."""
    return campaign.state not in REASONS


def require_open(campaign: Campaign) -> None:
    """Raises :class:`Closed` with the reason and what to do.

    The state is asked of the database: an object read before a suspension began must not let anybody through after it.
    """
    state = Campaign.objects.filter(pk=campaign.pk).values_list("state", flat=True).first() or campaign.state
    campaign.state = state
    if state == Campaign.OPEN and _announced_for_today(campaign):
        state = Campaign.SUSPENDED  # its day has come, though no worker has said so yet
    if state in REASONS:
        reason, todo = REASONS[state]
        raise Closed(str(reason) % {"period": campaign.period}, todo=str(todo))


def _announced_for_today(campaign: Campaign) -> bool:
    announced = Freeze.objects.filter(pack=campaign.pack, period=campaign.period, state=Freeze.ANNOUNCED)
    return announced.filter(suspend_from__lte=today(), resume_on__gt=today()).exists()
