"""The made-up country: the same for the same seed, plausible, lawful but for the mistakes in its ledger, and of any size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapa.datasets import schema
from sapa.datasets.verify import verify
from sapa.demo import Country, generate, stream, write_parquet
from sapa.demo.territory import DISTRICTS, REGIONS
from sapa.errors import UserError
from sapa.packs.check import check_pack
from sapa.packs.loader import Pack

DATASETS = ("institutions", "learners", "staff")
PERIODS = ("2021", "2022", "2023")


@pytest.fixture(scope="module")
def pack(root: Path) -> Pack:
    found, findings = check_pack(root / "packs/demo")
    assert found is not None
    assert findings == []
    return found


@pytest.fixture(scope="module")
def clean() -> Country:
    return generate("small", defects=0)


def frame(country: Country, dataset: str, period: str) -> pl.DataFrame:
    made = pl.from_arrow(country.tables[dataset, period])
    assert isinstance(made, pl.DataFrame)
    return made


def found(country: Country, pack: Pack, dataset: str, period: str) -> set[tuple[str, str, str]]:
    """(rule, unit, person) of every finding of a period, the register and the period before at hand."""
    table = country.tables[dataset, period]
    before = str(int(period) - 1)
    findings = verify(
        table,
        pack.dataset(dataset, period),
        pack,
        period,
        previous=country.tables.get((dataset, before)),
        others={"institutions": country.tables["institutions", period]},
    )
    people = table["person"].to_pylist() if "person" in table.column_names else []
    rows = findings.table.to_pylist()
    return {(row["rule"], row["unit"], people[row["row"] - 1] if people and row["row"] else "") for row in rows}


def test_same_seed_same_country() -> None:
    one, two, other = (generate("small", seed=seed) for seed in (5, 5, 6))
    assert one.tables.keys() == two.tables.keys()
    assert all(table.equals(two.tables[key]) for key, table in one.tables.items())
    assert one.defects == two.defects
    assert not one.tables["learners", "2021"].equals(other.tables["learners", "2021"])


def test_size_is_as_asked(clean: Country) -> None:
    assert len(clean.units) == 120
    for period in PERIODS:
        assert clean.tables["learners", period].num_rows == pytest.approx(20_000, rel=0.05)
        employed = frame(clean, "staff", period).filter(pl.col("dismissed").is_null()).height
        assert employed == pytest.approx(4_200, rel=0.05)


def test_rows_have_the_layout(clean: Country, pack: Pack) -> None:
    for dataset in DATASETS:
        wanted = schema(pack.dataset(dataset, "2023"), "2023")
        assert clean.tables[dataset, "2023"].schema.equals(pa.schema([pa.field(f.name, f.type) for f in wanted]))


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("period", PERIODS)
def test_without_defects_verification_is_silent(clean: Country, pack: Pack, dataset: str, period: str) -> None:
    assert found(clean, pack, dataset, period) == set()


@pytest.mark.parametrize(("scale", "seed", "periods"), [("small", 2023, PERIODS), (0.02, 8, PERIODS), ("small", 3, ("2023",))])
def test_verification_finds_exactly_the_ledger(pack: Pack, scale: str | float, seed: int, periods: tuple[str, ...]) -> None:
    country = generate(scale, seed=seed, periods=periods)
    for dataset in DATASETS:
        ledger = [defect for defect in country.defects if defect.dataset == dataset]
        assert {defect.period for defect in ledger} == {"2023"}
        seen = found(country, pack, dataset, "2023")
        must = {(defect.rule, defect.unit, defect.person) for defect in ledger}
        may = must | {(defect.rule, defect.also, defect.person) for defect in ledger if defect.also}
        assert must <= seen
        assert seen <= may


def test_every_kind_of_defect_is_there_once_at_least() -> None:
    kinds = {defect.rule for defect in generate("small").defects}
    assert len(kinds) == 31
    assert {"learner-grade-follows", "unit-capacity-jump", "staff-one-head"} <= kinds


def test_ledger_grows_with_the_share_asked() -> None:
    few, many = (len(generate(0.05, periods=("2023",), defects=share).defects) for share in (0.02, 0.4))
    assert many > 2 * few


def test_pupils_move_up_a_grade_or_repeat(clean: Country) -> None:
    for before, after in (("2021", "2022"), ("2022", "2023")):
        columns = ["institution", "person", "grade", "repeater", "exit", "birth_date"]
        school = pl.col("programme_level").is_in(["primary", "basic", "secondary"])
        then = frame(clean, "learners", before).filter(school).select(columns)
        now = frame(clean, "learners", after).filter(school).select(columns)
        both = then.join(now, on=["institution", "person"], suffix="_now")
        assert both.height > 7_000
        step = pl.col("grade_now").cast(int) - pl.col("grade").cast(int)
        assert both.filter(step != pl.when("repeater_now").then(0).otherwise(1)).is_empty()
        assert both.filter(pl.col("birth_date") != pl.col("birth_date_now")).is_empty()
        gone = then.filter(pl.col("exit") != "continues")
        assert gone.join(now, on=["institution", "person"]).is_empty()


def test_preschool_leavers_become_first_graders_and_leavers_go_on(clean: Country) -> None:
    then, now = frame(clean, "learners", "2021"), frame(clean, "learners", "2022")
    leavers = then.filter((pl.col("programme_level") == "kindergarten") & (pl.col("exit") == "graduated"))
    first = now.filter((pl.col("grade") == "1") & (pl.col("entry") == "new"))
    assert first.join(leavers, on="person").height > 0.7 * first.height
    ninth = then.filter((pl.col("grade") == "9") & (pl.col("exit") == "graduated"))
    assert now.filter(pl.col("programme_level") == "vocational").join(ninth, on="person").height > 0


def test_pupils_of_clubs_count_once_as_persons(clean: Country) -> None:
    rows = frame(clean, "learners", "2022")
    clubs = rows.filter(pl.col("programme_level") == "additional-children")
    assert 0 < clubs.height == rows.height - rows["person"].n_unique()


def test_merged_and_closed_institutions_report_no_more(clean: Country) -> None:
    register = frame(clean, "institutions", "2023")
    ended = register.filter(pl.col("status") != "active")
    assert {"merged", "closed"} == set(ended["status"])
    for dataset in ("learners", "staff"):
        rows = frame(clean, dataset, "2023")
        assert rows.join(ended, on="institution").is_empty()
        assert set(register.filter(pl.col("status") == "active")["institution"]) == set(rows["institution"])
    merged = ended.filter(pl.col("status") == "merged")
    assert set(merged["successor"]) <= set(register.filter(pl.col("status") == "active")["institution"])
    for period in ("2021", "2022"):
        last = merged.filter(pl.col("closed").dt.year() == int(period))
        rows = frame(clean, "learners", period).join(last, on="institution", how="semi")
        assert rows.height > 0
        assert rows.filter(pl.col("exit") == "continues").is_empty()


def test_reorganised_district_changes_its_code_on_the_day() -> None:
    country = generate(0.05, defects=0)
    before, after = (frame(country, "institutions", period) for period in ("2022", "2023"))
    moved = before.filter(pl.col("district") == "R3-08")["institution"]
    assert len(moved) > 0
    assert after.filter(pl.col("district") == "R3-08").is_empty()
    assert set(after.filter(pl.col("institution").is_in(moved.to_list()))["district"]) == {"R3-07"}


def test_districts_are_those_of_the_pack(pack: Pack) -> None:
    territory = pack.codelist("territory")
    assert [item.code for item in territory.items if item.parent in REGIONS] == list(DISTRICTS)
    away = next(item for item in territory.items if item.code == "R3-08")
    assert away.valid_to == "2022-06-30"


def test_marks_depend_on_what_they_should() -> None:
    country = generate(0.05, periods=("2023",), defects=0)
    rows = frame(country, "learners", "2023").join(frame(country, "institutions", "2023"), on="institution")
    marks = rows.filter(pl.col("mark_language").is_not_null())
    by_sex = dict(marks.group_by("sex").agg(pl.col("mark_language").mean()).iter_rows())
    by_place = dict(marks.group_by("settlement").agg(pl.col("mark_mathematics").mean()).iter_rows())
    assert by_sex["F"] > by_sex["M"] + 0.2
    assert by_place["urban"] > by_place["rural"] + 0.2
    assert marks["mark_mathematics"].min() == 1
    assert marks["mark_mathematics"].max() == 10
    assert 5.5 < float(marks["mark_mathematics"].mean()) < 7.5  # type: ignore[arg-type]


def test_staff_age_leave_and_are_replaced(clean: Country) -> None:
    then, now = frame(clean, "staff", "2021"), frame(clean, "staff", "2022")
    stayed = then.join(now, on=["institution", "person"], suffix="_now")
    assert (stayed["experience_now"] - stayed["experience"]).unique().to_list() == [1]
    left = now.filter(pl.col("dismissed").is_not_null())
    assert left.height > 100
    assert left.join(then, on=["institution", "person"]).height == left.height
    heads = now.filter((pl.col("post") == "head") & pl.col("dismissed").is_null())
    assert heads["institution"].is_unique().all()
    assert heads.height == now["institution"].n_unique()


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 12_000))
def test_any_cut_into_parts_keeps_whole_returns(seed: int, chunk: int) -> None:
    units: dict[str, set[str]] = {dataset: set() for dataset in DATASETS}
    for part in stream(0.006, seed=seed, periods=("2022", "2023"), chunk=chunk):
        if part.period == "2023":
            names = set(part.table["institution"].to_pylist())
            assert part.dataset == "institutions" or not names & units[part.dataset]
            units[part.dataset] |= names
    assert units["learners"] == units["staff"] <= units["institutions"]


def test_parquet_parts_hold_what_memory_holds(tmp_path: Path) -> None:
    ledger = write_parquet(tmp_path, "small", seed=4, periods=("2022", "2023"))
    country = generate("small", seed=4, periods=("2022", "2023"))
    assert ledger == country.defects
    for (dataset, period), table in country.tables.items():
        assert pl.read_parquet(tmp_path / f"{dataset}-{period}.parquet").equals(pl.from_arrow(table))


@pytest.mark.parametrize("scale", ["huge", 0.0001, 2, "nan"])
def test_unknown_scale_is_refused(scale: str | float) -> None:
    with pytest.raises(UserError, match="no scale"):
        generate(scale)


@pytest.mark.parametrize("periods", [(), ("2021", "2023"), ("2023", "2022"), ("2023-H1",), ("x",)])
def test_periods_that_do_not_follow_are_refused(periods: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="period"):
        generate("small", periods=periods)


@pytest.mark.slow
def test_full_country_fits_in_time_and_memory(tmp_path: Path) -> None:
    """7,000 institutions, 2 million learners, 417,000 staff: under a minute and 2 GiB, measured in a process of its own."""
    code = (
        "import resource, sys, pathlib; from sapa.demo import write_parquet;"
        "write_parquet(pathlib.Path(sys.argv[1]), 'full');"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) < 2 * 1024 * 1024
    rows = {name: pl.scan_parquet(tmp_path / f"{name}-2023.parquet") for name in DATASETS}
    assert rows["institutions"].select(pl.len()).collect().item() == 7_000
    assert rows["learners"].select(pl.len()).collect().item() == pytest.approx(2_000_000, rel=0.01)
    employed = rows["staff"].filter(pl.col("dismissed").is_null()).select(pl.len()).collect().item()
    assert employed == pytest.approx(417_000, rel=0.02)
