"""One school's internal monitoring through the whole chain, from a folder of files to signed figures."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from sapa.archive.store import FolderStore
from sapa.archive.verify import verify_snapshot
from sapa.chain.collect import every_file
from sapa.chain.context import Run
from sapa.chain.lineage import trace_fact
from sapa.chain.run import whole_chain
from sapa.cli.output import Clock
from sapa.demo import generate, internal_monitoring, write_monitoring
from sapa.errors import UserError
from sapa.packs.loader import load_pack
from sapa.publication.facts import fact_id

PERIOD = "2023"


def test_a_school_runs_its_whole_table_from_a_folder(root: Path, tmp_path: Path) -> None:
    pack = load_pack(str(root / "packs/ru-soko"))
    country = generate("small", periods=(PERIOD,), defects=0)
    exams = internal_monitoring(country, PERIOD)["exams"]
    school = exams.filter(pc.equal(exams["exam"], "secondary-final"))["institution"][0].as_py()
    write_monitoring(internal_monitoring(country, PERIOD, [school]), tmp_path / "returns", PERIOD)
    now = datetime(2023, 9, 1, 16, tzinfo=UTC)
    run = Run(pack, PERIOD, FolderStore(tmp_path / "run"), now, date(2023, 9, 1))
    outcome = whole_chain(run, [tmp_path / "returns"], Clock(), langs=(), pseudonym_key=b"a key of the tests, 32 bytes long")
    said = outcome.as_json({})
    assert said["rows_refused"] == 0
    assert said["units"] == 13, "one signed return a data set"
    assert said["findings"]["blocks"] == said["findings"]["explain"] == {}
    assert verify_snapshot(run.store, pack=pack).problems == []
    facts = [pq.read_table(path) for path in sorted((tmp_path / "run/facts").glob("*.parquet"))]
    computed = {name for table in facts for name in table.filter(pc.is_valid(table["value"]))["indicator"].to_pylist()}
    assert {sign.figures[0] for criterion in pack.criteria for sign in criterion.signs} <= computed
    _every_zero_traces(tmp_path / "run")
    # Who somebody is stays outside: the rows that were frozen hold pseudonyms only.
    frozen = pq.read_table(tmp_path / "run/snapshot/rows/learners.parquet")["learner"].to_pylist()
    assert not any(name.startswith("L0") for name in frozen)


def _every_zero_traces(folder: Path) -> None:
    """A class of whom nobody took part has a share of 0 that no fact of participants stands behind: the rows say so."""
    derived, counted = (pq.read_table(folder / f"facts/{name}.parquet").to_pylist() for name in ("derived", "participation"))
    names = ("school", "level", "grade", "class", "sex")
    known = {(row["indicator"], *(row.get(name) for name in names)) for row in counted}
    nobody = [
        row
        for row in derived
        if row["indicator"] == "contest-share" and ("contest-learners", *(row[name] for name in names)) not in known
    ]
    assert nobody, "the school drawn has a class that took part in every kind of event: draw another"
    for row in nobody:
        assert row["value"] == 0
        found = trace_fact(FolderStore(folder), fact_id("contest-share", PERIOD, [(n, row[n]) for n in names if row[n]]))
        assert found.agrees
        assert found.complete
        assert found.inputs[0].note == "nothing is counted in this cell"
        assert found.inputs[0].trace is not None
        assert found.inputs[0].trace.count == 0


def test_a_folder_stands_for_its_files_by_name_and_an_empty_one_is_told(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".hidden"):
        (tmp_path / name).write_text("x")
    (tmp_path / "inner").mkdir()
    assert [path.name for path in every_file([tmp_path, tmp_path / "b.csv"])] == ["a.csv", "b.csv", "b.csv"]
    with pytest.raises(UserError, match="no files"):
        list(every_file([tmp_path / "inner"]))
