"""Rounded tables add up, and no group below the threshold can be shown to be one. Proved over all populations."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.disclosure.country import KINDS, Condition, Kind, both, cell, facts, small_groups
from tests.disclosure.test_audit import ONE_SMALL
from tests.disclosure.test_protect import people
from tests.disclosure.test_releases import corrected, corrections, rows_of, size

from sapa.disclosure import attack, audit, protect
from sapa.errors import UserError
from sapa.packs.loader import load_pack

PACK = load_pack(str(Path(__file__).parent / "packs" / "rounded"))
BASE = 5

quick = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)  # fmt: skip

Ranges = list[tuple[Condition, int, int]]


def told(published: pa.Table, truth: pa.Table) -> Ranges:
    """What a reader knows who knows the method: each count is within the base of what is shown, a listed cell is not empty."""
    out: Ranges = []
    seen = set()
    for row in published.to_pylist():
        where, name = cell(row), tuple(row.get(key) for key in ("sex", "zone", "area"))
        seen.add(name)
        if row["flag"] == "C" or row["indicator"] not in ("people", "women", "grants", "persons"):
            continue
        out.append((where, max(1, row["count"] - BASE + 1), row["count"] + BASE - 1))
        if row["indicator"] in ("women", "grants"):
            trait: Condition = (lambda kind: kind[0] == "F") if row["indicator"] == "women" else (lambda kind: kind[2])
            out.append((both(where, trait), max(0, row["numerator"] - BASE + 1), row["numerator"] + BASE - 1))
    for row in truth.to_pylist():
        if tuple(row.get(key) for key in ("sex", "zone", "area")) not in seen:
            out.append((cell(row), 0, BASE - 1))
    return out


def limits(ranges: Ranges, group: Condition) -> tuple[int, int]:
    """The fewest and the most people of a group in any population that agrees with the ranges."""
    out = []
    for sign in (1, -1):
        solver = highspy.Highs()
        solver.silent()
        for kind in KINDS:
            solver.addCol(float(sign * group(kind)), 0.0, 1000.0, 0, [], [])
        solver.changeColsIntegrality(len(KINDS), np.arange(len(KINDS)), np.full(len(KINDS), highspy.HighsVarType.kInteger))
        for condition, low, high in ranges:
            members = [place for place, kind in enumerate(KINDS) if condition(kind)]
            solver.addRow(float(low), float(high), len(members), members, [1.0] * len(members))
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        out.append(sign * round(solver.getInfo().objective_function_value))
    return out[0], out[1]


def shown(published: pa.Table) -> dict[tuple[Any, ...], float]:
    """Numerators and counts by indicator and cell; a cell that is not listed is nothing."""
    out: dict[tuple[Any, ...], float] = defaultdict(float)
    for row in published.to_pylist():
        if row["flag"] != "C":
            name = (row["indicator"], row["sex"], row["zone"], row["area"])
            out[name], out["count of", *name] = row["numerator"] or 0.0, row["count"] or 0.0
    return out


@quick
@given(people)
def test_everything_is_a_multiple_and_adds_up(population: dict[Kind, int]) -> None:
    published = protect(facts(population, pack=PACK), PACK).facts
    numbers = shown(published)
    for row in published.to_pylist():
        if row["flag"] != "C" and row["indicator"] in ("people", "women", "grants"):
            assert row["count"] % BASE == 0
            assert row["numerator"] % BASE == 0
            assert abs(row["count"] - size(population, cell(row))) < BASE
    for name in ("people", "women", "grants"):
        assert numbers[name, None, None, None] == sum(numbers[name, sex, None, None] for sex in "FM")
        assert numbers[name, None, None, None] == sum(numbers[name, None, zone, None] for zone in "NS")
        for zone in "NS":
            assert numbers[name, None, zone, None] == sum(numbers[name, None, None, f"{zone}{part}"] for part in (1, 2))
            assert numbers[name, None, zone, None] == sum(numbers[name, sex, zone, None] for sex in "FM")


@quick
@given(people)
def test_no_small_group_is_shown_to_be_one(population: dict[Kind, int]) -> None:
    truth = facts(population, pack=PACK)
    published = protect(truth, PACK).facts
    ranges = told(published, truth)
    for name, group, number in small_groups(population, truth):
        low, high = limits(ranges, group)
        assert low <= number <= high, name
        assert low == 0 or high >= BASE, f"{name}: a reader knows that it is between {low} and {high}"
        assert high > low, name


@quick
@given(people)
def test_audit_and_attack_find_nothing(population: dict[Kind, int]) -> None:
    truth = facts(population, pack=PACK)
    published = protect(truth, PACK).facts
    assert audit(published, PACK, truth=truth).exposed == ()
    assert attack(published, PACK, truth=truth, queries=600).found == ()


def test_a_listed_cell_of_nobody_is_seen_by_the_audit() -> None:
    """Three women of N1 are rounded to nothing: were the row there, it would tell that there are some, and fewer than five."""
    truth = facts({**ONE_SMALL, ("F", "N1", True): 1, ("F", "N1", False): 1}, pack=PACK)
    published = protect(truth, PACK).facts
    assert rows_of(truth, indicator="people", sex="F", area="N1")
    assert not rows_of(published, sex="F", area="N1")
    (row,) = rows_of(truth, indicator="people", sex="F", area="N1")
    listed = pa.concat_tables(
        [published, pa.Table.from_pylist([row | {"count": 0, "numerator": 0.0, "value": 0.0}], schema=truth.schema)]
    )
    (told,) = (item for item in audit(listed, PACK, truth=truth).exposed if item.name == "people@2021[area=N1,sex=F]")
    assert (told.low, told.high) == (1, 4)


def test_percentages_and_what_is_made_of_them_come_from_rounded_counts() -> None:
    truth = facts(ONE_SMALL, pack=PACK)
    published = protect(truth, PACK).facts
    shares = [row for row in rows_of(published, indicator="grants") if row["value"] is not None]
    assert shares
    for row in shares:
        assert row["value"] == pytest.approx(100 * row["numerator"] / row["denominator"])
        (rest,) = rows_of(published, indicator="without", sex=row["sex"], zone=row["zone"], area=row["area"])
        assert rest["value"] == pytest.approx(100 - row["value"])
    for row in rows_of(published, indicator="hours"):
        assert row["flag"] == "C" or (row["denominator"] > BASE and len(f"{row['value']:g}".replace(".", "")) <= 3)


@quick
@given(people, corrections)
def test_what_has_not_changed_is_rounded_as_before(population: dict[Kind, int], changes: dict[Kind, int]) -> None:
    later = corrected(population, changes)
    first = protect(facts(population, pack=PACK), PACK).facts
    truth = facts(later, pack=PACK)
    done = protect(truth, PACK, released=[first])
    second = done.facts
    before = {(row["indicator"], row["sex"], row["zone"], row["area"]): row for row in first.to_pylist()}
    for row in rows_of(second, indicator="people"):
        old = before.get((row["indicator"], row["sex"], row["zone"], row["area"]))
        if old is not None and size(population, cell(row)) == size(later, cell(row)):
            assert row["count"] == old["count"] or done.report["rounded_further"]  # where nothing else adds up
    assert audit(second, PACK, truth=truth, released=[first]).exposed == ()


def test_a_base_below_the_threshold_is_refused(tmp_path: Path) -> None:
    for name in ("pack.yaml", "law.yaml"):
        text = (Path(__file__).parent / "packs" / "rounded" / name).read_text()
        (tmp_path / name).write_text(text.replace("base: 5", "base: 4"))
    with pytest.raises(UserError, match="base is at least the threshold"):
        load_pack(str(tmp_path))
