"""Institutions of the public register, and what published figures say of the places and kinds one belongs to.

Nothing here is computed from an institution's own returns: all figures are published cells, so that what disclosure control hides
stays hidden. An institution has figures of its own only where a pack publishes facts by the reporting unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.indicators.domain.queries.places import Written, written
from sapa_web.indicators.domain.queries.words import haystack
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.reading import Edition
from sapa_web.portal.models import DataVersion


@dataclass(frozen=True)
class Institution:
    """One institution as the register had it at the freeze; ``place`` names its narrowest place."""

    code: str
    title: str
    codes: dict[str, str]
    place: str
    hay: str


@dataclass(frozen=True)
class Line:
    """An indicator with the figure of each group the institution belongs to."""

    id: str
    title: str
    unit: str
    values: tuple[Written, ...]


@dataclass(frozen=True)
class Profile:
    """Groups (title of the column, dimension, code) and, by theme, what is published of them."""

    groups: tuple[tuple[str, str, str], ...]
    themes: tuple[tuple[str, tuple[Line, ...]], ...]


def named(found: Edition) -> bool:
    """Whether the register tells names."""
    return any(names for _code, names, _codes in published.register(found.version)[2])


def listed(found: Edition) -> tuple[Institution, ...]:
    """The institutions of the version's public register; none where the figures beside it would be given away."""
    return _listed(found.version, found.version.digest, found.labels.lang.code, id(found.labels.pack))


@lru_cache(maxsize=16)
def _listed(version: DataVersion, digest: str, lang: str, read: int) -> tuple[Institution, ...]:
    found = Edition(version)
    known, kind, units = published.register(version)
    labels, narrow = found.labels, next((name for name in reversed(found.places) if name in known), "")
    out = []
    for code, names, codes in units:
        held = {name: value for name, value in zip(known, codes, strict=True) if value}
        place = labels.code(narrow, held[narrow]) if narrow in held else ""
        called = f"{labels.code(kind, held[kind])}, {code}" if kind in held else code
        title = names.get(lang) or names.get("") or called
        out.append(Institution(code, title, held, place, haystack([code, title, *names.values(), place])))
    return tuple(sorted(out, key=lambda one: (one.title.casefold(), one.code)))


def alike(one: Institution, every: tuple[Institution, ...], places: tuple[str, ...]) -> list[Institution]:
    """The others of the same kind: equal in everything of the register that is no place; those of its own place first."""
    kind = {name: code for name, code in one.codes.items() if name not in places}
    same = [other for other in every if other.code != one.code and all(other.codes.get(name) == kind[name] for name in kind)]
    near = [name for name in reversed(places) if name in one.codes]
    return sorted(same, key=lambda other: [other.codes.get(name) != one.codes[name] for name in near])


def profile_of(found: Edition, one: Institution) -> Profile:
    """What is published of the institution's places and kinds in the newest period."""
    codes = tuple(sorted(one.codes.items()))
    return _profile(found.version, found.version.digest, codes, one.code, found.labels.lang.code, id(found.labels.pack))


@lru_cache(maxsize=512)
def _profile(version: DataVersion, digest: str, codes: tuple[tuple[str, str], ...], unit: str, lang: str, read: int) -> Profile:
    found, held = Edition(version), dict(codes)
    labels, period = labels_for(version.pack, found.newest), found.newest
    own = next((item.id for part in labels.pack.datasets for item in part.dimensions if item.field == part.unit), "")
    order = [name for name in reversed(found.places) if name in held]
    order += [name for name in held if name not in found.places]
    groups = [(labels.code(name, held[name]), name, held[name]) for name in order]
    groups = [*([("", own, unit)] if own else []), *groups, (labels.lang.text("total"), "", "")]
    rows: dict[str, list[Line]] = {}
    used: set[int] = set()
    known = set(found.figures.indicators)
    for item in (item for item in labels.pack.indicators if item.id in known and item.holds(period)):
        facts = [
            found.figures.cells(item.id, (name,) if name else ()).get(period, {}).get((code,) if name else ())
            for _title, name, code in groups
        ]
        if any(fact is not None for fact in facts[:-1]):
            used |= {place for place, fact in enumerate(facts) if fact is not None}
            values = tuple(written(item, fact, labels) for fact in facts)
            rows.setdefault(item.theme, []).append(Line(item.id, labels.text(item.title), labels.lang.unit(item.unit), values))
    kept = sorted(used)
    return Profile(
        tuple(groups[place] for place in kept),
        tuple(
            (labels.text(theme.title), tuple(
                Line(line.id, line.title, line.unit, tuple(line.values[place] for place in kept)) for line in rows[theme.id]
            ))
            for theme in labels.pack.themes if theme.id in rows
        ),
    )  # fmt: skip
