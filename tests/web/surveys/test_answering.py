"""Answering: what is asked, what is checked, what comes in once; with and without script, for anybody and by a personal link."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from sapa.errors import UserError
from sapa_web.common import clock
from sapa_web.surveys.domain import box, links, surveys
from sapa_web.surveys.domain.queries import answers
from sapa_web.surveys.models import Answer, InstrumentVersion, Invitee, Slip, Survey
from tests.web import cast
from tests.web.surveys import world

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
SEEN = ["safe", "meals", "years", "likes", "wish"]
SOUND = {"safe": "yes", "meals": "4", "years": "3", "likes": ["yes", "no"], "wish": "more walks", "seen": SEEN}


@pytest.fixture
def asked(people: cast.Cast) -> Survey:
    return world.survey()


@pytest.fixture
def codes(asked: Survey) -> list[str]:
    return links.print_codes(world.head(), asked, {"": 8})[""]


def url(survey: Survey) -> str:
    return f"/answer/{survey.key}/"


def test_the_notice_stands_before_the_questions(asked: Survey) -> None:
    page = Client().get(url(asked) + "?lang=uk").content.decode()
    assert page.index('id="notice"') < page.index('id="answer"') < page.index("Чи безпечно?")
    assert '<html lang="uk">' in page
    assert "Olena" not in page
    assert "csrf" not in page


def test_an_answer_comes_in_once_by_its_link(asked: Survey, codes: list[str]) -> None:
    browser = Client()
    first = browser.post(url(asked), {**SOUND, "code": codes[0].lower().replace("-", " ")}, headers=JSON)
    assert (first.status_code, first.json()) == (200, {"state": "received"})
    again = browser.post(url(asked), {**SOUND, "safe": "no", "why": "x", "code": codes[0], "seen": [*SEEN, "why"]}, headers=JSON)
    assert (again.status_code, again.json()) == (200, {"state": "twice"})
    assert [item.content for item in Answer.objects.all()] == [
        {"safe": "yes", "meals": 4, "years": 3, "likes": ["yes", "no"], "wish": "more walks"}
    ]


def test_no_code_and_a_wrong_code_let_nothing_in(asked: Survey, codes: list[str]) -> None:
    assert Client().post(url(asked), SOUND, headers=JSON).json()["problem"]
    answer = Client().post(url(asked), {**SOUND, "code": links.new_code()}, headers=JSON)
    assert (answer.status_code, answer.json()["state"]) == (409, "unknown")
    assert not Answer.objects.exists()


def test_the_server_judges(asked: Survey, codes: list[str]) -> None:
    wrong = Client().post(url(asked), {"years": "9", "code": codes[0], "seen": SEEN}, headers=JSON)
    assert wrong.status_code == 422
    assert {item["address"] for item in wrong.json()["findings"]} == {"safe", "years"}
    opened = Client().post(url(asked), {**SOUND, "safe": "no", "code": codes[0]}, headers=JSON)
    assert opened.status_code == 422
    assert "why" in opened.json()["shown"]
    assert not Answer.objects.exists()
    assert not Slip.objects.filter(used=True).exists(), "a refused answer has used the link"


def test_without_script_the_server_shows_what_follows(asked: Survey, codes: list[str]) -> None:
    browser = Client()
    sent = {**SOUND, "safe": "no", "code": codes[0], "go": "send"}
    page = browser.post(url(asked), sent)
    assert page.status_code == 422
    assert re.search(r'data-item="why"[^>]*id="q-why">', page.content.decode())
    assert "more walks" in page.content.decode(), "what was typed is gone"
    done = browser.post(url(asked), {**sent, "why": "the stairs", "seen": [*SEEN, "why"]})
    assert done.status_code == 302
    assert "arrived" in browser.get(done["Location"]).content.decode()
    assert Answer.objects.get().content["why"] == "the stairs"


def test_what_is_not_asked_is_not_kept(asked: Survey, codes: list[str]) -> None:
    Client().post(url(asked), {**SOUND, "why": "typed and then hidden", "code": codes[0]}, headers=JSON)
    assert "why" not in Answer.objects.get().content


def test_an_open_link_takes_one_answer_of_a_number(people: cast.Cast) -> None:
    groups = [{"id": "g1", "title": {"en": "Stars"}}, {"id": "g2", "title": {"en": "Suns"}}]
    survey = world.survey(way=Survey.ANYBODY, groups=groups)
    browser = Client()
    page = browser.get(url(survey)).content.decode()
    ballot = re.search(r'name="ballot" value="([0-9a-f]{32})"', page)[1]  # type: ignore[index]
    assert browser.post(url(survey), {**SOUND, "ballot": ballot}, headers=JSON).status_code == 422, "no group was named"
    for _turn in range(3):
        sent = browser.post(url(survey), {**SOUND, "ballot": ballot, "group": "g2"}, headers=JSON)
        assert sent.status_code == 200
    assert [item.group for item in Answer.objects.all()] == ["g2"]
    assert "answered already" in browser.get(url(survey)).content.decode()
    assert 'id="answer"' in browser.get(url(survey) + "?again=1").content.decode()
    assert 'id="answer"' in Client().get(url(survey)).content.decode()


def test_its_days_and_its_state_hold(asked: Survey, codes: list[str], people: cast.Cast) -> None:
    with clock.standing_at(cast.DAY.replace(month=10, day=20)):
        assert "over" in Client().get(url(asked)).content.decode()
        late = Client().post(url(asked), {**SOUND, "code": codes[0]}, headers=JSON)
        assert (late.status_code, late.json()["state"]) == (409, "shut")
    surveys.close(world.head(), asked)
    assert Client().post(url(asked), {**SOUND, "code": codes[0]}, headers=JSON).status_code == 409
    planned = world.survey(opened=False)
    assert Client().get(url(planned)).status_code == 404


def test_a_question_that_begins_with_today_says_so_each_day(asked: Survey) -> None:
    form = {**asked.version.form, "items": [{"name": "day", "type": "date", "label": {"en": "Since"}, "default": "today()"}]}
    InstrumentVersion.objects.unscoped("test").filter(pk=asked.version_id).update(form=form, digest="d" * 64)
    for days in (0, 1, 2):
        with clock.standing_at(cast.DAY + timedelta(days=days)):
            assert world.later(days).isoformat() in Client().get(url(asked)).content.decode()


def test_answers_are_counted_when_it_is_closed(asked: Survey, codes: list[str]) -> None:
    for number, code in enumerate(codes[:6]):
        Client().post(url(asked), {**SOUND, "years": str(number), "code": code}, headers=JSON)
    with pytest.raises(UserError):
        answers.answers_table(asked)
    closed = surveys.close(world.head(), asked)
    table = answers.answers_table(closed)
    assert (closed.received, table.num_rows, box.count(closed)) == (6, 6, 6)
    assert sorted(table["years"].to_pylist()) == [0, 1, 2, 3, 4, 5]
    assert table["likes"].to_pylist()[0] == ["yes", "no"]
    assert not Slip.objects.exists()
    assert not Invitee.objects.unscoped("test").exists()


def test_a_form_on_paper_is_entered_and_counted(people: cast.Cast) -> None:
    survey = world.survey(paper=True)
    clerk = Client()
    clerk.force_login(world.head())
    address = f"/surveys/{survey.pk}/paper/"
    assert clerk.post(address, {"years": "9"}).status_code == 400
    assert clerk.post(address, {"safe": "yes", "wish": "a swing"}).status_code == 302
    survey.refresh_from_db()
    assert (survey.on_paper, Answer.objects.get().content) == (1, {"safe": "yes", "wish": "a swing"})
    with clock.standing_at(cast.DAY.replace(month=12)):
        assert clerk.post(address, {"safe": "no", "why": "x"}).status_code == 302, "paper comes back after the last day"


def test_a_survey_whose_last_day_is_over_closes_itself(asked: Survey) -> None:
    with clock.standing_at(cast.DAY.replace(month=10, day=20)):
        assert surveys._overdue().exists()
        surveys.close_overdue(None)  # type: ignore[arg-type]
    asked.refresh_from_db()
    assert asked.state == Survey.CLOSED
