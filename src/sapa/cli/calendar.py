"""``sapa calendar``: the year as the law sets it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sapa.calendar import to_ics, to_table, year_calendar
from sapa.chain.days import freeze_dates, working_days
from sapa.cli import output
from sapa.cli.output import Json, Lang, Now, emit, out
from sapa.packs.loader import load_pack


def calendar(
    pack: Annotated[str, typer.Argument(help="Pack with a calendar, by id or folder.")],
    year: Annotated[int, typer.Option("--year", help="Calendar year.", min=1990, max=2060)],
    as_of: Annotated[
        str, typer.Option("--as-of", help="The one date of the freeze; default: the first day the law allows.")
    ] = "",
    country: Annotated[str, typer.Option("--country", help="Whose working days count; default: the pack's country.")] = "",
    ics: Annotated[Path | None, typer.Option("--ics", help="Write the calendar to this file (RFC 5545).")] = None,
    lang: Lang = "en",
    now: Now = "",
    json: Json = False,
) -> None:
    """Print a year's deadlines, windows and standing rules, each with its clause."""
    loaded = load_pack(pack)
    wd = working_days(loaded, lang, country)
    named = output.day(as_of)
    fixed = {item_id: named or day for item_id, day in freeze_dates(loaded, year, wd).items()}
    events = year_calendar(loaded.calendar, year, wd, as_of=fixed)
    rows = to_table(events, lang)
    if ics is not None:
        ics.write_bytes(to_ics(events, lang, output.moment(now)))
    if json:
        emit({"pack": loaded.id, "year": year, "events": rows})
        return
    lines = [(row["from"], row["to"], _what(row), row["warn_on"], row["clause"]) for row in rows]
    output.table(f"{loaded.text(loaded.meta.title, lang)}: {year}", ("from", "to", "what", "told on", "clause"), lines)
    if ics is not None:
        out.print(f"written: {ics}")


_PARTS = {
    "standing": "a standing rule",
    "freeze-notice": "users are told by",
    "freeze-as-of": "the date data are fixed on",
    "freeze-suspension": "updates stand still",
    "freeze-resume": "updates resume by",
}


def _what(row: dict[str, str]) -> str:
    """The title of an event, with the part of a freeze it is, and how often where it is more than once."""
    part = _PARTS.get(row["kind"], "")
    times = f", {row['times']} times" if row["times"] not in ("", "1") else ""
    return row["title"] + (f": {part}" if part else "") + times
