"""Publishes in a fresh process for each order, and ends it, without paying for imports each time.

``python -m tests.publication.interrupted FACTS`` reads orders, one a line (a folder, seconds, a signal's number), and answers
with the seconds the publication lived. A child is forked before anything was drawn, so that no thread is lost in it; it is
ended before it is waited for, so that its number can't be another's by then.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from tests.publication.generate import meta_for

from sapa.packs.loader import load_pack
from sapa.publication import publish


def serve(facts: Path) -> None:
    pack = load_pack(str(Path(__file__).parent / "pack"))
    print("ready", flush=True)
    for line in sys.stdin:
        folder, seconds, number = line.rstrip("\n").split("\t")
        begin = time.monotonic()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            publish(pack, "yearbook", facts, Path(folder), lang="en", meta=meta_for(pack, "2025"))
            os._exit(0)
        if int(number):
            time.sleep(float(seconds))
            os.kill(child, int(number))
        os.waitpid(child, 0)
        print(time.monotonic() - begin, flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
