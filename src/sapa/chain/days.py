"""A pack's working days and the dates its freeze falls on."""

from __future__ import annotations

from datetime import date

from sapa.calendar import FreezePlan, FreezeWindow, WorkingDays
from sapa.errors import UserError
from sapa.packs.loader import Pack


def working_days(pack: Pack, lang: str = "en", country: str = "") -> WorkingDays:
    """The working days of the pack's country with the single days the pack declares; raises ``UserError`` without a country."""
    code = country or pack.meta.country
    if not code:
        raise UserError(f"pack {pack.id} belongs to no country", todo="name one: --country with two letters of ISO 3166-1")
    wd = WorkingDays(code)
    for overrides in reversed(pack.working_days):  # the pack's own last, so that they prevail over imported ones
        wd = wd.with_overrides(overrides, lang)
    return wd


def freeze_dates(pack: Pack, year: int, wd: WorkingDays) -> dict[str, date]:
    """For each freeze of the pack's calendar: the first working day of its month that leaves time for the notice."""
    out: dict[str, date] = {}
    for entry in pack.calendar:
        if isinstance(entry.rule, FreezeWindow):
            out[entry.id] = wd.on_or_after(date(year, entry.rule.month, 1))
    return out


def freeze_plan(pack: Pack, item_id: str, as_of: date, wd: WorkingDays) -> FreezePlan:
    """The freeze of a calendar item as of a date, suspended for as long as the law allows."""
    for entry in pack.calendar:
        if entry.id == item_id and isinstance(entry.rule, FreezeWindow):
            return FreezePlan(entry.rule, wd, as_of)
    raise UserError(f"pack {pack.id} has no freeze '{item_id}' in its calendar", todo="name the regime's freeze item")
