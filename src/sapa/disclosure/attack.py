"""Differencing attacks: thousands of random questions to the table builder, each answer set against the others.

A question picks a number that is not shown (or any number, where all are shown) and works it out from others: a total less its
other parts, a place from the places inside it, what a share leaves over, a growth or a parity taken back to what it is made from,
a percentage times its denominator, one version of the tables from another. What is learnt is kept, as a patient reader would.
The attacker has the pack and the tables, and none of the protection's boxes, sums or programmes: it is a second computation.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from sapa.disclosure.knowledge import Equality, Knowledge
from sapa.disclosure.reading import Cell, Group, Reading, Told
from sapa.packs.loader import Pack

QUERIES = 10_000
SEED = 1
DEPTH = 3
"""How many steps a question goes back to find what stands in its way."""
HIDDEN_FIRST = 0.8
"""Part of the questions about single numbers that aim at hidden ones."""
SHOWN_DECIMALS = 1
"""Digits after the point of a percentage as pages show it."""


@dataclass(frozen=True)
class Inference:
    """A small figure that somebody could find out, how, and between which numbers."""

    name: str
    how: str
    truth: float
    low: float
    high: float


@dataclass(frozen=True)
class Attack:
    """What so many random questions brought to light."""

    queries: int
    seed: int
    small_figures: int
    asked: dict[str, int]
    """Questions by kind."""
    found: tuple[Inference, ...]

    def as_json(self) -> dict[str, Any]:
        """The report; an interval without an end has ``None`` there."""
        found = [{**vars(item), "high": item.high if math.isfinite(item.high) else None} for item in self.found]
        return {
            "queries": self.queries,
            "seed": self.seed,
            "asked": self.asked,
            "small_figures": self.small_figures,
            "inferred": len(found),
            "found": found,
        }


def attack(
    published: pa.Table,
    pack: Pack,
    *,
    truth: pa.Table,
    released: Sequence[pa.Table] = (),
    queries: int = QUERIES,
    seed: int = SEED,
) -> Attack:
    """Ask ``queries`` random questions of what is published; the same seed asks the same.

    ``truth`` are the facts before protection, by which alone it is judged what was found out; ``released`` are other versions of
    the tables that the reader has. A small figure is found out where what is learnt of it ends below the threshold or is narrower
    than the pack's ``width``; one that follows from other
    versions alone is not counted.
    """
    reading = Reading(pack)
    knowledge = Knowledge(reading)
    for table in (published, *released):
        knowledge.add(list(reading.read(table)), older=table is not published)
    knowledge.close()
    judge = _Judge(reading, knowledge, list(reading.read(truth)))
    asking = _Asking(knowledge, judge, random.Random(seed))  # noqa: S311 - a sample that can be drawn again, no secret
    for _ in range(queries):
        asking.one()
    found = tuple(sorted(judge.found.values(), key=lambda item: item.name))
    return Attack(queries, seed, len(judge.small), dict(sorted(asking.asked.items())), found)


@dataclass
class _Judge:
    """Knows the truth, and says whether what was learnt is too much."""

    reading: Reading
    knowledge: Knowledge
    rows: list[Told]
    small: dict[Group, float] = field(default_factory=dict)
    found: dict[str, Inference] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.truth: dict[Group, float] = {}
        for row in self.rows:
            for group, number in row.groups():
                if number is not None:
                    self.truth[group] = number
                    self._note(group, number)
        for row in self.rows:
            for equality in self.knowledge.left_over(row):
                under, top = (self.truth.get(group) for group in (equality.whole, equality.parts[0]))
                if under is not None and top is not None and under - top > 0:
                    self._note(equality.parts[1], under - top)

    def _note(self, group: Group, number: float) -> None:
        if not self.counts_persons(group) or group in self.knowledge.told_before:
            return
        if self.reading.policy.small(group.dataset, group.period, number):
            self.small[group] = number

    def counts_persons(self, group: Group) -> bool:
        """Whether the number is one of persons: rows, or different values of a field of the rows' key."""
        if group.core[0] != "distinct":
            return bool(group.core[0] != "sum")
        dataset, of = self.reading.pack.dataset(group.dataset, group.period), group.core[1]
        return of.op == "column" and any(item.id == of.value and item.role == "key" for item in dataset.layout(group.period))

    def look(self, group: Group, how: str) -> None:
        """Note it where a small figure is found out."""
        truth = self.small.get(group)
        if truth is None or str(group) in self.found:
            return
        low, high = self.knowledge.bounds(group)
        rule = self.reading.policy.of(group.dataset, group.period)
        if low <= truth <= high and rule.exposes(low, high):
            self.found[str(group)] = Inference(str(group), how, truth, low, high)

    def difference(self, name: str, group: Group, number: float, truth: float | None, how: str) -> None:
        """Note a group that no table lists, known exactly as the difference of numbers that tables do list."""
        small = self.reading.policy.small(group.dataset, group.period, number)
        if small and truth is not None and abs(truth - number) < 1e-6 and name not in self.found:
            self.found[name] = Inference(name, how, number, number, number)


class _Asking:
    """The questions."""

    def __init__(self, knowledge: Knowledge, judge: _Judge, draw: random.Random) -> None:
        self.knowledge, self.judge, self.draw = knowledge, judge, draw
        self.asked: Counter[str] = Counter()
        self.hidden = sorted(knowledge.hidden, key=str)
        self.known = sorted((group for group in knowledge.known if group.core == ("count",)), key=str)
        self.numbers = sorted({group for item in knowledge.equalities for group in item.members}, key=str)
        self.lines = [item for item in knowledge.equalities if len(item.parts) > 2 and item.whole.core == ("count",)]
        self.made = [row for row in knowledge.rows if not row.hidden and row.count is None and row.top is None]
        self.shares = [
            row for row in knowledge.rows if row.top is not None and row.under is not None and row.figures[2] is not None
        ]
        self.kinds = [(self._cell, 6), (self._nested, 2), (self._some_parts, 1), (self._from_made, 1), (self._from_share, 1)]

    def one(self) -> None:
        """One random question."""
        ask = self.draw.choices([kind for kind, _ in self.kinds], [weight for _, weight in self.kinds])[0]
        ask()

    def _cell(self) -> None:
        """A number of the tables, hidden ones first."""
        some = self.hidden if self.hidden and self.draw.random() < HIDDEN_FIRST else self.numbers or self.known
        if not some:
            return
        group = self.draw.choice(some)
        how = self._learn(group, DEPTH)
        self.asked[how] += 1
        self.judge.look(group, how)

    def _learn(self, group: Group, depth: int) -> str:
        """Work a number out by one of the sums it stands in; what stands in the way first, by one of its own sums."""
        sums = self.knowledge.sums_of(group)
        if not sums:
            return "cell"
        chosen = self.draw.choice(sums)
        if depth > 1:
            for other in chosen.members:
                if other != group and self.knowledge.open(other):
                    self._learn(other, depth - 1)
        self.knowledge.apply(chosen, group)
        for other in chosen.members:
            self.judge.look(other, chosen.kind)
        return chosen.kind

    def _nested(self) -> None:
        """A group less a group inside it: what is left is a group that no table may list."""
        self.asked["group less group"] += 1
        if not self.known:
            return
        inner = self.draw.choice(self.known)
        parts: list[Any] = [*sorted(inner.cell), *sorted(inner.atoms, key=str)]
        if not parts:
            return
        dropped = self.draw.sample(parts, self.draw.randint(1, min(3, len(parts))))
        if all(not isinstance(part, tuple) and part.op == "is_null" for part in dropped):
            return  # rows that lack a value are no group of persons
        cell: Cell = inner.cell - {part for part in dropped if isinstance(part, tuple)}
        atoms = inner.atoms - {part for part in dropped if not isinstance(part, tuple)}
        outer = inner.at(cell, self.knowledge.reading.measure(inner.core, atoms))
        if outer in self.knowledge.known:
            number = self.knowledge.known[outer] - self.knowledge.known[inner]
            truth = self._true(outer, [inner])
            self.judge.difference(f"{outer} less {inner}", outer, number, truth, "group less group")

    def _some_parts(self) -> None:
        """A total less some of its parts: the others together."""
        self.asked["total less some parts"] += 1
        if not self.lines:
            return
        line = self.draw.choice(self.lines)
        known = [part for part in line.parts if part in self.knowledge.known]
        if line.whole not in self.knowledge.known or not known:
            return
        taken = known if self.draw.random() < 0.5 else self.draw.sample(known, self.draw.randint(1, len(known)))
        left = [part for part in line.parts if part not in taken]
        number = self.knowledge.known[line.whole] - sum(self.knowledge.known[part] for part in taken)
        name = f"{line.whole} in {len(left)} of its {len(line.parts)} parts ({', '.join(str(part) for part in left[:3])})"
        self.judge.difference(name, line.whole, number, self._true(line.whole, taken), "total less some parts")

    def _true(self, outer: Group, inner: Sequence[Group]) -> float | None:
        """The difference as it is; ``None`` where another version told all of it."""
        truth = self.judge.truth
        if self.knowledge.told_before.issuperset([outer, *inner]):
            return None
        if outer not in truth or any(part not in truth for part in inner):
            return None
        return truth[outer] - sum(truth[part] for part in inner)

    def _from_made(self) -> None:
        """A growth or a parity taken back to what it is made from."""
        self.asked["made from others"] += 1
        if self.made:
            for group in self.knowledge.from_made(self.draw.choice(self.made)):
                self.judge.look(group, "made from others")

    def _from_share(self) -> None:
        """A percentage, rounded as pages show it, times its denominator."""
        self.asked["percentage times denominator"] += 1
        if self.shares:
            row = self.draw.choice(self.shares)
            self.knowledge.from_share(row, SHOWN_DECIMALS)
            if row.top is not None:
                self.judge.look(row.top[0], "percentage times denominator")


__all__ = ["Attack", "Equality", "Inference", "attack"]
