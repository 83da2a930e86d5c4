"""The life of a local regulation, and what it changes in the computations, from its day and not before."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from sapa_web.common import clock
from sapa_web.common.domain import jobs
from sapa_web.common.models import LedgerEntry
from sapa_web.monitoring.domain import inforce, measures, planning, regulations
from sapa_web.monitoring.models import Edition
from tests.web import cast
from tests.web.monitoring import world

pytestmark = pytest.mark.django_db
TOLD = {"provision": "The council has decided so."}
PROTOCOL = {"council": "Pedagogical council", "number": "1", "dated": date(2024, 9, 12)}


@pytest.fixture(autouse=True)
def _own_home(tmp_path: object, settings: object) -> None:
    settings.SAPA_HOME = tmp_path  # type: ignore[attr-defined]


def drafted(people: cast.Cast, *changes: dict[str, object]) -> Edition:
    made = regulations.draft(people.head, cast.organisation(cast.SCHOOL), world.PACK, "Regulation of the school")
    for change in changes:
        made = regulations.change(people.head, made, {**TOLD, **change})
    return made


def through(people: cast.Cast, made: Edition, number: str, starts_on: date | None = None) -> Edition:
    regulations.write(people.head, made, title=made.title, text="", starts_on=starts_on)
    made = regulations.discuss(people.head, made, date(2024, 9, 20))
    made = regulations.adopt(people.head, made, **PROTOCOL)
    return regulations.approve(people.head, made, number=number, dated=date(2024, 9, 14))


def test_from_draft_to_published(people: cast.Cast) -> None:
    made = drafted(people, {"kind": "drop-line", "line": "talent"})
    assert "not in discussion" in world.refused(regulations.comment, people.teacher, made, "Why?")
    made = regulations.discuss(people.head, made, date(2024, 9, 20))
    assert "draft" in world.refused(regulations.change, people.head, made, {**TOLD, "kind": "words"})
    remark = regulations.comment(people.teacher, made, "Keep the olympiads.")
    assert "no answer" in world.refused(regulations.adopt, people.head, made, **PROTOCOL)
    regulations.answer(people.head, remark, "They stay in the study plan.")
    made = regulations.adopt(people.head, made, **PROTOCOL)
    assert "older" in world.refused(regulations.approve, people.head, made, number="80", dated=date(2024, 9, 1))
    made = regulations.approve(people.head, made, number="80", dated=date(2024, 9, 14))
    assert (made.state, made.in_force_from, made.in_force_to) == (Edition.APPROVED, date(2024, 9, 14), None)
    assert regulations.publish(people.head, made).state == Edition.PUBLISHED
    verbs = [entry.verb for entry in LedgerEntry.objects.filter(obj=f"edition:{made.pk}").order_by("seq")]
    assert verbs == [
        "edition.drafted", "edition.changed", "edition.discuss", "edition.comment", "edition.answer", "edition.adopt",
        "edition.approve", "edition.publish",
    ]  # fmt: skip


def test_a_new_edition_ends_the_old_one_on_adoption_or_on_the_day_of_its_clause(people: cast.Cast) -> None:
    first = through(people, drafted(people, {"kind": "drop-line", "line": "talent"}), "80")
    again = through(people, drafted(people), "81", starts_on=date(2025, 1, 1))
    first = Edition.followed.get(pk=first.pk)
    assert again.changes == first.changes  # it goes on from the edition before
    assert (first.in_force_from, first.in_force_to) == (date(2024, 9, 14), date(2025, 1, 1))
    place = cast.organisation(cast.SCHOOL)
    assert inforce.edition_in_force(place, world.PACK, date(2024, 9, 13)) is None
    assert inforce.edition_in_force(place, world.PACK, date(2024, 12, 31)) == first
    assert inforce.edition_in_force(place, world.PACK, date(2025, 1, 1)) == again
    assert inforce.edition_in_force(cast.organisation(cast.SIBLING), world.PACK, date(2025, 1, 1)) is None


def test_an_edition_whose_last_day_is_over_is_told_so_and_stays_public_only_if_it_was(people: cast.Cast) -> None:
    first = through(people, drafted(people, {"kind": "drop-line", "line": "talent"}), "80")
    second = regulations.publish(people.head, through(people, drafted(people), "81", starts_on=date(2025, 1, 1)))
    third = through(people, drafted(people), "82", starts_on=date(2025, 2, 1))
    assert regulations.PASSED in {item.kind for item in jobs.periodics}
    with clock.standing_at(cast.DAY.replace(month=12, day=31)):
        assert jobs.kinds[regulations.PASSED].work(None) == {"ended": 0}  # type: ignore[arg-type]
    with clock.standing_at(cast.DAY.replace(year=2025, month=2, day=1)):
        assert jobs.kinds[regulations.PASSED].work(None) == {"ended": 2}  # type: ignore[arg-type]
        assert jobs.kinds[regulations.PASSED].work(None) == {"ended": 0}  # type: ignore[arg-type]
    states = {item.pk: item.state for item in Edition.followed.all()}
    assert states == {first.pk: Edition.ENDED, second.pk: Edition.ENDED, third.pk: Edition.APPROVED}
    seen = [Client().get(f"/monitoring/of/{cast.SCHOOL}/regulation/{item.pk}/").status_code for item in (first, second, third)]
    assert seen == [404, 200, 404]
    assert inforce.edition_in_force(cast.organisation(cast.SCHOOL), world.PACK, date(2024, 12, 31)) == first


def test_what_does_not_hold_together_is_refused_at_once(people: cast.Cast) -> None:
    made = drafted(people)
    wrong = {**TOLD, "kind": "drop-criterion", "criterion": "nothing"}
    assert "no criterion" in world.refused(regulations.change, people.head, made, wrong)
    assert Edition.followed.get(pk=made.pk).changes == []


def test_the_computed_appraisal_changes_on_its_day(people: cast.Cast) -> None:
    """Sport 60, parents 20: (0.6 + 0.2) / 2 = 0.4. With the parents' criterion gone and walks 90 key: (0.6 + 0.9) / 2 = 0.75."""
    place = cast.organisation(cast.SCHOOL)
    small = [  # a school that keeps three key indicators of the ten
        {"kind": "drop-criterion", "criterion": name}
        for name in (
            "results-by-level",
            "external-evaluation",
            "learners-socialisation",
            "teachers-potential",
            "learning-conditions",
        )
    ]
    first = through(
        people, drafted(people, *small, {"kind": "drop-sign", "criterion": "learners-health", "sign": "deviation-ratio"}), "80"
    )
    day = date(2024, 9, 14)
    for criterion, sign, part in (("learners-health", "sport-share", 60), ("parents-readiness", "parents-active-share", 20)):
        measures.enter(
            people.head, place, world.PACK, "2024", criterion, sign, numerator=part, denominator=100, source="Lists", day=day
        )
    walks = {
        "kind": "put-sign",
        "criterion": "learners-health",
        "sign": "walks",
        "title": {"ru": "Прогулки", "en": "Walks"},
        "key": True,
    }
    again = drafted(
        people,
        walks,
        {"kind": "drop-criterion", "criterion": "parents-readiness"},
        {"kind": "set-levels", "levels": ["Good", "Poor"]},
    )
    again = through(people, again, "81", starts_on=date(2025, 1, 1))
    later = date(2025, 1, 1)
    measures.enter(people.head, place, world.PACK, "2024", "learners-health", "walks", value=90, source="Sheets", day=later)
    before, after = (measures.overall(place, world.PACK, on, draws=20) for on in (date(2024, 12, 31), later))
    assert before is not None
    assert after is not None
    assert before.years[0].score == pytest.approx(0.4)
    assert after.years[0].score == pytest.approx(0.75)
    assert (before.levels, after.levels) == ({}, {"2024": "Good"})
    assert first.digest != again.digest


def test_the_plan_of_a_later_programme_follows_the_edition(people: cast.Cast) -> None:
    line = {"kind": "put-line", "line": "health", "title": {"ru": "Здоровье", "en": "Health"},
            "form": "periodic", "periodicity": "month",
            "level": "administration", "responsible": ["head"], "products": ["note"]}  # fmt: skip
    through(people, drafted(people, line, {"kind": "drop-line", "line": "talent"}), "80", starts_on=date(2025, 1, 1))
    now = {item.element: item.periodicity for item in world.lines(world.programme(people))}
    place = cast.organisation(cast.SCHOOL)
    next_year = planning.start(people.head, place, world.PACK, "2025", "year", date(2025, 9, 1), date(2026, 5, 31))
    then = {item.element: item.periodicity for item in world.lines(next_year)}
    assert now["health"] == "half-year"
    assert then["health"] == "month"
    assert set(now) - set(then) == {"talent"}
