"""The ledger: every act that changes something, chained by hash, in the transaction of the act itself.

The database refuses to change, remove or insert out of turn (triggers, see migration ``ledger_guard``). Whoever owns the
database can drop the triggers: then the chain shows what was touched. Whoever also rewrites the whole chain, or cuts off its
end, is found out by a *witness*: a head of the ledger that was noted earlier and is kept outside (:func:`head`, :func:`faults`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.db import connection, transaction

from sapa.archive.manifest import canonical_json, moment
from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.common.models import LedgerEntry

START = "0" * 64
_LOCK = 5_217_101  # any number, the same everywhere: PostgreSQL's advisory lock of the chain
_CONTENT = ("seq", "at", "actor", "verb", "unit", "obj", "data", "previous")
GUARDS = ("ledger_insert", "ledger_update", "ledger_delete")
"""The triggers that must stand on the table."""


@dataclass(frozen=True)
class Fault:
    """Where the chain does not hold, and why; ``seq`` 0: not an entry, the ledger as a whole."""

    seq: int
    reason: str


@dataclass(frozen=True)
class Head:
    """The end of the chain at one moment; of an empty ledger ``seq`` is 0. Noted outside, it is a witness."""

    seq: int
    digest: str

    def to_bytes(self, at: datetime) -> bytes:
        """As it is exported: one line of JSON."""
        return canonical_json({"ledger": "sapa-ledger/1", "seq": self.seq, "digest": self.digest, "at": moment(at)}) + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Head:
        """The inverse of :meth:`to_bytes`; raises ``UserError`` on anything else."""
        try:
            content = json.loads(data)
            if content["ledger"] != "sapa-ledger/1":
                raise ValueError
            return cls(int(content["seq"]), str(content["digest"]))
        except (ValueError, KeyError, TypeError):
            raise UserError("not the head of a ledger", todo="give a file made by verify_ledger --export") from None


def append(actor: Any, verb: str, *, obj: Any = None, unit: str = "", data: Mapping[str, Any] | None = None) -> LedgerEntry:
    """Write one act. Must be called inside the transaction that performs it: both happen or neither."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a ledger entry belongs into the transaction of its act")
    _hold_chain()
    last = head()
    entry = LedgerEntry(
        seq=last.seq + 1,
        at=now().astimezone(UTC).replace(microsecond=0),
        actor=name_of(actor),
        verb=verb,
        unit=unit,
        obj=name_of(obj) if obj is not None else "",
        data=_plain(json.loads(canonical_json(data or {}))),
        previous=last.digest,
    )
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    return entry


def head() -> Head:
    """The newest entry's number and digest."""
    last = LedgerEntry.objects.order_by("-seq").values_list("seq", "digest").first()
    return Head(*last) if last else Head(0, START)


def name_of(thing: Any) -> str:
    """``user:12``; a text stays as it is."""
    if isinstance(thing, str):
        return thing
    return f"{thing._meta.model_name}:{thing.pk}" if hasattr(thing, "_meta") else str(thing)


def digest_of(entry: LedgerEntry) -> str:
    """SHA-256 over the entry's content in one written form, the digest before it included."""
    return _digest(tuple(getattr(entry, name) for name in _CONTENT))


def faults(witness: Head | None = None) -> Iterator[Fault]:
    """Every place where the chain is broken: an entry changed, missing, added, out of order, cut off, a guard gone.

    With ``witness``, a head noted earlier, also whether that entry still stands as it was.
    """
    for guard in missing_guards():
        yield Fault(0, f"the database no longer refuses changes: trigger {guard} is missing")
    seen: list[str] = [START] if witness is not None and witness.seq == 0 else []

    def look(seq: int, digest: str) -> None:
        if witness is not None and seq == witness.seq:
            seen.append(digest)

    yield from follow(1, START, look)
    if witness is not None and seen != [witness.digest]:
        reason = "it is not the entry the witness holds" if seen else "the witness holds it, the ledger ends before it"
        yield Fault(witness.seq, reason)


def follow(begin: int, previous: str, look: Callable[[int, str], None] = lambda seq, digest: None) -> Iterator[Fault]:
    """Where the chain breaks from the entry ``begin`` on, which follows the digest ``previous``; ``look`` sees every entry."""
    expected = begin
    entries = LedgerEntry.objects.filter(seq__gte=begin).order_by("seq").values_list(*_CONTENT, "digest")
    for *content, digest in entries.iterator(chunk_size=5000):
        seq, before = content[0], content[-1]
        if seq != expected:
            yield Fault(expected, f"entries {expected} to {seq - 1} are missing")
        if before != previous:
            yield Fault(seq, "it does not follow the entry before it")
        if _digest(tuple(content)) != digest:
            yield Fault(seq, "its content is not what was written")
        look(seq, digest)
        expected, previous = seq + 1, digest


def missing_guards() -> list[str]:
    """Triggers that should protect the ledger's table and don't."""
    table = LedgerEntry._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled <> 'D'", [table])
            wanted = [*GUARDS, "ledger_truncate"]
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
            wanted = list(GUARDS)
        found = {row[0] for row in cursor.fetchall()}
    return [name for name in wanted if name not in found]


def _digest(content: tuple[Any, ...]) -> str:
    named = dict(zip(_CONTENT, content, strict=True))
    named["at"] = named["at"].astimezone(UTC).isoformat()
    return sha256(canonical_json(named)).hexdigest()


def _plain(value: Any) -> Any:
    """Whole floats as integers: the one difference between what is written into PostgreSQL's JSON and what is read from it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _hold_chain() -> None:
    """One writer at a time: SQLite's transactions queue already, PostgreSQL is told to."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
