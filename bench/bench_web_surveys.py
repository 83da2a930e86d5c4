"""How a survey takes its answers in: complete submissions of a form of 50 questions over HTTP, at a steady rate.

    python bench/bench_web_surveys.py [--rate 50] [--seconds 20] [--processes 2] [--json]

Starts the site as it is run (gunicorn, its processes with threads; the database that ``SAPA_DATABASE_URL`` names, by default
SQLite in a temporary home), opens a survey by personal links, then sends answers at fixed moments, whatever came of those before:
each opens the page and hands in the form with a link of its own. Prints p50, p95 and the longest of the handing in and of both
together, and every answer that is not 200. The load is made on the same machine, whose load before is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sapa_web.config.settings")
os.environ.setdefault("SAPA_HOME", tempfile.mkdtemp(prefix="sapa-bench-"))
QUESTIONS, PORT = 50, 8765


def form() -> Any:
    """Fifty questions: 30 of a scale, 10 of one choice, 5 numbers, 5 in words; every fifth follows from another."""
    from sapa.instruments import Choice, ChoiceList, Form, FormLanguage, Item, Scale

    items = []
    for number in range(QUESTIONS):
        more: dict[str, Any] = {"relevant": f"${{q{number - 1}}} != ''"} if number % 5 == 4 else {}
        label = {"en": f"Question {number}: how far do you agree with what is said here?"}
        if number < 30:
            more |= {"type": "scale", "scale": Scale(low=1, high=5), "required": "true()"}
        elif number < 40:
            more |= {"type": "select-one", "choices": "four", "required": "true()"}
        elif number < 45:
            more |= {"type": "integer", "constraint": ". >= 0 and . < 100"}
        else:
            more |= {"type": "text"}
        items.append(Item(name=f"q{number}", label=label, **more))
    four = ChoiceList(id="four", choices=tuple(Choice(code=code, label={"en": code}) for code in ("a", "b", "c", "d")))
    languages = (FormLanguage(code="en", name="English"),)
    return Form(id="bench", title={"en": "Bench"}, languages=languages, items=tuple(items), lists=(four,))


def body(code: str) -> bytes:
    """A filled-in form."""
    pairs = [("code", code), ("go", "send")]
    for number in range(QUESTIONS):
        value = "4" if number < 30 else "b" if number < 40 else "17" if number < 45 else "What I think of it, in a few words."
        pairs += [(f"q{number}", value), ("seen", f"q{number}")]
    return urlencode(pairs).encode()


def prepare(count: int) -> tuple[str, list[str]]:
    """A site with an open survey; its key and the codes of its links."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from sapa_web.common.clock import today
    from sapa_web.orgs.domain.tree import Entry, Facts, open_many
    from sapa_web.orgs.models import Organisation, User
    from sapa_web.surveys.domain import instruments, links, surveys

    open_many("system:bench", [Entry("REP", Facts("Ministry"), is_institution=False)], today())
    open_many("system:bench", [Entry("K1", Facts("Kindergarten", "REP", levels=("preschool",)))], today())
    unit = Organisation.objects.unscoped("bench").get(code="K1")
    user = User.objects.create_user("head@example.org", name="Head")
    version = instruments.newest(instruments.add(user, unit, form(), "page"))
    plan = surveys.Plan({"en": "Bench"}, "2024", today(), today(), ["en"])
    survey = surveys.open_(user, surveys.plan(user, unit, version, plan))
    codes: list[str] = []
    while len(codes) < count:
        codes += links.print_codes(user, survey, {"": min(links.MOST, max(5, count - len(codes)))})[""]
    return survey.key, codes


async def ask(method: str, path: str, content: bytes = b"") -> tuple[int, bytes]:
    """One request on a connection of its own, as another phone would make it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n"
    if content:
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(content)}\r\n"
    writer.write(head.encode() + b"\r\n" + content)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), answer


async def answer(key: str, code: str, at: float, out: list[tuple[float, float, int]]) -> None:
    """Open the page and hand the form in, at its moment."""
    await asyncio.sleep(max(0.0, at - time.perf_counter()))
    begun = time.perf_counter()
    status, _page = await ask("GET", f"/answer/{key}/")
    opened = time.perf_counter()
    if status == 200:
        status, _said = await ask("POST", f"/answer/{key}/", body(code))
    ended = time.perf_counter()
    out.append((ended - opened, ended - begun, status))


async def load(key: str, codes: list[str], rate: float) -> tuple[list[tuple[float, float, int]], float]:
    """All answers at their moments."""
    out: list[tuple[float, float, int]] = []
    begun = time.perf_counter() + 0.5
    await asyncio.gather(*(answer(key, code, begun + number / rate, out) for number, code in enumerate(codes)))
    return out, time.perf_counter() - begun


def serve(processes: int) -> subprocess.Popen[bytes]:
    """The site, ready."""
    environment = os.environ | {
        "SAPA_BIND": f"127.0.0.1:{PORT}",
        "SAPA_WEB_PROCESSES": str(processes),
        "PYTHONPATH": f"{ROOT}/src",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "deploy" / "gunicorn.conf.py"), "sapa_web.config.wsgi"]
    server = subprocess.Popen(command, env=environment, cwd=ROOT)
    for _turn in range(100):
        try:
            if asyncio.run(ask("GET", "/health/"))[0] == 200:
                return server
        except (OSError, IndexError):
            time.sleep(0.2)
    server.terminate()
    raise SystemExit("the site does not start")


def main() -> None:
    """Prepare, serve, load, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    count = int(given.rate * given.seconds)
    key, codes = prepare(count + 20)
    before = os.getloadavg()[0]
    server = serve(given.processes)
    try:
        asyncio.run(load(key, codes[count:], 10))  # every process has read the form
        found, spent = asyncio.run(load(key, codes[:count], given.rate))
    finally:
        server.terminate()
        server.wait(30)
    from sapa_web.surveys.models import Answer

    kept = Answer.objects.count()
    wrong = [status for _post, _both, status in found if status != 200]
    figures = {
        name: {"p50": values[len(values) // 2], "p95": values[int(len(values) * 0.95)], "longest": values[-1]}
        for name, values in (
            ("handing in", sorted(item[0] for item in found)),
            ("page and form", sorted(item[1] for item in found)),
        )
    }
    if given.json:
        print(json.dumps({"rate": count / spent, "errors": len(wrong), "kept": kept, "seconds": figures, "load_before": before}))
        return
    print(f"{count} submissions of {QUESTIONS} questions in {spent:.1f} s ({count / spent:.1f}/s), load before {before:.1f}")
    for name, item in figures.items():
        print(f"{name:14} " + "   ".join(f"{what} {value * 1000:7.1f} ms" for what, value in item.items()))
    print(f"errors {len(wrong)} {sorted(set(wrong))}, in the box {kept} of {count + 20}")


if __name__ == "__main__":
    main()
