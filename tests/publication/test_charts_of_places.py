"""Maps of tiles, distributions and small multiples: what is hidden is seen to be hidden, and every panel has one scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import vl_convert
from pydantic import ValidationError

from sapa.packs.loader import Pack, load_pack
from sapa.packs.models_law import CodeList
from sapa.packs.models_report import ChartSpec
from sapa.publication.chart_frame import MARKED
from sapa.publication.chart_map import EMPTY, RAMP, classes
from sapa.publication.charts import Chart, build_chart
from sapa.publication.facts import Fact, FactStore
from sapa.publication.labels import Labels
from sapa.publication.language import LANGUAGES, language
from sapa.publication.render import VERSION

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ["Source: the test", "Data as of 1 October 2023"]
SHARE, COUNT = "internet-share", "institutions"
REGIONS = {"R1": 91.0, "R2": 92.0, "R3": 93.0, "R4": 94.0, "R5": 95.0, "R6": 96.0}


@pytest.fixture(scope="module")
def demo() -> Pack:
    return load_pack(ROOT / "packs/demo")


def fact(code: str, value: float | None, *marks: str, period: str = "2023", by: str = "region", of: str = SHARE) -> Fact:
    return Fact(of, period, ((by, code),) if code else (), value, None, None, None, frozenset(marks))  # type: ignore[arg-type]


def store(*more: Fact) -> FactStore:
    """Six regions of 2023 with a value, the whole, and what a test adds."""
    return FactStore([fact("", 93.5), *(fact(code, value) for code, value in REGIONS.items()), *more])


def drawn(pack: Pack, kind: str, facts: FactStore, lang: str = "en", by: str = "region", **more: Any) -> Chart:
    item = pack.indicator(SHARE)
    over_time = kind == "small-multiples"
    spec = ChartSpec(
        id="c", title=item.title, clause=item.clause, type=kind, indicator=SHARE, by="period" if over_time else by,
        series=by if over_time else None,
    )  # fmt: skip
    return build_chart(spec, "", facts, Labels(pack, language(lang), "2023"), "2023", SOURCE, **more)


def svg(chart: Chart) -> str:
    made: str = vl_convert.vegalite_to_svg(chart.spec, vl_version=VERSION, allowed_base_urls=[])
    return made


def test_a_hidden_place_is_hatched_and_has_no_number(demo: Pack) -> None:
    chart = drawn(demo, "map", store(fact("RC", None, "suppressed")))
    tiles = {tile["code"]: tile for tile in chart.spec["data"]["values"]}
    assert len(tiles) == 7
    assert (tiles["RC"]["text"], tiles["RC"]["value"], tiles["RC"]["fill"]) == ("x", None, EMPTY)
    assert [tiles[code]["fill"] for code in REGIONS] != [EMPTY] * 6
    hatching = [layer for layer in chart.spec["layer"] if layer["mark"].get("opacity") == 0.55]
    inside = hatching[0]["data"]["values"]
    assert {tiles["RC"]["x"] <= line["x"] <= line["x2"] <= tiles["RC"]["x2"] + 1e-9 for line in inside} == {True}
    assert "x suppressed so that no person can be recognised" in chart.alt
    assert ">0.0<" not in svg(chart)


def test_a_place_without_a_figure_keeps_its_tile(demo: Pack) -> None:
    tiles = {tile["code"]: tile for tile in drawn(demo, "map", store()).spec["data"]["values"]}
    assert tiles["RC"]["text"] == "…"
    assert tiles["RC"]["fill"] == EMPTY


def test_tiles_lie_as_the_list_says_or_say_that_they_do_not(demo: Pack) -> None:
    placed = drawn(demo, "map", store())
    at = {tile["code"]: (tile["x"], tile["y"]) for tile in placed.spec["data"]["values"]}
    assert at["R1"][1] < at["RC"][1] < at["R2"][1]
    assert at["R4"][0] < at["RC"][0] < at["R3"][0]
    assert "roughly as on a map" in placed.alt
    listed = drawn(demo, "map", store(fact("R9", 50.0)))
    assert "in the order of the list" in listed.alt
    assert len({(tile["x"], tile["y"]) for tile in listed.spec["data"]["values"]}) == 7


def test_a_district_that_is_gone_has_no_tile(demo: Pack) -> None:
    facts = FactStore([fact("R3-01", 50.0, by="district"), fact("R3-07", 60.0, by="district")])
    codes = {tile["code"] for tile in drawn(demo, "map", facts, by="district").spec["data"]["values"]}
    assert "R3-08" not in codes  # merged in 2022
    assert len(codes) == 51


def test_two_tiles_on_one_place_are_refused() -> None:
    items = [{"code": code, "title": {"en": code}, "tile": {"x": 1, "y": 1}} for code in ("A", "B")]
    with pytest.raises(ValidationError, match="the tiles of A and B lie on each other"):
        CodeList.model_validate({"id": "places", "clause": "x:y", "title": {"en": "Places"}, "items": items})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0, 1.0, 3.0], [[1.0], [3.0]]),
        ([1.0] * 9 + [2.0, 3.0, 4.0, 5.0, 6.0], [[1.0] * 9, [2.0, 3.0], [4.0, 5.0, 6.0]]),
        ([float(n) for n in range(10)], [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0], [8.0, 9.0]]),
        ([], []),
    ],
)
def test_equal_values_have_one_colour(values: list[float], expected: list[list[float]]) -> None:
    found = classes(values)
    assert found == expected
    assert len(found) <= len(RAMP)
    assert sorted(value for part in found for value in part) == (sorted(set(values)) if len(set(values)) <= 5 else sorted(values))


def test_a_distribution_marks_the_place_and_counts_what_is_hidden(demo: Pack) -> None:
    chart = drawn(demo, "distribution", store(fact("RC", None, "suppressed")), marked=("R3",))
    dots = {dot["code"]: dot for dot in chart.spec["data"]["values"]}
    assert "RC" not in dots
    assert (dots["R3"]["value"], dots["R3"]["fill"]) == (93.0, MARKED)
    assert dots["R1"]["fill"] != MARKED
    assert "Not drawn, because hidden to protect persons: 1." in chart.alt
    assert "Eastern region: 93.0" in svg(chart)


def test_equal_values_are_stacked_where_they_are(demo: Pack) -> None:
    facts = FactStore([fact(code, 100.0 if code != "R1" else 50.0) for code in REGIONS])
    dots = [dot for dot in drawn(demo, "distribution", facts).spec["data"]["values"] if dot["code"] != "R1"]
    assert {dot["value"] for dot in dots} == {100.0}
    assert sorted(dot["stack"] for dot in dots) == [1, 2, 3, 4, 5]


def years(code: str, *values: float | None) -> list[Fact]:
    marks = [() if value is not None else ("suppressed",) for value in values]
    return [
        fact(code, value, *mark, period=str(2020 + place)) for place, (value, mark) in enumerate(zip(values, marks, strict=True))
    ]


def test_panels_share_one_scale_and_break_where_a_value_is_hidden(demo: Pack) -> None:
    facts = FactStore([
        *years("R1", 10.0, None, 30.0, 40.0), *years("R2", 40.0, 30.0, 20.0, None), *years("", 20.0, 20.0, 20.0, 20.0)
    ])  # fmt: skip
    chart = drawn(demo, "small-multiples", facts)
    points = chart.spec["data"]["values"]
    heights = {(point["code"], point["value"]): point["y"] for point in points}
    assert heights["R1", 40.0] == heights["R2", 40.0]
    assert heights["R1", 30.0] == heights["R2", 30.0]
    assert len({point["line"] for point in points if point["code"] == "R1"}) == 2  # no line across the gap
    texts = svg(chart)
    assert texts.count(">x<") == 3  # R1 in 2021; R2 in 2023: at its period, and instead of its newest value
    assert "x suppressed" in chart.alt


@pytest.mark.parametrize("kind", ["map", "distribution", "small-multiples"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_is_drawn_in_every_language_with_its_source(demo: Pack, kind: str, lang: str) -> None:
    earlier = [fact(code, value - 1, period="2022") for code, value in REGIONS.items()]
    chart = drawn(demo, kind, store(*earlier, fact("RC", None, "suppressed")), lang)
    texts = svg(chart)
    assert all(line in texts for line in SOURCE)
    title = demo.text(dict(demo.indicator(SHARE).title), lang)
    assert title[:30] in chart.alt
    assert "{" not in chart.alt
    assert svg(chart) == texts


@pytest.mark.parametrize("kind", ["map", "distribution", "small-multiples"])
def test_nothing_to_draw_is_empty_and_still_a_chart(demo: Pack, kind: str) -> None:
    chart = drawn(demo, kind, FactStore([fact("R1", None, "suppressed"), fact("R2", None, "suppressed")]))
    assert chart.empty
    assert "<svg" in svg(chart)


@pytest.mark.parametrize(
    ("kind", "more"),
    [("small-multiples", {"by": "region"}), ("small-multiples", {}), ("map", {}), ("distribution", {"by": "a", "series": "b"})],
)
def test_a_kind_that_does_not_fit_is_refused(kind: str, more: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ChartSpec.model_validate({"id": "c", "title": {"en": "t"}, "clause": "x:y", "type": kind, "indicator": "i", **more})
