"""The documented cluster starts, computes, and leaves no process behind."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys

import pytest
from tools import spark_cluster

SUM = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("{master}").config("spark.driver.host", "127.0.0.1").config("spark.executor.memory", "512m").getOrCreate()
print("total", spark.range(1_000).selectExpr("sum(id)").first()[0], "cores", spark.sparkContext.defaultParallelism)
spark.stop()
"""  # noqa: E501


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.mark.spark
@pytest.mark.slow
def test_two_workers_compute_and_end() -> None:
    pytest.importorskip("pyspark", reason="Spark missing: pip install sapa[spark]")
    if shutil.which("java") is None:
        pytest.skip("Java missing: Spark was not started (Debian: apt-get install openjdk-17-jre-headless)")
    port, ui_port = free_port(), free_port()
    with spark_cluster.cluster(port, ui_port, memory="512m") as master:
        assert spark_cluster.alive_workers(ui_port) == 2
        code = SUM.format(master=master)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
        assert "total 499500 cores 2" in done.stdout, done.stderr[-2000:]
    assert spark_cluster.alive_workers(ui_port) == 0
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", port)) != 0, "the master still listens"
