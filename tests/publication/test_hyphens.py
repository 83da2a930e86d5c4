"""Long words of narrow columns break between syllables where the typesetter has no patterns of the language."""

from __future__ import annotations

import pytest

from sapa.publication.hyphens import SOFT, soft_hyphens


@pytest.mark.parametrize(
    ("word", "broken"),
    [
        ("сыйымдылығы", "сыйым-ды-лығы"),
        ("компьютерлер", "комп-ью-тер-лер"),
        ("мектептер", "мек-теп-тер"),
        ("аккредиттеуі", "акк-ре-дит-теуі"),
        ("оқу", "оқу"),
        ("Білім беру ұйымдарының", "Білім беру ұйым-да-ры-ның"),
    ],
)
def test_words_break_between_syllables(word: str, broken: str) -> None:
    told = soft_hyphens(word, "kk").replace(SOFT, "-")
    assert told == broken
    assert told.replace("-", "") == word


def test_other_languages_are_left_to_the_typesetter() -> None:
    assert soft_hyphens("достопримечательность", "ru") == "достопримечательность"
