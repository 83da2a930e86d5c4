"""How every command speaks: a table or a JSON object on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sapa.errors import UserError
from sapa.publication.api import FORMATS

OK, FOUND, WRONG_USE, OUR_FAULT, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes: all well; something was found; wrong use or unusable input; a mistake of ours; Ctrl-C."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Lang = Annotated[str, typer.Option("--lang", help="Language of texts: en, ru, kk, uk, be.")]
Now = Annotated[str, typer.Option("--now", help="The moment to take as now, ISO 8601; default: the clock.")]

errors = Console(stderr=True, highlight=False)
out = Console(highlight=False, soft_wrap=True)
if not out.is_terminal and "COLUMNS" not in os.environ:
    out.width = 140  # a file or a pipe is no narrow window

Report = Callable[[str, int, int], object]


def moment(text: str) -> datetime:
    """The moment a command takes as now: the only place where the clock is read."""
    if not text:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"'{text}' is no moment", todo="write it as 2026-10-05 or 2026-10-05T12:00:00+00:00") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def day(text: str) -> date | None:
    """The date a command names, ``None`` where it names none; raises ``UserError``."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError(f"'{text}' is no date", todo="write it as 2020-10-05") from None


_PERIOD = re.compile(r"(?:19|20|21)[0-9]{2}(?:-(?:H[12]|Q[1-4]|0[1-9]|1[0-2]))?")


def reference_period(text: str) -> str:
    """The reference period a command names; raises ``UserError`` where it is none."""
    if not _PERIOD.fullmatch(text):
        raise UserError(f"{text!r} is no reference period", todo="write 2020, 2020-H1, 2020-Q3 or 2020-09")
    return text


def languages(text: str) -> list[str]:
    """``en,kk`` → ``["en", "kk"]``; ``none`` → no documents."""
    return [] if text == "none" else [part.strip() for part in text.split(",") if part.strip()]


def formats(text: str) -> tuple[str, ...]:
    """``pdf,docx`` → ``("pdf", "docx")``; raises ``UserError`` on a format no document has."""
    named = tuple(part.strip() for part in text.split(",") if part.strip())
    if unknown := [name for name in named if name not in FORMATS]:
        raise UserError(f"documents are not written as '{unknown[0]}'", todo=f"use some of: {', '.join(FORMATS)}")
    return named


def approved_texts(path: Path | None) -> dict[str, dict[str, str]] | None:
    """Approved texts of chapters by language, from a file; raises ``UserError`` where it holds something else."""
    if path is None:
        return None
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} can't be read: {error}", todo="write JSON: {chapter: {language: text}}") from error
    fits = isinstance(read, dict) and all(isinstance(texts, dict) for texts in read.values())
    if not fits or not all(isinstance(text, str) for texts in read.values() for text in texts.values()):
        raise UserError(f"{path} holds no texts by chapter and language", todo="write JSON: {chapter: {language: text}}")
    return dict(read)


def emit(value: Any) -> None:
    """One JSON object, the last thing a command prints."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = (), whole: Sequence[int] = ()
) -> None:
    """A table for people. ``right``: numbers of the columns that are right-aligned; ``whole``: of those whose words no window,
    however narrow, may break.
    """
    grid = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    texts = [[str(cell) for cell in row] for row in rows]
    longest = [
        max((len(word) for text in column for word in text.split()), default=0) for column in zip(columns, *texts, strict=True)
    ]
    for index, column in enumerate(columns):
        least = longest[index] if index in whole else None
        grid.add_column(column, justify="right" if index in right else "left", overflow="fold", min_width=least)
    for row in texts:
        grid.add_row(*row)
    out.print(grid)


@contextmanager
def progress(quiet: bool) -> Iterator[Report]:
    """A progress bar a step; silent with ``--json`` and where nobody watches."""
    if quiet or not errors.is_terminal:
        yield lambda step, done, of: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=of)
            bars.update(tasks[step], completed=done, total=of)

        yield report


class Clock:
    """Seconds a step took, for reports."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step; steps of the same name add up."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begin, 3)
