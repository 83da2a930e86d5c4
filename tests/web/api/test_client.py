"""The client of the handbook, its very lines, against a running server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from sapa.signing.cades import sign_detached
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.collection.models import Submission
from sapa_web.common import clock
from tests.web import cast
from tests.web.api.conftest import WHERE, Issue, row


def lines(root: Path) -> str:
    """The first block of Python of the page."""
    found = re.search(r"```python\n(.*?)```", (root / "docs/how-to/api.md").read_text(), re.DOTALL)
    assert found
    return found[1]


def test_it_is_ten_lines(root: Path) -> None:
    assert len(lines(root).strip().splitlines()) == 10


def test_the_client_hands_in_a_return(
    transactional_db: None, asked: None, issue: Issue, live_server: Any, tmp_path: Path, root: Path
) -> None:
    client, given = tmp_path / "client.py", tmp_path / "return.json"
    client.write_text(lines(root))
    given.write_text(json.dumps({**WHERE, "unit": cast.SCHOOL, "rows": [row()]}))
    secret = issue()

    def run(signer: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(client), live_server.url, secret, str(given), signer]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)

    # What the head's software does: first it is shown the bytes, then it gives the signature over them.
    run("cat > manifest")
    manifest = (tmp_path / "manifest").read_bytes()
    signer = demonstration_authority().person("Head", cast.SCHOOL, now=clock.now())
    (tmp_path / "signature").write_bytes(sign_detached(manifest, signer, signing_time=clock.now()))
    done = run("cat signature")
    assert done.returncode == 0, done.stderr
    submission = Submission.objects.unscoped("test").get()
    assert done.stdout.strip() == submission.receipt
    assert run("cat signature").stdout == done.stdout
    assert Submission.objects.unscoped("test").count() == 1
