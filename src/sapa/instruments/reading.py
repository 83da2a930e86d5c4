"""One answer as a page or a file gives it, read into the value that is kept and the text that expressions see."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from sapa.instruments.functions import tokens
from sapa.instruments.model import Choice, Item
from sapa.instruments.values import written

LONGEST = 10_000
"""Characters of an answer in words."""
_INTEGER = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d{1,15}([.,]\d{0,15})?|[.,]\d{1,15})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d\d:\d\d)(:\d\d(\.\d{1,6})?)?", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(:\d\d(\.\d{1,6})?)?", re.ASCII)


class UnreadError(Exception):
    """What was given can't be the answer; ``code`` and ``args`` name the words."""

    def __init__(self, code: str, kind: str = "type", **named: str) -> None:
        super().__init__(code)
        self.code = code
        self.kind = kind
        self.named = named


def read(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    """The value kept and its text; ``(None, "")`` where nothing is given. Raises ``UnreadError``."""
    if given is None or given == "" or given == []:
        return None, ""
    return _READERS[item.type](item, given, codes)


def _plain(given: Any, code: str) -> str:
    if isinstance(given, str):
        return given.strip().replace("\u2212", "-")
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return written(float(given))
    raise UnreadError(code)


def _integer(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    said = _plain(given, "integer")
    if not said:
        return None, ""
    if not _INTEGER.fullmatch(said):
        raise UnreadError("integer")
    return int(said), str(int(said))


def _decimal(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    said = _plain(given, "decimal")
    if not said:
        return None, ""
    if not _DECIMAL.fullmatch(said):
        raise UnreadError("decimal")
    value = float(said.replace(",", "."))
    return value, written(value)


def _text(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    if not isinstance(given, str):
        given = _plain(given, "text")
    said = given.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
    if len(said) > LONGEST:
        raise UnreadError("length", kind="length", limit=str(LONGEST))
    return (said, said) if said else (None, "")


def _one(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    if isinstance(given, list) and len(given) == 1:
        given = given[0]
    said = _plain(given, "choice") if not isinstance(given, list) else ""
    if said not in codes:
        raise UnreadError("choice", kind="choice")
    return said, said


def _many(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    given = given if isinstance(given, list) else [given]
    said = list(dict.fromkeys(each for one in given for each in tokens(_plain(one, "choice"))))
    if not said:
        return None, ""
    if any(each not in codes for each in said):
        raise UnreadError("choice", kind="choice")
    return said, " ".join(said)


def _rank(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    said, text = _many(item, given, codes)
    return said, text


def _date(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    said = _plain(given, "date")
    try:
        if not _DATE.fullmatch(said):
            raise ValueError(said)
        date.fromisoformat(said)
    except ValueError:
        raise UnreadError("date") from None
    return said, said


def _time(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    match = _TIME.fullmatch(_plain(given, "time"))
    try:
        if match is None:
            raise ValueError(given)
        time.fromisoformat(match.group(1))
    except ValueError:
        raise UnreadError("time") from None
    return match.group(1), match.group(1)


def _moment(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    match = _MOMENT.fullmatch(_plain(given, "datetime"))
    try:
        if match is None:
            raise ValueError(given)
        said = match.group(1).replace(" ", "T")
        datetime.fromisoformat(said)
    except ValueError:
        raise UnreadError("datetime") from None
    return said, said


def _scale(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    said, scale = _plain(given, "scale"), item.scale
    assert scale is not None
    if not _INTEGER.fullmatch(said) or int(said) not in scale.points():
        raise UnreadError("scale", kind="range", low=str(scale.low), high=str(scale.high))
    return int(said), str(int(said))


def _acknowledge(item: Item, given: Any, codes: frozenset[str]) -> tuple[Any, str]:
    return ("OK", "OK") if given is True or given in ("OK", "on", "true", "yes") else (None, "")


_READERS = {
    "integer": _integer, "decimal": _decimal, "text": _text, "select-one": _one, "select-many": _many, "rank": _rank,
    "date": _date, "time": _time, "datetime": _moment, "scale": _scale, "acknowledge": _acknowledge,
}  # fmt: skip


def offered(choices: tuple[Choice, ...], language: str) -> list[dict[str, str]]:
    """The columns a choice filter sees of each choice: its own, ``name`` and ``label``."""
    return [{**choice.values, "name": choice.code, "label": choice.label.get(language, "")} for choice in choices]
