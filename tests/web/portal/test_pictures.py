"""Maps, distributions and small multiples on the public pages: offered where they can be drawn, without a script."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from tests.web.portal.world import hiding, release, second_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen", "people")]
PAGE = "/statistics/indicators/demo/places/"


def page(path: str, status: int = 200) -> str:
    answer = Client().get(path)
    assert answer.status_code == status, path
    return html.unescape(answer.content.decode())


def test_a_map_is_a_step_away_and_can_be_taken_as_a_file() -> None:
    release()
    text = page(PAGE + "?by=region")
    assert 'href="?by=region&show=map#by"' in text
    shown = page(PAGE + "?by=region&show=map")
    found = re.search(r'<img src="([^"]+show=map[^"]*)" alt="(Map of tiles[^"]+)"', shown)
    assert found is not None
    assert "Northern" in page(found[1])
    assert Client().get(found[1].replace("chart.svg", "chart.png")).content.startswith(b"\x89PNG")
    assert "figure-table" in shown  # the table stays below


def test_small_multiples_have_a_panel_for_each_place() -> None:
    release()
    drawn = page(PAGE + "chart.svg?by=region&show=small-multiples")
    assert "Northern" in drawn
    assert "Small line charts on one scale" in drawn


def test_a_hidden_place_is_hidden_on_the_map_too() -> None:
    release()
    shown = page(PAGE + "chart.svg?by=region&show=map")
    assert ">960<" in shown
    second_version(hiding("places@2023[region=R1]"))
    drawn = page(PAGE + "chart.svg?by=region&show=map")
    assert ">960<" not in drawn
    assert ">x<" in drawn
    assert "suppressed" in drawn


@pytest.mark.parametrize(
    "query", ["by=region&show=pie", "by=nothing&show=map", "by=type&show=map", "by=region&show=distribution"]
)
def test_what_can_not_be_drawn_is_not_there(query: str) -> None:
    release()
    assert Client().get(f"{PAGE}chart.svg?{query}").status_code == 404
    assert Client().get(f"{PAGE}?{query}").status_code == 200
