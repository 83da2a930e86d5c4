"""What an assessment has come to: levels by requirement and direction, strengths, difficulties, courses over the years."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sapa.evaluation.courses import Course, Standing, course, overall, standing
from sapa.evaluation.criteria import Node
from sapa.evaluation.levels import Levels
from sapa_web.evaluation.domain.queries.systems import levels_in, text, tree_in
from sapa_web.evaluation.models import Assessment, Evidence, Rating


@dataclass
class Line:
    """A requirement with what is known of it. ``place`` of its level, -1 where it has none."""

    node: Node
    title: str
    rating: Rating | None
    level: str
    place: int
    course: Course | None
    standing: Standing
    sources: int

    @property
    def direction(self) -> str:
        """Where it has gone since the time before; empty where it has no level."""
        return self.course.direction if self.course and self.rating else ""


@dataclass
class Group:
    """A direction with its requirements."""

    node: Node
    title: str
    lines: list[Line] = field(default_factory=list)
    level: str = ""
    place: int = -1

    @property
    def rated(self) -> int:
        """How many of its requirements have a level."""
        return sum(line.rating is not None for line in self.lines)


@dataclass
class Results:
    """The whole."""

    levels: Levels
    groups: list[Group]

    @property
    def lines(self) -> list[Line]:
        """All requirements."""
        return [line for group in self.groups for line in group.lines]

    def of(self, wanted: Standing) -> list[Line]:
        """Strengths, or difficulties: requirements that are one by their level and course, or of which one is written."""
        name = "strengths" if wanted == "strength" else "difficulties"
        return [line for line in self.lines if line.rating and (line.standing == wanted or getattr(line.rating, name))]

    def title_of(self, code: str) -> str:
        """The words of a level."""
        return next((text(item.title) for item in self.levels.items if item.code == code), "")


def results_of(assessment: Assessment) -> Results:
    """Everything of one assessment, with the years before it of the same institution: three queries."""
    tree, levels = tree_in(assessment), levels_in(assessment)
    ratings = {item.requirement: item for item in Rating.objects.unscoped("found in reach").filter(assessment=assessment)}
    earlier = _earlier(assessment)
    counted: dict[str, int] = {}
    rows = Evidence.objects.unscoped("found in reach").filter(assessment=assessment, withdrawn_at=None)
    for code in rows.order_by().values_list("requirement", flat=True):
        counted[code] = counted.get(code, 0) + 1
    out = Results(levels, [])
    for direction in assessment.directions:
        group = Group(tree.find(direction), text(tree.find(direction).title))
        for node in tree.below(direction):
            if node.rank == "requirement":
                group.lines.append(_line(assessment, node, ratings.get(node.code), levels, earlier, counted))
        rated = {line.node.code: line.rating.level for line in group.lines if line.rating}
        if len(rated) == len(group.lines) and (level := overall(rated, levels)):
            group.level, group.place = out.title_of(level), levels.place(level)
        out.groups.append(group)
    return out


def _line(
    assessment: Assessment, node: Node, rating: Rating | None, levels: Levels, earlier: dict[str, dict[str, str]],
    counted: dict[str, int],
) -> Line:  # fmt: skip
    rated = dict(earlier.get(node.code, {}))
    if rating:
        rated[assessment.period] = rating.level
    found = course(rated, levels)
    kind: Standing = standing(rating.level, levels, found.moved if found else 0) if rating else "neither"
    title = next((text(item.title) for item in levels.items if rating and item.code == rating.level), "")
    place = levels.place(rating.level) if rating else -1
    return Line(node, text(node.title), rating, title, place, found, kind, counted.get(node.code, 0))


def _earlier(assessment: Assessment) -> dict[str, dict[str, str]]:
    """Levels of earlier periods of the institution, by requirement and period; of several in a period the latest."""
    rows = Rating.objects.unscoped("of the same institution").filter(
        assessment__organisation_id=assessment.organisation_id, assessment__period__lt=assessment.period,
        assessment__state__in=(Assessment.DECIDED, Assessment.PUBLISHED),
    )  # fmt: skip
    out: dict[str, dict[str, str]] = {}
    for code, period, level in rows.order_by("at").values_list("requirement", "assessment__period", "level"):
        out.setdefault(code, {})[period] = level
    return out


def courses_table(results: Results) -> tuple[list[str], list[dict[str, Any]]]:
    """The years as columns, the requirements as rows, for the page of trends."""
    years = sorted({period for line in results.lines if line.course for period, _level in line.course.steps})
    rows = []
    for line in results.lines:
        if line.course:
            known = dict(line.course.steps)
            cells = [
                {"level": results.title_of(known[year]), "place": results.levels.place(known[year])} if year in known else None
                for year in years
            ]
            rows.append({"title": line.title, "cells": cells, "direction": line.direction})
    return years, rows
