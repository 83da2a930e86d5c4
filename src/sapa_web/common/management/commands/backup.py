"""``sapa-web backup FILE``: the whole site in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sapa.errors import SapaError
from sapa_web.common.domain.backup import backup


class Command(BaseCommand):
    """Run it while people work; nobody has to wait."""

    help = "Write database, archive and keys into one file, consistent with each other."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="A new file, e.g. sapa-2024-09-16.tar; readable by its owner only.")
        parser.add_argument("--without-keys", action="store_true", help="Name the keys only: keep them in another place.")

    def handle(self, *args: Any, file: str, without_keys: bool, **options: Any) -> None:
        target = Path(file).absolute()
        try:
            contents = backup(target, timezone.now(), keys=not without_keys, say=self.stderr.write)
        except SapaError as error:
            raise CommandError(str(error), returncode=error.exit_code) from None
        for name, value in contents.elsewhere.items():
            self.stdout.write(f"not in it, copy it yourself: {name} {value}")
        for name, fingerprint in contents.keys.items():
            if f"home/{name}" not in contents.files:
                self.stdout.write(f"not in it, keep it elsewhere: {name} (fingerprint {fingerprint})")
        number = sum(contents.tables.values())
        self.stdout.write(f"{target}: {number} rows, {len(contents.files)} files, up to ledger entry {contents.ledger.seq}")
