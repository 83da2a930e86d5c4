"""Many writers at once: no gap, no fork, whichever database."""

from __future__ import annotations

from pathlib import Path

from tests.web import site

WRITERS = """
from threading import Thread
from django.db import connection, transaction
from sapa_web.common.domain import ledger
from sapa_web.common.models import LedgerEntry

failed = []
def write(writer):
    try:
        for each in range(25):
            try:
                with transaction.atomic():
                    ledger.append(f"user:{writer}", "thing.done", data={"each": each})
                    if each % 5 == 0:
                        raise KeyError  # the act fails: its entry goes with it
            except KeyError:
                pass
    except Exception as error:
        failed.append(repr(error))
    finally:
        connection.close()

threads = [Thread(target=write, args=(number,)) for number in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(failed, LedgerEntry.objects.count(), list(ledger.faults()))
for writer in range(8):
    entries = LedgerEntry.objects.filter(actor=f"user:{writer}").order_by("seq")
    assert [entry.data["each"] for entry in entries] == [each for each in range(25) if each % 5]
"""


def test_eight_writers_leave_one_chain_without_a_gap(tmp_path: Path) -> None:
    own = site.make(tmp_path / "site")
    try:
        assert own.python(WRITERS).strip() == f"[] {8 * 20} []"
        assert "160 entries" in own.run("verify_ledger")
    finally:
        own.drop()
