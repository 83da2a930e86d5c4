"""Pages that concern people: what a teacher sees of a rating and what he does not, experts, bodies, what families read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sapa_web.common import clock
from sapa_web.common.models import LedgerEntry
from sapa_web.monitoring.domain import bodies, documents, measures, teachers
from sapa_web.monitoring.models import Account, Assessment, BodyMember, Expert, ExpertRequirement, Rating, RatingRow, Task
from sapa_web.orgs.models import Membership, User
from tests.web import cast
from tests.web.monitoring import world
from tests.web.monitoring.one_of_everything import monitoring_of, people_of

pytestmark = pytest.mark.django_db
DAY = date(2024, 9, 16)
METHOD = "The mean of all lesson visits of the year, and of the teachers' own accounts, a third of the weight."


@pytest.fixture(autouse=True)
def _day() -> Any:
    with clock.standing_at(cast.DAY):
        yield


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def to(name: str, *args: object) -> str:
    return reverse(f"monitoring:{name}", args=args)


def page(user: Any, name: str, *args: object) -> str:
    given = as_(user).get(to(name, *args))
    assert given.status_code == 200, (name, given.status_code)
    return str(given.content.decode())


def colleague() -> User:
    user = User.objects.create_user("colleague@example.org", cast.PASSWORD, name="Colleague")
    Membership.objects.create(user=user, organisation=cast.organisation(cast.SCHOOL), role="teacher", valid_from=cast.SINCE)
    return user


def seen(people: cast.Cast, teacher: User, score: int) -> None:
    sheet = {"dated": DAY, "lesson": "Mathematics 5a", "seen": "Pupils worked in pairs.", "score": score}
    teachers.visit(people.head, cast.organisation(cast.SCHOOL), world.PACK, "2024", teacher, **sheet)


def laid_open(people: cast.Cast) -> Rating:
    sent = {"period": "2024", "method": METHOD, "weight_visits": "2", "weight_accounts": "1"}
    as_(people.head).post(to("rating_new", cast.SCHOOL), sent)
    return Rating.objects.unscoped("test").get()


def rated(people: cast.Cast, other: User) -> Rating:
    seen(people, people.teacher, 60)
    seen(people, other, 31)
    made = laid_open(people)
    assert as_(people.head).post(to("rating_open", made.pk), {"until": "2024-09-23"}).status_code == 302
    return made


def line_of(user: User) -> RatingRow:
    return RatingRow.objects.unscoped("test").get(teacher=user)


def test_the_method_is_read_by_everybody_before_anybody_is_rated(people: cast.Cast) -> None:
    seen(people, people.teacher, 60)
    made = laid_open(people)
    text = page(people.teacher, "rating", made.pk)
    assert "a third of the weight" in text
    assert "Nobody is rated yet" in text
    assert not RatingRow.objects.unscoped("test").exists()
    assert as_(people.teacher).post(to("rating_open", made.pk), {"until": "2024-09-23"}).status_code == 403
    refused = as_(people.head).post(
        to("rating_new", cast.SCHOOL), {"period": "2024", "method": "By feeling", "weight_visits": "1"}
    )
    assert refused.status_code == 400
    assert "laid open" in refused.content.decode()


def test_a_method_without_points_rates_nobody(people: cast.Cast) -> None:
    made = laid_open(people)
    refused = as_(people.head).post(to("rating_open", made.pk), {"until": "2024-09-23"})
    assert "nobody has points" in refused.content.decode()
    assert Rating.objects.unscoped("test").get().state == Rating.DRAFT


def test_a_teacher_sees_his_own_line_and_no_others(people: cast.Cast) -> None:
    other = colleague()
    made = rated(people, other)
    own = page(people.teacher, "rating", made.pk)
    assert "60.0" in own
    assert "31.0" not in own
    assert "Colleague" not in own
    mine = page(people.teacher, "mine", cast.SCHOOL)
    assert "60.0" in mine
    assert "31.0" not in mine
    assert to("rating", made.pk) in page(people.teacher, "desk", cast.SCHOOL)  # it waits for his answer
    assert to("rating", made.pk) not in page(people.secretary, "desk", cast.SCHOOL)
    whole = page(people.head, "rating", made.pk)
    assert "Colleague" in whole
    assert "31.0" in whole
    assert "You have no points" in page(people.secretary, "rating", made.pk)
    assert as_(people.secretary).post(to("rating_answer", made.pk), {"text": "Mine?"}).status_code == 404
    for outsider in (people.sibling_head, people.elsewhere):
        assert as_(outsider).get(to("rating", made.pk)).status_code == 404


def test_a_dispute_is_answered_before_the_rating_closes(people: cast.Cast) -> None:
    other = colleague()
    made = rated(people, other)
    teacher, head = as_(people.teacher), as_(people.head)
    assert teacher.post(to("rating_answer", made.pk), {"text": ""}).status_code == 400
    assert teacher.post(to("rating_answer", made.pk), {"text": "It was a test.", "disputed": "on"}).status_code == 302
    assert not line_of(other).answer
    assert teacher.get(to("rating_decide", line_of(people.teacher).pk)).status_code == 403
    with clock.standing_at(cast.DAY + timedelta(days=9)):
        head = as_(people.head)
        head.post(to("rating_close", made.pk))
        assert Rating.objects.unscoped("test").get().state == Rating.OPEN  # the dispute is not decided
        decided = {"decision": "The test does not count.", "total": "75"}
        assert head.post(to("rating_decide", line_of(people.teacher).pk), decided).status_code == 302
        head.post(to("rating_close", made.pk))
        assert Rating.objects.unscoped("test").get().state == Rating.CLOSED
    row = line_of(people.teacher)
    assert (row.total, row.decided) == (60, 75)
    own = page(people.teacher, "rating", made.pk)
    assert all(words in own for words in ("60.0", "75.0", "The test does not count."))
    assert 'name="disputed"' not in own
    assert [item.verb for item in LedgerEntry.objects.filter(obj=f"rating:{made.pk}").order_by("seq")] == [
        "rating.method", "rating.open", "rating.answered", "rating.decided", "rating.close",
    ]  # fmt: skip


def test_nobody_decides_on_his_own_line(people: cast.Cast) -> None:
    seen(people, people.head, 50)
    made = laid_open(people)
    head = as_(people.head)
    head.post(to("rating_open", made.pk), {"until": "2024-09-23"})
    head.post(to("rating_answer", made.pk), {"text": "Too low.", "disputed": "on"})
    refused = head.post(to("rating_decide", line_of(people.head).pk), {"decision": "I agree with myself.", "total": "100"})
    assert "own line" in refused.content.decode()
    assert line_of(people.head).decided is None


def test_an_account_is_its_teachers_and_of_who_runs_the_monitoring(people: cast.Cast) -> None:
    sent = {"kind": "report", "period": "2024", "text": "All read by May.", "score": "70"}
    assert as_(people.teacher).post(to("account_new", cast.SCHOOL), sent).status_code == 302
    made = Account.objects.unscoped("test").get()
    assert (made.teacher, made.score) == (people.teacher, 70)
    for reader in (people.teacher, people.head):
        assert "All read by May." in page(reader, "account", made.pk)
    assert as_(colleague()).get(to("account", made.pk)).status_code == 404
    assert as_(people.sibling_head).get(to("account", made.pk)).status_code == 404
    assert "Teacher" in page(people.head, "mine", cast.SCHOOL)


def test_experts_are_checked_and_stand_beside_the_institutions_own(people: cast.Cast) -> None:
    head = as_(people.head)

    def require(text: str) -> ExpertRequirement:
        head.post(to("requirement_new", cast.SCHOOL), {"text": text, "basis": "Order No 5"})
        return ExpertRequirement.objects.unscoped("test").get(text=text)

    def judge(expert: Any, score: int) -> Any:
        sent = {"expert": expert, "criterion": "learners-health", "period": "2024", "score": score, "reason": "Lists",
                "dated": "2024-09-16"}  # fmt: skip
        return head.post(to("appraisal_new", cast.SCHOOL), sent)

    one = require("Five years in education")
    refused = head.post(to("expert_new", cast.SCHOOL), {"name": "A. Expert", "whence": "University"})
    assert "not met" in refused.content.decode()
    head.post(to("expert_new", cast.SCHOOL), {"name": "A. Expert", "whence": "University", "met": [one.pk]})
    expert = Expert.objects.unscoped("test").get()
    two = require("No kin in the school")
    assert "not checked" in page(people.teacher, "experts", cast.SCHOOL)
    assert "not met" in judge(expert.pk, 65).content.decode()
    head.post(to("expert_check", expert.pk), {"met": [one.pk, two.pk]})
    assert judge(expert.pk, 65).status_code == 302
    assert judge("", 80).status_code == 302
    assert Assessment.objects.unscoped("test").filter(expert=None).count() == 1
    (line,) = head.get(to("experts", cast.SCHOOL)).context["lines"]
    assert line.apart == -15
    assert as_(people.teacher).post(to("appraisal_new", cast.SCHOOL), {}).status_code == 403


def test_a_seat_in_a_body_brings_its_tasks_to_the_table(people: cast.Cast) -> None:
    made = world.in_force(people)
    task = Task.objects.unscoped("test").filter(programme=made, body="methodical-council").first()
    assert task is not None
    head, teacher = as_(people.head), as_(people.teacher)
    assert teacher.get(to("task", task.pk)).status_code == 404
    assert task.title not in page(people.teacher, "desk", cast.SCHOOL)
    sent = {"body": "methodical-council", "user": people.teacher.pk, "office": "Chair", "since": "2024-09-16"}
    assert head.post(to("seat_new", cast.SCHOOL), sent).status_code == 302
    seat = BodyMember.objects.unscoped("test").get()
    assert teacher.get(to("task", task.pk)).status_code == 200
    assert str(task.pk) in page(people.teacher, "desk", cast.SCHOOL)
    assert "already" in head.post(to("seat_new", cast.SCHOOL), sent).content.decode()
    assert "Chair" in page(people.teacher, "bodies", cast.SCHOOL)
    assert teacher.post(to("seat_new", cast.SCHOOL), sent).status_code == 403
    assert as_(people.sibling_head).post(to("seat_end", seat.pk), {"until": "2024-09-16"}).status_code == 404
    head.post(to("seat_end", seat.pk), {"until": "2024-09-16"})
    with clock.standing_at(cast.DAY + timedelta(days=1)):
        assert as_(people.teacher).get(to("task", task.pk)).status_code == 404
    assert [item.verb for item in LedgerEntry.objects.filter(obj=f"bodymember:{seat.pk}").order_by("seq")] == [
        "body.seated", "body.left",
    ]  # fmt: skip


def test_what_a_seat_must_be(people: cast.Cast) -> None:
    place = cast.organisation(cast.SCHOOL)
    given = (people.head, place, world.PACK)
    assert "no such body" in world.refused(bodies.seat, *given, "parliament", since=DAY, name="A parent")
    assert "not of the institution" in world.refused(bodies.seat, *given, "teacher", since=DAY, user=people.elsewhere)
    assert "nobody" in world.refused(bodies.seat, *given, "teacher", since=DAY)
    later = bodies.seat(*given, "teacher", since=DAY + timedelta(days=3), user=people.teacher)
    assert "before" in world.refused(bodies.leave, people.head, later, DAY)
    made = world.in_force(people)
    task = Task.objects.unscoped("test").filter(programme=made).first()
    assert task is not None
    Task.objects.unscoped("test").filter(pk=task.pk).update(body="teacher")
    assert as_(people.teacher).get(to("task", task.pk)).status_code == 404  # the seat begins later


def test_families_read_published_figures_and_no_names(people: cast.Cast) -> None:
    place, address = cast.organisation(cast.SCHOOL), reverse("portal:families", args=[cast.SCHOOL])
    for year, share in (("2023", 40), ("2024", 55)):
        measures.enter(people.head, place, world.PACK, year, "learners-health", "sport-share", numerator=share,
                       denominator=100, source="Lists of B. Secret", day=DAY)  # fmt: skip
    report = documents.draft(people.head, place, world.PACK, "public-report", "2024")
    documents.write(people.head, report, title="", words="Thanks to C. Secret.", decisions="D. Secret is praised.")
    report = documents.issue(people.head, report, number="1", dated=DAY)
    assert Client().get(address).status_code == 404  # issued, and not yet published
    documents.publish(people.head, report)
    text = Client().get(address).content.decode()
    assert "What has become better" in text
    assert "55.0" in text
    assert "40.0" in text
    assert "Secret" not in text
    assert people.head.name not in text.split("<main", 1)[1].split("</main", 1)[0].split()
    measures.enter(people.head, place, world.PACK, "2024", "learners-health", "sport-share", value=99, source="x", day=DAY)
    assert "99.0" not in Client().get(address).content.decode()
    assert Client().get(reverse("portal:families", args=[cast.SIBLING])).status_code == 404


def test_every_page_opens_for_those_it_is_for(people: cast.Cast, django_assert_max_num_queries: Any) -> None:
    monitoring_of(people.head, people.teacher, cast.organisation(cast.SCHOOL))
    made = people_of(people.head, people.teacher, cast.organisation(cast.SCHOOL))
    everybody = [
        *(to(name, cast.SCHOOL) for name in ("ratings", "mine", "account_new", "experts", "bodies", "desk")), to("home"),
        to("rating", made["rating"]), to("rating", made["laid_open"]), to("account", made["account"]),
        reverse("portal:families", args=[cast.SCHOOL]), reverse("portal:report_of", args=[cast.SCHOOL]),
    ]  # fmt: skip
    runs = [
        *(to(name, cast.SCHOOL) for name in ("rating_new", "requirement_new", "expert_new", "appraisal_new", "seat_new")),
        to("rating_open", made["laid_open"]), to("rating_decide", made["rated"]), to("expert_check", made["expert"]),
        to("seat_end", made["seat"]),
    ]  # fmt: skip
    head, teacher = as_(people.head), as_(people.teacher)
    for address in (*everybody, *runs):
        with django_assert_max_num_queries(45):
            assert head.get(address).status_code == 200, address
    assert [teacher.get(address).status_code for address in everybody] == [200] * len(everybody)
    assert [teacher.get(address).status_code for address in runs] == [403] * len(runs)
    assert "A parent" in head.get(to("bodies", cast.SCHOOL)).content.decode()
    assert reverse("portal:families", args=[cast.SCHOOL]) in head.get(to("home")).content.decode()
