"""Sources beside each other: what each says, where they part, which level they speak for together.

Triangulation in the sense of Denzin (1978): the same matter by several methods. Each *method* has one voice, however many
papers stand behind it: two hundred questionnaires don't drown one observation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sapa.evaluation.levels import Levels

CLOSE = 1
"""Steps between the lowest and the highest voice that are still called close."""
FEWEST = 2
"""Methods that make a triangulation; below it the level rests on one source."""

Agreement = Literal["none", "single", "agree", "close", "apart"]


@dataclass(frozen=True)
class Source:
    """One piece of evidence: the method it came by, the line of the tree it is about, the level it speaks for (or none)."""

    id: str
    method: str
    about: str
    level: str | None = None


@dataclass(frozen=True)
class Voice:
    """What one method says: the middle of its sources' levels, and how far they lie apart (steps)."""

    method: str
    level: str | None
    spread: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Triangulation:
    """``proposed``: the middle of the voices, between two the lower; ``missing``: methods that were expected and say nothing."""

    voices: tuple[Voice, ...]
    agreement: Agreement
    proposed: str | None
    spread: int
    lowest: tuple[str, ...]
    highest: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def must_explain(self) -> bool:
        """Whether whoever rates says why the sources part."""
        return self.agreement == "apart"


def triangulate(sources: Iterable[Source], levels: Levels, expected: Sequence[str] = ()) -> Triangulation:
    """Put the sources of one requirement beside each other."""
    by_method: dict[str, list[Source]] = {}
    for source in sources:
        by_method.setdefault(source.method, []).append(source)
    order = [*expected, *(name for name in by_method if name not in expected)]
    voices = tuple(_voice(name, by_method[name], levels) for name in order if name in by_method)
    said = {voice.method: levels.place(voice.level) for voice in voices if voice.level is not None}
    spread = max(said.values()) - min(said.values()) if said else 0
    inner = max((voice.spread for voice in voices), default=0)
    return Triangulation(
        voices=voices,
        agreement=_agreement(len(said), max(spread, inner)),
        proposed=levels.middle(levels.codes[place] for place in said.values()),
        spread=max(spread, inner),
        lowest=tuple(name for name, place in said.items() if spread and place == max(said.values())),
        highest=tuple(name for name, place in said.items() if spread and place == min(said.values())),
        missing=tuple(name for name in dict.fromkeys(expected) if name not in said),
    )


def _voice(method: str, sources: Sequence[Source], levels: Levels) -> Voice:
    places = [levels.place(source.level) for source in sources if source.level is not None]
    middle = levels.middle(levels.codes[place] for place in places)
    spread = max(places) - min(places) if places else 0
    return Voice(method, middle, spread, tuple(source.id for source in sources))


def _agreement(voices: int, spread: int) -> Agreement:
    if voices == 0:
        return "none"
    if spread > CLOSE:
        return "apart"
    if voices < FEWEST:
        return "single"
    return "close" if spread else "agree"


__all__ = ["Agreement", "Source", "Triangulation", "Voice", "triangulate"]
