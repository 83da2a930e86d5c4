"""How fast the site shows a table of an indicator by region × settlement × year, over the facts of a full country.

    python bench/bench_web_facts.py [ARCHIVE] [--years 5] [--rounds 3] [--json]

``ARCHIVE`` is one frozen period as ``sapa run`` or ``sapa demo --scale full`` left it; without one the full demonstration is
made first, which takes some minutes. A site of its own is made in a temporary
folder, with that period and, for the other years, the same facts under earlier periods. Pages, files and charts are asked for
inside one process through Django's own handler (middleware, session, scope, template): every indicator in turn, each round
with other periods and another order. The chart is an image of its own, drawn by the server when it is first asked for. Times
are wall time of one request, in milliseconds; the first page of a process, which reads the facts, is told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def stage(archive: Path, folder: Path, years: int) -> tuple[str, list[str]]:
    """The archive's period and ``years - 1`` earlier ones with the same facts; returns pack and periods."""
    statement = json.loads((archive / "snapshot/snapshot.json").read_text())
    pack, last = str(statement["pack"]), int(statement["period"])
    periods = [str(last - back) for back in reversed(range(years))]
    for period in periods:
        home = folder / pack / period
        (home / "snapshot").mkdir(parents=True)
        (home / "facts").mkdir()
        own = {**statement, "period": period, "root": f"{int(period):064d}"}
        (home / "snapshot/snapshot.json").write_text(json.dumps(own))
        for path in sorted((archive / "facts").glob("*.parquet")):
            table = pq.read_table(path)
            table = table.filter(pa.compute.equal(table["period"], str(last)))
            for name, value in (("period", period), ("snapshot", own["root"])):
                table = table.set_column(table.column_names.index(name), name, pa.array([value] * table.num_rows, pa.string()))
            pq.write_table(table, home / "facts" / path.name, write_page_checksum=True)
    return pack, periods


def reader(role: str) -> Any:
    """A client signed in with a role: at the top of the tree, or at its first region."""
    from datetime import date

    from django.test import Client

    from sapa_web.orgs.domain.tree import Entry, Facts, open_many
    from sapa_web.orgs.models import Membership, Organisation, User

    if not User.objects.exists():
        open_many(
            "system:bench",
            [Entry("REP", Facts("Republic"), False), *(Entry(f"R{n}", Facts(f"Region {n}", "REP"), False) for n in range(1, 8))],
            date(2015, 9, 1),
        )
    node = Organisation.objects.unscoped("bench").get(code="REP" if role == "analyst" else "R1")
    user = User.objects.create_user(f"{role}@example.org", name=role)
    Membership.objects.create(user=user, organisation=node, role=role, valid_from=date(2015, 9, 1))
    client = Client()
    client.force_login(user)
    return client


def measure(client: Any, pack: str, periods: list[str], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of pages, of CSV files and of charts."""
    from sapa_web.indicators.domain.queries.facts import official

    figures = official(pack)
    assert figures is not None
    both = pa.compute.and_(pa.compute.is_valid(figures.table["region"]), pa.compute.is_valid(figures.table["settlement"]))
    names = sorted(set(figures.table.filter(both)["indicator"].to_pylist()))
    out: dict[str, list[float]] = {"page": [], "csv": [], "chart": []}
    for turn in range(rounds):
        chosen = "".join(f"&period={period}" for period in periods[turn % len(periods) :])
        query = f"by=region&also=settlement{chosen}&sort={'-' if turn % 2 else ''}c{turn}"
        for name in names:
            for kind, path in (("page", ""), ("csv", "figures.csv"), ("chart", "chart.svg")):
                url = f"/figures/{pack}/{name}/{path}?{query}"
                begun = time.perf_counter()
                response = client.get(url)
                out[kind].append((time.perf_counter() - begun) * 1000)
                assert response.status_code == 200 or kind == "chart", (url, response.status_code)
    return out


def full_country(folder: Path) -> Path:
    """The demonstration at full size, its last period."""
    command = [str(Path(sys.executable).parent / "sapa"), "demo", "--scale", "full", "--langs", "none", "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return max(path for path in folder.iterdir() if path.is_dir())


def told(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and the slowest."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"n": len(ordered), "p50": round(statistics.median(ordered), 1), "p95": round(p95, 1), "max": round(ordered[-1], 1)}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("archive", type=Path, nargs="?")
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as place:
        home = Path(place)
        pack, periods = stage(given.archive or full_country(home / "full"), home / "archive", given.years)
        os.environ |= {
            "SAPA_HOME": str(home),
            "SAPA_DEMO": "1",
            "SAPA_ARCHIVE_URL": str(home / "archive"),
            "SAPA_HOSTS": "testserver",
        }
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "sapa_web.config.settings",
            "SAPA_DATABASE_URL": f"sqlite:///{home / 'site.sqlite3'}",
        }
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        analyst, region = reader("analyst"), reader("officer")
        begun = time.perf_counter()
        assert analyst.get(f"/figures/{pack}/").status_code == 200
        result: dict[str, Any] = {"first page of a process, s": round(time.perf_counter() - begun, 2)}
        for who, client in (("analyst", analyst), ("region", region)):
            for kind, values in measure(client, pack, periods, given.rounds).items():
                result[f"{kind}, {who}, ms"] = told(values)
    if given.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for name, value in result.items():
            sys.stdout.write(f"{name:30} {value}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
