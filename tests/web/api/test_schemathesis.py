"""Schemathesis with all its checks against a running server. ``SAPA_SCHEMATHESIS_EXAMPLES`` makes the run longer."""

from __future__ import annotations

import json
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


# The routes' schema can't say what a pack's layout holds and what a signature is worth: rows of other fields, blocked rows and
# foreign signatures are refused with 422 though the JSON is well formed.
CONFIG = """
[phases.coverage]
unexpected-methods = ["PATCH", "TRACE"]

[[operations]]
include-operation-id = ["put_draft", "submit", "check", "complete", "check_upload", "sign"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "409", "422"]
"""


def run(address: str, secret: str, folder: Path, schema: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    (folder / "schemathesis.toml").write_text(CONFIG)
    (folder / "openapi.json").write_text(json.dumps(schema))
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", "openapi.json", "--url", address,
        "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES), "--seed", "521",
        "-H", f"Authorization: Bearer {secret}", "--workers", "1", "--continue-on-failure", "--no-color",
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=1800)


def with_what_is_there(schema: dict[str, Any], known: dict[str, list[Any]]) -> dict[str, Any]:
    """The description with identifiers that exist as the only ones: otherwise chance would hardly ever meet one."""
    for address, methods in schema["paths"].items():
        for operation in methods.values():
            for item in operation.get("parameters", ()):
                name = "number" if item["name"] == "id" and "/obligations/" in address else item["name"]
                if name in known and (item["in"] == "path" or item.get("required")):
                    item["schema"] = {"type": item["schema"]["type"], "enum": known[name]}
    for name in ("CheckIn", "SubmissionIn", "UploadIn"):
        fields = schema["components"]["schemas"][name]["properties"]
        for field in ("pack", "dataset", "period", "unit"):
            fields[field] = {"type": "string", "enum": known[field]}
    return schema


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, pytest.param(False, marks=pytest.mark.skipif(not LONG, reason="the longer run"))])
def test_nothing_is_found(
    transactional_db: None, people: cast.Cast, asked: None, issue: Issue, live_server: Any, tmp_path: Path, known: bool
) -> None:
    secret = issue(code="R1", per_minute=1_000_000, burst=100_000)
    caller = Caller(secret)
    receipt = caller.post("/submissions", whole(caller, [row()])).json()["receipt"]
    there = {
        "number": [cast.obligation("institutions", cast.SIBLING).pk], "receipt": [receipt], "code": [cast.SCHOOL],
        "pack": [cast.PACK], "dataset": ["institutions", "learners"], "period": [cast.PERIOD],
        "unit": [cast.SIBLING, cast.KINDERGARTEN],
    }  # fmt: skip
    schema = Caller().get("/openapi.json").json()
    done = run(live_server.url, secret, tmp_path, with_what_is_there(schema, there) if known else schema)
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2000:]
