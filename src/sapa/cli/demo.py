"""``sapa demo``: a made-up country's returns through the whole chain, three years, in front of your eyes."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from sapa.chain.demo import PERIODS, Demonstration, demonstrate
from sapa.cli import output
from sapa.cli.output import Clock, Json, emit, languages, out


def demo(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write to; it is made.")] = Path("out/demo"),
    scale: Annotated[str, typer.Option("--scale", help="small, full, or a fraction of the full size.")] = "small",
    langs: Annotated[str, typer.Option("--langs", help="Languages of the yearbook, by comma; 'none' for none.")] = "en",
    seed: Annotated[int, typer.Option("--seed", help="Another country for another number.")] = 1,
    monitoring: Annotated[bool, typer.Option("--monitoring", help="Also write what the schools know of themselves.")] = False,
    processes: Annotated[int, typer.Option("--processes", min=1, max=64, help="Processes that check signatures.")] = 2,
    json: Json = False,
) -> None:
    """Generate the demonstration country, collect its returns, sign, freeze, compute and publish them."""
    clock = Clock()
    with output.progress(json) as report:
        result = demonstrate(
            out_dir,
            clock,
            scale=scale,
            seed=seed,
            langs=languages(langs),
            monitoring=monitoring,
            processes=processes,
            report=report,
            say=(lambda text: None) if json else (lambda text: out.print(text, markup=False)),
        )
    if json:
        emit(result.as_json(clock.seconds))
    else:
        _next_steps(out_dir, result, clock)


def _next_steps(out_dir: Path, result: Demonstration, clock: Clock) -> None:
    last = out_dir / PERIODS[-1]
    yearbooks = [path for path in result.files if path.suffix == ".pdf"]
    out.print()
    out.print("  ".join(f"{name} {seconds:.1f} s" for name, seconds in clock.seconds.items()), style="dim")
    for path in yearbooks:
        out.print(f"The yearbook: {path}", style="bold")
    out.print(f"What was wrong in the returns: {last / 'findings.xlsx'}")
    out.print("Try next:")
    folder, this = shlex.quote(str(last)), command()
    for arguments, meaning in (
        (f"verify {folder}", "recompute everything from the bytes"),
        (f"trace {folder} {shlex.quote(result.example)}", "lead a number back to its rows"),
        (f"explain {result.example.partition('@')[0]} --pack {result.pack}", "formula, clause, plan and SQL"),
    ):
        out.print(f"  {this} {arguments}", markup=False)
        out.print(f"      {meaning}", style="dim")


def command() -> str:
    """How to call the program that is running: by its name where the shell finds this very one, else by its path."""
    own = Path(sys.argv[0])
    if own.stem != "sapa":
        return f"{shlex.quote(sys.executable)} -c 'from sapa.cli import main; main()'"
    found = shutil.which("sapa")
    return "sapa" if found and Path(found).resolve() == own.resolve() else shlex.quote(str(own.absolute()))
