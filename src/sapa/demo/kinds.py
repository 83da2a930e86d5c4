"""Kinds of institution: how many there are, how big, what is taught there, who works there."""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = (
    "nursery",
    "kindergarten",
    "primary",
    "basic",
    "secondary",
    "vocational",
    "secondary-special",
    "bachelor",
    "master",
    "doctoral",
    "special",
    "additional-children",
    "additional-adults",
)
(
    NURSERY, KINDERGARTEN, PRIMARY, BASIC, SECONDARY, VOCATIONAL, COLLEGE, BACHELOR, MASTER, DOCTORAL, SPECIAL, CHILDREN, ADULTS,
) = range(len(LEVELS))  # fmt: skip

LAST_YEAR = {VOCATIONAL: 3, COLLEGE: 4, BACHELOR: 4, MASTER: 2, DOCTORAL: 3}
"""Last year of study of each professional level."""


@dataclass(frozen=True)
class Slot:
    """A place in a programme: level, grade (0 = none), year of study (0 = none), age on 1 September, share of learners."""

    level: int
    grade: int
    year: int
    age: int
    share: float


@dataclass(frozen=True)
class Kind:
    """A kind of institution; ``number`` and ``learners`` (mean of an institution) are those of the full country."""

    code: str
    main_level: str
    number: int
    learners: int
    slots: tuple[Slot, ...]
    staff_per_learner: float
    teaching: str
    rural: float
    private: float
    tier: str

    @property
    def last_grade(self) -> int:
        """Highest grade taught, 0 where there are none."""
        return max(slot.grade for slot in self.slots)


def level_of_grade(grade: int) -> int:
    """Level of a grade of general education, 1–4, 5–9, 10–11."""
    return PRIMARY if grade <= 4 else BASIC if grade <= 9 else SECONDARY


def _grades(first: int, last: int) -> tuple[Slot, ...]:
    return tuple(Slot(level_of_grade(g), g, 0, g + 5, 0.55 if g > 9 and first < 10 else 1.0) for g in range(first, last + 1))


def _years(level: int, age: int, share: float = 1.0) -> tuple[Slot, ...]:
    last = LAST_YEAR[level]
    return tuple(Slot(level, 0, year, age + year - 1, share * (1.0 - 0.06 * (year - 1))) for year in range(1, last + 1))


def _ages(*ages: int) -> tuple[Slot, ...]:
    """Places by age: fewer come before three, and at six most are at school already."""
    return tuple(Slot(NURSERY if age < 3 else KINDERGARTEN, 0, 0, age, {1: 0.6, 2: 0.6, 6: 0.25}.get(age, 1.0)) for age in ages)


_SPECIAL = tuple(Slot(SPECIAL, g, 0, g + 6, 1.0) for g in range(1, 11))
_EARLY = tuple(Slot(SPECIAL, 0, 0, age, 1.0) for age in (3, 4, 5, 6, 7))
_HIGHER = _years(BACHELOR, 18) + _years(MASTER, 22, 0.12) + _years(DOCTORAL, 24, 0.02)
_CLUBS = tuple(Slot(CHILDREN, 0, 0, age, 1.0) for age in range(7, 17))
_COURSES = tuple(Slot(ADULTS, 0, 0, age, 1.0) for age in range(24, 60, 5))

KINDS = (
    Kind("nursery", "preschool", 40, 60, _ages(1, 2), 0.30, "preschool-teacher", 0.20, 0.10, "district"),
    Kind(
        "nursery-kindergarten", "preschool", 2860, 110, _ages(1, 2, 3, 4, 5, 6), 0.24, "preschool-teacher", 0.45, 0.01, "district"
    ),
    Kind("kindergarten", "preschool", 560, 95, _ages(3, 4, 5, 6), 0.24, "preschool-teacher", 0.40, 0.03, "district"),
    Kind("primary-school", "general", 90, 45, _grades(1, 4), 0.22, "teacher", 0.70, 0.05, "district"),
    Kind("basic-school", "general", 420, 85, _grades(1, 9), 0.24, "teacher", 0.90, 0.0, "district"),
    Kind("secondary-school", "general", 1700, 480, _grades(1, 11), 0.14, "teacher", 0.45, 0.005, "district"),
    Kind("gymnasium", "general", 210, 750, _grades(1, 11), 0.12, "teacher", 0.05, 0.02, "district"),
    Kind("lyceum", "general", 30, 400, _grades(10, 11), 0.14, "teacher", 0.0, 0.03, "regional"),
    Kind("kindergarten-school", "general", 330, 110, _ages(3, 4, 5, 6) + _grades(1, 4), 0.22, "teacher", 0.85, 0.0, "district"),
    Kind("boarding-school", "general", 20, 200, _grades(1, 11), 0.30, "teacher", 0.30, 0.0, "regional"),
    Kind("vocational-college", "vocational", 110, 500, _years(VOCATIONAL, 15), 0.13, "training-master", 0.15, 0.0, "regional"),
    Kind("special-college", "secondary-special", 110, 1000, _years(COLLEGE, 16), 0.10, "lecturer", 0.10, 0.08, "ministry"),
    Kind("university", "higher", 34, 6500, _HIGHER, 0.11, "lecturer", 0.0, 0.06, "ministry"),
    Kind("academy", "higher", 9, 3500, _HIGHER, 0.12, "lecturer", 0.10, 0.0, "other-ministry"),
    Kind("institute", "higher", 7, 1500, _years(BACHELOR, 18), 0.11, "lecturer", 0.0, 0.70, "ministry"),
    Kind("special-school", "special", 60, 110, _SPECIAL, 0.45, "special-teacher", 0.25, 0.0, "regional"),
    Kind("remedial-centre", "special", 140, 35, _EARLY, 0.60, "special-teacher", 0.05, 0.0, "district"),
    Kind("creativity-centre", "additional-children", 260, 350, _CLUBS, 0.10, "additional-teacher", 0.20, 0.02, "district"),
    Kind("development-institute", "additional-adults", 10, 900, _COURSES, 0.12, "lecturer", 0.0, 0.0, "regional"),
)
