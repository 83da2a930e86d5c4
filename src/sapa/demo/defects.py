"""Mistakes put into the returns on purpose, each written down with the rule that has to find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sapa.demo import frame as fr
from sapa.demo import learners as ls
from sapa.demo import staff as st
from sapa.demo.frame import NO_DATE, Array, Frame
from sapa.demo.kinds import BASIC, CHILDREN, KINDERGARTEN, KINDS, PRIMARY, SECONDARY
from sapa.demo.units import number_of_unit


@dataclass(frozen=True, order=True)
class Defect:
    """One mistake: where it stands, and the rule whose finding it must cause (and no other rule's)."""

    dataset: str
    period: str
    unit: str
    person: str
    """The row's key within the unit; empty where the finding belongs to the unit as a whole."""
    rule: str
    field: str
    also: str = ""
    """Another unit whose row shares the blame, where a person stands in two; a verification may name either or both."""

    @property
    def kind(self) -> str:
        """Kind of mistake: the rule it breaks."""
        return self.rule


@dataclass(frozen=True)
class Plan:
    """A kind of mistake: the rows it can be made in, and how. ``copies``: it is made by repeating a row."""

    rule: str
    field: str
    where: Callable[[Frame], Array]
    make: Callable[[Frame, Array], None]
    copies: str = ""


def _set(name: str, value: object) -> Callable[[Frame, Array], None]:
    def make(row: Frame, at: Array) -> None:
        row[name][at] = value

    return make


def _add(name: str, number: int) -> Callable[[Frame, Array], None]:
    def make(row: Frame, at: Array) -> None:
        row[name][at] += number

    return make


def _from_start(name: str, days: int) -> Callable[[Frame, Array], None]:
    def make(row: Frame, at: Array) -> None:
        row[name][at] = row["as_of"][at] + days

    return make


def _another_class(row: Frame, at: Array) -> None:
    row["class_unit"][at] += 1


def _taught_too_long(row: Frame, at: Array) -> None:
    row["taught"][at] = row["work"][at] + 5


def _support_category(row: Frame, at: Array) -> None:
    row["category"][at], row["no_category"][at] = 2, False


def _twelve_times(row: Frame, at: Array) -> None:
    row["area"][at] *= 12


def _triple(row: Frame, at: Array) -> None:
    row["capacity"][at] *= 3
    row["area"][at] *= 3


def _nothing(row: Frame, at: Array) -> None:
    """The copy is the mistake."""


def _school(row: Frame) -> Array:
    out: Array = (row["level"] >= PRIMARY) & (row["level"] <= SECONDARY)
    return out


def _stays(row: Frame) -> Array:
    out: Array = row["exit"] == ls.CONTINUES
    return out


def _mid_school(row: Frame) -> Array:
    """Pupils of grades 6 and 7 who came from the grade below and stay."""
    out: Array = row["before"] & (row["level"] == BASIC) & (row["entry"] == ls.PROMOTED) & _stays(row)
    return out & (row["grade"] >= 6) & (row["grade"] <= 7)


def _good_marks(row: Frame) -> Array:
    out: Array = ~row["no_subject_mark"] & (row["mark_language"] + row["mark_mathematics"] >= 14)
    return out


def _active(row: Frame) -> Array:
    out: Array = row["status"] == 0
    return out


def _employed(row: Frame) -> Array:
    out: Array = row["dismissed"] == NO_DATE
    return out


_COMMON_KIND = [kind.code for kind in KINDS].index("nursery-kindergarten")

LEARNERS = (
    Plan("learner-once", "person", lambda r: r["level"] == KINDERGARTEN, _nothing, "same"),
    Plan(
        "learner-two-institutions", "person", lambda r: _school(r) & _stays(r) & r["before"] & (r["mode"] == 0), _nothing, "other"
    ),
    Plan("learner-born-before", "birth_date", lambda r: ~r["before"] & (r["level"] < CHILDREN), _from_start("birth", 100)),
    Plan("learner-age-grade", "birth_date", lambda r: ~r["before"] & _school(r), _add("birth", -12 * 366)),
    Plan("learner-grade-level", "grade", lambda r: (r["level"] == PRIMARY) & (r["grade"] == 3), _set("level", SECONDARY)),
    Plan("learner-study-year", "study_year", lambda r: r["study"] > 0, _set("no_study", True)),
    Plan("learner-repeater-entry", "repeater", lambda r: ~r["before"] & _school(r) & ~r["repeater"], _set("repeater", True)),
    Plan("learner-preschool-said", "preschool_attended", lambda r: _school(r) & (r["grade"] == 1), _set("no_preschool", True)),
    Plan("learner-exam-grade", "exam_language", lambda r: _school(r) & (r["grade"] == 6), _set("no_exam_language", False)),
    Plan("learner-exit-dated", "exit_date", _stays, _from_start("exit_date", 100)),
    Plan("learner-exit-in-year", "exit_date", lambda r: ~_stays(r), _add("exit_date", 800)),
    Plan("learner-class-own", "class_id", lambda r: _school(r) & r["before"], _another_class),
    Plan("learner-mark-consistent", "mark_mean", _good_marks, _set("mark_mean", 150)),
    Plan("learner-grade-follows", "grade", _mid_school, _add("grade", 1)),
)
STAFF = (
    Plan("staff-once", "person", lambda r: (r["post"] == st.SUPPORT) & ~r["main"], _nothing, "same"),
    Plan("staff-two-main-jobs", "person", lambda r: (r["post"] == st.SUPPORT) & r["main"] & _employed(r), _nothing, "other"),
    Plan("staff-age", "birth_date", lambda r: ~r["before"], _set("birth", fr.day(1900, 1, 1))),
    Plan("staff-experience-age", "experience", lambda r: r["work"] <= 20, _add("work", 45)),
    Plan("staff-pedagogical-experience", "pedagogical_experience", lambda r: ~r["no_taught"], _taught_too_long),
    Plan("staff-training-dated", "last_training", lambda r: r["training"] != NO_DATE, _from_start("training", 30)),
    Plan("staff-leaving-complete", "leave_reason", _employed, _set("no_reason", False)),
    Plan("staff-category-post", "category", lambda r: r["post"] == st.SUPPORT, _support_category),
    Plan("staff-subject-teacher", "subject", lambda r: r["post"] == st.TEACHER, _set("no_subject", True)),
    Plan("staff-hired-before", "hired", lambda r: _employed(r) & ~r["before"], _from_start("hired", 20)),
    Plan("staff-one-head", "post", lambda r: (r["post"] == st.DEPUTY) & _employed(r), _set("post", st.HEAD)),
)
INSTITUTIONS = (
    Plan("unit-area-outlier", "floor_area", lambda r: _active(r) & (r["kind"] == _COMMON_KIND), _twelve_times),
    Plan("unit-closed-dated", "closed", _active, _from_start("closed", -100)),
    Plan(
        "unit-accreditation-lapsed",
        "accredited_until",
        lambda r: _active(r) & r["accredited"],
        _from_start("accredited_until", -50),
    ),
    Plan("unit-ownership-fits", "ownership", lambda r: _active(r) & (r["ownership"] == 1), _set("ownership", 2)),
    Plan("unit-opened-before", "opened", _active, _from_start("opened", 50)),
    Plan("unit-capacity-jump", "capacity", lambda r: _active(r) & r["before"], _triple),
)
PLANS = {"institutions": INSTITUTIONS, "learners": LEARNERS, "staff": STAFF}
_PREFIX = {"learners": "L", "staff": "S"}
_UNIT_ONLY = frozenset({"staff-one-head"})


def seed_defects(
    dataset: str, row: Frame, before: Array, share: float, returns: int, rng: np.random.Generator, period: str
) -> tuple[Frame, list[Defect]]:
    """Make every kind of mistake in some returns: about ``share`` of the ``returns``, at least one of each kind.

    ``before`` marks rows whose key stands in the return of the period before: a mistake that a comparison with it would
    also find is made elsewhere. Returns the rows and the ledger; the input is not changed.
    """
    plans = PLANS[dataset]
    row = {**{name: column.copy() for name, column in row.items()}, "before": before}
    each = max(1, round(share * returns / sum(len(group) for group in PLANS.values())))
    used_units: set[int] = set()
    copies: list[Frame] = []
    ledger: list[Defect] = []
    for plan in plans:
        at = _victims(row, plan, each, used_units, rng)
        used_units.update(row["unit"][at].tolist())
        if plan.copies and len(at):
            at = at[: _free(row, used_units).size] if plan.copies == "other" else at
            copy = _copy(row, at, plan.copies, used_units)
            copies.append(copy)
            ledger += _written(dataset, period, plan, copy, row["unit"][at])
        else:
            ledger += _written(dataset, period, plan, fr.take(row, at))
        plan.make(row, at)
    whole = fr.concat([row, *copies]) if copies else row
    return fr.take(whole, np.argsort(whole["unit"], kind="stable")), sorted(set(ledger))


def _victims(row: Frame, plan: Plan, each: int, used: set[int], rng: np.random.Generator) -> Array:
    """Rows for a mistake, each of another institution that has none yet."""
    possible = np.flatnonzero(plan.where(row))
    possible = possible[np.argsort(rng.random(len(possible)))][: 200 + 20 * each]
    chosen: list[int] = []
    seen: set[int] = set()
    for index in possible.tolist():
        unit = int(row["unit"][index])
        if unit not in used and unit not in seen and len(chosen) < each:
            chosen.append(index)
            seen.add(unit)
    return np.array(chosen, dtype=np.int64)


def _copy(row: Frame, at: Array, how: str, used: set[int]) -> Frame:
    """The rows once more, in the same institution or in another that has no mistake yet."""
    copy = fr.take(row, at)
    if how == "other":
        free = _free(row, used)
        copy["unit"] = free[len(free) - len(at) :]
        if "class_unit" in copy:
            copy["class_unit"] = copy["unit"].copy()
        used.update(copy["unit"].tolist())
    copy["before"] = np.zeros(len(at), dtype=bool)
    return copy


def _free(row: Frame, used: set[int]) -> Array:
    """Institutions with rows and without a mistake."""
    return np.setdiff1d(np.unique(row["unit"]), np.fromiter(used, dtype=np.int64, count=len(used)))


def _written(dataset: str, period: str, plan: Plan, rows: Frame, origin: Array | None = None) -> list[Defect]:
    """The ledger's lines; of a person in two units the later one is named, since that row repeats the earlier."""
    if dataset == "institutions" or plan.rule in _UNIT_ONLY:
        return [Defect(dataset, period, unit, "", plan.rule, plan.field) for unit in _identifiers(rows["unit"])]
    people = [f"{_PREFIX[dataset]}{number:010d}" for number in rows["person"].tolist()]
    other = rows["unit"] if origin is None else origin
    later, earlier = _identifiers(np.maximum(rows["unit"], other)), _identifiers(np.minimum(rows["unit"], other))
    return [
        Defect(dataset, period, unit, person, plan.rule, plan.field, also if also != unit else "")
        for unit, also, person in zip(later, earlier, people, strict=True)
    ]


def _identifiers(units: Array) -> list[str]:
    return [f"{number:07d}" for number in number_of_unit(units).tolist()]
