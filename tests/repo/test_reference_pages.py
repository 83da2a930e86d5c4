"""Generated pages of the documentation say what the code says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
import typer
from tools import reference_pages

from sapa.formula.functions import FUNCTIONS


def planted() -> typer.Typer:
    """A small application with a group, an argument, a flag, a repeated and a required option."""
    app, group = typer.Typer(), typer.Typer()
    app.add_typer(group, name="shelf")

    @group.command()
    def check(
        paths: Annotated[list[str] | None, typer.Argument(help="What to check.")] = None,
        files: Annotated[list[Path], typer.Option("--in", help="A file | a folder.")] = ...,  # type: ignore[assignment]  # noqa: RUF100
        lang: Annotated[str, typer.Option("--lang", help="Language.")] = "en",
        json: Annotated[bool, typer.Option("--json", help="One object.")] = False,
    ) -> None:
        """Check the shelf.

        Exit code 1 when something was found.
        """

    @app.command()
    def version() -> None:
        """Print the version."""

    return app


@pytest.mark.parametrize(
    "line",
    [
        "## `sapa shelf check`",
        "    sapa shelf check [OPTIONS] [PATHS]",
        "Exit code 1 when something was found.",
        "| `PATHS` | What to check. |",
        r"| `--in FILES` | A file \| a folder. May be given several times. | required |",
        "| `--lang LANG` | Language. | `en` |",
        "| `--json` | One object. |  |",
        "## `sapa version`",
    ],
)
def test_every_part_of_a_command_is_documented(line: str) -> None:
    assert line in reference_pages.cli_page(planted()).splitlines()


def test_every_function_is_documented() -> None:
    page = reference_pages.formula_page()
    assert [item.name for item in FUNCTIONS.values() if f"| `{item.signature}` | " not in page] == []


def test_the_pages_have_not_drifted(root: Path) -> None:
    assert list(reference_pages.stale(root / reference_pages.FOLDER)) == [], "make docs"


def test_a_drifted_and_a_missing_page_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_pages, "PAGES", {"a.md": lambda: "now\n", "b.md": lambda: "b\n", "c.md": lambda: "c\n"})
    (tmp_path / "a.md").write_text("then\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("b\n", encoding="utf-8")
    assert reference_pages.stale(tmp_path) == {tmp_path / "a.md": "now\n", tmp_path / "c.md": "c\n"}
