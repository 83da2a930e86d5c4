"""Levels of a rating: an ordered list, the best first, as a code list of a pack or an institution of its own sets it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sapa.errors import UserError
from sapa.packs.loader import Pack

CUTS = (0.85, 0.65, 0.45)
"""Shares from which on four levels hold, the best first. No document sets them: they are ours and replaceable."""
FEWEST = 2


@dataclass(frozen=True)
class Level:
    """One level: its code, its name and what it means, by language."""

    code: str
    title: Mapping[str, str]
    note: Mapping[str, str]


@dataclass(frozen=True)
class Levels:
    """The levels of one rating, the best first; ``cuts`` are the shares from which on each but the last holds."""

    items: tuple[Level, ...]
    cuts: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        codes = [item.code for item in self.items]
        if len(codes) < FEWEST or len(set(codes)) != len(codes):
            raise UserError("a rating needs two levels or more, each with a code of its own", todo="add a level, or rename one")
        if self.cuts and (len(self.cuts) != len(codes) - 1 or sorted(self.cuts, reverse=True) != list(self.cuts)):
            raise UserError("the cuts between levels fall from the best to the last", todo=f"give {len(codes) - 1} of them")

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, the best first."""
        return tuple(item.code for item in self.items)

    def place(self, code: str) -> int:
        """0 for the best level; raises ``UserError`` for a code that is no level here."""
        try:
            return self.codes.index(code)
        except ValueError:
            raise UserError(f"'{code}' is no level of this rating", todo=f"use one of: {', '.join(self.codes)}") from None

    def steps(self, one: str, other: str) -> int:
        """How many steps ``other`` stands above ``one``; negative: below."""
        return self.place(one) - self.place(other)

    def weak(self, code: str) -> bool:
        """Whether the level lies in the lower half: a plan of improvement answers it."""
        return self.place(code) * 2 >= len(self.items)

    def middle(self, codes: Iterable[str]) -> str | None:
        """The median level; between two the lower one, so that doubt never flatters. Nothing of nothing."""
        places = sorted(self.place(code) for code in codes)
        return self.codes[places[len(places) // 2]] if places else None

    def of_share(self, share: float) -> str:
        """The level of a share between 0 and 1 (of what was asked, seen or counted), by the cuts."""
        if not 0 <= share <= 1:
            raise UserError(f"a share lies between 0 and 1, not at {share}", todo="divide by the whole first")
        return self.codes[sum(share < cut for cut in self.cuts or even_cuts(len(self.items)))]

    def to_json(self) -> dict[str, Any]:
        """As a database keeps it."""
        items = [{"code": item.code, "title": dict(item.title), "note": dict(item.note)} for item in self.items]
        return {"items": items, "cuts": list(self.cuts)}


def even_cuts(many: int) -> tuple[float, ...]:
    """The cuts of ``many`` levels: ours for four, else evenly spaced."""
    return CUTS if many == len(CUTS) + 1 else tuple(1 - step / many for step in range(1, many))


def levels_from_json(data: Mapping[str, Any]) -> Levels:
    """The inverse of :meth:`Levels.to_json`."""
    return Levels(
        tuple(Level(item["code"], item["title"], item.get("note", {})) for item in data["items"]), tuple(data.get("cuts", ()))
    )


def levels_of(pack: Pack, codelist: str = "") -> Levels | None:
    """The levels of a pack: of the named code list, else of the first that a criterion names; ``None`` where it has none."""
    name = codelist or next((item.levels for item in pack.criteria if item.levels), None)
    if not name:
        return None
    items = pack.codelist(name).items
    return Levels(tuple(Level(item.code, item.title, item.note or {}) for item in items))


def own_levels(named: Sequence[tuple[str, str]], lang: str) -> Levels:
    """Levels an institution has written itself: ``(name, what it means)``, the best first. Codes are numbers."""
    return Levels(
        tuple(Level(f"own-{n}", {lang: title}, {lang: note} if note else {}) for n, (title, note) in enumerate(named, 1))
    )


__all__ = ["CUTS", "Level", "Levels", "even_cuts", "levels_from_json", "levels_of", "own_levels"]
