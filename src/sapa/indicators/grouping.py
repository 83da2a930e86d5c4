"""Which cuts are folded together.

One fold to the cells of *all* dimensions is not always the cheapest first stage: ages by sex and places by type of school have
few cells each, their product has many, and every cell carries every measure. So the cuts are parted into groups, each folded
to the cells of its own dimensions, all in one scan. The figures are the same whatever the groups; only the time differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from sapa.indicators.plan import Cut, Plan

Groups = tuple[tuple[Cut, ...], ...]

ROW = 0.045
CELL = 4.0
"""Microseconds that one more fold costs a row, and one more cell costs from fold to facts (measured on two cores with forty
measures). Only their ratio matters: some ninety rows of one more fold cost as much as one more cell."""

WORTH_ASKING = 200_000
"""Rows below which one fold is made without looking for a better one."""


def group_cuts(plan: Plan, rows: int, sizes: Mapping[str, int]) -> Groups:
    """The cuts in groups to fold together, cheapest first found by joining groups two by two; the order of cuts is kept.

    ``rows`` is the number of rows, ``sizes`` the number of values of each base (an estimate will do).
    """
    groups: list[tuple[Cut, ...]] = [(cut,) for cut in plan.cuts]
    while len(groups) > 1:
        pairs = [(first, second) for first in range(len(groups)) for second in range(first + 1, len(groups))]
        gains = {pair: _gain(plan, groups[pair[0]], groups[pair[1]], rows, sizes) for pair in pairs}
        best = max(pairs, key=lambda pair: gains[pair])
        if gains[best] <= 0:
            break
        joined = groups[best[0]] + groups[best[1]]
        groups = [group for place, group in enumerate(groups) if place not in best] + [joined]
    order = {cut: place for place, cut in enumerate(plan.cuts)}
    return tuple(sorted((tuple(sorted(group, key=order.__getitem__)) for group in groups), key=lambda group: order[group[0]]))


def can_group(plan: Plan) -> bool:
    """Whether the cuts may be folded apart: quantiles and distinct values are placed in the cells of all dimensions."""
    return bool(plan.bases) and not plan.holistic


def bases_of(plan: Plan, cuts: tuple[Cut, ...]) -> tuple[str, ...]:
    """Names of the bases that these cuts need, in the plan's order."""
    used = {name for cut in cuts for name in cut}
    wanted = {dimension.base for dimension in plan.dimensions if dimension.id in used}
    return tuple(base.name for base in plan.bases if base.name in wanted)


def _gain(plan: Plan, first: tuple[Cut, ...], second: tuple[Cut, ...], rows: int, sizes: Mapping[str, int]) -> float:
    """What is saved by folding the two together."""
    apart = _cost(plan, first, rows, sizes) + _cost(plan, second, rows, sizes)
    return apart - _cost(plan, first + second, rows, sizes)


def _cost(plan: Plan, cuts: tuple[Cut, ...], rows: int, sizes: Mapping[str, int]) -> float:
    cells = min(rows, prod(max(1, sizes.get(name, 1)) for name in bases_of(plan, cuts)))
    return ROW * rows + CELL * cells
