"""Places and institutions compared, operational summaries, the page after sign-in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sapa_web.indicators.domain.queries.places import Line
from sapa_web.orgs.models import User
from tests.web import cast
from tests.web.indicators.test_explorer import client
from tests.web.indicators.world import register_row, submit


def line(user: User, code: str, indicator: str, query: str = "") -> Line:
    response = client(user).get(f"/figures/demo/at/{code}/{query}")
    assert response.status_code == 200
    found = {item.id: item for _theme, lines in response.context["compared"].themes for item in lines}
    return found[indicator]


def test_a_school_against_district_region_republic_and_peers(people: cast.Cast, frozen: Path) -> None:
    found = line(people.head, cast.SCHOOL, "places", "?alike=&period=2023")
    assert (found.own.value, [value.value for value in found.above]) == (410, [720, 960, 1540])
    assert found.spread is not None
    # the six others: 110, 130, 150, 170, 260, 310
    assert (found.spread.n, found.spread.texts) == (6, ("110", "135", "160", "238", "310"))


def test_few_peers_are_not_shown(people: cast.Cast, frozen: Path) -> None:
    assert line(people.head, cast.SCHOOL, "places", "?alike=district").spread is None
    text = client(people.head).get(f"/figures/demo/at/{cast.SCHOOL}/?alike=").content.decode()
    assert "0000401" not in text


def test_a_region_against_the_republic(people: cast.Cast, frozen: Path) -> None:
    found = line(people.region, "R1", "places")
    assert (found.own.value, [value.value for value in found.above]) == (960, [1540])


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        (cast.SCHOOL, {"head", "secretary", "officer", "region", "ministry", "manager", "analyst"}),
        ("R1-01", {"officer", "region", "ministry", "manager", "analyst"}),
        ("R1", {"region", "ministry", "manager", "analyst"}),
        ("REP", {"ministry", "manager", "analyst", "body"}),
        (cast.KINDERGARTEN, {"officer", "region", "ministry", "manager", "analyst", "body"}),
    ],
)
def test_a_place_is_for_those_whose_scope_holds_it(people: cast.Cast, frozen: Path, code: str, allowed: set[str]) -> None:
    refused = {"teacher", "administrator", "nobody"}
    for name, user in people.people.items():
        if name == "body" and code.startswith("R1"):
            continue  # offices belong to every level; a body's reach over them is tested in the explorer
        expected = 200 if name in allowed else 403 if name in refused else 404
        assert client(user).get(f"/figures/demo/at/{code}/").status_code == expected, name
    assert Client().get(f"/figures/demo/at/{code}/").status_code == 302


def test_an_offices_summary_is_provisional_and_of_its_own_parts(people: cast.Cast) -> None:
    cast.campaigns()
    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL)])
    submit(people.sibling_head, "institutions", cast.SIBLING, [register_row(cast.SIBLING)])
    response = client(people.officer).get("/figures/demo/summary/2024/R1-01/")
    found = response.context["found"]
    parts = {part.code: part for part in found.parts}
    assert set(parts) == {"R1-01", cast.SCHOOL, cast.SIBLING, cast.KINDERGARTEN}
    column = [name for name, _title, _unit in found.columns].index("institutions")
    assert (parts["R1-01"].values[column].value, parts[cast.SCHOOL].values[column].value) == (2, 1)
    tally = parts[cast.SCHOOL].tally
    assert tally is not None
    assert (tally.received, found.whole.received) == (1, 2)
    assert "not official" in response.content.decode()
    region = client(people.region).get("/figures/demo/summary/2024/R1/").context["found"]
    assert {part.code for part in region.parts} == {"R1", "R1-01", "R1-02", cast.COLLEGE}


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("officer", 200), ("region", 200), ("ministry", 200), ("manager", 200), ("analyst", 200), ("other_officer", 404),
        ("other_region", 404), ("head", 404), ("sibling", 404), ("elsewhere", 404), ("teacher", 403), ("administrator", 403),
        ("nobody", 403),
    ],
)  # fmt: skip
def test_a_summary_is_for_the_office_and_those_above(people: cast.Cast, who: str, status: int) -> None:
    cast.campaigns()
    assert client(getattr(people, who)).get("/figures/demo/summary/2024/R1-01/").status_code == status
    assert client(getattr(people, who)).get("/figures/demo/summary/1999/R1-01/").status_code in (404, 403)


def test_the_summary_of_ones_own_node_is_found(people: cast.Cast) -> None:
    cast.campaigns()
    response = client(people.officer).get("/figures/summary/")
    assert (response.status_code, response["Location"]) == (302, "/figures/demo/summary/2024/R1-01/")
    assert client(people.head).get("/figures/summary/").status_code == 200


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ("secretary", {"desk", "school"}), ("head", {"desk", "school"}), ("officer", {"office", "country"}),
        ("manager", {"office", "country"}), ("analyst", {"country"}), ("administrator", {"site"}), ("nobody", set()),
    ],
)  # fmt: skip
def test_everybody_sees_what_the_role_needs(people: cast.Cast, frozen: Path, who: str, shown: set[str]) -> None:
    cast.campaigns()
    response = client(getattr(people, who)).get("/")
    assert response.status_code == 200
    parts = ("desk", "school", "office", "country", "site")
    assert {name for name in parts if response.context[name]} == shown


def test_the_first_page_asks_little(people: cast.Cast, frozen: Path, django_assert_max_num_queries: Any) -> None:
    cast.campaigns()
    for who, most in (("secretary", 10), ("officer", 10), ("analyst", 4), ("administrator", 7)):
        mine = client(getattr(people, who))
        mine.get("/")
        with django_assert_max_num_queries(most):
            assert mine.get("/").status_code == 200
