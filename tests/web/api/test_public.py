"""The API for everybody: the same figures as the pages, nothing before its second, nothing cut off, a rate by address."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client

from sapa_web.api.domain import rates
from sapa_web.api.models import AddressAllowance
from sapa_web.common import clock
from sapa_web.portal.domain.queries import published as gate
from tests.web import cast
from tests.web.api.conftest import Caller
from tests.web.indicators.conftest import _own_home, frozen, small_archive
from tests.web.portal.conftest import published
from tests.web.portal.world import hiding, release, second_version

__all__ = ["_own_home", "frozen", "published", "small_archive"]
SECOND = timedelta(seconds=1)
PACK = f"pack={cast.PACK}"
CELL = "institutions@2023[region=R1]"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.fixture(autouse=True)
def _no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "ADDRESS_BURST", 5000)


def ask(path: str, **headers: str) -> Any:
    return Caller().get(f"/public{path}", **headers)


def told(path: str) -> Any:
    answer = ask(path)
    assert answer.status_code == 200, (path, answer.content)
    return answer.json()


def test_what_is_published_is_listed(published: Any) -> None:
    data = published.data
    assert [item["id"] for item in told("/publications")["items"]] == ["yearbook"]
    (one,) = told("/releases")["items"]
    assert (one["publication"], one["period"], one["data_version"]) == ("yearbook", "2023", "1.0.0")
    (version,) = told("/versions")["items"]
    assert (version["rows"], version["hidden"], version["digest"]) == (data.facts, data.suppressed, data.digest)
    assert (version["roots"], version["figures_root"], version["before"]) == (data.roots, data.tree.root, None)
    listed = told(f"/indicators?{PACK}")
    assert {item["id"] for item in listed["items"]} == set(gate.figures(data).indicators)
    assert next(item for item in listed["dimensions"] if item["id"] == "region")["codes"]["R1"] == "Northern region"


def test_facts_are_those_of_the_version_page_by_page(published: Any) -> None:
    seen, following = [], ""
    while following is not None:
        page = told(f"/facts?{PACK}&indicator=institutions,learners&limit=50&cursor={following}")
        seen += page["items"]
        following = page["next"]
    assert len(seen) == page["rows"] == len({item["fact"] for item in seen})
    figures = gate.figures(published.data)
    for item in seen:
        fact = figures.fact(item["indicator"], item["period"], item["cut"])
        assert fact is not None
        assert (item["fact"], item["value"], item["count"]) == (fact.id, fact.value, fact.count)


def test_facts_are_chosen_as_in_the_table_builder(published: Any) -> None:
    whole = told(f"/facts?{PACK}&indicator=institutions&period=2023&by=")
    assert [(item["fact"], item["value"]) for item in whole["items"]] == [("institutions@2023", 7)]
    two = told(f"/facts?{PACK}&indicator=institutions&period=2023&by=region&where=region:R1,region:R2")
    assert {item["cut"]["region"]: item["value"] for item in two["items"]} == {"R1": 4, "R2": 2}
    assert told(f"/facts?{PACK}&by=nothing")["rows"] == 0
    assert ask(f"/facts?{PACK}&where=region").status_code == 422
    assert ask(f"/facts?{PACK}&cursor=x").status_code in (404, 422)


def test_a_bulk_download_is_whole_and_says_how_many_rows(published: Any) -> None:
    for query in ("", "&indicator=institutions"):
        rows = told(f"/facts?{PACK}{query}")["rows"]
        as_json = ask(f"/facts/bulk?{PACK}&form=json{query}")
        body = json.loads(b"".join(as_json))
        assert (int(as_json["X-Row-Count"]), body["rows"], len(body["items"])) == (rows, rows, rows)
        as_csv = ask(f"/facts/bulk?{PACK}{query}")
        text = b"".join(as_csv).decode()
        assert int(as_csv["X-Row-Count"]) == len(list(csv.reader(io.StringIO(text)))) - 1 == rows
        assert f"-{rows}-rows.csv" in as_csv["Content-Disposition"]
        as_parquet = ask(f"/facts/bulk?{PACK}&form=parquet{query}")
        table = pq.read_table(io.BytesIO(as_parquet.content))
        assert table.num_rows == int(as_parquet["X-Row-Count"]) == int(table.schema.metadata[b"sapa.rows"]) == rows
    assert told(f"/facts?{PACK}")["rows"] == published.data.facts


def test_a_fact_leads_to_its_lineage_and_bundle(published: Any) -> None:
    found = told(f"/lineage?{PACK}&fact={CELL}")
    assert (found["value"], found["status"]) == (4, "published")
    assert Client().get(found["page"]).status_code == 200
    assert Client().get(found["lineage"]["proof"]["bundle"])["Content-Type"] == "application/zip"
    assert ask(f"/lineage?{PACK}&fact=nothing").status_code == 404
    assert ask(f"/lineage?{PACK}&fact=nothing@2023").status_code == 404
    log = told("/log")
    assert log == Client().get("/statistics/roots/log.json").json()


def test_the_change_log_compares_public_versions_and_repeats_nothing_hidden(published: Any) -> None:
    second_version(hiding(CELL))
    log = told(f"/versions/{cast.PACK}/1.1.0/changes")
    assert (log["before"], log["rows"]) == ("1.0.0", 1)
    assert log["items"] == [{"fact": CELL, "change": "hidden", "old": None, "new": None}]
    first = told(f"/versions/{cast.PACK}/1.0.0/changes?limit=7")
    assert (first["before"], first["rows"], len(first["items"]), first["next"]) == (None, published.data.facts, 7, "7")
    hidden = next(item for item in told(f"/facts?{PACK}&indicator=institutions&by=region")["items"] if item["fact"] == CELL)
    assert [hidden[name] for name in ("value", "count", "numerator", "flag")] == [None, None, None, "C"]
    assert told(f"/facts?{PACK}&version=1.0.0&indicator=institutions&by=region&where=region:R1")["items"][1]["value"] == 4


def test_a_version_between_that_was_never_public_is_not_compared_with(published: Any) -> None:
    kept = second_version(hiding(CELL), at=cast.DAY + timedelta(days=5))
    third = second_version(lambda row: {**row})
    assert (kept.data.number, third.data.number) == ("1.1.0", "1.2.0")
    assert told(f"/versions/{cast.PACK}/1.2.0/changes")["before"] == "1.0.0"
    assert ask(f"/versions/{cast.PACK}/1.1.0/changes").status_code == 404
    assert [item["version"] for item in told("/versions")["items"]] == ["1.2.0", "1.0.0"]


ROUTES = {
    "/publications": "items", "/releases": "items", "/versions": "items", f"/indicators?{PACK}": None, f"/facts?{PACK}": None,
    f"/facts/bulk?{PACK}": None, f"/lineage?{PACK}&fact={CELL}": None, f"/versions/{cast.PACK}/1.0.0/changes": None,
}  # fmt: skip


def test_nothing_is_told_before_its_second() -> None:
    at = cast.DAY + timedelta(hours=1)
    release(at=at)
    for moment, public in ((at - SECOND, False), (at, True), (at + SECOND, True)):
        with clock.standing_at(moment):
            for route, items in ROUTES.items():
                answer = ask(route)
                if items:
                    assert bool(answer.json()[items]) is public, (route, moment)
                else:
                    assert answer.status_code == (200 if public else 404), (route, moment)


def test_a_later_version_is_in_no_answer_before_its_second(published: Any) -> None:
    at = cast.DAY + timedelta(hours=1)
    second_version(hiding(CELL), at=at)
    with clock.standing_at(at - SECOND):
        before = {route: b"".join(ask(route)) for route in ROUTES}
        assert told(f"/lineage?{PACK}&fact={CELL}")["value"] == 4
    with clock.standing_at(at):
        assert told(f"/lineage?{PACK}&fact={CELL}")["status"] == "hidden"
    assert all(b"1.1.0" not in answer for answer in before.values())


def test_an_address_has_a_rate_and_is_kept_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "ADDRESS_BURST", 3)
    answers = [ask("/publications") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1]["Retry-After"]) >= 1
    assert "address" in answers[-1].json()["message"]
    (kept,) = AddressAllowance.objects.all()
    assert len(kept.key) == 64
    assert "127.0.0.1" not in kept.key
    with clock.standing_at(cast.DAY + timedelta(minutes=1)):
        assert ask("/publications").status_code == 200
    with clock.standing_at(cast.DAY + timedelta(minutes=9)):
        assert rates.forget() == 1


def test_behind_a_proxy_the_address_is_the_readers_and_never_one_the_reader_claims(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(rates, "ADDRESS_BURST", 1)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert ask("/publications", X_Forwarded_For="1.1.1.1, 9.9.9.9").status_code == 200
    assert ask("/publications", X_Forwarded_For="2.2.2.2, 9.9.9.9").status_code == 429
    assert ask("/publications", X_Forwarded_For="9.9.9.9, 8.8.8.8").status_code == 200


def test_the_description_says_that_no_token_is_needed(published: Path) -> None:
    schema = Caller().get("/openapi.json").json()
    mine = {path: item["get"] for path, item in schema["paths"].items() if path.startswith("/api/v1/public/")}
    assert len(mine) == 9
    for operation in mine.values():
        assert not operation.get("security")
        assert "401" not in operation["responses"]
