"""Indicators made from facts, against values worked out by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError
from tests.indicators.double import INDICATORS, LEARNERS, PACK, PLACES, PackDouble, indicator, learners

from sapa.errors import UserError
from sapa.indicators import compute
from sapa.indicators.derived import combine, derived_facts, in_order
from sapa.indicators.facts import facts_schema, latest
from sapa.indicators.periods import shift_period


def facts(*rows: tuple[str, str, dict[str, str], float | None, int], dimensions: tuple[str, ...] = ("region", "sex")) -> pa.Table:
    full = []
    for name, period, cut, value, count in rows:
        head = {"indicator": name, "period": period, "snapshot": "s", "value": value, "count": count, "flag": ""}
        full.append(
            head | {dimension: cut.get(dimension) for dimension in dimensions} | {"numerator": value, "denominator": None}
        )
    return pa.Table.from_pylist(full, schema=facts_schema(dimensions))


def values(table: pa.Table) -> dict[Any, Any]:
    out = {}
    for row in table.to_pylist():
        cut = tuple(sorted((k, row[k]) for k in ("region", "sex", "grade") if row.get(k) is not None))
        out[row["indicator"], cut] = (row["value"], row["flag"])
    return out


def items(*dicts: dict[str, Any]) -> list[Any]:
    return list(PackDouble((), dicts).indicators)


def test_arithmetic_over_other_indicators() -> None:
    source = facts(
        ("p", "2020", {}, 100.0, 100), ("t", "2020", {}, 8.0, 8), ("p", "2020", {"region": "N"}, 60.0, 60),
        ("t", "2020", {"region": "N"}, 0.0, 0), ("p", "2020", {"region": "S"}, 40.0, 40), ("p", "2019", {}, 999.0, 9),
    )  # fmt: skip
    made = derived_facts(items(indicator("r", "derived", inputs={"a": "p", "b": "t"}, expr="a / b * 100")), source, "2020")
    assert values(made) == {("r", ()): (1250.0, ""), ("r", (("region", "N"),)): (None, "Z")}
    total = made.filter(pc.is_null(made["region"])).to_pylist()[0]
    assert (total["numerator"], total["denominator"], total["count"]) == (100.0, 8.0, 8)


def test_an_input_that_nobody_has_in_a_cell_counts_zero_where_it_is_known() -> None:
    """Three classes of two schools; school A sent who took part, school B sent nothing: of B nothing is known."""
    pupils = [({}, 90.0), ({"region": "A"}, 50.0), ({"region": "B"}, 40.0), ({"sex": "f"}, 60.0), ({"sex": "m"}, 30.0)]
    pupils += [({"region": "A", "sex": "f"}, 20.0), ({"region": "A", "sex": "m"}, 30.0), ({"region": "B", "sex": "f"}, 40.0)]
    took = [({}, 5.0), ({"region": "A"}, 5.0), ({"sex": "f"}, 5.0), ({"region": "A", "sex": "f"}, 5.0)]
    source = facts(
        *(("p", "2020", cut, value, int(value)) for cut, value in pupils),
        *(("t", "2020", cut, value, 7) for cut, value in took),
        ("t", "2019", {"region": "B"}, 3.0, 3),
    )
    item = indicator("r", "derived", inputs={"t": "t", "p": "p"}, expr="t / p * 100", zero=["t"], within="region")
    made = derived_facts(items(item), source, "2020")
    a, b, f, m = (("region", "A"),), (("region", "B"),), ("sex", "f"), ("sex", "m")
    assert values(made) == {
        ("r", ()): (5 / 90 * 100, ""), ("r", a): (10.0, ""), ("r", b): (None, "M"), ("r", (f,)): (5 / 60 * 100, ""),
        ("r", (m,)): (0.0, ""), ("r", (*a, f)): (25.0, ""), ("r", (*a, m)): (0.0, ""), ("r", (*b, f)): (None, "M"),
    }  # fmt: skip
    counts = {row["count"] for row in made.to_pylist() if row["region"] == "A" and row["sex"] == "m"}
    assert counts == {30}
    everywhere = derived_facts(items({**item, "within": None}), source, "2020")
    assert values(everywhere)["r", b] == (0.0, "")


@pytest.mark.parametrize("zero", [["x"], ["t", "p"]])
def test_a_zero_is_an_input_and_never_all_of_them(zero: list[str]) -> None:
    with pytest.raises(ValidationError, match="zero"):
        items(indicator("r", "derived", inputs={"t": "t", "p": "p"}, expr="t / p", zero=zero))


def test_growth_is_in_percent_of_the_earlier_value() -> None:
    source = facts(
        ("p", "2020", {}, 110.0, 110), ("p", "2018", {}, 100.0, 100), ("p", "2019", {}, 1.0, 1),
        ("p", "2020", {"region": "N"}, 5.0, 5), ("p", "2018", {"region": "N"}, 0.0, 0), ("p", "2020", {"region": "S"}, 7.0, 7),
        ("p", "2018", {"region": "W"}, 7.0, 7),
    )  # fmt: skip
    made = values(derived_facts(items(indicator("g", "growth", of="p", lag=2)), source, "2020"))
    assert made == {
        ("g", ()): (10.0, ""),
        ("g", (("region", "N"),)): (None, "Z"),
        ("g", (("region", "S"),)): (None, "M"),
    }


def test_the_adjusted_parity_index_lies_between_zero_and_two() -> None:
    """UNESCO UIS: the adjusted index is female/male where that is at most 1, else 2 - male/female."""
    source = facts(
        ("m", "2020", {}, 7.0, 20), ("m", "2020", {"sex": "f"}, 8.0, 12), ("m", "2020", {"sex": "m"}, 10.0, 8),
        ("m", "2020", {"sex": "f", "region": "N"}, 10.0, 2), ("m", "2020", {"sex": "m", "region": "N"}, 8.0, 3),
        ("m", "2020", {"sex": "f", "region": "S"}, 3.0, 2), ("m", "2020", {"sex": "m", "region": "S"}, 0.0, 3),
        ("m", "2020", {"sex": "f", "region": "W"}, 3.0, 2), ("m", "2020", {"sex": "_U", "region": "W"}, 5.0, 3),
    )  # fmt: skip
    made = values(derived_facts(items(indicator("i", "parity", of="m", by="sex", a="f", b="m")), source, "2020"))
    assert made == {
        ("i", ()): (0.8, ""),
        ("i", (("region", "N"),)): (1.2, ""),
        ("i", (("region", "S"),)): (2.0, ""),
        ("i", (("region", "W"),)): (None, "M"),
    }


def test_indicators_wait_for_their_inputs() -> None:
    chain = items(indicator("c", "growth", of="b"), indicator("b", "derived", inputs={"x": "a"}, expr="x * 2"))
    assert [item.id for item in in_order(chain)] == ["b", "c"]
    circle = items(indicator("c", "growth", of="b"), indicator("b", "derived", inputs={"x": "c"}, expr="x"))
    with pytest.raises(UserError, match="each other"):
        in_order(circle)


def test_tables_of_other_dimensions_combine() -> None:
    one = facts(("p", "2020", {"sex": "f"}, 1.0, 1), dimensions=("sex",))
    two = facts(("q", "2020", {"region": "N"}, 1.0, 1), dimensions=("region",))
    assert combine([one, two]).column_names[3:5] == ["region", "sex"]


@pytest.mark.parametrize(
    ("period", "by", "wanted"),
    [("2020", 1, "2021"), ("2020", -3, "2017"), ("2020-H2", 1, "2021-H1"), ("2020-Q1", -1, "2019-Q4"), ("2020-12", 1, "2021-01"),
     ("2020-01", -13, "2018-12")],
)  # fmt: skip
def test_periods_shift(period: str, by: int, wanted: str) -> None:
    assert shift_period(period, by) == wanted


def _cohort_pack(shift: int) -> PackDouble:
    item = indicator(
        "repetition", "cohort", numerator="count_if(repeats)", denominator="count(*)", numerator_shift={"grade": shift}
    )
    dataset = LEARNERS | {"cuts": [["grade"]]}
    return PackDouble((dataset,), (item,), (PLACES,))


def _pupils(*grades: tuple[int, bool]) -> pa.Table:
    rows = learners(len(grades))
    return rows.set_column(
        rows.column_names.index("grade"), "grade", pa.array([grade for grade, _ in grades], pa.int64())
    ).set_column(rows.column_names.index("repeats"), "repeats", pa.array([again for _, again in grades], pa.bool_()))


@pytest.mark.parametrize(
    ("shift", "wanted"),
    [
        # 2021's repeaters: two in grade 1, one in grade 2; 2020's enrolment: four in grade 1, two in grade 2.
        (0, {(): 50.0, (("grade", "1"),): 50.0, (("grade", "2"),): 50.0}),
        # Seen one grade higher: a numerator in grade 2 belongs to grade 1, and nothing is known of grade 2.
        (-1, {(): 50.0, (("grade", "1"),): 25.0, (("grade", "2"),): None}),
    ],
)
def test_repetition_is_next_years_repeaters_over_this_years_enrolment(tmp_path: Path, shift: int, wanted: dict[Any, Any]) -> None:
    pack = _cohort_pack(shift)
    first = _pupils(*[(1, True)] * 4, *[(2, True)] * 2)
    second = _pupils((1, True), (1, True), (1, False), (1, False), (1, False), (2, True), (2, False))
    before = compute(pack, "", tmp_path / "20", period="2020", snapshot_id="a", sources={"learners": first})
    waiting = pq.read_table(before.files[0])
    assert set(waiting["flag"].to_pylist()) == {"M"}
    assert waiting["numerator"].null_count == waiting["value"].null_count == waiting.num_rows
    after = compute(pack, "", tmp_path / "21", period="2021", snapshot_id="b", sources={"learners": second}, earlier=before.files)
    table = pq.read_table(after.files[0])
    complete = table.filter(pc.equal(table["period"], "2020"))
    assert {cut: value for (_, cut), (value, _) in values(complete).items()} == wanted
    assert set(complete["snapshot"].to_pylist()) == {"b"}
    assert table.filter(pc.equal(table["period"], "2021"))["value"].null_count == 3


def test_compute_writes_the_same_bytes_twice_and_says_what_it_left_out(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    pq.write_table(learners(200), tmp_path / "rows" / "learners.parquet")
    reports = [
        compute(PACK, tmp_path, tmp_path / name, period="2020", snapshot_id="s", threads=n) for n, name in ((1, "a"), (2, "b"))
    ]
    assert [path.name for path in reports[0].files] == ["learners.parquet", "derived.parquet"]
    assert [path.read_bytes() for path in reports[0].files] == [path.read_bytes() for path in reports[1].files]
    assert reports[0].total == sum(pq.read_table(path).num_rows for path in reports[0].files)
    empty = compute(PACK, tmp_path / "nothing", tmp_path / "c", period="2020", snapshot_id="s")
    assert empty.files == []
    assert any("learners" in note for note in empty.notes)
    assert {name for item in INDICATORS if item["kind"] == "parity" for name in [item["id"]]} <= {
        note.split()[0] for note in empty.notes
    }


def test_provisional_figures_are_marked(tmp_path: Path) -> None:
    report = compute(PACK, "", tmp_path, period="2020", snapshot_id="s", provisional=True, sources={"learners": learners(50)})
    flags = {flag for path in report.files for flag in pq.read_table(path)["flag"].to_pylist()}
    assert "P" in flags
    assert "" not in flags


def test_earlier_facts_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be read"):
        compute(PACK, "", tmp_path, period="2020", snapshot_id="s", earlier=[tmp_path / "none.parquet"], sources={})


CHAIN = (
    indicator("repetition", "cohort", numerator="count_if(repeats)", denominator="count(*)", scale=100),
    indicator("staying", "derived", inputs={"r": "repetition"}, expr="100 - r"),
    indicator("staying-growth", "growth", of="staying", lag=1),
    indicator("grades-parity", "parity", of="staying", by="grade", a="1", b="2"),
)


def _years(folder: Path) -> list[list[Path]]:
    """Files of three years of a pack whose indicators are made from a cohort rate; 4, 2 and 1 of 8 repeat in grade 1."""
    pack = PackDouble((LEARNERS | {"cuts": [["grade"]]},), CHAIN, (PLACES,))
    files: list[list[Path]] = []
    for place, repeaters in enumerate((4, 2, 1)):
        rows = _pupils(*[(1, number < repeaters) for number in range(8)], *[(2, number < 1) for number in range(2)])
        earlier = [path for year in reversed(files) for path in year]
        made = compute(
            pack, "", folder / str(place), period=str(2020 + place), snapshot_id=f"{9 - place}", sources={"learners": rows},
            earlier=earlier,
        )  # fmt: skip
        files.append(made.files)
    return files


def test_what_is_made_from_a_restated_fact_is_restated(tmp_path: Path) -> None:
    """2020: 2 of 8 and 1 of 2 repeat a year later; 2021: 1 of 8 and 1 of 2; of 2022 nothing is known yet."""
    files = _years(tmp_path)
    restated = pq.read_table(files[1][1])
    assert set(zip(restated["indicator"].to_pylist(), restated["period"].to_pylist(), strict=True)) >= {
        ("staying", "2020"), ("grades-parity", "2020"), ("staying", "2021"), ("staying-growth", "2021"),
    }  # fmt: skip
    everything = latest([pq.read_table(path) for year in reversed(files) for path in year])
    found = {}
    for row in everything.to_pylist():
        found[row["indicator"], row["period"], row["grade"]] = (row["value"], row["flag"])
    assert len(found) == everything.num_rows
    assert [found["staying", str(year), "1"] for year in (2020, 2021, 2022)] == [(75.0, ""), (87.5, ""), (None, "M")]
    assert found["grades-parity", "2020", None] == (2 - 50 / 75, "")
    growth = (87.5 - 75) / 75 * 100
    assert [found["staying-growth", str(year), "1"] for year in (2021, 2022)] == [(growth, ""), (None, "M")]


def test_the_fact_of_the_later_snapshot_holds(tmp_path: Path) -> None:
    old = facts(("p", "2020", {}, 1.0, 1), ("p", "2020", {"sex": "f"}, 2.0, 1), ("q", "2020", {}, 3.0, 1))
    new = facts(("p", "2020", {}, 10.0, 1), ("p", "2021", {}, 4.0, 1))
    new = new.set_column(2, "snapshot", pa.array(["a"] * 2))
    wanted = {("p", "2020", None): 10.0, ("p", "2020", "f"): 2.0, ("q", "2020", None): 3.0, ("p", "2021", None): 4.0}
    for given in ([old, new], [new, old]):
        rows = latest(given).to_pylist()
        assert {(row["indicator"], row["period"], row["sex"]): row["value"] for row in rows} == wanted
    again = facts(("p", "2020", {}, 7.0, 1)).set_column(2, "snapshot", pa.array(["b"]))
    assert latest([old, again])["value"].to_pylist() == [2.0, 3.0, 7.0]
    assert latest([again, old])["value"].to_pylist() == [1.0, 2.0, 3.0]
    assert latest([]).num_rows == 0


def test_the_order_in_which_facts_are_given_changes_no_figure(tmp_path: Path) -> None:
    tables = [pq.read_table(path) for year in _years(tmp_path) for path in year]
    one, two = (latest(given).sort_by([(name, "ascending") for name in ("indicator", "period", "grade")])
                for given in (tables, tables[::-1]))  # fmt: skip
    assert one.equals(two)


def test_rows_that_were_not_frozen_are_refused(tmp_path: Path) -> None:
    """One flipped bit, which DuckDB itself reads without complaint."""
    (tmp_path / "rows").mkdir()
    path = tmp_path / "rows" / "learners.parquet"
    pq.write_table(learners(200), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "snapshot.json").write_text(json.dumps({"files": {"rows/learners.parquet": digest}}))
    assert compute(PACK, tmp_path, tmp_path / "a", period="2020", snapshot_id="s").total > 0
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 1
    path.write_bytes(changed)
    with pytest.raises(UserError, match="not the file that was frozen"):
        compute(PACK, tmp_path, tmp_path / "b", period="2020", snapshot_id="s")
