"""The command line. Exit codes: 0 all well, 1 something was found, 2 wrong use, 3 our mistake, 130 interrupted."""

from __future__ import annotations

import sys

import typer

from sapa import __version__
from sapa.cli import archive, calendar, chain, demo, output, packs
from sapa.errors import SapaError

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, help=__doc__, pretty_exceptions_enable=False)
app.add_typer(packs.app, name="packs")
for command in (
    demo.demo,
    chain.run,
    chain.collect,
    chain.submit,
    chain.freeze,
    chain.compute,
    chain.publish,
    archive.verify,
    archive.trace,
    archive.explain,
    archive.proof,
    calendar.calendar,
):
    app.command()(command)


@app.command()
def version() -> None:
    """Print the version."""
    output.out.print(f"sapa {__version__}")


def main() -> None:
    """Entry point: exceptions become one sentence and an exit code; nothing half-written is left behind."""
    try:
        app()
    except SapaError as error:
        output.errors.print(f"error: {error.message}", markup=False)
        if error.todo:
            output.errors.print(f"to do: {error.todo}", markup=False)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        output.errors.print("interrupted; what was written is whole, run the same command again to go on")
        sys.exit(output.INTERRUPTED)
    except BrokenPipeError:
        sys.exit(output.OK)
