"""``python -m sapa_web figures``: make ready what the pages of figures read, so that no reader waits for it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from sapa_web.indicators.domain.queries.facts import official, provisional
from sapa_web.indicators.domain.queries.sources import frozen_packs, frozen_periods, open_periods


class Command(BaseCommand):
    """After a freeze, after a bulk import, after a restore."""

    help = "Compute the figures of single institutions of frozen periods and bring provisional figures up to date."

    def handle(self, *args: Any, **options: Any) -> None:
        """Everything that is made once and kept."""
        for pack in frozen_packs():
            figures = official(pack)
            for item in frozen_periods(pack):
                rows = figures.units(item.period).num_rows if figures else 0
                self.stdout.write(f"{pack} {item.period}: official, {rows} figures of institutions")
        for pack, period in open_periods():
            live = provisional(pack, period)
            if live is not None:
                self.stdout.write(f"{pack} {period}: provisional, from {live.stamps[period].submissions} signed returns")
