"""Agreement of coders: how far two or more persons who code the same units independently say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sapa.errors import UserError
from sapa.measurement.intervals import Interval

Level = Literal["nominal", "ordinal", "interval"]
Codes = Sequence[Hashable | None]
"""What one coder gave each unit, in the units' order; None where a unit was not coded."""


def percent_agreement(one: Codes, other: Codes) -> float | None:
    """Share (0 to 1) of the units both coded that they coded alike; ``None`` where they have no unit in common.

    Says nothing of agreement by chance: show it beside a coefficient (Krippendorff 2004, Reliability in content analysis, Human
    Communication Research 30, 411-433).
    """
    pairs = _pairs(one, other)
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def cohen_kappa(one: Codes, other: Codes) -> float | None:
    """Cohen's kappa of two coders, nominal codes, over the units both coded.

    Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20, 37-46, formula 1.
    ``None`` where both gave one and the same code throughout: chance alone explains that.
    """
    pairs = _pairs(one, other)
    if not pairs:
        return None
    n = len(pairs)
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    by_chance = sum(left[code] * right[code] for code in left) / (n * n)
    observed = sum(a == b for a, b in pairs) / n
    return None if by_chance >= 1 else (observed - by_chance) / (1 - by_chance)


def krippendorff_alpha(coders: Sequence[Codes], level: Level = "nominal") -> float | None:
    """Krippendorff's alpha of any number of coders, with units that some did not code.

    Krippendorff (2011), Computing Krippendorff's alpha-reliability, sections C and D: coincidences and difference functions.
    ``ordinal`` and ``interval`` take numbers. ``None`` where nothing varies or no unit was coded twice: alpha is then undefined.
    Raises ``UserError`` where coders give lists of different lengths, or no numbers where numbers are needed.
    """
    if len({len(codes) for codes in coders}) > 1:
        raise UserError("coders have coded different numbers of units", todo="give each coder a value or None for every unit")
    units = [[value for value in unit if value is not None] for unit in zip(*coders, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    values = sorted({value for unit in units for value in unit}, key=_rank if level == "nominal" else _number)
    if len(values) < 2:
        return None
    place = {value: number for number, value in enumerate(values)}
    coincidences = np.zeros((len(values), len(values)))
    for unit, times in Counter(map(tuple, units)).items():
        counts = np.bincount([place[value] for value in unit], minlength=len(values)).astype(float)
        coincidences += times * (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    margins = coincidences.sum(axis=1)
    distance = _DISTANCES[level](margins, values)
    expected = float((np.outer(margins, margins) * distance).sum())
    observed = float((coincidences * distance).sum())
    return 1.0 - (float(margins.sum()) - 1.0) * observed / expected if expected > 0 else None


def alpha_interval(
    coders: Sequence[Codes], groups: Sequence[int] | None = None, *, level: float = 0.95, turns: int = 1000, seed: int = 0
) -> Interval | None:
    """Alpha of nominal codes with its percentile interval: units are drawn anew with replacement, alpha is taken each time.

    Efron and Tibshirani (1993), An introduction to the bootstrap, section 13.3; for this coefficient proposed by Zapf, Castell,
    Morawietz and Karch (2016), BMC Medical Research Methodology 16:93. ``groups``: number of the text to which each unit belongs,
    where several units (codes) of one text are drawn together. The same ``seed`` gives the same limits. ``None`` where alpha is
    undefined, or is so in more than one of twenty draws: of what hardly ever occurs nothing can be said.
    """
    alpha = krippendorff_alpha(coders)
    if alpha is None:
        return None
    units = [tuple(value for value in unit if value is not None) for unit in zip(*coders, strict=True)]
    values = sorted({value for unit in units for value in unit}, key=_rank)
    place = {value: number for number, value in enumerate(values)}
    told = {unit: _told(unit, place) for unit in set(units)}
    if groups is None:
        times = Counter(units)
        kinds, many = np.array([told[unit] for unit in times]), np.array(list(times.values()))
    else:
        held = np.zeros((max(groups) + 1, 1 + len(values)))
        for group, unit in zip(groups, units, strict=True):
            held[group] += told[unit]
        # Groups that are alike are drawn as one: of thousands of texts a few patterns remain.
        kinds, many = np.unique(held, axis=0, return_counts=True)
    size = int(many.sum())
    drawn = np.random.default_rng(seed).multinomial(size, many / size, size=turns) @ kinds
    agreeing, sums = drawn[:, 0], drawn[:, 1:]
    n = sums.sum(axis=1)
    by_chance = (sums * (sums - 1)).sum(axis=1)
    # Nominal alpha by what agrees: ((n - 1) observed - by chance) / (n (n - 1) - by chance), Krippendorff (2011), section B.
    under = n * (n - 1) - by_chance
    sound = under > 0
    if sound.mean() < 0.95:
        return None
    found = (((n - 1) * agreeing) - by_chance)[sound] / under[sound]
    low, high = (float(limit) for limit in np.quantile(found, [(1 - level) / 2, (1 + level) / 2]))
    return Interval(alpha, low, high, level, float(size))


def _told(unit: tuple[Hashable, ...], place: Mapping[Hashable, int]) -> NDArray[np.float64]:
    """What agrees in a unit, then how often each value was given; nothing where fewer than two coded it."""
    if len(unit) < 2:
        return np.zeros(1 + len(place))
    counts = np.bincount([place[value] for value in unit], minlength=len(place)).astype(float)
    return np.array([float((counts * (counts - 1)).sum()) / (len(unit) - 1), *counts])


def _pairs(one: Codes, other: Codes) -> list[tuple[Hashable, Hashable]]:
    if len(one) != len(other):
        raise UserError("two coders have coded different numbers of units", todo="give a value or None for every unit")
    return [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]


def _rank(value: object) -> tuple[str, str]:
    return type(value).__name__, str(value)


def _number(value: object) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    raise UserError(f"{value!r} is no number", todo="code ordinal and interval values as numbers, or ask for nominal agreement")


def _nominal(margins: NDArray[np.float64], values: Sequence[object]) -> NDArray[np.float64]:
    return 1.0 - np.eye(len(values))


def _ordinal(margins: NDArray[np.float64], values: Sequence[object]) -> NDArray[np.float64]:
    upto = np.cumsum(margins) - margins / 2
    return np.asarray((upto[:, None] - upto[None, :]) ** 2)


def _interval(margins: NDArray[np.float64], values: Sequence[object]) -> NDArray[np.float64]:
    numbers = np.array([_number(value) for value in values])
    return np.asarray((numbers[:, None] - numbers[None, :]) ** 2)


_DISTANCES: dict[Level, Callable[[NDArray[np.float64], Sequence[object]], NDArray[np.float64]]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
}
