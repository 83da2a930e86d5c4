"""Commands as a user types them, each in a process of its own with limits, and what they left behind."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GIB = 1 << 30


@dataclass(frozen=True)
class Done:
    """What a command said and used."""

    arguments: tuple[str, ...]
    code: int
    stdout: str
    stderr: str
    peak_bytes: int
    took: float
    late: bool

    @property
    def said(self) -> str:
        """Both streams."""
        return self.stdout + self.stderr

    def json(self) -> Any:
        """The object on standard output."""
        return json.loads(self.stdout)

    def __str__(self) -> str:
        used = f"{self.peak_bytes >> 20} MiB, {self.took:.1f} s"
        return f"sapa {' '.join(self.arguments)}\n→ {self.code} ({used})\n{self.stdout[-2000:]}\n{self.stderr[-4000:]}"


class Commands:
    """A server that runs one command after the other (see ``command_server``)."""

    def __init__(self, folder: Path, packs: Path) -> None:
        self.folder = folder
        self.packs = packs
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.command_server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(packs),
        )
        assert "ready" in self._answer()

    def __enter__(self) -> Commands:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def run(
        self,
        *arguments: str | Path,
        seconds: float = 20,
        address_bytes: int = 8 * GIB,
        file_bytes: int = 0,
        ordinary: bool = False,
    ) -> Done:
        """Run ``sapa ARGUMENTS`` in this folder; it is killed after so many seconds."""
        told = tuple(map(str, arguments))
        order = {
            "arguments": told,
            "cwd": str(self.folder),
            "env": {},
            "stdout": str(self.folder / ".stdout"),
            "stderr": str(self.folder / ".stderr"),
            "seconds": seconds,
            "address_bytes": address_bytes,
            "file_bytes": file_bytes,
            "ordinary": ordinary,
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self._answer()
        out, err = ((self.folder / name).read_text("utf-8", "replace") for name in (".stdout", ".stderr"))
        return Done(told, answer["code"], out, err, answer["peak_bytes"], answer["took"], answer.get("late", False))


def environment(packs: Path) -> dict[str, str]:
    """What a command sees: the packs of the test, no colours."""
    return {**os.environ, "SAPA_PACKS": str(packs), "NO_COLOR": "1", "COLUMNS": "160"}


def fingerprint(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder, hidden ones too."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
