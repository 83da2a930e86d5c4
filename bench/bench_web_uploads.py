"""Thirty schools hand in their workbooks at the same moment: 300 rows each, read, verified, put into the working list.

    python bench/bench_web_uploads.py [--schools 30] [--rows 300] [--workers 2]

A site of its own in a temporary folder (the database that ``SAPA_DATABASE_URL`` names, else SQLite), served by gunicorn; each
school is a thread that signs in by session, uploads, reads the preview, confirms. Printed: errors, seconds from the first
upload to the last confirmation, p50 and p95 of both requests, and what the site knows afterwards.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
DAY = datetime(2024, 9, 16, 9, tzinfo=UTC)
PERIOD = "2024"


def fill(schools: int) -> list[tuple[int, str]]:
    """A district of so many schools, each with a secretary; (obligation, session key) of each."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from tests.web.cast import attributes

    from sapa_web.collection.domain.campaigns import open_campaign
    from sapa_web.collection.models import Obligation
    from sapa_web.orgs.domain.tree import Entry, Facts, open_many
    from sapa_web.orgs.models import Membership, Organisation, User

    name, kind, level, district = "School", "secondary-school", "general", "R1-01"
    offices = [Entry("REP", Facts("Republic"), False), Entry("R1-01", Facts("District", "REP"), False)]
    facts = Facts(name, "R1-01", kind, (level,), attributes=attributes(name, kind, level, district))
    codes = [f"{number:07}" for number in range(1, schools + 1)]
    open_many("system:bench", offices + [Entry(code, facts) for code in codes], date(2015, 9, 1))
    open_campaign("system:bench", "demo", "learners", PERIOD, opens_on=date(2024, 9, 1))
    out = []
    for code in codes:
        user = User.objects.create_user(f"{code}@example.org", name=code)
        unit = Organisation.objects.unscoped("bench").get(code=code)
        Membership.objects.create(user=user, organisation=unit, role="secretary", valid_from=date(2015, 9, 1))
        session = SessionStore()
        session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        owed = Obligation.objects.unscoped("bench").get(organisation=unit)
        out.append((owed.pk, str(session.session_key)))
    return out


def workbooks(schools: int, rows: int) -> list[bytes]:
    """A learners' workbook for each school: so many rows of the demonstration country, no person twice."""
    from sapa.demo import generate

    learners = generate("small", seed=1, periods=("2024",)).tables["learners", "2024"].drop_columns(["institution"])
    many = [learners.slice(number * rows % (learners.num_rows - rows), rows) for number in range(schools)]
    return [_workbook(table.to_pylist(), number) for number, table in enumerate(many)]


def _workbook(lines: list[dict[str, Any]], school: int) -> bytes:
    import xlsxwriter

    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "dd.mm.yyyy"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(lines[0]))
        for row, line in enumerate(lines, start=1):
            own = {**line, "person": f"S{school:03}-{row:05}"}
            sheet.write_row(row, 0, [float(cell) if isinstance(cell, Decimal) else cell for cell in own.values()])
    return out.getvalue()


def hand_in(base: str, obligation: int, session: str, content: bytes) -> tuple[float, float, str]:
    """Seconds of the upload and of the confirmation; what went wrong, or nothing."""
    import requests

    browser = requests.Session()
    browser.cookies.set("sessionid", session)
    page = f"{base}/returns/{obligation}/upload/"
    browser.get(page, timeout=120)
    token = {"csrfmiddlewaretoken": browser.cookies.get("csrftoken") or ""}
    begun = time.perf_counter()
    shown = browser.post(page, data=token, files={"file": ("learners.xlsx", content)}, timeout=300)
    uploaded = time.perf_counter() - begun
    if shown.status_code != 200 or "/upload/" not in shown.url or shown.url == page:
        return uploaded, 0.0, f"upload: {shown.status_code} {_said(shown.text)}"
    version = _value(shown.text, "version")
    begun = time.perf_counter()
    done = browser.post(f"{shown.url}confirm/", data={**token, "version": version}, timeout=300)
    return uploaded, time.perf_counter() - begun, "" if done.status_code == 200 else f"confirm: {done.status_code}"


def _said(html: str) -> str:
    """The text of the page's first message."""
    text = re.sub(r"<[^>]+>", " ", html.partition('class="body"')[2].partition("</div>")[0])
    return " ".join(text.removeprefix(">").split())[:200]


def _value(html: str, name: str) -> str:
    part = html.partition(f'name="{name}"')[2]
    return part.partition('value="')[2].partition('"')[0]


def told(name: str, values: list[float]) -> str:
    """Median and 95th percentile."""
    ordered = sorted(values)
    return f"{name:8} p50 {statistics.median(ordered):6.2f} s   p95 {ordered[int(len(ordered) * 0.95) - 1]:6.2f} s"


def main() -> int:
    """Measure and print; exit code 1 where an upload failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--schools", type=int, default=30)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as home:
        os.environ |= {"SAPA_HOME": home, "SAPA_DEMO": "1", "DJANGO_SETTINGS_MODULE": "sapa_web.config.settings"}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        from sapa_web.common import clock

        clock.set_moment(DAY)
        units = fill(given.schools)
        return serve_and_measure(units, workbooks(len(units), given.rows), given.workers)


def serve_and_measure(units: list[tuple[int, str]], files: list[bytes], workers: int) -> int:
    """Start the site, hand everything in at once, say how it went."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "sapa_web.config.wsgi", "-b", f"127.0.0.1:{port}", "-w", str(workers)]
    site = subprocess.Popen([*command, "--threads", "4", "--timeout", "300", "--log-level", "error"])
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(port)
        begun = time.perf_counter()
        with ThreadPoolExecutor(len(units)) as pool:
            jobs = [pool.submit(hand_in, base, *unit, content) for unit, content in zip(units, files, strict=True)]
            done = [job.result() for job in jobs]
        wall = time.perf_counter() - begun
    finally:
        site.terminate()
        site.wait()
    errors = [text for _up, _confirm, text in done if text]
    print(f"{len(units)} schools at once: {wall:.1f} s, {len(errors)} errors {errors[:3]}")
    print(told("upload", [up for up, _confirm, _text in done]))
    print(told("confirm", [confirm for _up, confirm, _text in done]))
    print(_known())
    return 1 if errors else 0


def _wait(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the site did not start")


def _known() -> Any:
    from django.db.models import Count, Sum

    from sapa_web.collection.models import Obligation

    found = Obligation.objects.unscoped("bench").values("state").annotate(returns=Count("pk"), rows=Sum("rows")).order_by("state")
    return "afterwards: " + "; ".join(f"{item['returns']} {item['state']} with {item['rows']} rows" for item in found)


if __name__ == "__main__":
    sys.exit(main())
