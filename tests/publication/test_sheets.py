"""An instrument on paper: what it says can be read in the PDF, skip logic stands in words, in every language."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from sapa.instruments import Choice, ChoiceList, Form, FormLanguage, Item, Scale
from sapa.instruments.from_pack import form_of
from sapa.instruments.in_words import skip_hint
from sapa.instruments.words import LANGUAGES, catalogue
from sapa.packs.loader import load_pack
from sapa.publication.sheets import numbers_of, sheet_pdf

PACKS = Path(__file__).parents[2] / "packs"
FORMS = [form_of(pack, each) for pack in (load_pack(PACKS / "ua-71"), load_pack(PACKS / "ru-soko")) for each in pack.instruments]


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def kinds() -> Form:
    """Every type of item, sections and skip logic."""
    people = ChoiceList(id="people", choices=(Choice(code="a", label={"en": "Anna"}), Choice(code="b", label={"en": "Ben"})))
    asked = (
        Item(name="hello", type="note", label={"en": "Welcome, #read *this*"}),
        Item(name="agree", type="acknowledge", label={"en": "I agree"}),
        Item(name="who", type="select-one", choices="people", label={"en": "Who?"}, other=True),
        Item(name="calm", type="scale", scale=Scale(low=0, high=10), label={"en": "Calm?"}, relevant="${who} = 'other'"),
        Item(
            name="home",
            type="group",
            label={"en": "Home"},
            items=(
                Item(
                    name="kids",
                    type="repeat",
                    label={"en": "Child"},
                    items=(Item(name="born", type="date", label={"en": "Born"}),),
                ),
            ),
        ),
        Item(name="sum", type="calculate", calculation="${calm} + 1"),
        Item(name="order", type="rank", choices="people", label={"en": "After ${who}?"}, relevant="${calm} + 1 > 3"),
        Item(
            name="wish",
            type="text",
            label={"en": "Wish"},
            appearance="multiline",
            relevant="not(selected(${who}, 'a')) and ${calm} >= 3",
        ),
    )
    return Form(id="kinds", languages=(FormLanguage(code="en"),), items=asked, lists=(people,))


@pytest.mark.parametrize("form", FORMS, ids=[form.id for form in FORMS])
def test_every_ready_instrument_prints_what_it_asks_and_its_notice(form: Form) -> None:
    said = text_of(sheet_pdf(form, form.language)).replace("-", "").replace(" ", "")
    for item in form.walk():
        if not item.name.endswith("_remark"):
            assert item.label[form.language].replace("-", "").replace(" ", "") in said
    assert form.notice[form.language].replace("-", "").replace(" ", "") in said


def test_items_are_numbered_and_sections_under_them() -> None:
    assert numbers_of(kinds()) == {
        "agree": "1", "who": "2", "calm": "3", "home": "4", "kids": "4.1", "born": "4.1.1", "order": "5", "wish": "6",
    }  # fmt: skip


def test_skip_logic_is_said_in_words() -> None:
    said = text_of(sheet_pdf(kinds(), "en"))
    assert "Only if the answer to 2 is “Other”." in said
    assert "Only if the answer to 2 is not “Anna” and the answer to 3 is at least 3." in said
    assert "Only if it follows from your answer to 3." in said
    assert "Welcome, #read *this*" in said
    assert "After ……?" in said


def test_the_same_form_gives_the_same_bytes() -> None:
    assert sheet_pdf(kinds(), "en") == sheet_pdf(kinds(), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_hints_speak_every_language(language: str) -> None:
    form = kinds()
    for relevant in (
        "${who} = 'a'",
        "${calm} < 3 or ${calm} <= 4",
        "${who} != ''",
        "not(${who})",
        "3 > ${calm}",
        "${calm} * 2 > 1",
    ):
        said = skip_hint(form, relevant, numbers_of(form), language)
        assert said
        assert "{" not in said
    assert skip_hint(form, "", numbers_of(form), language) == ""


def test_every_word_of_the_engine_is_there_in_five_languages() -> None:
    for code, texts in catalogue().items():
        assert set(texts) == set(LANGUAGES), code
        assert all(texts.values()), code
