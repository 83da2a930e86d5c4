"""Finding by words in the languages of the site: letters folded, endings of inflected words passed over, abbreviations known."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
_FOLDED = str.maketrans({"ё": "е", "ў": "у", "ʼ": None, "’": None, "'": None})
SHORTEST = 5
"""Letters a word needs for its ending to be passed over."""


def fold(text: str) -> str:
    """The text as it is compared: small letters, without marks that people leave out."""
    plain = "".join(char for char in unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED))
    return " ".join(plain.split())


def stem(word: str) -> str:
    """The beginning that the forms of a word share, roughly: two letters less, of long words three, never fewer than four."""
    return word if len(word) < SHORTEST else word[: max(4, len(word) - (3 if len(word) > 8 else 2))]


def initials(title: str) -> str:
    """The abbreviation a title would have: its words' first letters, small words left out."""
    return "".join(word[0] for word in _WORD.findall(fold(title)) if len(word) > 2)


def wanted(text: str) -> list[str]:
    """The words somebody typed."""
    return _WORD.findall(fold(text))[:12]


def haystack(texts: Iterable[str]) -> str:
    """Texts to search in: each word with a blank before it, so that a word's beginning can be looked for."""
    return " " + " ".join(_WORD.findall(" ".join(fold(text) for text in texts)))


def fits(looked_for: Iterable[str], hay: str) -> bool:
    """Whether each word begins some word of the text, in any of its forms."""
    return all(f" {stem(word)}" in hay for word in looked_for)


def rank(looked_for: list[str], title: str) -> int:
    """How near a title is to what was typed, 0 the nearest: the same, begins so, holds all as typed, only related."""
    folded, typed = haystack([title]).strip(), " ".join(looked_for)
    if folded == typed or initials(title) == typed:
        return 0
    if folded.startswith(typed):
        return 1
    return 2 if all(f" {word}" in f" {folded}" for word in looked_for) else 3
