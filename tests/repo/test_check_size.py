"""The check of sizes finds what is too long and what is no longer excused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools import check_size


def plant(root: Path, *, body: int, blank: int = 0, exceptions: str = "") -> None:
    """A file with one function of ``body + 1`` lines, then ``blank`` empty lines, and a list of exceptions."""
    (root / "src").mkdir()
    (root / "tools").mkdir()
    lines = ["class Shelf:", "    def long(self) -> None:", *["        pass"] * body, *[""] * blank]
    (root / "src" / "planted.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (root / check_size.EXCEPTIONS).write_text(exceptions, encoding="utf-8")


@pytest.mark.parametrize(("body", "found"), [(58, 0), (59, 1)])
def test_a_function_of_sixty_lines_is_found(tmp_path: Path, body: int, found: int) -> None:
    plant(tmp_path, body=body)
    problems = check_size.problems(tmp_path)
    assert len(problems) == found
    assert all("src/planted.py::Shelf.long: 60 lines" in problem for problem in problems)


@pytest.mark.parametrize(("blank", "found"), [(487, 0), (488, 1)])
def test_a_file_of_five_hundred_lines_is_found(tmp_path: Path, blank: int, found: int) -> None:
    plant(tmp_path, body=10, blank=blank)
    problems = check_size.problems(tmp_path)
    assert len(problems) == found
    assert all(problem.startswith("src/planted.py: 500 lines") for problem in problems)


def test_an_exception_excuses_exactly_its_size(tmp_path: Path) -> None:
    plant(tmp_path, body=69, exceptions="# why\n\nsrc/planted.py::Shelf.long 70\n")
    assert check_size.problems(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "said"), [(64, "now 65"), (10, "now within the limit")], ids=["shorter than allowed", "no longer needed"]
)
def test_a_stale_exception_fails(tmp_path: Path, body: int, said: str) -> None:
    plant(tmp_path, body=body, exceptions="src/planted.py::Shelf.long 70\n")
    [problem] = check_size.problems(tmp_path)
    assert "stale" in problem
    assert said in problem


def test_growth_beyond_the_exception_fails(tmp_path: Path) -> None:
    plant(tmp_path, body=70, exceptions="src/planted.py::Shelf.long 70\n")
    assert check_size.main([str(tmp_path)]) == 1


def test_nested_functions_are_named_by_their_path() -> None:
    import ast

    tree = ast.parse("def outer():\n    def inner():\n        pass\n")
    assert list(check_size.functions(tree)) == [("outer", 3), ("outer.inner", 2)]
