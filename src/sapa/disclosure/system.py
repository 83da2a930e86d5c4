"""What a reader of published tables can know: visible and hidden figures, and those that must not be told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from sapa.disclosure.figures import Figures
from sapa.disclosure.programme import INFINITE, Between, Bounds
from sapa.disclosure.relations import Relations, relations_of
from sapa.packs.loader import Pack


@dataclass(frozen=True)
class Target:
    """A figure that must be able to lie ``move`` above (or, negative, below) its true value, for all a reader can tell."""

    figure: int
    move: float

    @property
    def key(self) -> tuple[int, bool]:
        return self.figure, self.move > 0


@dataclass
class System:
    """The figures of a facts table, their sums, and what earlier releases have told."""

    figures: Figures
    relations: Relations
    known: set[int] = field(default_factory=set)
    """Figures that an earlier release told: they can't be hidden any more."""
    kept: set[int] = field(default_factory=set)
    """Rows that an earlier release hid: they stay hidden."""

    @classmethod
    def of(cls, facts: pa.Table, pack: Pack, released: Sequence[pa.Table] = ()) -> System:
        """The system of facts beside earlier releases, each a facts table as it was published."""
        figures = Figures(facts, pack, released)
        kept = {figures.at[key] for key in figures.hidden_rows & figures.at.keys()}
        out = cls(figures, relations_of(figures), set(), kept)
        return replace(out, known=out._follows(figures.told)) if released else out

    def _follows(self, told: Iterable[int]) -> set[int]:
        """What is told, and what follows from it sum by sum; what is zero is known anyway."""
        known, touching = set(told), self.relations.touching()
        waiting = list(known)
        while waiting:
            for number in touching.get(waiting.pop(), ()):
                relation = self.relations.sums[number]
                unknown = [one for one in (relation.whole, *relation.parts) if one not in known and self.bounds(one).up > 0]
                if len(unknown) == 1:
                    known.add(unknown[0])
                    waiting.append(unknown[0])
        return known

    def alone(self) -> System:
        """The same for a reader who has this version only.

        The strong reader of the whole system knows what every correction changed, so that a figure told once is known for good.
        A figure that was told, and is small only now, needs protection from everybody else.
        """
        return replace(self, known=set())

    @property
    def told_small(self) -> set[int]:
        """Figures that earlier versions told or that follow from what they told, except those that stand there as they are now:
        of these there is nothing left to protect.
        """
        return self.known - (self.figures.told - self.figures.revised)

    def small(self, figure: int) -> bool:
        """Whether a figure is a count of persons that must not be told."""
        item = self.figures.figures[figure]
        key = item.key
        if key.core[0] == "sum" or not self._people(figure):
            return False
        if item.latent and item.truth <= 0:
            return False
        if item.missing:
            return False
        return self.figures.policy.small(key.dataset, key.period, item.truth)

    def _persons(self, figure: int) -> bool:
        """Whether a number of different values is a number of persons: of values of a field that is part of the rows' key."""
        key = self.figures.figures[figure].key
        dataset = self.figures.pack.dataset(key.dataset, key.period)
        of = key.core[1]
        return of.op == "column" and any(item.id == of.value and item.role == "key" for item in dataset.layout(key.period))

    def targets(self, primary: set[int]) -> list[Target]:
        """What each small figure, and each sum in a hidden row, must be able to be for all a reader can tell."""
        out = []
        for number, item in enumerate(self.figures.figures):
            if number in self.known or self.rounds(number):
                continue
            rule = self.figures.policy.of(item.key.dataset, item.key.period)
            if self.small(number):
                up = rule.threshold - item.truth
                out.append(Target(number, up))
                if up < rule.width:
                    out.append(Target(number, -min(rule.width - up, item.truth)))
            elif item.key.core[0] == "sum" and any(row in primary and self._rests_on_few(row) for row in item.rows):
                reach = abs(item.truth) * rule.precision / 100
                out += [Target(number, reach), Target(number, -reach)] if reach else []
        return out

    def veils(self) -> list[Target]:
        """What earlier releases hid and is small no longer: told now, it would tell what was hidden, to one who knows the change.

        Nobody can say here how small it was, so each must be able to lie as far above as the smallest would have to.
        """
        out = []
        for number in sorted(self.figures.veiled - self.known):
            item = self.figures.figures[number]
            if item.key.core[0] != "sum" and not self.small(number) and not self.rounds(number) and self._people(number):
                rule = self.figures.policy.of(item.key.dataset, item.key.period)
                out.append(Target(number, max(rule.threshold - 1, rule.width)))
        return out

    def rounds(self, figure: int) -> bool:
        """Whether the figure is protected by rounding, not by being left out."""
        key = self.figures.figures[figure].key
        return self.figures.policy.of(key.dataset, key.period).method == "round"

    def hides(self, figure: int) -> bool:
        """Whether the figure is small and must be left out."""
        return self.small(figure) and not self.rounds(figure)

    def worth(self, core: tuple[object, ...]) -> float:
        """What one person adds to a sum, on the average: the largest sum over the largest count of its data set."""
        mine = [item for item in self.figures.figures if item.key.core == core]
        largest = max(mine, key=lambda item: abs(item.truth))
        place = (largest.key.dataset, largest.key.period)
        counts = [item for item in self.figures.figures if item.key.core == ("count",)]
        count = max((item.truth for item in counts if place == (item.key.dataset, item.key.period)), default=1.0)
        return float(max(1, math.ceil(abs(largest.truth) / max(count, 1.0))))

    def _people(self, figure: int) -> bool:
        return self.figures.figures[figure].key.core[0] != "distinct" or self._persons(figure)

    def _rests_on_few(self, row: int) -> bool:
        return any(self.hides(figure) for figure in self.figures.rows[row].reveals)

    def bounds(self, figure: int) -> Bounds:
        """How far a figure may lie from its true value for all a reader knows before seeing any table.

        Counts are not negative. What is zero is taken as known to be zero (no grade 1 in a nursery); where zeros are shown, the
        count behind a hidden fact is known not to be zero.
        """
        item = self.figures.figures[figure]
        if item.key.core[0] == "sum":
            return Bounds(item.truth if self._positive(item.key.core) else INFINITE, INFINITE)
        rule = self.figures.policy.of(item.key.dataset, item.key.period)
        shown = rule.zeros == "shown"
        if item.truth == 0 and shown:
            return Bounds(0.0, 0.0)
        least = 1.0 if item.counted and item.truth >= 1 and shown else 0.0
        return Bounds(max(item.truth - least, 0.0), INFINITE)

    def _positive(self, core: tuple[object, ...]) -> bool:
        if not hasattr(self, "_signs"):
            self._signs: dict[tuple[object, ...], float] = {}
            for item in self.figures.figures:
                if item.key.core[0] == "sum":
                    self._signs[item.key.core] = min(self._signs.get(item.key.core, 0.0), item.truth)
        return self._signs.get(core, 0.0) >= 0

    def between(self) -> list[Between]:
        """A number of different persons is not above the number of rows behind it."""
        if not hasattr(self, "_between"):
            self._between = list(self._persons_and_rows())
        return self._between

    def _persons_and_rows(self) -> Iterator[Between]:
        for row in self.figures.rows:
            distinct = [one for one in row.reveals if self.figures.figures[one].key.core[0] == "distinct"]
            for one in distinct:
                for other in row.reveals:
                    if self.figures.figures[other].counted and other != one:
                        room = self.figures.figures[other].truth - self.figures.figures[one].truth
                        yield Between({one: 1.0, other: -1.0}, -math.inf, room)

    def component(self, start: Iterable[int], free: set[int]) -> set[int]:
        """Free figures connected with those of ``start``, directly or through other free ones: by sums, or because the one is
        never above the other. A figure left out would be taken as known."""
        ties = self._ties()
        found: set[int] = set()
        waiting = [figure for figure in start if figure in free]
        while waiting:
            figure = waiting.pop()
            if figure not in found:
                found.add(figure)
                waiting += [one for tie in ties.get(figure, ()) for one in tie if one in free and one not in found]
        return found

    def _ties(self) -> dict[int, list[tuple[int, ...]]]:
        """What each figure is connected with."""
        if not hasattr(self, "_connected"):
            self._connected: dict[int, list[tuple[int, ...]]] = {}
            sums = ((relation.whole, *relation.parts) for relation in self.relations.sums)
            for tie in (*sums, *(tuple(item.factors) for item in self.between())):
                for figure in tie:
                    self._connected.setdefault(figure, []).append(tie)
        return self._connected
