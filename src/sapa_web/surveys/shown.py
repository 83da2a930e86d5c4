"""A survey's results as the page shows them: blocks of questions, each with a table in words and a chart.

Everything here comes from ``Results``, which hold only what may be shown; what is hidden is a dash with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from sapa.measurement import Cell, Contrast, Interval, Option, Question, QuestionResult, Results, share
from sapa.measurement.answers import GROUP
from sapa.publication.charts import Chart
from sapa.publication.language import LANGUAGES, Language, language
from sapa.publication.survey_charts import DivergingRow, MeanRow, Words, diverging_chart, mean_chart, share_chart

HIDDEN = "–"
MOST_ROWS = 24
"""Rows of a chart that are still taken in at a glance; more stand in the table alone."""
TOGETHER = 10
"""Questions with the same points that are drawn in one chart."""


@dataclass(frozen=True)
class Choice:
    """What the reader asked for: compared by a division, or one group of it."""

    by: str = ""
    group: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table: its heading, then texts."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """Questions shown together."""

    id: str
    heading: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    chart: Chart | None = None
    texts: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, so that the page keeps room for it."""
        if self.chart is None:
            return (0, 0)
        spec, around = self.chart.spec, self.chart.spec["padding"]
        return (
            round(spec["width"] + around["left"] + around["right"]),
            round(spec["height"] + around["top"] + around["bottom"]),
        )


@dataclass
class Page:
    """Writes results in the reader's language."""

    report: Results
    choice: Choice
    lang: Language = field(
        default_factory=lambda: language(code if (code := (get_language() or "en")[:2]) in LANGUAGES else "en")
    )

    def __post_init__(self) -> None:
        self.division = self.report.division(self.choice.by) if self.choice.by else None
        codes = [option.code for option in self.division.groups] if self.division else []
        self.one = codes.index(self.choice.group) if self.choice.group in codes else None

    def blocks(self) -> Iterator[Block]:
        """The blocks in the order of the questionnaire."""
        waiting: list[QuestionResult] = []
        for found in self.report.questions:
            if found.question.scored() and waiting and _fits(waiting, found):
                waiting.append(found)
                continue
            if waiting:
                yield self._scale_block(waiting)
            waiting = [found] if found.question.scored() else []
            if not waiting:
                yield self._block(found)
        if waiting:
            yield self._scale_block(waiting)

    def block(self, id_: str) -> Block | None:
        """The block of that id."""
        return next((block for block in self.blocks() if block.id == id_), None)

    def say(self, question: Question) -> str:
        """What was asked, in the reader's language."""
        text = self.report.questionnaire.say(question.label, self.lang.code) or question.name
        return _("In their own words: %(question)s") % {"question": text} if question.words_of else text

    def option(self, option: Option) -> str:
        """The words of an option."""
        return self.report.questionnaire.say(option.label, self.lang.code) or (
            _("Other") if option.code == "other" else option.code
        )

    def groups(self) -> list[str]:
        """Names of the groups compared; those of none last, where there are any to show."""
        if self.division is None:
            return []
        none = [_("no group")] if self.report.sizes[self.division.id][-1] is not None else []
        return [*(self.option(option) for option in self.division.groups), *none]

    def cells(self, found: QuestionResult) -> list[Cell | None]:
        """The figures of the groups compared, in the order of their names."""
        return list(found.groups[self.choice.by][: len(self.groups())])

    def cell(self, found: QuestionResult) -> Cell | None:
        """The figures to show: of everybody, or of the one group."""
        if self.division is None or self.one is None:
            return found.whole
        cells = found.groups.get(self.division.id, ())
        return cells[self.one] if cells else None

    def _compares(self, found: QuestionResult) -> bool:
        return self.division is not None and self.one is None and self.division.id in found.groups

    # scales

    def _scale_block(self, several: Sequence[QuestionResult]) -> Block:
        first = several[0].question
        heading = self.say(first) if len(several) == 1 else self._section(several)
        id_ = f"q-{first.name}"
        notes = [note for found in several if (note := self._contrast(found))] if self._compares(several[0]) else []
        if self._compares(several[0]):
            columns, rows = self._means_by_group(several)
            return Block(id_, heading, columns, rows, tuple(notes), self._chart_by_group(id_, heading, several))
        points = _ordered(first)
        columns = (_("Answers"), _("Mean"), _("95% interval"), *(self.option(option) for option in points))
        rows = tuple(Row(self.say(found.question), self._scale_cells(found, points)) for found in several)
        return Block(id_, heading, columns, rows, tuple(self._reliability(several)), self._diverging(id_, heading, several))

    def _section(self, several: Sequence[QuestionResult]) -> str:
        names = {found.question.name for found in several}
        for scale in self.report.scales:
            if names & set(scale.scale.questions) and scale.scale.label:
                return self.report.questionnaire.say(scale.scale.label, self.lang.code)
        return ngettext("%(n)s statement", "%(n)s statements", len(several)) % {"n": len(several)}

    def _scale_cells(self, found: QuestionResult, points: Sequence[Option]) -> tuple[str, ...]:
        cell = self.cell(found)
        if cell is None:
            return (HIDDEN,) * (3 + len(points))
        index = found.question.index()
        shares = tuple(self._share(cell.counts[index[option.code]], cell.n) for option in points)
        return (self.lang.number(cell.n, 0), self._mean(cell), self._interval(cell.mean), *shares)

    def _means_by_group(self, several: Sequence[QuestionResult]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
        names = (_("Everybody"), *self.groups())
        rows = []
        for found in several:
            cells = [found.whole, *self.cells(found)]
            texts = tuple(
                f"{self._mean(cell)} ({self.lang.number(cell.n, 0)})" if cell and cell.moments else HIDDEN for cell in cells
            )
            rows.append(Row(self.say(found.question), texts))
        return names, tuple(rows)

    def _diverging(self, id_: str, heading: str, several: Sequence[QuestionResult]) -> Chart | None:
        points = [option for option in _ordered(several[0].question) if not option.missing]
        rows = []
        for found in several:
            cell = self.cell(found)
            if cell is not None and (shares := _shares(found.question, cell, points)):
                rows.append(DivergingRow(self.say(found.question), shares, self._mean(cell)))
        if not rows:
            return None
        words = Words(heading, _("share of answers; at the end the mean"))
        return diverging_chart(id_, words, rows, [self.option(option) for option in points], self.lang)

    def _chart_by_group(self, id_: str, heading: str, several: Sequence[QuestionResult]) -> Chart | None:
        if len(several) == 1:
            found = several[0]
            points = [option for option in _ordered(found.question) if not option.missing]
            pairs = zip([_("Everybody"), *self.groups()], [found.whole, *self.cells(found)], strict=True)
            rows = [
                DivergingRow(name, shares, self._mean(cell))
                for name, cell in pairs
                if cell and (shares := _shares(found.question, cell, points))
            ]
            words = Words(heading, _("share of answers; at the end the mean"))
            return diverging_chart(id_, words, rows, [self.option(option) for option in points], self.lang)
        means = []
        for found in several:
            for name, cell in zip(self.groups(), self.cells(found), strict=True):
                if cell is not None and cell.mean is not None:
                    at = cell.mean
                    means.append(MeanRow(f"{self.say(found.question)}: {name}", at.estimate, at.low, at.high, self._mean(cell)))
        if not means or len(means) > MOST_ROWS:
            return None
        scores = [option.score for option in several[0].question.options if option.score is not None]
        return mean_chart(id_, Words(heading, _("means with 95% intervals")), means, (min(scores), max(scores)), self.lang)

    def _reliability(self, several: Sequence[QuestionResult]) -> Iterator[str]:
        names = {found.question.name for found in several}
        for scale in self.report.scales:
            held = scale.reliability
            if not names & set(scale.scale.questions) or held is None or self.one is not None or held.alpha is None:
                continue
            alpha = held.alpha
            text = _("The scale of these statements: Cronbach’s alpha %(alpha)s (95%% interval %(low)s to %(high)s)") % {
                name: self.lang.number(value, 2)
                for name, value in (("alpha", alpha.estimate), ("low", alpha.low), ("high", alpha.high))
            }
            if held.omega is not None:
                text += _(", McDonald’s omega %(omega)s") % {"omega": self.lang.number(held.omega, 2)}
            yield text + _("; %(n)s persons answered all of them.") % {"n": self.lang.number(held.persons, 0)}

    # the other kinds

    def _block(self, found: QuestionResult) -> Block:
        question, cell = found.question, self.cell(found)
        id_, heading = f"q-{question.name}", self.say(question)
        if found.whole is None or cell is None:
            return Block(id_, heading, (), (), (_("Too few people answered this to be shown."),))
        if question.kind == "text":
            return self._words(found, id_, heading)
        if question.kind == "number":
            return self._numbers(found, id_, heading)
        compared = (
            [(_("Everybody"), found.whole), *zip(self.groups(), self.cells(found), strict=True)] if self._compares(found) else []
        )
        shown = compared or [(_("Share"), cell)]
        options = [(self.option(option), place) for place, option in enumerate(question.options)]
        rows = [
            Row(name, tuple(self._option_cell(one, place, bool(compared)) for _name, one in shown)) for name, place in options
        ]
        if any(one is not None and one.unlisted for _name, one in shown):
            rows.append(
                Row(
                    _("not among the choices"), tuple(self._share(one.unlisted, one.n) if one else HIDDEN for _name, one in shown)
                )
            )
        rows.append(Row(_("Answers"), tuple(self.lang.number(one.n, 0) if one else HIDDEN for _name, one in shown)))
        drawn = [(name, cell.counts[place] / cell.n, self._share(cell.counts[place], cell.n)) for name, place in options]
        subtitle = {
            "many": _("share of those who answered; several could be chosen"),
            "rank": _("share of those who put it first"),
        }
        chart = share_chart(id_, Words(heading, subtitle.get(question.kind, _("share of answers"))), drawn, self.lang)
        notes = [note] if (note := self._contrast(found)) else []
        return Block(
            id_,
            heading,
            tuple(name for name, _one in shown),
            tuple(rows),
            tuple(notes),
            chart if len(drawn) <= MOST_ROWS else None,
        )

    def _option_cell(self, cell: Cell | None, place: int, short: bool) -> str:
        if cell is None or not cell.n:
            return HIDDEN
        text = self._share(cell.counts[place], cell.n)
        if short:
            return text
        at = share(cell.counts[place], cell.n)
        return f"{text} ({self.lang.percent(at.low * 100, 0)}–{self.lang.percent(at.high * 100, 0)})"

    def _numbers(self, found: QuestionResult, id_: str, heading: str) -> Block:
        compared = self._compares(found)
        pairs: list[tuple[str, Cell | None]] = [(_("Everybody"), found.whole)]
        if compared:
            pairs += zip(self.groups(), self.cells(found), strict=True)
        elif self.one is not None:
            pairs = [(self.groups()[self.one], self.cell(found))]
        columns = (_("Answers"), _("Mean"), _("95% interval"), _("A quarter below"), _("Half below"), _("Three quarters below"))
        rows = tuple(Row(name, self._number_cells(cell)) for name, cell in pairs)
        means = [
            MeanRow(name, cell.mean.estimate, cell.mean.low, cell.mean.high, self._mean(cell))
            for name, cell in pairs
            if cell and cell.mean
        ]
        low, high = min((row.low for row in means), default=0.0), max((row.high for row in means), default=1.0)
        chart = None
        if len(means) > 1:
            words = Words(heading, _("means with 95% intervals"))
            chart = mean_chart(id_, words, means, (low, max(high, low + 1e-9)), self.lang)
        return Block(id_, heading, columns, rows, (note,) if (note := self._contrast(found)) else (), chart)

    def _number_cells(self, cell: Cell | None) -> tuple[str, ...]:
        if cell is None or cell.moments is None or cell.quartiles is None:
            return (HIDDEN,) * 6
        quartiles = (self.lang.number(value, 1) for value in cell.quartiles)
        return (self.lang.number(cell.n, 0), self._mean(cell), self._interval(cell.mean), *quartiles)

    def _words(self, found: QuestionResult, id_: str, heading: str) -> Block:
        assert found.whole is not None
        n = self.lang.number(found.whole.n, 0)
        if found.texts is None:
            note = _("%(n)s people wrote something. Words are shown from %(least)s on.") % {
                "n": n,
                "least": self.report.open_threshold,
            }
            return Block(id_, heading, (), (), (note,))
        return Block(
            id_, heading, (), (), (_("%(n)s people wrote something. In the order of letters:") % {"n": n},), texts=found.texts
        )

    # figures in words

    def _contrast(self, found: QuestionResult) -> str:
        held = found.contrasts.get(self.choice.by) if self._compares(found) else None
        return f"{self.say(found.question)}: {self._said(held)}" if held else ""

    def _said(self, held: Contrast) -> str:
        chance = _("p < 0.001") if held.p < 0.001 else _("p = %(p)s") % {"p": self.lang.number(held.p, 3)}
        names = {"hedges-g": _("Hedges’ g"), "eta-squared": _("eta squared"), "cramers-v": _("Cramér’s V")}
        effect = f"{names[held.effect_name]} {self.lang.number(held.effect, 2)}"
        words = (
            _("the groups differ more than chance explains") if held.p < 0.05 else _("chance may explain how the groups differ")
        )
        return f"{words} ({chance}; {effect})" + (_("; few answers, take it with care") if held.weak else "")

    def _mean(self, cell: Cell) -> str:
        return self.lang.number(cell.moments.mean, 2) if cell.moments else HIDDEN

    def _interval(self, at: Interval | None) -> str:
        return f"{self.lang.number(at.low, 2)}–{self.lang.number(at.high, 2)}" if at else HIDDEN

    def _share(self, count: int, n: int) -> str:
        return self.lang.percent(100 * count / n, 0) if n else HIDDEN


def _fits(waiting: Sequence[QuestionResult], found: QuestionResult) -> bool:
    """Whether a question belongs into the same chart: the same section, the same points in the same words."""
    first, question = waiting[0].question, found.question
    return len(waiting) < TOGETHER and first.section == question.section and first.options == question.options


def _ordered(question: Question) -> list[Option]:
    """Options from the lowest score to the highest, those that say nothing last."""
    return sorted(question.options, key=lambda option: (option.score is None, option.score or 0.0))


def _shares(question: Question, cell: Cell, points: Sequence[Option]) -> tuple[float, ...]:
    index = question.index()
    counts = [cell.counts[index[option.code]] for option in points]
    return tuple(count / sum(counts) for count in counts) if sum(counts) else ()


__all__ = ["GROUP", "Block", "Choice", "Page", "Row"]
