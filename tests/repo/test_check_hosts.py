"""The check of hosts finds planted registries, machine paths and secrets, and the repository itself is clean."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools import check_hosts

# Put together here, so that this file passes the check it tests.
PLANTED = [
    "https://" + "pypi" + ".org/simple",
    "https://files." + "pythonhosted" + ".org/packages/x.whl",
    '"resolved": "https://registry.' + "npmjs" + '.org/x.tgz"',
    "--index" + "-url https://mirror.example/simple",
    "--find" + "-links file:/x",
    "deb http://" + "deb" + ".debian.org/debian bookworm main",
    "path = '" + "/wo" + "rk/main/data'",
    "path = '" + "/ho" + "me/someone/data'",
    "scratch: /t" + "mp/out",
    "url = file:" + "///srv/x",
    "-----BEGIN " + "EC PRIVATE KEY-----",
    "token = gh" + "p_" + "a1" * 20,
    "PASSWORD = " + "'correct-horse'",
    "s3 = 'https://user:" + "pass" + "word@store.example/'",
]
HARMLESS = [
    "see https://www.rfc-editor.org/rfc/rfc6962",
    "work/main is a relative path, and so is ../home/x",
    "url = s3://bucket/root/data",
    "rows/work is a ratio",
    "password = os.environ['STORE']",
    "def token(text: str) -> str: ...",
    "workdir = f'{base}/tmp/x'",
]


@pytest.mark.parametrize("line", PLANTED)
def test_a_planted_line_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "lock.txt").write_text(f"fine\n{line}\n", encoding="utf-8")
    problems = check_hosts.problems(tmp_path)
    assert problems
    assert all(problem.startswith("lock.txt:2: holds ") for problem in problems)
    assert check_hosts.main([str(tmp_path)]) == 1


@pytest.mark.parametrize("line", HARMLESS)
def test_ordinary_lines_pass(tmp_path: Path, line: str) -> None:
    (tmp_path / "note.md").write_text(line, encoding="utf-8")
    assert check_hosts.problems(tmp_path) == []


def test_binary_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "font.ttf").write_bytes(b"\0\1" + PLANTED[0].encode())
    assert check_hosts.problems(tmp_path) == []


def test_no_file_of_the_repository_names_a_host_or_a_machine(root: Path) -> None:
    assert check_hosts.problems(root) == []
