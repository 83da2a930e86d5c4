"""No registry, no path of a machine and no secret in any file of the repository: ``python tools/check_hosts.py [ROOT]``.

A lock that names a mirror works only where that mirror is reached, a path only where it was typed, and a secret in a
repository is no secret.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

# Written in pieces, so that this file passes its own check.
REGISTRIES = ("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.(npmjs|yarnpkg)\.", "npmjs" + r"\.(org|com)",
              "deb" + r"\.debian\.org", "archive" + r"\.ubuntu\.com", "repo[0-9]*" + r"\.maven\.", "conda" + r"\.anaconda\.org",
              "proxy" + r"\.golang\.org", "crates" + r"\.io")  # fmt: skip
PATTERNS = {
    "a registry's host": re.compile(rf"\b({'|'.join(REGISTRIES)})", re.IGNORECASE),
    "an index address": re.compile(r"(--(extra-)?index-url|--find-links)[ =]*[\"']?\w+:/|^registry = ", re.IGNORECASE),
    "a path of a machine": re.compile(r"(?<![\w./~$}>*-])(/(work|root|home|Users|opt|farm|private)/\w|/tmp/\w|[A-Z]:\\Users\\)"),
    "a local file address": re.compile("file:" + r"///\w"),
    "a private key": re.compile("-----BEGIN " + r"([A-Z]+ )*PRIVATE KEY-----"),
    "a secret": re.compile(
        r"\b(gh[pousr]_\w{30,}|AKIA[0-9A-Z]{16}|sk-[\w-]{30,}|xox[abp]-\w{10,})"
        r"|://[^/\s:@{}]+:[^/\s:@{}]+@"  # allow-host: a pattern
        r"|\b(password|passwd|secret_?key|api_?key|access_?token)\b[\"']?\s*[:=]\s*[\"'][^\"'\s{}]{8,}[\"']",
        re.IGNORECASE,
    ),
}
ALLOWED = "allow-host"  # at the end of a line that must break the rule; the reason stands beside it


def repository_files(root: Path) -> list[Path]:
    """Files that git tracks or would add; every file where there is no repository."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-coz", "--exclude-standard"], capture_output=True, text=True)
    names = listed.stdout.split("\0") if listed.returncode == 0 else [str(p.relative_to(root)) for p in root.rglob("*")]
    return sorted(path for path in (root / name for name in names if name) if path.is_file())


def problems(root: Path) -> list[str]:
    """One line for each place: ``path:line: holds a registry's host: "…"``."""
    found = []
    for path in repository_files(root):
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue
        for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), 1):
            if ALLOWED in line:
                continue
            for what, pattern in PATTERNS.items():
                if match := pattern.search(line):
                    found.append(f"{path.relative_to(root).as_posix()}:{number}: holds {what}: {match.group()!r}")
    return found


def main(argv: list[str]) -> int:
    """Print the problems; exit code 1 when there are any."""
    found = problems(Path(argv[0]) if argv else Path(__file__).resolve().parent.parent)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
