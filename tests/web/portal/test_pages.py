"""The portal's pages as a reader without sign-in and without scripts meets them."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
from django.test import Client

from sapa_web.common import clock
from sapa_web.portal.domain import open_store
from sapa_web.portal.domain.queries import published as gate
from sapa_web.portal.models import PreRelease, Release
from tests.web import cast
from tests.web.portal.world import release, with_sections

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def page(path: str, status: int = 200, **more: Any) -> str:
    answer = Client().get(path, **more)
    assert answer.status_code == status, path
    return html.unescape(answer.content.decode())


def test_the_home_page_shows_what_the_release_names() -> None:
    release(key_figures=[{"fact": "places@2023", "text": {"en": "More than ever."}}, {"fact": "places@2023[region=R1]"}])
    release(at=clock.now() + timedelta(days=3), slug="digest", headline={"en": "Not before its minute"})
    text = page("/statistics/")
    assert ">1,540" in text
    assert "More than ever." in text
    assert "Northern region" in text
    assert "+70" in text  # ten places more at each of seven schools
    assert "19\xa0September 2024, 09:00" in text
    assert "Not before its minute" not in text


def test_no_public_page_has_the_side_navigation_of_who_signed_in(people: cast.Cast) -> None:
    release()
    browser = Client()
    browser.force_login(people.analyst)
    assert 'id="side"' in browser.get("/figures/demo/").content.decode()
    assert 'id="side"' not in browser.get("/statistics/").content.decode()


WORDS = ["design places", "проектная вместимость", "проектной вместимости", "PLACES", "ПВ", "вместимость"]


@pytest.mark.parametrize("words", WORDS)
def test_an_indicator_is_found_by_words_of_any_language(words: str) -> None:
    release()
    text = page("/statistics/indicators/?q=" + words)
    assert "/statistics/indicators/demo/places/" in text, words


def test_words_that_fit_nothing_say_what_to_do() -> None:
    release()
    assert "No indicator fits" in page("/statistics/indicators/?q=zebra+crossing")


def test_an_indicators_page_says_all_of_it(people: cast.Cast) -> None:
    release()
    text = page("/statistics/indicators/demo/places/")
    assert ">1,540" in text
    assert "sum of capacity" in text
    assert ">960<" in text, re.findall(r"<th scope=.row.>.*", text)
    pictures = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', text)
    assert len(pictures) == 2
    for url, alt in pictures:
        drawn = page(url)
        assert "<svg" in drawn
        assert len(alt) > 40
    assert "Official figures as of" in drawn
    for tab in re.findall(r'href="(\?by=[^"#]+)', text):
        assert "figure-table" in page("/statistics/indicators/demo/places/" + tab)
    assert Client().get("/statistics/indicators/demo/nothing/").status_code == 404


def test_an_indicator_is_taken_away_whole() -> None:
    release()
    answer = Client().get("/statistics/indicators/demo/places/download.parquet")
    table = pq.read_table(io.BytesIO(answer.content))
    assert set(table["indicator"].to_pylist()) == {"places"}
    assert answer["X-Row-Count"] == str(table.num_rows)
    box = zipfile.ZipFile(io.BytesIO(Client().get("/statistics/indicators/demo/places/download.csv").content))
    assert {name.rpartition("/")[2] for name in box.namelist()} >= {"facts.csv", "README.md", "CITATION.txt", "SHA256SUMS"}


def test_a_release_says_who_saw_it_and_what_was_amended() -> None:
    first = with_sections(release(at=clock.now() - timedelta(days=9), headline={"en": "As first told"}), "network")
    again = with_sections(release(version=2, headline={"en": "As amended"}, note={"en": "One school counted twice."}), "network")
    PreRelease.objects.create(release=again, name="A. Minister", position="Minister", reason="An answer", from_at=clock.now())
    text = page("/statistics/releases/yearbook/2023/")
    assert "As amended" in text
    assert "One school counted twice." in text
    assert "A. Minister" in text
    assert "network-region-chart.svg" in text
    old = page("/statistics/releases/yearbook/2023/?version=1")
    assert "As first told" in old
    assert "It was amended later" in old
    assert str(first.version) == "1"
    chapter = page("/statistics/releases/yearbook/2023/network/")
    assert "Institutions by region" in chapter
    assert "made from the figures by rule" not in chapter
    assert page("/statistics/releases/").count("/statistics/releases/yearbook/2023/") == 1
    assert Client().get("/statistics/releases/yearbook/2023/?version=3").status_code == 404


def test_the_files_are_ready_at_the_minute_and_come_as_they_were_made() -> None:
    at = clock.now() + timedelta(hours=1)
    made = release(at=at)
    assert made.data is not None
    open_store.prepare(made.data, at)
    assert Client().get("/statistics/data/demo/1.0.0/facts.parquet").status_code == 404
    with clock.standing_at(at):
        text = page("/statistics/data/demo/1.0.0/")
        listed = json.loads(page("/statistics/data/catalogue.jsonld"))
        answer = Client().get("/statistics/data/demo/1.0.0/facts.parquet")
        whole = Client().get("/statistics/data/demo/1.0.0/all.zip")
    table = pq.read_table(io.BytesIO(b"".join(answer)))
    assert table.num_rows == made.data.facts == int(answer["X-Row-Count"])
    held = open_store.index(made.data)
    assert held is not None
    assert held["files"]["facts.parquet"]["sha256"] in text
    files = listed["dcat:dataset"][0]["dcat:distribution"]
    assert {item["dct:title"] for item in files} == set(held["files"])
    names = {name.rpartition("/")[2] for name in zipfile.ZipFile(io.BytesIO(b"".join(whole))).namelist()}
    assert {"facts.csv", "facts.xlsx", "facts.json", "facts.parquet", "facts.sdmx.xml", "README.md"} <= names


def test_nothing_published_says_so_everywhere() -> None:
    for path in ("", "indicators/", "releases/", "data/"):
        assert "Nothing is published yet" in page("/statistics/" + path), path
    assert Release.objects.count() == 0


def test_public_pages_stand_where_the_archive_behind_them_is_gone(settings: Any, tmp_path: Any) -> None:
    release()
    settings.SAPA_ARCHIVE_URL = str(tmp_path / "elsewhere")
    gate._figures.cache_clear()
    assert ">1,540" in page("/statistics/indicators/demo/places/")
    assert "<svg" in page("/statistics/indicators/demo/places/chart.svg")
    gate._figures.cache_clear()


def test_a_place_stands_beside_the_country_and_its_peers(people: cast.Cast) -> None:
    release()
    assert "/statistics/places/R1-01/" in page("/statistics/places/")
    text = page("/statistics/places/R1/")
    assert ">960</a>" in text
    assert ">1,540</a>" in text
    assert "Beside 2 other places of its kind" in text
    assert "Noram district" in text
    assert Client().get("/statistics/places/R9/").status_code == 404


def test_one_search_finds_indicators_places_and_releases(people: cast.Cast) -> None:
    release(headline={"en": "More places than ever", "ru": "Мест больше, чем когда-либо"})
    found = page("/statistics/search/?q=places")
    assert "/statistics/indicators/demo/places/" in found
    assert "/statistics/releases/yearbook/2023/" in found
    assert "/statistics/places/R1/?pack=demo" in page("/statistics/search/?q=Северная")
    assert "/statistics/releases/yearbook/2023/" in page("/statistics/search/?q=ежегоднике")
    assert "Nothing fits" in page("/statistics/search/?q=zebra")
    assert "Nothing fits" not in page("/statistics/search/?q=")


def test_the_feed_is_atom_and_names_each_version() -> None:
    release(at=clock.now() - timedelta(days=2))
    release(version=2, note={"en": "One school counted twice."})
    root = ElementTree.fromstring(Client().get("/statistics/feed.xml").content)
    atom = "{http://www.w3.org/2005/Atom}"
    assert root.tag == f"{atom}feed"
    entries = root.findall(f"{atom}entry")
    assert entries[0].findtext(f"{atom}summary") == "One school counted twice."
    assert len({entry.findtext(f"{atom}id") for entry in entries}) == 2


def test_pages_speak_the_readers_language() -> None:
    release()
    text = page("/statistics/releases/", headers={"Accept-Language": "ru"})
    assert "Ежегодник образования" in text
