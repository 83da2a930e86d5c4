"""The commands of ``sapa``, gathered into one application."""

from __future__ import annotations

import typer

from sapa import __version__
from sapa.cli import __doc__ as meaning
from sapa.cli import archive, calendar, chain, demo, disclosure, output, packs

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, help=meaning, pretty_exceptions_enable=False)
app.add_typer(packs.app, name="packs")
app.add_typer(disclosure.app, name="disclosure")
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
