"""Where the table begins, and which of its columns are which fields."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from sapa.datasets.text import column_letter, fold_heading
from sapa.errors import UserError
from sapa.packs.base import holds
from sapa.packs.models_data import DataField, Dataset


@dataclass(frozen=True)
class Header:
    """The header row found: its index (0 = first row), the column of each field, and columns that belong to no field."""

    row: int
    columns: dict[str, int]
    unknown: dict[int, str]
    missing: tuple[DataField, ...] = ()


def heading_names(item: DataField, period: str | None) -> list[str]:
    """Every heading the field is known by in ``period``: declared ones first, then its titles, then its id."""
    declared = [
        heading.text for heading in item.headings if period is None or holds(heading.valid_from, heading.valid_to, period)
    ]
    return [*declared, *item.title.values(), item.id]


class HeaderMatcher:
    """Matches rows of texts against the layout of one period."""

    def __init__(self, dataset: Dataset, period: str | None) -> None:
        self.dataset = dataset
        self.fields = dataset.layout(period)
        self.names: dict[str, str] = {}
        for rank in range(3):
            for item in self.fields:
                for name in _ranked(item, period)[rank]:
                    self.names.setdefault(fold_heading(name), item.id)
        self.known = {item.id: heading_names(item, period)[0] for item in self.fields}

    def score(self, cells: Sequence[str]) -> int:
        """How many different fields the row names."""
        return len({self.names[folded] for cell in cells if (folded := fold_heading(cell)) in self.names})

    def best(self, rows: Sequence[Sequence[str]]) -> tuple[int, int]:
        """Index and score of the row that names most fields; the first of equals."""
        scores = [self.score(row) for row in rows] or [0]
        top = max(scores)
        return scores.index(top), top

    def enough(self, score: int) -> bool:
        """Whether a row with that score is taken for the header: most of the fields, or all of a small layout's keys."""
        return score >= max(1, min(len(self.fields), 2), len(self.fields) // 3)

    def match(self, row: int, cells: Sequence[str], name: str) -> Header:
        """Assign columns to fields; raises ``UserError`` for a heading that stands twice and for missing required columns."""
        columns: dict[str, int] = {}
        unknown: dict[int, str] = {}
        for index, cell in enumerate(cells):
            folded = fold_heading(cell)
            found = self.names.get(folded)
            if found is None:
                if folded:
                    unknown[index] = cell
            elif found in columns:
                first, second = column_letter(columns[found]), column_letter(index)
                raise UserError(
                    f"{name}: the columns {first} and {second} are both headed '{_short(cell)}' (field {found})",
                    todo="keep the right one, delete or rename the other",
                )
            else:
                columns[found] = index
        missing = tuple(item for item in self.fields if item.id not in columns)
        self._demand(missing, unknown, name)
        return Header(row, columns, unknown, missing)

    def _demand(self, missing: Sequence[DataField], unknown: dict[int, str], name: str) -> None:
        keys = ("key", "unit")
        lacking = [item for item in missing if item.required or item.role in keys or item.id == self.dataset.unit]
        if lacking:
            listed = "; ".join(
                f"'{_short(self.known[item.id])}' ({item.id}){_nearest(self, item, unknown)}" for item in lacking[:8]
            )
            raise UserError(
                f"{name}: required columns are missing: {listed}",
                todo="add the columns or mend their headings; check that the file is of the right year",
            )

    def no_header(self, name: str, searched: int) -> UserError:
        """The error for a file none of whose first rows looks like the header."""
        wanted = ", ".join(f"'{_short(text)}'" for text in list(self.known.values())[:4])
        return UserError(
            f"{name}: no header row of data set {self.dataset.id} in the first {searched} rows",
            todo=f"expected headings such as {wanted}; choose the right sheet or file",
        )


def _ranked(item: DataField, period: str | None) -> tuple[list[str], list[str], list[str]]:
    declared = heading_names(item, period)
    titles = list(item.title.values())
    return declared[: len(declared) - len(titles) - 1], titles, [item.id]


def _nearest(matcher: HeaderMatcher, item: DataField, unknown: dict[int, str]) -> str:
    folded = {fold_heading(text): (index, text) for index, text in unknown.items()}
    wanted = [known for known, owner in matcher.names.items() if owner == item.id]
    scored = [(difflib.SequenceMatcher(None, want[:300], have[:300]).ratio(), have) for want in wanted for have in folded]
    best = sorted((entry for entry in scored if entry[0] >= 0.5), reverse=True)[:1]
    if not best:
        return ""
    index, text = folded[best[0][1]]
    return f", nearest is column {column_letter(index)} '{_short(text)}'"


def _short(text: str, limit: int = 90) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
