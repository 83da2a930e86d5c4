"""Nothing is public before its minute, and everything from that minute on, worker or not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from sapa_web.common import clock
from sapa_web.portal.domain.queries import published as gate
from sapa_web.portal.files import published_store
from tests.web import cast
from tests.web.portal.world import release, with_sections
from tests.web.security.routes import routes

SECOND = timedelta(seconds=1)
HEADLINE = "Fifteen thousand places more than ever"
PLACES = "1,540"
"""What the newest year's places come to: stands on no page before its minute."""

PAGES = {
    "home": ("/statistics/", 200, PLACES),
    "indicators": ("/statistics/indicators/", 200, PLACES),
    "indicator": ("/statistics/indicators/demo/places/", 404, PLACES),
    "chart": ("/statistics/indicators/demo/places/chart.svg?by=region", 404, "960"),
    "indicator_download": ("/statistics/indicators/demo/places/download.parquet", 404, ""),
    "tables": ("/statistics/tables/?indicator=places&by=region", 200, "960"),
    "table_download": ("/statistics/tables/table.parquet?pack=demo&indicator=places", 404, ""),
    "places": ("/statistics/places/", 200, "Northern region"),
    "place": ("/statistics/places/R1/", 404, "960"),
    "institutions": ("/statistics/institutions/", 200, "/statistics/institutions/demo/"),
    "institution": ("/statistics/institutions/demo/0000401/", 404, PLACES),
    "search": ("/statistics/search/?q=fifteen+thousand", 200, "/statistics/releases/yearbook/2023/"),
    "feed": ("/statistics/feed.xml", 200, HEADLINE),
    "subscribe": ("/statistics/subscribe/", 200, "Education yearbook"),
    "releases": ("/statistics/releases/", 200, HEADLINE),
    "release": ("/statistics/releases/yearbook/2023/", 404, HEADLINE),
    "chapter": ("/statistics/releases/yearbook/2023/network/", 404, "Words of network"),
    "release_chart": ("/statistics/releases/yearbook/2023/v1/network/network-region-chart.svg", 404, "<desc>"),
    "release_file": ("/statistics/releases/yearbook/2023/v1/files/report.en.pdf", 404, ""),
    "data": ("/statistics/data/", 200, "Version 1.0.0"),
    "catalogue": ("/statistics/data/catalogue.jsonld", 200, "1.0.0"),
    "data_version": ("/statistics/data/demo/1.0.0/", 404, "Cite as"),
    "data_download": ("/statistics/data/demo/1.0.0/all.csv", 404, ""),
    "data_file": ("/statistics/data/demo/1.0.0/facts.csv", 404, '"places","2023"'),
}
"""Route → address, what it answers before, words that stand there only afterwards."""
OTHERS = {
    "language", "roots", "roots_json", "roots_consistency", "figure", "figure_json", "figure_bundle", "law", "law_document",
    "verify", "verify_tool", "keep", "kept", "kept_file", "subscription", "unsubscribe",
    "quality", "quality_of", "quality_file", "reports", "report_of", "report_file", "families",
}  # fmt: skip
"""The log of roots and the law name no figure; the pages of a cell and kept tables have tests of their own (test_figure,
test_kept), as has what institutions publish of themselves (test_gate_of_institutions)."""


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen")
def test_a_release_and_its_figures_are_public_from_their_second_on() -> None:
    at = cast.DAY + timedelta(hours=1)
    made = release(at=at)
    for moment, public in ((at - SECOND, False), (at, True), (at + SECOND, True)):
        assert (made in gate.releases(moment)) is public
        assert (made.data in gate.versions(moment)) is public
        assert gate.packs(moment) == ([cast.PACK] if public else [])
        assert (made in gate.announced(moment)) is not public


def test_every_public_route_is_held_to_the_minute() -> None:
    mounted = {item.name.partition(":")[2] for item in routes() if item.name.startswith("portal:")}
    assert mounted - OTHERS - set(PAGES) == set(), "say in PAGES what the new route shows, and from when on"


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("name", PAGES)
def test_no_page_shows_anything_a_second_before(people: cast.Cast, name: str) -> None:
    at = cast.DAY + timedelta(hours=1)
    published_store().write("reports/report.en.pdf", b"the report")
    files = [{"name": "report.en.pdf", "size": 10, "path": "reports/report.en.pdf"}]
    named = {"headline": {"en": HEADLINE}, "key_figures": [{"fact": "places@2023"}], "files": files}
    with_sections(release(at=at, **named), "network")
    path, before, words = PAGES[name]
    with clock.standing_at(at - SECOND):
        early = Client().get(path)
    assert early.status_code == before
    if not early.streaming:
        told = early.content.decode(errors="replace")
        assert HEADLINE not in told
        assert PLACES not in told
        assert not words or words not in told
    with clock.standing_at(at + SECOND):
        late = Client().get(path)
    assert late.status_code == 200
    assert not words or words in late.content.decode(), name


@pytest.mark.django_db
def test_published_figures_are_those_of_the_version(frozen: Path, published: object) -> None:
    version = gate.newest(clock.now(), cast.PACK)
    assert version is not None
    figures = gate.figures(version)
    assert figures.periods == ("2022", "2023")
    assert figures.fact("learners", "2023") is not None
    assert gate.Everybody(cast.PACK).units(["any"]) == frozenset()
