"""``sapa disclosure …``: protect facts, audit what is published, attack it by random questions."""

from __future__ import annotations

import json as jsons
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.markup import escape

from sapa.archive.store import open_store
from sapa.chain.context import counted, snapshot_pack
from sapa.cli import output
from sapa.cli.output import FOUND, Json, Lang, emit, out
from sapa.disclosure import Audit, attack, audit, protect, releasable
from sapa.disclosure.attack import QUERIES, SEED
from sapa.errors import UserError
from sapa.indicators.facts import latest, write_facts
from sapa.packs.loader import Pack, load_pack

app = typer.Typer(no_args_is_help=True, help="Disclosure control: nothing published tells of a few persons.")

Sources = Annotated[
    list[Path], typer.Argument(help="Facts before protection: a file (parquet) or the folder of a computed run; several periods.")
]
Published = Annotated[Path, typer.Option("--published", help="The facts as they are published (parquet).", exists=True)]
Released = Annotated[
    list[Path] | None, typer.Option("--released", help="Facts as an earlier version published them (parquet); repeat.")
]
PackOption = Annotated[str, typer.Option("--pack", help="Pack of the facts, by id or folder; default: that of the run.")]
LISTED = 20
"""Figures listed for people; ``--json`` has them all."""


@app.command("protect")
def protect_facts(
    sources: Sources,
    to: Annotated[Path, typer.Option("--out", help="File for the facts as they may be published (parquet).")],
    pack: PackOption = "",
    released: Released = None,
    report: Annotated[Path | None, typer.Option("--report", help="Also write the report here (json).")] = None,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Leave out, or round, what tells of a few persons and what would give it back; then audit. Exit code 1: not publishable."""
    facts, rules = _facts(sources), _pack(pack, sources)
    before = [_read(path) for path in released or ()]
    done = protect(facts, rules, released=before)
    found = audit(done.facts, rules, truth=facts, released=before)
    reasons = releasable(done.report, found)
    write_facts(done.facts, to)
    said = {**done.report, "audit": _counts(found), "reasons": [reason.as_json() for reason in reasons], "written": str(to)}
    if report is not None:
        report.write_text(jsons.dumps(said, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    if json:
        emit(said)
    else:
        rows = [(why, f"{number:,}") for why, number in done.report["because"].items()]
        output.table("Hidden", ("because", "facts"), rows, right=(1,))
        if "rounded" in done.report:
            out.print(f"{counted(done.report['rounded'], 'fact')} rounded")
        out.print(f"{counted(done.report['rows'], 'fact')}, {done.report['small_figures']:,} small figures behind them")
        for reason in reasons:
            out.print(f"{reason.severity}: {reason.text(lang)}", markup=False)
        out.print(f"written: {to}")
    if any(reason.severity == "blocks" for reason in reasons):
        raise typer.Exit(FOUND)


@app.command("audit")
def audit_facts(
    sources: Sources, published: Published, pack: PackOption = "", released: Released = None, json: Json = False
) -> None:
    """Between which numbers a reader can locate each small figure, by linear programming. Exit code 1: one is exposed."""
    before = [_read(path) for path in released or ()]
    found = audit(_read(published), _pack(pack, sources), truth=_facts(sources), released=before)
    if json:
        emit(found.as_json())
    else:
        rows = [(escape(item.name), f"{item.truth:g}", f"{item.low:g}", f"{item.high:g}") for item in found.exposed[:LISTED]]
        if rows:
            output.table("Exposed", ("figure", "truly", "at least", "at most"), rows, right=(1, 2, 3))
        out.print(f"{len(found.intervals):,} small figures, {len(found.exposed):,} exposed")
    if found.exposed:
        raise typer.Exit(FOUND)


@app.command("attack")
def attack_facts(
    sources: Sources,
    published: Published,
    pack: PackOption = "",
    released: Released = None,
    queries: Annotated[int, typer.Option("--queries", help="How many questions.", min=1, max=10_000_000)] = QUERIES,
    seed: Annotated[int, typer.Option("--seed", help="The same number asks the same questions.")] = SEED,
    json: Json = False,
) -> None:
    """Set random questions to the tables against each other. Exit code 1: a small figure was found out."""
    before = [_read(path) for path in released or ()]
    rules = _pack(pack, sources)
    found = attack(_read(published), rules, truth=_facts(sources), released=before, queries=queries, seed=seed)
    if json:
        emit(found.as_json())
    else:
        rows = [
            (escape(item.name), item.how, f"{item.truth:g}", f"{item.low:g}", f"{item.high:g}") for item in found.found[:LISTED]
        ]
        if rows:
            output.table("Found out", ("figure", "how", "truly", "at least", "at most"), rows, right=(2, 3, 4))
        out.print(f"{found.queries:,} questions (seed {found.seed}), {len(found.found):,} small figures found out")
    if found.found:
        raise typer.Exit(FOUND)


def _counts(found: Audit) -> dict[str, Any]:
    told = found.as_json()
    return {"small_figures": told["small_figures"], "exposed": told["exposed"]}


def _facts(sources: Sequence[Path]) -> pa.Table:
    """Facts of all files and runs, each once; raises ``UserError`` where there are none."""
    paths = [
        path for source in sources for path in (sorted((source / "facts").glob("*.parquet")) if source.is_dir() else [source])
    ]
    if not paths:
        raise UserError(f"no facts in {', '.join(map(str, sources))}", todo="name facts files, or folders of computed runs")
    return latest([_read(path) for path in paths])


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path, page_checksum_verification=True)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"the facts at {path} can't be read: {error}", todo="name a facts file (parquet)") from error


def _pack(name: str, sources: Sequence[Path]) -> Pack:
    """The pack that is named, else that of the last run."""
    if name:
        return load_pack(name)
    runs = [source for source in sources if source.is_dir()]
    if not runs:
        raise UserError("the facts don't say which pack they came from", todo="name it with --pack")
    return snapshot_pack(open_store(str(runs[-1])))
