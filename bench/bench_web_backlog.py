"""How long the offices' pages take on a full country: 7,000 institutions, 3 data sets; prints p50 and p95 of each page.

    python bench/bench_web_backlog.py [--institutions 7000] [--requests 40]

Fills a database of that size (the one ``SAPA_DATABASE_URL`` names, which must be empty; by default SQLite in a temporary home),
then asks for the pages through the whole of Django, session and templates included, with the test client: what a worker process
spends on one request. No network.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa_web.config.settings")
os.environ.setdefault("SAPA_DEMO", "1")
os.environ.setdefault("SAPA_HOME", tempfile.mkdtemp(prefix="sapa-bench-"))
REGIONS, DISTRICTS = 20, 12
DAY = datetime(2024, 10, 3, 9, tzinfo=UTC)
DATASETS = ("institutions", "learners", "staff")


def fill(institutions: int) -> dict[str, Any]:
    """A republic of that size with a backlog of every state; returns who looks at it."""
    from sapa_web.collection.models import Campaign, Obligation
    from sapa_web.orgs.domain.tree import Entry, Facts, open_many
    from sapa_web.orgs.models import Membership, Organisation, User

    since = date(2015, 9, 1)
    offices = [Entry("REP", Facts("Ministry"), is_institution=False)]
    districts = []
    for region in range(1, REGIONS + 1):
        offices.append(Entry(f"R{region}", Facts(f"Region {region}", "REP"), is_institution=False))
        for number in range(1, DISTRICTS + 1):
            districts.append(f"R{region}-{number:02}")
            offices.append(Entry(districts[-1], Facts(f"District {region}.{number}", f"R{region}"), is_institution=False))
    levels = ("preschool", "general", "vocational")
    schools = [
        Entry(f"{number:07}", Facts(f"Institution {number}", districts[number % len(districts)], levels=(levels[number % 3],)))
        for number in range(1, institutions + 1)
    ]
    open_many("system:bench", offices + schools, since)
    units = list(Organisation.objects.unscoped("bench").filter(is_institution=True))
    chance = random.Random(521)
    for dataset in DATASETS:
        campaign = Campaign.objects.create(
            pack="demo", pack_version="1", dataset=dataset, period="2024", regime="kz-521", layout="x",
            opens_on=date(2024, 9, 1), due_on=date(2024, 9, 30), created_at=DAY,
        )  # fmt: skip
        Obligation.objects.bulk_create([_obligation(campaign, unit, chance) for unit in units], batch_size=2000)
    people = {}
    for name, node, wanted in (
        ("ministry", "REP", []),
        ("body", "REP", ["preschool"]),
        ("region", "R1", []),
        ("officer", "R1-01", []),
    ):
        user = User.objects.create_user(f"{name}@example.org", name=name)
        where = Organisation.objects.unscoped("bench").get(code=node)
        Membership.objects.create(user=user, organisation=where, role="officer", levels=wanted, valid_from=since)
        people[name] = user
    return people


def _obligation(campaign: Any, unit: Any, chance: random.Random) -> Any:
    from sapa_web.collection.models import Obligation

    state = chance.choice(["not_begun", "draft", "findings", "ready", "signed", "signed", "signed", "returned"])
    signed = state in ("signed", "returned")
    return Obligation(
        campaign=campaign, organisation=unit, state=state, due_on=campaign.due_on, revision=int(signed),
        late_days=chance.choice([0, 0, 0, 1, 4]) if signed else 0, rows=chance.randrange(1, 900),
        blocks=chance.randrange(1, 9) if state == "findings" else 0,
    )  # fmt: skip


PAGES = [
    ("republic's backlog", "ministry", "/backlog/at/REP/"),
    ("republic's backlog, one level", "body", "/backlog/at/REP/"),
    ("region's backlog", "region", "/backlog/at/R1/"),
    ("district's backlog", "officer", "/backlog/at/R1-01/"),
    ("republic's list of returns", "ministry", "/backlog/at/REP/units/"),
    ("republic's late returns, sorted", "ministry", "/backlog/at/REP/units/?late=1&sort=-findings"),
    ("republic's list, searched", "ministry", "/backlog/at/REP/units/?q=Institution+69"),
]


def measure(people: dict[str, Any], requests: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each page."""
    from django.test import Client

    out = {}
    for title, who, url in PAGES:
        client = Client(headers={"host": "localhost"})
        client.force_login(people[who], backend="django.contrib.auth.backends.ModelBackend")
        spent = []
        for _ in range(requests + 2):
            begun = time.perf_counter()
            status = client.get(url).status_code
            spent.append((time.perf_counter() - begun) * 1000)
            if status != 200:
                raise SystemExit(f"{url}: {status}")
        spent = sorted(spent[2:])
        out[title] = {"p50": spent[len(spent) // 2], "p95": spent[int(len(spent) * 0.95)]}
    return out


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--institutions", type=int, default=7000)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    import django
    from django.core.management import call_command

    django.setup()
    from sapa_web.common import clock

    call_command("migrate", verbosity=0)
    with clock.standing_at(DAY):
        begun = time.perf_counter()
        people = fill(given.institutions)
        filled = time.perf_counter() - begun
        found = measure(people, given.requests)
    if given.json:
        print(json.dumps({"filled_seconds": filled, "milliseconds": found}))
        return
    print(
        f"{given.institutions} institutions × {len(DATASETS)} data sets, filled in {filled:.1f} s; {given.requests} requests each"
    )
    for title, item in found.items():
        print(f"{title:36} p50 {item['p50']:7.1f} ms   p95 {item['p95']:7.1f} ms")


if __name__ == "__main__":
    main()
