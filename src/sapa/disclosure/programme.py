"""Linear programmes over figures: by how much hidden figures could differ from what they are, all sums kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from sapa.disclosure.relations import Relation
from sapa.errors import EngineError

INFINITE = float(highspy.kHighsInf)
SEED = 1
FAR = 1000.0


class _Silent(highspy.Highs):
    """The solver without its callbacks: arming them prints a banner on standard output, where commands print JSON."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


def silent() -> highspy.Highs:
    """A solver that prints nothing."""
    solver = _Silent()
    solver.setOptionValue("output_flag", False)
    return solver


@dataclass(frozen=True)
class Bounds:
    """How far a figure may move: down and up from its true value."""

    down: float
    up: float


class Programme:
    """Moves of some figures (all others stay), as columns *up* and *down*; every relation that touches them holds.

    The same programme answers many questions: only costs and bounds change, and the solver goes on from where it stood.
    """

    def __init__(self, moves: Mapping[int, Bounds], relations: Iterable[Relation], between: Sequence[Between] = ()) -> None:
        self.figures = list(moves)
        self.place = {figure: place for place, figure in enumerate(self.figures)}
        self.moves = dict(moves)
        size = len(self.figures)
        self.solver = silent()
        self.solver.setOptionValue("threads", 1)
        self.solver.setOptionValue("random_seed", SEED)
        ups = np.array([moves[figure].up for figure in self.figures])
        downs = np.array([moves[figure].down for figure in self.figures])
        rows = [*self._sums(relations), *self._between(between)]
        self._pass(size, ups, downs, rows)
        self.costs = np.zeros(2 * size)

    def _sums(self, relations: Iterable[Relation]) -> list[tuple[dict[int, float], float, float]]:
        rows = []
        for relation in relations:
            row: dict[int, float] = {}
            for figure, sign in ((relation.whole, 1.0), *((part, -1.0) for part in relation.parts)):
                if figure in self.place:
                    row[self.place[figure]] = row.get(self.place[figure], 0.0) + sign
            if row:
                rows.append((row, 0.0, 0.0))
        return rows

    def _between(self, between: Sequence[Between]) -> list[tuple[dict[int, float], float, float]]:
        rows = []
        for item in between:
            row = {self.place[figure]: factor for figure, factor in item.factors.items() if figure in self.place}
            if row:
                rows.append((row, item.low, item.high))
        return rows

    def _pass(self, size: int, ups: Any, downs: Any, rows: Sequence[tuple[dict[int, float], float, float]]) -> None:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = 2 * size, len(rows)
        lp.col_cost_ = np.zeros(2 * size)
        lp.col_lower_ = np.zeros(2 * size)
        lp.col_upper_ = np.concatenate([ups, downs])
        lp.row_lower_ = np.array([low for _, low, _ in rows])
        lp.row_upper_ = np.array([high for _, _, high in rows])
        starts, index, value = [0], [], []
        for row, _, _ in rows:
            for place, factor in row.items():
                index += [place, place + size]
                value += [factor, -factor]
            starts.append(len(index))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(index, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(value, dtype=float)
        self.solver.passModel(lp)

    def solve(self, ups: Mapping[int, float], downs: Mapping[int, float], base: float = 0.0) -> dict[int, float]:
        """Minimise the cost of moves (per unit, by figure; ``base`` for the others): the move of each figure that moves."""
        size = len(self.figures)
        costs = np.full(2 * size, base)
        for figure, cost in ups.items():
            costs[self.place[figure]] = cost
        for figure, cost in downs.items():
            costs[self.place[figure] + size] = cost
        self.solver.changeColsCost(2 * size, np.arange(2 * size, dtype=np.int32), costs)
        self.solver.run()
        status = self.solver.getModelStatus()
        if status == highspy.HighsModelStatus.kUnbounded:
            return dict.fromkeys(ups, INFINITE)
        if status != highspy.HighsModelStatus.kOptimal:
            raise EngineError(f"a linear programme of disclosure control ended as {status}", todo="report it with the facts")
        values = np.array(self.solver.getSolution().col_value)
        moved = values[:size] - values[size:]
        return {self.figures[place]: float(moved[place]) for place in np.flatnonzero(np.abs(moved) > 1e-7)}

    def limit(self, figure: int, up: float, down: float) -> None:
        """Narrow or widen how far a figure may move."""
        size = len(self.figures)
        self.solver.changeColBounds(self.place[figure], 0.0, up)
        self.solver.changeColBounds(self.place[figure] + size, 0.0, down)

    def narrow(self, figures: Iterable[int], far: float = FAR) -> None:
        """Let figures move no farther than ``FAR``, or ``far`` where that is more: pushed without an end, they give no point."""
        far = max(far, FAR)
        for one in figures:
            self.limit(one, min(self.moves[one].up, far), min(self.moves[one].down, far))

    def widen(self, figures: Iterable[int]) -> None:
        """Let figures move as far as they may again."""
        for one in figures:
            self.limit(one, self.moves[one].up, self.moves[one].down)

    def push(self, figures: Sequence[int], chance: np.random.Generator) -> dict[int, float]:
        """A point far from the true one: each of the figures, kept ``narrow``, is pushed up or down by chance."""
        pushes = {one: float(push) for one, push in zip(figures, chance.normal(size=len(figures)), strict=True)}
        moved = self.solve(pushes, {one: -push for one, push in pushes.items()}, base=1e-6)
        return moved if all(math.isfinite(move) for move in moved.values()) else {}


@dataclass(frozen=True)
class Between:
    """``low <= sum of factor x move <= high``: what is known of several figures beside sums."""

    factors: Mapping[int, float]
    low: float
    high: float
