"""A self-assessment that has one of everything, for the tests of who may open which page."""

from __future__ import annotations

from typing import Any

from sapa_web.common import clock
from sapa_web.common.clock import today
from sapa_web.evaluation.domain import assessments, files, gathering, guests, improving, meeting, systems
from sapa_web.evaluation.domain.assessments import Person, Plan, proposed_days, requirements_of
from sapa_web.evaluation.models import Assessment, Dossier, Guest, Rating
from sapa_web.orgs.models import Organisation, User


def everything_of(head: User, unit: Organisation) -> dict[str, Any]:
    """Numbers of its rows, by the names the addresses use."""
    system = systems.begin(head, unit, "ua-71")
    own = systems.add_component(head, system, "Our own", systems.Described(measures="x"))
    plan = Plan("2024", "yearly-directions", ("environment",), "Head", **proposed_days(today()))
    made = assessments.plan(head, system, plan)
    member = assessments.add_member(head, made, Person("environment", "Somebody"))
    _row, _token = guests.invite(head, made, name="Guest", body="parents", purpose=Guest.DISCUSSES)
    begun = assessments.move(head, made, "begin")
    code = requirements_of(begun)[0]
    evidence = gathering.add(head, begun, code, gathering.Found(code, "interview", "A talk", "", today(), "second"))
    rating = assessments.move(head, begun, "rate")
    for name in requirements_of(rating):
        values = {"level": "second", "reason": "x", "at": clock.now()}
        Rating.objects.create(assessment=rating, requirement=name, **values)
    minutes = meeting.record(head, rating, meeting.Minutes("pedagogical-council", today(), "A", "B", 5, "x", "y"))
    days = {"due_on": today(), "check_on": today()}
    measure = improving.plan(head, rating, improving.Wanted(requirement=code, what="x", owner="y", expected="z", **days))
    kept = files.keep(head, unit.pk, "minutes.pdf", "application/pdf", b"%PDF-")
    dossier = Dossier.objects.create(assessment=rating, purpose="licensing", receiver="x", file=kept, made_at=clock.now())
    # Back to what every page can be opened in: planned, but with all of it.
    Assessment.objects.unscoped("test").filter(pk=made.pk).update(state=Assessment.PLANNED)
    return {
        "assessment": made.pk, "component": own.pk, "member": member.pk, "evidence": evidence.pk, "digest": kept.digest,
        "measure": measure.pk, "meeting_pk": minutes.pk, "guest": _row.pk, "dossier": dossier.pk,
    }  # fmt: skip
