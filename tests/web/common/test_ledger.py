"""The ledger: the chain shows every kind of tampering, the database refuses it in the first place."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from sapa_web.common.domain import ledger
from sapa_web.common.models import LedgerEntry

guard = import_module("sapa_web.common.migrations.0004_ledger_guard")
pytestmark = pytest.mark.django_db
TABLE = guard.TABLE


def write(number: int) -> None:
    with transaction.atomic():
        for each in range(number):
            ledger.append("system:test", "thing.done", obj=f"thing:{each}", unit="0000101", data={"each": each, "share": 0.25})


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def forge(statement: str, *values: Any) -> None:
    """As somebody who owns the database would: triggers off, change, triggers on."""
    guard.unguard(connection)
    sql(statement, *values)
    guard.guard(connection)


def test_what_was_written_holds_whatever_was_written() -> None:
    with transaction.atomic():
        for value in (1.0, 1e16, -0.0, 1.5e-7, 10**30, "é é", {"b": [1.0, None], "a": {"10": 1, "9": 2}}, {1: 1, 10: 2, 9: 3}):
            ledger.append("user:1", "thing.done", data={"value": value})
    assert not list(ledger.faults())
    assert LedgerEntry.objects.get(seq=1).previous == ledger.START


def test_an_entry_needs_the_transaction_of_its_act(transactional_db: None) -> None:
    with pytest.raises(transaction.TransactionManagementError, match="transaction of its act"):
        ledger.append("user:1", "thing.done")


INSERT = (
    f"INSERT INTO {TABLE} (seq, at, actor, verb, unit, obj, data, previous, digest) "
    "VALUES (%s, %s, 'x', 'x', '', '', '{}', %s, %s)"
)
AT = datetime(2024, 9, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (f"UPDATE {TABLE} SET verb = 'thing.undone' WHERE seq = 2", ()),
        (f"UPDATE {TABLE} SET seq = 9 WHERE seq = 3", ()),
        (f"DELETE FROM {TABLE} WHERE seq = 3", ()),
        (INSERT, (7, AT, "0" * 64, "f" * 64)),
        (INSERT, (4, AT, "0" * 64, "f" * 64)),
        (INSERT.replace("INSERT", "INSERT OR REPLACE", 1), (2, AT, "0" * 64, "f" * 64)),
        (f"TRUNCATE {TABLE}", ()),
    ],
)
def test_the_database_refuses(statement: str, values: tuple[Any, ...]) -> None:
    if ("REPLACE" in statement) != (connection.vendor == "sqlite") and ("REPLACE" in statement or "TRUNCATE" in statement):
        return  # each of these two is known to one of the databases
    write(3)
    with pytest.raises(DatabaseError, match=r"ledger (entry is never|grows at its end)"), transaction.atomic():
        sql(statement, *values)
    assert LedgerEntry.objects.count() == 3
    assert not list(ledger.faults())


@pytest.mark.parametrize(
    ("statement", "broken", "reason"),
    [
        (f"UPDATE {TABLE} SET actor = 'user:666' WHERE seq = 4", 4, "not what was written"),
        (f"UPDATE {TABLE} SET data = '{{}}' WHERE seq = 4", 4, "not what was written"),
        (f"UPDATE {TABLE} SET at = '2020-01-01 00:00:00+00:00' WHERE seq = 1", 1, "not what was written"),
        (f"DELETE FROM {TABLE} WHERE seq = 5", 5, "entries 5 to 5 are missing"),
        (f"DELETE FROM {TABLE} WHERE seq < 3", 1, "entries 1 to 2 are missing"),
        (f"UPDATE {TABLE} SET seq = 99 WHERE seq = 2", 2, "entries 2 to 2 are missing"),
    ],
)
def test_the_chain_shows_what_was_tampered(statement: str, broken: int, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(6)
    forge(statement)
    first = next(ledger.faults())
    assert first.seq == broken
    assert reason in first.reason
    with pytest.raises(CommandError, match=f"broken at entry {broken}") as caught:
        call_command("verify_ledger")
    assert caught.value.returncode == 1
    assert f"entry {broken}: " in capsys.readouterr().err


def test_a_guard_that_is_gone_is_found() -> None:
    write(1)
    assert ledger.missing_guards() == []
    guard.unguard(connection)
    with pytest.raises(CommandError, match="the ledger is broken"):
        call_command("verify_ledger")
    guard.guard(connection)
    call_command("verify_ledger")


def rewrite_everything() -> None:
    """The whole chain forged anew, each digest right: only a witness knows better."""
    previous = ledger.START
    guard.unguard(connection)
    for entry in list(LedgerEntry.objects.order_by("seq")):
        entry.actor, entry.previous = "user:666", previous
        entry.digest = previous = ledger.digest_of(entry)
        entry.save()
    guard.guard(connection)


@pytest.mark.parametrize(
    ("forgery", "reason"),
    [
        (rewrite_everything, "not the entry the witness holds"),
        (lambda: forge(f"DELETE FROM {TABLE} WHERE seq > 2"), "ends before it"),
        (lambda: forge(f"DELETE FROM {TABLE}"), "ends before it"),
    ],
)
def test_a_witness_outside_finds_a_forged_or_cut_chain(
    forgery: Callable[[], None], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted = tmp_path / "head.json"
    write(5)
    call_command("verify_ledger", export=str(noted))
    assert json.loads(noted.read_text())["seq"] == 5
    write(2)
    call_command("verify_ledger", witness=str(noted))
    forgery()
    call_command("verify_ledger")  # by itself it holds
    with pytest.raises(CommandError, match="broken at entry 5"):
        call_command("verify_ledger", witness=str(noted))
    assert reason in capsys.readouterr().err


def test_a_file_that_is_no_head_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("{}")
    with pytest.raises(CommandError, match="not the head of a ledger") as caught:
        call_command("verify_ledger", witness=str(tmp_path / "x"))
    assert caught.value.returncode == 2


@pytest.mark.slow
def test_a_hundred_thousand_entries_are_read_in_one_query() -> None:
    entries, previous = [], ledger.START
    for seq in range(1, 100_001):
        entry = LedgerEntry(
            seq=seq, at=AT + timedelta(seconds=seq), actor="user:12", verb="submission.signed", unit="0000101",
            obj=f"submission:{seq}", data={"name": f"submissions/x/{seq}", "digest": previous}, previous=previous,
        )  # fmt: skip
        entry.digest = previous = ledger.digest_of(entry)
        entries.append(entry)
    LedgerEntry.objects.bulk_create(entries, batch_size=90)
    with CaptureQueriesContext(connection) as asked:
        assert not list(ledger.faults())
    assert len(asked) <= 2  # the guards, the entries
