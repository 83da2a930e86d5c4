"""What the site is built from: licences that oblige nobody who uses it, versions that are pinned, no secret in the repository."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ELSEWHERE = {"tzdata", "colorama", "pywin32"}  # for other systems only
STRONG = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public License|SSPL|Business Source|Commons Clause", re.IGNORECASE)
LESSER = re.compile(r"\bLGPL\b|Lesser General Public License", re.IGNORECASE)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> dict[str, str]:
    """Name → version of what a site in service installs."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", (ROOT / "requirements" / "web.txt").read_text(), re.MULTILINE)
    return {canonical(name): version for name, version in found}


def licences(item: Distribution) -> str:
    """What a distribution says of its licence; one that offers a choice, with the choice."""
    told = item.metadata
    short = [told.get("License-Expression") or "", (told.get("License") or "").split("\n")[0]]
    said = " | ".join(
        part for part in [*short, *(told.get_all("Classifier") or [])] if part and ("License" in part or part in short)
    )
    return said or first_line(item)


def first_line(item: Distribution) -> str:
    """The licence by the text that comes with the distribution, where its metadata names none: the first lines name it."""
    texts = [file for file in item.files or [] if ".dist-info/licenses/" in file.as_posix()]
    return " | ".join(" ".join(file.read_text().split()[:12]) for file in texts)


def installed() -> list[Distribution]:
    return [distribution(name) for name in pinned() if name not in ELSEWHERE]


def test_no_licence_reaches_over_to_the_application() -> None:
    """Neither GPL nor AGPL; LGPL where the library is called and not changed (named below, so that none comes unseen)."""
    lesser = set()
    for item in installed():
        told = licences(item)
        assert told, f"{item.metadata['Name']} says nothing of its licence"
        assert not STRONG.search(LESSER.sub("", told)), (item.metadata["Name"], told)
        if LESSER.search(told):
            lesser.add(canonical(item.metadata["Name"]))
    assert lesser == {"psycopg", "psycopg-binary"}


def test_the_pattern_knows_what_it_must_refuse() -> None:
    for bad in (
        "GPL-3.0-only",
        "GNU Affero General Public License v3",
        "AGPLv3+",
        "GNU General Public License v2 (GPLv2)",
        "SSPL-1.0",
    ):
        assert STRONG.search(LESSER.sub("", bad)), bad
    for good in ("LGPL-3.0-only", "GNU Lesser General Public License v3 (LGPLv3)", "MIT", "MPL-2.0"):
        assert not STRONG.search(LESSER.sub("", good)), good


def test_every_requirement_is_pinned_by_its_digest() -> None:
    text = (ROOT / "requirements" / "web.txt").read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert len(pinned()) > 40
    assert all("--hash=sha256:" in block for block in blocks if "==" in block.split("\n")[0])


def test_the_scripts_licences_are_free_of_obligations_too() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    told = {name: str(item.get("license", "")) for name, item in lock.items() if name}
    assert told
    assert not {name: licence for name, licence in told.items() if STRONG.search(LESSER.sub("", licence))}
    assert all(item.get("integrity") or item.get("link") for name, item in lock.items() if name)


SECRETS = {
    "a private key": rb"-----BEGIN (?:RSA |EC |ENCRYPTED )?PRIVATE KEY-----\s*\n[A-Za-z0-9+/=]{60,}",
    "a cloud's key": rb"\bAKIA[0-9A-Z]{16}\b",
    "a token of ours": rb"\bsapa_[A-Za-z0-9_-]{43}\b",
    "a forge's token": rb"\b(?:ghp|gho|ghs|glpat)[_-][A-Za-z0-9]{20,}",
    "a site's key": rb"(?m)^\s*(?:SECRET_KEY|SAPA_SECRET_KEY)\s*[=:]\s*[\"']?[A-Za-z0-9!@#$%^&*_-]{30,}",
    "a password in an address": (
        rb"\b(?:postgres|postgresql|smtp|amqp|redis)://"  # allow-host: a pattern
        rb"[A-Za-z0-9_]+:(?!password\b|secret\b|CHANGE-ME@)[^@\s\"'{}$<]{6,}@"
    ),
}


def test_no_secret_is_in_the_repository() -> None:
    """Every file git knows, but what says itself that it is made for tests or the demonstration."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no repository here: nothing to look at")
    found = []
    for name in done.stdout.decode().split("\0"):
        path = ROOT / name
        if not name or not path.is_file() or name.startswith("tests/") or path.stat().st_size > 2_000_000:
            continue
        content = path.read_bytes()
        found += [(name, what) for what, shape in SECRETS.items() if re.search(shape, content)]
    assert not found


def test_nothing_private_is_shipped() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = done.stdout.splitlines()
    assert not [name for name in names if re.search(r"(^|/)(secret-key|pseudonym-key|\.env|id_rsa|.*\.sqlite3?)$", name)]
    assert not [name for name in names if name.startswith("src/") and name.endswith((".p12", ".pfx", ".key"))]
