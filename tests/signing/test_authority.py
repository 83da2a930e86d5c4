"""The demonstration authority: what it issues, that it says what it is, and that a seed says it all."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.signing.conftest import LATER, NOW

from sapa.errors import UserError
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.cades import check, sign_detached
from sapa.signing.signer import Signer


def test_the_same_seed_makes_the_same_bytes(authority: DemonstrationAuthority, head: Signer) -> None:
    again = DemonstrationAuthority(b"seed", founded=NOW - timedelta(days=365))
    assert again.person("Оксана Їжакевич", "0042", now=NOW - timedelta(days=100)) == head
    assert again.trust(now=NOW).to_bytes() == authority.trust(now=NOW).to_bytes()


def test_other_seed_unit_name_or_generation_make_other_keys(authority: DemonstrationAuthority) -> None:
    other = DemonstrationAuthority("other", founded=NOW - timedelta(days=365))
    made = [
        authority.person("A", "1", now=NOW),
        authority.person("A", "2", now=NOW),
        authority.person("B", "1", now=NOW),
        authority.person("A", "1", now=NOW, generation=1),
        other.person("A", "1", now=NOW),
    ]
    assert len({item.private_key for item in made}) == 5
    assert len({x509.load_der_x509_certificate(item.certificate).serial_number for item in made}) == 5


def test_every_subject_says_demonstration(authority: DemonstrationAuthority, head: Signer) -> None:
    for item in (authority.root, authority.intermediate, head.certificate):
        assert "demonstration" in x509.load_der_x509_certificate(item).subject.rfc4514_string()


def test_a_persons_certificate(authority: DemonstrationAuthority, head: Signer) -> None:
    certificate = x509.load_der_x509_certificate(head.certificate)
    certificate.verify_directly_issued_by(x509.load_der_x509_certificate(authority.intermediate))
    subject = certificate.subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Оксана Їжакевич"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)[0].value == "0042"
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=730)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign


def test_a_long_name_is_kept_whole(authority: DemonstrationAuthority) -> None:
    """Of 64 bytes a common name may have, two go to each Cyrillic letter: ordinary full names are longer."""
    name = "Коваленко-Шевченківська Олександра Володимирівна"
    person = authority.person(name, "0042", now=NOW)
    report = check(b"x", sign_detached(b"x", person, signing_time=NOW), authority.trust(now=NOW), at=LATER)
    assert report.valid
    assert report.signer == name


@pytest.mark.parametrize(("name", "unit"), [("", "1"), ("A", " ")])
def test_name_and_unit_are_needed(authority: DemonstrationAuthority, name: str, unit: str) -> None:
    with pytest.raises(UserError, match="name and an institution"):
        authority.person(name, unit, now=NOW)


def test_moments_need_a_zone_and_lie_after_the_foundation(authority: DemonstrationAuthority) -> None:
    with pytest.raises(UserError, match="time zone"):
        authority.person("A", "1", now=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(UserError, match="did not exist"):
        authority.person("A", "1", now=NOW - timedelta(days=1000))


def test_a_list_names_the_revoked_from_that_moment_on(head: Signer) -> None:
    authority = DemonstrationAuthority("seed", founded=NOW - timedelta(days=365))
    authority.revoke(head, now=NOW, reason="cessationOfOperation")
    serial = x509.load_der_x509_certificate(head.certificate).serial_number
    _, before = authority.crls(now=NOW - timedelta(days=1))
    _, after = authority.crls(now=NOW)
    assert len(x509.load_der_x509_crl(before)) == 0
    entry = x509.load_der_x509_crl(after).get_revoked_certificate_by_serial_number(serial)
    assert entry is not None
    assert entry.revocation_date_utc == NOW
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value == "cessationOfOperation"


def test_pkcs12_there_and_back(head: Signer) -> None:
    data = head.to_pkcs12("secret", name="0042")
    assert Signer.from_pkcs12(data, "secret") == head
    with pytest.raises(UserError, match="cannot be opened"):
        Signer.from_pkcs12(data, "wrong")
    with pytest.raises(UserError, match="cannot be opened"):
        Signer.from_pkcs12(b"\x30\x00", "secret")


def test_a_signer_does_not_print_its_key(head: Signer) -> None:
    assert "private" not in repr(head)


def test_a_thousand_heads_take_a_moment(authority: DemonstrationAuthority) -> None:
    start = time.perf_counter()
    people = authority.people([(f"Head {number}", str(number)) for number in range(1000)], now=NOW)
    assert time.perf_counter() - start < 3  # 0.2 s on the machine it was written on: 13,458 in 2.5 s
    assert len({item.certificate for item in people}) == 1000
