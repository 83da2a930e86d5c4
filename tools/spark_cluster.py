"""A standalone Spark cluster on loopback, one master and two workers, until Ctrl-C: ``python tools/spark_cluster.py``.

It comes out of the PySpark package alone; only Java must be there. ``--port`` and ``--ui-port`` move the master, ``--memory``
sets each worker's. The addresses are printed when both workers have registered.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

HOST = "127.0.0.1"
START_SECONDS = 60


def launch(kind: str, arguments: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start one daemon of the cluster in a process group of its own; its log goes to ``folder``."""
    home = Path(importlib.util.find_spec("pyspark").origin).parent  # type: ignore[union-attr, arg-type]
    env = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST, "SPARK_WORKER_DIR": str(folder)}
    command = [f"{home}/bin/spark-class", f"org.apache.spark.deploy.{kind.lower()}.{kind}", "--host", HOST, *arguments]
    with (folder / f"{kind.lower()}-{time.monotonic_ns()}.log").open("wb") as log:
        return subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)


def alive_workers(ui_port: int) -> int:
    """How many workers the master counts; 0 while it does not answer."""
    try:
        with urlopen(f"http://{HOST}:{ui_port}/json/", timeout=2) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (OSError, ValueError, KeyError):
        return 0


def wait_for_workers(daemons: list[subprocess.Popen[bytes]], ui_port: int, workers: int) -> None:
    """Return when all workers have registered; raise ``RuntimeError`` when a daemon ends or it takes too long."""
    end = time.monotonic() + START_SECONDS
    while alive_workers(ui_port) < workers:
        if any(daemon.poll() is not None for daemon in daemons):
            raise RuntimeError("a daemon of the cluster ended at its start; is the port taken?")
        if time.monotonic() > end:
            raise RuntimeError(f"no {workers} workers after {START_SECONDS} s")
        time.sleep(0.2)


@contextmanager
def cluster(port: int = 7077, ui_port: int = 7078, *, workers: int = 2, memory: str = "1g") -> Iterator[str]:
    """A running cluster; yields the master's address and ends every daemon on leaving."""
    folder = Path(tempfile.mkdtemp(prefix="sapa-spark-"))
    master = f"spark://{HOST}:{port}"
    daemons = [launch("Master", ["--port", str(port), "--webui-port", str(ui_port)], folder)]
    try:
        for _ in range(workers):
            daemons.append(launch("Worker", ["--cores", "1", "--memory", memory, "--webui-port", "0", master], folder))
        try:
            wait_for_workers(daemons, ui_port, workers)
        except RuntimeError as error:
            logs = "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(folder.glob("*.log")))
            raise RuntimeError(f"{error}\n{logs}") from None
        yield master
    finally:
        for daemon in reversed(daemons):
            _end(daemon)
        shutil.rmtree(folder, ignore_errors=True)


def _end(daemon: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(daemon.pid, how)
            daemon.wait(timeout=10)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def main() -> int:
    """Run until Ctrl-C or a termination signal."""
    parser = argparse.ArgumentParser(description="A standalone Spark cluster on loopback.")
    parser.add_argument("--port", type=int, default=7077)
    parser.add_argument("--ui-port", type=int, default=7078)
    parser.add_argument("--memory", default="1g")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with cluster(options.port, options.ui_port, memory=options.memory) as master:
            print(f"→ {master}, two workers; http://{HOST}:{options.ui_port}; Ctrl-C ends it", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("→ the cluster has ended")
        return 0
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
