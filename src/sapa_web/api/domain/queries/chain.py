"""How the ledger stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sapa_web.common.domain.ledger import START, Fault, follow
from sapa_web.common.models import LedgerEntry

MOST = 100
DEFAULT = 1000


@dataclass(frozen=True)
class Looked:
    """What was seen: ``since`` is the first entry looked at, ``head`` the digest of the last one."""

    entries: int
    head: str
    since: int
    faults: Sequence[Fault]


def looked_at(since: int | None) -> Looked:
    """Follow the chain from an entry on (default: the last thousand); at most a hundred faults are named."""
    last = LedgerEntry.objects.order_by("-seq").values_list("seq", "digest").first()
    if last is None:
        return Looked(0, START, 1, ())
    begin = max(last[0] - DEFAULT + 1, 1) if since is None else max(min(since, last[0]), 1)
    before = LedgerEntry.objects.filter(seq=begin - 1).values_list("digest", flat=True).first() or START
    return Looked(last[0], last[1], begin, tuple(islice(follow(begin, before), MOST)))
