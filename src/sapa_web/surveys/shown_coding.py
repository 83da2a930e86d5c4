"""A coding as its pages show it: the book in lines, the codes to choose from, the table of agreement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sapa.measurement import Interval
from sapa_web.surveys.domain.queries import coding as held_in
from sapa_web.surveys.domain.queries.coding import Counted
from sapa_web.surveys.models import Coding

TENTATIVE, SURE = 0.667, 0.8
"""Krippendorff (2004), Reliability in content analysis, Human Communication Research 30, 411-433: from 0.8 on data may be relied
upon, between the two only tentative conclusions are drawn, below none."""


@dataclass(frozen=True)
class BookLine:
    """A code of the book; ``heading``: it has others below it and is not given itself."""

    id: str
    name: str
    definition: str
    example: str
    below: bool
    heading: bool
    chosen: bool = False


@dataclass(frozen=True)
class AgreementLine:
    """How far two agree on one code."""

    name: str
    given: tuple[tuple[Any, int], ...]
    percent: float | None
    kappa: float | None
    alpha: float | None
    interval: Interval | None


def book_lines(coding: Coding, chosen: Iterable[str] = ()) -> list[BookLine]:
    """The book from its first line to its last."""
    heads, marked = {item["parent"] for item in coding.codes}, set(chosen)
    return [
        BookLine(
            item["id"], item["name"], item["definition"], item["example"], bool(item["parent"]), item["id"] in heads,
            item["id"] in marked,
        )
        for item in coding.codes
    ]  # fmt: skip


def choices(coding: Coding, chosen: Iterable[str]) -> list[tuple[BookLine | None, list[BookLine]]]:
    """What can be given: codes by themselves, then each heading with the codes below it, in the book's order."""
    out: list[tuple[BookLine | None, list[BookLine]]] = []
    for line in book_lines(coding, chosen):
        if line.heading:
            out.append((line, []))
        elif line.below:
            out[-1][1].append(line)
        else:
            if not out or out[-1][0] is not None:
                out.append((None, []))
            out[-1][1].append(line)
    return out


def headed(coding: Coding, found: Sequence[Counted]) -> list[tuple[BookLine, Counted]]:
    """Counts beside the lines of the book."""
    return list(zip(book_lines(coding), found, strict=True))


class Table:
    """The agreement of two coders, in the names of the book."""

    def __init__(self, coding: Coding) -> None:
        self.coding = coding
        self.coders = held_in.coders_of(coding)
        self.found = held_in.agreement_of(coding)
        self.names = {item["id"]: item["name"] for item in coding.codes}
        self._given: dict[str, dict[str, frozenset[str]]] = {}
        for item in held_in.assignments(coding):
            self._given.setdefault(item.unit, {})[item.coder] = item.codes

    def lines(self) -> list[AgreementLine]:
        """Code by code."""
        return [
            AgreementLine(
                self.names[item.code], tuple((coder, item.given.get(f"{coder.pk}", 0)) for coder in self.coders),
                item.percent, item.kappa, item.alpha, item.interval,
            )
            for item in self.found.codes
        ]  # fmt: skip

    def verdict(self) -> str:
        """What the coefficient of all codes means, in words; where its interval reaches into a lower class, that too."""
        alpha, at = self.found.alpha, self.found.interval
        if alpha is None:
            return _("It can’t be said: nothing varies, or nobody coded a second time.")
        least = next((limit for limit in (SURE, TENTATIVE) if alpha >= limit), None)
        words = {
            SURE: _("The codes can be relied upon."),
            TENTATIVE: _("The codes allow careful conclusions only."),
            None: _("Too little to rely on: make the definitions clearer and code again, or say so beside every figure."),
        }[least]
        unsure = least is not None and (at is None or at.low < least)
        return " ".join([words, _("So few texts leave it uncertain.")] if unsure else [words])

    def gave(self, number: int) -> list[tuple[Any, str]]:
        """Each coder with what was given."""
        of = self._given.get(f"{number}", {})
        return [(coder, self.say(of.get(f"{coder.pk}", frozenset()))) for coder in self.coders]

    def say(self, codes: Iterable[str]) -> str:
        """Codes by their names, in the book's order."""
        held = set(codes)
        return ", ".join(name for key, name in self.names.items() if key in held) or _("none fits")

    def disputes(self, units: Any) -> list[tuple[Any, list[tuple[Any, str]], str]]:
        """Texts with different codes: the text, what each gave, what was decided."""
        numbers = {int(number) for number in self.found.disputed}
        held = (
            units.filter(number__in=sorted(numbers)) if len(numbers) < 500 else [unit for unit in units if unit.number in numbers]
        )
        return [(unit, self.gave(unit.number), "" if unit.decided is None else self.say(unit.decided)) for unit in held]
