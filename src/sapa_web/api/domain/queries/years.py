"""The year of a pack: its own calendar, and that of the regime its campaigns run under."""

from __future__ import annotations

from sapa.calendar import Event, year_calendar
from sapa.chain.days import freeze_dates
from sapa_web.collection.domain.deadlines import calendar_of, regime_for
from sapa_web.collection.domain.packs import pack_named


def events(pack: str, year: int) -> list[Event]:
    """Every event of a calendar year, by day."""
    own, days = pack_named(pack), calendar_of(pack)
    out: dict[str, Event] = {}
    for source in (own, regime_for(pack).pack):
        for event in year_calendar(source.calendar, year, days, as_of=freeze_dates(source, year, days)):
            out.setdefault(event.id, event)
    return sorted(out.values(), key=lambda item: (item.first, item.last, item.id))
