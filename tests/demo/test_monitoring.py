"""Internal monitoring of the made-up country's schools: lawful rows, and every indicator of the table proved a second way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.demo.monitoring_proof import TABLE, frames

from sapa.datasets import schema
from sapa.datasets.verify import verify
from sapa.demo import Country, generate, internal_monitoring, write_monitoring
from sapa.indicators import compute
from sapa.indicators.facts import dimensions_of
from sapa.packs.loader import Pack, load_pack

PERIOD = "2023"


@pytest.fixture(scope="module")
def pack(root: Path) -> Pack:
    return load_pack(str(root / "packs/ru-soko"))


@pytest.fixture(scope="module")
def country() -> Country:
    return generate("small", periods=(PERIOD,), defects=0)


@pytest.fixture(scope="module")
def tables(country: Country) -> dict[str, pa.Table]:
    return internal_monitoring(country, PERIOD)


def computed(pack: Pack, tables: dict[str, pa.Table], folder: Path) -> dict[tuple[str, str | None], dict[str, Any]]:
    """Facts of the whole and of each school: (indicator, school) → fact."""
    report = compute(pack, "", folder, period=PERIOD, snapshot_id="s", sources=tables)
    out = {}
    for path in report.files:
        facts = pq.read_table(path)
        for name in dimensions_of(facts):
            facts = facts if name == "school" else facts.filter(pc.is_null(facts[name]))
        out.update({(fact["indicator"], fact.get("school")): fact for fact in facts.to_pylist()})
    return out


def test_the_same_country_gives_the_same_tables_and_is_left_as_it_was(country: Country, tables: dict[str, pa.Table]) -> None:
    again = internal_monitoring(generate("small", periods=(PERIOD,), defects=0), PERIOD)
    assert again.keys() == tables.keys()
    assert all(table.equals(tables[name]) for name, table in again.items())
    other = internal_monitoring(generate("small", seed=7, periods=(PERIOD,), defects=0), PERIOD)
    assert not other["marks"].equals(tables["marks"])


def test_rows_have_the_layouts_and_break_no_rule(pack: Pack, tables: dict[str, pa.Table]) -> None:
    assert set(tables) == {item.element.id for item in pack.placed if item.section == "datasets"}
    for name, table in tables.items():
        dataset = pack.dataset(name, PERIOD)
        types = {field.name: field.type for field in schema(dataset, PERIOD)}
        assert {column: table.schema.field(column).type for column in table.column_names}.items() <= types.items()
        for column in set(types) - set(table.column_names):
            table = table.append_column(column, pa.nulls(table.num_rows, types[column]))
        found = verify(table, dataset, pack, PERIOD, others={"learners": tables["learners"]})
        assert found.table.to_pylist() == [], name


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_mistakes_of_the_country_stop_nothing_and_are_few_here(pack: Pack, seed: int) -> None:
    tables = internal_monitoring(generate("small", seed=seed, periods=(PERIOD,)), PERIOD)
    for name in ("learners", "parents", "workload", "staff", "conditions"):
        found = verify(tables[name], pack.dataset(name, PERIOD), pack, PERIOD)
        assert found.table.num_rows <= 0.01 * tables[name].num_rows + 5, name


def test_a_school_that_is_asked_for_alone_gives_rows_of_itself_only(country: Country, tables: dict[str, pa.Table]) -> None:
    school = tables["exams"]["institution"][0].as_py()
    mine = internal_monitoring(country, PERIOD, [school])
    assert {name for table in mine.values() for name in table["institution"].to_pylist()} == {school}
    assert mine["learners"].num_rows == pc.sum(pc.equal(tables["learners"]["institution"], school)).as_py()


def test_files_are_named_after_their_data_sets(tables: dict[str, pa.Table], tmp_path: Path) -> None:
    paths = write_monitoring(tables, tmp_path, PERIOD)
    assert [path.name for path in paths] == [f"{name}-{PERIOD}.parquet" for name in tables]
    assert all(pq.read_table(path).equals(table) for path, table in zip(paths, tables.values(), strict=True))


def test_the_table_has_a_second_computation_for_each_of_the_thirty_three(pack: Pack) -> None:
    assert list(TABLE) == [sign.figures[0] for criterion in pack.criteria for sign in criterion.signs]
    assert len(TABLE) == 33


def test_every_indicator_of_every_school_equals_an_independent_computation(
    pack: Pack, tables: dict[str, pa.Table], tmp_path: Path
) -> None:
    ours = computed(pack, tables, tmp_path)
    schools = sorted(set(tables["learners"]["institution"].to_pylist()))
    assert len(schools) > 40
    compared = 0
    for school in (None, *schools):
        mine = frames(tables, school)
        for name, again in TABLE.items():
            compared += _compare(ours.get((name, school)), again(mine), (name, school))
    assert compared > 33 * 35, "a figure that most schools lack proves little"


def _compare(fact: dict[str, Any] | None, wanted: tuple[float | None, ...], what: Any) -> int:
    """1 where there is a figure and both agree, 0 where there is none and both say so."""
    if fact is None or fact["value"] is None:
        assert wanted[2] is None or (what[1] is not None and wanted[0] == 0), (what, wanted)
        return 0
    found = [fact[name] for name in ("numerator", "denominator", "value")]
    assert found == pytest.approx(list(wanted), rel=1e-12), what
    return 1


def test_one_school_alone_has_the_figures_it_has_among_all(pack: Pack, tables: dict[str, pa.Table], tmp_path: Path) -> None:
    school = tables["exams"].filter(pc.equal(tables["exams"]["exam"], "secondary-final"))["institution"][0].as_py()
    own = {name: table.filter(pc.equal(table["institution"], school)) for name, table in tables.items()}
    alone, among = computed(pack, own, tmp_path / "one"), computed(pack, tables, tmp_path / "all")
    known = [name for name in TABLE if (name, school) in among]
    assert len(known) == 33
    for name in known:
        for part in ("numerator", "denominator", "value", "count"):
            assert alone[name, None][part] == alone[name, school][part] == among[name, school][part], (name, part)
