"""A year's events as an iCalendar file (RFC 5545) and as rows of a table."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator

from sapa.calendar.model import text_in
from sapa.calendar.yearplan import Event
from sapa.errors import UserError

_NAMESPACE = uuid.UUID("5b0c6c0e-3c1f-5d0a-9b57-0f7f4a1d6c11")
_OCTETS = 75

TABLE_COLUMNS = ("from", "to", "times", "title", "kind", "warn_on", "clause", "id")


def to_ics(events: Iterable[Event], lang: str, stamp: dt.datetime) -> bytes:
    """The events as an iCalendar file, lines folded at 75 octets and ended by CRLF.

    ``stamp`` is the moment written as DTSTAMP and must know its time zone; the same events and stamp give the same
    bytes, and an event keeps its UID in every language and when its day moves.
    """
    if stamp.utcoffset() is None:
        raise UserError(f"the moment {stamp} has no time zone", todo="give an aware datetime, for example in UTC")
    utc = stamp.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//sapa//calendar//EN", "CALSCALE:GREGORIAN"]
    for event in events:
        lines.extend(_vevent(event, lang, utc))
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def to_table(events: Iterable[Event], lang: str) -> list[dict[str, str]]:
    """The events as rows of text under :data:`TABLE_COLUMNS`; dates in ISO 8601."""
    return [
        {
            "from": event.first.isoformat(),
            "to": event.last.isoformat(),
            "times": str(event.window.times) if event.window else "1",
            "title": text_in(event.title, lang),
            "kind": event.kind,
            "warn_on": event.warn_on.isoformat() if event.warn_on else "",
            "clause": event.clause,
            "id": event.id,
        }
        for event in events
    ]


def _vevent(event: Event, lang: str, stamp: str) -> Iterator[str]:
    title = _escaped(text_in(event.title, lang))
    used = lang if lang in event.title else "en" if "en" in event.title else next(iter(event.title))
    yield "BEGIN:VEVENT"
    yield f"UID:{uuid.uuid5(_NAMESPACE, event.id)}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{event.first:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.last + dt.timedelta(days=1):%Y%m%d}"  # the end is exclusive there
    yield f"SUMMARY;LANGUAGE={used}:{title}"
    yield f"DESCRIPTION:{_escaped(event.clause)}"
    yield f"CATEGORIES:{_escaped(event.kind)}"
    yield "TRANSP:TRANSPARENT"
    if event.warn_on is not None:
        yield from _valarm(title, (event.warn_on - event.first).days)
    yield "END:VEVENT"


def _valarm(title: str, days: int) -> Iterator[str]:
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"TRIGGER:{'-' if days < 0 else ''}P{abs(days)}D"
    yield f"DESCRIPTION:{title}"
    yield "END:VALARM"


def _escaped(text: str) -> str:
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        text = text.replace(plain, written)
    return "".join(c for c in text if c == "\t" or (ord(c) >= 32 and ord(c) != 127))


def _folded(line: str) -> bytes:
    """The line in UTF-8 with CRLF, no part over 75 octets and no character cut in two."""
    parts: list[bytes] = []
    part = b""
    for char in line:
        octets = char.encode()
        room = _OCTETS if not parts else _OCTETS - 1  # a continued line starts with a space
        if len(part) + len(octets) > room:
            parts.append(part)
            part = b""
        part += octets
    return b"\r\n ".join([*parts, part]) + b"\r\n"
