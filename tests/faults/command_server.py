"""Runs the command line in a fresh process for each order, without paying for its imports each time.

``python -m tests.faults.command_server`` reads one order (JSON) a line and answers with one line. Each order is carried out by
``sapa.cli.main`` in a child forked before anything was done, under the limits the order names; what the child used (peak
memory, seconds) is measured by the kernel.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import time
from typing import Any

from sapa.cli import application, main

_READ_OVERRIDE, _SEARCH_OVERRIDE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 2, 24, 38
_CAPABILITY_VERSION = 0x20080522


def become_ordinary() -> None:
    """Give up the right of root to read and write everything, so that permissions count here as they do for a user."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
        none = (ctypes.c_uint32 * 6)()
        if libc.capset(header, none) != 0:
            raise OSError("capset failed")


def carry_out(order: dict[str, Any]) -> None:
    """In the child: redirect, limit, run."""
    for target, name in ((1, "stdout"), (2, "stderr")):
        handle = os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(handle, target)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(order["cwd"])
    os.environ.update(order["env"])
    if order["ordinary"]:
        become_ordinary()
    if order["file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_bytes"], order["file_bytes"]))
    resource.setrlimit(resource.RLIMIT_AS, (order["address_bytes"], order["address_bytes"]))
    sys.argv = ["sapa", *order["arguments"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()


def serve() -> None:
    """Answer orders until the input ends; a child that outlives its time is killed."""
    assert application.app  # imported here once
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        begin = time.monotonic()
        child = os.fork()
        if child == 0:
            carry_out(order)
            sys.exit(0)
        answer: dict[str, Any] = {}
        while True:
            done, status, used = os.wait4(child, os.WNOHANG)
            seconds = time.monotonic() - begin
            if done:
                break
            if seconds > order["seconds"]:
                os.kill(child, signal.SIGKILL)
                answer["late"] = True
            time.sleep(0.003)
        answer |= {"code": os.waitstatus_to_exitcode(status), "peak_bytes": used.ru_maxrss * 1024, "took": seconds}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
