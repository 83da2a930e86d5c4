"""Staff: who works where at the start, who leaves and who comes, and the staff census as rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sapa.demo import frame as fr
from sapa.demo.frame import NO_DATE, Array, Frame
from sapa.demo.kinds import BACHELOR, BASIC, DOCTORAL, KINDERGARTEN, KINDS, LEVELS, NURSERY, PRIMARY, SECONDARY, SPECIAL
from sapa.demo.learners import People
from sapa.demo.units import number_of_unit

POSTS = (
    "head", "deputy-head", "teacher", "lecturer", "preschool-teacher", "training-master", "additional-teacher",
    "special-teacher", "psychologist", "social-teacher", "methodologist", "administrative", "medical", "support",
)  # fmt: skip
HEAD, DEPUTY, TEACHER, LECTURER = 0, 1, 2, 3
LAST_PEDAGOGICAL, SUPPORT = 10, 13
SUBJECTS = (
    "primary-subjects", "language-literature", "foreign-language", "mathematics", "informatics", "physics", "chemistry",
    "biology", "geography", "history", "arts", "technology", "physical-education", "vocational-subjects",
)  # fmt: skip
ATTAINMENT = ("basic", "secondary", "vocational", "secondary-special", "bachelor", "master", "doctoral")
CATEGORIES = ("none", "second", "first", "highest", "methodologist")
REASONS = ("retirement", "own-wish", "contract-end", "transfer", "other")
LYCEUM = [kind.code for kind in KINDS].index("lyceum")
_SUBJECT_SHARES = (0, 20, 14, 14, 4, 6, 4, 6, 5, 8, 6, 6, 9)


def hire(units: Frame, unit: Array, post: Array, rng: np.random.Generator, people: People, year: int, *, new: bool) -> Frame:
    """People who take up the posts: newly hired in the year before 1 September of ``year``, or long at work (``new=False``)."""
    count, kind = len(unit), units["kind"][unit]
    draw = rng.random(count)
    age = (22 + 32 * draw**3 if new else 22 + 44 * draw**1.15).astype(np.int64) + np.where(post <= DEPUTY, 6, 0)
    pedagogical = post <= LAST_PEDAGOGICAL
    work = np.maximum(0, age - 21 - (rng.random(count) * 4).astype(np.int64))
    taught = np.where(pedagogical, np.floor(work * (0.6 + 0.4 * rng.random(count))), 0).astype(np.int64)
    tenure = np.zeros(count, dtype=np.int64) if new else (np.minimum(work, 25) * rng.random(count)).astype(np.int64)
    level, subject = _work(kind, post, rng)
    as_of = fr.day(year, 9, 1)
    return {
        "person": people.take(count),
        "unit": unit.astype(np.int64),
        "birth": fr.born(rng, year, age),
        "male": rng.random(count)
        < np.where(post == 5, 0.6, np.where(post == LECTURER, 0.42, np.where(post == SUPPORT, 0.25, 0.13))),
        "post": post.astype(np.int64),
        "level": level,
        "subject": subject,
        "attainment": _attainment(post, rng),
        "trained": rng.random(count) < np.where(pedagogical, 0.965, 0.05),
        "category": _category(taught, post, rng),
        "work": work,
        "taught": taught,
        "fte": np.array([50, 100, 100, 100, 100, 100, 150])[(rng.random(count) * 7).astype(np.int64)],
        "hours": 16 + (rng.random(count) * 5).astype(np.int64),
        "main": rng.random(count) < 0.95,
        "training": as_of - 1 - (np.minimum(-np.log(1.0 - rng.random(count)) / 0.386, 7.0) * 365).astype(np.int64),
        "hired": as_of - tenure * 365 - (rng.random(count) * 330).astype(np.int64) - 1,
        "dismissed": np.full(count, NO_DATE, dtype=np.int64),
        "reason": np.zeros(count, dtype=np.int64),
    }


def _work(kind: Array, post: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Level of education and subject of each post."""
    main = np.array([k.slots[-1].level for k in KINDS])
    last_grade = np.array([k.last_grade for k in KINDS])
    has_nursery = np.array([k.slots[0].level == NURSERY for k in KINDS])
    level, draw, count = main[kind], rng.random(len(kind)), len(kind)
    school = last_grade[kind] > 0
    special = main[kind] == SPECIAL
    primary = school & ~special & ((last_grade[kind] == 4) | ((last_grade[kind] > 4) & (draw < 0.3) & (kind != LYCEUM)))
    top = np.where((last_grade[kind] == 9) | (draw < 0.8), BASIC, SECONDARY)
    level = np.where(primary, PRIMARY, np.where(school & ~special, np.where(kind == LYCEUM, SECONDARY, top), level))
    level = np.where(main[kind] == DOCTORAL, BACHELOR, level)
    level = np.where((main[kind] == KINDERGARTEN) & has_nursery[kind] & (draw < 0.2), NURSERY, level)
    subject = fr.pick(rng, _SUBJECT_SHARES, count).astype(np.int64)
    subject = np.where(level == PRIMARY, np.where(rng.random(count) < 0.75, 0, subject), subject)
    return level, np.where(post == TEACHER, subject, np.where(np.isin(post, (LECTURER, 5)), 13, -1))


def _attainment(post: Array, rng: np.random.Generator) -> Array:
    draw = rng.random(len(post))
    teaching = np.where(draw < 0.10, 3, np.where(draw < 0.93, 4, 5))
    lecturer = np.where(draw < 0.45, 4, np.where(draw < 0.62, 5, 6))
    preschool = np.where(draw < 0.42, 3, 4)
    other = np.where(draw < 0.25, 1, np.where(draw < 0.55, 2, np.where(draw < 0.85, 3, 4)))
    out = np.where(post == LECTURER, lecturer, np.where(post == 4, preschool, teaching))
    return np.where(post > LAST_PEDAGOGICAL, other, out)


def _category(taught: Array, post: Array, rng: np.random.Generator) -> Array:
    reached = rng.random(len(post)) * np.minimum(taught, 25) / 25
    out = np.searchsorted((0.04, 0.16, 0.38, 0.93), reached)
    return np.where((post > LAST_PEDAGOGICAL) | (post == LECTURER), -1, out)


def start(units: Frame, members: Array, rng: np.random.Generator, people: People, year: int) -> Frame:
    """Those at work in the year before the first: one head an institution, then deputies, teachers and others."""
    number = units["staff"][members]
    unit = np.repeat(members, number)
    first = np.repeat(np.cumsum(number) - number, number)
    rank = (np.arange(len(unit)) - first) / np.repeat(number, number)
    teaching = np.array([POSTS.index(kind.teaching) for kind in KINDS])[units["kind"][unit]]
    draw = rng.random(len(unit))
    other = np.where(draw < 0.16, 11, np.where(draw < 0.24, 12, SUPPORT))
    helper = 8 + (draw * 3).astype(np.int64)
    post = np.where(rank < 0.50, teaching, np.where(rank < 0.56, helper, other))
    post = np.where(rank < 0.03, DEPUTY, post)
    post[np.arange(len(unit)) == first] = HEAD
    return hire(units, unit, post, rng, people, year, new=False)


def advance(frame: Frame, units: Frame, rng: np.random.Generator, people: People, year: int) -> Frame:
    """A year later: those at work a year older, some of them gone during the year, and people hired in their place."""
    stay = fr.take(frame, frame["dismissed"] == NO_DATE)
    age = year - (stay["birth"] / 365.25 + 1970 + 1 / 3).astype(np.int64)
    count = len(age)
    stay["work"] = stay["work"] + 1
    stay["taught"] = stay["taught"] + (stay["post"] <= LAST_PEDAGOGICAL)
    better = (rng.random(count) < 0.10) & (stay["category"] >= 0) & (stay["category"] < 3)
    stay["category"] = stay["category"] + better
    as_of = fr.day(year, 9, 1)
    renewed = (rng.random(count) < 0.32) & (stay["post"] <= LAST_PEDAGOGICAL)
    stay["training"] = np.where(renewed, as_of - 30 - (rng.random(count) * 300).astype(np.int64), stay["training"])
    chance = np.where(age >= 63, 0.22, np.where(age >= 58, 0.08, np.where(age < 30, 0.10, 0.045)))
    ended = units["ends"][stay["unit"]] <= year
    goes = (rng.random(count) < chance) | ended
    stay["dismissed"] = np.where(goes, as_of - 20 - (rng.random(count) * 300).astype(np.int64), NO_DATE)
    stay["dismissed"] = np.where(goes, np.maximum(stay["dismissed"], stay["hired"]), NO_DATE)
    stay["reason"] = np.where(age >= 58, 0, 1 + (rng.random(count) * 4).astype(np.int64))
    place = goes & ~ended & ((rng.random(count) < 0.97) | (stay["post"] == HEAD))
    came = hire(units, stay["unit"][place], stay["post"][place], rng, people, year, new=True)
    for name in ("level", "subject"):
        came[name] = stay[name][place]
    return fr.concat([fr.take(stay, ~ended), came])


def staff_rows(frame: Frame, year: int) -> Frame:
    """The columns of the census, sorted by institution; still as numbers."""
    row = fr.take(frame, np.argsort(frame["unit"], kind="stable"))
    post = row["post"]
    row["as_of"] = np.full(len(post), fr.day(year, 9, 1))
    row["no_subject"] = row["subject"] < 0
    row["no_category"] = row["category"] < 0
    row["no_load"] = ~((post >= TEACHER) & (post <= 7))
    row["no_taught"] = post > LAST_PEDAGOGICAL
    row["load"] = row["hours"] * row["fte"] // 10
    row["no_reason"] = row["dismissed"] == NO_DATE
    row["training"] = np.where(post <= LAST_PEDAGOGICAL, row["training"], NO_DATE)
    return row


def staff_table(row: Frame) -> pa.Table:
    """The staff census as an Arrow table in layout order; names, which never leave the institution, are not in it."""
    return pa.table(
        {
            "institution": fr.identifiers(number_of_unit(row["unit"]), 7),
            "person": fr.identifiers(row["person"], 10, "S"),
            "as_of": fr.dates(row["as_of"]),
            "birth_date": fr.dates(row["birth"]),
            "sex": fr.codes(row["male"].astype(np.int8), ("F", "M")),
            "post": fr.codes(row["post"], POSTS),
            "work_level": fr.codes(row["level"], LEVELS),
            "subject": fr.codes(np.maximum(row["subject"], 0), SUBJECTS, row["no_subject"]),
            "attainment": fr.codes(row["attainment"], ATTAINMENT),
            "pedagogical": fr.flags(row["trained"]),
            "category": fr.codes(np.maximum(row["category"], 0), CATEGORIES, row["no_category"]),
            "experience": fr.integers(row["work"]),
            "pedagogical_experience": fr.integers(row["taught"], row["no_taught"]),
            "fte": fr.decimals(row["fte"], 2),
            "load": fr.decimals(row["load"], 1, row["no_load"]),
            "main_job": fr.flags(row["main"]),
            "last_training": fr.dates(row["training"]),
            "hired": fr.dates(row["hired"]),
            "dismissed": fr.dates(row["dismissed"]),
            "leave_reason": fr.codes(row["reason"], REASONS, row["no_reason"]),
        }
    )
