"""The documentation's examples work, its links lead somewhere, and every command it shows exists."""

from __future__ import annotations

import re
from pathlib import Path

from sapa.formula.checks import untyped_expressions
from sapa.packs.check import check_pack
from sapa.packs.findings import errors

PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def pages(root: Path) -> list[Path]:
    return [root / name for name in PAGES] + sorted((root / "docs").rglob("*.md"))


def write_example(root: Path, folder: Path) -> Path:
    """The pack of the how-to page, put together from its code blocks (the first line of each names its file)."""
    text = (root / "docs" / "how-to" / "write-a-pack.md").read_text(encoding="utf-8")
    for name, body in re.findall(r"```yaml\n# (my-return/\S+)\n(.*?)```", text, re.DOTALL):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    return folder / "my-return"


def test_the_pack_of_the_how_to_page_is_without_mistake(root: Path, tmp_path: Path) -> None:
    pack, found = check_pack(write_example(root, tmp_path), more=(untyped_expressions,))
    assert errors(found) == []
    assert pack is not None
    assert [item.id for item in pack.indicators if item.id == "learners-per-teacher"]


def test_a_mistake_in_that_pack_is_found(root: Path, tmp_path: Path) -> None:
    folder = write_example(root, tmp_path)
    path = folder / "indicators.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("sum(teachers)", "sum(teacher)"), encoding="utf-8")
    _, found = check_pack(folder, more=(untyped_expressions,))
    assert any("teacher" in item.message and item.file == "indicators.yaml" for item in errors(found))


def test_links_between_pages_lead_to_files(root: Path) -> None:
    broken = []
    for page in pages(root):
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(root)} → {target}")
    assert broken == []


def test_every_decision_is_listed(root: Path) -> None:
    folder = root / "docs" / "decisions"
    listed = set(re.findall(r"\((\d\d-[a-z-]+\.md)\)", (folder / "index.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}
    for name in listed:
        assert (folder / name).read_text(encoding="utf-8").startswith(f"# {int(name[:2])}. ")


def test_every_command_that_is_shown_exists(root: Path) -> None:
    from tools.reference_pages import commands
    from typer.main import get_command

    from sapa.cli import app

    known = {name for name, _ in commands(get_command(app), "sapa")}
    groups = {name.rsplit(" ", 1)[0] for name in known} - {"sapa"}
    shown = set()
    for page in pages(root):
        if page.name != "cli.md":
            text = page.read_text(encoding="utf-8")
            shown |= set(re.findall(r"(?:^|`|\.venv/bin/)(sapa (?:packs )?[a-z]+)", text, re.MULTILINE))
    assert shown
    assert {name for name in shown if name not in known and name not in groups} == set()
