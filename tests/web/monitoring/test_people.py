"""Ratings of teachers, and experts from the public: what is laid open, refused, answered, set beside."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sapa_web.common import clock
from sapa_web.monitoring.domain import experts, teachers
from sapa_web.monitoring.models import Rating, RatingRow
from tests.web import cast
from tests.web.monitoring import world

pytestmark = pytest.mark.django_db
DAY = date(2024, 9, 16)
METHOD = "The mean of all lesson visits of the year, and of the teachers' own accounts, a third of the weight."
SOURCES = [{"kind": "visits", "weight": 2}, {"kind": "accounts", "weight": 1}]


def place() -> object:
    return cast.organisation(cast.SCHOOL)


def seen(people: cast.Cast, score: int) -> None:
    sheet = {"dated": DAY, "lesson": "Mathematics 5a", "seen": "Pupils worked in pairs.", "score": score}
    teachers.visit(people.head, place(), world.PACK, "2024", people.teacher, **sheet)


def test_a_rating_by_hand_and_the_teachers_answer(people: cast.Cast) -> None:
    """Visits 60 and 90, mean 75; own account 60: (2 · 75 + 60) / 3 = 70."""
    seen(people, 60)
    seen(people, 90)
    teachers.account(people.teacher, place(), world.PACK, "2024", "self-analysis", "What went well.", 60)
    made = teachers.rating(people.head, place(), world.PACK, "2024", METHOD, SOURCES)
    made = teachers.open_rating(people.head, made, DAY + timedelta(days=7))
    (row,) = RatingRow.objects.unscoped("test").filter(rating=made)
    assert row.total == pytest.approx(70)
    assert [(part["kind"], part["of"]) for part in row.parts] == [("visits", 2), ("accounts", 1)]
    assert "only the teacher" in world.refused(teachers.answer_rating, people.head, row, "Fine.")
    assert teachers.answer_rating(people.teacher, row, "The second visit was a test.").answer
    assert "still answer" in world.refused(teachers.close_rating, people.head, made)
    with clock.standing_at(cast.DAY + timedelta(days=9)):
        assert teachers.close_rating(people.head, made).state == Rating.CLOSED
    assert "closed" in world.refused(teachers.answer_rating, people.teacher, row, "More.")


@pytest.mark.parametrize("kind", ["visits", "accounts"])
def test_what_was_given_for_development_never_rates_staff(people: cast.Cast, kind: str) -> None:
    """The preschool recommendations forbid it (not_for: rating-of-staff); the school's regulation does not."""
    wrong = [{"kind": "visits", "weight": 1}, {"kind": kind, "weight": 1, "pack": "ua-71"}]
    assert "forbids to rate staff" in world.refused(teachers.rating, people.head, place(), world.PACK, "2024", METHOD, wrong)
    assert "forbids" in world.refused(teachers.rating, people.head, place(), "ua-71", "2024", METHOD, SOURCES)
    assert not Rating.objects.unscoped("test").exists()
    assert teachers.may_rate(place(), world.PACK, kind)
    assert not teachers.may_rate(place(), "ua-71", kind)


def test_a_policy_is_asked_again_when_the_rating_is_computed(people: cast.Cast) -> None:
    made = teachers.rating(people.head, place(), world.PACK, "2024", METHOD, SOURCES)
    made.sources = [{**made.sources[0], "pack": "ua-71"}]  # as if written past the door
    made.save()
    assert "forbids" in world.refused(teachers.open_rating, people.head, made, DAY + timedelta(days=7))
    assert not RatingRow.objects.unscoped("test").exists()


def test_a_rating_without_method_or_with_unknown_sources_is_refused(people: cast.Cast) -> None:
    assert "laid open" in world.refused(teachers.rating, people.head, place(), world.PACK, "2024", "By feeling", SOURCES)
    for wrong in ([], [{"kind": "answers", "about": "answers", "weight": 1}], [{"kind": "visits", "weight": 0}]):
        world.refused(teachers.rating, people.head, place(), world.PACK, "2024", METHOD, wrong)


def test_experts_meet_the_requirements_and_stand_beside(people: cast.Cast) -> None:
    assert "no requirements" in world.refused(experts.admit, people.head, place(), "A. Expert", "University", [])
    one = experts.require(people.head, place(), "Five years in education", "Order No 5")
    two = experts.require(people.head, place(), "No kin in the school", "Order No 5")
    assert "No kin" in world.refused(experts.admit, people.head, place(), "A. Expert", "University", [one.pk])
    expert = experts.admit(people.head, place(), "A. Expert", "University", [one.pk, two.pk])
    given = (people.head, place(), world.PACK, "2024")
    experts.assess(*given, "learners-health", 80, "By our lists", DAY)
    experts.assess(*given, "learners-health", 65, "Saw three lessons", DAY, expert)
    assert "no such" in world.refused(experts.assess, *given, "nothing", 65, "x", DAY)
    own, theirs = experts.beside(place(), world.PACK, "2024")["learners-health"]
    assert ([item.score for item in own], [item.score for item in theirs]) == ([80], [65])
