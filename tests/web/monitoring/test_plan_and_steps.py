"""Plan, order and the seven steps: each in its turn, each with a dated product, all in the ledger."""

from __future__ import annotations

from datetime import date

import pytest

from sapa_web.common.models import LedgerEntry
from sapa_web.common.packs import pack_named
from sapa_web.monitoring.domain import planning, steps
from sapa_web.monitoring.models import Document, PlanLine, Programme, Task, Watch
from tests.web import cast
from tests.web.monitoring import world

pytestmark = pytest.mark.django_db
DAY = date(2024, 9, 10)


def test_the_plan_is_filled_from_the_pack(people: cast.Cast) -> None:
    made = world.programme(people)
    rows = world.lines(made)
    assert [line.element for line in rows] == [line.id for line in pack_named(world.PACK).monitoring]
    assert {line.form for line in rows} == {"continuous", "periodic"}
    assert {line.level for line in rows} == {"administration", "associations", "school-council"}
    assert "already" in world.refused(world.programme, people)


def test_an_order_must_name_everybody_and_binds_the_plan(people: cast.Cast) -> None:
    made = world.programme(people)
    assert "11 lines name nobody" in world.refused(planning.put_in_force, people.head, made, "79", DAY)
    for line in world.lines(made):
        planning.write_line(people.head, line, person_name="M. Teacher")
    assert "number" in world.refused(planning.put_in_force, people.head, made, " ", DAY)
    row = planning.put_in_force(people.head, made, "79", DAY)
    assert row.state == Programme.ORDERED
    assert row.order is not None
    assert row.order.number == "79"
    assert "in force" in world.refused(planning.write_line, people.head, world.lines(made)[0], person_name="X")
    watches = Watch.objects.unscoped("test").filter(line__programme=row)
    assert watches.filter(line__element="attestation").count() == 4
    assert watches.filter(line__element="health").count() == 2
    assert watches.filter(line__element="lessons").count() == 1
    verbs = list(LedgerEntry.objects.filter(unit=cast.SCHOOL).values_list("verb", flat=True))
    assert verbs.count("programme.order") == 1
    assert verbs.count("programme.line") == 11


def test_each_body_gets_its_functions_and_its_objects(people: cast.Cast) -> None:
    made = world.in_force(people)
    tasks = Task.objects.unscoped("test").filter(programme=made)
    assert tasks.filter(body="head", clause__startswith="ru-soko:s3.2.l").count() == 9
    assert tasks.filter(body="subject-association", clause__startswith="ru-soko:s3.3.l").count() == 6
    assert tasks.filter(body="pedagogical-council", clause__startswith="ru-soko:s3.4.l").count() == 10
    assert tasks.filter(body="council-of-school", clause="").count() == 1
    task = tasks.filter(body="head")[0]
    assert "came of it" in world.refused(planning.finish_task, people.head, task, " ", DAY)
    assert planning.finish_task(people.head, task, "Order No 80", DAY).state == Task.DONE


def test_the_seven_steps_come_one_after_another(people: cast.Cast) -> None:
    made = world.in_force(people)
    one = world.watch(made, "health")
    names = list(steps.steps_of(made))
    assert len(names) == 7
    assert "order" in world.refused(steps.finish, people.head, one, names[1], "Data", DAY)
    assert "product" in world.refused(steps.finish, people.head, one, names[0], " ", DAY)
    assert "to come" in world.refused(steps.finish, people.head, one, names[0], "Object", date(2024, 9, 17))
    for name in names[:5]:
        steps.finish(people.head, one, name, f"Product of {name}", DAY)
    assert "later" in world.refused(steps.finish, people.head, one, names[5], "Note", date(2024, 9, 9))
    assert "document" in world.refused(steps.finish, people.head, one, names[5], "Note", DAY)
    Document.objects.create(
        organisation=made.organisation, pack=made.pack, product="note", form="note", period="2024", watch=one, title="Note",
        number="1", state=Document.ISSUED, made_at=cast.DAY,
    )  # fmt: skip
    for name in names[5:]:
        steps.finish(people.head, one, name, f"Product of {name}", DAY)
    row = Watch.objects.unscoped("test").get(pk=one.pk)
    assert (row.state, row.done) == (Watch.DONE, 7)
    assert "all steps" in world.refused(steps.finish, people.head, one, names[6], "More", DAY)
    done = LedgerEntry.objects.filter(verb="watch.step", unit=cast.SCHOOL)
    assert [entry.data["step"] for entry in done.order_by("seq")] == names


def test_a_programme_closes_when_its_objects_are_through(people: cast.Cast) -> None:
    made = world.in_force(people)
    assert "under way" in world.refused(planning.close, people.head, made)
    Watch.objects.unscoped("test").filter(line__programme=made).update(state=Watch.DONE)
    assert planning.close(people.head, made).state == Programme.CLOSED
    line = PlanLine.objects.unscoped("test").filter(programme=made)[0]
    assert "order" in world.refused(steps.open_turn, people.head, Programme.followed.get(pk=made.pk) and line, DAY)
