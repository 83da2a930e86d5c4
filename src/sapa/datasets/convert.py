"""A column of source cells into a column typed by the layout: whole-column kernels; only odd values are looked at one by one.

A value already in its canonical written form is cast with its whole column. The others are reduced to their distinct values,
each goes through ``mend`` once, and the outcomes are spread back over the rows. Cost: proportional to cells, with a Python step
per *distinct odd* value only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.datasets.layout import Coding, arrow_type
from sapa.datasets.mend import Mender, UnreadableError
from sapa.packs.models_data import DataField

MENDS = pa.schema(
    [
        ("row", pa.int32()),
        ("field", pa.string()),
        ("normalisation", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
    ]
)
FAILURES = pa.schema([("row", pa.int32()), ("field", pa.string()), ("reason", pa.string()), ("value", pa.string())])

_WRITTEN = {
    "integer": r"^(?:0|-?[1-9][0-9]{0,17})$",
    "number": r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?$",
    "boolean": r"^(?:true|false)$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "period": r"^[0-9]{4}(?:-(?:H[12]|Q[1-4]|0[1-9]|1[0-2]))?$",
}
_SHOWN = 200
_LARGEST_WHOLE = float(1 << 53)


@dataclass(frozen=True)
class Converted:
    """A typed column, the mends made in it and the cells that could not be read (null in ``values``)."""

    values: pa.Array
    mends: pa.Table
    failures: pa.Table


@dataclass(frozen=True)
class Mixed:
    """A spreadsheet column that holds numbers in some cells and texts in others; each is null where the other is not."""

    numbers: pa.Array
    texts: pa.Array

    def __len__(self) -> int:
        return len(self.texts)


def convert(raw: pa.Array | Mixed, field: DataField, coding: Coding | None, rows: pa.Array) -> Converted:
    """Type one column. ``raw``: any Arrow type; ``rows``: int32 row numbers of the same length."""
    if isinstance(raw, Mixed):
        return _join(convert(raw.numbers, field, coding, rows), convert(raw.texts, field, coding, rows))
    if len(raw) != len(rows):
        raise ValueError("column and row numbers differ in length")
    number_cells = pa.types.is_floating(raw.type) or pa.types.is_decimal(raw.type)
    if number_cells and field.type in ("number", "integer"):
        quick = _numbers(raw, field)
        if quick is not None:
            return Converted(quick, MENDS.empty_table(), FAILURES.empty_table())
    text = as_text(raw)
    return _from_text(text, field, coding, rows, number_cells or pa.types.is_integer(raw.type))


def _join(first: Converted, second: Converted) -> Converted:
    return Converted(
        pc.coalesce(first.values, second.values),
        pa.concat_tables([first.mends, second.mends]),
        pa.concat_tables([first.failures, second.failures]),
    )


def as_text(raw: pa.Array) -> pa.Array:
    """The written form of every cell; whole numbers without a point, empty texts as null."""
    if pa.types.is_dictionary(raw.type):
        raw = raw.dictionary_decode()
    if pa.types.is_floating(raw.type):
        raw = raw.cast(pa.float64())
        whole = pc.and_(pc.equal(pc.floor(raw), raw), pc.less(pc.abs(raw), _LARGEST_WHOLE))
        digits = pc.if_else(whole, raw, None).cast(pa.int64()).cast(pa.string())
        return pc.coalesce(digits, raw.cast(pa.string()))
    text = raw.cast(pa.string()) if not pa.types.is_string(raw.type) else raw
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _numbers(raw: pa.Array, field: DataField) -> pa.Array | None:
    """Numbers from a column of numbers; ``None`` where some cell is not finite, or not whole for an integer."""
    values = raw.cast(pa.float64())
    fine = pc.is_finite(values)
    if field.type == "integer":
        fine = pc.and_(fine, pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), _LARGEST_WHOLE)))
    if not pc.all(fine).as_py() and pc.any(pc.invert(fine)).as_py():
        return None
    return values.cast(pa.int64()) if field.type == "integer" else pc.add(values, 0.0)


def _from_text(text: pa.Array, field: DataField, coding: Coding | None, rows: pa.Array, number_cells: bool) -> Converted:
    kind = arrow_type(field)
    written = pc.fill_null(_written(text, field, coding), False)
    try:
        values = pc.if_else(written, text, pa.scalar(None, pa.string())).cast(kind)
    except pa.ArrowInvalid:
        written = pa.array(np.zeros(len(text), dtype=bool))
        values = pa.nulls(len(text), kind)
    if field.type == "number":
        values = pc.add(values, 0.0)  # no negative zero: it would have a second written form
    odd = pc.and_not(pc.is_valid(text), written)
    where = np.flatnonzero(odd.to_numpy(zero_copy_only=False))
    if not len(where):
        return Converted(values, MENDS.empty_table(), FAILURES.empty_table())
    coded = text.take(pa.array(where)).dictionary_encode()
    codes = coded.indices.to_numpy()
    outcomes = [_outcome(Mender(field, coding, number_cells), value) for value in coded.dictionary.to_pylist()]
    mended = pa.array([value for value, _, _ in outcomes], pa.string()).cast(kind).take(coded.indices)
    values = _place(values, odd, mended)
    odd_rows = rows.to_numpy()[where]
    return Converted(values, _mends(outcomes, codes, odd_rows, field), _failures(outcomes, coded, odd_rows, field))


def _place(values: pa.Array, odd: pa.Array, mended: pa.Array) -> pa.Array:
    placed = pc.replace_with_mask(values, odd, mended)
    return placed.combine_chunks() if isinstance(placed, pa.ChunkedArray) else placed


def _outcome(mender: Mender, value: str) -> tuple[str | None, list[tuple[str, str, str | None]], str]:
    try:
        written, steps = mender.mend(value)
    except UnreadableError as error:
        return None, [], str(error)
    return written, steps, ""


@cache
def _odd_text(normalise: tuple[str, ...]) -> str:
    """A regular expression that finds texts which must be looked at: control characters, blanks that may be mended."""
    parts = [r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"]
    blank = "[\\s\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]"
    if "trim" in normalise:
        parts += [f"^{blank}", f"{blank}$"]
    if "spaces" in normalise:
        parts += [f"{blank}{blank}", "[\\t\\n\\r\\v\\f\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]"]
    return "|".join(parts)


def _written(text: pa.Array, field: DataField, coding: Coding | None) -> pa.Array:
    """True where the text is already the canonical form of the field's value."""
    if field.type == "code" and coding is not None:
        return pc.is_in(text, value_set=pa.array(sorted(coding.codes), pa.string()))
    if field.type in ("string", "code"):
        fine = pc.and_not(
            pc.equal(pc.utf8_normalize(text, form="NFC"), text), pc.match_substring_regex(text, _odd_text(field.normalise))
        )
        if field.nulls:
            tokens = pa.array(sorted({token.casefold() for token in field.nulls}), pa.string())
            fine = pc.and_not(fine, pc.is_in(pc.utf8_lower(text), value_set=tokens))
        if "leading-zeros" in field.normalise and field.width:
            fine = pc.and_not(fine, pc.match_substring_regex(text, f"^[0-9]{{1,{field.width - 1}}}$"))
        if "number-text" in field.normalise:
            fine = pc.and_not(fine, pc.match_substring_regex(text, r"^[+-]?[0-9 ]+[.,]0+$"))
        if "roman" in field.normalise:
            fine = pc.and_(fine, pc.match_substring_regex(text, "^[IVXLCDM]+(?:-[IVXLCDM]+)?$"))
        return fine
    pattern = _decimal_pattern(field.scale) if field.type == "decimal" else _WRITTEN[field.type]
    fine = pc.match_substring_regex(text, pattern)
    if field.nulls:
        tokens = pa.array(sorted({token.casefold() for token in field.nulls}), pa.string())
        fine = pc.and_not(fine, pc.is_in(pc.utf8_lower(text), value_set=tokens))
    return fine


def _decimal_pattern(scale: int) -> str:
    whole = f"-?(?:0|[1-9][0-9]{{0,{27 - scale}}})" if scale < 28 else "-?0"
    return f"^{whole}(?:\\.[0-9]{{1,{scale}}})?$" if scale else f"^{whole}$"


def _mends(outcomes: list[Any], codes: Any, rows: Any, field: DataField) -> pa.Table:
    """One line for every step taken on every cell."""
    parts = []
    for depth in range(max((len(steps) for _, steps, _ in outcomes), default=0)):
        taken = [index for index, (_, steps, _) in enumerate(outcomes) if len(steps) > depth]
        slot = np.full(len(outcomes), -1, dtype=np.int64)
        slot[taken] = np.arange(len(taken))
        at = slot[codes]
        hit = at >= 0
        picks = pa.array(at[hit])
        steps = [outcomes[index][1][depth] for index in taken]
        hidden = field.protect != "none"
        columns = [
            pa.array([_show(step[part], hidden and part > 0) for step in steps], pa.string()).take(picks) for part in range(3)
        ]
        names = pa.DictionaryArray.from_arrays(np.zeros(len(picks), np.int8), [field.id]).cast(pa.string())
        parts.append(pa.Table.from_arrays([pa.array(rows[hit], pa.int32()), names, *columns], schema=MENDS))
    return pa.concat_tables(parts) if parts else MENDS.empty_table()


def _failures(outcomes: list[Any], coded: pa.DictionaryArray, rows: Any, field: DataField) -> pa.Table:
    reasons = pa.array([reason or None for _, _, reason in outcomes], pa.string()).take(coded.indices)
    hit = pc.is_valid(reasons)
    if not pc.any(hit).as_py():
        return FAILURES.empty_table()
    shown = pa.array([_show(value, field.protect != "none") for value in coded.dictionary.to_pylist()], pa.string())
    values = shown.take(coded.indices).filter(hit)
    names = pa.array([field.id] * len(values), pa.string())
    return pa.Table.from_arrays([pa.array(rows, pa.int32()).filter(hit), names, reasons.filter(hit), values], schema=FAILURES)


def _show(value: str | None, hidden: bool) -> str | None:
    """A value fit for a report: short, and never a protected one."""
    if value is None:
        return None
    if hidden:
        return "…"
    return value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
