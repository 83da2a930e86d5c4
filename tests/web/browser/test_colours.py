"""The colours are told apart: every pair that stands on a page, computed from the style sheet (WCAG 1.4.3, 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[3] / "frontend" / "src" / "tokens.css"
SOFT = ("grey", "blue", "green", "amber", "red", "violet")
WORDS = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "link", "accent-strong") for ground in ("paper", "surface", "sunk")),
    *((tone, f"{tone}-soft") for tone in SOFT), *(("ink", f"{tone}-soft") for tone in SOFT), ("on-accent", "accent"),
    ("on-accent", "accent-strong"), ("accent-strong", "accent-soft"), ("ink", "mark"), ("red", "surface"), ("surface", "red"),
]  # fmt: skip
"""Words and what they stand on: at least 4.5 : 1."""
LINES = [
    *((line, ground) for line in ("focus", "line-strong", "accent") for ground in ("paper", "surface")),
    ("focus", "sunk"), ("focus", "accent-soft"), ("amber", "amber-soft"), ("red", "red-soft"), ("blue", "blue-soft"),
]  # fmt: skip
"""Borders of fields, the ring of the focus, icons: at least 3 : 1."""


def schemes() -> dict[str, dict[str, str]]:
    """The colours of each scheme, by name."""
    text = TOKENS.read_text()
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", text[: text.index("@media")]))
    dark = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", text[text.index('[data-bs-theme="dark"]') :].partition("}")[0]))
    print_ = TOKENS.with_name("print.css").read_text()
    paper = {name: "#" + "".join(c * 2 for c in value) for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{3})\b", print_)}
    return {"light": light, "dark": light | dark, "print": light | paper}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_words_and_lines_are_told_from_what_they_stand_on(scheme: str) -> None:
    colours = schemes()[scheme]
    weak = [
        f"{one} on {other}: {contrast(colours[one], colours[other]):.2f}"
        for pairs, least in ((WORDS, 4.5), (LINES, 3.0))
        for one, other in pairs
        if contrast(colours[one], colours[other]) < least
    ]
    assert weak == []
