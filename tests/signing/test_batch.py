"""Many signatures: the same answers as one by one, in order, with one process or two; and schemes by name."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import timedelta

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
