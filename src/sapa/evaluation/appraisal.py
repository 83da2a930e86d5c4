"""Overall appraisal on a cluster model: a named set of key indicators, put on one scale, grouped, added up; and how stable it is.

A regulation may ask for an appraisal "on the basis of a cluster model" without saying how it is made. The reading implemented
here: *clusters* are the groups the regulation itself orders its key indicators by (its criteria), not groups of schools found in
the data, which would need many schools and would change with each of them. Each key indicator is put on a scale from 0 (worst)
to 1 (best) between two named ends (min–max normalisation; OECD/JRC, Handbook on Constructing Composite Indicators, 2008, ch. 5),
a cluster is the weighted mean of its indicators, the whole the weighted mean of its clusters (ibid., ch. 6). A composite is only
worth its stability (ibid., ch. 7): :func:`without_each`, :func:`perturbed`, :func:`resampled`.

Everything is pure and deterministic: draws come from a seeded generator.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Literal

from sapa.errors import UserError

Values = Mapping[str, float | None]
"""By key indicator; ``None`` or absent: not known."""

ENOUGH = 0.5
"""Share of the weights whose indicators must be known for an overall appraisal to be given at all; ours."""


@dataclass(frozen=True)
class KeyIndicator:
    """One of the set: which cluster it belongs to, which way is better, the values that count as 0 and as 1, its weight.

    ``low`` and ``high`` are in the indicator's own unit, ``low < high`` whichever way is better.
    """

    id: str
    cluster: str
    direction: Literal["higher", "lower"]
    low: float
    high: float
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise UserError(f"the scale of '{self.id}' has no length", todo="give a lower end below the upper one")
        if self.weight <= 0:
            raise UserError(f"'{self.id}' has no weight", todo="leave it out of the set instead")

    def scaled(self, value: float) -> float:
        """On the common scale: 0 is worst, 1 is best; what lies outside the ends counts as the end."""
        part = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return part if self.direction == "higher" else 1.0 - part


@dataclass(frozen=True)
class ClusterScore:
    """A cluster of one unit: its mean on the common scale (``None``: nothing is known), known indicators and all."""

    cluster: str
    score: float | None
    known: int
    of: int


@dataclass(frozen=True)
class Appraisal:
    """One unit (a school, a year of it): overall, by cluster, what is missing. ``coverage`` is the known share of the weights."""

    unit: str
    score: float | None
    clusters: tuple[ClusterScore, ...]
    missing: tuple[str, ...]
    coverage: float

    def cluster(self, name: str) -> float | None:
        """The score of one cluster."""
        return next((item.score for item in self.clusters if item.cluster == name), None)


def appraise(
    units: Mapping[str, Values], indicators: Sequence[KeyIndicator], cluster_weights: Mapping[str, float] | None = None
) -> tuple[Appraisal, ...]:
    """Each unit appraised, in the order given. Clusters weigh the same unless ``cluster_weights`` says otherwise.

    A cluster of which nothing is known is left out and the others stand for the whole; with less than :data:`ENOUGH` of the
    weights known there is no overall score. Raises ``UserError`` on an empty set or one that names an indicator twice.
    """
    if not indicators:
        raise UserError("the set of key indicators is empty", todo="mark at least one indicator as key")
    if len({item.id for item in indicators}) < len(indicators):
        raise UserError("an indicator stands twice in the set of key indicators", todo="name each once")
    return tuple(_appraised(unit, values, indicators, cluster_weights or {}) for unit, values in units.items())


def _appraised(unit: str, values: Values, indicators: Sequence[KeyIndicator], weights: Mapping[str, float]) -> Appraisal:
    known = {item.id: value for item in indicators if (value := values.get(item.id)) is not None}
    clusters = []
    for name in dict.fromkeys(item.cluster for item in indicators):
        inside = [item for item in indicators if item.cluster == name]
        there = [item for item in inside if item.id in known]
        score = _mean([(item.scaled(known[item.id]), item.weight) for item in there])
        clusters.append(ClusterScore(name, score, len(there), len(inside)))
    held = [(item.score, weights.get(item.cluster, 1.0)) for item in clusters if item.score is not None]
    coverage = fsum(item.weight for item in indicators if item.id in known) / fsum(item.weight for item in indicators)
    score = _mean(held) if coverage >= ENOUGH else None
    return Appraisal(unit, score, tuple(clusters), tuple(item.id for item in indicators if item.id not in known), coverage)


def _mean(pairs: Sequence[tuple[float, float]]) -> float | None:
    whole = fsum(weight for _, weight in pairs)
    return fsum(value * weight for value, weight in pairs) / whole if whole > 0 else None


def shared(units: Mapping[str, Values], indicators: Sequence[KeyIndicator]) -> tuple[KeyIndicator, ...]:
    """The key indicators known of every unit: only on these can units be compared fairly."""
    return tuple(item for item in indicators if all(values.get(item.id) is not None for values in units.values()))


def level_of(score: float, levels: Sequence[str]) -> str:
    """The level of a score, the scale cut into as many equal bands as there are levels, the best named first (ours).

    A band holds its lower end: of four levels the second begins at 0.5.
    """
    if not levels:
        raise UserError("no levels are named", todo="name at least one level")
    place = min(len(levels) - 1, int(score * len(levels) + 1e-9))
    return levels[len(levels) - 1 - place]


@dataclass(frozen=True)
class Without:
    """The overall scores when one indicator is left out, and by how much each differs from the whole set's."""

    indicator: str
    scores: Mapping[str, float | None]
    differences: Mapping[str, float | None]
    order_changes: bool


def without_each(units: Mapping[str, Values], indicators: Sequence[KeyIndicator]) -> tuple[Without, ...]:
    """Leave one indicator out at a time; needs two at least. ``order_changes``: a unit overtakes another."""
    if len(indicators) < 2:
        return ()
    whole = _scores(units, indicators)
    out = []
    for left in indicators:
        scores = _scores(units, [item for item in indicators if item.id != left.id])
        differences = {unit: _difference(score, whole[unit]) for unit, score in scores.items()}
        out.append(Without(left.id, scores, differences, _overtaken(whole, scores)))
    return tuple(out)


@dataclass(frozen=True)
class Spread:
    """Between which values an overall score, and a place, lie in 95 of 100 draws; ``low`` ≤ ``high``, place 1 is the best."""

    unit: str
    low: float
    high: float
    best: int
    worst: int


def perturbed(
    units: Mapping[str, Values], indicators: Sequence[KeyIndicator], *, by: float = 0.5, draws: int = 500, seed: int = 1
) -> tuple[Spread, ...]:
    """Every weight multiplied by a number drawn evenly from 1 − ``by`` to 1 + ``by``, ``draws`` times."""
    if not 0 < by < 1:
        raise UserError("weights can be changed by more than 0 and less than their whole", todo="give a share, e.g. 0.5")

    def drawn(chance: random.Random) -> list[KeyIndicator]:
        return [replace(item, weight=item.weight * chance.uniform(1 - by, 1 + by)) for item in indicators]

    return _spreads(units, drawn, draws, seed)


def resampled(
    units: Mapping[str, Values], indicators: Sequence[KeyIndicator], *, draws: int = 500, seed: int = 1
) -> tuple[Spread, ...]:
    """Bootstrap: of each cluster as many indicators as it has are drawn with replacement (Efron 1979), ``draws`` times.

    It shows how far the appraisal hangs on which indicators somebody happened to choose, not on who was measured.
    """
    clusters: dict[str, list[KeyIndicator]] = {}
    for item in indicators:
        clusters.setdefault(item.cluster, []).append(item)

    def drawn(chance: random.Random) -> list[KeyIndicator]:
        times: dict[str, int] = {}
        for inside in clusters.values():
            for item in chance.choices(inside, k=len(inside)):
                times[item.id] = times.get(item.id, 0) + 1
        return [replace(item, weight=item.weight * times[item.id]) for item in indicators if item.id in times]

    return _spreads(units, drawn, draws, seed)


def _spreads(
    units: Mapping[str, Values], drawn: Callable[[random.Random], list[KeyIndicator]], draws: int, seed: int
) -> tuple[Spread, ...]:
    chance = random.Random(seed)  # noqa: S311 - draws of a simulation, nothing to be kept secret
    scores: dict[str, list[float]] = {unit: [] for unit in units}
    places: dict[str, list[int]] = {unit: [] for unit in units}
    for _ in range(draws):
        found = {unit: score for unit, score in _scores(units, drawn(chance)).items() if score is not None}
        for unit, score in found.items():
            scores[unit].append(score)
            places[unit].append(1 + sum(1 for other in found.values() if other > score + 1e-12))
    return tuple(
        Spread(unit, _quantile(part, 0.025), _quantile(part, 0.975), int(_quantile(places[unit], 0.025)),
               int(_quantile(places[unit], 0.975)))
        for unit, part in scores.items() if part
    )  # fmt: skip


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(share * len(ordered))))]


def _scores(units: Mapping[str, Values], indicators: Sequence[KeyIndicator]) -> dict[str, float | None]:
    return {item.unit: item.score for item in appraise(units, indicators)}


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _overtaken(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> bool:
    held = [unit for unit in before if before[unit] is not None and after.get(unit) is not None]
    return any(
        (before[one] - before[two]) * (after[one] - after[two]) < -1e-12  # type: ignore[operator]
        for place, one in enumerate(held)
        for two in held[place + 1 :]
    )


__all__ = [
    "ENOUGH", "Appraisal", "ClusterScore", "KeyIndicator", "Spread", "Values", "Without", "appraise", "level_of", "perturbed",
    "resampled", "shared", "without_each",
]  # fmt: skip
