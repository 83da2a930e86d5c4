"""What differs between two versions of a data set, cell by cell, and the version number that follows from it.

After semantic versioning, as public statistics use it: *major* when something is gone that a reader may rest on (an indicator, a
dimension, a code, a period, a cell), *minor* when something is added or shown that was hidden, *patch* when only figures of cells
that stay were corrected or hidden.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from sapa.indicators.facts import dimensions_of
from sapa.publication.facts import Cut, fact_id, marks_of

Level = Literal["major", "minor", "patch", "none"]
Kind = Literal["removed", "added", "shown", "hidden", "changed"]
LEVELS: dict[Kind, Level] = {"removed": "major", "added": "minor", "shown": "minor", "hidden": "patch", "changed": "patch"}
_ORDER: tuple[Level, ...] = ("none", "patch", "minor", "major")
FIGURES = ("numerator", "denominator", "value", "count", "flag")

Figure = tuple[Any, ...]
"""The figures of a cell, in the order of :data:`FIGURES`."""


@dataclass(frozen=True)
class Change:
    """One cell that differs. ``old`` and ``new`` are values; None where there was or is none, or it is hidden."""

    kind: Kind
    indicator: str
    period: str
    cut: Cut
    old: float | None
    new: float | None
    old_flag: str = ""
    new_flag: str = ""

    @property
    def fact(self) -> str:
        """The cell's name."""
        return fact_id(self.indicator, self.period, self.cut)

    @property
    def difference(self) -> float | None:
        """New less old, where both are known."""
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True)
class ChangeLog:
    """All differences of two versions, in the order indicator, period, cut."""

    changes: tuple[Change, ...]

    @property
    def level(self) -> Level:
        """The greatest level among the changes; "none" where the figures are the same."""
        return max((LEVELS[item.kind] for item in self.changes), key=_ORDER.index, default="none")

    @property
    def counts(self) -> dict[str, int]:
        """How many cells of each kind of change."""
        return dict(sorted(Counter(item.kind for item in self.changes).items()))

    def as_csv(self) -> str:
        """One line a cell."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(["fact", "change", "indicator", "period", "old", "new", "difference", "old_flag", "new_flag"])
        for item in self.changes:
            figures = ["" if number is None else repr(number) for number in (item.old, item.new, item.difference)]
            writer.writerow([item.fact, item.kind, item.indicator, item.period, *figures, item.old_flag, item.new_flag])
        return out.getvalue()

    def as_json(self) -> dict[str, Any]:
        """Level, counts, and every cell."""
        cells = [
            {"fact": item.fact, "change": item.kind, "old": item.old, "new": item.new, "old_flag": item.old_flag,
             "new_flag": item.new_flag}
            for item in self.changes
        ]  # fmt: skip
        return {"level": self.level, "counts": self.counts, "cells": cells}


def compare(old: pa.Table | None, new: pa.Table) -> ChangeLog:
    """The differences of two tables of facts; against nothing, every cell is added. The snapshot alone is no difference."""
    before = dict(_cells(old)) if old is not None else {}
    after = dict(_cells(new))
    out: list[Change] = []
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was != now and (kind := _kind(was, now)):
            out.append(Change(kind, *key, _shown(was), _shown(now), _flag(was), _flag(now)))
    return ChangeLog(tuple(out))


def _cells(table: pa.Table) -> Iterator[tuple[tuple[str, str, Cut], Figure]]:
    names = sorted(dimensions_of(table))
    columns = [table[name].to_pylist() for name in ("indicator", "period", *FIGURES, *names)]
    for indicator, period, *rest in zip(*columns, strict=True):
        figures, codes = tuple(rest[: len(FIGURES)]), rest[len(FIGURES) :]
        cut = tuple((name, code) for name, code in zip(names, codes, strict=True) if code is not None)
        yield (indicator, period, cut), figures


def _kind(was: Figure | None, now: Figure | None) -> Kind | None:
    if was is None:
        return "added"
    if now is None:
        return "removed"
    hidden = _hidden(was), _hidden(now)
    if hidden[0] != hidden[1]:
        return "hidden" if hidden[1] else "shown"
    return None if hidden[0] else "changed"


def _hidden(figure: Figure) -> bool:
    return "suppressed" in marks_of(figure[-1])


def _shown(figure: Figure | None) -> float | None:
    return None if figure is None or _hidden(figure) else figure[FIGURES.index("value")]


def _flag(figure: Figure | None) -> str:
    return (figure[-1] or "") if figure else ""


def next_version(previous: tuple[int, int, int] | None, level: Level) -> tuple[int, int, int]:
    """The number after ``previous`` (none: 1.0.0); the same where nothing differs."""
    if previous is None:
        return 1, 0, 0
    major, minor, patch = previous
    return {
        "major": (major + 1, 0, 0),
        "minor": (major, minor + 1, 0),
        "patch": (major, minor, patch + 1),
        "none": previous,
    }[level]
