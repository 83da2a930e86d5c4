"""Campaigns: a data set asked of the units that owe it, for a period."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa
from django.db import transaction

from sapa.chain.collect import layout_id
from sapa.chain.run import owing as units_owing
from sapa.datasets import read_records
from sapa_web.collection.domain.deadlines import freeze_plan, regime_for
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.models import Campaign, Obligation
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.orgs.models import Organisation


@transaction.atomic
def open_campaign(
    actor: Any, pack: str, dataset_id: str, period: str, *, opens_on: date, due_on: date | None = None, regime: str = ""
) -> Campaign:
    """Ask a data set of every open unit that owes it. ``due_on`` defaults to the last day before updates are suspended."""
    dataset = dataset_of(pack, dataset_id, period)
    due = due_on or freeze_plan(pack, period, regime=regime).wd.add(freeze_plan(pack, period, regime=regime).suspend_from, -1)
    campaign = Campaign.objects.create(
        pack=pack,
        pack_version=pack_named(pack).version,
        dataset=dataset_id,
        period=period,
        regime=regime or regime_for(pack).pack.id,
        layout=layout_id(dataset, period),
        register=dataset.register_,
        opens_on=opens_on,
        due_on=due,
        created_at=now(),
    )
    count = oblige(campaign, owing(campaign))
    ledger.append(
        actor, "campaign.opened", obj=campaign,
        data={"pack": pack, "dataset": dataset_id, "period": period, "due": due.isoformat(), "units": count},
    )  # fmt: skip
    return campaign


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
    """The open institutions that owe this return, by the pack's condition on what the tree knows of them."""
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    units = list(Organisation.objects.unscoped("a campaign asks everybody").filter(is_open=True, is_institution=True))
    if not dataset.owed_when or not dataset.attributes_from:
        return units
    register = dataset_of(campaign.pack, dataset.attributes_from, campaign.period)
    known = {item.id for item in register.layout(campaign.period)}
    records = [{**{k: v for k, v in unit.attributes.items() if k in known}, register.unit: unit.code} for unit in units]
    table: pa.Table = read_records(records, register, campaign.period, pack=pack_named(campaign.pack)).table
    owe = units_owing(register, table, dataset.owed_when)
    return [unit for unit in units if unit.code in owe]
