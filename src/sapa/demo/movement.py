"""Who moves to another institution and who comes in: transfers, mergers, new entrants, clubs."""

from __future__ import annotations

import numpy as np

from sapa.demo import frame as fr
from sapa.demo import learners as ls
from sapa.demo.frame import Array, Frame
from sapa.demo.kinds import (
    ADULTS,
    BACHELOR,
    CHILDREN,
    COLLEGE,
    DOCTORAL,
    KINDERGARTEN,
    KINDS,
    MASTER,
    NURSERY,
    PRIMARY,
    SECONDARY,
    SPECIAL,
    VOCATIONAL,
)

_PERSON = ("person", "birth", "male", "foreign", "needs", "preschool", "ability")


def open_units(units: Frame, members: Array, year: int) -> Array:
    """The institutions of the chunk that work in the school year that begins in ``year``."""
    return members[units["ends"][members] > year]


def moved(frame: Frame, units: Frame, members: Array, rng: np.random.Generator, year: int) -> Frame:
    """Those who left for another institution, placed there. Who finds no place leaves the country's education."""
    leaving = frame["exit"] == ls.MOVED
    people = ls.advance({**frame, "exit": np.where(leaving, ls.CONTINUES, ls.MOVED)}, year)
    people["repeats"][:] = False
    origin = people["unit"]
    target = np.full(len(origin), -1, dtype=np.int64)
    working = open_units(units, members, year)
    for place in np.unique(_place(people)):
        who = np.flatnonzero(_place(people) == place)
        candidates = working[np.isin(units["kind"][working], _KINDS_OF_PLACE[int(place)])]
        if len(candidates):
            draw = (rng.random(len(who)) * len(candidates)).astype(np.int64)
            same = candidates[draw] == origin[who]
            target[who] = candidates[(draw + same) % len(candidates)]
    successor = units["successor"][origin]
    follows = (units["ends"][origin] <= year) & (successor >= 0) & np.isin(successor, working)
    follows &= people["grade"] > 0
    target = np.where(follows, successor, target)
    people["unit"] = target
    people["entry"][:] = ls.TRANSFERRED
    return fr.take(people, (target >= 0) & (target != origin))


def _place(people: Frame) -> Array:
    """A number for the place a learner needs: the level, and the grade where there is one."""
    return people["level"] * 100 + np.where(people["level"] == SPECIAL, 0, people["grade"])


def _kinds_of_place() -> dict[int, list[int]]:
    out: dict[int, list[int]] = {}
    for number, kind in enumerate(KINDS):
        for place in {slot.level * 100 + (0 if slot.level == SPECIAL else slot.grade) for slot in kind.slots}:
            out.setdefault(place, []).append(number)
    return {place: out.get(place, []) for place in (level * 100 + grade for level in range(13) for grade in range(12))}


_KINDS_OF_PLACE = _kinds_of_place()


def _entry_shares(kind: int) -> dict[int, float]:
    """Positions of the slots through which newcomers enter a kind of institution, and their share of its learners."""
    slots = KINDS[kind].slots
    whole = sum(slot.share for slot in slots)
    lowest = {level: min(s.age for s in slots if s.level == level) for level in {s.level for s in slots}}
    out = {}
    for number, slot in enumerate(slots):
        if slot.level in (NURSERY, KINDERGARTEN):
            below = [other.share for other in slots if other.level in (NURSERY, KINDERGARTEN) and other.age == slot.age - 1]
            if (more := slot.share - sum(below)) > 0:
                out[number] = more / whole
            continue
        if slot.level == SECONDARY:
            enters = slot.grade == 10 and min(s.grade for s in slots) == 10
        elif slot.level == ADULTS:
            enters = True
        else:
            enters = slot.age == lowest[slot.level] and slot.level not in (ls.BASIC,)
        if enters:
            out[number] = slot.share / whole
    return out


def entrants(
    frame: Frame, units: Frame, members: Array, rng: np.random.Generator, people: ls.People, year: int, first: int
) -> Frame:
    """New entrants of the school year: from the level below where the chunk has leavers of it, else people from outside."""
    parts, wanted = [], open_units(units, members, year)
    trend = (1.0 - 0.012) ** (year - first)
    for kind in np.unique(units["kind"][wanted]):
        if KINDS[kind].slots[0].level == CHILDREN:
            continue
        own = wanted[units["kind"][wanted] == kind]
        for slot, share in _entry_shares(int(kind)).items():
            mean = units["learners"][own] * share * trend * (0.85 + 0.3 * rng.random(len(own)))
            number = np.floor(mean + rng.random(len(own))).astype(np.int64)
            unit = np.repeat(own, number)
            parts.append(ls.fresh(rng, people, unit, np.full(len(unit), slot), ls.slot_table(int(kind)), year))
    came = fr.concat(parts)
    for level, grade, sources in _SOURCES:
        _fill(came, frame, (came["level"] == level) & ((grade == 0) | (came["grade"] == grade)), sources, rng)
    return came


_SOURCES = (
    (PRIMARY, 1, ((KINDERGARTEN, 0),)),
    (SECONDARY, 10, ((ls.BASIC, 9),)),
    (VOCATIONAL, 0, ((ls.BASIC, 9), (SECONDARY, 11))),
    (COLLEGE, 0, ((ls.BASIC, 9), (SECONDARY, 11))),
    (BACHELOR, 0, ((SECONDARY, 11),)),
    (MASTER, 0, ((BACHELOR, 0),)),
    (DOCTORAL, 0, ((MASTER, 0),)),
)


def _fill(came: Frame, frame: Frame, seats: Array, sources: tuple[tuple[int, int], ...], rng: np.random.Generator) -> None:
    """Put leavers of the sources on the seats; each leaver is used once (marked by ``exit`` in a scratch column)."""
    taken = frame.setdefault("taken", np.zeros(len(frame["unit"]), dtype=bool))
    pool = (frame["exit"] == ls.GRADUATED) & ~taken
    pool &= np.logical_or.reduce([(frame["level"] == lev) & (frame["grade"] == grade) for lev, grade in sources])
    seat, person = np.flatnonzero(seats), np.flatnonzero(pool)
    person = person[np.argsort(rng.random(len(person)))]
    size = min(len(seat) - len(seat) // 16, len(person))
    seat = seat[np.argsort(rng.random(len(seat)))][:size]
    for name in _PERSON:
        came[name][seat] = frame[name][person[:size]]
    if sources[0][0] == KINDERGARTEN:
        came["preschool"][seats] = rng.random(np.count_nonzero(seats)) < 0.45
        came["preschool"][seat] = True
    taken[person[:size]] = True


def clubs(frame: Frame, units: Frame, members: Array, rng: np.random.Generator, year: int) -> Frame:
    """Pupils who also attend an institution of additional education: the same persons, counted there a second time."""
    centres = open_units(units, members, year)
    centres = centres[[KINDS[k].slots[0].level == CHILDREN for k in units["kind"][centres]]]
    pupils = np.flatnonzero((frame["level"] >= PRIMARY) & (frame["level"] <= SECONDARY))
    parts = []
    for unit in centres:
        size = min(int(units["learners"][unit]), len(pupils))
        chosen = fr.take(frame, pupils[np.argsort(rng.random(len(pupils)))[:size]])
        chosen["unit"] = np.full(size, unit)
        parts.append(chosen)
    if not parts:
        return fr.take(frame, np.zeros(0, dtype=np.int64))
    out = fr.concat(parts)
    for name, value in (("level", CHILDREN), ("grade", 0), ("study", 0), ("entry", ls.NEW)):
        out[name] = np.full(len(out["unit"]), value)
    return out
