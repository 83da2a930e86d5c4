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


@pytest.mark.parametrize("name", ["cli.md", "formula.md"])
def test_the_pages_have_not_drifted(root: Path, name: str) -> None:
    path = root / reference_pages.FOLDER / name
    assert path.read_text(encoding="utf-8") == reference_pages.pages()[name], f"{path.name} differs from the code → make docs"
