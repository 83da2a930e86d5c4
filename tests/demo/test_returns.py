"""Returns in mixed formats: what is read back is what was written, names stay behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapa.datasets import pseudonyms, read
from sapa.demo import Country, generate, write_returns
from sapa.errors import UserError
from sapa.packs.check import check_pack
from sapa.packs.loader import Pack

KEY = b"a key of the tests, 32 bytes long"


@pytest.fixture(scope="module")
def pack(root: Path) -> Pack:
    found, _ = check_pack(root / "packs/demo")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def country() -> Country:
    return generate("small", periods=("2023",), defects=0)


@pytest.mark.parametrize("dataset", ["institutions", "learners", "staff"])
@pytest.mark.parametrize("form", ["xlsx", "csv", "json", "parquet"])
@pytest.mark.parametrize("titled", [False, True])
def test_every_format_reads_back(country: Country, pack: Pack, tmp_path: Path, dataset: str, form: str, titled: bool) -> None:
    layout = pack.dataset(dataset, "2023")
    headings = {field.id: field.title["ru"] for field in layout.fields} if titled else None
    unit = country.units[4]
    paths = write_returns(country, tmp_path, dataset=dataset, period="2023", units=[unit], formats=[form], headings=headings)
    assert [path.name for path in paths] == [f"{dataset}-2023-{unit}.{form}"]
    reading = read(paths[0], layout, "2023", pack=pack, pseudonym_key=KEY)
    assert reading.findings.counts().get("blocks", {}) == {}
    wanted = country.rows(dataset, "2023", unit)
    assert reading.rows_read == wanted.num_rows > 0
    assert "surname" not in reading.table.column_names
    for name in wanted.column_names:
        column = wanted[name].combine_chunks()
        same = pseudonyms(column, KEY) if name == "person" else column
        assert reading.table[name].combine_chunks().equals(same), name


def test_formats_take_turns(country: Country, tmp_path: Path) -> None:
    paths = write_returns(country, tmp_path, dataset="staff", period="2023", units=country.units[:6])
    assert [path.suffix for path in paths] == [".xlsx", ".csv", ".json", ".parquet", ".xlsx", ".csv"]


def test_workbooks_are_equal_byte_for_byte(country: Country, tmp_path: Path) -> None:
    made = [
        write_returns(country, tmp_path / name, dataset="staff", period="2023", units=country.units[:1], formats=["xlsx"])[0]
        for name in ("one", "two")
    ]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_wrong_use_is_refused(country: Country, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no format"):
        write_returns(country, tmp_path, dataset="staff", period="2023", formats=["doc"])
    with pytest.raises(UserError, match="no rows"):
        write_returns(country, tmp_path, dataset="staff", period="2023", units=["9999999"])
