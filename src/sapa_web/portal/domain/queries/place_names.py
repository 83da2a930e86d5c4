"""Places that published figures name: as a list from the top down, and found by code or by words in any language."""

from __future__ import annotations

from dataclasses import dataclass, field

from sapa.indicators import UNKNOWN
from sapa.publication.language import LANGUAGES
from sapa_web.indicators.domain.queries.words import haystack
from sapa_web.portal.domain.queries.cube import cube_of
from sapa_web.portal.domain.queries.reading import Edition


@dataclass
class Named:
    """A place of one dimension; ``below`` those of the next dimension that its list puts under it."""

    code: str
    title: str
    dimension: str
    kind: str
    below: list[Named] = field(default_factory=list)
    hay: str = ""


def named_places(found: Edition) -> list[Named]:
    """The places, the widest first, each with those below it where the list says so."""
    labels = found.labels
    there = {name: set(cube_of(found.version).names.get(name, [])) for name in found.places}
    parents: dict[str, str] = {}
    out: list[Named] = []
    held: dict[str, Named] = {}
    for name in found.places:
        listed = labels.dimension(name).code_list
        if listed:
            items = labels.pack.codelist(listed).items
            parents |= {item.code: item.parent for item in items if item.parent}
        for code in labels.ordered(name, there[name] - {UNKNOWN}):
            titles = [labels.code(name, code, lang) for lang in LANGUAGES]
            place = Named(code, labels.code(name, code), name, labels.dimension_title(name), hay=haystack([code, *titles]))
            above = held.get(parents.get(code, ""))
            (above.below if above is not None and above.dimension != name else out).append(place)
            held[code] = place
    return out


def flat(places: list[Named]) -> list[Named]:
    """All of them in a row."""
    return [item for place in places for item in (place, *flat(place.below))]
