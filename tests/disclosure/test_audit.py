"""The attacker finds what suppression leaves open, and finds nothing after protection."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from tests.disclosure.country import PACK, Kind, facts, limits, told_by
from tests.disclosure.test_protect import people

from sapa.disclosure import audit, protect

ONE_SMALL = {(sex, area, grant): 9 for sex in "FM" for area in ("N1", "N2", "S1", "S2") for grant in (True, False)}
ONE_SMALL |= {("F", "N1", True): 1, ("F", "N1", False): 2}


def without(table: pa.Table, *, hide: dict[str, str]) -> pa.Table:
    """The table with the rows of one cell hidden, and nothing else."""
    out = []
    for row in table.to_pylist():
        if all(row[name] == code for name, code in hide.items()):
            row |= {"numerator": None, "denominator": None, "value": None, "count": None, "flag": "C"}
        out.append(row)
    return pa.Table.from_pylist(out, schema=table.schema)


def test_a_cell_hidden_alone_is_found_out_by_subtraction() -> None:
    table = facts(ONE_SMALL)
    found = audit(without(table, hide={"sex": "F", "area": "N1"}), PACK, truth=table)
    alone = next(item for item in found.exposed if item.name == "people@2021[area=N1,sex=F]")
    assert (alone.low, alone.high, alone.truth) == (3, 3, 3)


def test_what_is_not_hidden_is_exposed() -> None:
    table = facts(ONE_SMALL)
    assert audit(table, PACK, truth=table).exposed


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(people)
def test_nothing_is_exposed_after_protection(population: dict[Kind, int]) -> None:
    table = facts(population)
    found = audit(protect(table, PACK).facts, PACK, truth=table)
    assert found.exposed == ()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(people)
def test_the_quick_audit_exposes_just_what_the_exact_one_does(population: dict[Kind, int]) -> None:
    table = facts(population)
    half = without(protect(table, PACK).facts, hide={"sex": "F"})
    shown = pa.concat_tables([half.slice(0, half.num_rows // 2), table.slice(half.num_rows // 2)])
    exact, quick = (audit(shown, PACK, truth=table, exact=way) for way in (True, False))
    for one, other in zip(exact.intervals, quick.intervals, strict=True):
        assert (one.name, one.exposed) == (other.name, other.exposed)
        assert one.low <= other.low <= other.high <= one.high


def test_what_an_earlier_release_hid_stays_hidden() -> None:
    table = facts(ONE_SMALL)
    first = protect(table, PACK).facts
    grown = facts({**ONE_SMALL, ("F", "N1", True): 9})
    second = protect(grown, PACK, released=[first]).facts
    before = {
        tuple(row[name] for name in ("indicator", "sex", "zone", "area")) for row in first.to_pylist() if row["flag"] == "C"
    }
    after = {
        tuple(row[name] for name in ("indicator", "sex", "zone", "area")) for row in second.to_pylist() if row["flag"] == "C"
    }
    assert before <= after


def test_persons_that_are_not_told_leave_the_rows_behind_them_open() -> None:
    """No sum connects numbers of different persons with numbers of rows; hidden, they are open to the reader all the same."""
    population = {(sex, area, grant): 9 for sex in "FM" for area in ("N1", "N2", "S1", "S2") for grant in (True, False)}
    population |= {("M", "N1", True): 1, ("M", "N1", False): 0}
    rows = facts(population).to_pylist()
    told = [row for row in rows if row["indicator"] == "people" or (row["indicator"] == "persons" and row["sex"] is None)]
    table = pa.Table.from_pylist(told, schema=facts(population).schema)
    men = without(without(table, hide={"sex": "M", "area": "N1"}), hide={"sex": "M", "area": "N2"})
    published = without(without(men, hide={"sex": None, "area": "N1"}), hide={"sex": None, "area": "N2"})
    for exact in (True, False):
        (small,) = audit(published, PACK, truth=table, exact=exact).intervals
        assert (small.truth, small.low, small.high, small.exposed) == (1, 1, 18, False)
    assert limits(told_by(published), lambda kind: kind[:2] == ("M", "N1")) == (0, 19)
