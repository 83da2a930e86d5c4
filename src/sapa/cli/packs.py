"""``sapa packs …``: check, list, show, cases, coverage."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from sapa.cli import output
from sapa.cli.output import FOUND, Json, Lang, emit, out
from sapa.errors import UserError
from sapa.formula.checks import untyped_expressions
from sapa.indicators.cases import run_every_case
from sapa.packs import coverage as clause_coverage
from sapa.packs import show as shown
from sapa.packs.check import check_pack, summary
from sapa.packs.findings import Finding
from sapa.packs.loader import load_pack, locate, search_path

app = typer.Typer(no_args_is_help=True, help="Packs: the law as data.")


@app.command()
def check(
    paths: Annotated[list[str] | None, typer.Argument(help="Pack ids or folders; default: every pack in reach.")] = None,
    json: Json = False,
) -> None:
    """Check packs and print what is wrong. Exit code 0: nothing, 1: something was found, 2: no such pack."""
    names = paths or sorted(path.parent.as_posix() for folder in search_path() for path in folder.glob("*/pack.yaml"))
    found: list[Finding] = []
    for name in names:
        found += check_pack(locate(name), more=(untyped_expressions,))[1]
    counts = summary(found)
    if json:
        emit({"packs": [Path(name).name for name in names], **counts, "findings": [item.as_json() for item in found]})
    else:
        for item in found:
            out.print(item.as_text(), markup=False)
        out.print(f"{len(names)} packs checked: {counts['error']} errors, {counts['warning']} warnings")
    if counts["error"]:
        raise typer.Exit(FOUND)


@app.command("list")
def list_packs(json: Json = False, lang: Lang = "en") -> None:
    """List the packs in reach."""
    packs = [load_pack(str(path.parent)) for folder in search_path() for path in sorted(folder.glob("*/pack.yaml"))]
    rows = [(pack.id, pack.version, pack.meta.kind, pack.text(pack.meta.title, lang)) for pack in packs]
    if json:
        emit([dict(zip(("id", "version", "kind", "title"), row, strict=True)) for row in rows])
    else:
        output.table("", ("id", "version", "kind", "title"), rows)


@app.command()
def show(
    element: Annotated[str, typer.Argument(help="PACK, PACK:CLAUSE, PACK:ELEMENT or an element's id.")],
    pack: Annotated[str, typer.Option("--pack", help="The pack to look in, where the id alone is given.")] = "",
    json: Json = False,
    lang: Lang = "en",
) -> None:
    """Print any element with the clause it comes from."""
    name, _, rest = element.partition(":") if not pack else (pack, ":", element)
    if not rest and not (Path(name) / "pack.yaml").is_file() and not _known(name):
        name, rest = _owner(element), element
    loaded = load_pack(name)
    result: Any = shown.show(loaded, rest, lang=lang)
    if json:
        emit(result.as_json())
    else:
        out.print(result.as_text(), markup=False)


def _known(name: str) -> bool:
    return any((folder / name / "pack.yaml").is_file() for folder in search_path())


def _owner(element: str) -> str:
    clauses: list[str] = []
    for path in _folders():
        loaded = load_pack(str(path))
        if any(getattr(item.element, "id", None) == element for item in loaded.placed):
            return str(path)
        name = f"{loaded.id}:{element}"
        clauses += [known for known in loaded.clauses if known == name or known.startswith(f"{name}.")]
    if clauses:
        todo = f"a clause is named with its document: `sapa packs show {clauses[0]}`"
        others = f" (or {', '.join(clauses[1:8])})" if clauses[1:] else ""
        raise UserError(f"'{element}' alone names no element", todo=todo + others)
    todo = "name an element's id, PACK:ELEMENT or PACK:CLAUSE; `sapa packs list` has the packs"
    raise UserError(f"no pack has an element or clause '{element}'", todo=todo)


@app.command()
def cases(
    packs: Annotated[list[str] | None, typer.Argument(help="Packs; default: every pack in reach.")] = None,
    every: Annotated[bool, typer.Option("--all", help="List the cases that came out as they say, too.")] = False,
    json: Json = False,
) -> None:
    """Execute the packs' examples: rows and dates in, findings, facts and dates out. Exit code 1 when one fails."""
    names = packs or [path.as_posix() for path in _folders()]
    results = [result for name in names for result in run_every_case(load_pack(name))]
    failed = [result for result in results if not result.passed]
    kinds = Counter((result.pack, result.kind) for result in results)
    wrong = Counter((result.pack, result.kind) for result in failed)
    if json:
        emit({"cases": len(results), "failed": len(failed), "results": [result.as_json() for result in results]})
    else:
        for result in results if every else failed:
            out.print(result.as_text(), markup=False)
        rows = [(pack, kind, str(number), str(wrong[pack, kind])) for (pack, kind), number in kinds.items()]
        output.table("", ("pack", "kind", "cases", "failed"), rows)
        out.print(f"{len(results)} cases executed: {len(failed)} failed")
    if failed:
        raise typer.Exit(FOUND)


def _folders() -> list[Path]:
    return sorted(path.parent for folder in search_path() for path in folder.glob("*/pack.yaml"))


@app.command()
def coverage(
    packs: Annotated[list[str] | None, typer.Argument(help="Packs; default: every pack in reach.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Only clauses that nothing implements.")] = False,
    json: Json = False,
    lang: Lang = "en",
) -> None:
    """For each clause: what implements it and which case proves it."""
    names = packs or sorted(path.parent.name for folder in search_path() for path in folder.glob("*/pack.yaml"))
    everything = [load_pack(path.parent.as_posix()) for folder in search_path() for path in sorted(folder.glob("*/pack.yaml"))]
    reports = [clause_coverage.coverage(load_pack(name), everything) for name in names]
    if json:
        emit([report.as_json() for report in reports])
        return
    for report in reports:
        rows = [row for row in report.table(lang) if not missing or row[2] == "not implemented"]
        columns = ("clause", "kind", "state", "by", "proved by")
        apart = [(clause.replace(": ", "\n", 1), *rest) for clause, *rest in rows]
        output.table(f"{report.pack}: {report.summary()}", columns, apart, whole=(0, 1, 2))
