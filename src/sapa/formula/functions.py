"""The closed list of functions. What is not here is refused; documentation is generated from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Function:
    """A function of the language: its name, how it is called, what it means."""

    name: str
    signature: str
    meaning: str
    mode: Literal["scalar", "aggregate"] = "scalar"


_ALL = (
    Function("coalesce", "coalesce(x, y, …) → type of x", "the first argument that is not null"),
    Function("nullif", "nullif(x, y) → type of x", "null where x = y, else x"),
    Function("abs", "abs(numeric) → same type", "absolute value"),
    Function("round", "round(numeric[, digits 0–12]) → same kind", "rounded, halves away from zero"),
    Function("floor", "floor(numeric) → integer", "the greatest integer not above x"),
    Function("ceil", "ceil(numeric) → integer", "the least integer not below x"),
    Function("least", "least(x, y, …) → type of x", "the least of the arguments that are not null"),
    Function("greatest", "greatest(x, y, …) → type of x", "the greatest of the arguments that are not null"),
    Function("length", "length(string) → integer", "number of characters (Unicode code points)"),
    Function("lower", "lower(string) → string", "in lower case"),
    Function("upper", "upper(string) → string", "in upper case"),
    Function("trim", "trim(string) → string", "without spaces (U+0020) at both ends"),
    Function("substr", "substr(string, start ≥ 1[, length ≥ 0]) → string", "part of a text; the first character is 1"),
    Function("matches", "matches(string, 'pattern') → boolean", "the whole text matches the regular expression (RE2 syntax)"),
    Function("year", "year(date) → integer", "the year"),
    Function("month", "month(date) → integer", "the month, 1–12"),
    Function("day", "day(date) → integer", "the day of the month, 1–31"),
    Function("days_between", "days_between(a date, b date) → integer", "days from a to b; negative where b is earlier"),
    Function(
        "age_on",
        "age_on(birth date, on date) → integer",
        "completed years; born on 29 February, a year is completed on 1 March of a common year",
    ),
    Function("sum", "sum(numeric) → same kind", "sum of what is not null; null where nothing is", "aggregate"),
    Function("count", "count(*) or count(x) → integer", "number of rows, or of rows where x is not null", "aggregate"),
    Function("count_if", "count_if(condition) → integer", "number of rows where the condition is true", "aggregate"),
    Function("count_distinct", "count_distinct(x) → integer", "number of different values that are not null", "aggregate"),
    Function("avg", "avg(numeric) → number", "arithmetic mean of what is not null", "aggregate"),
    Function("min", "min(x) → type of x", "the least value that is not null", "aggregate"),
    Function("max", "max(x) → type of x", "the greatest value that is not null", "aggregate"),
)

FUNCTIONS: dict[str, Function] = {function.name: function for function in _ALL}


def names(mode: str) -> str:
    """Names of the functions allowed in a mode, for messages. In an aggregate, scalar functions may stand too."""
    return ", ".join(sorted(item.name for item in _ALL if mode == "aggregate" or item.mode == "scalar"))
