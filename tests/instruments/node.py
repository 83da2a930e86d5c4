"""The page's script, run by Node.js over many forms and answers at once."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sapa.instruments import Checked, CompiledForm
from sapa.instruments.page import page_form

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("page.mjs")
NODE = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv" / "bin"))
needs_node = pytest.mark.skipif(NODE is None, reason="no Node.js: the page's evaluator is not compared")


def in_the_page(asked: list[tuple[CompiledForm, dict[str, Any], str]], partial: bool = False) -> list[dict[str, Any]]:
    """What the page's script makes of each form and answers at a time; one process for all."""
    assert NODE is not None
    tasks = [{"form": page_form(form, "en"), "answers": answers, "now": now, "partial": partial} for form, answers, now in asked]
    ran = subprocess.run([NODE, str(SCRIPT)], input=json.dumps(tasks), capture_output=True, text=True, check=True, timeout=60)
    made: list[dict[str, Any]] = json.loads(ran.stdout)
    return made


def on_the_server(form: CompiledForm, checked: Checked) -> dict[str, Any]:
    """The server's verdict in the shape of the page's."""
    return {
        "answers": checked.answers,
        "findings": [[each.address, each.item, each.code, form.form.say(each.message, "en")] for each in checked.findings],
        "shown": sorted(checked.shown),
        "required": sorted(checked.required),
        "offered": {address: [choice.code for choice in left] for address, left in checked.offered.items()},
    }
