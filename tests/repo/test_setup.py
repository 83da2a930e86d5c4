"""The set-up from nothing: the lock holds what pyproject.toml asks for, and the commands that are promised exist."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

# Parts that their distribution pins to one version and never come alone.
COMPANIONS = {"pydantic_core": "pydantic"}
SETS = ("tools", "base", "dev", "bench", "docs", "spark")


def locked(root: Path, name: str) -> dict[str, list[tuple[Version, int]]]:
    """``{package: [(version, number of hashes)]}`` of a lock file; a package may stand there once per marker."""
    found: dict[str, list[tuple[Version, int]]] = {}
    text = (root / "requirements" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            package, version = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", line).groups()  # type: ignore[union-attr]
            found.setdefault(package.lower(), []).append((Version(version), line.count("--hash=sha256:")))
    return found


def asked(root: Path, name: str) -> list[Requirement]:
    """What pyproject.toml asks for directly in that set."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    base, extras = project["project"]["dependencies"], project["project"]["optional-dependencies"]
    groups = project["dependency-groups"]
    lines = {"base": base, "spark": base + extras["spark"], "dev": base + extras["spark"] + groups["dev"]}
    return [Requirement(line) for line in lines.get(name) or groups[name]]


@pytest.mark.parametrize("name", SETS)
def test_every_locked_package_has_a_hash(root: Path, name: str) -> None:
    packages = locked(root, name)
    assert packages
    assert [package for package, versions in packages.items() if any(hashes == 0 for _, hashes in versions)] == []


@pytest.mark.parametrize("name", SETS)
def test_the_lock_holds_what_the_project_asks_for(root: Path, name: str) -> None:
    packages = locked(root, name)
    for requirement in asked(root, name):
        versions = packages.get(requirement.name.lower(), [])
        assert versions, f"{requirement} is not locked in requirements/{name}.txt → make lock"
        assert all(version in requirement.specifier for version, _ in versions), f"{requirement} → make lock"


def test_the_sets_stand_in_one_environment(root: Path) -> None:
    versions: dict[str, set[tuple[Version, ...]]] = {}
    for name in SETS:
        for package, rows in locked(root, name).items():
            versions.setdefault(package, set()).add(tuple(sorted(version for version, _ in rows)))
    # A marker may drop one of two versions in a set that asks for less, never bring in a third.
    widest = {package: max(rows, key=len) for package, rows in versions.items()}
    assert {package for package, rows in versions.items() if any(set(row) - set(widest[package]) for row in rows)} == set()


def test_help_names_every_target(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()  # type: ignore[union-attr]
    printed = subprocess.run(["make", "--silent", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert {target for target in targets if f"make {target}" not in printed} == {"help"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/tutorial.md"])
def test_every_make_command_that_is_promised_exists(root: Path, page: str) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    promised = set(re.findall(r"(?:^|`)make ([a-z-]+)\b", (root / page).read_text(encoding="utf-8"), re.MULTILINE))
    assert promised
    assert {target for target in promised if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()


@pytest.mark.parametrize("script", [".ci/run", "tools/lock.sh"])
def test_scripts_are_executable_and_parse(root: Path, script: str) -> None:
    path = root / script
    assert path.stat().st_mode & 0o111, "not executable"
    assert "set -euo pipefail" in path.read_text(encoding="utf-8")
    assert subprocess.run(["bash", "-n", str(path)], capture_output=True).returncode == 0


def test_ci_ends_with_the_test_command_of_the_readme(root: Path) -> None:
    lines = (root / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()
    assert lines[-1] == "make test"
    assert any(line.startswith("make lint") for line in lines)
    assert "make docs" in lines


def test_the_engine_imports_nothing_undeclared(root: Path) -> None:
    """Every package that ``src/`` imports is a dependency of the project or of an extra, never by way of another one."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    declared = {canonicalize_name(Requirement(line).name) for line in lines}
    distributions = packages_distributions()
    undeclared = {}
    for path in sorted((root / "src").rglob("*.py")):
        for module in imports(path) - set(sys.stdlib_module_names) - {"sapa", "sapa_web"}:
            if declared.isdisjoint(
                canonicalize_name(name) for name in distributions.get(COMPANIONS.get(module, module), [module])
            ):
                undeclared[module] = path.relative_to(root).as_posix()
    assert undeclared == {}


def imports(path: Path) -> set[str]:
    """Top-level names of the modules a file imports absolutely."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found
