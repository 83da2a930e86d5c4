"""Several versions of the same tables: what a reader makes of all of them together, proved over all populations.

The strong reader knows how many persons each correction added or took away, of every kind: then two versions are two sets of sums
over one unknown population. The others have the newest version.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.disclosure.country import (
    KINDS,
    PACK,
    THRESHOLD,
    WIDTH,
    Condition,
    Kind,
    Told,
    cell,
    facts,
    limits,
    small_groups,
    told_by,
)
from tests.disclosure.test_audit import ONE_SMALL
from tests.disclosure.test_protect import people

from sapa.disclosure import attack, audit, protect

corrections = st.dictionaries(st.sampled_from(KINDS), st.sampled_from([-3, -1, 1, 2, 7]), min_size=1, max_size=3)


def corrected(population: dict[Kind, int], changes: dict[Kind, int]) -> dict[Kind, int]:
    return {kind: max(0, number + changes.get(kind, 0)) for kind, number in population.items()}


def moved(told: list[Told], by: dict[Kind, int]) -> list[Told]:
    """The numbers told of a population, as numbers of another that differs by so many of each kind."""
    return [(group, number - sum(change for kind, change in by.items() if group(kind))) for group, number in told]


def safe(bounds: tuple[int, int], less: int = 0) -> bool:
    low, high = bounds[0] + less, bounds[1] + less
    return high >= THRESHOLD and high - low >= WIDTH


def size(population: dict[Kind, int], group: Condition) -> int:
    return sum(number for kind, number in population.items() if group(kind))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
@given(people, corrections)
def test_a_late_correction_tells_nothing_of_small_groups(population: dict[Kind, int], changes: dict[Kind, int]) -> None:
    later = corrected(population, changes)
    change = {kind: later[kind] - population[kind] for kind in KINDS}
    first, second = facts(population), facts(later)
    published = protect(first, PACK).facts
    again = protect(second, PACK, released=[published])
    assert again.report["not_protectable"] == []
    before, now = told_by(published), told_by(again.facts)
    both = [*before, *moved(now, change)]
    for name, group, _ in small_groups(population, first):
        assert safe(limits(both, group)), f"{name}: the new version tells what the old one hid"
    for name, group, _ in small_groups(later, second):
        assert safe(limits(now, group)), f"{name}: told by the new version alone"
        grown = size(later, group) - size(population, group)
        if safe(limits(before, group), grown):
            assert safe(limits(both, group), grown), f"{name}: told by both versions together"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
@given(people, corrections)
def test_audit_and_attack_find_nothing_in_either_version(population: dict[Kind, int], changes: dict[Kind, int]) -> None:
    first, second = facts(population), facts(corrected(population, changes))
    published = protect(first, PACK).facts
    again = protect(second, PACK, released=[published]).facts
    assert audit(again, PACK, truth=second, released=[published]).exposed == ()
    earlier = audit(published, PACK, truth=first, released=[again])
    assert earlier.exposed == ()
    assert earlier.told_by_others == ()
    assert attack(again, PACK, truth=second, released=[published], queries=600).found == ()


def rows_of(table: pa.Table, **asked: Any) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if all(row[name] == value for name, value in asked.items())]


GROWN = {**ONE_SMALL, ("F", "N1", True): 9, ("F", "N1", False): 9}


def test_a_group_that_has_grown_stays_hidden() -> None:
    """Three women became eighteen; told now, the change of the total (public) would tell the three."""
    first, second = facts(ONE_SMALL), facts(GROWN)
    published = protect(first, PACK).facts
    (row,) = rows_of(protect(second, PACK, released=[published]).facts, indicator="people", sex="F", area="N1")
    assert row["flag"] == "C"
    (free,) = rows_of(protect(second, PACK).facts, indicator="people", sex="F", area="N1")
    assert free["value"] == 18
    careless, careful = protect(second, PACK).facts, protect(second, PACK, released=[published]).facts
    told = audit(published, PACK, truth=first, released=[careless]).told_by_others
    assert "people@2021[area=N1,sex=F]" in {item.name for item in told}, "the audit sees what carelessness would cost"
    assert audit(published, PACK, truth=first, released=[careful]).told_by_others == ()


def test_a_group_that_has_shrunk_is_hidden_from_those_who_do_not_know_the_correction() -> None:
    first, second = facts(GROWN), facts(ONE_SMALL)
    published = protect(first, PACK).facts
    again = protect(second, PACK, released=[published])
    assert rows_of(again.facts, indicator="people", sex="F", area="N1")[0]["flag"] == "C"
    assert any("area=N1,sex=F" in name for name in again.report["exposed_before"])
    assert again.report["not_protectable"] == []
    found = audit(again.facts, PACK, truth=second, released=[published])
    assert found.exposed == ()
    assert any(item.before for item in found.intervals)


def test_the_same_figures_are_published_the_same_way() -> None:
    table = facts(ONE_SMALL)
    first = protect(table, PACK).facts
    assert protect(table, PACK, released=[first]).facts.equals(first)


@pytest.mark.parametrize("period", ["2021"])
def test_a_new_cut_does_not_tell_what_was_hidden(period: str) -> None:
    """The first version had no cut by area; the second has it, and the rows that were hidden have changed."""
    first, second = facts(ONE_SMALL, period=period), facts(GROWN, period=period)
    published = protect(first, PACK).facts
    whole = pa.Table.from_pylist(
        [row for row in published.to_pylist() if row["area"] is None or row["sex"] is not None], schema=published.schema
    )
    again = protect(second, PACK, released=[whole]).facts
    change = {kind: GROWN.get(kind, 0) - ONE_SMALL.get(kind, 0) for kind in KINDS}
    both = [*told_by(whole), *moved(told_by(again), change)]
    hidden = [cell(row) for row in rows_of(whole, indicator="people", flag="C")]
    small = [group for group in hidden if 0 < size(ONE_SMALL, group) < THRESHOLD]
    assert small
    assert all(safe(limits(both, group)) for group in small)
