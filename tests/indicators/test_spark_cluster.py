"""A cluster of one master and two workers on loopback: the same facts, also when a worker dies in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.indicators.double import PACK, learners
from tools import spark_cluster

from sapa.errors import UserError
from sapa.indicators.engines import duckdb as duck
from sapa.indicators.engines import spark
from sapa.indicators.planner import plan

READY = shutil.which("java") is not None and find_spec("pyspark") is not None and Path("/proc/self").exists()
SECONDS = 300
pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.skipif(not READY, reason="a Spark cluster needs Java 17, the extra sapa[spark] and Linux's /proc"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A cluster of this test's own, ended whatever happens; the test as a whole is ended after five minutes."""

    def too_long(*_: object) -> None:
        raise TimeoutError(f"not done in {SECONDS} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    folder = tmp_path / "cluster"
    started = spark_cluster.start(folder, free_port())
    try:
        yield started
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        spark.stop()
        spark_cluster.stop(folder)
        left = [pid for pid in dict(started["pids"]).values() if spark_cluster._group(pid) and spark_cluster._alive(pid)]
        assert left == []


class Killer(threading.Thread):
    """Waits until a task is done and both executors have one running, then kills a worker and its executor."""

    def __init__(self, session: Any, worker: int) -> None:
        super().__init__(daemon=True)
        self.tracker, self.worker = session.sparkContext.statusTracker(), worker
        self.executors: list[int] = []
        self.seen: tuple[int, int, int] | None = None
        self.over = threading.Event()
        self.killed_while_running = False

    def run(self) -> None:
        while self.seen is None and not self.over.is_set():
            stages = [self.tracker.getStageInfo(stage) for stage in self.tracker.getActiveStageIds()]
            busy = [stage for stage in stages if stage and stage.numActiveTasks >= 2 and stage.numCompletedTasks]
            if busy:
                self.executors = [pid for pid in spark_cluster._group(self.worker) if pid != self.worker]
                os.killpg(self.worker, signal.SIGKILL)
                self.killed_while_running = not self.over.is_set()
                self.seen = (busy[0].numCompletedTasks, busy[0].numActiveTasks, busy[0].numTasks)
            time.sleep(0.005)


def test_a_worker_killed_in_the_middle_changes_nothing(cluster: dict[str, Any], tmp_path: Path) -> None:
    planned = plan(PACK, "learners", None, "2020")
    folder = tmp_path / "rows"
    folder.mkdir()
    for part in range(8):
        pq.write_table(pa.concat_tables([learners(1000, seed=part)] * 12), folder / f"part-{part}.parquet")
    expected = duck.run(planned, pq.read_table(folder), snapshot="root")

    whole = spark.run(planned, folder, snapshot="root", master=cluster["master"])
    assert whole.equals(expected)
    assert whole.num_rows > 900

    session = spark.session(cluster["master"])
    session.conf.set("spark.sql.files.maxPartitionBytes", "50k")  # many short tasks, so that there is a middle
    killer = Killer(session, cluster["pids"]["worker-2"])
    killer.start()
    facts = spark.run(planned, folder, snapshot="root", master=cluster["master"])
    killer.over.set()
    killer.join(10)
    print(f"killed with {killer.seen} tasks (done, running, of); executors {killer.executors}")
    assert killer.seen is not None
    assert killer.killed_while_running
    assert killer.executors
    assert not any(spark_cluster._alive(pid) for pid in [cluster["pids"]["worker-2"], *killer.executors])
    assert spark_cluster.running(tmp_path / "cluster") == ["master", "worker-1"]
    assert facts.equals(expected)


def test_a_cluster_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no Spark master answers"):
        spark.session(f"spark://127.0.0.1:{free_port()}")


def test_the_port_is_asked_for_first(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(spark_cluster.ClusterError, match="taken"):
            spark_cluster.start(tmp_path / "cluster", taken.getsockname()[1])
