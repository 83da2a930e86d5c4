"""Campaigns: a data set asked of the units that owe it, for a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.chain.collect import layout_id
from sapa.chain.run import owing as units_owing
from sapa.datasets import read_records
from sapa.errors import UserError
from sapa_web.collection.domain.deadlines import default_due, regime_for
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.domain.subjects import require_subject
from sapa_web.collection.models import Campaign, Obligation
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.common.templatetags.ui import day
from sapa_web.common.transitions import Transitions
from sapa_web.orgs.models import Organisation

CAMPAIGN = Transitions(
    {
        "close": ((Campaign.OPEN,), Campaign.CLOSED),
        "reopen": ((Campaign.CLOSED,), Campaign.OPEN),
        "suspend": ((Campaign.OPEN,), Campaign.SUSPENDED),
        "resume": ((Campaign.SUSPENDED,), Campaign.OPEN),
        "freeze": ((Campaign.SUSPENDED, Campaign.OPEN, Campaign.CLOSED), Campaign.FROZEN),
    }
)


@transaction.atomic
def open_campaign(
    actor: Any,
    pack: str,
    dataset_id: str,
    period: str,
    *,
    opens_on: date,
    due_on: date | None = None,
    regime: str = "",
    addressees: str = Campaign.INSTITUTIONS,
) -> Campaign:
    """Ask a data set of every open unit that owes it. ``due_on`` defaults to the last day before updates are suspended.

    ``addressees`` says which subjects are asked: institutions, offices (districts, regions), or both.
    """
    dataset = dataset_of(pack, dataset_id, period)
    if Campaign.objects.filter(pack=pack, dataset=dataset_id, period=period).exists():
        text = _("%(dataset)s is asked for %(period)s already") % {"dataset": dataset_id, "period": period}
        raise UserError(text, todo=_("look it up in the list of campaigns"))
    require_subject(pack, regime, addressees)
    due = due_on or default_due(pack, period, regime)
    if due < opens_on:
        text = _("the deadline %(due)s lies before the opening on %(opens)s") % {"due": day(due), "opens": day(opens_on)}
        raise UserError(text, todo=_("choose a later deadline"))
    campaign = Campaign.objects.create(
        pack=pack,
        pack_version=pack_named(pack).version,
        dataset=dataset_id,
        period=period,
        regime=regime or regime_for(pack).pack.id,
        layout=layout_id(dataset, period),
        register=dataset.register_,
        addressees=addressees,
        opens_on=opens_on,
        due_on=due,
        created_at=now(),
    )
    count = oblige(campaign, owing(campaign))
    ledger.append(
        actor, "campaign.opened", obj=campaign,
        data={
            "pack": pack, "dataset": dataset_id, "period": period, "due": due.isoformat(), "units": count,
            "addressees": addressees,
        },
    )  # fmt: skip
    return campaign


@transaction.atomic
def open_period(
    actor: Any, pack: str, period: str, asked: Mapping[str, str], *, opens_on: date, due_on: date | None = None, regime: str = ""
) -> list[Campaign]:
    """Open the campaigns of a period in one go: ``asked`` is data set → addressees. All are opened or none."""
    if not asked:
        raise UserError(_("no data set was chosen"), todo=_("choose at least one"))
    order = sorted(asked, key=lambda name: (not dataset_of(pack, name, period).register_, name))
    return [
        open_campaign(actor, pack, name, period, opens_on=opens_on, due_on=due_on, regime=regime, addressees=asked[name])
        for name in order
    ]


@transaction.atomic
def change_state(actor: Any, campaign: Campaign, verb: str) -> Campaign:
    """Close a campaign or open it again (see ``CAMPAIGN``); raises ``UserError`` where its state does not allow it."""
    held = Campaign.objects.select_for_update().get(pk=campaign.pk)
    held.state = CAMPAIGN.to(verb, held.state)
    held.save(update_fields=["state"])
    ledger.append(actor, f"campaign.{verb}", obj=held, data={"state": held.state})
    return held


def oblige(campaign: Campaign, organisations: Iterable[Organisation]) -> int:
    """Make the obligations that are not there yet; returns how many were made."""
    there = set(
        Obligation.objects.unscoped("who is asked already").filter(campaign=campaign).values_list("organisation_id", flat=True)
    )
    new = [
        Obligation(campaign=campaign, organisation=unit, due_on=campaign.due_on) for unit in organisations if unit.pk not in there
    ]
    Obligation.objects.bulk_create(new, batch_size=1000)
    return len(new)


def owing(campaign: Campaign) -> list[Organisation]:
    """The open units that owe this return: institutions by the pack's condition, offices all but the one at the top."""
    units: list[Organisation] = []
    if campaign.addressees != Campaign.OFFICES:
        units += _institutions(campaign)
    if campaign.addressees != Campaign.INSTITUTIONS:
        offices = Organisation.objects.unscoped("a campaign asks everybody").filter(is_open=True, is_institution=False)
        # The one at the top asks; the subjects that report are those below it.
        units += list(offices.exclude(parent=None))
    return units


def _institutions(campaign: Campaign) -> list[Organisation]:
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    units = list(Organisation.objects.unscoped("a campaign asks everybody").filter(is_open=True, is_institution=True))
    if not dataset.owed_when or not dataset.attributes_from or not units:
        return units
    register = dataset_of(campaign.pack, dataset.attributes_from, campaign.period)
    known = {item.id for item in register.layout(campaign.period)}
    records = [{**{k: v for k, v in unit.attributes.items() if k in known}, register.unit: unit.code} for unit in units]
    table: pa.Table = read_records(records, register, campaign.period, pack=pack_named(campaign.pack)).table
    owe = units_owing(register, table, dataset.owed_when)
    return [unit for unit in units if unit.code in owe]
