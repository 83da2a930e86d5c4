"""A programme as people see it: its objects, each with the path of its turns, and what is next. No query per row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sapa.calendar.deadlines import TimesInYearsDeadline, years_after
from sapa.packs.loader import Pack
from sapa_web.common.clock import today
from sapa_web.monitoring.domain.inforce import BODIES, LEVELS, STEPS, codes, holding, pack_in_force
from sapa_web.monitoring.models import PlanLine, Programme, StepRecord, Watch
from sapa_web.monitoring.words import FORMS, PERIODICITY, named, said

SOON = 30
"""Days ahead that count as now; ours."""


@dataclass(frozen=True)
class Step:
    """One step on the path of a turn: ``done`` with its record, ``here``, or ``later``."""

    code: str
    title: str
    state: str
    record: StepRecord | None = None


@dataclass(frozen=True)
class Turn:
    """A turn of an object with its path."""

    watch: Watch
    path: tuple[Step, ...]
    object: Object

    @property
    def late(self) -> bool:
        """Whether its day has passed and steps are left."""
        return self.watch.state == Watch.OPEN and self.watch.due < today()

    @property
    def here(self) -> Step | None:
        """The step it stands at."""
        return next((item for item in self.path if item.state == "here"), None)


@dataclass(frozen=True)
class Object:
    """A line of the plan in the reader's words."""

    line: PlanLine
    title: str
    form: Any
    often: Any
    level: str
    bodies: tuple[str, ...]
    person: str
    criteria: tuple[str, ...]
    products: tuple[str, ...]
    clauses: tuple[str, ...]
    ours: bool
    turns: list[Turn] = field(default_factory=list)

    @property
    def current(self) -> Turn | None:
        """The turn that is under way, else the last."""
        return next((item for item in self.turns if item.watch.state == Watch.OPEN), self.turns[-1] if self.turns else None)

    def speaks_of(self, asked: str) -> bool:
        """Whether what is searched for stands in the line."""
        words = (self.title, self.person, self.level, *self.bodies, *self.criteria)
        return asked.casefold() in " ".join(map(str, words)).casefold()


class Told:
    """A programme with its pack, its lines and their turns."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.rules: Pack = pack_in_force(programme.organisation, programme.pack, programme.begins_on)

    @cached_property
    def steps(self) -> list[tuple[str, str]]:
        """The steps of the pack: code and title."""
        return [(code, said(self.rules, item.title)) for code, item in codes(self.rules, STEPS).items()]

    @cached_property
    def objects(self) -> list[Object]:
        """Every line with its turns."""
        lines = list(
            PlanLine.objects.unscoped("of one programme").filter(programme=self.programme).select_related("person", "programme")
        )
        turns: dict[int, list[Turn]] = {}
        out = [self._object(line) for line in lines]
        by_line = {item.line.pk: item for item in out}
        records: dict[int, dict[str, StepRecord]] = {}
        for record in StepRecord.objects.unscoped("of one programme").filter(watch__line__programme=self.programme):
            records.setdefault(record.watch_id, {})[record.step] = record
        for watch in Watch.objects.unscoped("of one programme").filter(line__programme=self.programme):
            path = self._path(watch, records.get(watch.pk, {}))
            turns.setdefault(watch.line_id, []).append(Turn(watch, path, by_line[watch.line_id]))
        for item in out:
            item.turns.extend(turns.get(item.line.pk, []))
        return out

    def _path(self, watch: Watch, records: dict[str, StepRecord]) -> tuple[Step, ...]:
        """The steps of a turn: what is done, where it stands, what comes."""
        states = ["done" if place < watch.done else "later" for place in range(len(self.steps))]
        if watch.done < len(states) and self.programme.state == Programme.ORDERED:
            states[watch.done] = "here"
        return tuple(Step(code, title, states[at], records.get(code)) for at, (code, title) in enumerate(self.steps))

    def _object(self, line: PlanLine) -> Object:
        source = next((item for item in self.rules.monitoring if item.id == line.element), None)
        level, bodies = codes(self.rules, LEVELS).get(line.level), codes(self.rules, BODIES)
        products = {item.id: item for item in self.rules.products}
        criteria = {item.id: item for item in holding(self.rules.criteria)}
        return Object(
            line, said(self.rules, line.title), FORMS.get(line.form, line.form), PERIODICITY.get(line.periodicity, ""),
            said(self.rules, level.title) if level else line.level, tuple(named(self.rules, bodies, line.responsible)),
            str(line.person) if line.person else line.person_name, tuple(named(self.rules, criteria, line.criteria)),
            tuple(named(self.rules, products, line.products)), tuple(source.clause) if source and source.clause else (),
            source is None or bool(source.ours),
        )  # fmt: skip

    @property
    def turns(self) -> list[Turn]:
        """Every turn, the earliest first."""
        return sorted((turn for item in self.objects for turn in item.turns), key=lambda turn: (turn.watch.due, turn.watch.pk))

    def due(self, days: int = SOON) -> list[Turn]:
        """Turns with steps left whose day has passed or comes soon."""
        return [
            turn for turn in self.turns if turn.watch.state == Watch.OPEN and turn.watch.due <= today() + timedelta(days=days)
        ]

    @property
    def unnamed(self) -> int:
        """Lines without a person who is responsible."""
        return sum(1 for item in self.objects if not item.person)


def newest_of(organisation: Any) -> Programme | None:
    """The programme people work by: one that is not closed yet, else the last."""
    rows = Programme.objects.unscoped("of one institution").filter(organisation=organisation)
    found = list(rows.select_related("organisation", "order").order_by("-year", "-begins_on", "-pk")[:12])
    return next((item for item in found if item.state != Programme.CLOSED), found[0] if found else None)


def report_by(rules: Pack, product: str, begins_on: date) -> tuple[date, Any] | None:
    """The day by which a yearly product is due, with the calendar's item: within a year of the first day of the programme."""
    found = next((item for item in rules.products if item.id == product), None)
    item = next((one for one in rules.calendar if found and one.id == found.deadline), None)
    if item is None or not isinstance(item.rule, TimesInYearsDeadline):
        return None
    return years_after(begins_on, item.rule.n_max) - timedelta(days=1), item


def bodies_of(user: Any, organisation: Any) -> set[str]:
    """The bodies in which a person sits today."""
    from sapa_web.monitoring.models import BodyMember

    rows = BodyMember.objects.unscoped("the person's own").filter(user=user, organisation=organisation)
    return {item.body for item in rows if item.since <= today() and (item.until is None or item.until >= today())}


def people_choices(organisation: Any) -> list[tuple[str, str]]:
    """People with an account at the institution, to choose from."""
    from sapa_web.orgs.models import User

    people: Iterable[Any] = (
        User.objects.filter(memberships__organisation=organisation, is_active=True).distinct().order_by("name")
    )
    return [(str(user.pk), str(user)) for user in people]
