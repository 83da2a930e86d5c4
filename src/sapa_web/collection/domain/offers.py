"""What the unit has said before is offered, never asked again: last period's rows, the register, other data sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.datasets.canonical import written
from sapa.errors import UserError
from sapa.packs.models_data import DataField, Dataset
from sapa_web.collection.domain.checking import newest, signed_rows
from sapa_web.collection.domain.packs import dataset_of
from sapa_web.collection.domain.working import ID, Row, apply, fields_of, filled, rows_of
from sapa_web.collection.models import Campaign, Draft, Obligation

PREVIOUS, REGISTER, ELSEWHERE = "previous", "register", "elsewhere"
REFERENCE_DATE = "reference-date"
"""Concept of the date the rows speak of: it must be new in a new period."""


@dataclass(frozen=True)
class Offer:
    """Rows that can be taken over. ``anew``: fields that must be new, so they are left out unless a person wants them."""

    kind: str
    source: str
    rows: tuple[Row, ...]
    fields: tuple[DataField, ...]
    anew: frozenset[str] = frozenset()
    filled: int = 0  # cells that an offer from elsewhere would fill


def offers(obligation: Obligation) -> list[Offer]:
    """What there is to offer for this return, the most useful first."""
    found = [previous(obligation), register(obligation), *elsewhere(obligation)]
    return [item for item in found if item is not None]


def previous(obligation: Obligation) -> Offer | None:
    """The rows of the newest earlier period: the unit's own list with names if it is here, else what was signed."""
    campaign = obligation.campaign
    earlier = Draft.objects.filter(
        obligation__organisation=obligation.organisation, obligation__campaign__pack=campaign.pack,
        obligation__campaign__dataset=campaign.dataset, obligation__campaign__period__lt=campaign.period, version__gt=0,
    )  # fmt: skip
    draft = earlier.select_related("obligation__campaign").order_by("-obligation__campaign__period").first()
    signed = newest(
        {"pack": campaign.pack, "dataset": campaign.dataset, "period__lt": campaign.period}, obligation.organisation.code
    )
    fields = fields_of(obligation)
    known = {item.id for item in fields}
    rows: list[Row] = []
    period = ""
    if draft is not None and (signed is None or draft.obligation.campaign.period >= signed.obligation.campaign.period):
        rows, period = filled(rows_of(draft.obligation)[1]), draft.obligation.campaign.period
    if not rows and signed is not None:
        hidden = {item.id for item in fields if item.protect != "none"}
        rows = [{k: v for k, v in row.items() if k not in hidden} for row in as_rows(signed_rows(signed))]
        period = signed.obligation.campaign.period
    if not rows:
        return None
    kept = tuple({name: value for name, value in row.items() if name in known} for row in rows)
    given = tuple(item for item in fields if any(row.get(item.id) for row in kept))
    return Offer(PREVIOUS, period, kept, given, _anew(given, kept))


def register(obligation: Obligation) -> Offer | None:
    """For the register itself: what the tree of institutions holds of this one."""
    campaign = obligation.campaign
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    if not dataset.register_ or filled(rows_of(obligation)[1]):
        return None
    unit = obligation.organisation
    held = {**unit.attributes, **({dataset.unit_title: unit.name} if dataset.unit_title else {})}
    fields = tuple(item for item in fields_of(obligation) if held.get(item.id) not in (None, ""))
    if not fields:
        return None
    row = {item.id: str(held[item.id]) for item in fields}
    return Offer(REGISTER, "", (row,), fields, _anew(fields, (row,)))


def elsewhere(obligation: Obligation) -> list[Offer]:
    """Cells whose field the pack declares the same as one of another data set (``same_as``), where they are still empty."""
    rows = filled(rows_of(obligation)[1])
    out = []
    for item in fields_of(obligation):
        if not item.same_as:
            continue
        other, _dot, target = item.same_as.rpartition(".")
        values = _known(obligation, other, target)
        fills = tuple({ID: row[ID], item.id: value} for row in rows if not row.get(item.id) and (value := values(row)))
        if fills:
            out.append(Offer(f"{ELSEWHERE}:{item.id}", other, fills, (item,), filled=len(fills)))
    return out


def _known(obligation: Obligation, other: str, target: str) -> Any:
    """A function from a row to the value the other data set holds: one for the unit, or by a key of the same concept."""
    campaign = obligation.campaign
    dataset = dataset_of(campaign.pack, other, campaign.period)
    found = _rows_of_other(obligation, dataset)
    names = [name for name in dataset.key(campaign.period) if name != dataset.unit]
    if not names:
        value = next((row.get(target, "") for row in found), "")
        return lambda row: value
    concepts = {item.concept: item.id for item in fields_of(obligation)}
    mine = [concepts.get(dataset.field(name).concept, "") for name in names]
    if not all(mine):
        return lambda row: ""
    table = {tuple(row.get(name, "") for name in names): row.get(target, "") for row in found}
    return lambda row: table.get(tuple(row.get(name, "") for name in mine), "")


def _rows_of_other(obligation: Obligation, dataset: Dataset) -> list[Row]:
    """The unit's list of another data set of the same period; of the register what the tree holds, if there is no list."""
    campaign = obligation.campaign
    sibling = Obligation.objects.unscoped("the unit's own other return").filter(
        organisation=obligation.organisation, campaign__pack=campaign.pack, campaign__period=campaign.period,
        campaign__dataset=dataset.id,
    )  # fmt: skip
    asked = sibling.select_related("campaign").first()
    rows = filled(rows_of(asked)[1]) if asked is not None else []
    if rows or not dataset.register_:
        return rows
    return [{name: str(value) for name, value in obligation.organisation.attributes.items()}]


def _anew(fields: Iterable[DataField], rows: tuple[Row, ...]) -> frozenset[str]:
    """Fields that must be new: the reference date, a date that all rows share, figures of the source, notes."""
    out = set()
    for item in fields:
        values = {row.get(item.id, "") for row in rows}
        shared = item.type == "date" and len(rows) > 1 and len(values) == 1
        if shared or item.concept == REFERENCE_DATE or item.role in ("published", "note"):
            out.add(item.id)
    return frozenset(out)


@transaction.atomic
def take(user: Any, obligation: Obligation, kind: str, *, fields: set[str], fixed: Mapping[str, str] | None = None) -> int:
    """Take an offer over; returns how many rows. Rows whose key is in the list already are left as they are.

    ``fields``: which of the offered fields; ``fixed``: values for all rows, such as the new reference date.
    """
    offer = next((item for item in offers(obligation) if item.kind == kind), None)
    if offer is None:
        raise UserError(_("there is nothing to take over any more"), todo=_("go on in the table"))
    if kind.startswith(ELSEWHERE):
        (item,) = offer.fields
        sets = [{"op": "set", "row": row[ID], "field": item.id, "was": "", "value": row[item.id]} for row in offer.rows]
        apply(user, obligation, sets, channel="offer")
        return len(sets)
    campaign = obligation.campaign
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    version, everything = rows_of(obligation)
    there = filled(everything)
    new = _without(dataset, campaign, there, offer.rows)
    taken = fields | {name for name in dataset.key(campaign.period) if name != dataset.unit}
    values = {name: value for name, value in (fixed or {}).items() if value}
    records = [{**{name: value for name, value in row.items() if name in taken}, **values} for row in new]
    changes: list[dict[str, Any]] = [
        {"op": "add", "row": f"o{version}-{at}", "values": record} for at, record in enumerate(records)
    ]
    if changes:
        apply(user, obligation, changes, channel="offer")
    return len(records)


def _without(dataset: Dataset, campaign: Campaign, there: list[Row], offered: Iterable[Row]) -> list[Row]:
    names = [name for name in dataset.key(campaign.period) if name != dataset.unit]
    if not names:
        return [] if there else list(offered)
    known = {tuple(row.get(name, "") for name in names) for row in there}
    return [row for row in offered if tuple(row.get(name, "") for name in names) not in known]


def as_rows(table: pa.Table) -> list[Row]:
    """A typed table as rows of text."""
    texts = {name: written(table[name]).to_pylist() for name in table.column_names if name[:1] != "_"}
    return [{name: column[at] for name, column in texts.items() if column[at]} for at in range(table.num_rows)]
