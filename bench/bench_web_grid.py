"""A grid of a thousand learners: how long its page, its rows, and a saved cell with verification take.

    python bench/bench_web_grid.py [--rows 1000] [--turns 9]

Through the whole of Django with the test client, in a database of its own (SQLite in a temporary folder, or the empty one that
``SAPA_DATABASE_URL`` names); the rules see the earlier year's signed rows and the register. No network, no browser.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def pupils(rows: int, grade: int, as_of: str) -> list[dict[str, str]]:
    """A school's learners, every thirtieth with an odd age."""
    from tests.web import cast
    from tests.web.collection.test_pages import learner

    marks = {"mark_mean": "7.50", "mark_language": "8", "mark_mathematics": "7", "funding": "public", "boarding": "false"}
    return [
        learner(
            number, as_of=as_of, grade=str(grade), class_id=f"{cast.SCHOOL}-{grade}{number // 25}", **marks,
            birth_date="2001-01-01" if number % 30 == 0 else "2013-05-01",
        )
        for number in range(rows)
    ]  # fmt: skip


def prepare(rows: int) -> tuple[Any, Any]:
    """A school with a signed earlier year and a signed register; its secretary and this year's return."""
    from tests.web import cast
    from tests.web.collection.test_pages import ready
    from tests.web.collection.test_path import sign

    from sapa_web.collection.domain import checking, signing, working
    from sapa_web.collection.domain.campaigns import open_campaign

    people = cast.build()
    open_campaign("system:bench", cast.PACK, "learners", "2023", opens_on=date(2023, 9, 1))
    before = cast.obligation("learners", cast.SCHOOL, "2023")
    plain = [{**row, "birth_date": "2013-05-01"} for row in pupils(rows, 6, "2023-09-01")]
    working.replace_all(people.secretary, before, plain, channel="bulk")
    checking.check_draft(before)
    cast.campaigns()
    register = cast.obligation("institutions", cast.SCHOOL)
    ready(register, people.secretary)
    for item in (before, register):
        signing.accept(people.head, item, sign(bytes(signing.prepare(people.head, item).manifest)))
    learners = cast.obligation("learners", cast.SCHOOL)
    working.replace_all(people.secretary, learners, pupils(rows, 7, "2024-09-01"), channel="upload")
    checking.check_draft(learners)
    return people.secretary, learners


def measure(secretary: Any, learners: Any, turns: int) -> dict[str, list[float]]:
    """Seconds of each step, turn by turn."""
    from django.test import Client
    from django.urls import reverse

    from sapa_web.collection.domain import working

    client = Client()
    client.force_login(secretary)
    row, value = working.rows_of(learners)[1][5]["_id"], "7"
    out: dict[str, list[float]] = {"page": [], "rows": [], "save": []}
    for turn in range(turns):
        change = {"op": "set", "row": row, "field": "mark_mathematics", "was": value, "value": str(turn % 9 + 1)}
        value = change["value"]
        body = json.dumps({"version": 0, "changes": [change]})
        page, data, save = (reverse(f"collection:{name}", args=[learners.pk]) for name in ("return", "grid-data", "grid-changes"))
        for name, ask in (
            ("page", lambda: client.get(page)),  # noqa: B023 - called at once
            ("rows", lambda: client.get(data)),  # noqa: B023
            ("save", lambda: client.post(save, body, content_type="application/json")),  # noqa: B023
        ):
            begun = perf_counter()
            answer = ask()
            out[name].append(perf_counter() - begun)
            assert answer.status_code == 200, (name, answer.content[:500])
    return out


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as home:
        os.environ |= {"SAPA_HOME": home, "SAPA_DEMO": "1", "SAPA_HOSTS": "testserver"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "sapa_web.config.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from tests.web import cast

        from sapa_web.common import clock

        with clock.standing_at(cast.DAY):
            times = measure(*prepare(given.rows), given.turns)
    for name, seconds in times.items():
        first, *rest = seconds
        print(f"{name:5} first {first:.2f} s   median {statistics.median(rest):.2f} s   slowest {max(rest):.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
