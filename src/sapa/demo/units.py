"""Institutions: where they stand, whose they are, how big, and which of them merge or close."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.demo import frame as fr
from sapa.demo.frame import NO_DATE, Array, Frame
from sapa.demo.kinds import KINDS
from sapa.demo.scale import Scale
from sapa.demo.territory import CAPITAL, DISTRICTS, MAIN_CITY, district_weights, districts_on

OWNERSHIP = ("republican", "communal", "private")
SUBORDINATION = ("ministry", "other-ministry", "regional", "district", "founder")
STATUS = ("active", "merged", "closed")
NEVER = 9999
_TIER = {"ministry": (0, 0), "other-ministry": (0, 1), "regional": (1, 2), "district": (1, 3)}
_MERGEABLE = tuple(k for k, kind in enumerate(KINDS) if kind.code in ("basic-school", "primary-school", "kindergarten-school"))
_CLOSABLE = tuple(k for k, kind in enumerate(KINDS) if kind.code in ("kindergarten", "nursery-kindergarten"))
_RECEIVES = tuple(k for k, kind in enumerate(KINDS) if kind.code == "secondary-school")


def make_units(scale: Scale, rng: np.random.Generator, first: int, last: int) -> Frame:
    """All institutions, ordered by district; at least one of every kind. Columns are positions and numbers, not codes."""
    counts = _counts(scale.units)
    kind = np.repeat(np.arange(len(KINDS)), counts)
    district = fr.pick(rng, district_weights().tolist(), len(kind)).astype(np.int64)
    order = np.lexsort((kind, district))
    units: Frame = {"kind": kind[order], "district": district[order]}
    _place(units, rng)
    _size(units, scale, rng)
    _equip(units, rng, first)
    _fate(units, rng, first, last)
    return units


def _counts(total: int) -> Array:
    full = np.array([kind.number for kind in KINDS], dtype=np.float64)
    counts: Array = np.maximum(1, np.floor(full * total / full.sum())).astype(np.int64)
    counts[np.argmax(counts)] += total - counts.sum()
    return counts


def _of_kind(name: str) -> Array:
    return np.array([getattr(kind, name) for kind in KINDS])


def _place(units: Frame, rng: np.random.Generator) -> None:
    kind, size = units["kind"], len(units["kind"])
    tier = np.array([_TIER[kind.tier] for kind in KINDS])
    private = rng.random(size) < _of_kind("private")[kind]
    units["ownership"] = np.where(private, 2, tier[kind, 0])
    units["subordination"] = np.where(private, 4, tier[kind, 1])
    in_city = CAPITAL[units["district"]]
    rural = _of_kind("rural")[kind] * np.where(MAIN_CITY[units["district"]], 0.5, 1.25)
    units["rural"] = (rng.random(size) < rural) & ~in_city & ~private


def _size(units: Frame, scale: Scale, rng: np.random.Generator) -> None:
    kind, count = units["kind"], len(units["kind"])
    raw = _of_kind("learners")[kind] * np.exp(0.45 * fr.normal(rng, count)) * np.where(units["rural"], 0.6, 1.2)
    learners = np.maximum(8, raw * scale.learners / raw.sum()).round().astype(np.int64)
    staff = learners * _of_kind("staff_per_learner")[kind] + 2.0
    units["learners"] = learners
    units["staff"] = np.maximum(4, staff * scale.staff / staff.sum()).round().astype(np.int64)
    units["class_size"] = np.where(units["rural"], 14, 25) - np.where(_of_kind("main_level")[kind] == "preschool", 4, 0)
    units["strength"] = 0.3 * fr.normal(rng, count) + np.isin(_of_kind("code")[kind], ("gymnasium", "lyceum")) * 0.7


def _equip(units: Frame, rng: np.random.Generator, first: int) -> None:
    kind, count = units["kind"], len(units["kind"])
    units["capacity"] = (units["learners"] * (1.15 + 0.5 * rng.random(count))).round().astype(np.int64)
    # Evenly spread within a kind: an outlier rule with a robust threshold must find only what was put in on purpose.
    rank = np.zeros(count, dtype=np.int64)
    for number in np.unique(kind):
        rank[kind == number] = np.arange(np.count_nonzero(kind == number))
    units["area"] = (units["capacity"] * (9.0 + 2.0 * ((rank * 0.618034) % 1.0)) * 10).round().astype(np.int64)
    school = _of_kind("main_level")[kind] == "general"
    units["shifts"] = np.where(school & (rng.random(count) < 0.15), 2, 1)
    units["computers"] = (units["learners"] * (0.04 + 0.12 * rng.random(count))).round().astype(np.int64)
    units["internet"] = rng.random(count) < np.where(units["rural"], 0.9, 0.985)
    units["accessible"] = rng.random(count) < 0.35
    units["forms_since"] = first - 2 + (rng.random(count) * 8).astype(np.int64)
    units["accredited"] = rng.random(count) < 0.95
    units["opened"] = fr.day(1950, 9, 1) + (rng.random(count) * 365 * 65).astype(np.int64)


def _fate(units: Frame, rng: np.random.Generator, first: int, last: int) -> None:
    """The year each institution ends in (``NEVER``), and its successor where it merged. Nothing ends in the first year."""
    count = len(units["kind"])
    units["ends"], units["successor"] = np.full(count, NEVER), np.full(count, -1)
    for year in range(first + 1, last + 1):
        for kinds, share, merges in ((_MERGEABLE, 0.02, True), (_CLOSABLE, 0.004, False)):
            alive = np.flatnonzero(np.isin(units["kind"], kinds) & (units["ends"] == NEVER) & (units["ownership"] == 1))
            ending = _sample(rng, alive, max(1, round(share * len(alive))))
            units["ends"][ending] = year
            if merges:
                for unit in ending:
                    units["successor"][unit] = _nearest(units, int(unit))
    units["ends"][(units["successor"] == -1) & np.isin(units["kind"], _MERGEABLE)] = NEVER


def _sample(rng: np.random.Generator, among: Array, size: int) -> Array:
    return among[np.argsort(rng.random(len(among)))[:size]]


def _nearest(units: Frame, unit: int) -> int:
    """The nearest secondary school in the order of districts, which is also the order of chunks."""
    schools = np.flatnonzero(np.isin(units["kind"], _RECEIVES) & (units["district"] == units["district"][unit]))
    return int(schools[np.argmin(np.abs(schools - unit))]) if len(schools) else -1


def unit_rows(units: Frame, year: int) -> Frame:
    """The register's columns as of 1 September of ``year``, still as numbers."""
    as_of = fr.day(year, 9, 1)
    count = len(units["kind"])
    ended = units["ends"] <= year
    merged = ended & (units["successor"] >= 0)
    # Accreditation runs five years and is always confirmed in time.
    expiry = fr.day(2015, 1, 1) + (np.arange(count) * 389) % 1825
    expiry = expiry + 1825 * -(-(as_of + 30 - expiry) // 1825)
    return {
        **units,
        "as_of": np.full(count, as_of),
        "district": districts_on(units["district"], as_of),
        "status": np.where(merged, 1, np.where(ended, 2, 0)),
        "closed": np.where(ended, fr.september(np.minimum(units["ends"], 2100)) - 62, NO_DATE),
        "accredited_until": np.where(units["accredited"], expiry, NO_DATE),
        "forms": units["forms_since"] <= year,
    }


def unit_table(row: Frame) -> pa.Table:
    """The register as an Arrow table, one row an institution, in layout order."""
    kind = row["kind"].astype(np.int64)
    number = number_of_unit(np.arange(len(kind)))
    merged = pa.array(row["status"] == 1)
    successor = pc.if_else(merged, fr.identifiers(number_of_unit(row["successor"]), 7), pa.scalar(None, pa.string()))
    return pa.table(
        {
            "institution": fr.identifiers(number, 7),
            "name": _names(row),
            "as_of": fr.dates(row["as_of"]),
            "type": fr.codes(kind, [k.code for k in KINDS]),
            "main_level": fr.codes(kind, [k.main_level for k in KINDS]),
            "district": fr.codes(row["district"], DISTRICTS),
            "settlement": fr.codes(row["rural"].astype(np.int8), ("urban", "rural")),
            "ownership": fr.codes(row["ownership"], OWNERSHIP),
            "subordination": fr.codes(row["subordination"], SUBORDINATION),
            "status": fr.codes(row["status"], STATUS),
            "opened": fr.dates(row["opened"]),
            "closed": fr.dates(row["closed"]),
            "successor": successor,
            "capacity": fr.integers(row["capacity"]),
            "floor_area": fr.decimals(row["area"], 1),
            "shifts": fr.integers(row["shifts"]),
            "computers": fr.integers(row["computers"]),
            "internet": fr.flags(row["internet"]),
            "accessible": fr.flags(row["accessible"]),
            "accredited_until": fr.dates(row["accredited_until"]),
            "electronic_forms": fr.flags(row["forms"]),
        }
    )


def number_of_unit(unit: Array) -> Array:
    """Register number of an institution; below a million, so that a spreadsheet can lose its leading zeros."""
    return 1_000 + 7 * unit


def _names(row: Frame) -> pa.Array:
    words = fr.codes(row["kind"], [kind.code.replace("-", " ").capitalize() for kind in KINDS])
    number = pa.array(np.arange(1, len(row["kind"]) + 1)).cast(pa.string())
    return pc.binary_join_element_wise(words, number, " No. ")
