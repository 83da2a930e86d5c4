"""Where a figure comes from, told to each reader as far as they may know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client

from sapa_web.indicators.domain.queries.provenance import Way
from sapa_web.orgs.models import User
from tests.web import cast
from tests.web.indicators.test_explorer import client
from tests.web.indicators.world import SCHOOLS, register_row, submit

TRACE = "/figures/demo/trace/"


def way(user: User, fact: str, **more: str) -> Way:
    response = client(user).get(TRACE, {"fact": fact, **more})
    assert response.status_code == 200
    found: Way = response.context["way"]
    return found


def test_a_figure_leads_back_to_its_returns_and_comes_out_again(people: cast.Cast, frozen: Path) -> None:
    found = way(people.ministry, "places@2023[region=R1]")
    assert (found.value, found.recomputed, found.agrees, found.checked) == (960, 960, True, True)
    assert found.root == pq.read_table(frozen / "2023/facts/institutions.parquet")["snapshot"][0].as_py()
    assert found.returns_count == 4
    # of the four schools of the region two are in the tree of this site
    assert {item.unit for item in found.returns} == {cast.SCHOOL, cast.SIBLING}
    assert all(len(item.digest) == 64 and item.signer for item in found.returns)


def test_a_figure_made_from_figures_is_led_back_through_them(people: cast.Cast, frozen: Path) -> None:
    found = way(people.analyst, "learners-growth@2023")
    assert [(item.fact.indicator, item.period, item.value) for item in found.inputs] == [
        ("learners", "2023", 18), ("learners", "2022", 15),
    ]  # fmt: skip
    assert (found.value, found.agrees) == (pytest.approx(20), True)
    assert found.inputs[0].root != found.inputs[1].root


@pytest.mark.parametrize(
    ("who", "units", "rows"),
    [
        ("head", {cast.SCHOOL}, True),
        ("sibling", {cast.SIBLING}, True),
        ("elsewhere", {cast.ELSEWHERE}, True),
        ("officer", {cast.SCHOOL, cast.SIBLING}, False),
        ("other_officer", set(), False),
        ("region", {cast.SCHOOL, cast.SIBLING}, False),
        ("other_region", {cast.ELSEWHERE}, False),
        ("ministry", {cast.SCHOOL, cast.SIBLING, cast.ELSEWHERE}, False),
        ("analyst", {cast.SCHOOL, cast.SIBLING, cast.ELSEWHERE}, False),
        ("body", set(), False),
    ],
)
def test_returns_and_rows_are_those_of_the_readers_scope(
    people: cast.Cast, frozen: Path, who: str, units: set[str], rows: bool
) -> None:
    found = way(getattr(people, who), "learners@2023")
    assert {item.unit for item in found.returns} == units
    assert found.returns_count == 3
    assert found.rows_hidden is not rows
    assert bool(found.rows) is rows
    if rows:
        (own,) = units
        assert {row[0] for row in found.rows} == {own}


def test_no_pseudonym_is_ever_shown(people: cast.Cast, frozen: Path) -> None:
    stored = pq.read_table(frozen / "2023/snapshot/rows/learners.parquet")["person"].to_pylist()
    text = client(people.head).get(TRACE, {"fact": "learners@2023"}).content.decode()
    assert "primary" in text
    assert not any(person in text for person in stored)


def test_a_figure_of_a_place_out_of_reach_is_not_found(people: cast.Cast, frozen: Path) -> None:
    for who, fact, status in [
        ("region", "places@2023[region=R1]", 200), ("region", "places@2023[region=R2]", 404),
        ("officer", "places@2023[district=R1-01]", 200), ("officer", "places@2023[district=R1-02]", 404),
        ("officer", "places@2023[region=R1]", 200), ("head", "places@2023[district=R2-01]", 404),
        ("body", "places@2023[region=R1]", 404), ("nobody", "places@2023", 403), ("teacher", "places@2023", 403),
        ("analyst", "places@2023[region=R9]", 404), ("analyst", "places@1999", 404), ("analyst", "", 404),
    ]:  # fmt: skip
        assert client(getattr(people, who)).get(TRACE, {"fact": fact}).status_code == status, (who, fact)
    assert Client().get(TRACE, {"fact": "places@2023"}).status_code == 302


def test_an_institutions_own_figure_is_for_its_readers_only(people: cast.Cast, frozen: Path) -> None:
    for who in ("head", "officer", "region", "ministry"):
        found = way(getattr(people, who), "places@2023", unit=cast.SCHOOL)
        assert (found.value, found.recomputed, found.agrees) == (SCHOOLS[cast.SCHOOL][2] + 10, 410, True)
    for who in ("sibling", "other_officer", "other_region", "elsewhere", "body"):
        answer = client(getattr(people, who)).get(TRACE, {"fact": "places@2023", "unit": cast.SCHOOL})
        assert answer.status_code == 404, who


def test_a_changed_figure_is_told(people: cast.Cast, frozen: Path, tmp_path: Path, settings: Any) -> None:
    import shutil

    own = tmp_path / "changed" / cast.PACK
    shutil.copytree(frozen, own)
    settings.SAPA_ARCHIVE_URL = str(own.parent)
    path = own / "2023/facts/institutions.parquet"
    table = pq.read_table(path)
    values = [value + 1 if name == "places" and value is not None else value for name, value in zip(
        table["indicator"].to_pylist(), table["value"].to_pylist(), strict=True)]  # fmt: skip
    import pyarrow as pa

    pq.write_table(table.set_column(table.column_names.index("value"), "value", pa.array(values)), path)
    found = way(people.analyst, "places@2023")
    assert (found.value, found.recomputed, found.agrees) == (1541, 1540, False)
    assert "differently" in client(people.analyst).get(TRACE, {"fact": "places@2023"}).content.decode()


def test_a_provisional_figure_leads_to_the_returns_of_this_moment(people: cast.Cast) -> None:
    cast.campaigns()
    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL)])
    submit(people.elsewhere, "institutions", cast.ELSEWHERE, [register_row(cast.ELSEWHERE)])
    found = way(people.region, "places@2024", state="provisional")
    assert (found.value, found.recomputed, found.agrees, found.root) == (650, 650, True, "")
    assert ({item.unit for item in found.returns}, found.returns_count) == ({cast.SCHOOL}, 2)
    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL, capacity="500")])
    found = way(people.region, "places@2024[region=R1]", state="provisional")
    assert (found.value, found.recomputed, found.returns[0].revision) == (500, 500, 2)
