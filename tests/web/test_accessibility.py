"""What docs/reference/accessibility.md says is so: every criterion has its line, every test it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.test import Client

from tests.web import cast

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "accessibility.md"
A = [
    "1.1.1",
    "1.2.1",
    "1.2.2",
    "1.2.3",
    "1.3.1",
    "1.3.2",
    "1.3.3",
    "1.4.1",
    "1.4.2",
    "2.1.1",
    "2.1.2",
    "2.1.4",
    "2.2.1",
    "2.2.2",
    "2.3.1",
    "2.4.1",
    "2.4.2",
    "2.4.3",
    "2.4.4",
    "2.5.1",
    "2.5.2",
    "2.5.3",
    "2.5.4",
    "3.1.1",
    "3.2.1",
    "3.2.2",
    "3.2.6",
    "3.3.1",
    "3.3.2",
    "3.3.7",
    "4.1.2",
]
AA = [
    "1.2.4",
    "1.2.5",
    "1.3.4",
    "1.3.5",
    "1.4.3",
    "1.4.4",
    "1.4.5",
    "1.4.10",
    "1.4.11",
    "1.4.12",
    "1.4.13",
    "2.4.5",
    "2.4.6",
    "2.4.7",
    "2.4.11",
    "2.5.7",
    "2.5.8",
    "3.1.2",
    "3.2.3",
    "3.2.4",
    "3.3.3",
    "3.3.4",
    "3.3.8",
    "4.1.3",
]
"""The success criteria of WCAG 2.2 (Recommendation of 12 December 2024): 4.1.1 is obsolete and removed."""


def lines() -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text().splitlines()
        if re.match(r"\| \d\.\d\.\d+ \|", line)
    ]


def test_every_criterion_has_one_line_with_its_evidence() -> None:
    assert len(A) + len(AA) == 55
    assert {line[0]: line[1] for line in lines()} == dict.fromkeys(A, "A") | dict.fromkeys(AA, "AA")
    assert len(lines()) == 55
    for number, _level, name, verdict, how, evidence in lines():
        assert verdict in ("met", "**not met**", "–"), number
        assert name, number
        assert how, number
        assert evidence, number


def test_what_is_not_met_is_said_at_the_end() -> None:
    end = PAGE.read_text().partition("## What is not shown")[2]
    assert [line[0] for line in lines() if line[3] == "**not met**" and line[0] not in end] == []


def test_every_test_it_names_is_there() -> None:
    named = re.findall(r"`((?:tests|src|frontend)/[\w/.]+)(?:::(\w+))?`", PAGE.read_text())
    assert len(named) > 10
    for path, name in named:
        assert (ROOT / path).exists(), path
        if name:
            tree = ast.parse((ROOT / path).read_text())
            assert name in {item.name for item in ast.walk(tree) if isinstance(item, ast.FunctionDef)}, (path, name)


def test_no_field_sends_its_form_by_itself() -> None:
    """WCAG 3.2.2: with the arrow keys each choice of a list that is passed would load the page again."""
    scripts = [*(ROOT / "frontend" / "src").glob("*.js"), *(ROOT / "src" / "sapa_web").rglob("templates/**/*.html")]
    assert [path.name for path in scripts if re.search(r"autosubmit|onchange=|hx-trigger=\"change", path.read_text())] == []


@pytest.mark.parametrize(
    ("path", "purposes"),
    [
        ("/account/login/", {"email", "current-password"}),
        ("/account/password/change/", {"current-password", "new-password"}),
        ("/account/password/reset/", {"email"}),
    ],
)
def test_fields_about_a_person_say_what_they_are(people: cast.Cast, path: str, purposes: set[str]) -> None:
    client = Client()
    if "change" in path:
        client.force_login(people.secretary, backend="django.contrib.auth.backends.ModelBackend")
    fields = re.findall(r"<input[^>]*>", client.get(path).content.decode())
    said = {found[1] for item in fields if (found := re.search(r'autocomplete="([^"]+)"', item))}
    assert purposes <= said
