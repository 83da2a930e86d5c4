"""Case, letter by letter: what ``lower`` and ``upper`` mean here, and where an engine's own functions mean more.

The reference engine gives one character for one (Unicode's simple mappings, as of Unicode 15.1); other engines make two of some
letters (``ŉ`` → ``ʼN``), look at a letter's neighbours (final sigma) or know letters of later editions.
"""

from __future__ import annotations

import sys
from functools import cache

LATER_PAIRS = tuple(
    (upper + step, lower + step)
    for upper, lower, count in (
        (0x1C89, 0x1C8A, 1), (0xA7CB, 0x0264, 1), (0xA7CC, 0xA7CD, 1), (0xA7CE, 0xA7CF, 1), (0xA7D2, 0xA7D3, 1),
        (0xA7D4, 0xA7D5, 1), (0xA7DA, 0xA7DB, 1), (0xA7DC, 0x019B, 1), (0x10D50, 0x10D70, 22), (0x16EA0, 0x16EBB, 25),
    )
    for step in range(count)
)  # fmt: skip
"""(capital, small letter) paired after Unicode 15.1: the reference engine leaves them as they are."""

_PRIVATE = 0xF0000
"""Private characters stand in for a letter while a mapping passes over it."""


@cache
def upper_exceptions() -> tuple[str, str, str]:
    """Letters, private stand-ins, and what each letter becomes; texts of equal length."""
    becomes = {chr(0xDF): chr(0x1E9E)}
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        if len(letter.upper()) > 1:
            title = letter.title()
            becomes.setdefault(letter, title if len(title) == 1 else letter)
    becomes |= {chr(lower): chr(lower) for _, lower in LATER_PAIRS}
    return _with_stand_ins(becomes)


@cache
def lower_exceptions() -> tuple[str, str, str]:
    """The same for small letters: the dotted capital I, the sigma that looks at its neighbours, later pairs."""
    becomes = {"İ": "i", "Σ": "σ"} | {chr(upper): chr(upper) for upper, _ in LATER_PAIRS}
    return _with_stand_ins(becomes)


def _with_stand_ins(becomes: dict[str, str]) -> tuple[str, str, str]:
    stand_ins = "".join(chr(_PRIVATE + place) for place in range(len(becomes)))
    return "".join(becomes), stand_ins, "".join(becomes.values())
