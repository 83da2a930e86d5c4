"""Random questions find what suppression leaves open, and find nothing after protection; the same seed asks the same."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from tests.disclosure.country import PACK, Kind, facts, small_groups
from tests.disclosure.test_audit import ONE_SMALL, without
from tests.disclosure.test_protect import people

from sapa.disclosure import attack, protect


def test_what_is_not_hidden_is_found() -> None:
    table = facts(ONE_SMALL)
    found = attack(table, PACK, truth=table, queries=2000)
    assert len(found.found) >= len(small_groups(ONE_SMALL, table))
    assert sum(found.asked.values()) == found.queries == 2000


def test_a_cell_hidden_alone_is_found_by_differencing() -> None:
    table = facts(ONE_SMALL)
    open_again = without(table, hide={"sex": "F", "area": "N1"})
    found = {item.name: item for item in attack(open_again, PACK, truth=table, queries=2000).found}
    alone = found["count of people@2021[area=N1,sex=F]"]
    assert (alone.low, alone.truth, alone.high) == (3, 3, 3)


def test_what_a_growth_tells_of_the_year_before_is_found() -> None:
    """The earlier year is hidden, the growth of this one is forgotten."""
    before = facts({**ONE_SMALL, ("F", "N1", True): 3, ("F", "N1", False): 0})
    grown = facts({**ONE_SMALL, ("F", "N1", True): 9, ("F", "N1", False): 9}, period="2022", before=[before])
    both = pa.concat_tables([before, grown])
    closed = protect(both, PACK).facts.to_pylist()
    truth = both.to_pylist()
    for number, row in enumerate(closed):
        if row["indicator"] == "change":
            closed[number] = truth[number]
    found = attack(pa.Table.from_pylist(closed, schema=both.schema), PACK, truth=both, queries=4000)
    assert "made from others" in {item.how for item in found.found}
    assert not attack(protect(both, PACK).facts, PACK, truth=both, queries=4000).found


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(people)
def test_nothing_is_found_after_protection(population: dict[Kind, int]) -> None:
    table = facts(population)
    assert attack(protect(table, PACK).facts, PACK, truth=table, queries=1000).found == ()


def test_the_same_seed_asks_the_same_in_every_process() -> None:
    """Hashes of texts differ from process to process; the questions must not."""
    code = (
        "from tests.disclosure.country import PACK, facts\n"
        "from tests.disclosure.test_audit import ONE_SMALL, without\n"
        "from sapa.disclosure import attack\n"
        "table = facts(ONE_SMALL)\n"
        "shown = without(table, hide={'sex': 'F'})\n"
        "for seed in (1, 2): print(attack(shown, PACK, truth=table, queries=60, seed=seed).as_json())\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        ).stdout.splitlines()
        for seed in ("0", "1")
    ]  # fmt: skip
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[0][1]
