"""The demonstration's offices and institutions, with what has happened to them over the years."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from sapa.demo import Country
from sapa.packs.loader import Pack
from sapa_web.orgs.domain.tree import Entry, Facts, change, close, open_many
from sapa_web.orgs.models import Organisation

SYSTEM = "system:demonstration"
TERRITORY = "territory"
LAW = date(2010, 1, 1)
BASIS = "register of the demonstration country"


def plant(pack: Pack, country: Country) -> list[str]:
    """Open offices and institutions, then let each year's register change them; returns the open institutions' codes."""
    registers = {period: country.tables["institutions", period].to_pylist() for period in country.periods}
    open_many(SYSTEM, _offices(pack), LAW, basis=BASIS)
    seen: dict[str, dict[str, Any]] = {}
    for rows in registers.values():
        _open(row for row in rows if row["institution"] not in seen)
        for row in rows:
            _follow(seen.get(row["institution"]), row)
        seen |= {row["institution"]: row for row in rows}
    return [code for code, row in sorted(seen.items()) if row["status"] == "active"]


def _offices(pack: Pack) -> list[Entry]:
    items = pack.codelist(TERRITORY).items
    return [
        Entry(item.code, Facts(item.title["en"], item.parent, names=dict(item.title)), is_institution=False) for item in items
    ]


def _open(rows: Any) -> None:
    """Institutions by the day on which they opened: one act a day, as orders come."""
    days: dict[date, list[Entry]] = defaultdict(list)
    for row in rows:
        days[max(row["opened"], LAW)].append(Entry(row["institution"], _facts(row)))
    for day in sorted(days):
        open_many(SYSTEM, days[day], day, basis=BASIS)


def _facts(row: dict[str, Any]) -> Facts:
    kept = {name: str(value) for name, value in row.items() if value is not None and name != "institution"}
    return Facts(row["name"], row["district"], row["type"], (row["main_level"],), attributes=kept)


def _follow(before: dict[str, Any] | None, row: dict[str, Any]) -> None:
    """What this year's register says otherwise than the last: moved to another district, closed, merged."""
    if before is not None and before["status"] == "active" and row["district"] != before["district"]:
        unit = _organisation(row["institution"])
        change(SYSTEM, unit, row["as_of"], "moved", basis=BASIS, parent=row["district"], attributes=_facts(row).attributes)
    if row["closed"] is not None and (before is None or before["closed"] is None):
        unit = _organisation(row["institution"])
        successor = _organisation(row["successor"]) if row["successor"] else None
        close(SYSTEM, unit, row["closed"], basis=BASIS, successor=successor)


def _organisation(code: str) -> Organisation:
    found: Organisation = Organisation.objects.unscoped("the demonstration's own").get(code=code)
    return found
