"""The report of a self-assessment: three formats of one content, in five languages, always the same bytes."""

from __future__ import annotations

import io
import re
from typing import Any

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

from sapa.errors import UserError
from sapa.publication.assessment import KINDS, words, write
from sapa.publication.language import LANGUAGES

HARD = 'Молочко & <b>масло</b> #set page() $x$ \\ "лапки"'


def requirement(title: str, level: str, place: int, **more: Any) -> dict[str, Any]:
    empty = {"change": "", "reason": "", "disagreement": "", "strengths": "", "difficulties": "", "sources": []}
    return {"title": title, "level": level, "place": place, **empty, **more}


def content(lang: str = "uk", **more: Any) -> dict[str, Any]:
    """A kindergarten's report, with words that would be markup if anything were evaluated."""
    source = {"method": "Спостереження", "title": "Ранок у групі", "figure": "12 дітей", "found": HARD, "level": "Другий"}
    return {
        "lang": lang, "institution": "Ясла-садок «Веселка»", "period": "2026", "date": [2026, 6, 5], "inside": False,
        "published": "Оприлюднено 5 червня 2026", "purpose": True, "facts": [["Модель", "Щорічне комплексне"]],
        "levels": [{"title": name, "note": ""} for name in ("Перший", "Другий", "Третій", "Четвертий")],
        "directions": [
            {
                "title": "Освітнє середовище", "level": "Другий", "place": 1, "group": ["О. Коваль"],
                "requirements": [
                    requirement("Безпечні умови", "Перший", 0, reason=HARD, sources=[source], change="краще"),
                    requirement("Без насильства", "Третій", 2, difficulties="План не діє", disagreement="Анкети кращі"),
                    requirement("Інклюзія", "", -1),
                ],
            }
        ],
        "summary": "Перший абзац.\nДругий абзац.", "decision": "Затвердити.", "strengths": ["Майданчик"],
        "difficulties": ["План"],
        "plan": [
            {"what": "Навчання", "owner": "О. Коваль", "due": "01.09.2026", "expected": "Знають усі", "check": "01.12.2026"}
        ],
        "meetings": [{"title": "Рада, 1 червня", "heard": "Звіт", "said": "", "decided": "Схвалити", "people": "Присутні: 14"}],
        "components": [{"title": "Ресурси", "measures": "Закупівлі", "works": "діє"}], **more,
    }  # fmt: skip


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_every_word(lang: str) -> None:
    named = words(lang)
    assert all(named.values())
    slots = {key: set(re.findall(r"{\w+}", text)) for key, text in named.items()}
    assert slots == {key: set(re.findall(r"{\w+}", text)) for key, text in words("en").items()}
    assert words(lang)["report"] in re.sub(r"\s+", " ", text_of(write(content(lang), "pdf")))


def test_what_people_write_stays_words() -> None:
    told = re.sub(r"\s+", " ", text_of(write(content(), "pdf")))
    assert HARD in told
    assert "Анкети кращі" in told
    page = write(content(), "html").decode()
    assert "<b>масло" not in page
    assert "&lt;b&gt;масло" in page
    book = docx.Document(io.BytesIO(write(content(), "docx")))
    assert any(HARD in part.text for part in book.paragraphs)
    assert [part.text for part in book.paragraphs if part.style and part.style.name == "Title"] == [words("uk")["report"]]


def test_the_word_file_is_proofread_in_its_language() -> None:
    book = docx.Document(io.BytesIO(write(content("kk", summary="Бірінші\x0bабзац"), "docx")))
    assert {element.get(qn("w:val")) for element in book.styles.element.iter(qn("w:lang"))} == {"kk-KZ"}
    assert any(part.text == "Біріншіабзац" for part in book.paragraphs)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_content_gives_the_same_bytes(kind: str) -> None:
    assert write(content(), kind) == write(content(), kind)


def test_a_report_without_anything_is_still_a_report() -> None:
    empty: dict[str, Any] = {name: [] for name in ("strengths", "difficulties", "plan", "meetings", "components", "facts")}
    bare = content("en", inside=True, summary="", decision="", purpose=False, **empty)
    for item in bare["directions"][0]["requirements"]:
        item.update(reason="", sources=[], strengths="", difficulties="", disagreement="")
    assert words("en")["inside"] in text_of(write(bare, "pdf"))
    assert write(bare, "docx")
    assert write(bare, "html")
    with pytest.raises(UserError, match="no report as"):
        write(bare, "odt")
    with pytest.raises(UserError, match="not available"):
        words("la")
