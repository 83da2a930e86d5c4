"""Run every lint, all of them even when one fails, and say at the end which failed: ``python tools/lint.py``.

Names of lints as arguments run only those: ``python tools/lint.py mypy sizes``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

LINTS: dict[str, list[str]] = {
    "style": [f"{BIN}/ruff", "check", "--quiet", "."],
    "format": [f"{BIN}/ruff", "format", "--check", "--quiet", "."],
    "types": [f"{BIN}/mypy", "--no-error-summary"],
    "types-web": [f"{BIN}/mypy", "--no-error-summary", "--config-file", "tools/mypy_web.ini", "src/sapa_web"],
    "arrows": [f"{BIN}/lint-imports", "--no-cache"],
    "sizes": [sys.executable, "tools/check_size.py"],
    "neutral": [sys.executable, "tools/check_neutral.py"],
    "hosts": [sys.executable, "tools/check_hosts.py"],
    "reference": [sys.executable, "tools/reference_pages.py", "--check"],
}


def run(name: str) -> bool:
    """Run one lint; print its output only where it failed."""
    start = time.monotonic()
    done = subprocess.run(LINTS[name], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    passed = done.returncode == 0
    print(f"  {name:9} {'passed' if passed else 'FAILED'}  {time.monotonic() - start:5.1f} s", flush=True)
    if not passed:
        print(done.stdout, flush=True)
    return passed


def main(names: list[str]) -> int:
    """Exit code 0 when every lint passed, 1 when one failed, 2 when asked for an unknown one."""
    unknown = [name for name in names if name not in LINTS]
    if unknown:
        print(f"no lint called {', '.join(unknown)} → choose from {', '.join(LINTS)}", file=sys.stderr)
        return 2
    print("→ lint")
    failed = [name for name in names or LINTS if not run(name)]
    if failed:
        print(f"failed: {', '.join(failed)} → python tools/lint.py {' '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
