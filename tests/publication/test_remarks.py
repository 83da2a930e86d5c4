"""What stands beside the figures: records that are not drawn, an axis that is cut, a period that is not the document's."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.publication.conftest import Published
from tests.publication.generate import meta_for
from tests.publication.test_tables import build, fact, texts

from sapa.indicators import UNKNOWN
from sapa.packs.loader import Pack
from sapa.packs.models_report import ChartSpec
from sapa.publication import publish
from sapa.publication.charts import Chart, build_chart
from sapa.publication.facts import Fact, FactStore
from sapa.publication.labels import Labels
from sapa.publication.language import language
from sapa.publication.remarks import cut_axis

GRADES = [fact("pupils", 30.0), *(fact("pupils", value, ("grade", grade)) for grade, value in (("1", 4.0), ("2", 6.0)))]
NO_GRADE = fact("pupils", 20.0, ("grade", UNKNOWN))


def chart(pack: Pack, facts: list[Fact], lang: str = "en", **spec: Any) -> Chart:
    made = ChartSpec.model_validate({"id": "c", "title": {"en": "C"}, "clause": "p1", "indicator": "pupils", **spec})
    return build_chart(made, "1.1", FactStore(facts), Labels(pack, language(lang), "2025"), "2025", ["Source: us"])


def lines(drawn: Chart) -> list[str]:
    """The lines under a drawing."""
    return drawn.spec["layer"][-1]["encoding"]["text"]["value"]


@pytest.mark.parametrize(
    ("lang", "end"), [("en", "their value: 20\u00a0persons."), ("ru", "значение по ним: 20\u00a0чел."), ("kk", "20\u00a0адам.")]
)
def test_records_without_a_code_are_told_of_and_not_drawn(nasty: Pack, lang: str, end: str) -> None:
    drawn = chart(nasty, [*GRADES, NO_GRADE], lang, type="bar", by="grade")
    assert [value["value"] for value in drawn.spec["data"]["values"]] == [4.0, 6.0]
    assert lines(drawn)[-1] == "Source: us"
    assert " ".join(lines(drawn)[:-1]).endswith(end.replace("\u00a0", " "))
    assert drawn.alt.endswith(end)


def test_nothing_is_said_where_every_record_has_a_code(nasty: Pack) -> None:
    assert lines(chart(nasty, GRADES, type="bar", by="grade")) == ["Source: us"]


def test_a_line_says_when_its_axis_does_not_begin_at_zero(nasty: Pack) -> None:
    said = language("en").text("axis_cut")
    for before, cut in ((1000.0, True), (100.0, False)):
        drawn = chart(nasty, [fact("pupils", 1100.0), fact("pupils", before, period="2024")], type="line")
        assert (said in drawn.spec["title"]["subtitle"]) == cut
        assert drawn.spec["layer"][0]["encoding"]["y"]["scale"]["zero"] == (not cut)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1))
def test_an_axis_is_cut_only_far_from_zero(values: list[float]) -> None:
    if cut_axis(values):
        assert min(map(abs, values)) >= max(map(abs, values)) / 2 > 0
    if min(values) <= 0 <= max(values):
        assert not cut_axis(values)


def test_figures_of_an_earlier_period_are_marked_as_such(nasty: Pack) -> None:
    facts = [fact("size", value, ("region", code), period="2024") for code, value in (("R1", 3.0), ("R2", 4.0))]
    facts += [fact("size", None), fact("size", 3.5, period="2024")]
    said = "These figures are shown for 2024: the last period for which they are known."
    assert build(nasty, facts, indicators=["size"], rows="region").notes == (said,)
    assert lines(chart(nasty, facts, type="bar", indicator="size", by="region"))[0] == said


def test_a_row_of_unknowns_stands_only_with_a_figure(nasty: Pack) -> None:
    unknown = language("en").text("unknown")
    with_figure = build(nasty, [*GRADES, NO_GRADE], indicators=["pupils"], rows="grade")
    assert texts(with_figure)[-1] == [unknown, "20"]
    for silent in (fact("pupils", None, ("grade", UNKNOWN), denominator=0.0), fact("pupils", None, ("grade", UNKNOWN))):
        assert unknown not in [row.title for row in build(nasty, [*GRADES, silent], indicators=["pupils"], rows="grade").rows]
    hidden = fact("pupils", None, ("grade", UNKNOWN), marks=("suppressed",))
    assert texts(build(nasty, [*GRADES, hidden], indicators=["pupils"], rows="grade"))[-1] == [unknown, "x"]


def test_the_document_explains_its_period_and_counts_accepted_returns(published: Published, tmp_path: Path) -> None:
    meta = dataclasses.replace(published.meta, period_note={"en": "A period is a school year."}, submissions=1_498)
    publish(published.pack, "yearbook", published.facts, tmp_path, lang="en", meta=meta, only=["document"])
    pages = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(tmp_path / "yearbook.en.pdf").pages]
    assert "A period is a school year." in pages[0]
    assert any("Period and date of the data A period is a school year." in page for page in pages[1:])
    assert any("Accepted, in the snapshot 1,498 98.6" in page for page in pages)


def test_a_document_in_a_language_the_pack_lacks_says_so(nasty: Pack, facts: Path, tmp_path: Path) -> None:
    report = nasty.find("reports", "yearbook")
    english = report.model_copy(update={"title": {"en": report.title["en"]}})
    said = "".join(language("kk").text("untranslated").split())
    for name, chosen, expected in (("all", report, False), ("english", english, True)):
        publish(nasty, chosen, facts, tmp_path / name, lang="kk", meta=meta_for(nasty, "2025"), only=["document"])
        first = pypdf.PdfReader(tmp_path / name / "yearbook.kk.pdf").pages[0].extract_text()
        assert (said in "".join(first.split())) == expected


def test_the_contents_keep_to_one_page_where_they_can(nasty: Pack, facts: Path, tmp_path: Path) -> None:
    """Fifty entries and more, which spill at the loosest spacing."""
    report = nasty.find("reports", "yearbook")
    chapter = report.chapters[0]
    table = chapter.tables[0]
    many = [table.model_copy(update={"id": f"t{number}", "title": {"en": f"Title {number}."}}) for number in range(45)]
    long = report.model_copy(update={"chapters": (chapter.model_copy(update={"tables": tuple(many), "charts": ()}),)})
    publish(nasty, long, facts, tmp_path, lang="en", meta=meta_for(nasty, "2025"), only=["document"])
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "yearbook.en.pdf").pages]
    assert "Title 0." in pages[1]
    assert "Title 44." in pages[1]
    assert "How to read the tables" in pages[2]
