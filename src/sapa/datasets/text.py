"""Folding of headings and codes: what two texts share when only their writing differs."""

from __future__ import annotations

import re
import unicodedata

BLANKS = "\\s\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
"""Inside of a character class: every character that shows as blank, also to RE2, whose ``\\s`` knows ASCII only."""

_BLANK_RUN = re.compile(f"[{BLANKS}]+")
_FOOTNOTE = re.compile(r"[\s*†‡#¹²³⁰-⁹]+$")
_DASHES = re.compile(r"\s*[-‐‑‒–—−]\s*")
_ROMAN = re.compile(r"[IVXLCDM]+(-[IVXLCDM]+)?")
_LOOKALIKES = str.maketrans({"І": "I", "Ӏ": "I", "Х": "X", "Ѵ": "V", "С": "C", "М": "M"})


def strip(text: str) -> str:
    """Without blanks at either end, no-break spaces and zero-width characters included."""
    return re.sub(f"^[{BLANKS}]+|[{BLANKS}]+$", "", text)


def squeeze(text: str) -> str:
    """Every run of blanks and line breaks as one space."""
    return _BLANK_RUN.sub(" ", text)


def fold(text: str) -> str:
    """For comparing codes, aliases and tokens: composed, one case, single spaces."""
    return strip(squeeze(unicodedata.normalize("NFC", text))).casefold()


def fold_heading(text: str) -> str:
    """For comparing column headings: as ``fold``, and without the footnote marks at the end."""
    return _FOOTNOTE.sub("", fold(text))


def roman(text: str) -> str | None:
    """A Roman numeral or a range of them in Latin capitals with a plain hyphen, whatever alphabet it was typed in.

    ``" І–ІІІ "`` (Cyrillic letters, a dash, stray blanks) → ``"I-III"``; ``None`` where it is no Roman numeral.
    """
    folded = unicodedata.normalize("NFKC", strip(squeeze(text))).upper().translate(_LOOKALIKES)
    plain = _DASHES.sub("-", folded)
    return plain if _ROMAN.fullmatch(plain) else None


def column_letter(index: int) -> str:
    """Spreadsheet name of a column: 0 → ``A``, 26 → ``AA``."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
