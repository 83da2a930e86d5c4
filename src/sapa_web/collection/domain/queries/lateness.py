"""How long after the facts they were entered: the fact's date stands in the row, the day of entry beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sapa.datasets.wording import say
from sapa.packs.models_data import DataField
from sapa_web.collection.domain.deadlines import calendar_of
from sapa_web.collection.domain.offers import REFERENCE_DATE
from sapa_web.collection.domain.queries.desk import Desk
from sapa_web.collection.domain.queries.sheet import language
from sapa_web.collection.domain.working import ENTERED, Row

FACT_DATE = "fact-date"
"""Concept of the date on which what a row tells has happened."""


@dataclass(frozen=True)
class Lateness:
    """Rows with both dates, and the working days between them."""

    title: str
    rows: int
    first: date
    last: date
    most: int
    median: int


def fact_field(desk: Desk) -> DataField | None:
    """The field that dates the facts: one of that concept, the first date of an event, else the reference date."""
    dates = [item for item in desk.fields if item.type == "date"]
    for concept in (FACT_DATE, REFERENCE_DATE):
        found = next((item for item in dates if item.concept == concept), None)
        if found is not None:
            return found
    return next((item for item in dates if item.required), None) if desk.dataset.periodicity == "event" else None


def lateness(desk: Desk, rows: list[Row]) -> Lateness | None:
    """``None`` where the data set has no such date or no row has both."""
    item = fact_field(desk)
    pairs = [(fact, entered) for row in rows if item and (fact := _day(row.get(item.id))) and (entered := _day(row.get(ENTERED)))]
    if item is None or not pairs:
        return None
    campaign = desk.obligation.campaign
    calendar = calendar_of(campaign.pack, campaign.regime)
    known = {pair: max(calendar.between(*pair), 0) if pair[0] <= pair[1] else 0 for pair in set(pairs)}
    days = sorted(known[pair] for pair in pairs)
    facts = [fact for fact, _entered in pairs]
    return Lateness(say(item.title, language()), len(pairs), min(facts), max(facts), days[-1], days[len(days) // 2])


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
