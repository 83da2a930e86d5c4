"""Sums between figures: every way in which one published number is made up of others."""

from __future__ import annotations

from dataclasses import dataclass, field

from sapa.disclosure.figures import Figures, Key

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Relation:
    """``whole = sum of parts + rest``, where ``rest`` (a number, 0 for sums) is taken as known to the reader."""

    whole: int
    parts: tuple[int, ...]
    rest: float = 0.0


@dataclass
class Relations:
    """The sums of a set of figures, the latent figures they need, and what did not add up."""

    sums: list[Relation] = field(default_factory=list)
    dropped: int = 0

    def touching(self) -> dict[int, list[int]]:
        """Numbers of the relations of each figure."""
        out: dict[int, list[int]] = {}
        for number, relation in enumerate(self.sums):
            for figure in (relation.whole, *relation.parts):
                out.setdefault(figure, []).append(number)
        return out


def relations_of(figures: Figures) -> Relations:
    """Every sum along one variable, and what each share's numerator leaves of its denominator."""
    out = Relations()
    for line, members in _lines(figures).items():
        _line(figures, out, line, members)
    for top, under in figures.pairs:
        _complement(figures, out, top, under)
    return out


Line = tuple[Key, int]
"""A figure without what one variable demands of it, and that variable."""


def _lines(figures: Figures) -> dict[Line, dict[int, int]]:
    """Lines with the figures on them: set of values → figure. The set of all values is the line's own figure, if there is one."""
    out: dict[Line, dict[int, int]] = {}
    for number, figure in enumerate(figures.figures):
        key = figure.key
        for place, (variable, mask) in enumerate(key.box):
            rest = Key(key.core, key.dataset, key.period, key.box[:place] + key.box[place + 1 :])
            out.setdefault((rest, variable), {})[mask] = number
    for (rest, variable), members in out.items():
        whole = figures.index.get(rest)
        if whole is not None:
            members[figures.spaces[rest.dataset].full(variable)] = whole
    return out


def _line(figures: Figures, out: Relations, line: Line, members: dict[int, int]) -> None:
    """Each set of a line as the union of the largest sets inside it and of what they leave."""
    masks = sorted(members, key=lambda mask: (mask.bit_count(), mask))
    if len(masks) < 2:
        return
    space = figures.spaces[line[0].dataset]
    empty = 0
    for family in figures.families.get(line, {}).values():
        empty |= space.full(line[1]) & ~family.covered
    for place, mask in enumerate(masks):
        inside = [other for other in masks[:place] if other & ~mask == 0]
        largest = [one for one in inside if not any(one != other and one & ~other == 0 for other in inside)]
        waiting = sorted(largest, key=lambda one: -one.bit_count())
        unused = list(waiting)
        while unused:
            chosen = _disjoint([unused[0], *waiting])
            unused = [one for one in unused if one not in chosen]
            union = 0
            for one in chosen:
                union |= one
            _add(figures, out, line, members, mask, chosen, mask & ~union, empty)


def _disjoint(masks: list[int]) -> list[int]:
    """The sets in order, without those that overlap an earlier one."""
    out: list[int] = []
    taken = 0
    for mask in masks:
        if not mask & taken:
            out.append(mask)
            taken |= mask
    return out


def _add(
    figures: Figures, out: Relations, line: Line, members: dict[int, int], whole: int, parts: list[int], left: int, empty: int
) -> None:
    truth = figures.figures[members[whole]].truth
    rest = truth - sum(figures.figures[members[part]].truth for part in parts)
    close = abs(rest) <= TOLERANCE * max(1.0, abs(truth))
    chosen = tuple(members[part] for part in parts)
    core = line[0].core[0]
    if core == "distinct":
        # Who is counted in several parts: taken as known, which makes the reader stronger than any reader is.
        if not left & ~empty:
            out.sums.append(Relation(members[whole], chosen, rest))
        return
    if close and not left & ~empty:
        out.sums.append(Relation(members[whole], chosen))
        return
    if rest < -TOLERANCE * max(1.0, abs(truth)) and core == "count":
        out.dropped += 1
        return
    remains = left & ~empty or left
    if not remains:
        out.dropped += 1
        return
    key = Key(line[0].core, line[0].dataset, line[0].period, _with(line, remains))
    latent = figures.figure(key, 0.0 if close else rest, latent=True)
    figures.figures[latent].missing |= figures.spaces[line[0].dataset].only_null(line[1], remains)
    out.sums.append(Relation(members[whole], (*chosen, latent)))


def _with(line: Line, mask: int) -> tuple[tuple[int, int], ...]:
    return tuple(sorted((*line[0].box, (line[1], mask))))


def _complement(figures: Figures, out: Relations, top: int, under: int) -> None:
    """What a share's numerator leaves of its denominator, as a figure of its own."""
    one, other = figures.figures[top], figures.figures[under]
    left = other.truth - one.truth
    if left < -TOLERANCE:
        out.dropped += 1
        return
    key = Key(("count", "left of", under), one.key.dataset, one.key.period, one.key.box)
    out.sums.append(Relation(under, (top, figures.figure(key, left, latent=True))))
