"""A freeze in a process of its own, to be killed: ``python -m tests.faults.freeze_process FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.archives import world

if __name__ == "__main__":
    here = world(Path(sys.argv[1]))
    print("ready", flush=True)
    print(here.freeze().root, flush=True)
