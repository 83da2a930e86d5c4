"""Functions stay under 60 lines and files under 500, tests included: ``python tools/check_size.py [ROOT]``.

What is longer stands in ``tools/size_exceptions.txt``, one ``path lines`` or ``path::function lines`` a line. The list
may only shrink: an exception that is no longer needed, or that allows more than is used, fails just as a new offender.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LIMIT = 500
FUNCTION_LIMIT = 60
FOLDERS = ("src", "tests", "tools", "bench")
EXCEPTIONS = Path("tools/size_exceptions.txt")


def python_files(root: Path) -> list[Path]:
    """The Python files of the source folders that git does not ignore, or all where there is no repository."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "--", *FOLDERS], capture_output=True, text=True
    )
    if listed.returncode == 0:
        files = [root / name for name in listed.stdout.splitlines() if name.endswith(".py")]
        return sorted(path for path in files if path.exists())
    return sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py"))


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, int]]:
    """``(qualified name, lines)`` of every function under ``node``, decorators not counted."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", (child.end_lineno or child.lineno) - child.lineno + 1
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from functions(child, f"{prefix}{child.name}." if named else prefix)


def sizes(root: Path) -> dict[str, int]:
    """Lines of everything that reaches its limit: ``{"path": lines, "path::function": lines}``."""
    over: dict[str, int] = {}
    for path in python_files(root):
        name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines >= FILE_LIMIT:
            over[name] = lines
        for function, length in functions(ast.parse(text)):
            if length >= FUNCTION_LIMIT:
                over[f"{name}::{function}"] = length
    return over


def exceptions(root: Path) -> dict[str, int]:
    """The allowed sizes; comments and empty lines are passed over."""
    path = root / EXCEPTIONS
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {name: int(allowed) for name, allowed in rows}


def problems(root: Path) -> list[str]:
    """One sentence for each offender and each stale exception."""
    over, allowed = sizes(root), exceptions(root)
    found = []
    for name, lines in sorted(over.items()):
        limit = FUNCTION_LIMIT if "::" in name else FILE_LIMIT
        if lines > allowed.get(name, limit - 1):
            found.append(f"{name}: {lines} lines, must stay under {limit} → split it")
    for name, lines in sorted(allowed.items()):
        if over.get(name, 0) < lines:
            found.append(f"{EXCEPTIONS}: {name} {lines} is stale, now {over.get(name, 'within the limit')} → shrink the list")
    return found


def main(argv: list[str]) -> int:
    """Print the problems; exit code 1 when there are any."""
    found = problems(Path(argv[0]) if argv else Path(__file__).resolve().parent.parent)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
