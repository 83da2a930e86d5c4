"""How fast the public portal answers: pages at a steady rate over HTTP, tables of the builder, a table of a million cells.

    python bench/bench_portal.py [FACTS ...] [--rate 50] [--seconds 20] [--tables 200] [--json]

``FACTS`` are folders of facts as ``sapa run`` or ``sapa demo --scale full`` left them (``…/2023/facts``); without any the full
demonstration is made first, which takes a while. They become one version of published figures on a site of its own in a
temporary folder (disclosure control is not measured here and is left out), with a release of the yearbook.

Three parts. *Pages*: the site is served as in service (gunicorn, two processes of four threads); requests leave at their planned
moments, whether or not earlier ones have been answered, and each is timed from its planned moment on. *Cold*: every request asks
for another page in one of five languages, none was made before. *As readers come*: the same pages, each asked for the less often
the lower it ranks (Zipf), after as many such requests before. Beside the times stands what a request cost the web processes on
the processor, which a busy machine changes little. ``--no-cache`` measures the same without kept pages. *Tables*: random choices
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
    """What readers ask for: every kind of page, and of each as many different ones as there are, at most a few hundred."""
    from sapa_web.portal.domain.queries.cube import cube_of
    from sapa_web.portal.domain.queries.published import figures
    from sapa_web.portal.templatetags.portal import figure_url

    cube, drawn = cube_of(version), random.Random(3)
    names = sorted(cube.indicators)
    last = version.periods[-1]
    by = [(name, next(iter(cut))) for name in names for cut in sorted(cube.indicators[name], key=sorted) if len(cut) == 1]
    base, known = "/statistics/", figures(version)
    cells = [fact.id for name, cut in drawn.sample(by, min(len(by), 80)) for fact in known.cells(name, (cut,))[last].values()]
    places = [(name, code) for name in ("region", "district") for code in sorted(cube.names.get(name, [])) if code != "_U"]
    return {
        "home": [base],
        "indicators": [f"{base}indicators/{query}" for query in ("", *(f"?q={word}" for word in WORDS))],
        "indicator": [f"{base}indicators/{PACK}/{name}/?by={cut}" for name, cut in by],
        "chart": [f"{base}indicators/{PACK}/{name}/chart.svg?by=region" for name, cut in by if cut == "region"][:20],
        "tables": [f"{base}tables/?indicator={name}&by={cut}&period={period}" for name, cut in by for period in version.periods],
        "release": [f"{base}releases/yearbook/{last}/"],
        "place": [f"{base}places/{code}/?period={period}" for _name, code in places[:60] for period in version.periods],
        "search": [f"{base}search/?q={word}" for word in WORDS],
        "data": [f"{base}data/", f"{base}data/{PACK}/{version.number}/"],
        "figure": [figure_url(version, name) for name in drawn.sample(sorted(set(cells)), min(len(set(cells)), 300))],
        "feed": [f"{base}feed.xml"],
    }


WORDS = ("learners", "teachers", "region", "grade", "places", "share", "ratio", "school", "boys", "language", "classes", "shifts")
LANGUAGES = ("en", "ru", "kk", "uk", "be")
Asked = tuple[str, str, str]
"""Kind of page, address, language."""


def serve(cached: bool) -> tuple[subprocess.Popen[bytes], int]:
    """The site as in service."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "sapa_web.config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    surroundings = os.environ | {} if cached else os.environ | {"SAPA_PAGE_CACHE": "0"}
    running = subprocess.Popen([*command, "--threads", "4", "--timeout", "120"], stderr=subprocess.DEVNULL, env=surroundings)
    for _ in range(200):
        try:
            fetch(port, "/health/")
            break
        except OSError:
            time.sleep(0.1)
    return running, port


def spent(running: subprocess.Popen[bytes]) -> float:
    """Seconds of the processor that the web processes have used, whatever else the machine was doing."""
    workers = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    ticks = [sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) for pid in workers]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


def fetch(port: int, path: str, lang: str = "en") -> int:
    """The status of one answer, read to its end."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    link.request("GET", path, headers={"Accept-Language": lang})
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.status


def different(asked: dict[str, list[str]], count: int) -> list[Asked]:
    """Pages of all kinds, no two alike: kinds with few addresses have few."""
    drawn = random.Random(1)
    left = {kind: [(kind, path, lang) for path in paths for lang in LANGUAGES] for kind, paths in sorted(asked.items())}
    for items in left.values():
        drawn.shuffle(items)
    out: list[Asked] = []
    while len(out) < count and (kinds := [kind for kind, items in left.items() if items]):
        out.append(left[drawn.choice(kinds)].pop())
    return out


def popular(known: list[Asked], count: int, seed: int) -> list[Asked]:
    """What many readers ask for: the page of rank n is asked for 1/n as often as the first (Zipf)."""
    return random.Random(seed).choices(known, [1 / (rank + 1) for rank in range(len(known))], k=count)


def load(running: subprocess.Popen[bytes], port: int, plan: list[Asked], rate: float) -> dict[str, Any]:
    """Requests at a steady rate; each timed from the moment it was planned for."""
    times: dict[str, list[float]] = defaultdict(list)
    wrong: list[tuple[str, int]] = []
    before, begun = spent(running), time.perf_counter() + 0.2

    def one(place: int, kind: str, path: str, lang: str) -> None:
        planned = begun + place / rate
        time.sleep(max(0.0, planned - time.perf_counter()))
        try:
            status = fetch(port, path, lang)
        except OSError:
            status = 0  # no answer within a minute
        times[kind].append((time.perf_counter() - planned) * 1000)
        if status != 200:
            wrong.append((path, status))

    threads = [threading.Thread(target=one, args=(place, *item)) for place, item in enumerate(plan)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        sys.exit(f"{len(wrong)} of {len(plan)} requests failed: {wrong[:5]}")
    whole = told([value for values in times.values() for value in values])
    whole |= {"different pages": len(set(plan)), "processor ms": round((spent(running) - before) * 1000 / len(plan), 1)}
    return {"all": whole, **{kind: told(values) for kind, values in sorted(times.items())}}


def measured(version: Any, rate: float, seconds: float, cached: bool) -> dict[str, Any]:
    """Cold, then as readers come: on a server of its own that has read the figures and nothing else."""
    asked, count = pages(version), int(rate * seconds)
    known = different(asked, count)
    running, port = serve(cached)
    try:
        for _ in range(6):  # both processes read pack, facts and templates; no page of the plan is made
            fetch(port, "/statistics/indicators/?q=nothing")
            fetch(port, asked["chart"][0] + "&period=none")
        out = {"cold": load(running, port, known, rate)}
        load(running, port, popular(known, count, 5), rate)
        out["as readers come"] = load(running, port, popular(known, count, 6), rate)
    finally:
        running.terminate()
        running.wait()
    return out


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
    parser.add_argument("--no-cache", action="store_true", help="without kept pages")
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
        result["pages"] = measured(version, given.rate, given.seconds, not given.no_cache)
    if given.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        phases = result.pop("pages")
        for name, value in (*result.items(), *phases.items()):
            lines = value.items() if name in phases else [("", value)]
            for part, figures in lines:
                sys.stdout.write(f"{name:16} {part:11} {figures}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
