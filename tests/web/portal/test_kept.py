"""Kept tables: stored as they were seen, the same for ever, readable without the site, and none before its minute."""

from __future__ import annotations

import csv
import io
import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from sapa.publication.language import LANGUAGES
from sapa_web.common import clock
from sapa_web.portal.domain import keeping
from sapa_web.portal.domain.queries.builder import Asked
from sapa_web.portal.domain.queries.cube import cube_of
from sapa_web.portal.domain.queries.reading import edition
from sapa_web.portal.models import Permalink
from sapa_web.portal.views.kept import to_keep
from sapa_web.portal.views.tables import Built
from tests.web import cast
from tests.web.portal.world import release, second_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
TABLE = "pack=demo&indicator=places&by=region&period=2023"


def kept_by(browser: Client, address: str = TABLE) -> Permalink:
    answer = browser.post("/statistics/keep/", {"address": address})
    assert answer.status_code == 201
    return Permalink.objects.get(key=answer.context["kept"].key)


def test_a_kept_table_stands_alone_and_links_its_figures(published: object) -> None:
    kept = kept_by(Client())
    answer = Client().get(f"/statistics/kept/{kept.key}/")
    text = answer.content.decode()
    assert sha256(answer.content).hexdigest() == kept.digest
    assert ">960</a>" in text
    assert not re.search(r"<(script|link|img|iframe)\b", text)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    assert b64encode(sha256(style[1].encode()).digest()).decode() in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "Version of the data: demo 1.0.0" in text
    rows = list(csv.DictReader(io.StringIO(b"".join(Client().get(f"/statistics/kept/{kept.key}/table.csv")).decode())))
    assert {(row["region"], float(row["value"])) for row in rows} >= {("R1", 960.0), ("", 1540.0)}


def test_the_same_table_kept_twice_is_one(published: object) -> None:
    assert kept_by(Client()) == kept_by(Client())
    assert Permalink.objects.count() == 1


def test_nothing_is_kept_a_second_before_its_minute() -> None:
    at = cast.DAY + timedelta(hours=1)
    release(at=at)
    for moment, status in ((at - timedelta(seconds=1), 404), (at + timedelta(seconds=1), 201)):
        with clock.standing_at(moment):
            assert Client().post("/statistics/keep/", {"address": TABLE}).status_code == status
    assert Client().get("/statistics/kept/nothing/").status_code == 404


def test_too_large_a_table_and_too_many_are_refused_in_words(published: object, monkeypatch: Any) -> None:
    monkeypatch.setattr(keeping, "MOST_CELLS", 3)
    answer = Client().post("/statistics/keep/", {"address": TABLE})
    assert answer.status_code == 400
    assert "too large for one page" in answer.content.decode()
    monkeypatch.setattr(keeping, "MOST_CELLS", 50_000)
    monkeypatch.setattr("sapa_web.portal.views.kept.KEPT_AN_HOUR", 1)
    assert Client().post("/statistics/keep/", {"address": TABLE}).status_code == 429
    assert Permalink.objects.count() == 0


def test_a_thousand_kept_tables_are_the_same_after_three_later_releases(published: object) -> None:
    """Every indicator in every single breakdown and every language; then three versions in which every figure is another."""
    held: dict[str, bytes] = {}
    for found, lang in islice(_tables(), 1000):
        with translation.override(lang):
            made = to_keep(found)
        held[keeping.keep(made).key] = made.page
    assert len(held) == 1000
    for _turn in range(3):
        second_version(_moved)
    now = edition(clock.now(), cast.PACK)
    assert now is not None
    assert now.version.number == "1.3.0"
    digests = dict(Permalink.objects.values_list("key", "digest"))
    browser = Client()
    for key, page in held.items():
        answer = browser.get(f"/statistics/kept/{key}/")
        assert answer.content == page, key
        assert sha256(answer.content).hexdigest() == digests[key]


def _tables() -> Any:
    found = edition(clock.now(), cast.PACK)
    assert found is not None
    cube = cube_of(found.version)
    for name, cuts in cube.indicators.items():
        for cut in sorted(cuts, key=sorted):
            if len(cut) == 1:
                periods = tuple(sorted(cube.found([name], tuple(cut), "period")))
                for lang in LANGUAGES:
                    yield Built(found, cube, Asked(cast.PACK, (name,), tuple(cut), {}, periods)), lang


def _moved(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "value": None if row["value"] is None else row["value"] + 1}
