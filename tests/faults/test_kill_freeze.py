"""SIGKILL at random moments of a freeze: no partial snapshot, and the resumed freeze has the undisturbed root."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sapa.archive.verify import verify_snapshot
from tests.support.archives import world

SCHOOLS = 40
KILLS = int(os.environ.get("SAPA_KILLS", "30"))


def start(folder: Path, root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.freeze_process", str(folder)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path, root: Path) -> None:
    pristine = tmp_path / "pristine"
    world(pristine).fill(SCHOOLS)
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(pristine, undisturbed)
    begin = time.perf_counter()
    wanted = world(undisturbed).freeze().root
    span = (time.perf_counter() - begin) * 1.3
    chance = random.Random(20200105)
    victim = tmp_path / "victim"
    killed = finished = 0
    for _ in range(KILLS):
        if not victim.exists():
            shutil.copytree(pristine, victim)
        process = start(victim, root)
        time.sleep(chance.uniform(0, span))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        snapshot = victim / "archive/snapshot"
        if snapshot.exists():
            finished += 1
            assert (snapshot / "snapshot.json").is_file(), "a snapshot without its commit marker"
            report = verify_snapshot(world(victim).store, pack=world(victim).pack)
            assert report.problems == []
            assert report.root == wanted
            shutil.rmtree(victim)
        else:
            killed += 1
    if not (victim / "archive/snapshot").exists():
        if not victim.exists():
            shutil.copytree(pristine, victim)
        assert world(victim).freeze().root == wanted
    assert killed >= KILLS // 4, f"only {killed} of {KILLS} kills hit a running freeze ({finished} came too late)"
