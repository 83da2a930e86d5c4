"""What docs/security says is so: every requirement has its line, every test it names is there, the counts are right."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs" / "security"
VERDICTS = {"met": "met", "**not met**": "not met", "place": "left to the place that runs the site", "–": "do not apply"}
SECTIONS = {
    1: [2, 9, 11, 3, 2],
    2: [3, 3, 4, 1],
    3: [0, 2, 4, 6, 5, 0, 2],
    4: [3, 1, 2, 4],
    5: [1, 3, 2, 3],
    6: [3, 12, 4, 4, 5, 3, 0, 4],
    7: [3, 4, 2, 5, 2, 2],
    8: [2, 3, 1, 1],
    9: [3, 4],
    10: [2, 2, 4, 11, 5, 2, 3],
    11: [2, 3, 3, 4, 1, 1],
    12: [3, 2, 4],
    13: [1, 5, 2, 5],
    14: [2, 4, 3],
    15: [3, 3, 7],
    16: [1, 5, 4, 3, 3],
    17: [1, 4, 2],
}
"""How many requirements of levels 1 and 2 each section of OWASP ASVS 5.0.0 has: they are the first of each."""


def lines() -> list[list[str]]:
    text = "\n".join(path.read_text() for path in sorted(PAGES.glob("*.md")))
    found = re.findall(r"^\| (\d+\.\d+\.\d+) \|(.*)\|$", text, re.MULTILINE)
    return [[number, *(cell.strip() for cell in rest.split("|"))] for number, rest in found]


def test_every_requirement_has_one_line() -> None:
    wanted = [
        f"{chapter}.{section}.{number}"
        for chapter, sections in SECTIONS.items()
        for section, count in enumerate(sections, start=1)
        for number in range(1, count + 1)
    ]
    assert len(wanted) == 253
    assert Counter(line[0] for line in lines()) == Counter(wanted)


def test_every_line_says_how_or_why() -> None:
    for number, level, what, verdict, how in lines():
        assert level in ("1", "2"), number
        assert verdict in VERDICTS, number
        assert what, number
        assert how, number


def test_the_counts_are_right() -> None:
    index = (PAGES / "index.md").read_text()
    found = Counter(VERDICTS[line[3]] for line in lines())
    for words, count in found.items():
        assert f"| {words} | {count} |" in index, words
    assert f"| together | {sum(found.values())} |" in index
    for line in lines():
        assert (f"- [{line[0]}](" in index) == (line[3] == "**not met**"), line[0]


def test_every_test_it_names_is_there() -> None:
    text = "\n".join(path.read_text() for path in PAGES.glob("*.md"))
    named = set(re.findall(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`", text)) | {
        (item, "") for item in re.findall(r"`(tests/[\w/]+)`", text)
    }
    assert len(named) > 50
    for path, name in named:
        assert (ROOT / path).exists(), path
        if name:
            tree = ast.parse((ROOT / path).read_text())
            assert name in {item.name for item in ast.walk(tree) if isinstance(item, ast.FunctionDef)}, (path, name)
