"""A standalone Spark cluster on loopback, one master and two workers: ``python tools/spark_cluster.py [run|start|stop|status]``.

Without a word it stays in the foreground and Ctrl-C ends all three; ``start`` leaves it running and ``stop`` ends it. Nothing
listens beyond 127.0.0.1. Process ids and logs lie in ``--folder``; ``stop`` ends only processes of that folder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
PORT = 7077
WORKERS = 2
CORES = 1
WORKER_MEMORY = "768m"
DAEMON_HEAP = "-Xmx128m"
STATE = "cluster.json"
START_SECONDS = 60
STOP_SECONDS = 15


class ClusterError(Exception):
    """The cluster can't be started; the text says why."""


def default_folder() -> Path:
    """Where the command keeps ids and logs: one cluster a user."""
    return Path(tempfile.gettempdir()) / f"sapa-spark-cluster-{os.getuid()}"


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not java or not Path(java).exists():
        raise ClusterError("Spark needs Java → on Debian: apt-get install openjdk-17-jre-headless")
    return java


def _jars() -> str:
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise ClusterError("the extra is not installed → pip install 'sapa[spark]'")
    return str(Path(spec.origin).parent / "jars" / "*")


def _launch(folder: Path, name: str, *arguments: str) -> int:
    """Start a daemon of Spark in its own process group; returns its process id.

    Java is called itself: Spark's own scripts need a shell, ssh and the machine's host name.
    """
    work = folder / "work"
    work.mkdir(mode=0o700, exist_ok=True)
    # Executors are told the worker's environment; the host name of the machine must not be asked of a name server.
    environment = {**os.environ, "SPARK_LOCAL_IP": HOST, "SPARK_LOCAL_HOSTNAME": HOST, "SPARK_LOCAL_DIRS": str(work)}
    environment |= {"SPARK_HOME": str(Path(_jars()).parent.parent), "SPARK_WORKER_DIR": str(work), "SPARK_SCALA_VERSION": "2.13"}
    opens = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.lang", "java.nio", "sun.nio.ch", "java.util")]
    options = [DAEMON_HEAP, *opens]
    options += ["-Dspark.worker.ui.retainedExecutors=1", "-Dspark.worker.timeout=15", "-Dspark.master.rest.enabled=false"]
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [_java(), "-cp", _jars(), *options, *arguments],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=folder, start_new_session=True,
        )  # fmt: skip
    return process.pid


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def _wait(condition: object, what: str, folder: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.2)
    raise ClusterError(f"{what} did not come up in {START_SECONDS} s → read the logs in {folder}")


def start(folder: Path, port: int = PORT, workers: int = WORKERS) -> dict[str, object]:
    """Start master and workers and wait until all have registered; returns ``{"master", "pids"}``."""
    if running(folder):
        raise ClusterError(f"a cluster runs already ({read(folder)['master']}) → stop it first")
    if _listens(port):
        raise ClusterError(f"port {port} is taken → name another with --port")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    master = f"spark://{HOST}:{port}"
    pids: dict[str, int] = {}

    def note() -> None:
        (folder / STATE).write_text(json.dumps({"master": master, "pids": pids}), encoding="utf-8")

    try:
        places = ("--host", HOST, "--port")
        kind = "org.apache.spark.deploy"
        pids["master"] = _launch(folder, "master", f"{kind}.master.Master", *places, str(port), "--webui-port", "0")
        note()
        _wait(lambda: _listens(port), "the master", folder)
        size = ("--cores", str(CORES), "--memory", WORKER_MEMORY, "--webui-port", "0", "--work-dir", str(folder / "work"))
        for number in range(1, workers + 1):
            name = f"worker-{number}"
            pids[name] = _launch(folder, name, f"{kind}.worker.Worker", *places, "0", *size, master)
            note()
        log = folder / "master.log"
        _wait(lambda: log.read_text("utf-8", "replace").count("Registering worker") >= workers, "the workers", folder)
    except BaseException:
        stop(folder)
        raise
    return read(folder)


def read(folder: Path) -> dict[str, object]:
    """What :func:`start` noted; ``{}`` where nothing was."""
    try:
        return dict(json.loads((folder / STATE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def _of_spark(pid: int) -> bool:
    """Whether the process is a daemon of Spark: an id may have been given to another since."""
    try:
        return b"org.apache.spark.deploy" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _group(pid: int) -> list[int]:
    """Processes of the worker: it starts executors, which may outlive it in its process group."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(entry.name)) == pid:
                found.append(int(entry.name))
        except (ProcessLookupError, PermissionError):
            continue
    return found


def running(folder: Path) -> list[str]:
    """Names of the daemons that live."""
    pids = dict(read(folder).get("pids", {}))  # type: ignore[call-overload]
    return [name for name, pid in pids.items() if _of_spark(pid)]


def stop(folder: Path) -> None:
    """End every process of the cluster: workers first, politely, then by force; remove the folder."""
    pids = dict(read(folder).get("pids", {}))  # type: ignore[call-overload]
    mine = [pid for name, pid in reversed(pids.items()) if _of_spark(pid) or _group(pid)]
    for sign, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
        for pid in mine:
            try:
                os.killpg(pid, sign)
            except ProcessLookupError:
                continue
        end = time.monotonic() + seconds
        while time.monotonic() < end and any(_alive(member) for pid in mine for member in _group(pid)):
            time.sleep(0.1)
    shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    """Alive and no zombie; our own children are waited for here."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _foreground(folder: Path, port: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    started = start(folder, port)
    try:
        print(f"{started['master']} with {WORKERS} workers; Ctrl-C ends it")
        print(f"SAPA_SPARK_MASTER={started['master']} .venv/bin/sapa compute RUN --engine spark", flush=True)
        while len(running(folder)) == 1 + WORKERS:
            time.sleep(1)
        raise ClusterError(f"a part of the cluster ended → read the logs in {folder} before the next start")
    except KeyboardInterrupt:
        print("stopping")
    finally:
        stop(folder)


def main() -> int:
    parser = argparse.ArgumentParser(description="A standalone Spark cluster on loopback: one master, two workers.")
    parser.add_argument("action", nargs="?", choices=("run", "start", "stop", "status"), default="run")
    parser.add_argument("--port", type=int, default=PORT, help="the master's port on 127.0.0.1")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="where process ids and logs lie")
    options = parser.parse_args()
    try:
        if options.action == "run":
            _foreground(options.folder, options.port)
        elif options.action == "start":
            print(start(options.folder, options.port)["master"])
        elif options.action == "stop":
            stop(options.folder)
        else:
            print("\n".join([str(read(options.folder).get("master", "no cluster")), *running(options.folder)]))
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
