"""A monitoring that has one of everything, for the tests of who may open which page."""

from __future__ import annotations

from datetime import date
from typing import Any

from sapa_web.common.clock import today
from sapa_web.monitoring.domain import documents, measures, planning, regulations, steps, teachers
from sapa_web.monitoring.models import PlanLine, Task, Watch
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
