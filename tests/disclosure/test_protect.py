"""Whatever a reader can do with what is published: no group below the threshold is found out. Proved over all populations."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.disclosure.country import (
    KINDS,
    PACK,
    THRESHOLD,
    WIDTH,
    Kind,
    facts,
    limits,
    small_groups,
    told_by,
)

from sapa.disclosure import protect

people = st.fixed_dictionaries({kind: st.sampled_from([0, 0, 1, 2, 3, 5, 9, 14]) for kind in KINDS})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(people)
def test_no_small_group_is_found_out(population: dict[Kind, int]) -> None:
    table = facts(population)
    published = protect(table, PACK).facts
    told = told_by(published)
    for name, group, size in small_groups(population, table):
        low, high = limits(told, group)
        assert low <= size <= high, name
        assert high >= THRESHOLD, f"{name}: a reader knows that it is below the threshold ({low} to {high}, truly {size})"
        assert high - low >= WIDTH, f"{name}: located between {low} and {high}"
