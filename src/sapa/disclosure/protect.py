"""Suppression: hide what is small, then as little as possible of what would give it back."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from sapa.disclosure.programme import SEED, Programme
from sapa.disclosure.rounding import emptied, left_out, not_listed, rounded, with_rounded
from sapa.disclosure.system import System, Target
from sapa.packs.loader import Pack

REWEIGHTED = 3
"""How often the cheapest set of further cells is sought anew with costs that favour few cells over small moves."""
FEW = 100
"""So many targets that seem stuck are looked at one by one."""
IDLE = 4
"""Pushes in a row that show no further target moving, after which those left seem stuck."""
REWARD = 1e4
"""What one unit of a move that must be possible is worth beside the cost of hiding a row."""


@dataclass(frozen=True)
class Protection:
    """Facts as they may be published, and what was done to them."""

    facts: pa.Table
    report: dict[str, Any]


@dataclass
class _Hiding:
    """Which rows are hidden and why; which figures no visible row tells any more."""

    system: System
    why: dict[int, str] = field(default_factory=dict)
    showing: list[int] = field(default_factory=list)
    dependants: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        figures = self.system.figures
        self.showing = [len(item.rows) for item in figures.figures]
        for number, row in enumerate(figures.rows):
            for key in row.inputs:
                if key in figures.at:
                    self.dependants.setdefault(figures.at[key], []).append(number)

    def hide(self, rows: Iterable[int], why: str) -> None:
        """Hide rows, and those made from them."""
        waiting = [(row, why) for row in rows]
        while waiting:
            row, reason = waiting.pop()
            if row in self.why:
                continue
            self.why[row] = reason
            for figure in self.system.figures.rows[row].reveals:
                self.showing[figure] -= 1
            waiting += [(other, "made-from-hidden") for other in self.dependants.get(row, ())]

    def hide_figure(self, figure: int, why: str) -> None:
        """Hide every row that tells a figure."""
        self.hide(self.system.figures.figures[figure].rows, why)

    def visible(self, figure: int) -> bool:
        """Whether a reader is told the figure: by a row, or by an earlier release."""
        return self.showing[figure] > 0 or figure in self.system.known

    def cost(self, figure: int) -> float:
        """What hiding a figure loses: each visible row that tells it, a large group more than a small one."""
        item = self.system.figures.figures[figure]
        rows = sum(1 + len(self.dependants.get(row, ())) for row in item.rows if row not in self.why)
        return rows * (1 + math.log2(1 + abs(item.truth)))


def protect(facts: pa.Table, pack: Pack, *, released: Sequence[pa.Table] = ()) -> Protection:
    """The facts as they may be published under the pack's rules of disclosure control.

    ``facts`` holds all indicators and cuts, of one or several periods, before protection; ``released`` are facts tables as
    earlier versions published them. What is hidden has the flag "C" and no figures. Raises ``UserError`` where the pack says
    of a data set neither that it describes persons nor that it does not.
    """
    system = System.of(facts, pack, released)
    hiding = _Hiding(system)
    primary = _primary(system, hiding)
    failed = _complementary(system, hiding, system.targets(primary))
    before: list[int] = []
    if released:
        _complementary(system, hiding, system.veils())
        before, failed = _against_others(system, hiding, failed)
    report = _report(system, hiding, failed, before)
    if not any(rule.method == "round" for rule in system.figures.policy.rules):
        return Protection(emptied(facts, hiding.why), report)
    found = rounded(system)
    hiding.hide(left_out(system, found), "rests-on-few")
    out, lost, changed = with_rounded(facts, system, found, hiding.why)
    hiding.hide(lost, "made-from-unpublished")
    gone = not_listed(system, found)
    report = _report(system, hiding, failed, before)
    report |= {"rounded": changed, "rounded_further": len(found.further), "not_listed": len(gone)}
    keep = np.ones(out.num_rows, dtype=bool)
    keep[gone] = False
    return Protection(emptied(out, hiding.why).filter(pa.array(keep)), report)


def _against_others(system: System, hiding: _Hiding, failed: Sequence[Target]) -> tuple[list[int], list[Target]]:
    """What earlier releases told a strong reader, protected from all others: (those figures, what can't be protected).

    Everything that is not told before was free to be hidden, so a target fails in the whole system only by what was told before.
    """
    alone = system.alone()
    told = {target.figure for target in failed} | system.told_small
    before = sorted(number for number in told if alone.small(number))
    hiding.system = alone
    chosen = [target for target in alone.targets(set()) if target.figure in told]
    return before, _complementary(alone, hiding, chosen)


def _primary(system: System, hiding: _Hiding) -> set[int]:
    """Hide what is itself small: a figure, what a share leaves over, what a quantile rests on; and what was hidden before."""
    figures = system.figures
    hiding.hide(sorted(system.kept), "hidden-before")
    for number, row in enumerate(figures.rows):
        if row.lost:
            hiding.hide([number], "made-from-unpublished")
        if any(system.hides(figure) for figure in row.rests):
            hiding.hide([number], "small")
    for number in range(len(figures.figures)):
        if system.hides(number) and figures.figures[number].rows:
            hiding.hide_figure(number, "small")
    for number, row in enumerate(figures.rows):
        if row.pair is not None and _leaves_few(system, row.pair):
            hiding.hide([number], "small-rest")
    return {row for row, why in hiding.why.items() if why.startswith("small")}


def _leaves_few(system: System, pair: tuple[int, int]) -> bool:
    top, under = (system.figures.figures[figure] for figure in pair)
    if under.truth == 0 or system.rounds(pair[1]):
        return False
    return system.figures.policy.small(under.key.dataset, under.key.period, under.truth - top.truth)


def _complementary(system: System, hiding: _Hiding, targets: Sequence[Target]) -> list[Target]:
    """Hide further cells until every target can move; returns those that can't, because an earlier release told too much."""
    touching = system.relations.touching()
    groups = _groups(system, targets)
    failed: list[Target] = []
    for group in groups:
        failed += _Search(system, hiding, touching, group).run()
    return failed


def _groups(system: System, targets: Sequence[Target]) -> list[list[Target]]:
    """Targets whose figures no sum can connect, apart: data sets, periods, what is summed."""
    out: dict[Any, list[Target]] = {}
    for target in targets:
        key = system.figures.figures[target.figure].key
        kind = key.core if key.core[0] == "sum" else ("count",)
        out.setdefault((key.dataset, key.period, kind), []).append(target)
    return list(out.values())


class _Search:
    """The search for cells to hide in one group of connected figures."""

    def __init__(self, system: System, hiding: _Hiding, touching: dict[int, list[int]], targets: Sequence[Target]) -> None:
        self.system, self.hiding, self.touching, self.targets = system, hiding, touching, list(targets)
        reach = self._around(targets, {figure for figure in range(len(system.figures.figures)) if figure not in system.known})
        self.reach = sorted(reach)
        self.programme = self._programme(reach)
        self.neighbours = {
            figure: {one for number in touching.get(figure, ()) for one in _members(system, number)} for figure in self.reach
        }

    def _around(self, targets: Sequence[Target], free: set[int]) -> set[int]:
        return self.system.component([target.figure for target in targets], free)

    def _programme(self, reach: set[int]) -> Programme:
        system = self.system
        numbers = sorted({number for figure in reach for number in self.touching.get(figure, ())})
        moves = {figure: system.bounds(figure) for figure in sorted(reach)}
        between = [item for item in system.between() if any(figure in reach for figure in item.factors)]
        return Programme(moves, [system.relations.sums[number] for number in numbers], between)

    def run(self) -> list[Target]:
        """Targets that can't be reached whatever is hidden."""
        waiting, failed = self.targets, []
        while waiting := self._stuck(waiting):
            batch = self._apart(waiting)
            moved = self._cheapest(batch)
            for figure in moved:
                if self.hiding.showing[figure] > 0:
                    self.hiding.hide_figure(figure, "gives-back")
            done = {target.key for target in batch if _enough(moved, target)}
            if not done and len(batch) == 1:
                failed += batch
            elif not done:
                for target in batch:
                    failed += self._alone(target)
            tried = {target.key for target in batch}
            waiting = [target for target in waiting if target.key not in (done or tried)]
        return failed

    def _alone(self, target: Target) -> list[Target]:
        moved = self._cheapest([target])
        for figure in moved:
            if self.hiding.showing[figure] > 0:
                self.hiding.hide_figure(figure, "gives-back")
        return [] if _enough(moved, target) else [target]

    def _stuck(self, targets: Sequence[Target]) -> list[Target]:
        """Targets that can't yet move by what is hidden now.

        All are pushed about together, each time otherwise, as long as that shows some of them moving. Those that are left are
        looked at one by one where they are few; many are taken as stuck, as nearly all of them are, without so many programmes.
        """
        hidden = self._around(targets, {one for one in self.reach if not self.hiding.visible(one)})
        programme = self._programme(hidden)
        figures = sorted({target.figure for target in targets} & hidden)
        programme.narrow(figures, 2 * max((abs(target.move) for target in targets), default=0.0))
        chance = np.random.default_rng(SEED)
        waiting, idle = [target for target in targets if target.figure in hidden], 0
        while waiting and idle < IDLE:
            moved = programme.push(figures, chance)
            left = [target for target in waiting if not _enough(moved, target)]
            idle = 0 if len(left) < len(waiting) else idle + 1
            waiting = left
        programme.widen(figures)
        if len(waiting) <= FEW:
            waiting = [target for target in waiting if not _enough(_move(programme, [target]), target)]
        return [target for target in targets if target.figure not in hidden] + waiting

    def _apart(self, targets: Sequence[Target]) -> list[Target]:
        """Some of the targets, no two of them in one sum: those would stand in each other's way."""
        chosen: list[Target] = []
        taken: set[int] = set()
        for target in targets:
            if target.figure not in taken:
                chosen.append(target)
                taken |= self.neighbours[target.figure] | {target.figure}
        return chosen

    def _cheapest(self, batch: Sequence[Target]) -> dict[int, float]:
        """Moves of the batch through as few visible figures as the search finds."""
        costs = {figure: self.hiding.cost(figure) for figure in self.reach if self.hiding.showing[figure] > 0}
        best: dict[int, float] = {}
        lowest = math.inf
        weights = dict(costs)
        for _ in range(REWEIGHTED):
            moved = _move(self.programme, batch, weights)
            lost = sum(costs.get(figure, 0.0) for figure in moved)
            short = sum(not _enough(moved, target) for target in batch)
            if (score := short * 1e9 + lost) < lowest:
                best, lowest = moved, score
            weights = {figure: cost / (abs(moved.get(figure, 0.0)) + 0.5) for figure, cost in costs.items()}
        return best


def _move(programme: Programme, targets: Sequence[Target], costs: Mapping[int, float] | None = None) -> dict[int, float]:
    """The moves that bring the targets as far as they must go, at least cost."""
    ups, downs = dict(costs or {}), dict(costs or {})
    for target in targets:
        far, now = abs(target.move), programme.moves[target.figure]
        if target.move > 0:
            ups[target.figure] = -REWARD
            programme.limit(target.figure, min(now.up, far), 0.0)
        else:
            downs[target.figure] = -REWARD
            programme.limit(target.figure, 0.0, min(now.down, far))
    moved = programme.solve(ups, downs, base=1e-4)
    programme.widen(target.figure for target in targets)
    return moved


def _members(system: System, number: int) -> tuple[int, ...]:
    relation = system.relations.sums[number]
    return (relation.whole, *relation.parts)


def _enough(moved: dict[int, float], target: Target) -> bool:
    reached = moved.get(target.figure, 0.0)
    return reached >= target.move - 1e-6 if target.move > 0 else reached <= target.move + 1e-6


def _report(system: System, hiding: _Hiding, failed: Sequence[Target], before: Sequence[int]) -> dict[str, Any]:
    figures = system.figures
    about = [row for row in figures.rows if figures.describes_persons(row.key[0], row.key[1])]
    rules = {rule.dataset: rule for rule in figures.policy.rules}
    return {
        "method": "+".join(sorted({rule.method for rule in rules.values() if rule.counts == "persons"})),
        "rows": len(figures.rows),
        "about_persons": len(about),
        "hidden": len(hiding.why),
        "because": dict(sorted(Counter(hiding.why.values()).items())),
        "by_indicator": dict(sorted(Counter(figures.rows[row].key[0] for row in hiding.why).items())),
        "small_figures": sum(system.small(number) for number in range(len(figures.figures))),
        "told_before": len(system.known),
        "exposed_before": [described(system, figure) for figure in before],
        "not_protectable": [described(system, figure) for figure in dict.fromkeys(target.figure for target in failed)],
        "told_otherwise": figures.conflicts,
        "sums": len(system.relations.sums),
        "sums_that_fail": system.relations.dropped,
        "rules": {
            name: {
                "counts": rule.counts,
                "threshold": rule.threshold,
                "width": rule.width,
                "zeros": rule.zeros,
                "method": rule.method,
                "base": rule.base,
            }
            for name, rule in sorted(rules.items())
        },
    }


def described(system: System, figure: int) -> str:
    """The rows a figure stands in, for a report: the first of them, or the data set of one that no row tells."""
    item = system.figures.figures[figure]
    if not item.rows:
        return f"a difference of figures of {item.key.dataset} in {item.key.period}"
    indicator, period, cell = system.figures.rows[item.rows[0]].key
    inside = ",".join(f"{name}={code}" for name, code in cell)
    return f"{indicator}@{period}[{inside}]" if inside else f"{indicator}@{period}"
