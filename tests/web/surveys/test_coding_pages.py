"""The pages of coding: a book is written, two code alone, talk over what differs, count; files for other programs."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from django.test import Client

from sapa_web.orgs.models import User
from sapa_web.surveys.domain import coding
from sapa_web.surveys.models import Coding
from tests.web import cast
from tests.web.surveys import coders, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(people: cast.Cast, tmp_path: Any, settings: Any) -> None:
    settings.SAPA_HOME = tmp_path


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def text(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return " ".join(answer.content.decode().split())


def test_the_whole_way_by_its_pages() -> None:
    head, deputy = client(world.head()), client(coders.deputy())
    survey = world.counted(rows=world.answered(12))
    assert f"/surveys/coding/new/?survey={survey.pk}" in text(head, f"/surveys/{survey.pk}/results/")
    assert "wish" not in text(head, "/surveys/coding/new/")
    people = {"first": world.head().pk, "second": coders.deputy().pk}
    sent = {"survey": survey.pk, "title": "Wishes", "questions": ["wish"], **people}
    again = head.post("/surveys/coding/new/", {**sent, "second": people["first"]})
    assert (again.status_code, b"two different people" in again.content) == (400, True)
    assert head.post("/surveys/coding/new/", sent).status_code == 302
    made = Coding.objects.unscoped("test").get()
    at = f"/surveys/coding/{made.pk}/"
    lines = {"name_0": "Yard", "place_0": "2", "below_0": "on", "name_1": "Place", "place_1": "1", "name_3": "Meals"}
    assert head.post(f"{at}book/", {**lines, "name_4": "MEALS"}).status_code == 400
    assert head.post(f"{at}book/", lines).status_code == 302
    made.refresh_from_db()
    assert [(item["name"], item["parent"]) for item in made.codes] == [("Place", ""), ("Yard", "c1"), ("Meals", "")]
    assert head.post(f"{at}do/start/").status_code == 302
    _code(head, at, {1: "c3"})
    _code(deputy, at, {})
    assert "Talk over what differs" in text(head, at)
    page = text(head, f"{at}agreement/")
    assert "Texts with different codes" in page
    assert "92%" in page, "11 of 12 texts got the very same codes"
    assert head.post(f"{at}agreement/1/", {"code": ["c3"], "reason": ""}).status_code == 400
    assert head.post(f"{at}agreement/1/", {"code": ["c3"], "reason": "Soup is meant."})["Location"].endswith("agreement/")
    assert head.post(f"{at}do/settle/").status_code == 302
    page = text(deputy, f"{at}counts/")
    assert "Meals" in page
    assert "Wishes" in text(head, f"/surveys/{survey.pk}/results/")


def _code(browser: Client, at: str, other: dict[int, str]) -> None:
    """Text by text, as the page leads on; the first three get a code, the others nothing."""
    step = browser.get(f"{at}texts/")
    for number in range(1, 13):
        assert step["Location"] == f"{at}texts/{number}/"
        page = text(browser, step["Location"])
        assert f"Text {number} of 12" in page
        assert browser.post(step["Location"], {}).status_code == 400, "nothing is said"
        step = browser.post(step["Location"], {"code": [other.get(number, "c2")]} if number < 4 else {"none": "1"})
    assert step["Location"] == at
    assert "I have finished" in text(browser, at)
    assert browser.post(f"{at}do/finish/").status_code == 302


def test_the_others_work_is_on_no_page_before_both_have_finished() -> None:
    made = coders.coded(coders.started(), {1: ["c4"]}, finished=False)
    coding.finish(coders.deputy(), made)
    head, at = client(world.head()), f"/surveys/coding/{made.pk}/"
    page = text(head, f"{at}texts/1/")
    assert 'value="c2" id="code-c2" checked' in page
    assert 'value="c4" id="code-c4" checked' not in page
    for rest in ("agreement/", "counts/"):
        assert "Not yet" in text(head, f"{at}{rest}")
    for kind, status in (("qdc", 200), ("qdpx", 404), ("csv", 404), ("exe", 404)):
        assert head.get(f"{at}file/{kind}/").status_code == status, kind


def test_who_does_not_code_looks_on() -> None:
    made = coders.started(two=False)
    deputy, at = client(coders.deputy()), f"/surveys/coding/{made.pk}/"
    assert "Go on coding" not in text(deputy, at)
    assert deputy.get(f"{at}texts/").status_code == 404
    assert deputy.post(f"{at}texts/1/", {"code": ["c2"]}).status_code == 404


def test_files_for_other_programs() -> None:
    made = coders.coded(coders.started(), {1: ["c3"], 3: []})
    coding.decide(made.first, made, 1, ["c3"], "=1+1")
    head, at = client(world.head()), f"/surveys/coding/{made.pk}/file/"
    book = head.get(f"{at}qdc/").content.decode()
    assert book.count("<Code ") == 4
    assert 'name="The place" isCodable="false"' in book
    assert "Anything outdoors.\n\nmore trees" in book
    archive = zipfile.ZipFile(io.BytesIO(head.get(f"{at}qdpx/").content))
    project = archive.read("project.qde").decode()
    assert project.count("<TextSource ") == 24
    assert project.count("<User ") == 3
    assert world.head().name not in project, "coders stand by their place"
    rows = list(csv.DictReader(io.StringIO(head.get(f"{at}csv/").content.decode("utf-8-sig"))))
    assert len(rows) == 24
    assert (rows[0]["first"], rows[0]["second"], rows[0]["final"], rows[0]["reason"]) == ("Yard", "Rooms", "Rooms", "'=1+1")
    assert (rows[2]["first"], rows[2]["second"], rows[2]["final"]) == ("Yard", "", ""), "still in dispute"


def test_few_answers_open_no_coding() -> None:
    few = world.counted(rows=world.answered(9))
    head = client(world.head())
    assert "too few people wrote something" in text(head, f"/surveys/coding/new/?survey={few.pk}")
    assert "Code the open answers" not in text(head, f"/surveys/{few.pk}/results/")
    assert head.get(f"/surveys/coding/new/?survey={world.survey().pk}").status_code == 404


def test_somebody_elses_coding_is_not_there() -> None:
    made = coders.started(cast.SCHOOL)
    head = client(world.head())
    for rest in ("", "book/", "texts/", "texts/1/", "agreement/", "agreement/1/", "counts/", "file/qdc/"):
        assert head.get(f"/surveys/coding/{made.pk}/{rest}").status_code == 404, rest


def test_pages_ask_the_database_little(django_assert_max_num_queries: Any) -> None:
    made = coders.coded(coders.started(), {number: ["c3"] for number in range(1, 25)})
    head = client(world.head())
    for rest in ("", "agreement/", "agreement/1/"):
        head.get(f"/surveys/coding/{made.pk}/{rest}")
        with django_assert_max_num_queries(40):
            head.get(f"/surveys/coding/{made.pk}/{rest}")


def test_notes_of_protocols_are_coded_from_their_page() -> None:
    made = coders.agreed_protocol({"base": "The fence is broken.\nThe sand is new."})
    head = client(world.head())
    address = f"/surveys/coding/new/?instrument={made.version.instrument_id}"
    assert address in text(head, f"/surveys/protocols/{made.pk}/")
    assert "Code each paragraph by itself" in text(head, address)
    assert "Environment" in text(head, "/surveys/coding/new/")
    sent = {
        "instrument": made.version.instrument_id,
        "title": "x",
        "questions": ["base"],
        "first": world.head().pk,
        "passages": "on",
    }
    assert head.post("/surveys/coding/new/", sent).status_code == 302
    assert Coding.objects.unscoped("test").get().passages
