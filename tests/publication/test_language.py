"""The five locale files: complete, used, and free of traps."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

import sapa.publication as package
from sapa.errors import UserError
from sapa.instruments.words import catalogue
from sapa.publication.assessment import words as report_words
from sapa.publication.language import LANGUAGES, language
from sapa.publication.sheets import _WORDS

FOLDER = Path(package.__file__).parent
ENGLISH = language("en").data


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_every_entry_with_the_same_placeholders(code: str) -> None:
    data = language(code).data
    for section in ("strings", "units", "periods"):
        assert list(data[section]) == list(ENGLISH[section])
    for key, english in ENGLISH["strings"].items():
        own = data["strings"][key]
        assert own.strip() == own
        assert own
        assert fields(own) == fields(english), key
    assert all(len(forms) == 2 and forms[0] for forms in data["units"].values())
    assert all(len(forms) == 3 and all("{y}" in form for form in forms) for forms in data["periods"].values())
    assert len(set(data["months"])) == 12


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_nothing_is_left_in_english(code: str) -> None:
    own = language(code).data["strings"]
    same = {key for key, text in own.items() if text == ENGLISH["strings"][key]}
    assert same <= {"r_value"}
    letters = {"ru": "ыэё", "kk": "әғқңөұүһі", "uk": "іїєґ", "be": "ўі"}[code]
    assert set("".join(own.values()).lower()) & set(letters)


def test_every_text_is_used_and_every_used_text_exists() -> None:
    # The sheet's words are the instruments' own, a self-assessment's are its own, a paper brings all its words.
    assert {f"sheet.{code}" for code in _WORDS} <= set(catalogue())
    templates = [FOLDER / "yearbook.typ"]
    sources = "\n".join(path.read_text("utf-8") for path in [*FOLDER.glob("*.py"), *templates])
    families = set(re.findall(r'f"([a-z]+_)\{', sources))
    unused = [
        key
        for key in ENGLISH["strings"]
        if f'"{key}"' not in sources and f"s.{key}" not in sources and not key.startswith(tuple(families))
    ]
    assert unused == []
    asked = set(re.findall(r'\.text\(\s*"([a-z_]+)"', sources)) | set(re.findall(r"\bs\.([a-z_]+)\b", sources))
    assert asked <= set(ENGLISH["strings"])
    own = set(re.findall(r"\bs\.([a-z_]+)\b", (FOLDER / "assessment.typ").read_text("utf-8"))) - {"at"}
    assert own
    assert own <= set(report_words("en"))


def test_numbers_dates_and_periods_follow_the_language() -> None:
    assert language("en").number(1234567.85, 1) == "1,234,567.9"
    assert language("kk").number(1234567.85, 1) == "1\u202f234\u202f567,9"
    assert language("uk").date(date(2026, 1, 5)) == "5\u00a0січня\u00a02026\u00a0р."
    assert language("kk").date(date(2026, 10, 1)) == "2026\u00a0жылғы\u00a01\u00a0қазан"
    assert language("be").period("2020", "in") == "у 2020 годзе"
    assert language("ru").period("2020-H2", "in") == "во II полугодии 2020 года"
    assert language("en").period("2020-09", "with") == "September 2020"


def test_units_are_translated_where_known() -> None:
    assert language("uk").unit("thousand UAH") == "тис. грн"
    assert language("en").unit("parsec") == "parsec"
    assert language("ru").counted("7", "percent") == "7\u00a0%"


def test_an_unknown_language_is_refused_with_the_list() -> None:
    with pytest.raises(UserError, match="en, ru, kk, uk, be"):
        language("xx")
