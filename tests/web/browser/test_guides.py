"""The guides name pictures that the tests have taken from the running pages, and stand in the contents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

GUIDES = Path(__file__).resolve().parents[3] / "docs" / "guides"
ROLES = ("secretary", "head", "officer", "data-manager", "analyst", "teacher", "administrator")
PICTURE = re.compile(r"!\[([^\]]+)\]\(images/([a-z-]+\.png)\)")


@pytest.mark.parametrize("role", ROLES)
def test_each_picture_of_a_guide_is_there(role: str) -> None:
    named = PICTURE.findall((GUIDES / f"{role}.md").read_text())
    assert named
    assert [name for _words, name in named if not (GUIDES / "images" / name).is_file()] == []


def test_no_picture_is_left_over() -> None:
    named = {name for guide in GUIDES.glob("*.md") for _words, name in PICTURE.findall(guide.read_text())}
    assert {path.name for path in (GUIDES / "images").glob("*.png")} == named


def test_each_guide_stands_in_the_contents() -> None:
    contents = (GUIDES.parents[1] / "mkdocs.yml").read_text()
    assert [role for role in ROLES if f"guides/{role}.md" not in contents] == []
    assert {path.stem for path in GUIDES.glob("*.md")} == set(ROLES)
