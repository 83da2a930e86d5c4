"""A country of four areas and few people: its rows, its facts, and what a reader could make of those published."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pyarrow as pa

from sapa.indicators.derived import MADE_FROM_FACTS, derived_facts
from sapa.indicators.engines.duckdb import run
from sapa.indicators.facts import dimensions_of, latest
from sapa.indicators.planner import plan
from sapa.packs.loader import Pack, load_pack

PACK = load_pack(str(Path(__file__).parent / "packs" / "tiny"))
THRESHOLD, WIDTH = 4, 2
SEXES, AREAS, GRANTS = ("F", "M"), ("N1", "N2", "S1", "S2"), (True, False)

Kind = tuple[str, str, bool]
"""Sex, area, whether with a grant."""
KINDS: tuple[Kind, ...] = tuple(itertools.product(SEXES, AREAS, GRANTS))


def rows(people: Mapping[Kind, int], hours: int = 5) -> pa.Table:
    """So many rows of each kind of person."""
    out = []
    for kind in KINDS:
        sex, area, grant = kind
        for number in range(people.get(kind, 0)):
            name = f"{sex}{area}{grant}{number}"
            out.append({"school": "1", "person": name, "sex": sex, "area": area, "aided": grant, "hours": hours + number})
    types = {"school": pa.string(), "person": pa.string(), "sex": pa.string(), "area": pa.string()}
    schema = pa.schema([*types.items(), ("aided", pa.bool_()), ("hours", pa.int64())])
    return pa.Table.from_pylist(out, schema=schema)


def facts(people: Mapping[Kind, int], *, period: str = "2021", pack: Pack = PACK, before: Sequence[pa.Table] = ()) -> pa.Table:
    """Every fact of these people."""
    made = run(plan(pack, "people", None, period), rows(people), snapshot=f"s{period}", threads=1)
    items = [item for item in pack.indicators if item.kind in MADE_FROM_FACTS and item.id != "change"]
    items += [item for item in pack.indicators if item.id == "change" and before]
    table = latest([*before, made])
    return latest([made, derived_facts(items, table, period, snapshot=f"s{period}", provisional=False)])


Condition = Callable[[Kind], bool]
Told = tuple[Condition, int]
"""Whom a published number counts, and the number."""


def told_by(published: pa.Table, *, period: str = "2021") -> list[Told]:
    """The counts that a facts table tells a reader of it, read without anything of the engine."""
    out: list[Told] = []
    for row in published.to_pylist():
        if row["period"] != period or row["flag"] == "C":
            continue
        where = cell(row)
        if row["indicator"] in ("people", "women", "grants", "hours", "hours-median", "persons"):
            out.append((where, row["count"]))
        if row["indicator"] in ("women", "grants"):
            trait: Condition = (lambda kind: kind[0] == "F") if row["indicator"] == "women" else (lambda kind: kind[2])
            out.append((both(where, trait), round(row["numerator"])))
    return out


def both(one: Condition, other: Condition) -> Condition:
    return lambda kind: one(kind) and other(kind)


def cell(row: Mapping[str, Any]) -> Condition:
    """Whom a row of facts is about."""
    sex, zone, area = (row.get(name) for name in ("sex", "zone", "area"))
    return lambda kind: sex in (None, kind[0]) and zone in (None, kind[1][0]) and area in (None, kind[1])


def limits(told: Sequence[Told], group: Condition, most: int = 1000) -> tuple[int, int]:
    """The fewest and the most people a group can have in any population that agrees with all that is told.

    An integer programme over the people of each kind, which knows nothing of tables, sums or boxes.
    """
    out = []
    for sign in (1, -1):
        solver = highspy.Highs()
        solver.silent()
        for kind in KINDS:
            solver.addCol(float(sign * group(kind)), 0.0, float(most), 0, [], [])
        solver.changeColsIntegrality(len(KINDS), np.arange(len(KINDS)), np.full(len(KINDS), highspy.HighsVarType.kInteger))
        unique = {tuple(place for place, kind in enumerate(KINDS) if condition(kind)): number for condition, number in told}
        for members, number in unique.items():
            solver.addRow(float(number), float(number), len(members), list(members), [1.0] * len(members))
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        out.append(sign * round(solver.getInfo().objective_function_value))
    return out[0], out[1]


def small_groups(people: Mapping[Kind, int], table: pa.Table) -> list[tuple[str, Condition, int]]:
    """Every group that a table of all facts would tell of, or leave over, with fewer people than the threshold."""
    out = {}
    traits: dict[str, Condition] = {
        "all": lambda kind: True,
        "women": lambda kind: kind[0] == "F",
        "grants": lambda kind: kind[2],
    }
    traits |= {"men": lambda kind: kind[0] == "M", "no grant": lambda kind: not kind[2]}
    for row in table.to_pylist():
        name = ",".join(str(row[dimension]) for dimension in dimensions_of(table))
        for trait, condition in traits.items():
            group = both(cell(row), condition)
            size = sum(number for kind, number in people.items() if group(kind))
            if 0 < size < THRESHOLD:
                out[f"{name} {trait}"] = (f"{name} {trait}", group, size)
    return list(out.values())


def hidden(table: pa.Table) -> Counter[str]:
    """Number of hidden facts of each indicator."""
    return Counter(row["indicator"] for row in table.to_pylist() if row["flag"] == "C")
