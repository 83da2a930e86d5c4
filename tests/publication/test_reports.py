"""Reports of every kind: which tables a template makes of the data, what is compared, and what the words say of the figures."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from tests.publication.regional_facts import facts, meta

from sapa.errors import UserError
from sapa.packs.loader import Pack, load_pack
from sapa.publication import PublishReport, publish
from sapa.publication.comparisons import Scope
from sapa.publication.labels import Labels
from sapa.publication.language import language
from sapa.publication.reading import change

REGIME = load_pack("kz-521")
NORTH = Scope("region", "R1", "R1")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(str(Path(__file__).parent / "regional"))


def write(pack: Pack, report: str, out: Path, **more: Any) -> PublishReport:
    given = {"lang": "en", "meta": meta(pack), "regime": REGIME, "only": ["workbook"], **more}
    return publish(pack, report, given.pop("facts", facts()), out, **given)


def sheets(folder: Path, lang: str = "en") -> dict[str, list[list[Any]]]:
    """Every table of the workbook by its title, as rows of values without the empty ones."""
    book = openpyxl.load_workbook(folder / "tables" / f"tables.{lang}.xlsx")
    out = {}
    for sheet in book.worksheets[1:-1]:
        rows = [[cell for cell in row if cell not in (None, "")] for row in sheet.iter_rows(values_only=True)]
        out[str(rows[0][0]).partition(". ")[2]] = [row for row in rows[1:] if row]
    return out


def page(folder: Path, name: str) -> str:
    return " ".join(" ".join(part.extract_text() for part in pypdf.PdfReader(folder / name).pages).split())


def web(path: Path) -> str:
    """The text of a page, its protected spaces as plain ones."""
    return path.read_text("utf-8").replace("\u00a0", " ")


def line(rows: list[list[Any]], title: str) -> list[Any]:
    return next(row[1:] for row in rows if row[0] == title)


# what a template makes of the data


def test_a_template_of_the_regime_makes_a_table_of_every_cut_the_data_have(pack: Pack, tmp_path: Path) -> None:
    done = write(pack, "statistical-compendium", tmp_path)
    found = sheets(tmp_path)
    assert list(found) == [
        "Pupils, by region",
        "Pupils, by region, period",
        "Pupils, by region, sex",
        "Results, by region",
        "Pupils who passed, by region, period",
        "Pupils who failed, by region, period",
    ]
    assert done.tables == 6
    assert done.empty == []
    assert line(found["Pupils, by region, period"], "West") == [400, 400, 430]
    assert line(found["Pupils, by region, sex"], "North") == [120, 60, 60]


def test_a_theme_that_answers_nothing_is_in_no_chapter_of_the_regime(pack: Pack, tmp_path: Path) -> None:
    write(pack, "statistical-compendium", tmp_path, only=["html"])
    text = web(tmp_path / "statistical-compendium.en.html")
    assert "The data have no figures for these chapters of the template: Network, Conditions, Educational processes." in text
    assert "Contingent</h2>" in text
    assert "Network</h2>" not in text


def test_one_period_makes_no_tables_over_the_years(pack: Pack, tmp_path: Path) -> None:
    now = facts()
    write(pack, "statistical-compendium", tmp_path, facts=now.filter([row == "2024" for row in now["period"].to_pylist()]))
    assert not [title for title in sheets(tmp_path) if "period" in title]


def test_a_compendium_holds_tables_only_and_says_whose_data_and_regime(pack: Pack, tmp_path: Path) -> None:
    write(pack, "statistical-compendium", tmp_path, only=["document"], due=date(2025, 2, 28))
    assert not (tmp_path / "charts").exists()
    text = page(tmp_path, "statistical-compendium.en.pdf")
    assert "What the figures say" not in text
    assert "borrows the regime of another country, which is not its law" in text
    assert "The data are those of: Office of numbers." in text
    assert "National statistical compendium" in text
    assert "To be published by 28 February 2025 (kz-521:p2.7, kz-521:p12.3)" in text


def test_an_unknown_report_is_refused_with_those_there_are(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="use one of: one-place, one-school, progress"):
        write(pack, "almanac", tmp_path)


# targets against facts


def test_a_target_is_reached_from_its_own_side(pack: Pack, tmp_path: Path) -> None:
    write(pack, "progress", tmp_path, only=["workbook", "html"])
    rows = sheets(tmp_path)["Targets against facts"]
    # passed: 71.5 of 85 wanted; girls who failed: 26 where at most 20 were wanted, after 28 of 30.
    assert line(rows, "Passed, %") == [80, 73, 85, 71.5, -13.5, "not reached"]
    assert line(rows, "Failed, girls, %") == [30, 28, 20, 26, 6, "not reached"]
    assert line(rows, "New places, places") == ["…", "…", 12, "…", "…", "no figure"]
    text = web(tmp_path / "progress.en.html")
    assert "For 1 further targets no figure is computed here." in text
    assert (
        "With a figure: 2; reached: 0. Farthest from its target, in relation to it: Failed, girls (26.0%; target 20.0%)." in text
    )


def test_a_lower_target_is_reached_by_less(pack: Pack, tmp_path: Path) -> None:
    write(pack, "progress", tmp_path, meta=_as_of(pack, "2023"))
    assert line(sheets(tmp_path)["Targets against facts"], "Failed, girls, %") == [30, 28, -2, "reached"]


def _as_of(pack: Pack, period: str) -> Any:
    return replace(meta(pack), period=period)


def test_the_national_report_lists_only_targets_with_a_figure(pack: Pack, tmp_path: Path) -> None:
    write(pack, "national-report", tmp_path)
    assert [row[0] for row in sheets(tmp_path)["Targets against facts"] if row[0].endswith(("%", "places"))] == [
        "Passed, %",
        "Failed, girls, %",
    ]


# typical problems


def test_problems_are_what_moved_the_wrong_way_who_stands_last_and_what_was_found(pack: Pack, tmp_path: Path) -> None:
    write(pack, "national-report", tmp_path)
    found = sheets(tmp_path)
    wrong = found["Figures that moved the wrong way"]
    assert line(wrong, "Pupils who passed, %") == [73, 71.5, -1.5]
    assert line(wrong, "Pupils who failed, %") == [27, 28.5, 1.5]
    # Of the two indicators with a direction the West is last in both; a quarter of four regions is one.
    last = found["How often each stands last, by region"]
    assert line(last, "West") == [2, 2, 2]
    assert line(last, "South <&>") == [0, 0, 2]
    listed = found["Most frequent findings in the returns"]
    assert [row for row in listed if row[-1] in (7, 31)] == [
        ["A frequent finding", "Blocks acceptance", 31],
        ["A rare finding", "Must be explained", 7],
    ]


# a place beside those above it


def test_a_report_of_a_place_shows_its_own_figures_its_rank_and_the_whole(pack: Pack, tmp_path: Path) -> None:
    write(pack, "one-place", tmp_path, scope=NORTH, only=["workbook", "tables", "html"])
    found = sheets(tmp_path)
    standing = found["North beside those above it"]
    assert line(standing, "Pupils, persons") == [120, 1000, "4 / 4"]
    assert line(standing, "Pupils who passed, %") == [75, 71.5, "3 / 4"]
    assert [row[1] for row in found["Pupils, by period"] if row[0] in ("2022", "2023", "2024")] == [100, 110, 120]
    assert line(found["Pupils, by sex"], "Girls") == [60]
    text = web(tmp_path / "one-place-R1.en.html")
    assert "<title>One place: North, 2024</title>" in text
    assert "Better than the whole in 2 of 2 indicators" in text
    assert "North: 75.0%; Total: 71.5%; rank by value: 3 of 4." in text


def test_a_figure_of_a_place_carries_the_address_of_the_fact(pack: Pack, tmp_path: Path) -> None:
    write(pack, "one-place", tmp_path, scope=NORTH, only=["tables"])
    with (tmp_path / "tables" / "contingent-sexes.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["fact"]: row for row in csv.DictReader(file)}
    assert rows["pupils@2024[region=R1,sex=F]"]["shown"] == "60"
    assert set(rows) == {"pupils@2024[region=R1]", "pupils@2024[region=R1,sex=F]", "pupils@2024[region=R1,sex=M]"}


def test_a_district_stands_beside_its_region(pack: Pack, tmp_path: Path) -> None:
    scope = Scope("district", "D2", "D2", beside=(("region", "R1"),))
    write(pack, "one-place", tmp_path, scope=scope)
    standing = sheets(tmp_path)["Second district beside those above it"]
    assert line(standing, "Pupils, persons") == [80, 120, 1000, "1 / 2"]


# words


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, "71.5% in 2024, a fall of 1.5 percentage points from 2023"),
        (
            {"2023": 1.0, "2024": 1.0},
            "a fall of 1.5 percentage points from 2023, within the uncertainty (±2.77), so it may be chance",
        ),
        ({"2023": 0.3, "2024": 0.4}, "a fall of 1.5 percentage points from 2023, more than the uncertainty (±0.98)"),
    ],
)
def test_a_change_is_held_against_its_uncertainty(pack: Pack, tmp_path: Path, error: Any, said: str) -> None:
    """±1.96·√2 = 2.77; ±1.96·0.5 = 0.98: the half-width of the interval of a difference of independent estimates."""
    write(pack, "national-report", tmp_path, facts=facts(error), only=["html"])
    text = web(tmp_path / "national-report.en.html")
    assert said in text
    assert ("they have no sampling uncertainty" in text.partition("Results</h2>")[2].partition("<h2")[0]) == (error is None)
    assert ("Some figures of this chapter are estimates from samples" in text) == (error is not None)


def test_the_words_name_who_rose_and_fell_most(pack: Pack, tmp_path: Path) -> None:
    write(pack, "national-report", tmp_path, only=["html"])
    text = web(tmp_path / "national-report.en.html")
    assert "1,000 persons in 2024, unchanged from 2023." in text
    assert "Largest rise by region, compared with 2023: West (30 persons (7.5%))." in text
    assert "Largest fall by region, compared with 2023: East (40 persons (21.1%))." in text


def test_without_an_earlier_figure_there_is_no_change(pack: Pack) -> None:
    labels = Labels(pack, language("en"), "2024")
    assert change(pack.indicator("pupils"), None, None, labels) == ""


def test_generated_words_are_marked_until_a_person_approves_others(pack: Pack, tmp_path: Path) -> None:
    texts = {"contingent": {"en": "A person wrote <this>.\n\nAnd that.", "kk": "Мұны адам жазды."}}
    for lang, mark, own in (
        ("en", "generated from the figures, not yet approved", "A person wrote <this>."),
        ("kk", "деректерден автоматты түрде жасалған, әлі бекітілмеген", "Мұны адам жазды."),
    ):
        write(pack, "national-report", tmp_path / "bare", lang=lang, only=["document"])
        write(pack, "national-report", tmp_path / "own", lang=lang, only=["document"], texts=texts)
        bare, told = (page(tmp_path / name, f"national-report.{lang}.pdf") for name in ("bare", "own"))
        assert own not in bare
        assert own in told
        assert told.count(mark) == bare.count(mark) - 1


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["ru", "kk", "uk", "be"])
def test_a_report_speaks_one_language(pack: Pack, tmp_path: Path, lang: str) -> None:
    write(pack, "national-report", tmp_path, lang=lang, only=["html"])
    text = web(tmp_path / f"national-report.{lang}.html").partition('<h2 id="methods">')[0]
    for english in ("Pupils", "by region", "Largest", "Table", "compared", "Target", "no figure"):
        assert english not in text.partition("</style>")[2]
