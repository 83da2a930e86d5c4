"""The explorer as different readers meet it."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import python_calamine
from django.test import Client

from sapa_web.orgs.models import User
from tests.web import cast
from tests.web.indicators.world import register_row, submit

PLACES = "/figures/demo/places/"


def client(user: User) -> Client:
    out = Client()
    out.force_login(user)
    return out


def records(user: User, query: str = "", indicator: str = "places") -> list[dict[str, str]]:
    response = client(user).get(f"/figures/demo/{indicator}/figures.csv{query}")
    assert response.status_code == 200
    text = response.content.decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    assert response["X-Row-Count"] == str(len(found))
    return found


def by(rows: list[dict[str, str]], *names: str) -> dict[Any, str]:
    return {tuple(row[name] for name in names): row["value"] for row in rows}


def test_a_table_holds_the_figures_of_the_archive(people: cast.Cast, frozen: Path) -> None:
    rows = records(people.analyst, "?by=region&also=settlement&period=2022&period=2023")
    found = by(rows, "region", "settlement", "period")
    # 400 + 300 of the two schools of the first district, 120 of the second; ten places more each a year later
    assert float(found["R1", "urban", "2022"]) == 820
    assert float(found["R1", "urban", "2023"]) == 850
    assert float(found["", "", "2023"]) == 1470 + 70
    assert {row["state"] for row in rows} == {"official"}
    assert {len(row["snapshot"]) for row in rows} == {64}


def test_the_page_says_where_its_figures_come_from(people: cast.Cast, frozen: Path) -> None:
    text = client(people.analyst).get(PLACES + "?by=region&period=2023").content.decode()
    assert ">960</a>" in text  # 410 + 310 + 110 + 130
    picture = re.search(r'<img src="(/figures/demo/places/chart.svg[^"]*)"', text)
    assert picture
    drawn = client(people.analyst).get(html.unescape(picture[1]))
    assert drawn["Content-Type"] == "image/svg+xml"
    assert ">960</text>" in drawn.content.decode()
    assert "sum of capacity" in text
    root = records(people.analyst, "?period=2023")[0]["snapshot"]
    assert root in text
    assert "/figures/demo/trace/?fact=places%402023%5Bregion%3DR1%5D" in text


def test_impossible_choices_are_disabled_and_mended(people: cast.Cast, frozen: Path) -> None:
    response = client(people.analyst).get(PLACES + "?by=region&also=ownership")
    assert response.context["choice"].cut == ("region",)
    assert response.context["choice"].mended
    impossible = {option.code for option in response.context["second"] if option.impossible}
    assert "ownership" in impossible
    assert "settlement" not in impossible
    assert response.context["table"].cells
    for query in (
        "?by=nothing",
        "?period=1999",
        "?by=region&code=region:XX",
        "?also=settlement",
        "?by=settlement&also=settlement",
    ):
        answer = client(people.analyst).get(PLACES + query)
        assert answer.status_code == 200
        assert any(cell.shown is not None for cell in answer.context["table"].cells), query


def test_the_address_holds_the_choice(people: cast.Cast, frozen: Path) -> None:
    query = "?by=region&also=settlement&period=2023&code=region%3AR1&sort=-c0"
    choice = client(people.analyst).get(PLACES + query).context["choice"]
    again = client(people.analyst).get(f"{PLACES}?{choice.address}").context["choice"]
    assert again == choice
    assert choice.codes == {"region": frozenset({"R1"})}


def test_a_table_can_be_sorted_by_each_column(people: cast.Cast, frozen: Path) -> None:
    def order(sort: str) -> list[str]:
        table = client(people.analyst).get(f"{PLACES}?by=region&period=2023&sort={sort}").context["table"]
        return [row.code for row in table.rows]

    assert order("c0") == ["", "R3", "R2", "R1"]
    assert order("-c0") == ["", "R1", "R2", "R3"]


@pytest.mark.parametrize(
    ("who", "regions", "districts"),
    [
        ("analyst", {"R1", "R2", "R3"}, {"R1-01", "R1-02", "R2-01", "R3-01"}),
        ("ministry", {"R1", "R2", "R3"}, {"R1-01", "R1-02", "R2-01", "R3-01"}),
        ("region", {"R1"}, {"R1-01", "R1-02"}),
        ("other_region", {"R2"}, {"R2-01"}),
        ("officer", {"R1"}, {"R1-01"}),
        ("other_officer", {"R1"}, {"R1-02"}),
        ("head", {"R1"}, {"R1-01"}),
        ("secretary", {"R1"}, {"R1-01"}),
        ("elsewhere", {"R2"}, {"R2-01"}),
        ("body", set(), set()),
    ],
)
def test_a_reader_sees_places_above_in_and_below_the_own_node(
    people: cast.Cast, frozen: Path, who: str, regions: set[str], districts: set[str]
) -> None:
    user = getattr(people, who)
    for dimension, expected in (("region", regions), ("district", districts)):
        rows = records(user, f"?by={dimension}&period=2023")
        assert {row[dimension] for row in rows if row[dimension]} == expected
        # the whole republic is for everybody who analyses
        assert float(by(rows, dimension)["",]) == 1540


def test_a_body_sees_places_at_its_own_level_only(people: cast.Cast, frozen: Path) -> None:
    rows = records(people.body, "?by=region&also=level&period=2023", indicator="institutions")
    assert not [row for row in rows if row["region"] and row["value"]]
    assert {row["level"] for row in rows if not row["region"] and row["value"]} == {"", "general"}


@pytest.mark.parametrize("who", ["teacher", "administrator", "nobody"])
def test_roles_without_figures_are_refused(people: cast.Cast, frozen: Path, who: str) -> None:
    for url in ("/figures/", "/figures/demo/", PLACES, PLACES + "figures.csv", "/figures/demo/trace/?fact=places@2023"):
        assert client(getattr(people, who)).get(url).status_code == 403, url


def test_without_signing_in_there_is_nothing(people: cast.Cast, frozen: Path) -> None:
    for url in ("/figures/", "/figures/demo/", PLACES, PLACES + "figures.csv", "/figures/demo/at/R1/", "/"):
        response = Client().get(url)
        assert response.status_code == 302
        assert response["Location"].startswith("/account/login/")


def test_what_does_not_exist_is_not_found(people: cast.Cast, frozen: Path) -> None:
    urls = ("/figures/other/", "/figures/demo/nothing/", PLACES + "figures.exe", "/figures/demo/trace/?fact=nothing@2023")
    for url in (*urls, "/figures/demo/trace/?fact=]]", "/figures/demo/places/?state=provisional"):
        assert client(people.analyst).get(url).status_code == 404, url


def test_provisional_and_official_never_share_a_page(people: cast.Cast, frozen: Path, settings: Any, tmp_path: Path) -> None:
    own = tmp_path / "mixed" / "demo"
    own.mkdir(parents=True)
    for year in frozen.iterdir():
        (own / year.name).symlink_to(year)
    settings.SAPA_ARCHIVE_URL = str(own.parent)
    cast.campaigns()
    submit(people.head, "institutions", cast.SCHOOL, [register_row(cast.SCHOOL)])
    official = records(people.analyst, "?by=region&period=2023&period=2024")
    assert ({row["period"] for row in official}, {row["state"] for row in official}) == ({"2023"}, {"official"})
    live = records(people.analyst, "?by=region&state=provisional&period=2023")
    assert ({row["period"] for row in live}, {row["state"] for row in live}) == ({"2024"}, {"provisional"})
    assert {row["symbol"] for row in live if row["value"]} == {"provisional"}
    text = client(people.analyst).get(PLACES + "?by=region&state=provisional").content.decode()
    assert "Provisional" in text
    assert "not official" in text


def test_files_hold_the_same_rows_and_no_formula(people: cast.Cast, frozen: Path) -> None:
    query = "?by=region&period=2022&period=2023"
    expected = records(people.analyst, query)
    mine = client(people.analyst)
    parquet = pq.read_table(pa.BufferReader(mine.get(f"{PLACES}figures.parquet{query}").content))
    assert parquet.num_rows == len(expected)
    assert parquet.schema.metadata[b"sapa.snapshot.2023"].decode() in {row["snapshot"] for row in expected}
    content = mine.get(f"{PLACES}figures.xlsx{query}").content
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert len(book.get_sheet_by_name("Figures").to_python()) == len(expected) + 1
    svg = mine.get(f"{PLACES}figures.svg{query}").content.decode()
    assert "<desc>" in svg
    png = mine.get(f"{PLACES}figures.png{query}").content
    assert png.startswith(b"\x89PNG")
    assert b"Description\x00" in png


def test_the_catalogue_finds_by_words_theme_level_and_clause(people: cast.Cast, frozen: Path) -> None:
    def found(**query: str) -> set[str]:
        answer = client(people.analyst).get("/figures/demo/", query)
        assert answer.status_code == 200
        return {hit.id for _theme, hits in answer.context["found"].themes for hit in hits}

    every = found()
    assert {"places", "learners", "female-share"} <= every
    assert "places" in found(q="places design")
    assert "learners" not in found(q="places design")
    assert found(theme="network") < every
    assert found(clause="by-329:ch2.s0.p2.i3") < every
    assert found(q="no such words at all") == set()
    assert "learners" in found(level="general")
    assert found(level="preschool") == set()


def test_the_number_of_queries_does_not_grow(people: cast.Cast, frozen: Path, django_assert_max_num_queries: Any) -> None:
    for who, most in (("analyst", 10), ("region", 13)):
        mine = client(getattr(people, who))
        for query in ("", "?by=region&period=2023", "?by=district&period=2022&period=2023"):
            with django_assert_max_num_queries(most):
                assert mine.get(PLACES + query).status_code == 200
        with django_assert_max_num_queries(most):
            mine.get("/figures/demo/")
