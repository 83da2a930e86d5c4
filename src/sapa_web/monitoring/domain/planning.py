"""The programme and its plan: filled from the pack in force, changed by people, put in force by an order (and then binding)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.packs.loader import Pack
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.monitoring.domain.inforce import BODIES, codes, holding, pack_in_force
from sapa_web.monitoring.domain.states import PROGRAMME, held, name_of
from sapa_web.monitoring.models import Order, PlanLine, Programme, Task, Watch
from sapa_web.orgs.domain.versions import person

TURNS = {"week": 36, "month": 9, "quarter": 4, "half-year": 2, "year": 1}
"""How often a periodicity comes in a school year; lessons and events come unplanned: their turns are opened one by one."""
EDITABLE = ("form", "periodicity", "level", "responsible", "person", "person_name", "criteria", "products")


@transaction.atomic
def start(
    actor: Any, organisation: Any, pack: str, year: str, part: str, begins_on: date, ends_on: date, grounds: str = ""
) -> Programme:
    """Begin the programme of a year or half-year with the lines of the plan that the pack in force on its first day has."""
    if ends_on <= begins_on:
        raise UserError(_("the programme ends before it begins"), todo=_("mend the days"))
    same = Programme.objects.unscoped("of one institution").filter(organisation=organisation, pack=pack, year=year, part=part)
    if same.exists():
        raise UserError(_("there is a programme for this time already"), todo=_("go on with that one"))
    rules = pack_in_force(organisation, pack, begins_on)
    programme: Programme = Programme.objects.create(
        organisation=organisation, pack=pack, pack_version=f"{rules.id} {rules.version}", year=year, part=part,
        begins_on=begins_on, ends_on=ends_on, grounds=grounds.strip(), made_by=person(actor), made_at=now(),
    )  # fmt: skip
    for place, line in enumerate(holding(rules.monitoring)):
        PlanLine.objects.create(programme=programme, position=place, **_as_planned(line))
    _entry(actor, "programme.begun", programme, {"pack": pack, "year": year, "part": part, "lines": len(rules.monitoring)})
    return programme


def _as_planned(line: Any) -> dict[str, Any]:
    lists = ("responsible", "procedures", "criteria", "methods", "products")
    return {
        "element": line.id, "title": dict(line.title), "form": line.form, "periodicity": line.periodicity, "level": line.level,
        **{name: list(getattr(line, name)) for name in lists},
    }  # fmt: skip


@transaction.atomic
def write_line(actor: Any, line: PlanLine, **changes: Any) -> PlanLine:
    """Change a line of a plan that no order has put in force yet."""
    programme = _draft(line.programme)
    unknown = sorted(set(changes) - {*EDITABLE, "title"})
    if unknown:
        raise UserError(_("a line has no such part: %s") % ", ".join(unknown), todo=_("reload the page"))
    for name, value in changes.items():
        setattr(line, name, value)
    line.save()
    _entry(actor, "programme.line", programme, {"line": line.pk, "changed": sorted(changes)})
    return line


@transaction.atomic
def add_line(actor: Any, programme: Programme, title: Mapping[str, str], **parts: Any) -> PlanLine:
    """A line of the institution's own."""
    held_one = _draft(programme)
    lines = PlanLine.objects.unscoped("of one programme").filter(programme=held_one)
    line: PlanLine = PlanLine.objects.create(programme=held_one, title=dict(title), position=lines.count(), **parts)
    _entry(actor, "programme.line", held_one, {"line": line.pk, "changed": ["added"]})
    return line


@transaction.atomic
def drop_line(actor: Any, line: PlanLine) -> None:
    """Take a line out of a draft."""
    programme = _draft(line.programme)
    _entry(actor, "programme.line", programme, {"line": line.pk, "changed": ["dropped"]})
    line.delete()


@transaction.atomic
def put_in_force(actor: Any, programme: Programme, number: str, dated: date, text: str = "") -> Programme:
    """The head's order: names the responsible, binds the staff; objects and the bodies' tasks come into being with it."""
    row: Programme = held(Programme, programme)
    state = PROGRAMME.to("order", row.state)
    lines = list(PlanLine.objects.unscoped("of one programme").filter(programme=row))
    if not lines:
        raise UserError(_("the plan has no lines"), todo=_("add what is to be watched"))
    without = [line for line in lines if not (line.person_id or line.person_name.strip())]
    if without:
        raise UserError(
            _("%(n)s lines name nobody who is responsible") % {"n": len(without)},
            todo=_("name a person in each line: the order approves who they are"),
        )
    row.order = order(actor, row.organisation, Order.PLAN, number, dated, text)
    row.state = state
    row.save(update_fields=["order", "state"])
    for line in lines:
        _open_turns(row, line)
    rules = pack_in_force(row.organisation, row.pack, row.begins_on)
    _give_tasks(actor, row, rules, lines)
    _entry(actor, "programme.order", row, {"number": number, "dated": dated.isoformat(), "lines": len(lines)})
    return row


@transaction.atomic
def close(actor: Any, programme: Programme) -> Programme:
    """End a programme whose objects have all gone through their steps."""
    row: Programme = held(Programme, programme)
    state = PROGRAMME.to("close", row.state)
    under_way = Watch.objects.unscoped("of one programme").filter(line__programme=row, state=Watch.OPEN)
    if left := under_way.count():
        raise UserError(_("%(n)s objects are still under way") % {"n": left}, todo=_("finish their steps first"))
    row.state = state
    row.save(update_fields=["state"])
    _entry(actor, "programme.close", row, {})
    return row


def order(actor: Any, organisation: Any, about: str, number: str, dated: date, text: str) -> Order:
    """An order of the head; its number is used once a day."""
    if not number.strip():
        raise UserError(_("an order has a number"), todo=_("give the number it has in the book of orders"))
    known = Order.objects.unscoped("of one institution").filter(organisation=organisation, number=number.strip(), dated=dated)
    if known.exists():
        raise UserError(_("there is an order of this number and day already"), todo=_("give its own number"))
    made: Order = Order.objects.create(
        organisation=organisation, about=about, number=number.strip(), dated=dated, text=text.strip(), by=person(actor), at=now()
    )
    return made


def _open_turns(programme: Programme, line: PlanLine) -> None:
    whole = (programme.ends_on - programme.begins_on).days
    times = TURNS.get(line.periodicity, 1) if line.form == "periodic" else 1
    if programme.part != "year" and times > 1:
        times = max(1, times // 2)
    for turn in range(1, times + 1):
        due = programme.begins_on + timedelta(days=round(whole * turn / times))
        Watch.objects.create(line=line, turn=turn, due=due, made_at=now())


def _give_tasks(actor: Any, programme: Programme, rules: Pack, lines: list[PlanLine]) -> None:
    """Each body's own functions by the pack, and the objects it answers for."""
    lang = rules.meta.languages[0]
    given: set[str] = set()  # what several offices share is a task of the first of them
    for body, item in codes(rules, BODIES).items():
        for path, clause in functions_of(rules, item):
            if path in given:
                continue
            given.add(path)
            Task.objects.create(
                organisation=programme.organisation, pack=programme.pack, programme=programme, body=body,
                title=rules.text(dict(clause.text), lang)[:500], clause=path, due=programme.ends_on,
            )  # fmt: skip
    for line in lines:
        for body in line.responsible:
            Task.objects.create(
                organisation=programme.organisation, pack=programme.pack, programme=programme, body=body,
                title=rules.text(line.title, lang)[:500], due=programme.ends_on,
            )  # fmt: skip


def functions_of(rules: Pack, item: Any) -> list[tuple[str, Any]]:
    """The provisions that say what a body has to do, with their paths: those under the clauses its code cites."""
    out = []
    for reference in item.clause or ():
        below = [(path, clause) for path, clause in rules.clauses.items() if path.startswith(f"{reference}.l")]
        out += below or [(reference, rules.clauses[reference])]
    return [(path, clause) for path, clause in out if clause.kind in ("duty", "recommendation", "permission")]


@transaction.atomic
def finish_task(actor: Any, task: Task, result: str, done_on: date) -> Task:
    """Note what came of a task."""
    row: Task = held(Task, task)
    if row.state == Task.DONE:
        raise UserError(_("this task is done already"), todo=_("reload the page"))
    if not result.strip():
        raise UserError(_("say what came of it"), todo=_("write the result, or the minutes it stands in"))
    row.state, row.result, row.done_on, row.by = Task.DONE, result.strip(), done_on, person(actor)
    row.save(update_fields=["state", "result", "done_on", "by"])
    ledger.append(actor, "task.done", obj=row, unit=row.organisation.code, data={"body": row.body, "by": name_of(actor)})
    return row


def _draft(programme: Programme) -> Programme:
    row: Programme = held(Programme, programme)
    if row.state != Programme.DRAFT:
        raise UserError(_("the plan is in force: it is not changed any more"), todo=_("plan the next half-year, or close it"))
    return row


def _entry(actor: Any, verb: str, programme: Programme, data: dict[str, Any]) -> None:
    ledger.append(actor, verb, obj=programme, unit=programme.organisation.code, data=data)
