"""``sapa-web crawl_published``: follow every published cell back and verify it."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sapa_web.common.clock import now
from sapa_web.portal.domain.crawl import crawl


class Command(BaseCommand):
    """Exit code 0 where every cell resolves and verifies, 1 where one does not."""

    help = "Resolve every published cell of every public version to its lineage, and verify each."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("--pack", default="", help="only this pack")
        parser.add_argument("--bundles", type=int, default=100, help="cells of each version to make into bundles and verify")

    def handle(self, *args: Any, pack: str, bundles: int, **options: Any) -> None:
        """Crawl, say what was found."""
        start = perf_counter()
        found = crawl(now(), pack=pack, bundles=bundles, say=self.stdout.write)
        for fault in found.faults:
            self.stderr.write(fault)
        self.stdout.write(
            f"{found.cells} cells of {found.versions} versions ({found.hidden} hidden), {found.bundles} bundles, "
            f"{found.external} external sources in {perf_counter() - start:.0f} s: {found.wrong} faults"
        )
        if found.wrong:
            raise CommandError("not every published cell verifies", returncode=1)
