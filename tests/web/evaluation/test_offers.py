"""What surveys and protocols say is offered where it belongs, with the figure counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sapa.errors import UserError
from sapa_web.evaluation.domain import assessments, gathering
from sapa_web.evaluation.domain.queries.offered import offers
from sapa_web.evaluation.models import Assessment
from sapa_web.orgs.models import User
from sapa_web.surveys.domain import coding, protocols, surveys
from sapa_web.surveys.domain.queries import ready
from sapa_web.surveys.models import Answer
from tests.web import cast
from tests.web.evaluation import world
from tests.web.surveys import coders
from tests.web.surveys import world as asked

SAFE, HARM = "environment.safe-conditions", "environment.no-violence"


@pytest.fixture
def begun(head: User) -> Assessment:
    return assessments.move(head, world.plan(head, world.system(head)), "begin")


def closed_survey(said: list[int]) -> Any:
    """The pack's questionnaire for parents, its question on meals answered so (1 the worst, 5 the best)."""
    version = asked.version(ready.form("ua-71", "questionnaire-parents"))
    plan = surveys.Plan(title={"en": "Parents"}, period="2024", opens_on=asked.DAY, closes_on=asked.later(5), languages=["en"])
    made = surveys.open_(asked.head(), surveys.plan(asked.head(), world.kindergarten(), version, plan))
    Answer.objects.bulk_create(Answer(survey=made, content={"meals": code}) for code in said)
    return surveys.close(asked.head(), made)


def agreed_sheet() -> Any:
    """The pack's sheet of the environment: the base is there, hygiene in part, labour could not be seen."""
    version = asked.version(ready.form("ua-71", "observation-environment"))
    head = protocols.Head("The yard", "2024", asked.DAY, informed=True, participants=[("observer", "A parent", True)])
    made = protocols.begin(asked.head(), world.kindergarten(), version, head)
    said = {"base": "seen", "hygiene": "partly", "hygiene_remark": "Taps drip", "labour": "not-applicable"}
    protocols.write(asked.head(), made, said=protocols.Said(said, {"base": "Enough chairs"}, "Good on the whole"))
    return protocols.agree(asked.head(), made)


def test_a_closed_survey_is_offered_with_its_share(begun: Assessment) -> None:
    closed_survey([5, 5, 4, 4, 3, 1])  # the mean is 22/6; between 1 and 5 that is two thirds of the way
    (found,) = offers(begun, SAFE)
    assert (found.method, found.people, found.figure, found.level) == ("questionnaire", 6, "67%", "second")
    assert offers(begun, HARM) == []


def test_under_the_threshold_nothing_is_offered(begun: Assessment) -> None:
    closed_survey([5, 1])
    assert offers(begun, SAFE) == []


def test_an_agreed_sheet_is_offered_and_taken_over_once(begun: Assessment, head: User) -> None:
    agreed_sheet()
    (found,) = offers(begun, SAFE)
    assert found.method == "observation"
    assert all(word in found.found for word in ("Taps drip", "Enough chairs", "Good on the whole"))
    assert found.level == "", "the choices of this sheet have no scores: who takes it over says which level it speaks for"
    taken = gathering.take(head, begun, SAFE, found.reference, "third")
    assert (taken.level, taken.title) == ("third", "The yard")
    assert offers(begun, SAFE) == []
    with pytest.raises(UserError, match="not offered"):
        gathering.take(head, begun, SAFE, found.reference)
    gathering.withdraw(head, taken)
    assert len(offers(begun, SAFE)) == 1, "taken back, it is offered again"


def test_a_level_that_was_counted_is_not_talked_away(begun: Assessment, head: User) -> None:
    closed_survey([5, 5, 4, 4, 3, 1])
    taken = gathering.take(head, begun, SAFE, offers(begun, SAFE)[0].reference, "first")
    assert taken.level == "second"


def test_what_was_coded_in_open_answers_is_offered_when_it_is_final(begun: Assessment, head: User) -> None:
    form = asked.questionnaire()
    wish = form.items[-1].model_copy(update={"informs": ("environment.safety.base",)})
    version = asked.version(form.model_copy(update={"items": (*form.items[:-1], wish)}))
    days = {"opens_on": asked.DAY, "closes_on": asked.later(5)}
    plan = surveys.Plan(title={"en": "Parents"}, period="2024", languages=["en"], **days)
    survey = surveys.open_(asked.head(), surveys.plan(asked.head(), world.kindergarten(), version, plan))
    Answer.objects.bulk_create(Answer(survey=survey, content=content) for _group, content in asked.answered(12))
    made = coders.begun(surveys.close(asked.head(), survey))
    made = coders.coded(coding.start(made.first, made))
    assert offers(begun, SAFE) == [], "not settled yet"
    coding.settle(made.first, made)
    (found,) = offers(begun, SAFE)
    assert (found.method, found.people, found.level, found.title) == ("questionnaire", 12, "", "What parents wish")
    assert found.found.splitlines() == ["The place 6 (50%)", "Yard 6 (50%)"]
    assert offers(begun, HARM) == []
    assert gathering.take(head, begun, SAFE, found.reference, "second").level == "second"


def test_the_page_leads_to_what_protocols_say_about_its_criteria(begun: Assessment, head: User) -> None:
    browser = Client()
    browser.force_login(head)
    address = reverse("evaluation:requirement", args=[begun.pk, SAFE])
    assert "/surveys/criteria/" not in browser.get(address).content.decode()
    agreed_sheet()
    page = browser.get(address).content.decode()
    assert 'href="/surveys/criteria/environment.safety/"' in page
    assert "Taps drip" in browser.get("/surveys/criteria/environment.safety/").content.decode()


def test_another_institution_offers_nothing(begun: Assessment) -> None:
    asked.counted(cast.SCHOOL)
    assert all(offers(begun, code) == [] for code in (SAFE, HARM))
