"""The school's table of criteria a second time, in Polars, from the words of the regulation and without any plan or SQL."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pyarrow as pa

Figures = tuple[float | None, float | None, float | None]
Tables = dict[str, pl.DataFrame]
SUPPORT = ("administrative", "medical", "support", "other-staff")


def share(part: float, whole: float, scale: float = 100) -> Figures:
    return (part, whole, part / whole * scale if whole else None)


def _final(grade: str, *kinds: str) -> Callable[[Tables], Figures]:
    def figure(t: Tables) -> Figures:
        rows = t["learners"].filter((pl.col("grade") == grade) & pl.col("exit").is_in(["continues", "graduated"]))
        return share(rows.filter(pl.col("certificate").is_in(kinds)).height, rows.height)

    return figure


def good_marks(t: Tables) -> Figures:
    rows = t["marks"].filter((pl.col("term") == "year") & pl.col("mark").is_not_null())
    worst = rows.group_by("learner").agg(pl.col("mark").min())
    return share(worst.filter(pl.col("mark") >= 4).height, worst.height)


def _took_part(condition: pl.Expr) -> Callable[[Tables], Figures]:
    def figure(t: Tables) -> Figures:
        who = t["participation"].filter(condition)["learner"].unique()
        return share(len(who), t["learners"].height)

    return figure


def _yes(table: str, column: str, known: bool = False) -> Callable[[Tables], Figures]:
    def figure(t: Tables) -> Figures:
        rows = t[table].drop_nulls(column) if known else t[table]
        return share(rows.filter(pl.col(column)).height, rows.height)

    return figure


def _mean(condition: pl.Expr, column: str) -> Callable[[Tables], Figures]:
    def figure(t: Tables) -> Figures:
        values = t["exams"].filter(condition)[column].drop_nulls().to_list()
        return (float(sum(values)) if values else None, len(values), sum(values) / len(values) if values else None)

    return figure


def below_minimum(t: Tables) -> Figures:
    rows = t["exams"].filter(pl.col("subject").is_in(["state-language", "mathematics"]) & pl.col("score").is_not_null())
    worst = rows.group_by("learner").agg((pl.col("score") < pl.col("minimum_score")).any().alias("below"))
    return share(worst.filter(pl.col("below")).height, worst.height)


def regional(t: Tables) -> Figures:
    rows = t["studies"].filter((pl.col("study") == "regional") & pl.col("score").is_not_null())
    if not rows.height:
        return (None, None, None)
    return share(rows["score"].sum(), rows["maximum_score"].sum())


def deviation_ratio(t: Tables) -> Figures:
    health = t["health"]
    entered, teens = health.filter(pl.col("grade") == "1"), health.filter(pl.col("age") == 14)
    before = share(entered["deviation_at_entry"].sum(), entered.height)[2]
    now = share(teens["deviation"].sum(), teens.height)[2]
    return (before, now, before / now if before is not None and now else None)


def idle(t: Tables) -> Figures:
    graduates = t["learners"].filter(pl.col("certificate").is_in(["ordinary", "special"]))
    return share(graduates.filter(pl.col("destination") == "neither").height, graduates.height)


def entered_after_nine(t: Tables) -> Figures:
    graduates = t["learners"].filter(pl.col("certificate").is_in(["ordinary", "special"]) & (pl.col("grade") == "9"))
    return share(graduates.filter(pl.col("destination").is_in(["vocational", "other-school"])).height, graduates.height)


def parents(t: Tables) -> Figures:
    return share(t["parents"]["parents_active"].sum(), t["parents"]["parents"].sum())


def _staff(condition: pl.Expr, among: pl.Expr | None = None) -> Callable[[Tables], Figures]:
    def figure(t: Tables) -> Figures:
        rows = t["staff"].filter(~pl.col("post").is_in(SUPPORT) if among is None else among)
        return share(rows.filter(condition).height, rows.height)

    return figure


def staffing(t: Tables) -> Figures:
    hours = pl.col("hours").cast(pl.Float64)
    rows = t["workload"]
    return share(rows.filter(pl.col("qualified")).select(hours.sum()).item(), rows.select(hours.sum()).item())


def _both(*columns: str) -> Callable[[Tables], Figures]:
    return lambda t: share(t["conditions"].filter(pl.all_horizontal(*map(pl.col, columns))).height, t["conditions"].height)


_TEACHER = pl.col("post") == "teacher"
_OLYMPIAD = pl.col("activity") == "olympiad"
# Trained on the same day three years ago is no longer within three years.
_RECENT = pl.col("last_training") > pl.col("as_of").dt.offset_by("-3y")

TABLE: dict[str, Callable[[Tables], Figures]] = {
    "good-marks-share": good_marks,
    "contest-share": _took_part(pl.col("activity").is_in(["olympiad", "contest", "conference"])),
    "repeater-share": _yes("learners", "repeater"),
    "certificate-9-share": _final("9", "ordinary", "special"),
    "special-certificate-9-share": _final("9", "special"),
    "certificate-11-share": _final("11", "ordinary", "special"),
    "special-certificate-11-share": _final("11", "special"),
    "final-9-mark": _mean(pl.col("exam") == "basic-final", "mark"),
    "final-11-score": _mean((pl.col("exam") == "secondary-final") & (pl.col("exam_level") != "base"), "score"),
    "regional-study-result": regional,
    "below-minimum-share": below_minimum,
    "municipal-olympiad-share": _took_part(_OLYMPIAD & (pl.col("scope") == "municipal")),
    "olympiad-winner-share": _took_part(
        _OLYMPIAD & pl.col("scope").is_in(["municipal", "regional"]) & (pl.col("result") == "winner")
    ),
    "outside-event-share": _took_part(pl.col("scope").is_in(["municipal", "regional", "national"])),
    "deviation-ratio": deviation_ratio,
    "sport-share": _yes("learners", "sport", known=True),
    "sport-section-share": _yes("learners", "sport_section", known=True),
    "idle-graduates-share": idle,
    "on-record-share": _yes("learners", "on_record"),
    "entered-after-9-share": entered_after_nine,
    "parents-active-share": parents,
    "modern-methods-share": _staff(pl.col("modern_methods"), _TEACHER),
    "ict-share": _staff(pl.col("ict"), _TEACHER),
    "first-category-share": _staff(pl.col("category") == "first"),
    "highest-category-share": _staff(pl.col("category") == "highest"),
    "training-share": _staff(_RECENT),
    "association-speakers-share": _staff(pl.col("spoke_at_association")),
    "professional-contest-share": _staff(pl.col("contest")),
    "staffing-share": staffing,
    "sanitary-share": _yes("sanitary", "met"),
    "extra-education-offered": _both("extra_education"),
    "canteen": _both("canteen", "hot_meals"),
    "medical-room": _both("medical_room", "medical_equipped"),
}
"""The decisive figure of each of the 33 indicators."""


def frames(tables: dict[str, pa.Table], school: str | None = None) -> Tables:
    """The tables in Polars, of one school or of all."""
    out = {}
    for name, table in tables.items():
        frame = pl.DataFrame(table)
        out[name] = frame if school is None else frame.filter(pl.col("institution") == school)
    return out
