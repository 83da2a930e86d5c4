"""The table builder: impossible choices can't be made, no table is blank, what is shown is what is taken away."""

from __future__ import annotations

import csv
import io
import zipfile
from itertools import combinations
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.http import QueryDict
from django.test import Client

from sapa_web.common import clock
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.portal.domain.queries import builder
from sapa_web.portal.domain.queries import published as gate
from sapa_web.portal.domain.queries.cube import cube_of
from sapa_web.portal.domain.queries.pivot import build
from sapa_web.portal.models import DataVersion
from tests.web import cast
from tests.web.portal.world import hiding, second_version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
TABLES = "/statistics/tables/"


def version() -> DataVersion:
    found = gate.newest(clock.now(), cast.PACK)
    assert found is not None
    return found


def shown(query: str) -> Any:
    answer = Client().get(f"{TABLES}?pack=demo&{query}")
    assert answer.status_code == 200, query
    return answer


def taken(query: str) -> list[dict[str, Any]]:
    answer = Client().get(f"{TABLES}table.parquet?pack=demo&{query}")
    table = pq.read_table(io.BytesIO(answer.content))
    assert answer["X-Row-Count"] == str(table.num_rows)
    return table.to_pylist()


def test_a_table_shows_the_published_figures(published: object) -> None:
    text = shown("indicator=places&indicator=institutions&by=region&by=settlement&period=2023").content.decode()
    for figure in (">850</a>", ">960</a>", ">1,540</a>"):
        assert figure in text
    assert "/statistics/figure/demo/1.0.0/places@2023%5Bregion=R1,settlement=urban%5D/" in text
    assert text.count('class="total"') == 1


def test_what_is_taken_away_is_what_is_shown(published: object) -> None:
    query = "indicator=places&by=region&by=settlement&code=region:R1&code=region:R2&period=2022&period=2023"
    rows = taken(query)
    seen = shown(query).context["figures"]
    assert seen == len(rows)
    pairs = {(row["region"], row["settlement"], row["period"]): row["value"] for row in rows}
    assert pairs["R1", "urban", "2023"] == 850
    assert pairs[None, None, "2022"] == 1470
    assert {region for region, _, _ in pairs} == {"R1", "R2", None}
    without = taken(query + "&totals=no")
    assert all(row["region"] and row["settlement"] for row in without)
    box = zipfile.ZipFile(io.BytesIO(Client().get(f"{TABLES}table.csv?pack=demo&{query}").content))
    name = next(name for name in box.namelist() if name.endswith("facts.csv"))
    assert len(list(csv.DictReader(io.StringIO(box.read(name).decode())))) == len(rows)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "parquet", "sdmx", "zip"])
def test_every_format_is_there_and_says_how_many(published: object, kind: str) -> None:
    answer = Client().get(f"{TABLES}table.{kind}?pack=demo&indicator=places&by=region&period=2023")
    assert answer.status_code == 200
    assert answer["X-Row-Count"] == "4"
    assert len(answer.content) > 100


def test_impossible_choices_are_disabled_and_never_give_a_blank_table(published: object) -> None:
    answer = shown("indicator=places&by=region&by=ownership")
    assert answer.context["asked"].by == ("region",)
    assert answer.context["asked"].mended
    second = {option.code: option.impossible for option in answer.context["breakdowns"][1]}
    assert second["ownership"]
    assert not second["settlement"]
    for query in ("by=nothing", "period=1999", "by=region&code=region:XX", "by=region&by=region", "sort=c99", "page=99"):
        found = shown("indicator=places&" + query)
        assert ">1,540</a>" in found.content.decode(), query
    assert shown("indicator=nothing").context["asked"].indicators == ()


def test_every_choice_that_is_offered_gives_figures(published: object) -> None:
    cube = cube_of(version())
    labels = labels_for(cast.PACK, "2023")
    tried = 0
    for indicators in [*((name,) for name in cube.indicators), *list(combinations(sorted(cube.indicators), 2))[::40]]:
        asked = builder.read(_query(indicator=list(indicators)), cube, cast.PACK)
        for options in builder.by_options(cube, asked, labels):
            for option in options:
                if option.impossible:
                    continue
                deeper = builder.read(_query(indicator=list(indicators), by=[option.code]), cube, cast.PACK)
                assert deeper.by == (option.code,)
                for period in builder.period_options(cube, deeper, labels):
                    if not period.impossible:
                        last = builder.read(
                            _query(indicator=list(indicators), by=[option.code], period=[period.code]), cube, cast.PACK
                        )
                        assert build(cube, last, labels).positions.size, last
                        tried += 1
    assert tried > 200


def _query(**values: list[str]) -> QueryDict:
    out = QueryDict(mutable=True)
    for name, many in values.items():
        out.setlist(name, many)
    return out


def test_a_hidden_figure_is_a_symbol_with_its_meaning_and_no_number(published: object) -> None:
    second_version(hiding("places@2023[region=R1]"))
    text = shown("indicator=places&by=region&period=2023").content.decode()
    assert ">960<" not in text
    assert ">x</a>" in text
    assert "<b>x</b>" in text
    hidden = [row for row in taken("indicator=places&by=region&period=2023") if row["region"] == "R1"]
    assert [(row["value"], row["numerator"], row["flag"]) for row in hidden] == [(None, None, "C")]


def test_a_table_sorts_by_a_column_and_keeps_the_whole_on_top(published: object) -> None:
    def order(sort: str) -> list[int]:
        cube = cube_of(version())
        asked = builder.read(_query(indicator=["places"], by=["region"], period=["2023"], sort=[sort]), cube, cast.PACK)
        made = build(cube, asked, labels_for(cast.PACK, "2023"))
        return [int(cube.values[fact]) for fact in made.facts[:, 0]]

    rising, falling = order("c0"), order("-c0")
    assert rising[0] == falling[0] == 1540
    assert rising[1:] == sorted(rising[1:]) == falling[:0:-1]


def test_a_wide_table_turns_its_periods_into_rows(published: object) -> None:
    cube = cube_of(version())
    names = sorted(name for name in cube.indicators if frozenset({"region"}) in cube.indicators[name])[:13]
    asked = builder.read(_query(indicator=names, by=["region"], period=["2022", "2023"]), cube, cast.PACK)
    made = build(cube, asked, labels_for(cast.PACK, "2023"))
    assert len(made.columns) == len(asked.indicators) <= 12
    assert made.positions.size == len({*made.positions.tolist()}) > 0
    assert "period" in made.heads


def test_the_cube_finds_the_same_figures_as_a_plain_reading(published: object) -> None:
    """The second computation: every fact of the version, looked up in the cube by its codes."""
    cube, plain = cube_of(version()), gate.figures(version()).table.to_pylist()
    assert len(cube) == len(plain)
    figures = gate.figures(version())
    for name, cuts in cube.indicators.items():
        assert cuts == frozenset(figures.cuts(name)), name
        for cut in cuts:
            part = cube.part(name, cut)
            held = sum(len(facts) for facts in figures.cells(name, cut).values())
            assert part.stop - part.start == held
