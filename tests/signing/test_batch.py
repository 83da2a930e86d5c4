"""Many signatures: the same answers as one by one, in order, with one process or two; and schemes by name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from tests.signing.conftest import LATER, NOW

from sapa.errors import EngineError, UserError
from sapa.signing import batch, verifier
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.batch import CheckItem, SignItem, check_many, sign_many
from sapa.signing.cades import check, sign_detached
from sapa.signing.report import Reason, SignatureReport
from sapa.signing.trust import TrustStore


@pytest.fixture(scope="module")
def items(authority: DemonstrationAuthority) -> list[CheckItem]:
    people = authority.people([(f"Head {number}", str(number)) for number in range(40)], now=NOW - timedelta(days=9))
    payloads = [str(number).encode() for number in range(40)]
    signed = sign_many([SignItem(*pair) for pair in zip(payloads, people, strict=True)], signing_time=NOW)
    made = [CheckItem(payload, item, payload.decode()) for payload, item in zip(payloads, signed, strict=True)]
    made[3] = made[3]._replace(payload=b"altered")
    made[7] = made[7]._replace(unit="8")
    made[11] = made[11]._replace(signature=b"")
    return made


def _expected(items: list[CheckItem]) -> list[Reason]:
    special = {3: Reason.ALTERED, 7: Reason.WRONG_SIGNER, 11: Reason.NO_SIGNATURE}
    return [special.get(index, Reason.OK) for index in range(len(items))]


def test_in_order_with_each_reason(items: list[CheckItem], trust: TrustStore) -> None:
    assert [report.reason for report in check_many(items, trust, at=LATER)] == _expected(items)


def test_two_processes_answer_the_same(items: list[CheckItem], trust: TrustStore, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = check_many(items, trust, at=LATER, processes=1)
    monkeypatch.setattr(batch, "WORTH_A_POOL", 1)
    monkeypatch.setattr(batch, "CHUNK", 15)
    assert check_many(items, trust, at=LATER, processes=2) == alone


def test_one_pool_serves_every_call_and_a_broken_one_is_replaced(
    items: list[CheckItem], trust: TrustStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "WORTH_A_POOL", 1)
    batch.close_pools()
    reasons = _expected(items)
    assert [report.reason for report in check_many(items, trust, at=LATER)] == reasons
    first = batch._pool(2)
    assert [report.reason for report in check_many(items, trust, at=LATER)] == reasons
    assert batch._pool(2) is first
    with pytest.raises(EngineError, match="ended unexpectedly"):
        batch._spread(_die, items, 2)
    assert [report.reason for report in check_many(items, trust, at=LATER)] == reasons
    assert batch._pool(2) is not first
    batch.close_pools()
    assert batch._pools == {}


def _die(chunk: Sequence[CheckItem]) -> list[SignatureReport]:
    os._exit(1)


def _work_for_a_while(chunk: Sequence[int]) -> list[int]:
    print("working", flush=True)
    time.sleep(0.3)
    return list(chunk)


COMMAND = """
from sapa.cli import application, main
from sapa.signing import batch
from tests.signing.test_batch import _work_for_a_while
batch.WORTH_A_POOL, batch.CHUNK = 1, 1
application.app = lambda: batch._spread(_work_for_a_while, range(40), 2)
print("begun", flush=True)
main()
"""
"""A command whose processes work for 6 seconds."""


@pytest.mark.skipif(sys.platform == "win32", reason="process groups of a terminal are POSIX")
@pytest.mark.parametrize("moment", ["importing", "working"])
def test_ctrl_c_is_told_once_and_the_processes_say_nothing(moment: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    if moment == "importing":
        time.sleep(0.15)
    else:
        assert process.stdout.readline() == "working\n"
    begin = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    said, errors = process.communicate(timeout=20)
    assert process.returncode == 130, errors
    assert errors == "interrupted; what was written is whole, run the same command again to go on\n"
    assert said.count("working") < 10, "chunks not yet begun are not begun"
    assert time.monotonic() - begin < 5


def test_two_processes_sign_the_same(authority: DemonstrationAuthority, monkeypatch: pytest.MonkeyPatch) -> None:
    people = authority.people([("Head", str(number)) for number in range(6)], now=NOW)
    items = [SignItem(b"x", person) for person in people]
    alone = sign_many(items, signing_time=NOW)
    monkeypatch.setattr(batch, "WORTH_A_POOL", 1)
    assert sign_many(items, signing_time=NOW, processes=2) == alone
    assert alone == [sign_detached(b"x", person, signing_time=NOW) for person in people]


def test_a_path_is_judged_once_a_signature_every_time(authority: DemonstrationAuthority, trust: TrustStore) -> None:
    """The second check of a certificate at one moment is cached; an altered content is found all the same."""
    person = authority.person("Cached", "9", now=NOW)
    signed = sign_detached(b"x", person, signing_time=NOW)
    at = LATER + timedelta(minutes=1)
    assert check(b"x", signed, trust, at=at).valid
    assert check(b"y", signed, trust, at=at).reason is Reason.ALTERED
    assert check(b"x", signed, trust, at=at + timedelta(days=3000)).reason is Reason.EXPIRED
    assert check(b"x", signed, TrustStore(()), at=at).reason is Reason.UNTRUSTED


def test_a_check_takes_milliseconds(items: list[CheckItem], trust: TrustStore) -> None:
    start = time.perf_counter()
    check_many(items, trust, at=LATER + timedelta(seconds=7))
    assert (time.perf_counter() - start) / len(items) < 0.05  # 0.0003 s on the machine it was written on, some 0.005 s of it once


def test_the_default_scheme(items: list[CheckItem], trust: TrustStore) -> None:
    scheme = verifier.verifier()
    assert [report.reason for report in scheme.check_many(items, trust, at=LATER)] == _expected(items)
    payload, signature, unit = items[0]
    assert scheme.check(payload, signature, trust, at=LATER, expected_unit=unit).valid


def test_a_country_registers_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "_SCHEMES", dict(verifier._SCHEMES))
    with pytest.raises(UserError, match="cades"):
        verifier.verifier("national")
    own = verifier.CadesVerifier()
    verifier.register("national", own)
    assert verifier.verifier("national") is own
    with pytest.raises(UserError, match="exists already"):
        verifier.register("cades", own)
