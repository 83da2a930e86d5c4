"""``sapa-web verify_ledger``: whether the ledger is what was written, and its head for an outside witness."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sapa.errors import UserError
from sapa_web.common.domain import ledger

SHOWN = 10


class Command(BaseCommand):
    """Exit code 0 where the chain holds, 1 where it is broken (the first broken entry is named), 2 on wrong use."""

    help = "Verify the chain of the ledger; exit code 1 and the first broken entry where it does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--export", metavar="FILE", help="Write the head of the chain there (-: to the output), for a witness."
        )
        parser.add_argument("--witness", metavar="FILE", help="A head exported earlier and kept elsewhere: it must still stand.")

    def handle(self, *args: Any, export: str | None, witness: str | None, **options: Any) -> None:
        try:
            held = ledger.Head.from_bytes(Path(witness).read_bytes()) if witness else None
        except (OSError, UserError) as error:
            raise CommandError(f"{witness}: {error}", returncode=2) from None
        head = ledger.head()
        found = []
        for fault in ledger.faults(held):
            found.append(fault)
            if len(found) > SHOWN:
                break
        for fault in found[:SHOWN]:
            self.stderr.write(f"entry {fault.seq}: {fault.reason}" if fault.seq else fault.reason)
        if found:
            more = "; there are more" if len(found) > SHOWN else ""
            first = next((f" at entry {fault.seq}" for fault in found if fault.seq), "")
            raise CommandError(f"the ledger is broken{first}{more}", returncode=1)
        content = head.to_bytes(timezone.now())  # the witness's calendar, not a demonstration's
        if export == "-":
            sys.stdout.write(content.decode())
        elif export:
            Path(export).write_bytes(content)
        if export != "-":
            self.stdout.write(f"the ledger holds: {head.seq} entries, head {head.digest}")
