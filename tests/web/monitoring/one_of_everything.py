"""A monitoring that has one of everything, for the tests of who may open which page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sapa_web.common.clock import today
from sapa_web.monitoring.domain import bodies, documents, experts, measures, planning, regulations, steps, teachers
from sapa_web.monitoring.models import PlanLine, RatingRow, Task, Watch
from sapa_web.orgs.models import Organisation, User
from tests.web.monitoring.world import FIRST, LAST, PACK


def monitoring_of(head: User, teacher: User, unit: Organisation) -> dict[str, Any]:
    """Numbers of its rows, by what they are: a plan in force, a draft of the next half-year, values, papers, a visit."""
    made = planning.start(head, unit, PACK, "2024", "year", FIRST, LAST, "Results in mathematics fell last year.")
    for line in PlanLine.objects.unscoped("test").filter(programme=made):
        planning.write_line(head, line, person=teacher)
    made = planning.put_in_force(head, made, "79", FIRST)
    draft = planning.start(head, unit, PACK, "2023", "H2", date(2024, 1, 9), date(2024, 5, 31))
    watch = Watch.objects.unscoped("test").filter(line__programme=made, line__element="health").earliest("turn")
    for year, share in (("2022", 40), ("2023", 50), ("2024", 55)):
        measures.enter(
            head, unit, PACK, year, "learners-health", "sport-share", numerator=share, denominator=100, source="Lists",
            watch=watch, day=today(),
        )  # fmt: skip
    steps.finish(head, watch, "object", "Health of learners, because of last year.", today())
    note = documents.draft(head, unit, PACK, "note", "2024", watch)
    issued = documents.issue(head, documents.draft(head, unit, PACK, "public-report", "2023"), number="5", dated=today())
    shown = documents.publish(
        head, documents.issue(head, documents.draft(head, unit, PACK, "public-report", "2022"), number="4", dated=today())
    )
    visit = teachers.visit(
        head, unit, PACK, "2024", teacher, dated=today(), lesson="Grade 5, reading", seen="All read aloud.", watch=watch
    )
    line = PlanLine.objects.unscoped("test").filter(programme=draft).first()
    task = Task.objects.unscoped("test").filter(programme=made).first()
    assert line is not None
    assert task is not None
    return {
        "plan": made.pk, "draft": draft.pk, "line": line.pk, "line_in_force": watch.line_id, "watch": watch.pk, "note": note.pk,
        "issued": issued.pk, "shown": shown.pk, "visit": visit.pk, "task": task.pk,
    }  # fmt: skip


def regulations_of(head: User, teacher: User, unit: Organisation) -> dict[str, Any]:
    """An edition everybody reads, with a comment from its discussion, and the draft that follows it."""
    clause = {"provision": "The council has decided so."}
    made = regulations.draft(head, unit, PACK, "Regulation of the school")
    made = regulations.change(head, made, {"kind": "drop-line", "line": "talent", **clause})
    made = regulations.discuss(head, made, today())
    remark = regulations.comment(teacher, made, "Keep the olympiads.")
    regulations.answer(head, remark, "They stay in the study plan.")
    made = regulations.adopt(head, made, council="Pedagogical council", number="1", dated=today())
    made = regulations.publish(head, regulations.approve(head, made, number="80", dated=today()))
    draft = regulations.draft(head, unit, PACK, "Regulation of the school")
    return {"edition": made.pk, "edition_draft": draft.pk, "remark": remark.pk}


SOURCES = [{"kind": "visits", "weight": 2}, {"kind": "accounts", "weight": 1}]


def rating_of(head: User, teacher: User, unit: Organisation) -> RatingRow:
    """The line of a teacher in a rating that is open to answers; he disputes it."""
    method = "The mean of the points of all lesson visits of the year, to see who needs help."
    teachers.visit(head, unit, PACK, "2024", teacher, dated=today(), lesson="Grade 6", seen="All took part.", score=80)
    rating = teachers.rating(head, unit, PACK, "2024", method, SOURCES)
    rating = teachers.open_rating(head, rating, today() + timedelta(days=7))
    line = RatingRow.objects.unscoped("test").get(rating=rating, teacher=teacher)
    return teachers.answer_rating(teacher, line, "One visit was a test.", disputed=True)


def people_of(head: User, teacher: User, unit: Organisation) -> dict[str, Any]:
    """A method nobody is rated by yet, a rating its teacher disputes, his own account, an expert, a seat, what families read."""
    account = teachers.account(teacher, unit, PACK, "2024", "self-analysis", "All read aloud by May.", 70)
    line = rating_of(head, teacher, unit)
    laid_open = teachers.rating(head, unit, PACK, "2023", line.rating.method, SOURCES)
    wanted = experts.require(head, unit, "Five years in education", "Order No 5")
    expert = experts.admit(head, unit, "A. Expert", "University", [wanted.pk])
    experts.require(head, unit, "No kin in the school", "Order No 6")
    other = experts.admit(head, unit, "B. Expert", "Parents", [item.pk for item in experts.requirements(unit)])
    for score, reason, who in ((80, "By our lists", None), (65, "Saw three lessons", other)):
        experts.assess(head, unit, PACK, "2024", "learners-health", score, reason, today(), who)
    seat = bodies.seat(head, unit, PACK, "methodical-council", since=today(), user=teacher, office="Chair")
    past = bodies.seat(head, unit, PACK, "council-of-school", since=FIRST, name="A parent")
    bodies.leave(head, past, FIRST)
    report = documents.draft(head, unit, PACK, "public-report", "2024")
    documents.publish(head, documents.issue(head, report, number="6", dated=today()))
    return {
        "laid_open": laid_open.pk, "rating": line.rating_id, "rated": line.pk, "account": account.pk, "expert": expert.pk,
        "seat": seat.pk,
    }  # fmt: skip
