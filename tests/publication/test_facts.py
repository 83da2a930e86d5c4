"""Facts are read from several files of different dimensions; a suppressed one shows nothing."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.publication.generate import table

from sapa.errors import EngineError, UserError
from sapa.publication.facts import fact_id, marks_of, read_facts


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> Path:
    path = folder / name
    pq.write_table(table(rows), path)
    return path


def row(**values: object) -> dict[str, object]:
    return {"snapshot": "s", "flag": "", **values}


def test_files_with_different_dimensions_are_read_together(tmp_path: Path) -> None:
    write(tmp_path, "a.parquet", [row(indicator="a", period="2020", region="R1", value=1.0)])
    write(tmp_path, "b.parquet", [row(indicator="b", period="2020", sex="F", value=2.0)])
    store = read_facts(tmp_path, {"a": {frozenset({"region"})}, "b": {frozenset({"sex"})}})
    assert store.get("a", "2020", [("region", "R1")]).value == 1.0
    assert store.get("b", "2020", [("sex", "F")]).value == 2.0


def test_only_wanted_indicators_and_cuts_are_kept_and_totals_always(tmp_path: Path) -> None:
    rows = [row(indicator="a", period="2020", value=3.0), row(indicator="a", period="2020", region="R1", value=1.0)]
    rows += [row(indicator="a", period="2020", region="R1", sex="F", value=1.0), row(indicator="c", period="2020", value=9.0)]
    store = read_facts(write(tmp_path, "a.parquet", rows), {"a": {frozenset({"region"})}})
    assert sorted(fact.id for fact in store) == ["a@2020", "a@2020[region=R1]"]


def test_a_suppressed_fact_carries_no_figure_even_where_the_file_does(tmp_path: Path) -> None:
    rows = [row(indicator="a", period="2020", value=3.0, numerator=3.0, denominator=4.0, count=3, flag="x")]
    fact = read_facts(write(tmp_path, "a.parquet", rows), {"a": set()}).get("a", "2020")
    assert (fact.value, fact.numerator, fact.denominator, fact.count) == (None, None, None, None)


def test_an_unknown_flag_is_an_error_not_a_number() -> None:
    assert marks_of("P x") == {"provisional", "suppressed"}
    with pytest.raises(EngineError, match="unknown flag 'q'"):
        marks_of("q")


def test_fact_ids_sort_dimensions_and_escape_what_they_use_themselves() -> None:
    assert fact_id("a", "2020") == "a@2020"
    assert fact_id("a", "2020", (("sex", "F"), ("region", "R,5]"))) == "a@2020[region=R%2C5%5D,sex=F]"


def test_missing_and_foreign_files_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="sapa compute"):
        read_facts(tmp_path / "none.parquet", {})
    with pytest.raises(UserError, match="sapa compute"):
        read_facts(tmp_path, {})
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(UserError, match="not a facts file"):
        read_facts(tmp_path, {})


def test_of_two_snapshots_the_later_ones_fact_is_shown(tmp_path: Path) -> None:
    """The rate of 2019 was missing in the files of 2019 and is complete in those of 2020, in whatever order files are given."""
    waiting = row(indicator="a", period="2019", value=None, flag="M")
    complete = [row(indicator="a", period="2019", value=4.0), row(indicator="a", period="2020", value=None, flag="M")]
    old = write(tmp_path, "z.parquet", [{**waiting, "snapshot": "z"}])
    new = write(tmp_path, "a.parquet", [{**item, "snapshot": "a"} for item in complete])
    for given in ([old, new], [new, old]):
        fact = read_facts(given, {"a": set()}).get("a", "2019")
        assert (fact.value, fact.marks) == (4.0, frozenset())
