"""What agreed protocols say about a criterion."""

from __future__ import annotations

import pytest
from django.test import Client

from sapa_web.surveys.domain.queries import criteria, reach
from tests.web import cast
from tests.web.surveys import coders, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(people: cast.Cast) -> Client:
    browser = Client()
    browser.force_login(world.head())
    return browser


def test_notes_stand_under_the_criterion_their_item_informs(head: Client) -> None:
    coders.agreed_protocol({"base": "The fence is broken.", "hygiene": "The floor is wet."})
    world.protocol(subject="A draft")
    page = head.get("/surveys/criteria/environment.base/").content.decode()
    assert "The fence is broken." in page
    assert "<b>Yes</b>" in page
    assert "The floor is wet." not in page, "this item informs nothing"
    assert "A draft" not in page
    assert "The fence is broken." in head.get("/surveys/criteria/environment/").content.decode(), "of its sign too"
    assert head.get("/surveys/criteria/environ/").status_code == 404
    listed = head.get("/surveys/criteria/").content.decode()
    assert 'href="/surveys/criteria/environment.base/"' in listed


def test_words_of_criteria_come_from_the_pack(head: Client) -> None:
    form = world.sheet()
    informs = form.items[0].model_copy(update={"informs": ("environment.safety.base",)})
    version = world.version(form.model_copy(update={"items": (informs, form.items[1])}))
    type(version.instrument).objects.unscoped("test").filter(pk=version.instrument_id).update(pack="ua-71")
    coders.agreed_protocol({"base": "The fence is broken."}, version=version)
    named = criteria.titles(reach.own_scope(world.head()), "en")
    assert "environment.safety" in named
    page = head.get("/surveys/criteria/").content.decode()
    assert named["environment.safety.base"] in page


def test_another_institutions_protocols_say_nothing_here(head: Client) -> None:
    coders.agreed_protocol({"base": "Secret."}, cast.SCHOOL)
    assert head.get("/surveys/criteria/environment.base/").status_code == 404
    assert "Secret." not in head.get("/surveys/criteria/").content.decode()
