"""What a patient reader knows: numbers told, sums they stand in, and between which bounds the hidden ones lie."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sapa.disclosure.reading import Group, Reading, Told, inside
from sapa.indicators.periods import shift_period

Bounds = tuple[float, float]
SLACK = 1e-6


@dataclass(frozen=True)
class Equality:
    """``whole`` is the sum of ``parts``; ``kind`` says how anybody knows it."""

    whole: Group
    parts: tuple[Group, ...]
    kind: str

    @property
    def members(self) -> tuple[Group, ...]:
        return (self.whole, *self.parts)


@dataclass
class Knowledge:
    """Everything read so far, and what was made of it."""

    reading: Reading
    rows: list[Told] = field(default_factory=list)
    known: dict[Group, float] = field(default_factory=dict)
    """Numbers told exactly."""
    hidden: set[Group] = field(default_factory=set)
    """Numbers that the tables show to be left out, and what shares with them leave over."""
    told_before: set[Group] = field(default_factory=set)
    """Numbers that another version of the tables told, and what follows from those alone."""
    equalities: list[Equality] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._bounds: dict[Group, Bounds] = {}
        self._lines: dict[tuple[Group, str], dict[str, None]] = {}
        self._listed: set[Group] = set()
        self._pairs: dict[Equality, None] = {}
        self._of: dict[Group, list[Equality]] = {}

    def add(self, rows: Sequence[Told], *, older: bool) -> None:
        """Read a version of the tables; the newest is read first, an older one tells what that hides."""
        self.rows += rows
        for row in rows:
            for group, number in row.groups():
                self._listed.add(group)
                if row.hidden and not older:
                    self.hidden.add(group)
                if number is None:
                    continue
                self._tell(row, group, number, older=older)
            self._note_lines(row)
            self._pairs.update(dict.fromkeys(self.left_over(row)))

    def _tell(self, row: Told, group: Group, number: float, *, older: bool) -> None:
        if older:
            self.told_before.add(group)
        rule = self.reading.policy.of(group.dataset, group.period)
        if rule.method == "round":
            if group.core[0] == "sum":
                return  # rounded to what so many persons are worth, which the table does not say
            near = (rule.base or 1) - 1
            least = 1.0 if group.core == ("count",) and not group.atoms and group.cell == row.cell else 0.0
            self._narrow(group, max(number - near, least), number + near)
        elif group not in self.known:
            self.known[group] = number
            self._bounds[group] = (number, number)

    def _note_lines(self, row: Told) -> None:
        """A table lists every code that occurs: its cells and the cell without that code add up."""
        own = [(row.count, row.cell), (row.under, row.cell)]
        if row.top is not None and row.top[0].period == row.period:
            own.append((row.top, row.listed))
        for told, cell in own:
            if told is None or told[0].core[0] == "distinct":
                continue
            group = told[0]
            for pair in sorted(cell & group.cell):
                rest = group.at(group.cell - {pair})
                self._lines.setdefault((rest, pair[0]), {})[pair[1]] = None

    def left_over(self, row: Told) -> Iterator[Equality]:
        """What the numerator of a share leaves of its denominator."""
        if row.top is None or row.under is None:
            return
        top, under = row.top[0], row.under[0]
        if inside(top, under):
            rest = top.at(top.cell, self.reading.measure(("left of", under), top.atoms))
            yield Equality(under, (top, rest), "share and what it leaves over")

    def close(self) -> None:
        """All is read: gather the sums, and name what is hidden."""
        self.equalities = [*self._sums_of_lines(), *self._pairs]
        for equality in self.equalities:
            for group in dict.fromkeys(equality.members):
                self._of.setdefault(group, []).append(equality)
        self._follow()
        self.hidden = {group for group in self.hidden if group not in self.known}
        self.hidden |= {item.parts[1] for item in self._pairs if not self.hidden.isdisjoint(item.members)}
        for row in self.rows:
            if row.hidden and row.count is not None and row.count[0] not in self._bounds:
                group = row.count[0]
                shown = self.reading.policy.of(group.dataset, group.period).zeros == "shown"
                self._bounds[group] = (1.0 if shown and group.core == ("count",) else 0.0, math.inf)

    def _follow(self) -> None:
        waiting = list(self.told_before)
        while waiting:
            for equality in self.sums_of(waiting.pop()):
                unknown = [group for group in equality.members if group not in self.told_before]
                if len(unknown) == 1:
                    self.told_before.add(unknown[0])
                    waiting.append(unknown[0])

    def _sums_of_lines(self) -> Iterator[Equality]:
        nested = self.reading.parents
        for (rest, dimension), codes in self._lines.items():
            parts = {code: rest.at(rest.cell | {(dimension, code)}) for code in codes}
            yield Equality(rest, tuple(parts.values()), "total and its parts")
            for parent, above in nested.get((rest.dataset, rest.period), {}).get(dimension, {}).items():
                inside: dict[str, list[Group]] = {}
                for code, part in parts.items():
                    if code in above:
                        inside.setdefault(above[code], []).append(part)
                for code, members in inside.items():
                    whole = rest.at(rest.cell | {(parent, code)})
                    if whole in self._listed:
                        yield Equality(whole, tuple(members), "place and the places in it")

    # what is known of a number

    def bounds(self, group: Group) -> Bounds:
        """Between which numbers it lies, for all that was learnt."""
        return self._bounds.get(group, (-math.inf if group.core[0] == "sum" else 0.0, math.inf))

    def open(self, group: Group) -> bool:
        """Whether there is anything left to learn of it."""
        low, high = self.bounds(group)
        return high - low > SLACK

    def sums_of(self, group: Group) -> Sequence[Equality]:
        """The sums it stands in."""
        return self._of.get(group, ())

    def apply(self, equality: Equality, group: Group) -> None:
        """Narrow a number by a sum it stands in."""
        low, high = self._ends(part for part in equality.parts if part != group)
        if group == equality.whole:
            self._narrow(group, low, high)
        else:
            least, most = self.bounds(equality.whole)
            self._narrow(group, least - high, most - low)

    def _ends(self, groups: Iterable[Group]) -> Bounds:
        low = high = 0.0
        for group in groups:
            least, most = self.bounds(group)
            low, high = low + least, high + most
        return low, high

    def _narrow(self, group: Group, low: float, high: float) -> None:
        """Keep what is new; what contradicts (another version was corrected) is left aside."""
        if group.core[0] != "sum":
            low = math.ceil(low - SLACK) if math.isfinite(low) else low
            high = math.floor(high + SLACK) if math.isfinite(high) else high
        least, most = self.bounds(group)
        low, high = max(least, low), min(most, high)
        if low <= high + SLACK:
            self._bounds[group] = (low, max(low, high))

    # rows made from others, shares

    def from_made(self, row: Told) -> list[Group]:
        """What a growth or a parity that is shown tells of the figures behind it."""
        item = self.reading.items[row.indicator]
        n, d, value = row.figures
        if value is None or n is None or d is None or item.kind not in ("growth", "parity"):
            return []
        of = self.reading.items[item.of]
        rules = self.reading.policy.behind(self.reading.items, row.indicator, row.period)
        if not hasattr(of, "dataset") or not rules or any(rule.method == "round" for rule in rules):
            return []
        if item.kind == "growth":
            found = [(row.period, n + d), (shift_period(row.period, -item.lag), d)]
            return [group for when, number in found for group in self._exactly(of, when, row, number)]
        out = []
        for code, share in ((item.a, n), (item.b, d)):
            cell = row.cell | {(item.by, code)}
            told = self.reading.row_of(of, row.period, cell, True, (None, None, None, None))
            out += self._share(told, of, share, 1e-9 * abs(share))
        return out

    def _exactly(self, of: Any, period: str, row: Told, number: float) -> list[Group]:
        if of.kind not in ("count", "sum", "distinct"):
            return []
        told = self.reading.row_of(of, period, row.cell, True, (None, None, None, None))
        if told.top is None:
            return []
        self._narrow(told.top[0], number, number)
        return [told.top[0]]

    def from_share(self, row: Told, decimals: int) -> list[Group]:
        """What a percentage, rounded to so many digits, tells of its numerator."""
        value = row.figures[2]
        if value is None:
            return []
        return self._share(row, self.reading.items[row.indicator], value, 0.5 * 10**-decimals)

    def _share(self, row: Told, item: Any, value: float, doubt: float) -> list[Group]:
        if row.top is None or row.under is None or item.kind != "ratio":
            return []
        if self.reading.policy.of(item.dataset, row.period).method == "round":
            return []  # the percentage is that of the rounded figures
        least, most = self.bounds(row.under[0])
        if math.isfinite(most) and row.under[0].core[0] != "sum":
            low, high = ((value + sign * doubt) / item.scale for sign in (-1, 1))
            ends = [share * under for share in (low, high) for under in (least, most)]
            self._narrow(row.top[0], min(ends), max(ends))
        return [row.top[0]]
