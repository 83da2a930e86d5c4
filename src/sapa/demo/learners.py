"""Learners: who they are at the start, what the year brings each of them, and where they stand a year later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sapa.demo import frame as fr
from sapa.demo.frame import Array, Frame
from sapa.demo.kinds import (
    ADULTS,
    BACHELOR,
    BASIC,
    CHILDREN,
    COLLEGE,
    DOCTORAL,
    KINDERGARTEN,
    KINDS,
    LAST_YEAR,
    MASTER,
    NURSERY,
    PRIMARY,
    SECONDARY,
    SPECIAL,
    VOCATIONAL,
    level_of_grade,
)

ENTRY = ("new", "promoted", "repeating", "transferred", "returned")
NEW, PROMOTED, REPEATING, TRANSFERRED, RETURNED = range(5)
EXIT = ("continues", "graduated", "dropped-out", "left-transferred", "deceased")
CONTINUES, GRADUATED, DROPPED, MOVED, DIED = range(5)
_NEEDS = 9
"""Kinds of special needs, 0 = none."""

_LEVEL_OF_GRADE = np.array([0] + [level_of_grade(g) for g in range(1, 12)])
_LAST = np.array([LAST_YEAR.get(level, 0) for level in range(13)])
_DROPOUT = np.array([0.0, 0.0, 0.0005, 0.002, 0.004, 0.03, 0.025, 0.035, 0.03, 0.05, 0.003, 0.05, 0.01])
_REPEAT = np.array([0, 0.004, 0.006, 0.004, 0.003, 0.004, 0.005, 0.006, 0.007, 0.006, 0.003, 0.0])
_MALE = np.array([0.515, 0.515, 0.512, 0.512, 0.47, 0.66, 0.48, 0.45, 0.42, 0.47, 0.62, 0.47, 0.25])
LAST_GRADE = np.array([kind.last_grade for kind in KINDS])


@dataclass
class People:
    """Gives every new person a number; each chunk of the country counts from its own start."""

    next: int

    def take(self, size: int) -> Array:
        numbers = np.arange(self.next, self.next + size, dtype=np.int64)
        self.next += size
        return numbers


def fresh(rng: np.random.Generator, people: People, unit: Array, slot: Array, table: Array, year: int) -> Frame:
    """People who were not in the country's education before, in the given slots.

    ``table`` has one row a slot: level, grade, year of study, age.
    """
    count = len(unit)
    level, grade, study, age = (table[slot, k] for k in range(4))
    late = rng.random(count)
    school = grade > 0
    age = age + np.where(
        school, (late > 0.75).astype(np.int64) + (late > 0.97), np.where(study > 0, (late * late * 3).astype(np.int64), 0)
    )
    return {
        "person": people.take(count),
        "unit": unit.astype(np.int64),
        "birth": fr.born(rng, year, age),
        "male": rng.random(count) < _MALE[level],
        "foreign": rng.random(count) < np.where(level >= BACHELOR, 0.07, 0.004),
        "level": level,
        "grade": grade,
        "study": study,
        "needs": _needs(rng, level),
        "preschool": rng.random(count) < 0.93,
        "ability": fr.normal(rng, count),
        "entry": np.full(count, NEW),
    }


def _needs(rng: np.random.Generator, level: Array) -> Array:
    count = len(level)
    which = 1 + (rng.random(count) * (_NEEDS - 1)).astype(np.int64)
    share = np.where(level == SPECIAL, 1.0, np.where(level <= SECONDARY, 0.06, 0.015))
    return np.where(rng.random(count) < share, which, 0)


def slot_table(kind: int) -> Array:
    """Level, grade, year of study and age of each slot of a kind."""
    return np.array([(s.level, s.grade, s.year, s.age) for s in KINDS[kind].slots], dtype=np.int64)


def start(units: Frame, members: Array, rng: np.random.Generator, people: People, year: int) -> Frame:
    """The learners of the first year; additional education of children is drawn from the schools later."""
    parts = []
    for kind in np.unique(units["kind"][members]):
        own = members[units["kind"][members] == kind]
        if KINDS[kind].slots[0].level == CHILDREN:
            continue
        unit = np.repeat(own, units["learners"][own])
        slot = fr.pick(rng, [s.share for s in KINDS[kind].slots], len(unit)).astype(np.int64)
        parts.append(fresh(rng, people, unit, slot, slot_table(int(kind)), year))
    frame = fr.concat(parts)
    first = (frame["grade"] == 1) | (frame["study"] == 1) | (frame["level"] == ADULTS)
    repeats = (frame["grade"] > 0) & (frame["level"] != SPECIAL) & (rng.random(len(first)) < _REPEAT[frame["grade"]])
    frame["entry"] = np.where(repeats, REPEATING, np.where(first, NEW, PROMOTED))
    return frame


def outcomes(frame: Frame, units: Frame, rng: np.random.Generator, year: int) -> None:
    """Add what the school year that begins on 1 September of ``year`` brings: ``exit`` and, for the next year, ``repeats``."""
    level, grade, count = frame["level"], frame["grade"], len(frame["unit"])
    kind = units["kind"][frame["unit"]]
    last_grade, draw = LAST_GRADE[kind], rng.random(count)
    age = year - (frame["birth"] / 365.25 + 1970 + 1 / 3).astype(np.int64)
    school = (level >= PRIMARY) & (level <= SECONDARY)
    out = np.full(count, CONTINUES)
    done = (school & (grade == 11)) | ((_LAST[level] > 0) & (frame["study"] == _LAST[level])) | (level == ADULTS)
    done |= school & (grade == 9) & ((last_grade == 9) | (draw < 0.42))
    done |= (level == KINDERGARTEN) & ((age >= 6) | ((age == 5) & (draw < 0.75)))
    done |= (level == SPECIAL) & ((grade == 10) | ((grade == 0) & (age >= 7)))
    out[done] = GRADUATED
    only_nursery = np.array([all(slot.level == NURSERY for slot in k.slots) for k in KINDS])[kind]
    out[(school & (grade == last_grade) & (grade < 9)) | (only_nursery & (age >= 2))] = MOVED
    draw = rng.random(count)
    loss = _DROPOUT[level] * np.where(units["rural"][frame["unit"]], 1.3, 1.0) * np.exp(-0.4 * frame["ability"])
    out[draw < loss] = DROPPED
    out[(draw > 0.99) & (out == CONTINUES) & (level != SPECIAL)] = MOVED
    out[rng.random(count) < 0.0002] = DIED
    out[(units["ends"][frame["unit"]] == year + 1) & (out == CONTINUES)] = MOVED
    frame["exit"] = out
    frame["repeats"] = (
        school & (grade < 11) & (out == CONTINUES) & (rng.random(count) < _REPEAT[grade] * np.exp(-0.6 * frame["ability"]))
    )
    # June for those who finished, any time of the year for the others.
    offset = np.where(out == GRADUATED, 283 + rng.random(count) * 20, 20 + rng.random(count) * 300).astype(np.int64)
    frame["exit_date"] = np.where(out == CONTINUES, fr.NO_DATE, fr.day(year, 9, 1) + offset)


def advance(frame: Frame, year: int) -> Frame:
    """Those who stay, moved on to the school year that begins in ``year``."""
    stay = fr.take(frame, frame["exit"] == CONTINUES)
    repeats, age = stay["repeats"], year - (stay["birth"] / 365.25 + 1970 + 1 / 3).astype(np.int64)
    stay["grade"] = np.where((stay["grade"] > 0) & ~repeats, stay["grade"] + 1, stay["grade"])
    school = (stay["level"] >= PRIMARY) & (stay["level"] <= SECONDARY)
    stay["level"] = np.where(school, _LEVEL_OF_GRADE[np.minimum(stay["grade"], 11)], stay["level"])
    stay["level"] = np.where((stay["level"] == NURSERY) & (age >= 3), KINDERGARTEN, stay["level"])
    stay["study"] = np.where(stay["study"] > 0, stay["study"] + 1, 0)
    stay["entry"] = np.where(repeats, REPEATING, PROMOTED)
    return stay


def without_outcomes(frame: Frame) -> Frame:
    """The columns that describe a person and a place, not a year's outcome."""
    return {name: column for name, column in frame.items() if name not in ("exit", "repeats", "exit_date")}


__all__ = [
    "BASIC",
    "COLLEGE",
    "DOCTORAL",
    "MASTER",
    "VOCATIONAL",
    "People",
    "advance",
    "fresh",
    "outcomes",
    "slot_table",
    "start",
]
