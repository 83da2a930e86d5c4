"""Schemathesis with all its checks against a running server. ``SAPA_SCHEMATHESIS_EXAMPLES`` makes the run longer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.web import cast
from tests.web.api.conftest import Caller, Issue, row
from tests.web.api.test_submissions import whole

EXAMPLES = int(os.environ.get("SAPA_SCHEMATHESIS_EXAMPLES", "3"))
LONG = "SAPA_SCHEMATHESIS_EXAMPLES" in os.environ


def run(address: str, secret: str, folder: Path, known: str) -> subprocess.CompletedProcess[str]:
    config = folder / "schemathesis.toml"
    config.write_text(known)
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{address}/api/v1/openapi.json",
        "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES), "--seed", "521",
        "-H", f"Authorization: Bearer {secret}", "--workers", "1", "--continue-on-failure", "--no-color",
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)


# The routes' schema can't say what a pack's layout holds and what a signature is worth: rows of other fields, blocked rows and
# foreign signatures are refused with 422 though the JSON is well formed.
REFUSED = """
[[operations]]
include-operation-id = ["put_draft", "submit", "check", "complete", "check_upload", "sign"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "409", "422"]
"""


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, pytest.param(False, marks=pytest.mark.skipif(not LONG, reason="the longer run"))])
def test_nothing_is_found(
    transactional_db: None, people: cast.Cast, asked: None, issue: Issue, live_server: Any, tmp_path: Path, known: bool
) -> None:
    secret = issue(code="R1", per_minute=1_000_000, burst=100_000)
    caller = Caller(secret)
    receipt = caller.post("/submissions", whole(caller, [row()])).json()["receipt"]
    number = cast.obligation("institutions", cast.SIBLING).pk
    there = f"""
[parameters]
"query.pack" = "{cast.PACK}"
"path.pack" = "{cast.PACK}"
"path.dataset" = "institutions"
"path.period" = "{cast.PERIOD}"
"path.receipt" = "{receipt}"
"path.code" = "{cast.SCHOOL}"
"""
    own = f"""
[[operations]]
include-tag = ["obligations", "drafts"]
[operations.parameters]
"path.id" = {number}
"""
    done = run(live_server.url, secret, tmp_path, (there if known else "") + REFUSED + (own if known else ""))
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2000:]
