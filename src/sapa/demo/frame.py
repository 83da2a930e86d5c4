"""A bare column store of numpy arrays, and the Arrow columns made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Frame: TypeAlias = dict[str, Array]
"""Columns of one length."""

NO_DATE = np.iinfo(np.int32).min
"""Day number that stands for a missing date."""


def rows(frame: Frame) -> int:
    """Number of rows."""
    return len(next(iter(frame.values())))


def take(frame: Frame, where: Array) -> Frame:
    """The rows of a mask or of an index."""
    return {name: column[where] for name, column in frame.items()}


def concat(frames: Sequence[Frame]) -> Frame:
    """The rows of all frames, in order."""
    return {name: np.concatenate([frame[name] for frame in frames]) for name in frames[0]}


def day(year: int, month: int, number: int) -> int:
    """Days since 1970-01-01, as Arrow's date32 counts them."""
    return int(np.datetime64(f"{year:04d}-{month:02d}-{number:02d}", "D").astype(np.int64))


_FIRST_YEAR = 1900
_SEPTEMBERS = np.array([day(year, 9, 1) for year in range(_FIRST_YEAR, 2101)], dtype=np.int32)


def september(years: Array) -> Array:
    """Day number of the first of September of each year."""
    days: Array = _SEPTEMBERS[years - _FIRST_YEAR]
    return days


def born(rng: np.random.Generator, year: int, ages: Array) -> Array:
    """Dates of birth of people who have completed ``ages`` years on the first of September of ``year``."""
    return (september(year - ages) - (rng.random(len(ages)) * 365).astype(np.int32)).astype(np.int32)


def codes(index: Array, names: Sequence[str], missing: Array | None = None) -> pa.Array:
    """Text codes from positions in a list of names."""
    picked = pa.array(index.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(picked, pa.array(list(names))).cast(pa.string())


def dates(days: Array) -> pa.Array:
    """Dates from day numbers, ``NO_DATE`` missing."""
    return pa.array(days.astype(np.int32), mask=days == NO_DATE).cast(pa.date32())


def integers(values: Array, missing: Array | None = None) -> pa.Array:
    """Whole numbers."""
    return pa.array(values.astype(np.int64), mask=missing)


def decimals(units: Array, scale: int, missing: Array | None = None) -> pa.Array:
    """Decimals from whole numbers of the last digit, e.g. 725 with scale 2 is 7.25.

    The 128-bit buffer is filled directly: Arrow makes decimals from Python objects only, one by one.
    """
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    words[:, 1] = words[:, 0] >> 63
    valid = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.decimal128(28, scale), len(units), [valid, pa.py_buffer(words.tobytes())])


def flags(values: Array, missing: Array | None = None) -> pa.Array:
    """Booleans."""
    return pa.array(values.astype(bool), mask=missing)


def identifiers(numbers: Array, width: int, prefix: str = "") -> pa.Array:
    """Numbers as text of a fixed width with leading zeros, after a prefix."""
    padded = pc.utf8_lpad(pa.array(numbers.astype(np.int64)).cast(pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, padded, "") if prefix else padded


def pick(rng: np.random.Generator, weights: Sequence[float], size: int) -> Array:
    """Positions drawn with the given weights, from uniform draws: their stream is the same in every version of numpy."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn: Array = np.searchsorted(edges, rng.random(size) * edges[-1], side="right").astype(np.int16)
    return drawn


def normal(rng: np.random.Generator, size: int) -> Array:
    """Standard normal draws by Box and Muller, from uniform draws only."""
    first, second = 1.0 - rng.random(size), rng.random(size)
    return (np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)).astype(np.float32)
