"""``sapa-web restore FILE``: a site from its backup, and whether it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sapa.errors import SapaError
from sapa_web.common.domain.backup import inspect
from sapa_web.common.domain.restore import problems, restore


class Command(BaseCommand):
    """Restores into an empty home and an empty database; migrates by itself."""

    help = "Restore a backup into an empty home and database, then verify ledger and archive; exit code 1 where they don't hold."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--check", action="store_true", help="Only read the backup from end to end; restore nothing.")

    def handle(self, *args: Any, file: str, check: bool, **options: Any) -> None:
        try:
            contents = inspect(Path(file)) if check else restore(Path(file), self.stderr.write)
        except SapaError as error:
            raise CommandError(str(error), returncode=error.exit_code) from None
        if check:
            self.stdout.write(
                f"whole: a backup of {contents.at}, {len(contents.files)} files, ledger entry {contents.ledger.seq}"
            )
            return
        found = list(problems(contents))
        for line in found[:20]:
            self.stderr.write(line)
        if found:
            raise CommandError(f"restored, but {len(found)} things do not hold", returncode=1)
        submissions = contents.tables.get("collection.submission", 0)
        self.stdout.write(f"restored and verified: {contents.ledger.seq} ledger entries, {submissions} submissions")
        for name, value in contents.elsewhere.items():
            self.stdout.write(f"not in the backup: {name} {value}")
        self.stdout.write("next: sapa-web reconcile (takes over what was signed while the backup was made)")
