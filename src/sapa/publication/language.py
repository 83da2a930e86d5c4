"""The words and habits of a language: fixed texts, numbers, dates, names of periods, units of measure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from sapa.errors import UserError
from sapa.publication.numbers import rounded, written

LANGUAGES = ("en", "ru", "kk", "uk", "be")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, in C where the library has it: ten times as fast."""
_FORM = {"name": 0, "in": 1, "with": 2}


@dataclass(frozen=True)
class Language:
    """One language's locale file, ready to be asked."""

    code: str
    data: dict[str, Any]

    def text(self, key: str, **values: object) -> str:
        """The fixed text, its placeholders filled; values are inserted as they are and never read as a template."""
        template: str = self.data["strings"][key]
        return template.format(**values) if values else template

    def number(self, value: float | Decimal, decimals: int) -> str:
        """The number rounded half up to ``decimals`` and written as the language writes it."""
        return self.exact(rounded(value, decimals))

    def exact(self, value: Decimal | int) -> str:
        """The number as it is, without rounding."""
        habits = self.data["number"]
        return written(Decimal(value), group=habits["group"], point=habits["point"])

    def percent(self, value: float | Decimal, decimals: int = 1) -> str:
        template: str = self.data["number"]["percent"]
        return template.format(n=self.number(value, decimals))

    def date(self, day: date) -> str:
        template: str = self.data["date"]
        return template.format(day=day.day, month=self.data["months"][day.month - 1], year=day.year).replace(" ", "\u00a0")

    def period(self, period: str, form: Literal["name", "in", "with"] = "name") -> str:
        """A reference period in words: its name, "in …" or "compared with …"."""
        year, _, part = period.partition("-")
        template: str = self.data["periods"][part or "year"][_FORM[form]]
        return template.format(y=year)

    def unit(self, unit: str) -> str:
        """A unit of measure as a heading; one the locale does not know stays as the pack writes it."""
        return self._unit(unit, 0)

    def counted(self, text: str, unit: str) -> str:
        """A written number with its unit after it, where one is usual."""
        if unit == "percent":
            template: str = self.data["number"]["percent"]
            return template.format(n=text)
        short = self._unit(unit, 1)
        return f"{text}\u00a0{short}" if short else text

    def _unit(self, unit: str, form: int) -> str:
        units: dict[str, list[str]] = self.data["units"]
        if unit in units:
            return units[unit][form]
        first, _, rest = unit.partition(" ")
        if first in ("thousand", "million") and rest:
            return units[first][form].format(rest=self._unit(rest, form) or rest)
        return unit

    def vega(self) -> dict[str, Any]:
        """The number habits as Vega's locale."""
        habits = self.data["number"]
        return {"decimal": habits["point"], "thousands": habits["group"], "grouping": [3], "currency": ["", ""]}


@cache
def language(code: str) -> Language:
    """The language of that code; raises ``UserError`` where documents do not speak it."""
    if code not in LANGUAGES:
        raise UserError(f"documents are not available in '{code}'", todo=f"use one of: {', '.join(LANGUAGES)}")
    file = resources.files("sapa.publication") / "locale" / f"{code}.yaml"
    return Language(code, yaml.load(file.read_text("utf-8"), Loader=_LOADER))  # noqa: S506 (both loaders are safe ones)
