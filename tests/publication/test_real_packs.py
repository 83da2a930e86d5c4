"""The reports of the packs that are kept, drawn from made-up facts; and tables larger than a page."""

from __future__ import annotations

from pathlib import Path

import pypdf
import pytest
import yaml
from tests.publication.generate import facts_for, meta_for, table, write_facts

from sapa.packs.loader import Pack, load_pack
from sapa.packs.models_report import Chapter, Report
from sapa.publication import publish
from sapa.publication.api import PARTS
from sapa.publication.language import LANGUAGES

REPORTS = [
    (path.parent.name, item["id"])
    for path in sorted((Path(__file__).parents[2] / "packs").glob("*/reports.yaml"))
    for item in yaml.safe_load(path.read_text("utf-8"))["reports"]
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "report"), REPORTS)
def test_every_report_of_every_pack_is_published_in_a_language_of_its_own(name: str, report: str, tmp_path: Path) -> None:
    pack = load_pack(name)
    lang = next(code for code in pack.meta.languages if code in LANGUAGES)
    tables = [spec for chapter in pack.find("reports", report).chapters for spec in chapter.tables]
    if not tables:
        facts = write_facts(table([{"indicator": "none", "period": "2020", "snapshot": "s", "flag": ""}]), tmp_path)
    else:
        facts = write_facts(facts_for(pack, report, ["2019", "2020"]), tmp_path)
    done = publish(pack, report, facts, tmp_path / "out", lang=lang, meta=meta_for(pack, "2020"), only=set(PARTS) - {"charts"})
    assert done.empty == []
    (document,) = (tmp_path / "out").glob(f"*.{lang}.pdf")
    pages = [page.extract_text() for page in pypdf.PdfReader(document).pages]
    flat = "".join("".join(pages).split())
    for spec in tables:
        assert "".join(pack.text(spec.title, lang).split()) in flat
    assert len(list((tmp_path / "out" / "tables").glob("*.csv"))) == len(tables)


def test_a_table_of_two_hundred_rows_and_eight_columns_breaks_with_its_heading_repeated(nasty: Pack, tmp_path: Path) -> None:
    report: Report = nasty.find("reports", "yearbook")
    spec = {
        "id": "long",
        "clause": "p1",
        "title": {"en": "Long table"},
        "indicators": ["pupils", "size"],
        "rows": "grade",
        "columns": "period",
    }
    chapter = {"id": "long", "theme": "pupils", "title": {"en": "Long"}, "tables": [spec]}
    long = report.model_copy(update={"chapters": (Chapter.model_validate(chapter),)})
    rows = [
        {"indicator": item, "period": str(year), "snapshot": "s", "grade": str(grade), "value": 1_000_000.0 + grade, "flag": ""}
        for item in ("pupils", "size")
        for year in range(2022, 2026)
        for grade in range(1, 201)
    ]
    facts = write_facts(table(rows), tmp_path)
    publish(nasty, long, facts, tmp_path, lang="en", meta=meta_for(nasty, "2025"), only=["document"])
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "yearbook.en.pdf").pages]
    holding = [page for page in pages if "1,000,0" in page or "1,000,1" in page]
    assert len(holding) >= 4
    assert all("Grade" in page and "2022" in page for page in holding)
    text = "".join(pages)
    assert all(f"{1_000_000 + grade:,}" in text for grade in range(1, 201))
