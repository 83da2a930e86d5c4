"""What the schools of the made-up country know of themselves: the data of their internal monitoring, one table a data set.

An optional part beside the returns of ``country``: made from a finished country's learners and staff of one period, from draws of
its own, so that the country itself stays the same with or without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sapa.demo import frame as fr
from sapa.demo.country import Country
from sapa.demo.frame import Array, Frame
from sapa.demo.monitoring_school import school_tables

_LEVELS = ("primary", "basic", "secondary")
GRADES = pa.array([str(grade) for grade in range(1, 12)])
SUBJECTS = {
    1: ("state-language", "mathematics", "reading", "environment"),
    5: ("state-language", "mathematics", "literature", "foreign-language", "history", "biology"),
    10: ("state-language", "mathematics", "literature", "foreign-language", "physics", "chemistry"),
}
"""Subjects marked from each grade on."""
ELECTIVES = ("social-studies", "informatics", "biology", "physics", "history")
_EVENTS = (
    # activity, scope, subject, share of learners, share of winners, share of prizes
    ("olympiad", "school", "mathematics", 0.18, 0.10, 0.20),
    ("olympiad", "municipal", "mathematics", 0.05, 0.08, 0.25),
    ("olympiad", "regional", "state-language", 0.01, 0.10, 0.30),
    ("contest", "municipal", None, 0.09, 0.10, 0.25),
    ("conference", "regional", None, 0.02, 0.15, 0.35),
    ("competition", "school", None, 0.15, 0.12, 0.24),
    ("other", "national", None, 0.03, 0.05, 0.15),
)
_STUDIES = (
    # study, grades, subjects, with a score
    ("readiness", (1,), ("complex",), True),
    ("primary", (4,), ("state-language", "mathematics", "reading"), True),
    ("fifth", (5,), ("complex",), True),
    ("regional", (4, 8), ("state-language", "mathematics"), True),
    ("anxiety", (1, 5), ("complex",), False),
    ("upbringing", (7,), ("complex",), False),
)


def internal_monitoring(country: Country, period: str, units: Sequence[str] | None = None) -> dict[str, pa.Table]:
    """The data of internal monitoring of every general school (or of ``units``) by data set, sorted by school.

    The same country gives the same tables on any machine. No mistakes are made in them; where the country's own returns hold
    some (see ``country.stream``), those that touch a class, a post or a date are found here too.
    """
    learners = _learners(country.tables["learners", period], units)
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([country.seed, int(period), 4])))
    base = _base(learners, rng)
    tables = {
        "learners": _census(learners, base, rng),
        "marks": _marks(learners, base, rng),
        "participation": _participation(learners, base, rng),
        "exams": _exams(learners, base, rng),
        "studies": _studies(learners, base, rng),
        "health": _health(learners, base, rng, int(period) - 1),
    }
    staff = country.tables["staff", period]
    register = country.tables["institutions", period]
    return tables | school_tables(learners, staff, register, rng, int(period))


def write_monitoring(tables: dict[str, pa.Table], folder: Path, period: str) -> list[Path]:
    """One Parquet file a data set, named after it: ``folder/<dataset>-<period>.parquet``. Returns the paths in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, table in tables.items():
        path = folder / f"{name}-{period}.parquet"
        pq.write_table(table, path, write_page_checksum=True)
        paths.append(path)
    return paths


def _learners(table: pa.Table, units: Sequence[str] | None) -> pa.Table:
    """Learners of grades 1–11, each at the school where they learn, with the class as the school calls it."""
    keep = pc.and_(pc.is_in(table["programme_level"], value_set=pa.array(_LEVELS)), pc.is_in(table["grade"], value_set=GRADES))
    if units is not None:
        keep = pc.and_(keep, pc.is_in(table["institution"], value_set=pa.array(list(units))))
    rows = table.filter(keep).combine_chunks()
    short = pc.replace_substring(pc.utf8_slice_codeunits(rows["class_id"], 8), ".", "-")
    return rows.set_column(rows.column_names.index("class_id"), "class_id", short)


def _base(rows: pa.Table, rng: np.random.Generator) -> Frame:
    """Grade, marks of five as the census's marks of ten say, and whether one graduates: as numbers."""
    grade = pc.cast(rows["grade"], pa.int64()).to_numpy()
    mean = pc.cast(pc.fill_null(pc.cast(rows["mark_mean"], pa.float64()), 7.4), pa.float64()).to_numpy()
    stays = pc.is_in(rows["exit"], value_set=pa.array(["continues", "graduated"])).to_numpy(zero_copy_only=False)
    return {
        "grade": grade,
        "able": np.clip(mean / 2 + 0.15 * fr.normal(rng, len(grade)), 2.0, 5.0),
        "leaver": ((grade == 9) | (grade == 11)) & stays,
        "goes_on": pc.equal(rows["exit"], "continues").to_numpy(zero_copy_only=False),
    }


def _who(rows: pa.Table, where: Array | None = None) -> dict[str, pa.Array]:
    """The columns every data set of learners has."""
    if where is not None:
        rows = rows.take(pa.array(where))
    names = {"institution": "institution", "learner": "person", "grade": "grade", "class_id": "class_id", "sex": "sex"}
    return {name: rows[column].combine_chunks() for name, column in names.items()}


def _census(rows: pa.Table, base: Frame, rng: np.random.Generator) -> pa.Table:
    count, leaver, grade = rows.num_rows, base["leaver"], base["grade"]
    certificate = np.where(rng.random(count) < 0.015, 0, np.where(base["able"] > 4.7, 2, 1))
    draw = rng.random(count)
    after_9 = np.where(base["goes_on"], 0, np.where(draw < 0.8, 2, np.where(draw < 0.95, 1, np.where(draw < 0.98, 4, 6))))
    after_11 = np.where(draw < 0.6, 3, np.where(draw < 0.86, 2, np.where(draw < 0.95, 4, np.where(draw < 0.98, 5, 6))))
    sport = rng.random(count) < 0.55
    places = ("grade-10", "other-school", "vocational", "higher", "work", "army", "neither")
    return pa.table(
        {
            **{name: column for name, column in _who(rows).items() if name in ("institution", "learner")},
            "birth_date": rows["birth_date"].combine_chunks(),
            **{name: column for name, column in _who(rows).items() if name in ("sex", "grade", "class_id")},
            "repeater": rows["repeater"].combine_chunks(),
            "exit": rows["exit"].combine_chunks(),
            "certificate": fr.codes(certificate, ("none", "ordinary", "special"), ~leaver),
            "destination": fr.codes(np.where(grade == 9, after_9, after_11), places, ~leaver | (certificate == 0)),
            "on_record": fr.flags(rng.random(count) < np.where(grade >= 6, 0.008, 0.001)),
            "sport": fr.flags(sport),
            "sport_section": fr.flags(sport & (rng.random(count) < 0.45)),
            "extra_education": fr.flags(rng.random(count) < 0.72),
            "holiday_rest": fr.flags(rng.random(count) < 0.33),
        }
    )


def _marks(rows: pa.Table, base: Frame, rng: np.random.Generator) -> pa.Table:
    """Yearly marks from grade 2 on, of five."""
    parts = []
    for first, subjects in SUBJECTS.items():
        last = {1: 4, 5: 9, 10: 11}[first]
        where = np.flatnonzero((base["grade"] >= max(first, 2)) & (base["grade"] <= last))
        for subject in subjects:
            mark = np.clip(np.rint(base["able"][where] + 0.45 * fr.normal(rng, len(where))), 2, 5)
            parts.append(_with(_who(rows, where), subject=subject, term="year", mark=fr.integers(mark)))
    return _by_school(parts)


def _participation(rows: pa.Table, base: Frame, rng: np.random.Generator) -> pa.Table:
    parts = []
    for activity, scope, subject, share, won, prize in _EVENTS:
        where = np.flatnonzero(rng.random(rows.num_rows) < share * (base["able"] - 1.5) / 2.4)
        draw = rng.random(len(where))
        result = np.where(draw < won, 2, np.where(draw < won + prize, 1, 0))
        kind = {"event": f"{activity}, {scope}", "activity": activity, "scope": scope, "subject": subject}
        parts.append(_with(_who(rows, where), **kind, result=fr.codes(result, ("participant", "prize", "winner"))))
    return _by_school(parts)


def _exams(rows: pa.Table, base: Frame, rng: np.random.Generator) -> pa.Table:
    """Grade 9: scores up to 32, two electives; grade 11: on the scale of a hundred, basic mathematics by a mark."""
    nine = np.flatnonzero(base["leaver"] & (base["grade"] == 9))
    eleven = np.flatnonzero(base["leaver"] & (base["grade"] == 11))
    parts = []
    for subject in ("state-language", "mathematics", *ELECTIVES[:4]):
        where = nine if subject not in ELECTIVES else nine[nine % 2 == ELECTIVES.index(subject) % 2]
        parts.append(_exam(rows, base, rng, where, "basic-final", subject, "single", 32, 8))
    profile = rng.random(len(eleven)) < 0.5
    parts.append(_exam(rows, base, rng, eleven, "secondary-final", "state-language", "single", 100, 24))
    parts.append(_exam(rows, base, rng, eleven[profile], "secondary-final", "mathematics", "profile", 100, 27))
    parts.append(_exam(rows, base, rng, eleven[~profile], "secondary-final", "mathematics", "base", 21, 7))
    parts.append(_exam(rows, base, rng, eleven[profile], "secondary-final", "physics", "single", 100, 36))
    return _by_school(parts)


def _exam(
    rows: pa.Table,
    base: Frame,
    rng: np.random.Generator,
    where: Array,
    exam: str,
    subject: str,
    level: str,
    best: int,
    least: int,
) -> dict[str, pa.Array]:
    reached = (base["able"][where] - 1.4) / 3.6 + 0.12 * fr.normal(rng, len(where))
    score = np.clip(np.rint(reached * best), 0, best).astype(np.int64)
    mark = np.where(score < least, 2, np.clip(np.ceil(2 + 3 * (score - least + 1) / (best - least + 1)), 3, 5))
    return _with(
        _who(rows, where),
        exam=exam,
        subject=subject,
        exam_level=level,
        score=fr.integers(score),
        mark=fr.integers(mark, np.full(len(where), best == 100)),
        minimum_score=fr.integers(np.full(len(where), least)),
    )


def _studies(rows: pa.Table, base: Frame, rng: np.random.Generator) -> pa.Table:
    parts = []
    for study, grades, subjects, scored in _STUDIES:
        where = np.flatnonzero(np.isin(base["grade"], grades) & (rng.random(rows.num_rows) < 0.95))
        for subject in subjects:
            reached = np.clip((base["able"][where] - 1.4) / 3.6 + 0.15 * fr.normal(rng, len(where)), 0, 1)
            # Anxiety is high in few; of other studies the level follows what was reached.
            found = np.searchsorted((0.6, 0.9) if study == "anxiety" else (0.4, 0.75), reached)
            unscored = np.full(len(where), not scored)
            parts.append(
                _with(
                    _who(rows, where),
                    study=study,
                    subject=subject,
                    score=fr.integers(np.rint(reached * 20), unscored),
                    maximum_score=fr.integers(np.full(len(where), 20), unscored),
                    level_found=fr.codes(found, ("low", "middle", "high")),
                )
            )
    return _by_school(parts)


def _health(rows: pa.Table, base: Frame, rng: np.random.Generator, year: int) -> pa.Table:
    count = rows.num_rows
    born = pc.cast(pc.cast(rows["birth_date"], pa.int32()), pa.int64()).to_numpy()
    age = np.clip(((fr.day(year, 9, 1) - born) / 365.25).astype(np.int64), 5, 20)
    before = rng.random(count) < 0.42
    now = np.where(rng.random(count) < 0.8, before, rng.random(count) < 0.5 + 0.02 * (age - 7))
    draw = rng.random(count)
    worse = np.where(draw < 0.72, 1, np.where(draw < 0.97, 2, np.where(draw < 0.99, 3, 4)))
    group = np.where(now, worse, np.where(draw < 0.6, 0, 1))
    return pa.table(
        {
            **_who(rows),
            "age": fr.integers(age),
            "health_group": fr.codes(group, ("I", "II", "III", "IV", "V")),
            "deviation": fr.flags(now),
            "deviation_at_entry": fr.flags(before),
            "days_ill": fr.integers(np.minimum((-7.0 * np.log(1.0 - rng.random(count))).astype(np.int64), 120)),
        }
    )


def _with(columns: dict[str, pa.Array], **more: pa.Array | str | None) -> dict[str, pa.Array]:
    """The columns and further ones; a text stands in every row."""
    size = len(columns["institution"])
    for name, value in more.items():
        columns[name] = value if isinstance(value, pa.Array) else pa.repeat(pa.scalar(value, pa.string()), size)
    return columns


def _by_school(parts: Sequence[dict[str, pa.Array]]) -> pa.Table:
    """All parts as one table, stably sorted by school."""
    table = pa.concat_tables([pa.table(part) for part in parts]).combine_chunks()
    order = np.argsort(table["institution"].to_numpy(zero_copy_only=False).astype(str), kind="stable")
    return table.take(pa.array(order))


__all__ = ["internal_monitoring", "write_monitoring"]
