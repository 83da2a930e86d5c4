"""Cells of a table: the right fact, its rounding, its symbol."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sapa.packs.loader import Pack
from sapa.packs.models_report import TableSpec
from sapa.publication.facts import Cut, Fact, FactStore
from sapa.publication.labels import Labels
from sapa.publication.language import language
from sapa.publication.reading import read_chapter
from sapa.publication.tables import Table, build_table


def fact(
    indicator: str,
    value: float | None,
    *cut: tuple[str, str],
    period: str = "2025",
    denominator: float | None = None,
    marks: Cut = (),
) -> Fact:
    return Fact(indicator, period, tuple(sorted(cut)), value, None, denominator, None, frozenset(marks))


def build(pack: Pack, facts: list[Fact], lang: str = "en", **spec: object) -> Table:
    labels = Labels(pack, language(lang), "2025")
    made = TableSpec.model_validate({"id": "t", "title": {"en": "T"}, "clause": "p1", **spec})
    return build_table(made, "1.1", FactStore(facts), labels, "2025")


def texts(table: Table) -> list[list[str]]:
    return [[row.title, *(cell.text for cell in row.cells)] for row in table.rows]


def test_rows_keep_the_order_of_the_code_list_and_the_total_comes_first(nasty: Pack) -> None:
    facts = [fact("pupils", 7.0), fact("pupils", 4.0, ("sex", "M")), fact("pupils", 3.0, ("sex", "F"))]
    assert texts(build(nasty, facts, indicators=["pupils"], rows="sex")) == [["Total", "7"], ["Female", "3"], ["Male", "4"]]


def test_each_kind_of_absence_has_its_own_symbol(nasty: Pack) -> None:
    facts = [
        fact("size", None, denominator=0.0),
        fact("size", None, ("sex", "F")),
        fact("pupils", 5.0, ("sex", "F"), marks=("provisional",)),
    ]
    facts += [fact("pupils", None, ("sex", "M"), marks=("suppressed",))]
    table = build(nasty, facts, indicators=["pupils", "size"], rows="sex")
    assert texts(table) == [["Total", "…", "–"], ["Female", "5\u00a0p", "…"], ["Male", "x", "–"]]
    assert table.marks == {"missing", "not_applicable", "suppressed", "provisional"}


def test_every_cell_knows_its_fact_even_where_there_is_none(nasty: Pack) -> None:
    table = build(
        nasty, [fact("pupils", 4.0, ("region", "R,5"), ("sex", "M"))], indicators=["pupils"], rows="region", columns="sex"
    )
    assert [[cell.fact for cell in row.cells] for row in table.rows] == [
        ["pupils@2025", "pupils@2025[sex=M]"],
        ["pupils@2025[region=R%2C5]", "pupils@2025[region=R%2C5,sex=M]"],
    ]


def test_shares_of_one_whole_are_rounded_together(nasty: Pack) -> None:
    shares = [fact("share", 100 / 3, ("region", code)) for code in ("R1", "R2", "R3")]
    table = build(nasty, [fact("share", 100.0), *shares], indicators=["share"], rows="region")
    shown = [row.cells[0].shown for row in table.rows if not row.total]
    assert sum(shown) == 100
    assert shown[0] == Decimal("33.4")
    assert table.notes == (language("en").text("adds_up"),)


def test_a_table_without_facts_says_so(nasty: Pack) -> None:
    assert build(nasty, [], indicators=["pupils"], rows="sex").empty


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "1,100\u00a0persons in 2025, a rise of 100\u00a0persons (10.0%) from 2024."),
        ("ru", "1\u202f100\u00a0чел. в 2025 году, рост на 100\u00a0чел. (10,0\u00a0%) по сравнению с 2024 годом."),
        ("kk", "2025 жылы 1\u202f100\u00a0адам, 2024 жылмен салыстырғандағы өсім — 100\u00a0адам (10,0\u00a0%)."),
        ("uk", "1\u202f100\u00a0осіб у 2025 році, зростання на 100\u00a0осіб (10,0\u00a0%) порівняно з 2024 роком."),
        ("be", "1\u202f100\u00a0чал. у 2025 годзе, рост на 100\u00a0чал. (10,0\u00a0%) у параўнанні з 2024 годам."),
    ],
)
def test_the_reading_of_a_figure_in_each_language(nasty: Pack, lang: str, said: str) -> None:
    store = FactStore([fact("pupils", 1100.0), fact("pupils", 1000.0, period="2024")])
    chapter = nasty.find("reports", "yearbook").chapters[1]
    assert read_chapter(chapter, store, Labels(nasty, language(lang), "2025"), "2025")[0].text == said


def test_the_reading_names_shares_of_what_adds_up_and_extremes_of_what_does_not(nasty: Pack) -> None:
    facts = [fact("pupils", 10.0), fact("size", 5.0)]
    facts += [fact("pupils", value, ("region", code)) for code, value in (("R1", 6.0), ("R3", 3.0), ("R,5", 1.0))]
    facts += [fact("size", value, ("region", code)) for code, value in (("R1", 4.0), ("R3", 6.5), ("R,5", 9.0))]
    labels = Labels(nasty, language("en"), "2025")
    pupils, size = (
        sentence.text
        for sentence in read_chapter(nasty.find("reports", "yearbook").chapters[1], FactStore(facts), labels, "2025")
    )
    assert "(60.0%); smallest: Plain (10.0%)." in pupils
    assert "Highest by region: Plain (9.0); lowest:" in size
    assert size.endswith("Above the overall value: 2 of 3.")
