"""Run a command on a PostgreSQL database of its own: ``python tools/with_postgres.py COMMAND…``.

A cluster is made in a temporary folder, reached through a socket in it only, gone afterwards. The command finds its address in
``SAPA_DATABASE_URL``. Exit code of the command; 69 where this machine has no PostgreSQL server (on Debian: ``postgresql``).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

ABSENT = 69  # EX_UNAVAILABLE; pytest has no such code
# Durability is not what these tests are about; the fault tests start servers of their own, with it.
QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


def binaries() -> Path | None:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def server(options: Sequence[str] = QUICK) -> Iterator[str]:
    """A running server; gives the address of its database. Raises ``FileNotFoundError`` where there is none."""
    programs = binaries()
    if programs is None:
        raise FileNotFoundError("no PostgreSQL server on this machine")
    folder = Path(tempfile.mkdtemp(prefix="sapa-postgres-"))
    # The server refuses to run as root: then the account that its package has made runs it.
    account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if account:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    try:
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", "sapa", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([*account, *initdb], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), "-c", "listen_addresses=", *options]
        running = subprocess.Popen([*account, *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            ready = [str(programs / "pg_isready"), "-h", str(folder), "-q"]
            while running.poll() is None and subprocess.run(ready).returncode:
                time.sleep(0.05)
            if running.returncode is not None:
                raise RuntimeError("the PostgreSQL server did not start")
            yield f"postgres://sapa@{quote(str(folder), safe='')}/postgres"
        finally:
            # A fast end: clients that are still there are put out.
            stop = [str(programs / "pg_ctl"), "stop", "-D", str(data), "-m", "fast", "-s"]
            subprocess.run([*account, *stop], cwd=folder, timeout=60)
            running.terminate()
            running.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(command: list[str]) -> int:
    """Run the command; see the module."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the cluster does not outlive us
    try:
        with server() as url:
            return subprocess.run(command, env={**os.environ, "SAPA_DATABASE_URL": url}).returncode
    except FileNotFoundError as absent:
        print(f"{absent} → on Debian: apt-get install postgresql", file=sys.stderr)
        return ABSENT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
