"""The freeze: one root, whatever happened on the way."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.support.archives import NOW, class_rows, world

from sapa.archive.proof import export_proof
from sapa.archive.standalone_verify import main as standalone
from sapa.archive.store import FolderStore
from sapa.archive.verify import verify_snapshot
from sapa.errors import RefusedError, UserError


def test_a_snapshot_verifies_and_holds_the_rows_with_the_attributes_of_the_day(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.fill(5)
    made = here.freeze()
    assert (made.size, made.rows) == (10, {"classes": 15, "schools": 5})
    rows = pq.read_table(tmp_path / "archive/snapshot/rows/classes.parquet")
    assert rows.column_names == ["school", "class_name", "pupils", "_submission", "a_region"]
    assert rows["a_region"].to_pylist()[:6] == ["R0"] * 3 + ["R1"] * 3
    assert rows["_submission"].to_pylist()[:4] == [0, 0, 0, 1]
    report = verify_snapshot(here.store, pack=here.pack, expected_root=made.root)
    assert report.problems == []
    assert report.rows_compared
    assert report.root == made.root


def test_the_newest_revision_is_frozen(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.fill(2)
    here.take_in("classes", here.submissions("classes", class_rows(1, extra=50), revision=2))
    here.freeze()
    rows = pq.read_table(tmp_path / "archive/snapshot/rows/classes.parquet")
    assert rows["pupils"].to_pylist() == [60, 61, 62, 11, 12, 13]


def test_frozen_once_is_frozen(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.fill(2)
    here.freeze()
    with pytest.raises(UserError, match="frozen already"):
        here.freeze()


def test_nothing_to_freeze(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no submissions"):
        world(tmp_path).freeze()


def test_a_submission_whose_signer_was_revoked_since_stops_the_freeze_by_name(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.fill(3)
    here.authority.revoke(here.authority.person("Head of S001", "S001", now=NOW), now=NOW + timedelta(days=1))
    with pytest.raises(RefusedError, match=r"classes/2020/S001/r0001.*revoked"):
        here.freeze(at=NOW + timedelta(days=2))
    assert not (tmp_path / "archive/snapshot").exists()


def test_a_resumed_freeze_ignores_what_came_after_it_began(tmp_path: Path) -> None:
    first = world(tmp_path / "a")
    first.fill(4)
    wanted = first.freeze().root

    class Stops(FolderStore):
        def write(self, name: str, data: bytes) -> None:
            if name.endswith("root.p7s"):
                raise KeyboardInterrupt
            super().write(name, data)

    here = world(tmp_path / "b", Stops(tmp_path / "b/archive"))
    here.fill(4)
    with pytest.raises(KeyboardInterrupt):
        here.freeze()
    again = world(tmp_path / "b")
    again.take_in("classes", again.submissions("classes", class_rows(1, extra=9), revision=2))
    made = again.freeze()
    assert made.resumed
    assert made.root == wanted


def test_an_exported_proof_convinces_a_stranger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = world(tmp_path)
    here.fill(7)
    here.freeze()
    proof = export_proof(here.store, "S003", "classes")
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof))
    assert standalone([str(path)]) == 0, capsys.readouterr().out
    proof["proof"][0] = "00" * 32
    path.write_text(json.dumps(proof))
    assert standalone([str(path)]) == 1
    with pytest.raises(UserError, match="2 submissions"):
        export_proof(here.store, "S003")
