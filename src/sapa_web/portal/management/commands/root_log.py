"""``sapa-web root_log``: the public log of roots; logs what is missing, verifies it, exports its head for an outside witness."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sapa.archive.rootlog import Head
from sapa.errors import UserError
from sapa_web.indicators.domain.queries.sources import frozen_packs
from sapa_web.portal.domain.rootlog import log_roots, standing


class Command(BaseCommand):
    """Exit code 0 where the log holds, 1 where it is broken, 2 on wrong use."""

    help = "Log the roots of frozen archives, verify the log, export its head for a witness."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--add", action="store_true", help="First log the roots that are not logged yet.")
        parser.add_argument("--export", metavar="FILE", help="Write the head there (-: to the output), for a witness.")
        parser.add_argument("--witness", metavar="FILE", help="A head exported earlier and kept elsewhere: it must still stand.")

    def handle(self, *args: Any, add: bool, export: str | None, witness: str | None, **options: Any) -> None:
        try:
            held = Head.from_bytes(Path(witness).read_bytes()) if witness else None
        except (OSError, UserError) as error:
            raise CommandError(f"{witness}: {error}", returncode=2) from None
        if add:
            for pack in frozen_packs():
                log_roots("system:root_log", pack)
        log = standing()
        found = log.faults(held)
        for fault in found:
            self.stderr.write(fault)
        if found:
            raise CommandError("the log of roots is broken", returncode=1)
        head = log.head()
        content = head.to_bytes(timezone.now())  # the witness's calendar, not a demonstration's
        if export == "-":
            sys.stdout.write(content.decode())
        elif export:
            Path(export).write_bytes(content)
        if export != "-":
            self.stdout.write(f"the log holds: {head.size} roots, head {head.root}")
