"""Answers as an SPSS file (SAV): numbers with labels of variables and values, missing values and level of measurement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyreadstat
from numpy.typing import NDArray

from sapa.errors import UserError
from sapa.measurement.layout import NOTHING, UNLISTED, Layout, Variable, codes_of

LABEL, VALUE_LABEL, TEXT = 256, 120, 32_767
"""Bytes SPSS keeps of a variable's label, of a value's label, and of a text."""
OUTSIDE = -9
"""Code of an answer that is none of the options; declared missing."""


@dataclass
class _File:
    columns: dict[str, NDArray[np.float64] | pa.Array] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[int | float, str]] = field(default_factory=dict)
    missing: dict[str, list[int | float]] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def write_sav(
    layout: Layout,
    batches: Iterable[pa.RecordBatch],
    path: Path,
    *,
    language: str | None = None,
    title: str = "",
    notes: Iterable[str] = (),
) -> int:
    """Write the answers (``wide`` batches) to ``path``; returns the number of rows, which stands in the file's notes as well.

    Options become numbers: their codes where all are whole numbers, else their place from 1; the words are value labels, with the
    codes where they are no numbers. "Don't know" and the like are user-missing, an answer outside the options is
    ``OUTSIDE``, no answer is system-missing. A label longer than SPSS keeps ends in an ellipsis and stands in full in the notes.
    Raises ``UserError`` where a text is longer than SPSS holds, naming the question.
    """
    table = pa.Table.from_batches(list(batches), layout.schema())
    out = _File(notes=[f"Rows: {table.num_rows}", *notes])
    for variable in layout.variables:
        _add(out, layout, variable, table[variable.name].combine_chunks(), language)
    frame = pl.DataFrame({name: pl.Series(name, values) for name, values in out.columns.items()})
    pyreadstat.write_sav(
        frame,
        path,
        file_label=_cut(title, 64),
        column_labels=dict(out.labels),
        row_compress=True,
        note=[piece for note in out.notes for piece in _lines(note)],
        variable_value_labels=out.values,
        missing_ranges={name: list(codes) for name, codes in out.missing.items()},
        variable_measure=out.measures,
        variable_format=out.formats,
    )
    return int(table.num_rows)


def value_codes(variable: Variable) -> list[int]:
    """The number of each option in the file."""
    try:
        codes = [int(option.code) for option in variable.options if not option.missing]
        rest = [option.code for option in variable.options if option.missing]
        if len(set(codes)) == len(codes) and min(codes, default=0) > OUTSIDE and max(codes, default=0) < 900:
            numbers = iter(int(code) if code.isdigit() and int(code) not in codes else 990 + n for n, code in enumerate(rest))
            return [next(numbers) if option.missing else int(option.code) for option in variable.options]
    except ValueError:
        pass
    return [place + 1 for place in range(len(variable.options))]


def _add(out: _File, layout: Layout, variable: Variable, values: pa.Array, language: str | None) -> None:
    say, name = layout.questionnaire.say, variable.name
    full = say(variable.label, language) or variable.name
    out.labels[name] = _cut(full, LABEL)
    if out.labels[name] != full:
        out.notes.append(f"{name}: {full}")
    out.measures[name] = variable.measure
    if variable.part in ("code", "group"):
        _choices(out, layout, variable, values, language)
    elif variable.part == "words":
        out.columns[name] = _texts(variable, values)
    else:
        out.columns[name] = np.asarray(values.fill_null(float("nan")), dtype=np.float64)
        out.formats[name] = "F8.0" if variable.part != "number" or _whole(out.columns[name]) else "F12.4"
        if variable.part == "chosen":
            out.values[name] = {0: "0", 1: "1"}


def _choices(out: _File, layout: Layout, variable: Variable, values: pa.Array, language: str | None) -> None:
    name, numbers = variable.name, value_codes(variable)
    places = codes_of(variable, values)
    lookup = np.array([*map(float, numbers), float(OUTSIDE), np.nan])  # UNLISTED and NOTHING count from the end
    assert (UNLISTED, NOTHING) == (-2, -1)
    out.columns[name] = lookup[places]
    labels: dict[int | float, str] = {}
    for number, option in zip(numbers, variable.options, strict=True):
        word = layout.questionnaire.say(option.label, language)
        full = word if option.code == str(number) and word else f"{word} [{option.code}]" if word else option.code
        labels[number] = _cut(full, VALUE_LABEL)
        if labels[number] != full:
            out.notes.append(f"{name} {number}: {full}")
    missing: list[int | float] = [number for number, option in zip(numbers, variable.options, strict=True) if option.missing]
    if (places == UNLISTED).any():
        labels[OUTSIDE] = "?"
        missing.append(OUTSIDE)
    out.values[name] = labels
    if len(missing) > 3:
        raise UserError(
            f"{variable.question} has {len(missing)} kinds of missing, SPSS has 3", todo="take the answers as CSV or XLSX"
        )
    if missing:
        out.missing[name] = missing
    out.formats[name] = "F8.0"


def _texts(variable: Variable, values: pa.Array) -> pa.Array:
    longest = max((len(text.encode()) for text in values.to_pylist() if text), default=0)
    if longest > TEXT:
        raise UserError(
            f"an answer to {variable.question} has {longest} bytes, SPSS holds {TEXT}", todo="take the answers as CSV"
        )
    return values.fill_null("")


def _whole(values: NDArray[np.float64]) -> bool:
    return bool(np.all(np.isnan(values) | (values == np.round(values))))


def _cut(text: str, most: int) -> str:
    """The text within so many bytes, with an ellipsis where it had to end."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode(errors="ignore").rstrip() + "…"


def _lines(text: str) -> list[str]:
    """A note in lines of the 80 bytes a note of SPSS has."""
    out, line = [], ""
    for word in text.split():
        if line and len(f"{line} {word}".encode()) > 80:
            out.append(line)
            line = ""
        line = f"{line} {word}".strip()
        while len(line.encode()) > 80:
            part = line.encode()[:80].decode(errors="ignore")
            out.append(part)
            line = line[len(part) :]
    return [*out, line]
