"""The years of a survey's questions as the page shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from sapa.measurement.years import Course, YearComparison, YearPoint
from sapa.publication.charts import Chart
from sapa.publication.survey_charts import MeanRow, Words, mean_chart
from sapa_web.surveys.shown import HIDDEN, Block, Choice, Page, Row


@dataclass
class YearsPage:
    """Writes the comparison in the reader's language."""

    page: Page
    found: YearComparison

    @property
    def choice(self) -> Choice:
        """The group it is about."""
        return self.page.choice

    def columns(self) -> tuple[str, ...]:
        """The years, the oldest first."""
        return self.found.periods

    def query(self) -> str:
        """The choice as part of an address."""
        return f"?by={self.choice.by}&group={self.choice.group}" if self.choice.group else ""

    def blocks(self) -> Iterator[Block]:
        """A block a question that has figures at all."""
        for course in self.found.courses:
            if course.question.kind in ("text", "other"):
                continue
            yield Block(
                f"q-{course.question.name}", self.page.say(course.question), self.columns(), tuple(self._rows(course)),
                tuple(self._notes(course)), self._chart(course),
            )  # fmt: skip

    def chart(self, id_: str) -> Chart | None:
        """The chart of a block."""
        return next((block.chart for block in self.blocks() if block.id == id_), None)

    def _rows(self, course: Course) -> Iterator[Row]:
        question = course.question
        if question.scored() or question.kind == "number":
            yield Row(_("Mean"), tuple(self._mean(point) for point in course.points))
            changes = (self._change(point) for point in course.points)
            yield Row(_("Change on the year before"), tuple(changes))
        else:
            for place, option in enumerate(question.options):
                yield Row(self.page.option(option), tuple(self._share(point, place) for point in course.points))
        yield Row(_("Answers"), tuple(self.page.lang.number(p.cell.n, 0) if p.cell else HIDDEN for p in course.points))

    def _mean(self, point: YearPoint) -> str:
        if point.cell is None or point.cell.moments is None:
            return HIDDEN
        mark = " *" if point.broken == "changed" else ""
        return self.page.lang.number(point.cell.moments.mean, 2) + mark

    def _change(self, point: YearPoint) -> str:
        held = point.change
        if held is None or held.difference is None or held.low is None or held.high is None:
            return HIDDEN
        number = self.page.lang.number
        sign = "+" if held.difference > 0 else ""
        return f"{sign}{number(held.difference, 2)} ({number(held.low, 2)} … {number(held.high, 2)})"

    def _share(self, point: YearPoint, place: int) -> str:
        if point.cell is None or not point.cell.n or point.broken == "changed":
            return HIDDEN
        return self.page.lang.percent(100 * point.cell.counts[place] / point.cell.n, 0)

    def _notes(self, course: Course) -> Iterator[str]:
        reasons = {
            "changed": _("asked in other words or with other choices: does not compare"),
            "not-asked": _("not asked"),
            "too-few": _("too few answers to be shown"),
        }
        for point in course.points:
            if point.broken is not None:
                yield f"{point.period}: {reasons[point.broken]}"

    def _chart(self, course: Course) -> Chart | None:
        rows = []
        for point in course.points:
            if point.cell is not None and point.cell.mean is not None:
                at = point.cell.mean
                rows.append(MeanRow(point.period, at.estimate, at.low, at.high, self._mean(point), point.broken == "changed"))
        if len(rows) < 2:
            return None
        scores = [option.score for option in course.question.options if option.score is not None]
        domain = (min(scores), max(scores)) if scores else (min(row.low for row in rows), max(row.high for row in rows) + 1e-9)
        words = Words(self.page.say(course.question), _("means with 95% intervals; hollow: another question"))
        return mean_chart(f"q-{course.question.name}", words, rows, domain, self.page.lang)
