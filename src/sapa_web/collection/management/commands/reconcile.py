"""``sapa-web reconcile``: adopt signed revisions that the archive holds and the database does not know."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sapa_web.collection.domain.reconcile import reconcile


class Command(BaseCommand):
    """Run it after a crash or a restored backup, and before a freeze; it may be repeated at any time."""

    help = "Adopt signed revisions that the archive holds and the database does not know, each with a ledger entry."

    def handle(self, *args: Any, **options: Any) -> None:
        done = reconcile()
        for line in done.adopted:
            self.stdout.write(f"adopted  {line}")
        for name, lines in (("lost", done.lost), ("failed", done.failed), ("stranger", done.strangers)):
            for line in lines:
                self.stderr.write(f"{name}  {line}")
        self.stdout.write(f"{len(done.adopted)} adopted, {len(done.lost)} lost, {len(done.failed)} failed")
        if not done.whole:
            raise CommandError("archive and database do not agree: see the lines above", returncode=1)
