"""Levels over years, and what follows for one year: strengths, difficulties, measures and whether they had their effect."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sapa.evaluation.levels import Levels

Direction = Literal["first", "up", "level", "down"]
Standing = Literal["strength", "difficulty", "neither"]
Effect = Literal["reached", "partly", "none", "worse"]


@dataclass(frozen=True)
class Course:
    """One requirement through the years: ``(period, level)``, the earliest first; ``moved``: steps since the time before."""

    steps: tuple[tuple[str, str], ...]
    moved: int

    @property
    def direction(self) -> Direction:
        """Where it has gone since the time before."""
        if len(self.steps) < 2:
            return "first"
        return "up" if self.moved > 0 else "down" if self.moved < 0 else "level"


def course(rated: Mapping[str, str], levels: Levels) -> Course | None:
    """The course of levels by period; a level that is none of today's scale is left out: it can't be compared."""
    steps = tuple((period, rated[period]) for period in sorted(rated) if rated[period] in levels.codes)
    if not steps:
        return None
    return Course(steps, levels.steps(steps[-2][1], steps[-1][1]) if len(steps) > 1 else 0)


def standing(level: str, levels: Levels, moved: int = 0) -> Standing:
    """A strength is the best level, or one of the upper half that was risen to; a difficulty lies in the lower half, or fell."""
    if levels.weak(level) or moved < 0:
        return "difficulty"
    return "strength" if levels.place(level) == 0 or moved > 0 else "neither"


def overall(rated: Mapping[str, str], levels: Levels) -> str | None:
    """The level of a direction: the middle of its requirements, between two the lower."""
    return levels.middle(rated.values())


def unanswered(rated: Mapping[str, str], measured: Collection[str], levels: Levels) -> tuple[str, ...]:
    """Requirements whose level asks for a plan and that no measure answers."""
    return tuple(code for code, level in rated.items() if levels.weak(level) and code not in measured)


def effect(before: str, expected: str, after: str, levels: Levels) -> Effect:
    """Whether a measure had its effect: the level that was expected, the level before it and the one found afterwards."""
    if levels.steps(before, after) < 0:
        return "worse"
    if levels.steps(expected, after) >= 0:
        return "reached"
    return "partly" if levels.steps(before, after) > 0 else "none"


def directions_due(model: str, chosen: Sequence[str], every: Sequence[str], *, complex_now: bool = False) -> tuple[str, ...]:
    """The directions an assessment looks at: all of them in a complex model, else those chosen, in the order of the tree.

    ``complex_now``: the model goes by direction and it is the turn of the periodic complex one.
    """
    if model in ("yearly-complex", "before-programme") or complex_now:
        return tuple(every)
    return tuple(code for code in every if code in set(chosen))


__all__ = [
    "Course", "Direction", "Effect", "Standing", "course", "directions_due", "effect", "overall", "standing",
    "unanswered",
]  # fmt: skip
