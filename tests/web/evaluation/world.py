"""A kindergarten of the cast with its head, a methodologist and a cook; a self-assessment taken as far as a test wants it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.test import Client

from sapa_web.common.clock import today
from sapa_web.evaluation.domain import assessments, gathering, improving, meeting, publishing, systems
from sapa_web.evaluation.domain.assessments import Person, Plan, proposed_days, requirements_of
from sapa_web.evaluation.domain.content import Chosen
from sapa_web.evaluation.models import Assessment, System
from sapa_web.orgs.models import Membership, Organisation, User
from tests.web import cast

SECRET = "Zolota Rybka"
"""Stands in everything the kindergarten keeps to itself."""
TOLD = "Sonechko"
"""Stands in what it publishes."""


def kindergarten() -> Organisation:
    return cast.organisation(cast.KINDERGARTEN)


def person(name: str, role: str, code: str = cast.KINDERGARTEN, **more: Any) -> User:
    """Somebody with a role."""
    user = User.objects.create_user(f"{name}@example.org", cast.PASSWORD, name=name.replace("_", " ").title())
    Membership.objects.create(user=user, organisation=cast.organisation(code), role=role, valid_from=cast.SINCE, **more)
    return user


def signed_in(user: User) -> Client:
    browser = Client(raise_request_exception=True)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def system(head: User, pack: str = "ua-71") -> System:
    return systems.begin(head, kindergarten(), pack)


def plan(
    head: User, found: System, *, period: str = "2024", directions: tuple[str, ...] = ("environment",), **more: Any
) -> Assessment:
    """A plan of one direction with the head in its group."""
    wanted = {"model": "yearly-directions", "responsible": "Olena Koval", **proposed_days(today()), **more}
    made = assessments.plan(head, found, Plan(period=period, directions=directions, **wanted))
    for direction in made.directions:
        assessments.add_member(head, made, Person(direction, f"Group {SECRET}", leads=True))
    return made


def collected(head: User, made: Assessment, levels: dict[str, str] | None = None) -> Assessment:
    """Two sources for every requirement."""
    found = assessments.move(head, made, "begin")
    for code in requirements_of(found):
        level = (levels or {}).get(code) or found.levels["items"][1]["code"]
        for method in ("observation", "questionnaire"):
            what = gathering.Found(code, method, f"{method} {SECRET}", f"found {SECRET}", today(), level, figure=f"12 {SECRET}")
            gathering.add(head, found, code, what)
    return found


def rated(head: User, made: Assessment, levels: dict[str, str] | None = None) -> Assessment:
    """Levels for every requirement."""
    found = assessments.move(head, collected(head, made, levels), "rate")
    for code in requirements_of(found):
        level = (levels or {}).get(code) or found.levels["items"][1]["code"]
        words = {"level": level, "reason": f"because {TOLD}", "strengths": f"strong {TOLD}", "difficulties": f"weak {TOLD}"}
        gathering.rate(head, found, code, **words)
    return found


def decided(head: User, made: Assessment, levels: dict[str, str] | None = None) -> Assessment:
    """Discussed and decided."""
    found = assessments.move(head, rated(head, made, levels), "discuss")
    minutes = meeting.Minutes("pedagogical-council", today(), "Olena", "Iryna", 12, "The report", f"Go on {SECRET}", votes_for=12)
    meeting.record(head, found, minutes)
    for code in requirements_of(found):
        improving.plan(head, found, measure(code))
    assessments.write_summary(head, found, summary=f"All in all {TOLD}", decision=f"Decided {SECRET}")
    return assessments.move(head, Assessment.objects.unscoped("test").get(pk=found.pk), "decide")


def measure(code: str, **more: Any) -> improving.Wanted:
    """A measure."""
    days = {"due_on": today() + timedelta(days=30), "check_on": today() + timedelta(days=90)}
    return improving.Wanted(
        requirement=code, what=f"Train {TOLD}", owner=f"Owner {SECRET}", expected=f"Better {TOLD}", **days | more
    )


def published(head: User, made: Assessment, chosen: Chosen | None = None) -> Assessment:
    """Public."""
    found = decided(head, made)
    publishing.publish(head, found, chosen or Chosen())
    return Assessment.objects.unscoped("test").get(pk=found.pk)


LONG_AGO = date(2023, 1, 9)
