"""Write docs/reference/settings.md from the words of sapa_web.config.settings; ``--check`` only says whether it is up to date."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "settings.md"
HEAD = """# Settings of a site

Everything a place decides is a variable of the environment; the defaults run on a laptop. What must be set in service:
[Operate a site](../how-to/operate.md).

| variable | meaning |
|---|---|
"""


def page() -> str:
    """The page, from the table in the module's docstring."""
    source = (ROOT / "src/sapa_web/config/settings.py").read_text()
    table = (ast.get_docstring(ast.parse(source)) or "").split("=====\n")[1].split("\n====")[0]
    rows: list[list[str]] = []
    for line in table.splitlines():
        found = re.match(r"(``SAPA_[A-Z_]+``) +(.*)", line)
        if found:
            rows.append([found[1], found[2]])
        else:
            rows[-1][1] += " " + line.strip()
    return HEAD + "".join(f"| {name} | {text} |\n" for name, text in rows).replace("``", "`")


def main() -> int:
    """Exit code 1 where the page is not what it should be."""
    if "--check" not in sys.argv:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        print("docs/reference/settings.md is out of date → python tools/settings_page.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
