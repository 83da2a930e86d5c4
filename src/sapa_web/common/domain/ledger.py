"""The ledger: every act that changes something, chained by hash, in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any

from django.db import connection, transaction

from sapa.archive.manifest import canonical_json
from sapa_web.common.clock import now
from sapa_web.common.models import LedgerEntry

START = "0" * 64
_LOCK = 5_217_101  # any number, the same everywhere: PostgreSQL's advisory lock of the chain


@dataclass(frozen=True)
class Fault:
    """Where the chain does not hold, and why."""

    seq: int
    reason: str


def append(actor: Any, verb: str, *, obj: Any = None, unit: str = "", data: dict[str, Any] | None = None) -> LedgerEntry:
    """Write one act. Must be called inside the transaction that performs it: both happen or neither."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a ledger entry belongs into the transaction of its act")
    _hold_chain()
    last = LedgerEntry.objects.order_by("-seq").values_list("seq", "digest").first()
    seq, previous = (last[0] + 1, last[1]) if last else (1, START)
    entry = LedgerEntry(
        seq=seq,
        at=now().astimezone(UTC).replace(microsecond=0),
        actor=name_of(actor),
        verb=verb,
        unit=unit,
        obj=name_of(obj) if obj is not None else "",
        data=data or {},
        previous=previous,
    )
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    return entry


def name_of(thing: Any) -> str:
    """``user:12``; a text stays as it is."""
    if isinstance(thing, str):
        return thing
    return f"{thing._meta.model_name}:{thing.pk}" if hasattr(thing, "_meta") else str(thing)


def digest_of(entry: LedgerEntry) -> str:
    """SHA-256 over the entry's content in one written form, the digest before it included."""
    content = {
        "seq": entry.seq, "at": entry.at.astimezone(UTC).isoformat(), "actor": entry.actor, "verb": entry.verb,
        "unit": entry.unit, "obj": entry.obj, "data": entry.data, "previous": entry.previous,
    }  # fmt: skip
    return sha256(canonical_json(content)).hexdigest()


def faults() -> Iterator[Fault]:
    """Every place where the chain is broken: an entry changed, missing, added, out of order."""
    expected, previous = 1, START
    for entry in LedgerEntry.objects.order_by("seq").iterator(chunk_size=5000):
        if entry.seq != expected:
            yield Fault(expected, f"entries {expected} to {entry.seq - 1} are missing")
        if entry.previous != previous:
            yield Fault(entry.seq, "it does not follow the entry before it")
        if digest_of(entry) != entry.digest:
            yield Fault(entry.seq, "its content is not what was written")
        expected, previous = entry.seq + 1, entry.digest


def _hold_chain() -> None:
    """One writer at a time: SQLite's transactions queue already, PostgreSQL is told to."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
