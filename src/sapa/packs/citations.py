"""Who cites which clause: every element of a pack, and every field, rule, table … inside one, by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from sapa.packs.loader import ELEMENT_SECTIONS, KINDS, Pack, Placed
from sapa.packs.source import Path

_PARTS = {
    "fields": "field",
    "rules": "rule",
    "dimensions": "dimension",
    "chapters": "chapter",
    "tables": "table",
    "charts": "chart",
    "signs": "sign",
    "studies": "study",
    "points": "point",
}


@dataclass(frozen=True)
class Citation:
    """One element, or part of one, that cites clauses: ``name`` is ``kind:id``, parts as ``kind:element.id``."""

    pack: str
    name: str
    clauses: tuple[str, ...]
    item: Placed
    path: Path = ()

    @property
    def where(self) -> str:
        """``pack/file:line`` of the element or part."""
        return place(self.item, self.path)

    @property
    def full_name(self) -> str:
        """The name with its pack: ``deadline:pack/id``."""
        kind, _, rest = self.name.partition(":")
        return f"{kind}:{self.pack}/{rest}"


def place(item: Placed, path: Path = ()) -> str:
    """``pack/file:line`` of a placed element, or of a part of it."""
    line, _ = item.source.position((*item.path, *path))
    return f"{item.pack}/{item.source.file}:{line}"


def citations(pack: Pack) -> Iterator[Citation]:
    """Everything the pack itself defines that has a name, with the clauses it cites (none for a part without its own)."""
    for item in pack.placed:
        if item.section in ELEMENT_SECTIONS:
            name = f"{KINDS[item.section]}:{item.element.id}"
            yield Citation(item.pack, name, _clauses(item.element), item)
            yield from _parts(item, item.element, item.element.id, ())


def _parts(item: Placed, value: BaseModel, prefix: str, path: Path) -> Iterator[Citation]:
    for section, kind in _PARTS.items():
        for index, part in enumerate(getattr(value, section, ()) or ()):
            if isinstance(part, BaseModel):
                here = (*path, section, index)
                name = f"{prefix}.{part.id}"  # type: ignore[attr-defined]
                yield Citation(item.pack, f"{kind}:{name}", _clauses(part), item, here)
                yield from _parts(item, part, name, here)


def _clauses(value: Any) -> tuple[str, ...]:
    cited = getattr(value, "clause", None) or ()
    return (cited,) if isinstance(cited, str) else tuple(cited)


def names(pack: Pack) -> dict[str, list[Citation]]:
    """Every named thing in reach by the names a case may use for it: ``rule:dataset.id`` and ``rule:id``."""
    out: dict[str, list[Citation]] = {}
    for part in pack.packs():
        for citation in citations(part):
            kind, _, full = citation.name.partition(":")
            known = {citation.name, f"{kind}:{full.rsplit('.', 1)[-1]}"} if citation.path else {citation.name}
            for name in known:
                out.setdefault(name, []).append(citation)
    return out
