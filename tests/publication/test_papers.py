"""An office's papers: the same words in both files, the same bytes every time, tagged, in every language."""

from __future__ import annotations

import io
from datetime import date

import docx
import pytest
from pypdf import PdfReader

from sapa.publication.papers import Bars, Paper, PaperSection, PaperTable, paper_docx, paper_pdf


def paper(lang: str = "ru") -> Paper:
    table = PaperTable(caption="Показатели", heads=("Показатель", "2022", "2023"), rows=(("Доля на «4» и «5»", "48,0", "51,5"),))
    bars = Bars(caption="Группы показателей", rows=(("Здоровье", 0.6, "60"), ("Результаты", 0.0, "0")))
    return Paper(
        lang=lang, issuer="Школа № 1 <&>", title="Аналитическая справка", dated=date(2024, 9, 16), lines=("№ 3 от 16.09.2024",),
        words=("Слова человека.",), sections=(PaperSection(heading="Итоги", tables=(table,), bars=(bars,)),),
        decisions=("Усилить подготовку.",), decisions_title="Решения", signatures=(("Директор", "Х. Первый"),),
        acquainted_title="Ознакомлены", acquainted_heads=("ФИО", "Подпись", "Дата"), acquainted=(("А. Б.", "да", "16.09.2024"),),
        foot="Сделано из данных", page_word="с.",
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "ru", "kk", "uk", "be"])
def test_both_files_say_the_same_and_repeat(lang: str) -> None:
    one = paper(lang)
    pdf, word = paper_pdf(one), paper_docx(one)
    assert pdf == paper_pdf(one)
    assert word == paper_docx(one)
    reader = PdfReader(io.BytesIO(pdf))
    read = " ".join(page.extract_text() for page in reader.pages)
    book = docx.Document(io.BytesIO(word))
    written = " ".join(
        [part.text for part in book.paragraphs] + [cell.text for table in book.tables for row in table.rows for cell in row.cells]
    )
    for text in ("Школа № 1 <&>", "Аналитическая справка", "51,5", "Усилить подготовку.", "Х. Первый", "А. Б."):
        assert text in read
        assert text in written
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == lang


def test_a_character_that_no_file_can_hold_is_left_out() -> None:
    pasted = paper().model_copy(update={"words": ("Слова\x0bчеловека.",), "decisions": ("Усилить\x0c подготовку.",)})
    told = [part.text for part in docx.Document(io.BytesIO(paper_docx(pasted))).paragraphs]
    assert "Словачеловека." in told
    assert "1. Усилить подготовку." in told
    assert paper_pdf(pasted).startswith(b"%PDF")
