"""Results of a survey: distributions, means with intervals, scales with their reliability, groups beside each other.

Computed in one pass over columns. What is shown of whom is settled here, once for all divisions together (``hiding``); a page or
a file only draws what it finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sapa.errors import UserError
from sapa.measurement.answers import GROUP, NOTHING, UNLISTED, Answers, Coded, Column, Numbers, Several, Words
from sapa.measurement.contrasts import Contrast, Moments, distributions, several_means, two_means
from sapa.measurement.hiding import Atoms, Group, atoms_of, shown_groups
from sapa.measurement.intervals import Interval, mean_interval
from sapa.measurement.questions import Option, Question, Questionnaire, Scale, Texts
from sapa.measurement.reliability import Reliability, reliability
from sapa.packs.base import Model

THRESHOLD = 5
"""Fewest answers a figure may rest on. Usual for groups of pupils, teachers and parents."""
OPEN_THRESHOLD = 10
"""Fewest answers to an open question that are listed: words tell more of who wrote them than a cross does."""


class Division(Model):
    """A division of the respondents: the groups they were asked in, or the answers to a background question."""

    id: str
    label: Texts = Field({})
    groups: tuple[Option, ...]


class Cell(Model):
    """One question in one group."""

    n: int
    """Persons who answered it."""
    counts: tuple[int, ...] = ()
    """Persons by option; of a ranking: those who put the option first."""
    unlisted: int = 0
    """Answers that are none of the options."""
    mean: Interval | None = None
    moments: Moments | None = None
    quartiles: tuple[float, float, float] | None = None
    places: tuple[float | None, ...] = ()
    """Of a ranking: mean place of each option, 1 the best."""


class QuestionResult(Model):
    """One question: everybody together, and each division's groups. A group that may not be shown is ``None``."""

    question: Question
    whole: Cell | None
    groups: dict[str, tuple[Cell | None, ...]] = Field({})
    contrasts: dict[str, Contrast | None] = Field({})
    texts: tuple[str, ...] | None = None
    """Open answers in alphabetical order; ``None`` where there are too few to list."""


class ScaleResult(Model):
    """A scale: its reliability, and the persons' means on it."""

    scale: Scale
    reliability: Reliability | None
    whole: Cell | None
    groups: dict[str, tuple[Cell | None, ...]] = Field({})
    contrasts: dict[str, Contrast | None] = Field({})


class Results(Model):
    """The results of a survey as they may be shown."""

    questionnaire: Questionnaire
    n: int | None
    """Persons who answered; ``None`` where there are fewer than the threshold, and then nothing is shown."""
    threshold: int
    open_threshold: int
    level: float
    divisions: tuple[Division, ...] = ()
    sizes: dict[str, tuple[int | None, ...]] = Field({})
    """Persons in each group of a division; ``None``: not shown. Last, those who belong to none."""
    questions: tuple[QuestionResult, ...] = ()
    scales: tuple[ScaleResult, ...] = ()

    def division(self, id_: str) -> Division | None:
        """The division of that id."""
        return next((division for division in self.divisions if division.id == id_), None)


def division_of(question: Question) -> Division:
    """The division that a question's answers make; raises ``UserError`` for one that is no choice of one."""
    if question.kind not in ("one", "scale"):
        raise UserError(
            f"answers to {question.name} divide nobody into groups", todo="choose a question with one choice a person"
        )
    return Division(id=question.name, label=question.label, groups=question.options)


def results(
    answers: Answers,
    divisions: Sequence[Division] = (),
    *,
    threshold: int = THRESHOLD,
    open_threshold: int = OPEN_THRESHOLD,
    level: float = 0.95,
) -> Results:
    """The results of a survey under a threshold.

    ``divisions``: by what respondents are told apart; the one of id ``group`` is the table's column of that name. Raises
    ``UserError`` for a threshold under 2 or an unknown division.
    """
    if threshold < 2:
        raise UserError(f"a threshold of {threshold} protects nobody", todo="set it to 2 at the least, 5 as a rule")
    asked = answers.questionnaire
    common: dict[str, Any] = {"questionnaire": asked, "threshold": threshold, "level": level}
    common["open_threshold"] = max(threshold, open_threshold)
    if answers.n < threshold:
        return Results(n=None, **common)
    sight = _Sight(answers, divisions, threshold, level)
    texts = common["open_threshold"]
    return Results(
        n=answers.n,
        divisions=tuple(divisions),
        sizes=sight.sizes(np.ones(answers.n, dtype=bool)),
        questions=tuple(_question(sight, question, texts) for question in asked.questions if question.kind != "other"),
        scales=tuple(_scale(sight, scale) for scale in asked.scales),
        **common,
    )


class _Sight:
    """The answers, divided, and which groups may be seen of those who answered something."""

    def __init__(self, answers: Answers, divisions: Sequence[Division], threshold: int, level: float) -> None:
        self.answers, self.divisions, self.threshold, self.level = answers, tuple(divisions), threshold, level
        names = {question.name for question in answers.questionnaire.questions} | {GROUP}
        for division in divisions:
            if division.id not in names:
                raise UserError(f"no question is called {division.id}", todo="divide by `group` or by a question")
        self.codes = [answers.labels(one.id, tuple(group.code for group in one.groups)) for one in divisions]
        rests = zip(self.codes, divisions, strict=True)
        self.group = [np.where(codes == NOTHING, len(one.groups), codes).astype(np.int32) for codes, one in rests]
        self.everybody = np.zeros(answers.n, dtype=np.int32)
        self.atoms, self.atom_of = atoms_of(self.codes, answers.n)
        self._known: dict[bytes, frozenset[Group]] = {}

    def shown(self, answered: NDArray[np.bool_]) -> frozenset[Group]:
        """Groups that may be shown of those who answered."""
        sizes = np.bincount(self.atom_of[answered], minlength=len(self.atoms.sizes))
        key = (
            np.minimum(sizes, self.threshold).tobytes()
            if sizes.min(initial=self.threshold) >= self.threshold
            else sizes.tobytes()
        )
        if key not in self._known:
            self._known[key] = shown_groups(Atoms(self.atoms.groups, sizes), self.threshold)
        return self._known[key]

    def sizes(self, answered: NDArray[np.bool_]) -> dict[str, tuple[int | None, ...]]:
        """Sizes of the groups that may be shown, those of none last."""
        shown = self.shown(answered)
        out = {}
        for number, division in enumerate(self.divisions):
            counts = np.bincount(self.group[number][answered], minlength=len(division.groups) + 1)
            seen = [(number, place) in shown for place in (*range(len(division.groups)), NOTHING)]
            out[division.id] = tuple(int(count) if see else None for count, see in zip(counts, seen, strict=True))
        return out


def _question(sight: _Sight, question: Question, texts: int) -> QuestionResult:
    column = sight.answers.column(question)
    answered = column.answered()
    n = int(answered.sum())
    if n < sight.threshold:
        return QuestionResult(question=question, whole=None)
    whole = _Counter(sight, question, column, None).cells()[0]
    if isinstance(column, Words):
        return QuestionResult(question=question, whole=whole, texts=_listed(column) if n >= texts else None)
    groups: dict[str, tuple[Cell | None, ...]] = {}
    contrasts: dict[str, Contrast | None] = {}
    shown = sight.shown(answered)
    for number, division in enumerate(sight.divisions):
        if division.id == question.name:
            continue
        groups[division.id] = _seen(shown, number, _Counter(sight, question, column, number).cells())
        contrasts[division.id] = _contrast(question, [cell for cell in groups[division.id] if cell is not None])
    return QuestionResult(question=question, whole=whole, groups=groups, contrasts=contrasts)


def _seen(shown: frozenset[Group], number: int, cells: Sequence[Cell]) -> tuple[Cell | None, ...]:
    places = (*range(len(cells) - 1), NOTHING)
    return tuple(cell if (number, place) in shown else None for place, cell in zip(places, cells, strict=True))


def _listed(column: Words) -> tuple[str, ...]:
    given = column.values.filter(column.answered())
    return tuple(sorted((str(text).strip() for text in given.to_pylist()), key=lambda text: (text.casefold(), text)))


class _Counter:
    """One question counted in every group of a division, those of none last; without a division: everybody."""

    def __init__(self, sight: _Sight, question: Question, column: Column, division: int | None) -> None:
        self.question, self.column, self.level = question, column, sight.level
        self.rows = 1 if division is None else len(sight.divisions[division].groups) + 1
        self.group = sight.everybody if division is None else sight.group[division]

    def cells(self) -> list[Cell]:
        if isinstance(self.column, Coded):
            return self._coded(self.column)
        if isinstance(self.column, Numbers):
            return measured(self.column.values, self.group, self.rows, self.level, quartiles=True)
        n = np.bincount(self.group[self.column.answered()], minlength=self.rows)
        if isinstance(self.column, Several):
            return self._several(self.column, n)
        return [Cell(n=int(one)) for one in n]

    def _coded(self, column: Coded) -> list[Cell]:
        options = self.question.options
        width = len(options) + 2  # the last two: UNLISTED and NOTHING, as they count from the end
        codes = np.where(column.codes < 0, column.codes + width, column.codes)
        table = np.bincount(self.group * np.int32(width) + codes, minlength=self.rows * width).reshape(self.rows, width)
        scored = self.question.scored()
        return [
            Cell(
                n=int(table[row, :-1].sum()),
                counts=tuple(int(count) for count in table[row, :-2]),
                unlisted=int(table[row, -2]),
                **(_of_scores(options, table[row, :-2], self.level) if scored else {}),
            )
            for row in range(self.rows)
        ]

    def _several(self, column: Several, n: NDArray[np.int64]) -> list[Cell]:
        width = len(self.question.options) + 1
        ranked = self.question.kind == "rank"
        codes = np.where(column.codes == UNLISTED, width - 1, column.codes)
        kept = (codes != NOTHING) & ((column.places == 0) if ranked else True)
        where = self.group[column.persons]
        table = np.bincount(where[kept] * width + codes[kept], minlength=self.rows * width).reshape(self.rows, width)
        places: list[tuple[float | None, ...]] = [()] * self.rows
        if ranked:
            all_of = np.bincount(where * width + codes, minlength=self.rows * width).reshape(self.rows, width)
            sums = np.bincount(where * width + codes, weights=column.places + 1.0, minlength=self.rows * width).reshape(
                all_of.shape
            )
            places = [
                tuple(float(s) / int(c) if c else None for s, c in zip(sums[row, :-1], all_of[row, :-1], strict=True))
                for row in range(self.rows)
            ]
        return [
            Cell(n=int(n[row]), counts=tuple(map(int, table[row, :-1])), unlisted=int(table[row, -1]), places=places[row])
            for row in range(self.rows)
        ]


def measured(
    values: NDArray[np.float64], group: NDArray[np.int32], rows: int, level: float, *, quartiles: bool = False
) -> list[Cell]:
    """Numbers of each group: mean with interval, spread, quartiles (Hyndman and Fan 1996, Am. Statistician 50, type 7)."""
    kept = ~np.isnan(values)
    values, group = values[kept], group[kept]
    n = np.bincount(group, minlength=rows)
    means = np.bincount(group, weights=values, minlength=rows) / np.maximum(n, 1)
    squares = np.bincount(group, weights=(values - means[group]) ** 2, minlength=rows)
    spreads = np.sqrt(squares / np.maximum(n - 1, 1))
    cells = []
    for row in range(rows):
        if not n[row]:
            cells.append(Cell(n=0))
            continue
        size, mean, sd = int(n[row]), float(means[row]), float(spreads[row])
        thirds = tuple(float(one) for one in np.quantile(values[group == row], (0.25, 0.5, 0.75))) if quartiles else None
        held = mean_interval(mean, sd, size, level)
        cells.append(Cell(n=size, mean=held, moments=Moments(size, mean, sd), quartiles=thirds))
    return cells


def _of_scores(options: Sequence[Option], counts: NDArray[np.int64], level: float) -> dict[str, Any]:
    """Mean, interval and spread of a scale from its distribution, options that say "don't know" left out."""
    pairs = [(option.score, int(count)) for option, count in zip(options, counts, strict=True) if option.score is not None]
    scores = np.array([score for score, _ in pairs], dtype=float)
    weights = np.array([count for _, count in pairs], dtype=float)
    n = int(weights.sum())
    if n == 0:
        return {}
    mean = float((scores * weights).sum() / n)
    sd = float(np.sqrt(((scores - mean) ** 2 * weights).sum() / (n - 1))) if n > 1 else 0.0
    return {"mean": mean_interval(mean, sd, n, level), "moments": Moments(n, mean, sd)}


def _contrast(question: Question, cells: Sequence[Cell]) -> Contrast | None:
    """The groups that are shown against each other: means where the question has them, distributions otherwise."""
    if len(cells) < 2:
        return None
    moments = [cell.moments for cell in cells if cell.moments is not None]
    if len(moments) == len(cells) and (question.scored() or question.kind == "number"):
        return _of_means(moments)
    if question.kind in ("one", "scale"):
        return distributions(np.array([cell.counts for cell in cells], dtype=np.int64))
    return None


def _of_means(moments: Sequence[Moments]) -> Contrast | None:
    return two_means(moments[0], moments[1]) if len(moments) == 2 else several_means(moments)


def scores(answers: Answers, scale: Scale) -> NDArray[np.float64]:
    """Persons by items of a scale: scores, reversed items turned round within the range of their points, NaN where none."""
    columns = []
    for name in scale.questions:
        question = answers.questionnaire.question(name)
        if question is None or not question.scored():
            raise UserError(f"{name} is no question with scores", todo=f"correct the scale {scale.id}")
        points = np.array([np.nan if option.score is None else option.score for option in question.options] + [np.nan, np.nan])
        column = answers.column(question)
        assert isinstance(column, Coded)
        values = points[column.codes]  # NOTHING and UNLISTED count from the end: both are NaN there
        if question.reversed:
            values = np.nanmax(points) + np.nanmin(points) - values
        columns.append(values)
    return np.stack(columns, axis=1)


def _scale(sight: _Sight, scale: Scale) -> ScaleResult:
    matrix = scores(sight.answers, scale)
    given = (~np.isnan(matrix)).sum(axis=1)
    enough = given * 2 >= matrix.shape[1]
    values = np.full(len(matrix), np.nan)
    values[enough] = np.nansum(matrix[enough], axis=1) / given[enough]
    answered = ~np.isnan(values)
    if int(answered.sum()) < sight.threshold:
        return ScaleResult(scale=scale, reliability=None, whole=None)
    whole = measured(values, sight.everybody, 1, sight.level)[0]
    groups: dict[str, tuple[Cell | None, ...]] = {}
    contrasts: dict[str, Contrast | None] = {}
    shown = sight.shown(answered)
    for number, division in enumerate(sight.divisions):
        cells = measured(values, sight.group[number], len(division.groups) + 1, sight.level)
        groups[division.id] = _seen(shown, number, cells)
        moments = [cell.moments for cell in groups[division.id] if cell is not None and cell.moments is not None]
        contrasts[division.id] = _of_means(moments) if len(moments) > 1 else None
    held = reliability(matrix, sight.level)
    return ScaleResult(
        scale=scale,
        reliability=held if held.persons >= sight.threshold else None,
        whole=whole,
        groups=groups,
        contrasts=contrasts,
    )


__all__ = ["Cell", "Division", "QuestionResult", "Results", "ScaleResult", "division_of", "measured", "results", "scores"]
