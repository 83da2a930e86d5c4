"""Validity in time: one rule for years and the periods inside them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.packs.base import holds
from sapa.packs.checks import overlap

HALVES = [f"{year}-H{half}" for year in range(2017, 2024) for half in (1, 2)]
bounds = st.none() | st.sampled_from([*HALVES, *sorted({half[:4] for half in HALVES})])


def span(start, end):
    """The half-years of a span, told by hand: a year as a bound takes in both of its halves."""
    first = 0 if start is None else HALVES.index(start if "-" in start else f"{start}-H1")
    last = len(HALVES) - 1 if end is None else HALVES.index(end if "-" in end else f"{end}-H2")
    return set(HALVES[first : last + 1])


@given(bounds, bounds, st.sampled_from(HALVES))
def test_holds_as_counted_by_hand(start, end, period):
    assert holds(start, end, period) == (period in span(start, end))


@given(bounds, bounds, st.sampled_from(sorted({half[:4] for half in HALVES})))
def test_a_year_holds_where_one_of_its_halves_does(start, end, year):
    inside = {f"{year}-H1", f"{year}-H2"} & span(start, end)
    if span(start, end):
        assert holds(start, end, year) == bool(inside)


@given(bounds, bounds, bounds, bounds)
def test_two_versions_overlap_as_counted_by_hand(a_from, a_to, b_from, b_to):
    if span(a_from, a_to) and span(b_from, b_to):
        a, b = SimpleNamespace(valid_from=a_from, valid_to=a_to), SimpleNamespace(valid_from=b_from, valid_to=b_to)
        assert overlap(a, b) == bool(span(a_from, a_to) & span(b_from, b_to))
        assert overlap(a, b) == overlap(b, a)


@pytest.mark.parametrize(("end", "open_ended"), [(None, True), ("2020", False)])
def test_without_a_period_the_version_without_an_end_is_asked_for(end, open_ended):
    assert holds("2019", end, None) is open_ended
