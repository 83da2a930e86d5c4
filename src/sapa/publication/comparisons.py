"""Chapters that compare: targets and facts, typical problems, a place and those above it. Each gives tables and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sapa.packs.models_report import Chapter, Report, TableSpec, Target
from sapa.publication.facts import Cut, FactStore
from sapa.publication.labels import Labels
from sapa.publication.meta import PublicationMeta
from sapa.publication.numbers import exact, rounded
from sapa.publication.reading import FEWEST_CODES, MOST, Sentence, change, known_fact, lowered, ranking
from sapa.publication.tables import SYMBOLS, Cell, Column, Row, Table, fact_cell, written_cell
from sapa.publication.templates import themes_of

LISTED = 15
"""Rows of a list of problems."""
SHOWN_PERIODS = 3
"""Periods of targets that stand beside each other: the last ones."""

Told = tuple[list[Sentence], list[Table]]


@dataclass(frozen=True)
class Scope:
    """What a report is about where it is not about the whole: one code of a dimension, or one reporting unit."""

    dimension: str
    code: str
    name: str
    unit: bool = False
    """Whether it is a reporting unit: its facts were computed from its own rows alone."""
    beside: Cut = ()
    """Codes of the places above it, e.g. its region."""

    @property
    def within(self) -> Cut:
        return ((self.dimension, self.code),)


@dataclass(frozen=True)
class Figures:
    """What a comparison reads: the facts of what the report is about, those of the whole, and what the run says."""

    mine: FactStore
    whole: FactStore
    meta: PublicationMeta
    scope: Scope | None = None


def wanted_to_compare(report: Report, labels: Labels, scope: Scope | None) -> dict[str, set[frozenset[str]]]:
    """Cuts of the whole that the comparing chapters of a report need."""
    out: dict[str, set[frozenset[str]]] = {}
    for chapter in report.chapters:
        if chapter.shows == "targets":
            for target in labels.pack.targets:
                if target.indicator:
                    out.setdefault(target.indicator, set()).add(frozenset(target.cut))
        elif chapter.shows == "problems":
            for item in directed(labels):
                out.setdefault(item.id, set()).update({frozenset(), frozenset({chapter.by} if chapter.by else ())})
        elif chapter.shows == "standing" and scope is not None:
            cuts = {frozenset({name}) for name, _ in (*scope.beside, *scope.within)} | {frozenset[str]()}
            for name in labels.indicators:
                out.setdefault(name, set()).update(cuts)
    return out


def directed(labels: Labels) -> list[Any]:
    """Indicators of which it is known whether more is better."""
    return [item for item in labels.indicators.values() if item.direction != "neutral"]


def compare(chapter: Chapter, place: int, figures: Figures, labels: Labels, report: Report) -> Told:
    """Sentences and tables of a chapter that compares."""
    if chapter.shows == "targets":
        return _targets(chapter, place, figures, labels, every=report.kind == "programme")
    if chapter.shows == "problems":
        return _problems(chapter, place, figures, labels)
    return _standing(chapter, place, figures, labels)


def _special(
    chapter: Chapter, number: str, name: str, title: str, heading: str, columns: Sequence[Column], rows: Sequence[Row],
    labels: Labels, used: Sequence[str] = (), notes: Sequence[str] = (),
) -> Table:  # fmt: skip
    spec = TableSpec.model_construct(
        id=f"{chapter.id}-{name}",
        title={labels.lang.code: title},
        clause=(),
        indicators=tuple(used),
        rows=None,
        columns=None,
        note=None,
    )
    marks = frozenset(mark for row in rows for cell in row.cells for mark in cell.marks)
    return Table(
        spec.id, number, title, heading, spec, tuple(columns), tuple(rows), labels.period, tuple(notes), marks, plain=False
    )


def _number(value: Decimal | int, labels: Labels, *, signed: bool = False) -> Cell:
    text = labels.lang.exact(value)
    sign = "+" if signed and value > 0 else ""
    return Cell("", "", "", (), Decimal(value), sign + text)


def _words(text: str) -> Cell:
    return Cell("", "", "", (), None, text)


NOTHING = Cell("", "", "", (), None, SYMBOLS["missing"], frozenset({"missing"}))


# targets


@dataclass(frozen=True)
class Held:
    """A target held against its figure in one period."""

    target: Target
    wanted: Decimal
    actual: Decimal | None

    @property
    def gap(self) -> Decimal | None:
        return None if self.actual is None else self.actual - self.wanted

    @property
    def reached(self) -> bool | None:
        """None where there is no figure."""
        if self.gap is None:
            return None
        return self.gap >= 0 if self.target.direction == "higher" else self.gap <= 0


def held(target: Target, period: str, store: FactStore) -> Held | None:
    """A target against its figure; None where it has no value for the period."""
    if period not in target.values:
        return None
    fact = known_fact(store.get(target.indicator, period, target.cut.items())) if target.indicator else None
    actual = rounded(fact.value, target.decimals) if fact is not None and fact.value is not None else None
    return Held(target, rounded(target.values[period], target.decimals), actual)


def _targets(chapter: Chapter, place: int, figures: Figures, labels: Labels, *, every: bool) -> Told:
    lang, store = labels.lang, figures.whole
    kept = [target for target in labels.pack.targets if target.holds(labels.period)]
    periods = sorted({period for target in kept for period in target.values if period <= labels.period})[-SHOWN_PERIODS:]
    if not periods:
        periods = sorted({period for target in kept for period in target.values})[:SHOWN_PERIODS]
    measured = [target for target in kept if any(_actual(target, period, store) is not None for period in periods)]
    listed = kept if every else measured
    columns = [Column(lang.text(key), lang.period(period)) for period in periods for key in ("c_target", "c_actual")]
    columns += (
        [Column(lang.text("c_difference"), lang.period(periods[-1])), Column(lang.text("c_state"), lang.period(periods[-1]))]
        if periods
        else []
    )
    rows = [_target_row(target, periods, store, labels) for target in listed]
    left = len(kept) - len(measured)
    notes = [lang.text("n_targets", n=left)] if left else []
    used = list(dict.fromkeys(target.indicator for target in measured if target.indicator))
    title, heading = lang.text("t_targets"), lang.text("c_target_line")
    table = _special(chapter, f"{place}.1", "targets", title, heading, columns, rows, labels, used, notes)
    return _target_sentences(measured, periods, store, labels), [table] if rows else []


def _actual(target: Target, period: str, store: FactStore) -> Decimal | None:
    found = held(target, period, store)
    return found.actual if found else None


def _target_row(target: Target, periods: Sequence[str], store: FactStore, labels: Labels) -> Row:
    cells: list[Cell] = []
    last = None
    for period in periods:
        last = held(target, period, store)
        cells.append(_number(last.wanted, labels) if last else NOTHING)
        if target.indicator is None or last is None or last.actual is None:
            cells.append(NOTHING)
        else:
            item = labels.indicator(target.indicator)
            cell = fact_cell(item, tuple(target.cut.items()), store, period)
            cells.append(written_cell(replace(cell, shown=last.actual), labels))
    gap = last.gap if last else None
    cells.append(_number(gap, labels, signed=True) if gap is not None else NOTHING)
    state = {True: "s_reached", False: "s_missed", None: "s_open"}[last.reached if last else None]
    cells.append(_words(labels.lang.text(state)))
    return Row(f"{labels.text(target.title)}, {labels.lang.unit(target.unit)}", tuple(cells))


def _target_sentences(measured: Sequence[Target], periods: Sequence[str], store: FactStore, labels: Labels) -> list[Sentence]:
    if not periods:
        return []
    lang, last = labels.lang, periods[-1]
    now = [item for target in measured if (item := held(target, last, store)) is not None and item.actual is not None]
    if not now:
        return []
    said = lang.text("r_targets", total=len(now), n=sum(bool(item.reached) for item in now)) + "."
    missed = [item for item in now if item.reached is False and item.wanted]
    if missed:
        far = max(missed, key=lambda item: abs((item.gap or Decimal(0)) / item.wanted))
        value, wanted = (lang.counted(lang.exact(number), far.target.unit) for number in (far.actual or Decimal(0), far.wanted))
        said += " " + lang.text("r_far", title=labels.text(far.target.title), value=value, target=wanted)
    return [Sentence(f"{lang.text('t_targets')}, {lang.period(last)}", said)]


# problems


def _problems(chapter: Chapter, place: int, figures: Figures, labels: Labels) -> Told:
    parts = [_wrong_way(chapter, figures.whole, labels)]
    if chapter.by:
        parts.append(_last_places(chapter, chapter.by, figures.whole, labels))
    parts.append(_findings(chapter, figures.meta, labels))
    made = [(said, table) for said, table in parts if table is not None]
    tables = [replace(table, number=f"{place}.{number}") for number, (_, table) in enumerate(made, 1) if table is not None]
    return [sentence for said, _ in made for sentence in said], tables


def _wrong_way(chapter: Chapter, store: FactStore, labels: Labels) -> tuple[list[Sentence], Table | None]:
    lang, period = labels.lang, labels.period
    moved: list[tuple[Decimal, Any, str]] = []
    compared = 0
    for item in directed(labels):
        before = [name for name in store.periods([item.id], period) if name < period]
        old = known_fact(store.get(item.id, before[-1])) if before else None
        new = known_fact(store.get(item.id, period))
        if old is None or new is None:
            continue
        compared += 1
        was, now = (rounded(fact.value or 0.0, item.decimals) for fact in (old, new))
        worse = now < was if item.direction == "higher" else now > was
        if worse:
            moved.append((abs(now - was) / abs(was) if was else Decimal(1), item, before[-1]))
    moved.sort(key=lambda entry: (-entry[0], entry[1].id))
    if not moved:
        return [], None
    earlier = max(name for _, _, name in moved)
    rows = []
    for _, item, name in moved[:LISTED]:
        cells = [written_cell(fact_cell(item, (), store, when), labels) for when in (name, period)]
        cells.append(_number((cells[1].shown or Decimal(0)) - (cells[0].shown or Decimal(0)), labels, signed=True))
        rows.append(Row(f"{labels.text(item.title)}, {lang.unit(item.unit)}", tuple(cells)))
    columns = [Column(lang.period(earlier)), Column(lang.period(period)), Column(lang.text("c_change"))]
    named = lang.period(earlier, "with")
    used = [item.id for _, item, _ in moved[:LISTED]]
    notes = [lang.text("n_wrong", with_period=named)]
    title, heading = lang.text("t_wrong"), lang.text("c_indicator")
    table = _special(chapter, "", "wrong-way", title, heading, columns, rows, labels, used, notes)
    said = lang.text("r_wrong", with_period=named, n=len(moved), total=compared)
    worst = moved[0][1]
    delta = change(worst, known_fact(store.get(worst.id, period)), known_fact(store.get(worst.id, moved[0][2])), labels)
    return [Sentence(title, f"{said} {labels.text(worst.title)}: {delta}.")], table


def _last_places(chapter: Chapter, by: str, store: FactStore, labels: Labels) -> tuple[list[Sentence], Table | None]:
    lang = labels.lang
    last: dict[str, int] = {}
    quarter: dict[str, int] = {}
    compared: dict[str, int] = {}
    used = []
    for item in directed(labels):
        ranked = ranking(item.id, by, store, labels, store.newest([item.id], labels.period))
        worst_first = ranked[::-1] if item.direction == "higher" else ranked
        if len(ranked) < FEWEST_CODES or ranked[0][1] == ranked[-1][1]:
            continue
        used.append(item.id)
        for code, _ in ranked:
            compared[code] = compared.get(code, 0) + 1
        last[worst_first[0][0]] = last.get(worst_first[0][0], 0) + 1
        for code, _ in worst_first[: -(-len(ranked) // 4)]:
            quarter[code] = quarter.get(code, 0) + 1
    if not used:
        return [], None
    codes = sorted(compared, key=lambda code: (-last.get(code, 0), -quarter.get(code, 0), labels.code(by, code)))
    rows = [
        Row(labels.code(by, code), tuple(_number(part.get(code, 0), labels) for part in (last, quarter, compared)))
        for code in codes
    ]
    columns = [Column(lang.text(key)) for key in ("c_last", "c_quarter", "c_compared")]
    title = lang.text("t_last", by=lowered(labels.dimension_title(by)))
    heading, notes = labels.dimension_title(by), [lang.text("n_last")]
    table = _special(chapter, "", "last-places", title, heading, columns, rows, labels, used, notes)
    first = codes[0]
    said = lang.text("r_last", code=labels.code(by, first), n=last.get(first, 0), total=compared[first])
    return [Sentence(title, said)], table


def _findings(chapter: Chapter, meta: PublicationMeta, labels: Labels) -> tuple[list[Sentence], Table | None]:
    lang = labels.lang
    found = sorted((rule for rule in meta.quality.rules if rule.count), key=lambda rule: (-rule.count, rule.rule))[:LISTED]
    if not found:
        return [], None
    rows = [
        Row(
            labels.text(rule.title) or rule.rule,
            (_words(lang.text(f"sev_{rule.severity}")), _number(rule.count, labels)),
        )
        for rule in found
    ]
    columns = [Column(lang.text("c_state")), Column(lang.text("q_count"))]
    title = lang.text("t_found")
    table = _special(chapter, "", "findings", title, lang.text("q_found"), columns, rows, labels)
    said = lang.text("r_found", title=labels.text(found[0].title) or found[0].rule, n=lang.exact(found[0].count))
    return [Sentence(title, said)], table


# a place beside those above it


def _standing(chapter: Chapter, place: int, figures: Figures, labels: Labels) -> Told:
    scope, lang = figures.scope, labels.lang
    if scope is None:
        return [], []
    rows: list[Row] = []
    said: list[Sentence] = []
    used: list[str] = []
    better = compared = 0
    for item in _of_themes(chapter, labels):
        period = figures.mine.newest([item.id], labels.period)
        own = known_fact(figures.mine.get(item.id, period))
        if own is None or own.value is None or getattr(item, "adds_up_over", None):
            continue
        used.append(item.id)
        rows.append(_standing_row(item, period, figures, scope, labels))
        whole = known_fact(figures.whole.get(item.id, period))
        if item.direction == "neutral" or whole is None or whole.value is None:
            continue
        compared += 1
        better += own.value > whole.value if item.direction == "higher" else own.value < whole.value
        if len(said) < MOST:
            said.append(_standing_sentence(item, own.value, whole.value, period, figures, scope, labels))
    if not rows:
        return [], []
    title = lang.text("t_standing", name=scope.name)
    columns = [Column(scope.name), *(Column(labels.code(*pair)) for pair in scope.beside), Column(lang.text("total"))]
    columns += [] if scope.unit else [Column(lang.text("c_rank"))]
    table = _special(chapter, f"{place}.1", "standing", title, lang.text("c_indicator"), columns, rows, labels, used)
    if compared:
        said.insert(0, Sentence(title, lang.text("r_better", n=better, total=compared)))
    return said, [table]


def _of_themes(chapter: Chapter, labels: Labels) -> Iterator[Any]:
    themes = themes_of(chapter, labels.pack, labels.pack)
    for theme in themes:
        yield from (item for item in labels.indicators.values() if item.theme == theme)


def _standing_row(item: Any, period: str, figures: Figures, scope: Scope, labels: Labels) -> Row:
    cells = [fact_cell(item, (), figures.mine, period)]
    cells += [fact_cell(item, (pair,), figures.whole, period) for pair in scope.beside]
    cells.append(fact_cell(item, (), figures.whole, period))
    out = [written_cell(cell, labels) for cell in cells]
    if not scope.unit:
        rank = _rank(item, period, figures, scope, labels)
        out.append(_words("{} / {}".format(*rank)) if rank else NOTHING)
    return Row(f"{labels.text(item.title)}, {labels.lang.unit(item.unit)}", tuple(out))


def _rank(item: Any, period: str, figures: Figures, scope: Scope, labels: Labels) -> tuple[int, int] | None:
    """Place by value among the codes of the dimension, the highest first; equal values share the better place."""
    ranked = ranking(item.id, scope.dimension, figures.whole, labels, period)
    own = dict(ranked).get(scope.code)
    return None if own is None else (1 + sum(value > own for _, value in ranked), len(ranked))


def _standing_sentence(
    item: Any, own: float, whole: float, period: str, figures: Figures, scope: Scope, labels: Labels
) -> Sentence:
    lang = labels.lang
    parts = [
        f"{name}: {lang.counted(lang.number(exact(value), item.decimals), item.unit)}"
        for name, value in ((scope.name, own), (lang.text("total"), whole))
    ]
    rank = None if scope.unit else _rank(item, period, figures, scope, labels)
    if rank:
        parts.append(lang.text("r_rank", n=rank[0], total=rank[1]))
    return Sentence(labels.text(item.title), "; ".join(parts) + ".")
