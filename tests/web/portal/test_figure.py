"""The lineage page of a published cell: what it tells, what it never tells, and from which second on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sapa.publication.language import LANGUAGES
from sapa_web.common import clock
from sapa_web.portal.domain.queries import lineage
from sapa_web.portal.domain.queries import published as gate
from sapa_web.portal.models import DataVersion, RootEntry
from tests.web import cast
from tests.web.portal.world import hiding, release, second_version

SECOND = timedelta(seconds=1)
CELL = "institutions@2023[region=R1]"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


def version() -> DataVersion:
    found = gate.newest(clock.now(), cast.PACK)
    assert found is not None
    return found


def told(name: str = CELL, of: DataVersion | None = None) -> dict[str, Any]:
    answer = Client().get(lineage.address(of or version(), name, "figure_json"))
    assert answer.status_code == 200, name
    return answer.json()


def test_a_cell_tells_where_it_comes_from(published: Any) -> None:
    page = Client().get(lineage.address(version(), CELL)).content.decode()
    entry = RootEntry.objects.get(pack=cast.PACK, period="2023")
    for expected in (
        CELL,
        "Northern region",
        entry.root,
        f"#line-{entry.seq}",
        version().digest,
        "Register of institutions",
        "2\xa0October 2023",
    ):
        assert expected in page, expected
    body = told()
    assert (body["value"], body["count"], body["status"]) == (4, 4, "published")
    assert body["snapshots"] == [
        {"period": "2023", "root": entry.root, "log_line": entry.seq, "signed_returns": entry.size, "as_of": "2023-10-02",
         "returns_of_data_sets": {"institutions": 7}}
    ]  # fmt: skip
    assert body["disclosure"]["rules"][0]["threshold"] is None
    assert told("learners@2023")["disclosure"]["rules"][0]["threshold"] == 10
    assert [item["change"] for item in body["changes"]] == ["added"]
    for clause in body["clauses"]:
        place, _, anchor = clause["page"].partition("#")
        assert f'id="{anchor}"' in Client().get(place).content.decode()


def test_a_share_shows_what_it_is_divided_by_and_a_growth_both_frozen_states(published: Any) -> None:
    share = told("capacity-mean@2023")
    assert share["value"] == pytest.approx(share["numerator"] / share["denominator"])
    assert {item["period"] for item in told("learners-growth@2023")["snapshots"]} == {"2022", "2023"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_speaks_each_language(published: Any, lang: str) -> None:
    page = Client(headers={"Accept-Language": lang}).get(lineage.address(version(), "learners-growth@2023"))
    assert page.status_code == 200
    assert f'lang="{lang}"' in page.content.decode()


def test_a_hidden_cell_tells_the_rule_and_never_a_figure(published: Any) -> None:
    first = version()
    second_version(hiding(CELL))
    hidden = version()
    assert hidden != first
    body = told()
    assert body["status"] == "hidden"
    assert [body[name] for name in ("value", "numerator", "denominator", "count")] == [None] * 4
    assert [(item["change"], item["value"]) for item in body["changes"]] == [("hidden", None), ("added", None)]
    page = Client().get(lineage.address(hidden, CELL)).content.decode()
    assert "Hidden to protect persons" in page
    assert "either it is small itself" in page
    assert not re.search(r">\s*4\s*<", page)
    old = Client().get(lineage.address(first, CELL)).content.decode()
    assert lineage.address(hidden, CELL) in old


def test_a_corrected_cell_shows_both_values(published: Any) -> None:
    def corrected(row: dict[str, Any]) -> dict[str, Any]:
        total = row["indicator"] == "institutions" and row["period"] == "2023" and row["value"] == 7.0
        return {**row, "value": 8.0, "numerator": 8.0} if total else row

    second_version(corrected)
    assert [(item["change"], item["value"]) for item in told("institutions@2023")["changes"]] == [("changed", 8), ("added", 7)]


def test_nothing_of_a_version_is_told_before_its_second() -> None:
    at = cast.DAY + timedelta(hours=1)
    made = release(at=at).data
    assert made is not None
    for moment, status in ((at - SECOND, 404), (at, 200), (at + SECOND, 200)):
        with clock.standing_at(moment):
            for what in ("figure", "figure_json"):
                assert Client().get(lineage.address(made, CELL, what)).status_code == status, (moment, what)


def test_a_later_version_is_no_part_of_the_history_before_its_second(published: Any) -> None:
    first = version()
    at = cast.DAY + timedelta(hours=1)
    second_version(hiding(CELL), at=at)
    for moment, versions in ((at - SECOND, ["1.0.0"]), (at, ["1.1.0", "1.0.0"])):
        with clock.standing_at(moment):
            assert [item["version"] for item in told(of=first)["changes"]] == versions


@pytest.mark.parametrize(
    "name",
    ["learners", "learners@2023[region]", "learners@2023[region=R9]", "nothing@2023", "learners@1999", "learners@2023[x=1]"],
)
def test_what_is_no_cell_is_not_there(published: Any, name: str) -> None:
    assert Client().get(lineage.address(version(), name)).status_code == 404


def test_a_cell_read_alone_is_the_cell_of_the_version(published: Any) -> None:
    for cells in gate.figures(version()).cuts("institutions").values():
        for fact in (fact for facts in cells.values() for fact in facts.values()):
            assert lineage.cell_in(version().folder, fact.indicator, fact.period, fact.cut) == fact


def test_other_versions_and_packs_are_not_there(published: Any) -> None:
    for pack, number in (
        (cast.PACK, "9.9.9"),
        (cast.PACK, "1.0"),
        (cast.PACK, "x"),
        ("nowhere", "1.0.0"),
        (cast.PACK, "1.0.999999"),
    ):
        assert Client().get(f"/statistics/figure/{pack}/{number}/learners@2023/").status_code == 404
