"""The institution's own pages: instruments in and out, a survey planned by its form, a focus group written down."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sapa.instruments.xlsform_write import write_xlsform
from sapa_web.surveys.domain import protocols
from sapa_web.surveys.models import Instrument, InstrumentVersion, Invitee, Participant, Protocol, Survey
from tests.web import cast
from tests.web.surveys import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(people: cast.Cast) -> Client:
    browser = Client()
    browser.force_login(world.head())
    return browser


def test_a_workbook_comes_in_goes_out_and_comes_back_as_a_version(head: Client) -> None:
    book = SimpleUploadedFile("parents.xlsx", write_xlsform(world.questionnaire()))
    made = head.post("/surveys/instruments/bring/", {"file": book})
    assert made.status_code == 302, made.content.decode()
    pk = Instrument.objects.unscoped("test").get().pk
    taken = head.get(f"/surveys/instruments/{pk}/file.xlsx")
    again = head.post(f"/surveys/instruments/{pk}/bring/", {"file": SimpleUploadedFile("x.xlsx", taken.content), "change": "x"})
    assert again.status_code == 400, "nothing is changed in it"
    assert head.get(f"/surveys/instruments/{pk}/file.pdf").content.startswith(b"%PDF")
    assert InstrumentVersion.objects.unscoped("test").count() == 1
    assert head.post("/surveys/instruments/bring/", {"file": SimpleUploadedFile("x.xlsx", b"no workbook")}).status_code == 400


def test_ready_instruments_are_taken(head: Client) -> None:
    page = head.get("/surveys/instruments/take/").content.decode()
    key = page.partition('name="take" value="')[2].partition('"')[0]
    assert head.post("/surveys/instruments/take/", {"take": [key]}).status_code == 302
    made = Instrument.objects.unscoped("test").get()
    assert f"{made.pack}:{made.element}" == key
    assert head.get(f"/surveys/instruments/{made.pk}/").status_code == 200


def test_a_survey_is_planned_changed_opened_and_closed(head: Client) -> None:
    version = world.version(world.questionnaire())
    sent = {
        "instrument": version.instrument_id, "title": "Parents", "period": "2024-2025", "opens_on": "2024-09-16",
        "closes_on": "2024-09-30", "languages": ["en"], "way": "personal", "threshold": "5", "groups": "Stars\nSuns",
    }  # fmt: skip
    assert head.post("/surveys/new/", {**sent, "threshold": "1"}).status_code == 400
    assert head.post("/surveys/new/", sent).status_code == 302
    survey = Survey.objects.unscoped("test").get()
    assert [item["id"] for item in survey.groups] == ["g1", "g2"]
    assert head.post(f"/surveys/{survey.pk}/change/", {**sent, "groups": ""}).status_code == 302
    assert head.post(f"/surveys/{survey.pk}/do/open/").status_code == 302
    cards = head.post(f"/surveys/{survey.pk}/links/", {"count_0": "6"})
    assert cards.content.decode().count("<code>") == 6
    assert cards["Cache-Control"] == "no-store"
    assert head.get(f"/surveys/{survey.pk}/").status_code == 200
    assert head.get(f"/surveys/{survey.pk}/preview/").status_code == 200
    assert head.post(f"/surveys/{survey.pk}/do/close/").status_code == 302
    survey.refresh_from_db()
    assert survey.state == Survey.CLOSED


def test_a_focus_group_is_final_when_all_is_said(head: Client) -> None:
    protocol = world.protocol(form=world.guide(), informed=False)
    address = f"/surveys/protocols/{protocol.pk}/"
    assert head.post(f"{address}write/", {"heard": "yes", "summary": "x"}).status_code == 400, "nobody was told yet"
    roles = [Participant.MODERATOR, Participant.RECORDER, *[Participant.RESPONDENT] * 6]
    people = {f"role_{n}": role for n, role in enumerate(roles)} | {f"name_{n}": f"Parent {n}" for n in range(8)}
    begun = {"subject": "Talk", "period": "2024-2025", "held_on": "2024-09-10", "recording": "notes", "informed": "on", **people}
    assert head.post(f"{address}head/", begun).status_code == 302
    assert head.post(f"{address}write/", {"heard": "They are.", "note:heard": "quietly", "summary": "Heard."}).status_code == 302
    protocol.refresh_from_db()
    assert (protocol.answers, protocol.notes) == ({"heard": "They are."}, {"heard": "quietly"})
    assert len(protocols.obstacles(protocol)) == 1, "consent is missing"
    assert head.post(f"{address}head/", begun | {f"consent_{n}": "on" for n in range(8)}).status_code == 302
    head.post(f"{address}agree/")
    protocol.refresh_from_db()
    assert protocol.state == Protocol.AGREED
    head.post(f"{address}write/", {"heard": "changed"})
    protocol.refresh_from_db()
    assert protocol.answers == {"heard": "They are."}


def test_an_office_above_reaches_nothing(people: cast.Cast) -> None:
    survey = world.survey()
    for who in ("officer", "region", "ministry", "manager", "administrator", "head"):
        browser = Client()
        browser.force_login(getattr(people, who))
        assert browser.get(f"/surveys/{survey.pk}/").status_code in (403, 404), who


def test_a_protocol_is_begun_on_an_empty_page(head: Client) -> None:
    guide = world.protocol(form=world.guide(), informed=False).version.instrument_id
    assert head.get(f"/surveys/protocols/new/?instrument={guide}").status_code == 200


def test_the_open_link_is_where_the_reader_reaches_the_site(head: Client, settings: Any) -> None:
    survey = world.survey(way=Survey.ANYBODY)
    settings.ALLOWED_HOSTS = ["laptop.school", "localhost"]
    page = head.get(f"/surveys/{survey.pk}/", headers={"Host": "laptop.school:8000"}).content.decode()
    assert f"http://laptop.school:8000/answer/{survey.key}/" in page
    settings.SAPA_ADDRESS = "https://ask.example"
    page = head.get(f"/surveys/{survey.pk}/", headers={"Host": "laptop.school:8000"}).content.decode()
    assert f"https://ask.example/answer/{survey.key}/" in page


def test_the_page_of_letters_reminds_everybody_and_says_so(head: Client) -> None:
    survey = world.survey()
    head.post(f"/surveys/{survey.pk}/letters/", {"people": "\n".join(f"p{n}@family.example" for n in range(6))})
    assert "Reminder" not in head.get(f"/surveys/{survey.pk}/letters/").content.decode(), "nobody has a letter yet"
    Invitee.objects.unscoped("test").update(written=True)
    page = head.get(f"/surveys/{survey.pk}/letters/").content.decode()
    assert "Remind 6 people" in page
    assert "if you have already answered, do nothing" in page
    asked = head.post(f"/surveys/{survey.pk}/do/remind/")
    assert asked["Location"].endswith("/letters/")
