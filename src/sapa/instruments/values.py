"""Values of expressions and how one becomes another: XPath 1.0 section 4, with the dates of ODK XForms.

A value is a string, a float, a bool, or a list of strings (a node-set of answers, in the order of the form). The answer to one
question is a string: "node values are always stored and obtained as strings" (ODK XForms, XPath functions), and a hidden or
unanswered one is the empty string. So ``boolean`` of an answer asks whether it is empty, and ``number`` of an empty one is NaN.
``frontend/src/instruments/values.js`` says the same in the page.
"""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from typing import Any

Value = str | float | bool | list[str]

NAN = math.nan
_NUMBER = re.compile(r"[ \t\r\n]*-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[ \t\r\n]*")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86400.0


def number(value: Any) -> float:
    """``number()``: XPath 1.0 section 4.4; dates and date-times are days since 1970-01-01 (ODK XForms, ``number``)."""
    if isinstance(value, str):
        if not value:
            return NAN
        if value.isdigit() and value.isascii():
            return float(value)
        if _NUMBER.fullmatch(value):
            return float(value)
        return days(value) if len(value) >= 10 and value[4:5] == "-" else NAN
    if isinstance(value, float):
        return value
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    return number(value[0]) if value else NAN


def string(value: Any) -> str:
    """``string()``: XPath 1.0 section 4.2; of several nodes the first."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return written(value)
    return value[0] if value else ""


def boolean(value: Any) -> bool:
    """``boolean()``: XPath 1.0 section 4.3; an answer is true where it is not empty, several where one of them is not."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value != ""
    if isinstance(value, float):
        return value == value and value != 0.0
    return any(value)


def nodes(value: Any) -> list[str]:
    """The strings of a node-set; one value is a set of one."""
    return value if isinstance(value, list) else [string(value)]


def written(value: float) -> str:
    """A number as XPath 1.0 section 4.2 writes it: no exponent, no point where it is whole; the fewest digits that tell it."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    digits, _, power = repr(abs(value)).partition("e")
    whole, _, part = digits.partition(".")
    part = "" if part == "0" else part
    shift = int(power or 0)
    if shift > 0:
        whole, part = whole + part[:shift].ljust(shift, "0"), part[shift:]
    elif shift < 0:
        filled = whole.rjust(-shift + 1, "0")
        whole, part = filled[:shift], filled[shift:] + part
    return f"{'-' if value < 0 else ''}{whole.lstrip('0') or '0'}{'.' + part if part else ''}"


def days(text: str) -> float:
    """Days since 1970-01-01 of a date or date-time; one without an offset is taken as it stands; NaN where it is neither."""
    match = _DATE.fullmatch(text)
    if match is None:
        return NAN
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        whole = date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        return NAN
    if hour is None:
        return float(whole)
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        return NAN
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second or 0) + (float(f"0.{fraction}") if fraction else 0.0)
    if offset and offset != "Z":
        minutes = int(offset[1:3]) * 60 + int(offset[4:6])
        seconds += (-60 if offset[0] == "+" else 60) * minutes
    return whole + seconds / _DAY


def day_of(value: Any) -> str:
    """``date()``: the ``YYYY-MM-DD`` of a date, a date-time or a number of days; empty where there is none."""
    if isinstance(value, str) and _DATE.fullmatch(value) and days(value) == days(value):
        return value[:10]
    count = number(value)
    if count != count or abs(count) > 3_000_000:
        return ""
    ordinal = math.floor(count) + _EPOCH
    return date.fromordinal(ordinal).isoformat() if 1 <= ordinal <= date.max.toordinal() else ""


def moment_of(value: Any) -> str:
    """``date-time()``: the ``YYYY-MM-DDTHH:MM:SS`` of a date, a date-time or a number of days; empty where there is none."""
    if isinstance(value, str) and "T" in value and _DATE.fullmatch(value) and days(value) == days(value):
        return value
    count = number(value)
    day = day_of(math.floor(count) * 1.0) if count == count and not math.isinf(count) else ""
    if not day:
        return ""
    seconds = math.floor((count - math.floor(count)) * _DAY + 0.5)
    if seconds >= _DAY:
        day, seconds = (date.fromisoformat(day) + timedelta(1)).isoformat(), 0
    return f"{day}T{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"


def equal(left: Any, right: Any) -> bool:
    """``=``: XPath 1.0 section 3.4. Sets: some pair is equal; else as booleans, else as numbers, else as strings."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return _compare(left, right, _same)


def unequal(left: Any, right: Any) -> bool:
    """``!=``: not the opposite of ``=`` for sets: some pair differs."""
    if isinstance(left, str) and isinstance(right, str):
        return left != right
    return _compare(left, right, _differs)


def less(left: Any, right: Any) -> bool:
    """``<``: both as numbers; of sets some pair."""
    if isinstance(left, list) or isinstance(right, list):
        return any(number(a) < number(b) for a in _each(left) for b in _each(right))
    return number(left) < number(right)


def at_most(left: Any, right: Any) -> bool:
    """``<=``: both as numbers; of sets some pair."""
    if isinstance(left, list) or isinstance(right, list):
        return any(number(a) <= number(b) for a in _each(left) for b in _each(right))
    return number(left) <= number(right)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _compare(left: Any, right: Any, test: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return bool(test(boolean(left), boolean(right)))
    if isinstance(left, list) or isinstance(right, list):
        return any(_compare(a, b, test) for a in _each(left) for b in _each(right))
    if isinstance(left, float) or isinstance(right, float):
        return bool(test(number(left), number(right)))
    return bool(test(left, right))


def _same(left: Any, right: Any) -> bool:
    return bool(left == right)


def _differs(left: Any, right: Any) -> bool:
    return bool(left != right)
