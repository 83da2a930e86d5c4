"""Archive and database brought together after a process died between the two: before or after, never between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from sapa.archive.submissions import latest_revisions
from sapa.errors import SapaError
from sapa_web.collection.domain.signing import adopt_known
from sapa_web.collection.models import Campaign, Obligation, Submission
from sapa_web.common.files import archive


@dataclass
class Reconciled:
    """``adopted``: revisions that the archive held and the database did not know; ``lost``: the other way round (a backup that
    does not fit); ``failed``: what could not be adopted, and why; ``strangers``: units that were asked nothing."""

    adopted: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether archive and database agree now."""
        return not (self.lost or self.failed or self.strangers)


def reconcile(campaigns: Iterable[Campaign] | None = None) -> Reconciled:
    """Adopt what the archive holds and the database does not know, campaign by campaign. Can be repeated at any time."""
    out = Reconciled()
    for campaign in campaigns if campaigns is not None else Campaign.objects.all():
        _campaign(campaign, out)
    return out


def _campaign(campaign: Campaign, out: Reconciled) -> None:
    held = latest_revisions(archive(campaign.pack, campaign.period), campaign.dataset, campaign.period)
    asked = Obligation.objects.unscoped("the archive holds everybody's").filter(campaign=campaign)
    known = dict(asked.values_list("organisation__code", "revision"))
    out.strangers += [f"{campaign}: {unit}" for unit in sorted(set(held) - set(known))]
    for unit, revision in sorted(known.items()):
        if held.get(unit, 0) > revision:
            _adopt(campaign, unit, out)
        elif held.get(unit, 0) < revision:
            out.lost.append(f"{campaign}: {unit}, revision {revision}")


def _adopt(campaign: Campaign, unit: str, out: Reconciled) -> None:
    found = Obligation.objects.unscoped("the archive holds everybody's").select_related("campaign", "organisation")
    try:
        with transaction.atomic():
            obligation = found.select_for_update(of=("self",)).get(campaign=campaign, organisation__code=unit)
            made: list[Submission] = adopt_known(obligation)
    except SapaError as error:
        out.failed.append(f"{campaign}: {unit}: {error}")
        return
    out.adopted += [f"{campaign}: {unit}, revision {item.revision}" for item in made]
