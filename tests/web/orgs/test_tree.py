"""The tree in time: verbs, their effect on later versions, corrections, and the tables that repeat what holds today."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sapa.errors import UserError
from sapa_web.common import clock
from sapa_web.common.domain import ledger
from sapa_web.orgs.domain import tree
from sapa_web.orgs.domain.tree import Entry, Facts
from sapa_web.orgs.models import Closure, Organisation, OrganisationLevel, OrganisationVersion
from tests.web import cast

TODAY = cast.DAY.date()
SUMMER = date(2024, 6, 1)


def org(code: str) -> Organisation:
    return cast.organisation(code)


def lives(code: str) -> list[tuple[str, str, str]]:
    return [(item.valid_from.isoformat(), str(item.valid_to or ""), item.name) for item in tree.timeline(org(code))]


def test_a_rename_dated_before_a_move_carries_on_into_it(people: cast.Cast) -> None:
    school = org(cast.SCHOOL)
    tree.change(people.administrator, school, date(2024, 9, 1), "moved", parent="R1-02", basis="Order 2")
    tree.change(people.administrator, school, SUMMER, "renamed", name="Lyceum", basis="Order 1")
    line = tree.timeline(school)
    assert [(item.name, item.parent.code) for item in line] == [
        ("Noram school No 1", "R1-01"), ("Lyceum", "R1-01"), ("Lyceum", "R1-02")]  # fmt: skip
    assert org(cast.SCHOOL).name == "Lyceum"
    tree.change(people.administrator, school, date(2020, 1, 1), "renamed", name="Gymnasium")
    assert [item.name for item in tree.timeline(school)] == ["Noram school No 1", "Gymnasium", "Lyceum", "Lyceum"]


def test_attributes_carry_on_one_by_one(people: cast.Cast) -> None:
    school = org(cast.SCHOOL)
    was = tree.facts_of(tree.timeline(school)[0]).attributes
    tree.change(people.administrator, school, SUMMER, "changed", attributes={**was, "capacity": "500"})
    tree.change(
        people.administrator, school, date(2020, 1, 1), "changed", attributes={**was, "capacity": "450", "settlement": "rural"}
    )
    held = org(cast.SCHOOL).attributes
    assert (held["capacity"], held["settlement"]) == ("500", "rural")


def test_closing_needs_an_empty_node_and_voids_what_was_to_come(people: cast.Cast) -> None:
    with pytest.raises(UserError, match="3 organisations hang on R1-01"):
        tree.close(people.administrator, org("R1-01"), SUMMER)
    school = org(cast.SCHOOL)
    tree.change(people.administrator, school, date(2024, 9, 1), "renamed", name="Never")
    tree.close(people.administrator, school, SUMMER, basis="Order 3", successor=org(cast.SIBLING))
    (last,) = tree.timeline(school)
    assert (last.ending, last.end_basis, last.successor.code, last.valid_to) == ("merged", "Order 3", cast.SIBLING, SUMMER)
    assert not org(cast.SCHOOL).is_open
    above = Closure.objects.filter(descendant=school).values_list("ancestor__code", flat=True)
    assert set(above) == {cast.SCHOOL, "R1-01", "R1", "REP"}, "a closed school stays in its officers' reach"
    assert OrganisationVersion.objects.filter(organisation=school, name="Never").exclude(superseded_at=None).exists()


def test_reopening_begins_another_life(people: cast.Cast) -> None:
    school = org(cast.SCHOOL)
    tree.close(people.administrator, school, SUMMER)
    with pytest.raises(UserError, match="not closed"):
        tree.reopen(people.administrator, school, date(2024, 5, 1))
    tree.reopen(people.administrator, school, date(2024, 9, 1), name="New school")
    assert [life[:2] for life in lives(cast.SCHOOL)] == [("2015-09-01", "2024-06-01"), ("2024-09-01", "")]
    assert org(cast.SCHOOL).name == "New school"
    assert tree.version_on(school, date(2024, 7, 1)) is None


def test_a_correction_keeps_what_was_believed_before(people: cast.Cast) -> None:
    school = org(cast.SCHOOL)
    tree.change(people.administrator, school, SUMMER, "renamed", name="Lycium")
    with clock.standing_at(cast.DAY + timedelta(days=2)):
        wrong = tree.timeline(school)[1]
        tree.correct(people.administrator, wrong, basis="misspelt", name="Lyceum", valid_from=date(2024, 7, 1))
    assert lives(cast.SCHOOL) == [("2015-09-01", "2024-07-01", "Noram school No 1"), ("2024-07-01", "", "Lyceum")]
    believed = tree.version_on(school, date(2024, 6, 15), known_at=cast.DAY + timedelta(days=1))
    assert believed is not None
    assert believed.name == "Lycium"
    with pytest.raises(UserError, match="corrected already"):
        tree.correct(people.administrator, wrong, basis="again", name="X")
    assert not list(ledger.faults())


def test_a_closing_recorded_in_error_is_taken_back(people: cast.Cast) -> None:
    school = org(cast.SCHOOL)
    tree.close(people.administrator, school, SUMMER, basis="Order 9")
    tree.correct(people.administrator, tree.timeline(school)[0], basis="wrong school", valid_to=None)
    assert lives(cast.SCHOOL) == [("2015-09-01", "", "Noram school No 1")]
    assert tree.timeline(school)[0].ending == ""
    assert org(cast.SCHOOL).is_open


def test_a_correction_keeps_to_its_neighbours(people: cast.Cast) -> None:
    school = org(cast.SCHOOL)
    tree.change(people.administrator, school, SUMMER, "renamed", name="B")
    first, second = tree.timeline(school)
    with pytest.raises(UserError, match="another version holds"):
        tree.correct(people.administrator, second, basis="x", valid_from=date(2015, 9, 1))
    with pytest.raises(UserError, match="follows"):
        tree.correct(people.administrator, first, basis="x", valid_to=None)
    with pytest.raises(UserError, match="before it begins"):
        tree.correct(people.administrator, second, basis="x", valid_to=date(2024, 5, 1))


def test_no_circles_now_or_later(people: cast.Cast) -> None:
    with pytest.raises(UserError, match="lies below"):
        tree.change(people.administrator, org("R1"), TODAY, "moved", parent="R1-01")
    tree.change(people.administrator, org("R1-02"), date(2025, 1, 1), "moved", parent="R1-01")
    with pytest.raises(UserError, match="lies below"):
        tree.change(people.administrator, org("R1-01"), TODAY, "moved", parent="R1-02")


def test_a_parent_must_be_open_on_the_day(people: cast.Cast) -> None:
    tree.open_many("system:test", [Entry("R1-09", Facts("Late district", "R1"), is_institution=False)], TODAY)
    with pytest.raises(UserError, match="R1-09 is not open on 2024-06-01"):
        tree.change(people.administrator, org(cast.SCHOOL), SUMMER, "moved", parent="R1-09")


CODES = ["REP", "R1", "R2", "R1-01", "R1-02", "R2-01", cast.SCHOOL, cast.SIBLING, cast.KINDERGARTEN, cast.COLLEGE]
DAYS = st.dates(date(2015, 9, 1), date(2025, 12, 31))
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["rename", "move", "levels", "close", "merge", "reopen", "correct", "shift"]),
        st.sampled_from(CODES), st.sampled_from(CODES), DAYS,
    ),
    min_size=1, max_size=12,
)  # fmt: skip


def act(verb: str, code: str, other: str, day: date) -> None:
    unit = org(code)
    line = tree.timeline(unit)
    calls: dict[str, Any] = {
        "rename": lambda: tree.change("system:test", unit, day, "renamed", name=f"Name {day}"),
        "move": lambda: tree.change("system:test", unit, day, "moved", parent=other),
        "levels": lambda: tree.change("system:test", unit, day, "changed", levels=("general", other)),
        "close": lambda: tree.close("system:test", unit, day),
        "merge": lambda: tree.merge("system:test", [unit], org(other), day),
        "reopen": lambda: tree.reopen("system:test", unit, day),
        "correct": lambda: tree.correct("system:test", line[0], basis="x", name=f"Right {day}", parent=other),
        "shift": lambda: tree.correct("system:test", line[-1], basis="x", valid_from=day),
    }
    with suppress(UserError):
        calls[verb]()


def current() -> tuple[Any, Any, Any]:
    rows = Organisation.objects.unscoped("test").order_by("pk")
    return (
        sorted(Closure.objects.values_list("ancestor__code", "descendant__code", "depth")),
        sorted(OrganisationLevel.objects.values_list("organisation__code", "level")),
        list(rows.values_list("code", "name", "parent__code", "is_open", "kind")),
    )


@given(ACTS)
@example(
    [("close", cast.SCHOOL, "REP", date(2024, 1, 1)), ("move", "R1-01", "R2", SUMMER), ("reopen", cast.SCHOOL, "REP", TODAY)]
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_holds_today_is_the_same_written_anew_or_step_by_step(
    people: cast.Cast, acts: list[tuple[str, str, str, date]]
) -> None:
    with transaction.atomic():
        for item in acts:
            act(*item)
        stepwise = current()
        tree.refresh()
        assert stepwise == current()
        for code in CODES:
            line = tree.timeline(org(code))
            assert all(a.valid_to is not None and a.valid_to <= b.valid_from for a, b in pairwise(line))
            assert all(item.valid_to is None or item.valid_to > item.valid_from for item in line)
        transaction.set_rollback(True)


@pytest.mark.slow
def test_one_change_among_seven_thousand_asks_as_much_as_among_seven(people: cast.Cast) -> None:
    districts = [Entry(f"D{n}", Facts(f"District {n}", "R2"), is_institution=False) for n in range(120)]
    schools = [Entry(f"S{n:05}", Facts(f"School {n}", f"D{n % 120}", levels=("general",))) for n in range(7000)]
    tree.open_many("system:test", districts + schools, cast.SINCE)
    for call in (
        lambda: tree.change("system:test", org("S00007"), SUMMER, "moved", parent="D3"),
        lambda: tree.change("system:test", org("D5"), SUMMER, "moved", parent="R1"),
        lambda: tree.close("system:test", org("S00100"), SUMMER),
    ):
        with CaptureQueriesContext(connection) as asked:
            call()
        assert len(asked) < 40, [item["sql"][:80] for item in asked]


def test_the_tree_as_it_was_believed(people: cast.Cast) -> None:
    later = datetime(2024, 10, 1, tzinfo=UTC)
    with clock.standing_at(later):
        tree.change(people.administrator, org(cast.SCHOOL), SUMMER, "moved", parent="R2-01")
    now_known = tree.valid_versions(date(2024, 7, 1)).get(organisation__code=cast.SCHOOL)
    then_known = tree.valid_versions(date(2024, 7, 1), cast.DAY).get(organisation__code=cast.SCHOOL)
    assert (now_known.parent.code, then_known.parent.code) == ("R2-01", "R1-01")
