"""The check of neutrality finds a planted country, ministry or document, and lets languages pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools import check_neutral

PACKS = {
    "zz-4711": "id: zz-4711\nkind: regulation\ncountry: KZ\ndocument: {kind: regulation, number: '4711'}\n",
    "aa-core": "id: aa-core\nkind: codes\ndocument: {kind: standard, number: ISCED 2011}\n",
}


def tree(root: Path, line: str, name: str = "src/sapa/planted.py") -> Path:
    """A repository with two packs and one source file holding ``line``."""
    for pack, text in PACKS.items():
        (root / "packs" / pack).mkdir(parents=True)
        (root / "packs" / pack / "pack.yaml").write_text(text, encoding="utf-8")
    (root / name).parent.mkdir(parents=True)
    (root / name).write_text(f"first = 1\n{line}\n", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "line",
    [
        "# as Belarus does",
        "# the Belarusian return",
        "KAZAKHSTAN = 1",
        "def is_ukrainian(): ...",
        "title = 'Қазақстан Республикасы'",
        "# в Российской Федерации",
        "# як в Україні",
        "# рэспубліка Беларусь",
        'country = "KZ"',
        "country = 'BLR'",
        'if country == "ua":',
        "# sent to the Ministry",
        "# письмо министерства",
        "issuer = 'Міністэрства адукацыі'",
        'pack = "zz-4711"',
        "from packs import zz_4711",
        "LIMIT = {'ZZ-4711': 5}",
        "# order No 4711",
        "core = 'aa-core'",
    ],
)
def test_a_planted_name_is_found(tmp_path: Path, line: str) -> None:
    problems = check_neutral.problems(tree(tmp_path, line))
    assert problems
    assert all(problem.startswith("src/sapa/planted.py:2: names a") for problem in problems)
    assert check_neutral.main([str(tmp_path)]) == 1


@pytest.mark.parametrize(
    "line",
    [
        'LANGUAGES = ("en", "ru", "kk", "uk", "be")',
        "by = 2  # grouped by unit",
        "size = 14711  # and 4711.5 and 0.4711",
        "# a truss, a crust: words that hold RUS and UKR",
        "administry = 1",
        'subordination = "ministry"',
        "# ISCED 2011",
        "core = 'aa-core2'",
    ],
)
def test_languages_and_ordinary_words_pass(tmp_path: Path, line: str) -> None:
    assert check_neutral.problems(tree(tmp_path, line)) == []


def test_the_words_of_the_interface_are_allowed(tmp_path: Path) -> None:
    line = "language: Казахский, Український"
    assert check_neutral.problems(tree(tmp_path, line, "src/sapa/publication/locale/ru.yaml")) == []
    assert check_neutral.problems(tree(tmp_path / "other", line, "src/sapa/publication/theme/ru.yaml"))


def test_data_files_are_read_too(tmp_path: Path) -> None:
    assert check_neutral.problems(tree(tmp_path, "title: Kazakhstan", "src/sapa/demo/names.yaml"))


def test_a_pack_of_a_country_without_names_fails(tmp_path: Path) -> None:
    root = tree(tmp_path, "second = 2")
    (root / "packs" / "xx").mkdir()
    (root / "packs" / "xx" / "pack.yaml").write_text("id: xx-pack\ncountry: XX\ndocument: {}\n", encoding="utf-8")
    [problem] = check_neutral.problems(root)
    assert "country XX is unknown" in problem
