"""The functions of expressions: XPath 1.0 section 4 and ODK XForms (https://getodk.github.io/xforms-spec/#xpath-functions).

Each takes values and gives a value, knows no form and no clock. Strings count characters of Unicode, not bytes. What runs in
the C library of one machine and the script engine of another (sine, logarithm …) is rounded to 12 digits, so that page and
server say the same. ``frontend/src/instruments/functions.js`` has each of them under the same name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from sapa.instruments.values import NAN, boolean, day_of, days, moment_of, nodes, number, string

DIGITS = 12
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BLANKS = re.compile(r"[ \t\n\r]+")
_WEEK = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")


def divide(left: float, right: float) -> float:
    """``div`` of IEEE 754: by zero an infinity or NaN."""
    if right == 0:
        if left == 0 or left != left:
            return NAN
        return math.copysign(math.inf, left) * math.copysign(1.0, right)
    return left / right


def remainder(left: float, right: float) -> float:
    """``mod``: the sign of the dividend (XPath 1.0 section 3.5)."""
    if right == 0 or math.isinf(left) or left != left or right != right:
        return NAN
    return math.fmod(left, right)


def half_up(value: float, places: float = 0.0) -> float:
    """``round``: the nearest whole, of two the greater (XPath 1.0 section 4.4); with ``places`` decimals."""
    if value != value or math.isinf(value):
        return value
    places = max(-15.0, min(15.0, places if places == places else 0.0))
    scale = 10.0 ** abs(int(places))
    moved = value * scale if places >= 0 else value / scale
    if math.isinf(moved):
        return value
    floor = math.floor(moved)
    whole = float(floor if moved - floor < 0.5 else floor + 1)
    return whole / scale if places >= 0 else whole * scale


def steady(value: float) -> float:
    """The value rounded to twelve significant digits."""
    return value if value != value or math.isinf(value) else float(f"{value:.{DIGITS - 1}e}")


def power(base: float, exponent: float) -> float:
    """``pow``: whole exponents by multiplying, exactly alike everywhere; others rounded to twelve digits; edges by IEEE 754."""
    if exponent.is_integer() and abs(exponent) <= 1024:
        result = 1.0
        for _ in range(int(abs(exponent))):
            result *= base
        return result if exponent >= 0 else divide(1.0, result)
    if base == 1:
        return 1.0
    if base != base or exponent != exponent:
        return NAN
    if math.isinf(exponent):
        return 1.0 if abs(base) == 1 else math.inf if (abs(base) > 1) == (exponent > 0) else 0.0
    if base == 0:
        return 0.0 if exponent > 0 else math.inf
    result = _safely(math.pow)(abs(base), exponent)
    if base > 0 or math.isinf(base):
        return result
    return NAN if not exponent.is_integer() else -result if exponent % 2 else result


def _safely(function: Callable[..., float]) -> Callable[..., float]:
    def called(*arguments: float) -> float:
        try:
            return steady(function(*arguments))
        except OverflowError:
            return math.inf
        except ValueError:
            return -math.inf if function in (math.log, math.log10) and arguments[0] == 0 else NAN

    return called


def _root(value: float) -> float:
    return math.sqrt(value) if value >= 0 else NAN


def _whole(value: float) -> float:
    return value if value != value or math.isinf(value) else float(math.trunc(value))


def _floor(value: float) -> float:
    return value if value != value or math.isinf(value) else float(math.floor(value))


def _ceiling(value: float) -> float:
    return value if value != value or math.isinf(value) else float(math.ceil(value))


def _numbers(values: tuple[Any, ...]) -> list[float]:
    return [number(each) for value in values for each in (value if isinstance(value, list) else [value])]


def _sum(*values: Any) -> float:
    total = 0.0
    for each in _numbers(values):
        total += each
    return total


def _extreme(best: Callable[[float, float], float]) -> Callable[..., float]:
    def found(*values: Any) -> float:
        numbers = _numbers(values)
        if not numbers or any(each != each for each in numbers):
            return NAN
        result = numbers[0]
        for each in numbers[1:]:
            result = best(result, each)
        return result

    return found


def _position(value: float) -> int | None:
    return None if value != value or math.isinf(value) else math.trunc(value)


def _substr(text: Any, start: Any, end: Any = None) -> str:
    said, first = string(text), _position(number(start))
    last = len(said) if end is None else _position(number(end))
    return said[slice(first, last)] if first is not None and last is not None else ""


def _substring(text: Any, start: Any, length: Any = None) -> str:
    first = half_up(number(start))
    past = math.inf if length is None else first + half_up(number(length))
    return "".join(letter for at, letter in enumerate(string(text), 1) if first <= at < past)


def _translate(text: Any, old: Any, new: Any) -> str:
    replaced: dict[str, str] = {}
    fresh = string(new)
    for at, letter in enumerate(string(old)):
        replaced.setdefault(letter, fresh[at] if at < len(fresh) else "")
    return "".join(replaced.get(letter, letter) for letter in string(text))


def tokens(text: Any) -> list[str]:
    """The codes of a space-separated list."""
    said = string(text)
    if not _BLANKS.search(said):
        return [said] if said else []
    return [word for word in _BLANKS.split(said) if word]


def _selected_at(text: Any, index: Any) -> str:
    words, at = tokens(text), number(index)
    return words[int(at)] if at == at and 0 <= at < len(words) else ""


def _coalesce(*values: Any) -> str:
    return next((said for said in map(string, values) if said), "")


def _checklist(least: Any, most: Any, *values: Any) -> bool:
    return _between(number(least), number(most), float(sum(_ticked(each) for value in values for each in nodes(value))))


def _weighted(least: Any, most: Any, *pairs: Any) -> bool:
    total = 0.0
    for value, weight in zip(pairs[::2], pairs[1::2], strict=False):
        total += number(weight) if _ticked(string(value)) else 0.0
    return _between(number(least), number(most), total)


def _ticked(value: str) -> bool:
    return value == "true" or number(value) > 0


def _between(least: float, most: float, total: float) -> bool:
    return (least == -1 or total >= least) and (most == -1 or total <= most)


def _time_share(value: Any) -> float:
    """``decimal-time()``: the part of a day a time or a date-time stands at; 0.5 is noon."""
    said = string(value)
    share = days("1970-01-01T" + said) if "T" not in said else days(said)
    return share - math.floor(share) if share == share else NAN


def _formatted(value: Any, pattern: Any) -> str:
    """``format-date-time()``: ``%Y %y %m %n %b %d %e %a %H %h %M %S %3`` of ODK XForms; names of months and days in English."""
    moment = moment_of(value)
    if not moment:
        return ""
    year, month, day = moment[:4], moment[5:7], moment[8:10]
    hour, minute, second = moment[11:13], moment[14:16], moment[17:19] if moment[16:17] == ":" else "00"
    parts = {
        "Y": year, "y": year[2:], "m": month, "n": str(int(month)), "b": _MONTHS[int(month) - 1], "d": day, "e": str(int(day)),
        "a": _WEEK[int(days(moment[:10])) % 7], "H": hour, "h": str(int(hour)), "M": minute, "S": second, "3": "000", "%": "%",
    }  # fmt: skip
    out, said, at = [], string(pattern), 0
    while at < len(said):
        if said[at] == "%" and at + 1 < len(said) and said[at + 1] in parts:
            out.append(parts[said[at + 1]])
            at += 1
        else:
            out.append(said[at])
        at += 1
    return "".join(out)


def _one(function: Callable[[float], float]) -> Callable[[Any], float]:
    return lambda value: function(number(value))


def _before(text: Any, mark: Any) -> str:
    said, sought = string(text), string(mark)
    return said[: said.index(sought)] if sought in said else ""


def _after(text: Any, mark: Any) -> str:
    said, sought = string(text), string(mark)
    return said[said.index(sought) + len(sought) :] if sought in said else ""


FUNCTIONS: dict[str, tuple[int, int, str, Callable[..., Any]]] = {
    "string": (1, 1, "s", string),
    "concat": (1, 99, "s", lambda *values: "".join(each for value in values for each in nodes(value))),
    "join": (1, 99, "s", lambda mark, *values: string(mark).join(each for value in values for each in nodes(value))),
    "substr": (2, 3, "s", _substr),
    "substring": (2, 3, "s", _substring),
    "substring-before": (2, 2, "s", _before),
    "substring-after": (2, 2, "s", _after),
    "translate": (3, 3, "s", _translate),
    "string-length": (1, 1, "n", lambda value: float(len(string(value)))),
    "normalize-space": (1, 1, "s", lambda value: " ".join(tokens(value))),
    "contains": (2, 2, "b", lambda text, part: string(part) in string(text)),
    "starts-with": (2, 2, "b", lambda text, part: string(text).startswith(string(part))),
    "ends-with": (2, 2, "b", lambda text, part: string(text).endswith(string(part))),
    "coalesce": (2, 99, "s", _coalesce),
    "true": (0, 0, "b", lambda: True),
    "false": (0, 0, "b", lambda: False),
    "boolean": (1, 1, "b", boolean),
    "boolean-from-string": (1, 1, "b", lambda value: string(value) in ("true", "1")),
    "not": (1, 1, "b", lambda value: not boolean(value)),
    "checklist": (3, 99, "b", _checklist),
    "weighted-checklist": (4, 99, "b", _weighted),
    "number": (1, 1, "n", number),
    "int": (1, 1, "n", _one(_whole)),
    "floor": (1, 1, "n", _one(_floor)),
    "ceiling": (1, 1, "n", _one(_ceiling)),
    "round": (1, 2, "n", lambda value, places=0.0: half_up(number(value), number(places))),
    "abs": (1, 1, "n", _one(abs)),
    "sum": (1, 99, "n", _sum),
    "max": (1, 99, "n", _extreme(max)),
    "min": (1, 99, "n", _extreme(min)),
    "pow": (2, 2, "n", lambda base, exponent: power(number(base), number(exponent))),
    "exp10": (1, 1, "n", lambda value: power(10.0, number(value))),
    "sqrt": (1, 1, "n", _one(_root)),
    "pi": (0, 0, "n", lambda: math.pi),
    "log": (1, 1, "n", _one(_safely(math.log))),
    "log10": (1, 1, "n", _one(_safely(math.log10))),
    "exp": (1, 1, "n", _one(_safely(math.exp))),
    "sin": (1, 1, "n", _one(_safely(math.sin))),
    "cos": (1, 1, "n", _one(_safely(math.cos))),
    "tan": (1, 1, "n", _one(_safely(math.tan))),
    "asin": (1, 1, "n", _one(_safely(math.asin))),
    "acos": (1, 1, "n", _one(_safely(math.acos))),
    "atan": (1, 1, "n", _one(_safely(math.atan))),
    "atan2": (2, 2, "n", lambda y, x: _safely(math.atan2)(number(y), number(x))),
    "count": (1, 1, "n", lambda value: float(len(nodes(value)))),
    "count-non-empty": (1, 1, "n", lambda value: float(sum(1 for each in nodes(value) if each))),
    "selected": (2, 2, "b", lambda text, code: string(code) in tokens(text)),
    "selected-at": (2, 2, "s", _selected_at),
    "count-selected": (1, 1, "n", lambda text: float(len(tokens(text)))),
    "date": (1, 1, "s", day_of),
    "date-time": (1, 1, "s", moment_of),
    "decimal-date-time": (1, 1, "n", lambda value: days(string(value))),
    "decimal-time": (1, 1, "n", _time_share),
    "format-date": (2, 2, "s", _formatted),
    "format-date-time": (2, 2, "s", _formatted),
}
"""By name: the fewest and the most arguments, the result (``s`` string, ``n`` number, ``b`` boolean), the function."""

REFUSED = {
    "random": "chance", "uuid": "chance", "randomize": "chance", "pulldata": "outside", "instance": "outside",
    "digest": "outside", "area": "outside", "distance": "outside", "jr:itext": "outside",
}  # fmt: skip
"""Functions ODK XForms knows and we refuse, with the code of the reason: chance (page and server would differ), outside."""
