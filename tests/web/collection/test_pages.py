"""The pages of the reporting unit: who has them, what they say, what they cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sapa_web.collection.domain import checking, signing, working
from sapa_web.collection.models import Campaign, Obligation, Submission
from sapa_web.collection.views import entry
from sapa_web.common import clock
from sapa_web.orgs.models import Membership
from tests.web import cast
from tests.web.collection.test_path import ROW, sign

PAGES = ("return", "rows", "check", "compare", "sign", "history", "upload", "workbook", "grid-data")


@pytest.fixture
def asked(people: cast.Cast) -> Obligation:
    cast.campaigns()
    return cast.obligation("institutions", cast.SCHOOL)


@pytest.fixture
def at(client: Client) -> Callable[[Any], Client]:
    def signed_in(user: Any) -> Client:
        client.force_login(user)
        return client

    return signed_in


def learner(number: int, **changes: str) -> dict[str, str]:
    """A pupil without a mistake."""
    row = {
        "person": f"P{number:07d}", "surname": "Ivanova", "first_name": "Anna", "as_of": "2024-09-01", "birth_date": "2013-05-01",
        "sex": "F", "programme_level": "basic", "grade": "6", "class_id": f"{cast.SCHOOL}-6A", "language": "ru",
        "mode": "full-time", "special_needs": "none", "repeater": "false", "entry": "promoted", "exit": "continues",
    }  # fmt: skip
    return {**row, **changes}


def ready(obligation: Obligation, user: Any) -> None:
    working.apply(user, obligation, [{"op": "add", "row": "a", "values": ROW}])
    checking.check_draft(obligation)


def test_the_list_says_what_is_asked_and_the_next_step(asked: Obligation, people: cast.Cast, at: Any) -> None:
    page = at(people.secretary).get(reverse("collection:returns")).content.decode()
    assert page.count("Begin") == 3
    assert "working days left" in page
    ready(asked, people.secretary)
    assert "Show what will be signed" in at(people.secretary).get(reverse("collection:returns")).content.decode()
    head = at(people.head).get(reverse("collection:returns")).content.decode()
    assert reverse("collection:sign", args=[asked.pk]) in head


def test_the_list_of_who_is_asked_nothing(people: cast.Cast, at: Any) -> None:
    assert "Nothing is asked of you now" in at(people.secretary).get(reverse("collection:returns")).content.decode()


def test_a_return_exists_for_its_own_unit_only(asked: Obligation, people: cast.Cast, at: Any) -> None:
    expected = {name: 200 if name in ("secretary", "head") else 404 for name in people.people}
    for page in PAGES:
        url = reverse(f"collection:{page}", args=[asked.pk])
        assert {name: at(user).get(url).status_code for name, user in people.people.items()} == expected, page


def test_nobody_without_an_account_sees_anything(asked: Obligation, client: Client) -> None:
    for name in (*PAGES, "returns"):
        answer = client.get(reverse(f"collection:{name}", args=[] if name == "returns" else [asked.pk]))
        assert answer.status_code == 302
        assert "/account/login/" in answer["Location"]


def test_the_list_is_not_for_others(people: cast.Cast, at: Any) -> None:
    for who in ("officer", "manager", "analyst", "administrator", "nobody"):
        assert at(people.people[who]).get(reverse("collection:returns")).status_code == 403, who


def test_the_list_costs_the_same_for_one_and_for_three(people: cast.Cast, at: Any, django_assert_num_queries: Any) -> None:
    client = at(people.secretary)
    cast.open_campaign("system:test", cast.PACK, "institutions", cast.PERIOD, opens_on=clock.today())
    client.get(reverse("collection:returns"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("collection:returns"))
    for name in ("learners", "staff"):
        cast.open_campaign("system:test", cast.PACK, name, cast.PERIOD, opens_on=clock.today())
    with django_assert_num_queries(len(one)):
        assert client.get(reverse("collection:returns")).content.decode().count("<tr>") == 4


def test_the_form_saves_checks_and_says_what_is_wrong_at_the_field(asked: Obligation, people: cast.Cast, at: Any) -> None:
    client, url = at(people.secretary), reverse("collection:return", args=[asked.pk])
    client.post(url, {**ROW, "capacity": "many", "was": "{}"})
    page = client.get(url).content.decode()
    assert 'value="many"' in page
    assert 'id="field-capacity_error"' in page
    client.post(url, {**ROW, "was": json.dumps({**ROW, "capacity": "many"})})
    asked = cast.obligation("institutions", cast.SCHOOL)
    assert asked.state == Obligation.READY
    assert working.rows_of(asked)[1][0]["capacity"] == "400"


def test_the_form_shows_what_somebody_else_wrote_meanwhile(asked: Obligation, people: cast.Cast, at: Any) -> None:
    ready(asked, people.secretary)
    working.apply(people.head, asked, [{"op": "set", "row": "a", "field": "capacity", "was": "400", "value": "410"}])
    client, url = at(people.secretary), reverse("collection:return", args=[asked.pk])
    answer = client.post(url, {**ROW, "capacity": "420", "was": json.dumps(ROW)})
    assert answer.status_code == 409
    assert "410" in answer.content.decode()
    assert working.rows_of(asked)[1][0]["capacity"] == "410"


def post(client: Client, obligation: Obligation, changes: list[dict[str, Any]]) -> Any:
    url = reverse("collection:grid-changes", args=[obligation.pk])
    return client.post(url, json.dumps({"version": 0, "changes": changes}), content_type="application/json")


def test_the_grid_saves_and_tells_findings_at_their_cells(asked: Obligation, people: cast.Cast, at: Any) -> None:
    client, learners = at(people.secretary), cast.obligation("learners", cast.SCHOOL)
    changes = [{"op": "add", "row": "n-1", "after": None, "values": learner(1)}]
    changes.append({"op": "add", "row": "n-2", "after": "n-1", "values": learner(2, birth_date="2030-01-01")})
    body = post(client, learners, changes).json()
    assert {(item["row"], item["field"]) for item in body["findings"] if item["severity"] == "blocks"} == {("n-2", "birth_date")}
    assert body["causes"][0]["clause"]
    again = post(client, learners, changes).json()  # the answer was lost
    assert again["version"] == body["version"] == 1
    data = client.get(reverse("collection:grid-data", args=[learners.pk])).json()
    assert [row["_id"] for row in data["rows"]] == ["n-1", "n-2"]
    assert data["findings"] == body["findings"]
    fields = {item["id"]: item for item in data["fields"]}
    assert ["F", "Female"] in fields["sex"]["codes"]
    assert fields["person"]["key"]
    assert "institution" not in fields


def test_two_people_in_one_grid(asked: Obligation, people: cast.Cast, at: Any) -> None:
    learners = cast.obligation("learners", cast.SCHOOL)
    working.apply(people.secretary, learners, [{"op": "add", "row": "r", "values": learner(1)}])
    working.apply(people.head, learners, [{"op": "set", "row": "r", "field": "grade", "was": "6", "value": "7"}])
    answer = post(at(people.secretary), learners, [{"op": "set", "row": "r", "field": "grade", "was": "6", "value": "5"}])
    assert answer.status_code == 409
    (cell,) = answer.json()["conflicts"]
    assert (cell["yours"], cell["theirs"], cell["by"]) == ("5", "7", "Head")


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"changes": 1}', '{"changes": [1]}', '{"changes": [{"op": "drop"}]}', "\udcff"]
)
def test_a_broken_request_is_refused_in_words(asked: Obligation, people: cast.Cast, at: Any, body: str) -> None:
    url = reverse("collection:grid-changes", args=[asked.pk])
    answer = at(people.secretary).post(url, body.encode("utf-8", "surrogateescape"), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("state", [Campaign.SUSPENDED, Campaign.FROZEN])
def test_while_updates_stand_still_nothing_is_taken(asked: Obligation, people: cast.Cast, at: Any, state: str) -> None:
    ready(asked, people.secretary)
    Campaign.objects.update(state=state)
    client = at(people.head)
    change = [{"op": "set", "row": "a", "field": "capacity", "was": "400", "value": "1"}]
    assert post(client, asked, change).status_code == 423
    for name in ("return", "upload", "sign", "discard", "explain"):
        answer = client.post(reverse(f"collection:{name}", args=[asked.pk]), {"signature": "AAAA", **ROW, "text": "x" * 20})
        assert answer.status_code == 423, name
    assert working.rows_of(asked)[1][0]["capacity"] == "400"
    for name in PAGES:
        assert client.get(reverse(f"collection:{name}", args=[asked.pk])).status_code == 200, name


def test_an_explanation_stays_until_the_value_changes(asked: Obligation, people: cast.Cast, at: Any) -> None:
    learners = cast.obligation("learners", cast.SCHOOL)
    odd = learner(1, birth_date="2002-05-01")
    working.apply(people.secretary, learners, [{"op": "add", "row": "r", "values": odd}])
    checking.check_draft(learners)
    assert (learners.blocks, learners.explains, learners.state) == (0, 1, Obligation.FINDINGS)
    client, url = at(people.secretary), reverse("collection:explain", args=[learners.pk])
    assert "letters" in client.post(url, {"rule": "learner-age-grade", "text": "so"}, follow=True).content.decode()
    page = client.post(url, {"rule": "learner-age-grade", "text": "Came from abroad at 17, see order 12."}, follow=True)
    assert "see order 12" in page.content.decode()
    learners = cast.obligation("learners", cast.SCHOOL)
    assert (learners.explains, learners.state) == (0, Obligation.READY)
    change = {"op": "set", "row": "r", "field": "birth_date", "was": "2002-05-01", "value": "2001-05-01"}
    working.apply(people.secretary, learners, [change])
    checking.check_draft(learners)
    assert learners.explains == 1


def test_the_head_signs_outside_and_gets_a_receipt(asked: Obligation, people: cast.Cast, at: Any) -> None:
    ready(asked, people.secretary)
    client, url = at(people.head), reverse("collection:sign", args=[asked.pk])
    page = client.get(url).content.decode()
    assert "Noram school No 1 (0000101)" in page
    manifest = client.get(reverse("collection:statement", args=[asked.pk])).content
    wrong = client.post(url, {"p7s": SimpleUploadedFile("x.p7s", sign(manifest, unit=cast.SIBLING))}, follow=True)
    assert "speaks for another institution" in wrong.content.decode()
    other = client.post(url, {"p7s": SimpleUploadedFile("x.p7s", sign(manifest + b" "))}, follow=True)
    assert "is over something else" in other.content.decode()
    answer = client.post(url, {"p7s": SimpleUploadedFile("x.p7s", sign(manifest))}, follow=True)
    submission = Submission.objects.unscoped("test").get()
    assert answer.redirect_chain == [(reverse("collection:receipt", args=[submission.receipt]), 302)]
    assert "Checked just now" in answer.content.decode()
    assert at(people.sibling).get(answer.redirect_chain[0][0]).status_code == 404
    assert at(people.officer).get(answer.redirect_chain[0][0]).status_code == 200


def test_the_secretary_does_not_sign(asked: Obligation, people: cast.Cast, at: Any) -> None:
    ready(asked, people.secretary)
    client, url = at(people.secretary), reverse("collection:sign", args=[asked.pk])
    assert "The head of the institution signs" in client.get(url).content.decode()
    assert client.post(url, {"signature": "AAAA"}).status_code == 404
    assert client.get(reverse("collection:statement", args=[asked.pk])).status_code == 404


def test_the_same_signature_twice_gives_the_same_receipt(asked: Obligation, people: cast.Cast) -> None:
    ready(asked, people.secretary)
    made = sign(bytes(signing.prepare(people.head, asked).manifest))
    first, second = signing.accept(people.head, asked, made), signing.accept(people.head, asked, made)
    assert first.receipt == second.receipt
    assert Submission.objects.unscoped("test").count() == 1


def test_compare_names_the_cells_that_changed(asked: Obligation, people: cast.Cast, at: Any) -> None:
    learners = cast.obligation("learners", cast.SCHOOL)
    rows = [{"op": "add", "row": f"r{n}", "values": learner(n)} for n in (1, 2)]
    working.apply(people.secretary, learners, rows)
    checking.check_draft(learners)
    signing.accept(people.head, learners, sign(bytes(signing.prepare(people.head, learners).manifest)))
    change = [{"op": "set", "row": "r1", "field": "sex", "was": "F", "value": "M"}, {"op": "delete", "row": "r2"}]
    working.apply(people.secretary, learners, [*change, {"op": "add", "row": "r3", "values": learner(3)}])
    page = at(people.head).get(reverse("collection:compare", args=[learners.pk])).content.decode()
    assert "1 row added" in page
    assert "1 removed" in page
    assert "1 changed" in page
    assert '<td class="diff-old">Female</td><td class="diff-new">Male</td>' in page
    assert "P0000001 Ivanova Anna" in page
    assert '<li class="diff-old">P0000002 Ivanova Anna</li>' in page
    client = at(people.secretary)
    client.post(reverse("collection:discard", args=[learners.pk]))
    learners = cast.obligation("learners", cast.SCHOOL)
    assert (learners.state, learners.rows) == (Obligation.SIGNED, 2)
    assert [row["person"] for row in working.rows_of(learners)[1]] == ["P0000001", "P0000002"]
    assert (
        "is the same as the revision in force" in client.get(reverse("collection:compare", args=[learners.pk])).content.decode()
    )


def test_an_office_does_not_report_for_the_schools_below(asked: Obligation, people: cast.Cast, at: Any) -> None:
    Membership.objects.create(user=people.officer, organisation=cast.organisation("R1-01"), role="head", valid_from=cast.SINCE)
    client = at(people.officer)
    assert "Nothing is asked of you now" in client.get(reverse("collection:returns")).content.decode()
    assert client.get(reverse("collection:return", args=[asked.pk])).status_code == 404


def test_one_person_for_two_units_sees_both_named(asked: Obligation, people: cast.Cast, at: Any) -> None:
    other = cast.organisation(cast.KINDERGARTEN)
    Membership.objects.create(user=people.secretary, organisation=other, role="secretary", valid_from=cast.SINCE)
    page = at(people.secretary).get(reverse("collection:returns")).content.decode()
    assert "Noram kindergarten" in page
    assert "Noram school No 1" in page


def test_late_returns_say_by_how_many_working_days(asked: Obligation, people: cast.Cast, at: Any) -> None:
    client = at(people.secretary)
    with clock.standing_at(datetime(2024, 10, 3, 9, tzinfo=UTC)):
        page = client.get(reverse("collection:returns")).content.decode()
        assert page.count("3 working days late") == 3
        ready(asked, people.secretary)
        signing.accept(people.head, asked, sign(bytes(signing.prepare(people.head, asked).manifest)))
    assert Submission.objects.unscoped("test").get().late_days == 3


@pytest.mark.parametrize("name", ["rows", "check", "history", "return"])
def test_a_page_costs_the_same_for_one_row_and_for_three(people: cast.Cast, at: Any, name: str) -> None:
    cast.campaigns()
    learners, client = cast.obligation("learners", cast.SCHOOL), at(people.secretary)
    costs = []
    for count in (1, 3):
        odd = [learner(number, birth_date="2002-05-01") for number in range(count)]
        working.replace_all(people.secretary, learners, odd, channel="upload")
        checking.check_draft(learners)
        client.get(reverse(f"collection:{name}", args=[learners.pk]))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse(f"collection:{name}", args=[learners.pk]))
        costs.append(len(asked))
    assert costs[0] == costs[1], costs


def test_a_full_disk_is_said_and_nothing_is_signed(
    asked: Obligation, people: cast.Cast, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(asked, people.secretary)
    made = sign(bytes(signing.prepare(people.head, asked).manifest))

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(signing, "take_in", full)
    client, url = at(people.head), reverse("collection:sign", args=[asked.pk])
    answer = client.post(url, {"p7s": SimpleUploadedFile("a.p7s", made)})
    assert answer.status_code == 500
    assert "No space left on device" in answer.content.decode()
    monkeypatch.undo()
    assert cast.obligation("institutions", cast.SCHOOL).state == Obligation.READY


def test_a_full_database_is_said_and_the_grid_tries_again(
    asked: Obligation, people: cast.Cast, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(entry, "apply", full)
    assert post(at(people.secretary), asked, []).status_code == 503


def test_nobody_else_can_post(asked: Obligation, people: cast.Cast, at: Any, client: Client) -> None:
    ready(asked, people.secretary)
    routes = [("grid-changes", []), ("discard", []), ("explain", []), ("check-again", []), ("sign", []), ("return", [])]
    urls = [reverse(f"collection:{name}", args=[asked.pk, *more]) for name, more in [*routes, ("offer", ["register"])]]
    for who in ("sibling", "elsewhere", "officer", "region", "manager", "teacher", "body", "nobody"):
        for url in urls:
            assert at(people.people[who]).post(url, {"signature": "AAAA"}).status_code == 404, (who, url)
    client.logout()
    for url in urls:
        assert client.post(url).status_code == 302
    assert working.rows_of(asked)[1][0]["capacity"] == "400"


def test_a_verification_that_comes_too_late_is_not_kept(asked: Obligation, people: cast.Cast) -> None:
    ready(asked, people.secretary)
    version, rows = working.rows_of(asked)
    old = checking.check_records(asked.campaign, cast.SCHOOL, rows).findings
    working.apply(people.head, asked, [{"op": "set", "row": "a", "field": "capacity", "was": "400", "value": "many"}])
    checking.check_draft(asked)
    assert not checking.keep(asked, version, rows, old)
    assert cast.obligation("institutions", cast.SCHOOL).state == Obligation.FINDINGS
