"""The public log of roots as this site keeps it: lines are added, never changed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from sapa.archive.rootlog import FiguresLine, Line, Log
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.indicators.domain.queries.sources import frozen_periods
from sapa_web.portal.models import RootEntry


def standing() -> Log:
    """The log as it stands."""
    return Log([bytes(leaf) for leaf in RootEntry.objects.order_by("seq").values_list("leaf", flat=True)])


@transaction.atomic
def log_roots(actor: Any, pack: str) -> int:
    """Log the roots of a pack's frozen periods that are not logged yet; returns how many were new."""
    held = set(RootEntry.objects.select_for_update().filter(pack=pack).values_list("period", "root"))
    seq, added = RootEntry.objects.count(), 0
    for item in frozen_periods(pack):
        if (item.period, item.root) in held:
            continue
        at = now().replace(microsecond=0)
        line = Line(pack, item.period, item.root, item.submissions, item.as_of, at)
        entry = RootEntry.objects.create(
            seq=seq + added, pack=pack, period=item.period, root=item.root, size=item.submissions, as_of=item.as_of,
            leaf=line.to_bytes(), logged_at=at,
        )  # fmt: skip
        ledger.append(actor, "root.logged", obj=entry, data={"pack": pack, "period": item.period, "root": item.root})
        added += 1
    return added


@transaction.atomic
def log_figures(actor: Any, root: str) -> RootEntry:
    """Log the root of the tree over a version's figures."""
    seq = RootEntry.objects.count()
    at = now().replace(microsecond=0)
    leaf = FiguresLine(root, at).to_bytes()
    entry = RootEntry.objects.create(seq=seq, kind=RootEntry.FIGURES, root=root, leaf=leaf, logged_at=at)
    ledger.append(actor, "root.logged", obj=entry, data={"figures": root})
    return entry
