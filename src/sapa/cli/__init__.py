"""The command line. Exit codes: 0 all well, 1 something was found, 2 wrong use, 3 our mistake, 130 interrupted."""

from __future__ import annotations

import signal
import sys
from typing import Any

INTERRUPTED = 130


def __getattr__(name: str) -> Any:
    """``app``, imported when somebody asks: the entry point below must be able to take Ctrl-C before that second is over."""
    if name == "app":
        from sapa.cli.application import app

        return app
    raise AttributeError(name)


class _Interruption:
    """Remembers Ctrl-C: what a library makes of it (an error of its own, nothing at all) is an interruption still."""

    def __init__(self) -> None:
        self.came = False
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._take)

    def _take(self, number: int, frame: Any) -> None:
        self.came = True
        raise KeyboardInterrupt


def main() -> None:
    """Entry point: exceptions become one sentence and an exit code; nothing half-written is left behind."""
    stop = _Interruption()
    code = 0
    try:
        from sapa.cli.application import app

        app()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 2
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException as error:
        from sapa.cli.failures import told

        code = INTERRUPTED if stop.came else told(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was to be done is done or undone: only the exit is left
    if stop.came or code == INTERRUPTED:
        code = INTERRUPTED
        sys.stderr.write("interrupted; what was written is whole, run the same command again to go on\n")
    sys.exit(code)
