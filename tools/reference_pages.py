"""Write the pages of ``docs/reference`` that repeat what the code says, from the code: a test fails when they differ.

``cli.md`` comes from the commands' own help, ``formula.md`` and ``expressions.md`` from closed lists of functions.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from sapa.formula.functions import FUNCTIONS
from sapa.instruments.functions import FUNCTIONS as EXPRESSION_FUNCTIONS
from sapa.instruments.functions import REFUSED

FOLDER = Path("docs/reference")
CLI_HEAD = """# Command line

This page is made by `make docs` from the commands' own help.

Every command that prints results takes `--json` and then prints one JSON object. Progress and errors go to standard error.

| exit code | meaning |
| --- | --- |
| 0 | all is well |
| 1 | something was found: findings, an altered archive, a refused submission |
| 2 | wrong use or unusable input: the message says what to do |
| 3 | a mistake of ours: please report it |
| 130 | interrupted; what was written is whole, the same command goes on |
"""
FORMULA_HEAD = """# Functions of a formula

This page is made by `make docs` from the list the engine reads. What is not here is refused, with the place in the formula.

A formula is a scalar expression (one value a row: conditions of rules, `where`, `of`) or an aggregate one (`numerator`,
`denominator`). Besides these functions it may use `+ - * /`, comparisons, `and`, `or`, `not`, `is null`, `in (…)`,
`between`, `case when … then … else … end` and literals. Division by zero gives null, never an error.
"""


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """``(full name, command)`` of every command that does something, groups opened."""
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child, inner in children.items():
        yield from commands(inner, f"{name} {child}")


def cell(text: str) -> str:
    """Text that can stand in a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def option_row(parameter: Any) -> str:
    """One row of a table of options: how it is written, what it means, its default."""
    value = "" if getattr(parameter, "is_flag", False) else f" {(parameter.metavar or parameter.name).upper()}"
    names = ", ".join(f"`{name}{value}`" for name in (*parameter.opts, *parameter.secondary_opts))
    default = parameter.default
    plain = isinstance(default, str | int | float | Path) and not isinstance(default, bool) and str(default) != ""
    need = "required" if parameter.required else f"`{default}`" if plain else ""
    many = " May be given several times." if parameter.multiple and "repeat" not in (parameter.help or "") else ""
    return f"| {names} | {cell((parameter.help or '') + many)} | {need} |"


def page(name: str, command: Any) -> Iterator[str]:
    """The lines of one command."""
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = [f"[{a.name.upper()}]" if not a.required else a.name.upper() for a in arguments]
    yield from ("", f"## `{name}`", "", f"    {' '.join([name, *(['[OPTIONS]'] if options else []), *usage])}", "")
    for paragraph in (command.help or "").strip().split("\n\n"):
        yield from (" ".join(paragraph.split()), "")
    if arguments:
        yield from ("| argument | meaning |", "| --- | --- |")
        yield from (f"| `{a.name.upper()}` | {cell(getattr(a, 'help', None) or '')} |" for a in arguments)
        yield ""
    if options:
        yield from ("| option | meaning | default |", "| --- | --- | --- |")
        yield from (option_row(p) for p in options)
        yield ""


def cli_page(app: Any) -> str:
    """The page of a Typer application as Markdown."""
    lines = [line for name, command in commands(get_command(app), "sapa") for line in page(name, command)]
    return CLI_HEAD + re.sub("\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def formula_page() -> str:
    """The page of the formula language's functions as Markdown."""
    lines = [FORMULA_HEAD]
    for mode in ("scalar", "aggregate"):
        lines += [f"## {mode.capitalize()}", "", "| function | meaning |", "| --- | --- |"]
        lines += [f"| `{item.signature}` | {cell(item.meaning)} |" for item in FUNCTIONS.values() if item.mode == mode]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


EXPRESSION_HEAD = """# Expressions of an instrument

This page is made by `make docs` from the lists the engine reads. Expressions stand in the columns `relevant`,
`constraint`, `required`, `calculation`, `choice_filter` and `repeat_count` of a workbook (XLSForm), and in `relevant`
and `constraint` of a pack's points. Server and page evaluate the same tree, with the same result.

They are [XPath 1.0](https://www.w3.org/TR/1999/REC-xpath-19991116/) as [ODK
XForms](https://getodk.github.io/xforms-spec/#xpath-functions) uses it: `${name}` is the answer to a question, `.` the
answer being judged; `+ - * div mod`, `= != < <= > >=`, `and or`, brackets; texts in quotes.

- An answer is a text. A hidden or empty one is the empty text: `${age} > 5` is then false, and so is `${age} < 5`;
  `${age} = ''` is true.
- `=` compares as numbers where one side is a number, else as texts: `${code} = 7` holds for `007`, `${code} = '7'`
  does not.
- Dates count as days: `today() - ${born} > 365`.
- A calculation that comes to no number (NaN) is empty.
- `${name}` of a question in a repeat is this instance's answer inside the repeat, and the answers of all instances
  outside it: `sum(${age})`, `count(${children})`. Hidden ones are left out.
- `if()` hands on its branch as it is. The specification makes a text of it, and `if(…, true(), false())` would then
  always hold.
- A pattern of `regex()` is searched for anywhere; write `^…$` for the whole. It is written in quotes, without
  look-around and back references, so that no answer can make it slow.

Beside the functions below: `if(condition, then, else)`, `once(value)`, `today()`, `now()`, `regex(text, 'pattern')`,
`position(..)`, `indexed-repeat(${name}, ${repeat}, number)`, `jr:choice-name(code, '${question}')`.

| function | arguments | gives |
| --- | --- | --- |
"""
GIVES = {"s": "text", "n": "number", "b": "true or false"}


def expressions_page() -> str:
    """The page of the functions of instruments' expressions as Markdown."""
    rows = []
    for name, (fewest, most, gives, _) in sorted(EXPRESSION_FUNCTIONS.items()):
        count = str(fewest) if fewest == most else f"{fewest} or more" if most > 9 else f"{fewest} to {most}"
        rows.append(f"| `{name}` | {count} | {GIVES[gives]} |\n")
    refused = ", ".join(f"`{name}`" for name in sorted(REFUSED))
    tail = f"\nRefused, since page and server would differ or a form here has no such thing: {refused}.\n"
    return EXPRESSION_HEAD + "".join(rows) + tail


def command_line_page() -> str:
    """The page of the project's own command line."""
    from sapa.cli import app

    return cli_page(app)


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": command_line_page,
    "formula.md": formula_page,
    "expressions.md": expressions_page,
}


def stale(folder: Path) -> dict[Path, str]:
    """The pages that differ from the code, with what they should be."""
    wanted = {folder / name: page_text() for name, page_text in PAGES.items()}
    return {path: text for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text}


def main(argv: list[str]) -> int:
    """Write the pages that have changed; with ``--check`` only name them, and end with 1 when there are any."""
    folder = Path(__file__).resolve().parent.parent / FOLDER
    changed = stale(folder)
    if "--check" in argv:
        print("".join(f"{FOLDER / path.name} differs from the code → make docs\n" for path in changed), end="")
        return 1 if changed else 0
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")
        print(f"  wrote {FOLDER / path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
