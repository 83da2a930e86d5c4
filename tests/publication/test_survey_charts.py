"""Charts of a survey: what is drawn is what the figures say."""

from __future__ import annotations

import re

import pytest
import vl_convert

from sapa.publication.charts import Chart
from sapa.publication.language import language
from sapa.publication.render import VERSION
from sapa.publication.survey_charts import DivergingRow, MeanRow, Words, diverging_chart, mean_chart, palette, share_chart

UK = language("uk")
POINTS = ["ні", "радше ні", "важко сказати", "радше так", "так"]
ROWS = [
    DivergingRow("Безпечно", (0.05, 0.1, 0.2, 0.4, 0.25), "3,7"),
    DivergingRow("Смачно", (0.35, 0.3, 0.15, 0.15, 0.05), "2,2"),
]


def drawn(chart: Chart) -> str:
    return str(vl_convert.vegalite_to_svg(chart.spec, vl_version=VERSION, allowed_base_urls=[]))


def test_bars_of_a_scale_part_at_its_middle() -> None:
    chart = diverging_chart("a", Words("Клімат"), ROWS, POINTS, UK)
    values = chart.spec["data"]["values"]
    first = [value for value in values if value["key"] == "0"]
    assert first[0]["from"] == pytest.approx(-0.25)  # 5 % and 10 % against, half of 20 % in the middle
    assert first[2]["from"] == pytest.approx(-first[2]["to"])
    assert first[-1]["to"] == pytest.approx(0.75)
    assert [value["to"] - value["from"] for value in values] == pytest.approx([part for row in ROWS for part in row.shares])


def test_every_text_is_in_the_picture_and_in_its_description() -> None:
    chart = diverging_chart("a", Words("Клімат", "частка"), ROWS, POINTS, UK)
    picture = drawn(chart)
    for text in ("Клімат", "частка", "Безпечно", "Смачно", "3,7", "2,2", *POINTS, "40"):
        assert text in picture
        assert text in chart.alt or text == "частка"


def test_an_even_scale_has_no_middle() -> None:
    chart = diverging_chart("a", Words("x"), [DivergingRow("q", (0.1, 0.2, 0.3, 0.4))], list("abcd"), UK)
    assert chart.spec["data"]["values"][2]["from"] == pytest.approx(0)


def test_a_legend_of_long_words_takes_further_lines_and_stays_in_the_picture() -> None:
    long = [f"{point} – і це треба пояснити докладно" for point in POINTS]
    short, tall = (diverging_chart("a", Words("x"), ROWS, points, UK) for points in (POINTS, long))
    assert tall.spec["padding"]["top"] > short.spec["padding"]["top"]


def test_words_that_look_like_an_expression_stay_words() -> None:
    chart = diverging_chart("a", Words("x"), [DivergingRow("'+alert(1)+'", (0.5, 0.5))], ["'];evil//", "b"], UK)
    assert "evil" in drawn(chart)


def test_means_with_intervals_and_a_year_that_does_not_compare() -> None:
    rows = [MeanRow("2023", 2.9, 2.7, 3.1, "2,9", apart=True), MeanRow("2024", 3.4, 3.3, 3.5, "3,4")]
    picture = drawn(mean_chart("c", Words("Роки"), rows, (1, 5), UK))
    assert "2023" in picture
    assert "3,4" in picture
    assert re.search(r'fill="white"[^>]*stroke="#17506b"', picture)


def test_shares_are_bars() -> None:
    chart = share_chart("b", Words("Як?"), [("пішки", 0.6, "60 %"), ("автобус", 0.4, "40 %")], UK)
    assert [value["value"] for value in chart.spec["data"]["values"]] == [60, 40]
    assert "пішки" in drawn(chart)


def test_colours_go_over_grey_and_are_as_many_as_points() -> None:
    assert len(set(palette(5))) == 5
    assert palette(3)[1] == "#e3e6e8"
    assert len(palette(7)) == 7
