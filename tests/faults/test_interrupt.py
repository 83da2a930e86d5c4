"""Ctrl-C at random moments of ``sapa run``: exit code 130, nothing half-written, and the same command afterwards succeeds."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sapa.archive.manifest import Manifest
from sapa.signing.cades import check
from sapa.signing.trust import TrustStore
from tests.faults.commands import ROOT, environment
from tests.support.archives import tiny_pack

TIMES = int(os.environ.get("SAPA_INTERRUPTS", "8"))
SCHOOLS = 120
MAIN = "from sapa.cli import main; print('begun', flush=True); main()"


def start(folder: Path) -> subprocess.Popen[str]:
    """``sapa run``, once Python itself has begun (what Ctrl-C does before is Python's)."""
    files = ("--in", "schools.csv", "--in", "classes.csv")
    command = [sys.executable, "-c", MAIN, "run", "tiny", "--period", "2020", *files, "--out", "out", "--langs", "none"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**environment(folder / "packs"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def whole(out: Path) -> int:
    """Every file is whole, every submission present is signed as it stands; returns how many there are."""
    for path in out.rglob("*"):
        if "snapshot.work" in path.parts or path.is_dir():
            continue
        assert not path.name.startswith(("tmp", ".")), f"left behind: {path}"
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".parquet":
            pq.read_table(path, page_checksum_verification=True)
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                assert book.testzip() is None
    manifests = sorted((out / "submissions").rglob("r*.json"))
    trust = TrustStore.from_bytes((out / "trust.json").read_bytes()) if manifests else None
    for path in manifests:
        manifest = Manifest.from_bytes(path.read_bytes())
        assert manifest.revision == 1, "rows sent again unchanged make no new revision"
        assert sha256(path.with_suffix(".csv").read_bytes()).hexdigest() == manifest.digest
        signature = path.with_suffix(".p7s").read_bytes()
        report = check(path.read_bytes(), signature, trust, at=datetime.now(UTC), expected_unit=manifest.unit)
        assert report.valid, report
    if (out / "snapshot").exists():
        assert (out / "snapshot/snapshot.json").is_file(), "a snapshot without its commit marker"
    return len(manifests)


def wait_for(folder: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Until so many submissions are stored: however slow the machine is today, some runs are stopped while they store."""
    while process.poll() is None and sum(1 for _ in folder.rglob("r*.json")) < count:
        time.sleep(0.01)


@pytest.mark.slow
def test_ctrl_c_at_any_moment(tmp_path: Path) -> None:
    tiny_pack(tmp_path / "packs")
    schools, classes = ["school,region"], ["school,class_name,pupils"]
    for number in range(SCHOOLS):
        schools.append(f"S{number},R{number % 3}")
        classes += [f"S{number},{grade}A,{10 + number % 20}" for grade in range(1, 4)]
    (tmp_path / "schools.csv").write_text("\n".join(schools) + "\n")
    (tmp_path / "classes.csv").write_text("\n".join(classes) + "\n")
    begin = time.monotonic()
    said = start(tmp_path).communicate(timeout=60)
    span = time.monotonic() - begin
    assert (tmp_path / "out/snapshot/snapshot.json").is_file(), said
    shutil.rmtree(tmp_path / "out")
    chance = random.Random(20201005)
    seen = []
    for turn in range(TIMES):
        process = start(tmp_path)
        if turn % 2:
            wait_for(tmp_path / "out/submissions", chance.randrange(1, 2 * SCHOOLS), process)
        else:
            time.sleep(0.05 + span * (turn + chance.random()) / TIMES)  # each part of the run is hit
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors, errors
        assert process.returncode in (0, 130), errors
        if process.returncode == 130:
            assert "interrupted" in errors
        seen.append((process.returncode, whole(tmp_path / "out")))
        if process.returncode == 0 or turn % 5 == 4:
            again = start(tmp_path)
            _, errors = again.communicate(timeout=60)
            assert again.returncode == 0, errors
            assert whole(tmp_path / "out") == 2 * SCHOOLS
            assert (tmp_path / "out/facts/classes.parquet").is_file()
            shutil.rmtree(tmp_path / "out")
    assert sum(code == 130 for code, _ in seen) >= TIMES // 2, seen
    assert len({count for _, count in seen}) > 2, f"no run was interrupted while it stored: {seen}"
