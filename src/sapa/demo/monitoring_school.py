"""Internal monitoring, what is known of the school itself: staff, load, parents, conditions, programmes, surveys."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.demo import frame as fr
from sapa.demo.frame import Array

LOAD = {
    # subject: hours a week in a class of primary, basic and secondary grades
    "state-language": (5, 5, 2),
    "mathematics": (4, 5, 5),
    "reading": (4, 0, 0),
    "environment": (2, 0, 0),
    "literature": (0, 3, 3),
    "foreign-language": (2, 3, 3),
    "history": (0, 2, 2),
    "biology": (0, 2, 1),
    "physics": (0, 2, 2),
    "chemistry": (0, 1, 1),
    "physical-education": (3, 3, 3),
    "technology": (1, 2, 0),
}
_REQUIREMENTS = ("site", "light", "air", "water", "furniture", "load", "meals", "cleaning", "medical")
_DIRECTIONS = ("technical", "science", "sport", "arts", "local", "social")
_SURVEYS = (("parents", "upbringing"), ("parents", "openness"), ("learners", "upbringing"), ("learners", "conditions"))


def school_tables(
    learners: pa.Table, staff: pa.Table, register: pa.Table, rng: np.random.Generator, year: int
) -> dict[str, pa.Table]:
    """The data sets of the schools that the learners attend; ``year`` is the one in which the school year ends."""
    schools = np.unique(learners["institution"].to_numpy(zero_copy_only=False).astype(str))
    classes = _classes(learners)
    employed = staff.filter(
        pc.and_(pc.is_in(staff["institution"], value_set=pa.array(schools)), pc.is_null(staff["dismissed"]))
    ).combine_chunks()
    rows = register.filter(pc.is_in(register["institution"], value_set=pa.array(schools))).combine_chunks()
    return {
        "parents": _parents(classes, rng),
        "staff": _staff(employed, rng, year),
        "workload": _workload(classes, employed, rng),
        "conditions": _conditions(rows, classes, rng, year),
        "sanitary": _sanitary(schools, rng, year),
        "programmes": _programmes(schools, rng),
        "satisfaction": _satisfaction(schools, rng),
    }


def _classes(learners: pa.Table) -> pa.Table:
    """School, class, grade and number of learners of each class, in order."""
    keys = ["institution", "class_id", "grade"]
    return learners.group_by(keys).aggregate([([], "count_all")]).sort_by([(name, "ascending") for name in keys])


def _parents(classes: pa.Table, rng: np.random.Generator) -> pa.Table:
    size = classes["count_all"].to_numpy()
    parents = np.rint(size * 1.7).astype(np.int64)
    active = np.minimum(parents, np.rint(parents * (0.15 + 0.35 * rng.random(len(size)))).astype(np.int64))
    names = {name: classes[name].combine_chunks() for name in ("institution", "class_id", "grade")}
    return pa.table({**names, "parents": fr.integers(parents), "parents_active": fr.integers(active)})


def _staff(rows: pa.Table, rng: np.random.Generator, year: int) -> pa.Table:
    count = rows.num_rows
    teaching = pc.equal(rows["post"], "teacher").to_numpy(zero_copy_only=False)
    helper = pc.is_in(rows["post"], value_set=pa.array(["administrative", "medical", "support"])).to_numpy(zero_copy_only=False)

    def some(share: float, among: Array) -> pa.Array:
        return fr.flags(among & (rng.random(count) < share))

    return pa.table(
        {
            "institution": rows["institution"],
            "person": rows["person"],
            "as_of": fr.dates(np.full(count, fr.day(year, 6, 1))),
            "post": rows["post"],
            "category": rows["category"],
            "last_training": rows["last_training"],
            "modern_methods": some(0.68, teaching),
            "ict": some(0.86, teaching),
            "spoke_at_association": some(0.21, ~helper),
            "contest": some(0.06, ~helper),
            "expert": some(0.08, ~helper),
            "days_ill": fr.integers(np.minimum((-6.0 * np.log(1.0 - rng.random(count))).astype(np.int64), 120)),
        }
    )


def _workload(classes: pa.Table, staff: pa.Table, rng: np.random.Generator) -> pa.Table:
    """A line for each class and subject: a teacher of the school carries it, or it is vacant."""
    grade = pc.cast(classes["grade"], pa.int64()).to_numpy()
    school = classes["institution"].to_numpy(zero_copy_only=False).astype(str)
    names = classes["class_id"].to_numpy(zero_copy_only=False).astype(str)
    teachers = _teachers(staff)
    level = np.where(grade <= 4, 0, np.where(grade <= 9, 1, 2))
    lines: dict[str, list[object]] = {name: [] for name in ("institution", "line", "subject", "grade", "person")}
    hours: list[int] = []
    for at in range(len(grade)):
        own = teachers.get(school[at], ())
        for place, (subject, week) in enumerate(LOAD.items()):
            if not week[level[at]]:
                continue
            hours.append(week[level[at]] * 10)
            person = own[(at * 7 + place) % len(own)] if own else None
            for name, value in zip(lines, (school[at], f"{names[at]} {subject}", subject, str(grade[at]), person), strict=True):
                lines[name].append(value)
    vacant = (rng.random(len(hours)) < 0.03) | np.array([person is None for person in lines["person"]])
    columns = {name: pa.array(values, pa.string()) for name, values in lines.items() if name != "person"}
    columns["hours"] = fr.decimals(np.array(hours), 1)
    columns["person"] = pa.array(lines["person"], pa.string(), mask=vacant)
    columns["qualified"] = fr.flags(~vacant & (rng.random(len(hours)) < 0.93))
    return pa.table(columns)


def _teachers(staff: pa.Table) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    rows = staff.filter(pc.equal(staff["post"], "teacher"))
    for school, person in zip(rows["institution"].to_pylist(), rows["person"].to_pylist(), strict=True):
        out.setdefault(school, []).append(person)
    return out


def _conditions(rows: pa.Table, classes: pa.Table, rng: np.random.Generator, year: int) -> pa.Table:
    """One row a school; numbers of rooms and books follow its classes and learners."""
    count = rows.num_rows
    counted = classes.group_by("institution").aggregate([([], "count_all"), ("count_all", "sum")]).sort_by("institution")
    places = pc.index_in(rows["institution"], value_set=counted["institution"].combine_chunks())
    rooms, pupils = (counted[name].take(places).to_numpy() for name in ("count_all", "count_all_sum"))

    def yes(share: float, among: Array | None = None) -> Array:
        drawn: Array = rng.random(count) < share
        return drawn if among is None else drawn & among

    def part(whole: Array, least: float) -> pa.Array:
        return fr.integers(np.floor(whole * (least + (1 - least) * rng.random(count))))

    canteen, room = yes(0.97), yes(0.95)
    flags = {"canteen": canteen, "hot_meals": yes(0.96, canteen), "medical_room": room, "medical_equipped": yes(0.85, room)}
    flags |= {
        "extra_education": np.ones(count, dtype=bool),
        "internet": yes(0.94),
        "licence": yes(1.0),
        "accreditation": yes(0.98),
    }
    flags |= {"safety": yes(0.93), "upbringing_plan": yes(0.99), "self_government": yes(0.88)}
    published = np.where(yes(0.9), fr.day(year - 1, 8, 20) + (rng.random(count) * 30).astype(np.int64), fr.NO_DATE)
    sections, planned, books = np.full(count, 12), 6 + (rng.random(count) * 7).astype(np.int64), pupils * 14
    return pa.table(
        {
            "institution": rows["institution"],
            **{name: fr.flags(values) for name, values in flags.items()},
            "public_report_on": fr.dates(published),
            "site_sections": fr.integers(sections),
            "site_sections_kept": part(sections, 0.6),
            "classrooms": fr.integers(rooms),
            "classrooms_equipped": part(rooms, 0.6),
            "textbooks_needed": fr.integers(books),
            "textbooks_held": part(books, 0.85),
            "offences": fr.integers((pupils * 0.006 * rng.random(count)).astype(np.int64)),
            "prevention_planned": fr.integers(planned),
            "prevention_done": part(planned, 0.7),
        }
    )


def _sanitary(schools: Array, rng: np.random.Generator, year: int) -> pa.Table:
    size = len(schools) * len(_REQUIREMENTS)
    return pa.table(
        {
            "institution": pa.array(np.repeat(schools, len(_REQUIREMENTS)).tolist(), pa.string()),
            "requirement": pa.array(list(_REQUIREMENTS) * len(schools), pa.string()),
            "checked_on": fr.dates(fr.day(year - 1, 8, 10) + (rng.random(size) * 15).astype(np.int64)),
            "met": fr.flags(rng.random(size) < 0.95),
        }
    )


def _programmes(schools: Array, rng: np.random.Generator) -> pa.Table:
    number = 1 + (rng.random(len(schools)) * 9).astype(np.int64)
    school = np.repeat(schools, number)
    rank = np.arange(len(school)) - np.repeat(np.cumsum(number) - number, number)
    return pa.table(
        {
            "institution": pa.array(school.tolist(), pa.string()),
            "programme": pa.array([f"Programme {place + 1}" for place in rank], pa.string()),
            "direction": fr.codes(rank % len(_DIRECTIONS), _DIRECTIONS),
            "learners": fr.integers(8 + (rng.random(len(school)) * 25).astype(np.int64)),
            "conforms": fr.flags(rng.random(len(school)) < 0.96),
        }
    )


def _satisfaction(schools: Array, rng: np.random.Generator) -> pa.Table:
    size = len(schools) * len(_SURVEYS)
    answered = 20 + (rng.random(size) * 160).astype(np.int64)
    return pa.table(
        {
            "institution": pa.array(np.repeat(schools, len(_SURVEYS)).tolist(), pa.string()),
            "audience": pa.array([audience for audience, _ in _SURVEYS] * len(schools), pa.string()),
            "object": pa.array([subject for _, subject in _SURVEYS] * len(schools), pa.string()),
            "answered": fr.integers(answered),
            "satisfied": fr.integers(np.floor(answered * (0.55 + 0.4 * rng.random(size)))),
        }
    )
