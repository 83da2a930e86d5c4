"""The configured lints bite: a planted import, clock or untyped function is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools import lint

BIN = Path(sys.executable).parent


def copy_of_the_engine(root: Path, to: Path) -> Path:
    """The sources and the configuration, to plant something in; returns the copied package."""
    shutil.copy(root / "pyproject.toml", to)
    shutil.copytree(root / "src", to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.ttf"))
    return to / "sapa"


def arrows(at: Path) -> subprocess.CompletedProcess[str]:
    """The import contracts, run on a copy (its folder comes first on the path of modules)."""
    return subprocess.run([f"{BIN}/lint-imports", "--no-cache"], cwd=at, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("calendar/planted.py", "import sapa.packs", "arrows point down"),
        ("packs/planted.py", "from sapa.formula import tree", "arrows point down"),
        ("signing/planted.py", "import sapa.datasets", "arrows point down"),
        ("datasets/planted.py", "import sapa.signing", "arrows point down"),
        ("planted.py", "", "arrows point down"),
        ("archive/planted.py", "import pandas", "no web framework"),
        ("archive/standalone_verify.py", "import sapa.errors", "stands alone"),
        ("archive/standalone_bundle.py", "import cryptography", "standard library only"),
    ],
    ids=["calendar→packs", "packs→formula", "signing→datasets", "datasets→signing", "no layer", "peer", "stand-alone", "bundle"],
)
def test_an_arrow_that_points_up_is_found(root: Path, tmp_path: Path, module: str, line: str, contract: str) -> None:
    package = copy_of_the_engine(root, tmp_path)
    with (package / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = arrows(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = [row for row in done.stdout.splitlines() if row.endswith("BROKEN")]
    assert any(contract in row for row in broken), done.stdout


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("from datetime import date\n\nday = date.today()\n", "TID251"),
        ("from datetime import UTC, datetime\n\nnow = datetime.now(UTC)\n", "TID251"),
        ("import time\n\nstart = time.time()\n", "TID251"),
        ("import subprocess\n\nsubprocess.run('ls', shell=True)\n", "S602"),
        ("def f(rows=[]):\n    return rows\n", "B006"),
    ],
)
def test_ruff_refuses_clocks_and_traps_in_the_engine(root: Path, code: str, rule: str) -> None:
    command = [f"{BIN}/ruff", "check", "--no-cache", "--output-format", "concise", "--stdin-filename", "src/sapa/planted.py", "-"]
    done = subprocess.run(command, cwd=root, input=code, capture_output=True, text=True)
    assert done.returncode == 1
    assert rule in done.stdout


def test_the_command_line_may_read_the_clock(root: Path) -> None:
    code = "from datetime import UTC, datetime\n\nnow = datetime.now(UTC)\n"
    command = [f"{BIN}/ruff", "check", "--no-cache", "--stdin-filename", "src/sapa/cli/planted.py", "-"]
    assert subprocess.run(command, cwd=root, input=code, capture_output=True, text=True).returncode == 0


def test_lint_runs_what_it_is_told_and_fails_on_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(lint.LINTS, "good", [sys.executable, "-c", "print('quiet')"])
    monkeypatch.setitem(lint.LINTS, "bad", [sys.executable, "-c", "print('planted offence'); raise SystemExit(1)"])
    assert lint.main(["good"]) == 0
    assert "quiet" not in capsys.readouterr().out
    assert lint.main(["bad", "good"]) == 1
    out = capsys.readouterr().out
    assert "planted offence" in out
    assert "failed: bad" in out
    assert lint.main(["nonsense"]) == 2
