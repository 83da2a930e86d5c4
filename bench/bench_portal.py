"""How fast the public portal answers: pages at a steady rate over HTTP, tables of the builder, a table of a million cells.

    python bench/bench_portal.py [FACTS ...] [--rate 50] [--seconds 20] [--tables 200] [--json]

``FACTS`` are folders of facts as ``sapa run`` or ``sapa demo --scale full`` left them (``…/2023/facts``); without any the full
demonstration is made first, which takes a while. They become one version of published figures on a site of its own in a
temporary folder (disclosure control is not measured here and is left out), with a release of the yearbook.

Three parts. *Pages*: the site is served as in service (gunicorn, two processes of four threads); requests leave at their planned
moments, whether or not earlier ones have been answered, and each is timed from its planned moment on. *Tables*: random choices
of the table builder, made as the page offers them, asked for inside one process. *A million cells*: invented facts, 10 indicators
× 400 places × 25 types × 10 periods, built, written as a page and as Parquet. Times in milliseconds. Goals: pages p95 150, tables
p95 500, a million cells 2,000.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
PACK = "demo"


def told(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and the slowest."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"n": len(ordered), "p50": round(ordered[len(ordered) // 2], 1), "p95": round(p95, 1), "max": round(ordered[-1], 1)}


def full_country(folder: Path) -> list[Path]:
    """The demonstration at full size: the facts of its periods."""
    command = [str(Path(sys.executable).parent / "sapa"), "demo", "--scale", "full", "--langs", "none", "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return sorted(path / "facts" for path in folder.iterdir() if (path / "facts").is_dir())


def stage(folders: list[Path]) -> Any:
    """One public version of these facts, and a release of it."""
    from datetime import timedelta

    from sapa.indicators.facts import latest
    from sapa_web.common.clock import now
    from sapa_web.common.packs import pack_named
    from sapa_web.portal.files import published_store
    from sapa_web.portal.models import DataVersion, Publication, Release, Section

    facts = latest([pq.read_table(path) for folder in folders for path in sorted(folder.glob("*.parquet"))])
    out = BytesIO()
    pq.write_table(facts, out, compression="zstd", write_page_checksum=True)
    published_store().write(f"{PACK}/bench/facts.parquet", out.getvalue())
    periods = sorted(set(facts["period"].to_pylist()))
    version = DataVersion.objects.create(
        pack=PACK, major=1, minor=0, patch=0, periods=periods, roots=dict.fromkeys(periods, "0" * 64), facts=facts.num_rows,
        pack_version=pack_named(PACK).version, folder=f"{PACK}/bench", digest=sha256(out.getvalue()).hexdigest(), made_at=now(),
        made_by="bench",
    )  # fmt: skip
    series = Publication.objects.create(slug="yearbook", pack=PACK, report="yearbook", title={"en": "Yearbook"})
    made = Release.objects.create(
        publication=series, period=periods[-1], state=Release.SCHEDULED, data=version, made_at=now(),
        publish_at=now() - timedelta(days=1), headline={"en": "Headline"},
    )  # fmt: skip
    for place, chapter in enumerate(pack_named(PACK).find("reports", "yearbook").chapters):
        Section.objects.create(release=made, chapter=chapter.id, position=place, text={"en": "Words."})
    return version


def tree() -> None:
    """Offices whose codes are the places of the figures."""
    from datetime import date

    from sapa_web.orgs.domain.tree import Entry, Facts, open_many

    regions = [Entry(f"R{n}", Facts(f"Region {n}", "REP"), False) for n in range(1, 7)]
    open_many("system:bench", [Entry("REP", Facts("Republic"), False), *regions], date(2015, 9, 1))


def pages(version: Any) -> dict[str, list[str]]:
    """What readers ask for, and several of each."""
    from sapa_web.portal.domain.queries.cube import cube_of

    names = sorted(cube_of(version).indicators)
    last = version.periods[-1]
    by_region = [name for name in names if frozenset({"region"}) in cube_of(version).indicators[name]]
    base = "/statistics/"
    by_region = by_region[:20]
    return {
        "home": [base],
        "indicators": [f"{base}indicators/", f"{base}indicators/?q=learners"],
        "indicator": [f"{base}indicators/{PACK}/{name}/" for name in by_region],
        "chart": [f"{base}indicators/{PACK}/{name}/chart.svg?by=region" for name in by_region[:20]],
        "tables": [f"{base}tables/?indicator={name}&by=region&period={last}" for name in by_region],
        "release": [f"{base}releases/yearbook/{last}/"],
        "place": [f"{base}places/{code}/" for code in sorted(cube_of(version).names["region"]) if code != "_U"],
        "search": [f"{base}search/?q={word}" for word in ("learners", "teachers", "region", "grade")],
        "data": [f"{base}data/", f"{base}data/{PACK}/{version.number}/"],
        "feed": [f"{base}feed.xml"],
    }


def serve() -> tuple[subprocess.Popen[bytes], int]:
    """The site as in service."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "sapa_web.config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    running = subprocess.Popen([*command, "--threads", "4", "--timeout", "120"], stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            fetch(port, "/health/")
            break
        except OSError:
            time.sleep(0.1)
    return running, port


def fetch(port: int, path: str) -> int:
    """The status of one answer, read to its end."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.request("GET", path)
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.status


def load(port: int, asked: dict[str, list[str]], rate: float, seconds: float) -> dict[str, Any]:
    """Requests at a steady rate; each timed from the moment it was planned for."""
    drawn = random.Random(1)
    plan = [(kind, drawn.choice(asked[kind])) for kind in drawn.choices(sorted(asked), k=int(rate * seconds))]
    times: dict[str, list[float]] = defaultdict(list)
    wrong: list[tuple[str, int]] = []
    begun = time.perf_counter() + 0.2

    def one(place: int, kind: str, path: str) -> None:
        planned = begun + place / rate
        time.sleep(max(0.0, planned - time.perf_counter()))
        status = fetch(port, path)
        times[kind].append((time.perf_counter() - planned) * 1000)
        if status != 200:
            wrong.append((path, status))

    threads = [threading.Thread(target=one, args=(place, *item)) for place, item in enumerate(plan)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:5]
    whole = [value for values in times.values() for value in values]
    return {"all pages": told(whole), **{kind: told(values) for kind, values in sorted(times.items())}}


def tables(version: Any, count: int) -> dict[str, float]:
    """Random tables of one to three indicators and up to three breakdowns, each as the page with its form."""
    from django.test import Client

    from sapa_web.portal.domain.queries.cube import cube_of

    cube, drawn, client = cube_of(version), random.Random(2), Client()
    assert client.get("/statistics/tables/").status_code == 200
    times = []
    for _ in range(count):
        first = drawn.choice(sorted(cube.indicators))
        cut = drawn.choice(sorted(cube.indicators[first], key=sorted))
        fitting = [name for name in sorted(cube.indicators) if cut in cube.indicators[name] and name != first]
        chosen = [first, *drawn.sample(fitting, min(len(fitting), drawn.randrange(3)))]
        query = "&".join([*(f"indicator={name}" for name in chosen), *(f"by={name}" for name in sorted(cut))])
        query += "".join(f"&period={period}" for period in version.periods)
        begun = time.perf_counter()
        answer = client.get(f"/statistics/tables/?{query}")
        times.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200
        assert b"/statistics/figure/" in answer.content, query
    return told(times)


def million() -> dict[str, float]:
    """A table of a million invented cells: laid out, its first page written, taken as Parquet."""
    from sapa_web.indicators.domain.queries.about import labels_for
    from sapa_web.portal.domain.queries.builder import Asked
    from sapa_web.portal.domain.queries.cube import Cube
    from sapa_web.portal.domain.queries.pivot import Writer, build

    labels = labels_for(PACK, "2023")
    names = [item.id for item in labels.pack.indicators if item.holds("2023")][:10]
    size = (len(names), 400, 25, 10)
    places = np.indices(size).reshape(4, -1)
    words = [
        names,
        [f"D{n:03}" for n in range(size[1])],
        [f"T{n:02}" for n in range(size[2])],
        [str(2014 + n) for n in range(10)],
    ]
    columns = {
        name: pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32)), pa.array(known)).cast(pa.string())
        for name, place, known in zip(("indicator", "district", "type", "period"), places, words, strict=True)
    }
    value = pa.array(np.arange(places.shape[1], dtype=float))
    columns |= {"snapshot": pa.repeat("0", len(value)), "numerator": value, "denominator": pa.nulls(len(value), pa.float64())}
    columns |= {"value": value, "count": value.cast(pa.int64()), "flag": pa.repeat("", len(value))}
    begun = time.perf_counter()
    cube = Cube(pa.table(columns))
    indexed = time.perf_counter()
    asked = Asked(PACK, tuple(names), ("district", "type"), {}, tuple(words[3]))
    made = build(cube, asked, labels)
    built = time.perf_counter()
    Writer(cube, asked, labels, made).rows(0, 100)
    written = time.perf_counter()
    pq.write_table(made.taken(cube), BytesIO())
    done = time.perf_counter()
    steps = {"index once": indexed - begun, "build": built - indexed, "first page": written - built, "as Parquet": done - written}
    return {"cells": made.cells, **{name: round(seconds * 1000, 1) for name, seconds in steps.items()}}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("facts", type=Path, nargs="*")
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as place:
        home = Path(place)
        folders = given.facts or full_country(home / "full")
        os.environ |= {"SAPA_HOME": str(home), "SAPA_HOSTS": "testserver,127.0.0.1", "SAPA_PACK": PACK}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "sapa_web.config.settings"}
        os.environ.pop("SAPA_DATABASE_URL", None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        tree()
        version = stage(folders)
        result: dict[str, Any] = {"facts": version.facts, "builder": tables(version, given.tables), "a million": million()}
        asked = pages(version)
        running, port = serve()
        try:
            for _ in range(2):  # both processes read the facts and draw the charts
                for paths in asked.values():
                    for path in paths[:20]:
                        fetch(port, path)
            result |= load(port, asked, given.rate, given.seconds)
        finally:
            running.terminate()
            running.wait()
    if given.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for name, value in result.items():
            sys.stdout.write(f"{name:14} {value}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
