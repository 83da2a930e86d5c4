"""Years against each other: a question compares only with the same question; where it changed, the series breaks and says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from sapa.measurement.contrasts import Contrast, two_means
from sapa.measurement.intervals import share
from sapa.measurement.questions import Question, same_question
from sapa.measurement.results import Cell, Results
from sapa.packs.base import Model

Break = Literal["changed", "not-asked", "too-few"]


class YearPoint(Model):
    """A question in one year: what was answered, or why nothing stands here."""

    period: str
    cell: Cell | None = None
    broken: Break | None = None
    change: Contrast | None = None
    """Against the last comparable year, of means: the difference with its interval."""


class Course(Model):
    """One question through the years, the earliest first. Points before a break do not compare with those after it."""

    question: Question
    points: tuple[YearPoint, ...]

    def comparable(self) -> tuple[YearPoint, ...]:
        """The points that compare with the newest one."""
        return tuple(point for point in self.points if point.cell is not None and point.broken is None)


class YearComparison(Model):
    """The questions of the newest year through the years before it."""

    periods: tuple[str, ...]
    group: str = ""
    courses: tuple[Course, ...] = Field(())


def compare_years(years: Sequence[tuple[str, Results]], *, division: str = "", group: str = "") -> YearComparison:
    """Each question of the newest results beside the same question of earlier ones; ``years`` from the earliest to the newest.

    With a ``division`` and the code of a ``group`` of it: that group only. A question of the same name whose words, options or
    points changed stands with its own figures and the mark ``changed``; one that was not asked or of which nothing may be shown
    has none. Figures come from results as they may be shown, each year protected by its own threshold.
    """
    if not years:
        return YearComparison(periods=())
    newest = years[-1][1]
    courses = []
    for found in newest.questions:
        points: list[YearPoint] = []
        for period, report in years:
            points.append(_point(period, report, found.question, division, group))
        courses.append(Course(question=found.question, points=_with_changes(points)))
    return YearComparison(periods=tuple(period for period, _ in years), group=group, courses=tuple(courses))


def _point(period: str, report: Results, question: Question, division: str, group: str) -> YearPoint:
    found = next((item for item in report.questions if item.question.name == question.name), None)
    if found is None:
        return YearPoint(period=period, broken="not-asked" if report.questionnaire.question(question.name) is None else "too-few")
    cell = found.whole
    if division:
        held = report.division(division)
        codes = [option.code for option in held.groups] if held else []
        cells = found.groups.get(division, ())
        cell = cells[codes.index(group)] if group in codes and cells else None
    if not same_question(found.question, question):
        return YearPoint(period=period, cell=cell, broken="changed")
    return YearPoint(period=period, cell=cell, broken="too-few" if cell is None else None)


def _with_changes(points: Sequence[YearPoint]) -> tuple[YearPoint, ...]:
    out: list[YearPoint] = []
    before: YearPoint | None = None
    for point in points:
        if point.broken is not None or point.cell is None:
            out.append(point)
            continue
        here, last = point.cell.moments, before.cell.moments if before and before.cell else None
        out.append(point.model_copy(update={"change": two_means(here, last) if here and last else None}))
        before = point
    return tuple(out)


def share_change(new: Cell, old: Cell, option: int, level: float = 0.95) -> tuple[float, float, float] | None:
    """Change of an option's share between two independent samples: (change, low, high), where 0.1 is ten points.

    Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in Medicine 17, 873-890,
    method 10. ``None`` where a year has no answers.
    """
    if not new.n or not old.n:
        return None
    a, b = share(new.counts[option], new.n, level), share(old.counts[option], old.n, level)
    gap = a.estimate - b.estimate
    low = gap - ((a.estimate - a.low) ** 2 + (b.high - b.estimate) ** 2) ** 0.5
    high = gap + ((a.high - a.estimate) ** 2 + (b.estimate - b.low) ** 2) ** 0.5
    return gap, low, high
