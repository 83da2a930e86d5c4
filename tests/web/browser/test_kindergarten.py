"""A kindergarten head's way in a real browser, from nothing: the system, two questionnaires, an observation, a focus group,
levels, the discussion, the plan, the public page.

``SAPA_SHOTS=folder`` leaves a picture of every page in two languages and two widths there.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest

from sapa_web.common.domain import ledger
from sapa_web.evaluation.models import Assessment, Component, Evidence, Published, Rating
from sapa_web.orgs.models import Membership, User
from sapa_web.surveys.models import Answer, Instrument, Survey
from tests.web import cast
from tests.web.browser.chromium import SLOW
from tests.web.browser.walk import Walk, go, press, walking

pytestmark = SLOW
HEAD = "olena"
TAKEN = ("questionnaire-parents", "questionnaire-staff", "observation-environment", "focus-parents")


@pytest.fixture
def walk(transactional_db: None, live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    """A site with a kindergarten and its head, and nothing of a quality system."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's driver runs a loop in this thread
    settings.SAPA_ADDRESS = live_server.url
    cast.build()
    user = User.objects.create_user(f"{HEAD}@example.org", cast.PASSWORD, name="Olena Koval")
    Membership.objects.create(user=user, organisation=cast.organisation(cast.KINDERGARTEN), role="head", valid_from=cast.SINCE)
    with walking(live_server.url) as walked:
        yield walked


def test_the_way_of_a_kindergarten_head(walk: Walk) -> None:
    page = walk.as_(HEAD)
    set_up(walk, page)
    plan(walk, page)
    ask(walk, page)
    observe(walk, page)
    talk(walk, page)
    invite_a_mother(walk, page)
    gather(walk, page)
    rate(walk, page)
    discuss(walk, page)
    publish(walk, page)
    assert not list(ledger.faults())
    assert walk.faults == [], "\n".join(walk.faults)


def set_up(walk: Walk, page: Any) -> None:
    go(walk, page, "/")
    press(page, "Our quality", "link")
    walk.look(page, "quality-empty")
    press(page, "Set it up", "link")
    page.get_by_role("radio").nth(_place_of_the_pack(page)).check()
    walk.look(page, "quality-start")
    press(page, "Set up")
    assert Component.objects.unscoped("test").count() == 7
    page.get_by_role("link", name="Describe").first.click()
    page.get_by_label("Measures").fill("The council writes the policy with parents.")
    page.get_by_label("Procedures").fill("Once a year, in May.")
    press(page, "Save")
    page.get_by_role("link", name="Check that it works").click()
    page.get_by_label("works", exact=True).check()
    page.get_by_label("Seen on").fill("2024-09-10")
    press(page, "Save")
    walk.look(page, "quality-components")
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Criteria").click()
    walk.look(page, "quality-criteria")


def _place_of_the_pack(page: Any) -> int:
    return [item.get_attribute("value") for item in page.get_by_role("radio").all()].index("ua-71")


def plan(walk: Walk, page: Any) -> None:
    go(walk, page, "/quality/")
    walk.look(page, "quality-home")
    press(page, "Plan", "link")
    page.get_by_role("radio").first.check()
    walk.look(page, "quality-plan")
    press(page, "Save")
    for direction in page.get_by_label("Direction").locator("option").all():
        page.get_by_label("Direction").select_option(direction.get_attribute("value"))
        page.get_by_label("Name", exact=False).first.fill("Iryna Bondar")
        press(page, "Add")
    walk.look(page, "quality-groups")
    press(page, "Go on", "link")
    press(page, "Begin collecting")
    assert assessment().state == Assessment.COLLECTING
    assert len(assessment().directions) == 4
    walk.look(page, "quality-assessment")


def ask(walk: Walk, page: Any) -> None:
    """Ready instruments, two questionnaires, answers, closed."""
    go(walk, page, "/surveys/instruments/take/")
    for name in TAKEN:
        page.locator(f"input[value='ua-71:{name}']").check()
    press(page, "Take the marked ones")
    for name in TAKEN[:2]:
        instrument = Instrument.objects.unscoped("test").get(element=name)
        go(walk, page, f"/surveys/new/?instrument={instrument.pk}")
        page.get_by_label("Last day").fill("2024-09-30")
        page.get_by_label("One open link", exact=False).check()
        page.locator("main form button.btn-primary[type=submit]").click()
        page.wait_for_load_state()
        press(page, "Open the survey")
        survey = Survey.objects.unscoped("test").latest("pk")
        assert survey.state == Survey.OPEN, name
        given = {
            "safe": 4,
            "meals": 5,
            "relations": 4,
            "climate": 4,
            "joy": 5,
            "heard": 2,
            "informed": 4,
            "settling": 4,
            "contact": 4,
        }
        Answer.objects.bulk_create(Answer(survey=survey, content=given) for _n in range(9))
        press(page, "Close and count")
        survey.refresh_from_db()
        assert survey.state == Survey.CLOSED


def protocol(walk: Walk, page: Any, element: str, subject: str, people: list[tuple[str, str]]) -> None:
    instrument = Instrument.objects.unscoped("test").get(element=element)
    go(walk, page, f"/surveys/protocols/new/?instrument={instrument.pk}")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("All who take part", exact=False).check()
    for number, (role, name) in enumerate(people):
        page.locator(f"[name=role_{number}]").select_option(role)
        page.locator(f"[name=name_{number}]").fill(name)
        page.locator(f"[name=consent_{number}]").check()
    press(page, "Save")


def observe(walk: Walk, page: Any) -> None:
    protocol(walk, page, "observation-environment", "Morning in the yard", [("observer", "Olena Koval")])
    for name in dict.fromkeys(item.get_attribute("name") for item in page.locator("main input[type=radio]").all()):
        page.locator(f"main input[type=radio][name='{name}']").first.check()
    page.locator("main textarea:visible").first.fill("One swing is loose")
    page.get_by_label("Summary").fill("Safe on the whole.")
    press(page, "Save")
    press(page, "Agreed: make it final")


def talk(walk: Walk, page: Any) -> None:
    people = [("moderator", "Olena Koval"), ("recorder", "Iryna Bondar")]
    protocol(walk, page, "focus-parents", "Are parents heard?", [*people, *[("respondent", f"Parent {n}") for n in range(7)]])
    for number, area in enumerate(page.locator("main textarea:visible").all()):
        area.fill(f"They want an answer within a week ({number}).")
    page.get_by_label("Summary").fill("Parents are heard late.")
    press(page, "Save")
    press(page, "Agreed: make it final")


def invite_a_mother(walk: Walk, page: Any) -> None:
    """A guest's link, her sheet, filled in by somebody who has no account."""
    go(walk, page, f"/quality/assessment/{assessment().pk}/guests/")
    page.get_by_label("Name").fill("Mother of Ivas")
    page.get_by_label("observes", exact=True).check()
    page.get_by_label("Observation sheet").select_option("observation-environment")
    press(page, "Make the link")
    walk.look(page, "quality-guests")
    guest = walk.visitor("mother")
    guest.goto(page.locator(".once").inner_text())
    walk.look(guest, "quality-guest-sheet")
    guest.get_by_label("Third (needs improvement)").first.check()
    guest.get_by_label("What you saw").first.fill("The slide is broken.")
    press(guest, "Send")
    walk.look(guest, "quality-guest-sent")
    assert Evidence.objects.unscoped("test").filter(reference__startswith="guest:").count() == 1


def gather(walk: Walk, page: Any) -> None:
    """Take over what surveys and protocols say; add a study of documents where nothing is offered."""
    for number, code in enumerate(requirements()):
        address = f"/quality/assessment/{assessment().pk}/requirement/{code}/"
        go(walk, page, address)
        if number == 0:
            walk.look(page, "quality-requirement-offers")
        while page.get_by_role("button", name="Take over").count():
            article = page.locator("article", has=page.get_by_role("button", name="Take over")).first
            if article.locator("select").count():
                article.locator("select").select_option("second")
            article.get_by_role("button", name="Take over").click()
            page.wait_for_load_state()
        press(page, "Add a source", "link")
        page.get_by_label("How it was found").select_option("document-study")
        page.get_by_label("Which source").fill("Plans of the year")
        page.get_by_label("What it says").fill("The plans are kept and followed.")
        page.get_by_label("Second (sufficient)").check()
        if number == 0:
            walk.look(page, "quality-add")
        press(page, "Save")
    go(walk, page, f"/quality/assessment/{assessment().pk}/")
    press(page, "Set the levels")
    assert assessment().state == Assessment.RATING


def rate(walk: Walk, page: Any) -> None:
    for number, code in enumerate(requirements()):
        go(walk, page, f"/quality/assessment/{assessment().pk}/requirement/{code}/")
        if number == 0:
            walk.look(page, "quality-requirement-rating")
        level = "Third (needs improvement)" if code == "professional.interaction" else "Second (sufficient)"
        page.get_by_label(level, exact=False).first.check()
        page.get_by_label("Why this level").fill("All sources but one say so.")
        apart = page.get_by_label("Why it is this level although the sources part")
        if apart.count():
            apart.fill("The swing was mended on the same day.")
        page.get_by_label("Strengths").fill("A safe yard")
        press(page, "Set the level")
    assert Rating.objects.unscoped("test").count() == len(requirements())
    go(walk, page, f"/quality/assessment/{assessment().pk}/results/")
    walk.look(page, "quality-results")


def discuss(walk: Walk, page: Any) -> None:
    here = f"/quality/assessment/{assessment().pk}/"
    go(walk, page, here)
    press(page, "Bring it to the council")
    press(page, "Minutes", "link")
    page.get_by_role("link", name="Record a discussion").click()
    page.get_by_label("Secretary").fill("Iryna Bondar")
    page.get_by_label("How many were present").fill("14")
    page.get_by_label("Heard").fill("The head's report on the self-assessment.")
    page.get_by_label("Decided").fill("Approve the results and the plan.")
    page.get_by_label("Votes for").fill("14")
    walk.look(page, "quality-record")
    press(page, "Save")
    walk.look(page, "quality-minutes")
    go(walk, page, here)
    press(page, "Improvement plan", "link")
    page.get_by_role("link", name="Plan a measure").click()
    page.get_by_label("Requirement").select_option("professional.interaction")
    page.get_by_label("What is done").fill("Answer parents within three days")
    page.get_by_label("Who answers for it").fill("Iryna Bondar")
    page.get_by_label("Done by").fill("2024-12-01")
    page.get_by_label("Expected effect").fill("Nine of ten parents feel heard")
    page.get_by_label("Effect checked on").fill("2025-03-01")
    press(page, "Save")
    walk.look(page, "quality-improve")
    go(walk, page, here)
    press(page, "Summary and decision", "link")
    page.get_by_label("Summary").fill("Most of our work is sufficient. Parents shall be heard sooner.")
    page.get_by_label("Decision").fill("The plan of improvement is approved.")
    press(page, "Save")
    press(page, "Close the decision")
    assert assessment().state == Assessment.DECIDED


def publish(walk: Walk, page: Any) -> None:
    press(page, "Preview", "link")
    walk.look(page, "quality-publish")
    press(page, "Publish this")
    assert page.url == f"{walk.site}/statistics/quality/{cast.KINDERGARTEN}/"
    walk.look(page, "quality-public")
    shown = Published.objects.get()
    data = page.request.get(f"{page.url}{shown.period}/{shown.files[0]['name']}").body()
    told = " ".join(" ".join(part.extract_text().split()) for part in pypdf.PdfReader(io.BytesIO(data)).pages)
    assert "Answer parents within three days" in told
    assert "The slide is broken" not in told
    go(walk, page, f"/quality/assessment/{assessment().pk}/dossiers/")
    page.get_by_label("Licensing commission").check()
    page.get_by_label("Commission", exact=True).fill("Regional commission")
    press(page, "Seal")
    walk.look(page, "quality-dossiers")


def assessment() -> Assessment:
    return Assessment.objects.unscoped("test").get()


def requirements() -> list[str]:
    return [item["code"] for item in assessment().criteria if item["rank"] == "requirement"]
