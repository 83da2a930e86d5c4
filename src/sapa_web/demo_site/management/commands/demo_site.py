"""``sapa-web demo_site``: make the demonstration country's site, say who may sign in, serve it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from sapa_web.demo_site.people import PASSWORD, PEOPLE, address
from sapa_web.orgs.models import Organisation


class Command(BaseCommand):
    """Fills an empty site; one that is filled already is served as it stands."""

    help = "Make and serve the site of the demonstration country (SAPA_DEMO=1)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--from", dest="source", default="out/demo", help="where `sapa demo` has left the country")
        parser.add_argument("--serve", action="store_true", help="serve the site until Ctrl-C")
        parser.add_argument("--port", type=int, default=8000, help="the first port to try")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing, print address and accounts, serve."""
        if not settings.SAPA_DEMO:
            raise CommandError("a demonstration is made on a demonstration site → SAPA_DEMO=1 sapa-web demo_site")
        call_command("migrate", verbosity=0)
        if not Organisation.objects.unscoped("is the site empty?").exists():
            from sapa_web.demo_site.build import build  # heavy, and not needed to serve what stands

            build(Path(options["source"]), say=lambda text: self.stdout.write(f"  {text}"))
        port = _free(options["port"])
        self._introduce(port if options["serve"] else None)
        if options["serve"]:
            _serve(port)

    def _introduce(self, port: int | None) -> None:
        width = max(len(address(person.login)) for person in PEOPLE)
        self.stdout.write(f"\nAccounts, all with the password {PASSWORD}")
        for person in PEOPLE:
            self.stdout.write(f"  {address(person.login):{width}}  {person.what}")
        again = f"SAPA_HOME={settings.SAPA_HOME} SAPA_DEMO=1 {sys.argv[0]} demo_site --serve"
        where = f"http://localhost:{port}/  (Ctrl-C ends it)" if port else f"not served; this serves it:\n  {again}"
        self.stdout.write(f"\nThe site: {where}")
        self.stdout.flush()


def _free(first: int) -> int:
    """The first port from ``first`` on that nobody listens to."""
    for port in range(first, first + 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise CommandError(f"ports {first} to {first + 49} are taken → name another with --port")


def _serve(port: int) -> None:
    """The web processes and one worker; when one ends, or on Ctrl-C, all end."""
    web = [
        "gunicorn",
        "sapa_web.config.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
        "--timeout",
        "120",
    ]
    commands = [[sys.executable, "-m", *web], [sys.executable, "-m", "sapa_web", "worker"]]
    reached = {"SAPA_ADDRESS": f"http://localhost:{port}", **os.environ}  # for the links of letters
    running = [subprocess.Popen(command, env=reached) for command in commands]  # noqa: S603 - our own commands
    try:
        running[0].wait()
    except KeyboardInterrupt:
        pass
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
