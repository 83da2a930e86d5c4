"""The learner census as rows: classes, marks and what else a school reports of each learner."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.demo import frame as fr
from sapa.demo import learners as ls
from sapa.demo.frame import Array, Frame
from sapa.demo.kinds import BACHELOR, CHILDREN, KINDERGARTEN, LEVELS, PRIMARY, SECONDARY, SPECIAL, VOCATIONAL
from sapa.demo.units import number_of_unit

GRADES = tuple(str(grade) for grade in range(1, 12))
LANGUAGES = ("ru", "be")
MODES = ("full-time", "evening", "correspondence", "distance", "home")
NEEDS = ("none", "hearing", "vision", "speech", "motor", "intellectual", "learning", "autism", "multiple")
FUNDING = ("public", "paid")


def learner_rows(frame: Frame, units: Frame, rng: np.random.Generator, year: int) -> Frame:
    """Add the reported columns to people and outcomes, and sort by institution; still as numbers."""
    frame = fr.take(frame, np.lexsort((frame["study"], frame["grade"], frame["level"], frame["unit"])))
    level, unit, count = frame["level"], frame["unit"], len(frame["unit"])
    rural, draw = units["rural"][unit], rng.random(count)
    school = (level >= PRIMARY) & (level <= SECONDARY)
    frame["as_of"] = np.full(count, fr.day(year, 9, 1))
    frame["class"] = _classes(frame, units["class_size"])
    frame["class_unit"] = unit.copy()
    frame["class_level"], frame["class_step"] = level.copy(), frame["grade"] + frame["study"]
    frame["language"] = ((unit * 2654435761 % 1000) < np.where(rural, 380, 90)).astype(np.int64)
    by_letter = np.where(level >= VOCATIONAL, np.where(level >= BACHELOR, 0.25, 0.12), 0.0)
    frame["mode"] = np.where(
        (draw < by_letter) & (level != SPECIAL) & (level < SPECIAL), 2, np.where(school & (draw > 0.996), 4, 0)
    )
    frame["repeater"] = frame["entry"] == ls.REPEATING
    draw = rng.random(count)
    frame["boarding"] = np.where(level >= VOCATIONAL, draw < 0.3, draw < 0.005) & (level < CHILDREN)
    frame["transport"] = school & rural & (draw > 0.7)
    frame["paid"] = (level >= VOCATIONAL) & (level < SPECIAL) & (rng.random(count) < np.where(level >= BACHELOR, 0.5, 0.15))
    frame["paid"] |= units["ownership"][unit] == 2
    _marks(frame, units, rng)
    frame["no_preschool"] = frame["grade"] != 1
    frame["no_study"] = frame["study"] == 0
    return frame


def _classes(frame: Frame, class_size: Array) -> Array:
    """Number of the class of each learner: equal classes of about the institution's class size within a grade or course."""
    count = len(frame["unit"])
    step = frame["level"] * 400 + frame["grade"] * 10 + frame["study"]
    new = np.ones(count, dtype=bool)
    new[1:] = (frame["unit"][1:] != frame["unit"][:-1]) | (step[1:] != step[:-1])
    group = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    size = np.diff(np.append(first, count))
    rank = np.arange(count) - first[group]
    number = np.maximum(1, np.ceil(size / class_size[frame["unit"][first]])).astype(np.int64)
    placed: Array = 1 + rank * number[group] // size[group]
    return placed


def _marks(frame: Frame, units: Frame, rng: np.random.Generator) -> None:
    """Ten-mark scale, bell-shaped with a long lower tail; girls, towns, gymnasiums and able learners stand higher."""
    unit, level, grade, count = frame["unit"], frame["level"], frame["grade"], len(frame["unit"])
    base = 0.9 + 0.75 * frame["ability"] + units["strength"][unit] - 0.18 * units["rural"][unit] - 0.5 * (frame["needs"] > 0)
    language = base + 0.30 * (~frame["male"]) + 0.45 * fr.normal(rng, count)
    mathematics = base - 0.10 + 0.04 * frame["male"] + 0.5 * fr.normal(rng, count)
    marks = [1.0 + 9.0 / (1.0 + np.exp(-1.05 * latent)) for latent in (language, mathematics)]
    frame["mark_language"], frame["mark_mathematics"] = (np.rint(mark).astype(np.int64) for mark in marks)
    frame["mark_mean"] = np.clip(np.rint((marks[0] + marks[1]) * 50 + 25 * (rng.random(count) - 0.5)), 100, 1000).astype(np.int64)
    frame["unmarked"] = (
        ((level <= PRIMARY) & (grade < 3)) | (level >= CHILDREN) | (level == SPECIAL) | (frame["exit"] == ls.DROPPED)
    )
    frame["unmarked"] |= level <= KINDERGARTEN
    frame["no_subject_mark"] = frame["unmarked"] | (level > SECONDARY)
    exam = ((grade == 9) | (grade == 11)) & (level != SPECIAL) & (frame["exit"] == ls.GRADUATED)
    frame["no_exam"] = ~exam
    frame["exam_language"] = np.clip(frame["mark_language"] - (rng.random(count) < 0.35), 1, 10)
    frame["exam_mathematics"] = np.clip(frame["mark_mathematics"] - (rng.random(count) < 0.45), 1, 10)
    frame["no_exam_language"] = frame["no_exam"].copy()


def class_ids(row: Frame) -> pa.Array:
    """Class identifiers, unique in the country: institution, then level letter, grade or year, number."""
    letters = fr.codes(row["class_level"], ("n", "k", "", "", "", "v", "c", "b", "m", "d", "s", "h", "a"))
    step = pa.array(row["class_step"].astype(np.int64)).cast(pa.string())
    number = pa.array(row["class"].astype(np.int64)).cast(pa.string())
    tail = pc.binary_join_element_wise(pc.binary_join_element_wise(letters, step, ""), number, ".")
    return pc.binary_join_element_wise(fr.identifiers(number_of_unit(row["class_unit"]), 7), tail, "-")


def learner_table(row: Frame) -> pa.Table:
    """The learner census as an Arrow table in layout order; names, which never leave the institution, are not in it."""
    subject = row["no_subject_mark"]
    return pa.table(
        {
            "institution": fr.identifiers(number_of_unit(row["unit"]), 7),
            "person": fr.identifiers(row["person"], 10, "L"),
            "as_of": fr.dates(row["as_of"]),
            "birth_date": fr.dates(row["birth"]),
            "sex": fr.codes(row["male"].astype(np.int8), ("F", "M")),
            "foreign": fr.flags(row["foreign"]),
            "programme_level": fr.codes(row["level"], LEVELS),
            "grade": fr.codes(np.maximum(row["grade"] - 1, 0), GRADES, row["grade"] == 0),
            "study_year": fr.integers(row["study"], row["no_study"]),
            "class_id": class_ids(row),
            "language": fr.codes(row["language"], LANGUAGES),
            "mode": fr.codes(row["mode"], MODES),
            "special_needs": fr.codes(row["needs"], NEEDS),
            "repeater": fr.flags(row["repeater"]),
            "entry": fr.codes(row["entry"], ls.ENTRY),
            "preschool_attended": fr.flags(row["preschool"], row["no_preschool"]),
            "boarding": fr.flags(row["boarding"]),
            "transport": fr.flags(row["transport"]),
            "funding": fr.codes(row["paid"].astype(np.int8), FUNDING),
            "mark_mean": fr.decimals(row["mark_mean"], 2, row["unmarked"]),
            "mark_language": fr.integers(row["mark_language"], subject),
            "mark_mathematics": fr.integers(row["mark_mathematics"], subject),
            "exam_language": fr.integers(row["exam_language"], row["no_exam_language"]),
            "exam_mathematics": fr.integers(row["exam_mathematics"], row["no_exam"]),
            "exit": fr.codes(row["exit"], ls.EXIT),
            "exit_date": fr.dates(row["exit_date"]),
        }
    )
