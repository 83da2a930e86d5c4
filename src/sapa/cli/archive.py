"""Commands over a finished archive: verify, trace, explain, proof."""

from __future__ import annotations

import json as json_module
import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sapa.archive.proof import export_proof
from sapa.archive.store import open_store
from sapa.archive.verify import VerifyReport, verify_snapshot
from sapa.chain.context import counted, snapshot_pack
from sapa.chain.lineage import trace_fact
from sapa.cli import output
from sapa.cli.output import FOUND, Clock, Json, Lang, emit, out
from sapa.errors import UserError
from sapa.indicators import explain as explained
from sapa.packs.loader import load_pack
from sapa.signing.trust import TrustStore

Folder = Annotated[str, typer.Argument(help="The run's folder (or s3:// URL), or its snapshot folder.")]
Processes = Annotated[int, typer.Option("--processes", help="Processes that check signatures.", min=1, max=64)]


def archive_url(folder: str) -> str:
    """The archive a user means: the run's folder, also where the snapshot's own folder was named."""
    path = Path(folder)
    return str(path.parent) if path.name == "snapshot" and (path / "snapshot.json").is_file() else folder


def verify(
    snapshot: Folder,
    root: Annotated[str, typer.Option("--root", help="The root published elsewhere: must be this one.")] = "",
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Folder with trusted certificates, instead of the recorded ones.")
    ] = None,
    rows: Annotated[bool, typer.Option("--rows/--no-rows", help="Also rebuild the rows and compare each value.")] = True,
    processes: Processes = 2,
    json: Json = False,
) -> None:
    """Recompute everything from the bytes. Exit code 0: all is as it was signed; 1: something is not; 2: no such archive."""
    store = open_store(archive_url(snapshot))
    published = _root(root)
    clock = Clock()
    with clock.step("verify"), output.progress(json) as progress:
        own = TrustStore.load(trust) if trust else None
        pack = snapshot_pack(store) if rows else None
        report = verify_snapshot(store, pack=pack, trust=own, expected_root=published, processes=processes, progress=progress)
    if json:
        emit({"ok": report.ok, **asdict(report), "seconds": clock.seconds})
    else:
        _print(report, clock)
    if not report.ok:
        raise typer.Exit(FOUND)


def _root(text: str) -> str:
    """A root as people copy it: with blanks, in any case; raises ``UserError`` on anything but 64 hexadecimal digits."""
    root = "".join(text.split()).lower()
    if root and not re.fullmatch("[0-9a-f]{64}", root):
        raise UserError(f"'{text[:80]}' is no root", todo="give all 64 hexadecimal digits; the verification page has them")
    return root


def _print(report: VerifyReport, clock: Clock) -> None:
    alike: dict[tuple[str, str], list[str]] = {}
    for problem in report.problems:
        alike.setdefault((problem.code, problem.message), []).append(problem.where)
    for (code, message), places in list(alike.items())[:50]:
        more = f" and {len(places) - 1} more like it" if len(places) > 1 else ""
        out.print(f"{code}  {places[0]}{more}\n    {message}", markup=False)
    if len(alike) > 50:
        out.print(f"… and {len(alike) - 50} other kinds (all of them with --json)")
    count = len(report.problems)
    verdict = "all as it was signed" if report.ok else f"{count} problem{'s' if count > 1 else ''}; the first stands above"
    compared = ", every value compared" if report.rows_compared else ""
    what = f"{counted(report.submissions, 'submission')}, {counted(report.rows, 'row')}{compared}"
    out.print(f"{what}: {verdict} ({clock.seconds['verify']:.1f} s)")
    if report.root:
        out.print(f"root {report.root}")


def trace(
    folder: Folder,
    fact: Annotated[str, typer.Argument(help="indicator@period[dimension=code,…], as the tables name it.")],
    earlier: Annotated[
        list[str] | None, typer.Option("--earlier", help="Archive of another period; default: those beside this folder.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many submissions and rows to print.", min=0)] = 10,
    lang: Lang = "en",
    json: Json = False,
) -> None:
    """Lead a published number back: formula, clause, snapshot, signed submissions, rows; and recompute it from these rows."""
    url = archive_url(folder)
    others = [open_store(archive_url(name)) for name in (earlier if earlier is not None else _beside(url))]
    lineage = trace_fact(open_store(url), fact, others=others, limit=limit, lang=lang)
    if json:
        emit(lineage.as_json())
    else:
        out.print(lineage.as_text(), markup=False)
    if not lineage.agrees:
        raise typer.Exit(FOUND)


def _beside(url: str) -> list[str]:
    """Frozen archives in the same folder as this one: a country's years usually lie side by side."""
    home = Path(url)
    if "://" in url or not home.is_dir():
        return []
    found = sorted(path.parent.parent for path in home.resolve().parent.glob("*/snapshot/snapshot.json"))
    return [str(path) for path in found if path != home.resolve()]


def explain(
    indicator: Annotated[str, typer.Argument(help="Id of the indicator.")],
    pack: Annotated[str, typer.Option("--pack", help="Pack that defines it.")],
    period: Annotated[str, typer.Option("--period", help="Reference period; default: the newest layout.")] = "",
    dialect: Annotated[str, typer.Option("--dialect", help="duckdb or spark.")] = "duckdb",
    json: Json = False,
) -> None:
    """Print an indicator's clause, formula, plan and SQL."""
    asked = output.reference_period(period) if period else None
    text = explained.explain(load_pack(pack), indicator, asked, dialect=dialect)
    if json:
        emit({"indicator": indicator, "pack": pack, "text": text})
    else:
        out.print(text, markup=False)


def proof(
    folder: Folder,
    unit: Annotated[str, typer.Argument(help="The reporting unit.")],
    target: Annotated[Path, typer.Option("--to", help="File to write.")],
    dataset: Annotated[str, typer.Option("--dataset", help="Where the unit sent several.")] = "",
    rows: Annotated[bool, typer.Option("--rows/--no-rows", help="Put the rows into the proof.")] = True,
    json: Json = False,
) -> None:
    """Write a proof that one submission is in the snapshot; the stand-alone verifier checks it without this program."""
    document = export_proof(open_store(archive_url(folder)), unit, dataset, with_rows=rows)
    target.write_text(json_module.dumps(document, indent=1), encoding="utf-8")
    if json:
        emit({"written": str(target), "root": document["root"]["root"], "leaf": document["leaf"]})
    else:
        out.print(f"written: {target}; check it with: python standalone_verify.py {target}")
