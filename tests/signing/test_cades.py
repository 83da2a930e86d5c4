"""CAdES: what is accepted, and every way to be refused, with its reason."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core, keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.sign.general import simple_cms_attribute
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from sapa.errors import UserError
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.cades import MAX_SIGNATURE, check, sign_detached
from sapa.signing.paths import drive
from sapa.signing.report import Reason, SignatureReport
from sapa.signing.signer import Signer
from sapa.signing.trust import TrustStore

NOW = datetime(2026, 9, 5, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PAYLOAD = b'{"dataset":"schools","unit":"0042"}'


@pytest.fixture(scope="session")
def signature(head: Signer) -> bytes:
    return sign_detached(PAYLOAD, head, signing_time=NOW)


def _check(signature: bytes, trust: TrustStore, **changed: Any) -> SignatureReport:
    given = {"at": LATER, "expected_unit": "0042", "payload": PAYLOAD, **changed}
    return check(given.pop("payload"), signature, trust, **given)


class TestAccepted:
    def test_report_says_who_signed_and_when(self, signature: bytes, head: Signer, trust: TrustStore) -> None:
        report = _check(signature, trust)
        certificate = x509.load_der_x509_certificate(head.certificate)
        assert (report.valid, report.reason, report.revocation_checked) == (True, Reason.OK, True)
        assert (report.signer, report.unit) == ("Оксана Їжакевич", "0042")
        assert report.serial == f"{certificate.serial_number:x}"
        assert report.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
        assert report.signing_time == NOW

    def test_without_lists_the_report_says_that_revocation_was_not_checked(
        self, signature: bytes, authority: DemonstrationAuthority
    ) -> None:
        report = _check(signature, authority.trust())
        assert report.valid
        assert not report.revocation_checked

    def test_same_input_same_bytes(self, signature: bytes, head: Signer) -> None:
        zone = timezone(timedelta(hours=5))
        assert sign_detached(PAYLOAD, head, signing_time=NOW.astimezone(zone)) == signature

    @pytest.mark.parametrize("moment", [NOW, datetime(2051, 3, 4, 5, 6, 7, tzinfo=UTC)])
    def test_bytes_are_those_of_pyhanko(self, head: Signer, moment: datetime) -> None:
        assert sign_detached(PAYLOAD, head, signing_time=moment) == _by_pyhanko(head, moment)

    def test_pyhanko_accepts_it_on_its_own(self, signature: bytes, trust: TrustStore) -> None:
        context = _context(trust, "require")
        content = cms.ContentInfo.load(signature)["content"]
        status = asyncio.run(async_validate_detached_cms(PAYLOAD, content, context))
        assert status.bottom_line

    def test_openssl_accepts_it_on_its_own(self, signature: bytes, trust: TrustStore, tmp_path: Path) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("openssl is not installed")
        (tmp_path / "payload").write_bytes(PAYLOAD)
        (tmp_path / "cms").write_bytes(signature)
        root = x509.load_der_x509_certificate(trust.roots[0]).public_bytes(Encoding.PEM)
        (tmp_path / "root.pem").write_bytes(root)
        command = f"{openssl} cms -verify -binary -inform DER -in cms -content payload -CAfile root.pem -purpose any"
        moment = f"-attime {int(LATER.timestamp())} -out copy"
        done = subprocess.run([*command.split(), *moment.split()], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_inside_an_event_loop(self, signature: bytes, trust: TrustStore) -> None:
        async def work() -> SignatureReport:
            return _check(signature, trust, at=LATER + timedelta(seconds=1))

        assert asyncio.run(work()).valid

    def test_the_store_may_know_the_root_only(self, signature: bytes, trust: TrustStore) -> None:
        """The intermediate then comes with the signature."""
        assert _check(signature, TrustStore(trust.roots, (), trust.crls)).valid


class TestRefused:
    def test_no_signature(self, trust: TrustStore) -> None:
        assert _check(b"", trust).reason is Reason.NO_SIGNATURE

    def test_altered_content(self, signature: bytes, trust: TrustStore) -> None:
        assert _check(signature, trust, payload=PAYLOAD + b" ").reason is Reason.ALTERED

    def test_another_units_head(self, signature: bytes, trust: TrustStore) -> None:
        report = _check(signature, trust, expected_unit="0043")
        assert report.reason is Reason.WRONG_SIGNER
        assert "0042" in report.detail
        assert "0043" in report.detail

    def test_a_key_swapped_under_the_certificate(
        self, head: Signer, trust: TrustStore, authority: DemonstrationAuthority
    ) -> None:
        thief = Signer(head.certificate, authority.person("Thief", "0043", now=NOW).private_key, head.chain)
        assert _check(sign_detached(PAYLOAD, thief, signing_time=NOW), trust).reason is Reason.ALTERED

    def test_expired(self, signature: bytes, authority: DemonstrationAuthority) -> None:
        at = NOW + timedelta(days=1000)
        assert _check(signature, authority.trust(now=at), at=at).reason is Reason.EXPIRED

    def test_not_yet_valid(self, authority: DemonstrationAuthority) -> None:
        new = authority.person("New", "0042", now=NOW + timedelta(days=2))
        signed = sign_detached(PAYLOAD, new, signing_time=NOW)
        assert _check(signed, authority.trust(now=NOW)).reason is Reason.NOT_YET_VALID

    def test_signed_before_the_certificate_existed(self, authority: DemonstrationAuthority) -> None:
        new = authority.person("New", "0042", now=NOW)
        signed = sign_detached(PAYLOAD, new, signing_time=NOW - timedelta(days=1))
        assert _check(signed, authority.trust(now=NOW)).reason is Reason.NOT_YET_VALID

    def test_signed_in_the_future(self, head: Signer, trust: TrustStore) -> None:
        signed = sign_detached(PAYLOAD, head, signing_time=LATER + timedelta(days=1))
        assert _check(signed, trust).reason is Reason.NOT_YET_VALID

    def test_unknown_authority(self, trust: TrustStore) -> None:
        other = DemonstrationAuthority("other seed", founded=NOW - timedelta(days=9))
        signed = sign_detached(PAYLOAD, other.person("Head", "0042", now=NOW), signing_time=NOW)
        assert _check(signed, trust).reason is Reason.UNTRUSTED

    def test_an_empty_store_trusts_nobody(self, signature: bytes) -> None:
        assert _check(signature, TrustStore(())).reason is Reason.UNTRUSTED

    def test_a_signature_cannot_bring_its_own_root(self, trust: TrustStore) -> None:
        other = DemonstrationAuthority("other seed", founded=NOW - timedelta(days=9))
        person = other.person("Head", "0042", now=NOW)
        signer = Signer(person.certificate, person.private_key, (*person.chain, other.root))
        assert _check(sign_detached(PAYLOAD, signer, signing_time=NOW), trust).reason is Reason.UNTRUSTED

    def test_an_authority_does_not_sign_returns(self, authority: DemonstrationAuthority, trust: TrustStore) -> None:
        key = authority._keys["intermediate"]
        private = keys.PrivateKeyInfo.load(_private(key)).dump()
        signer = Signer(authority.intermediate, private)
        report = _check(sign_detached(PAYLOAD, signer, signing_time=NOW), trust, expected_unit=None)
        assert report.reason is Reason.UNTRUSTED

    def test_content_may_not_be_embedded(self, head: Signer, trust: TrustStore) -> None:
        embedded = _by_pyhanko(head, NOW, detached=False)
        assert _check(embedded, trust).reason is Reason.MALFORMED

    @pytest.mark.parametrize("absent", ["signing_time", "signing_certificate_v2", "message_digest", "content_type"])
    def test_every_signed_attribute_is_demanded(self, head: Signer, trust: TrustStore, absent: str) -> None:
        assert _check(_by_pyhanko(head, NOW, absent=absent), trust).reason is Reason.MALFORMED

    def test_a_signature_over_another_certificate(
        self, head: Signer, trust: TrustStore, authority: DemonstrationAuthority
    ) -> None:
        """The same key certified twice: the attribute binds the certificate that was used, so no other may stand in."""
        other = authority.person("Somebody", "0042", now=NOW - timedelta(days=3))
        report = _check(_by_pyhanko(head, NOW, bound=other.certificate), trust)
        assert report.reason is Reason.ALTERED

    def test_too_large(self, signature: bytes, trust: TrustStore) -> None:
        assert _check(signature + b"\0" * MAX_SIGNATURE, trust).reason is Reason.MALFORMED

    def test_trailing_bytes(self, signature: bytes, trust: TrustStore) -> None:
        assert _check(signature + b"\0", trust).reason is Reason.MALFORMED

    def test_a_moment_without_zone_is_the_callers_mistake(self, signature: bytes, trust: TrustStore, head: Signer) -> None:
        with pytest.raises(UserError, match="time zone"):
            _check(signature, trust, at=datetime(2026, 9, 5))  # noqa: DTZ001
        with pytest.raises(UserError, match="time zone"):
            sign_detached(PAYLOAD, head, signing_time=datetime(2026, 9, 5))  # noqa: DTZ001


@pytest.fixture(scope="module")
def revoking() -> tuple[DemonstrationAuthority, bytes]:
    authority = DemonstrationAuthority("revoking", founded=NOW - timedelta(days=365))
    head = authority.person("Head", "0042", now=NOW - timedelta(days=100))
    signed = sign_detached(PAYLOAD, head, signing_time=NOW)
    authority.revoke(head, now=NOW)
    return authority, signed


class TestRevocation:
    def test_revoked_is_refused(self, revoking: tuple[DemonstrationAuthority, bytes]) -> None:
        authority, signed = revoking
        assert _check(signed, authority.trust(now=NOW)).reason is Reason.REVOKED

    def test_before_the_revocation_it_was_good(self, revoking: tuple[DemonstrationAuthority, bytes]) -> None:
        authority, signed = revoking
        before = NOW - timedelta(minutes=2)
        assert _check(signed, authority.trust(now=before), at=before).valid

    def test_hard_fail_overlooks_the_list_which_is_why_we_require_it(
        self, revoking: tuple[DemonstrationAuthority, bytes]
    ) -> None:
        """The trap itself: should the library close it one day, this test says that our workaround may go."""
        authority, signed = revoking
        content = cms.ContentInfo.load(signed)["content"]
        certificates = [item.chosen for item in content["certificates"]]
        signer = next(item for item in certificates if not item.ca)
        trust = authority.trust(now=NOW)
        drive(CertificateValidator(signer, validation_context=_context(trust, "hard-fail")).async_validate_path())

    def test_a_stale_list_is_no_list(self, signature: bytes, authority: DemonstrationAuthority) -> None:
        at = NOW + timedelta(days=40)
        assert _check(signature, authority.trust(now=NOW, days=30), at=at).reason is Reason.UNTRUSTED

    def test_a_missing_list_of_the_root_is_noticed(self, signature: bytes, trust: TrustStore) -> None:
        for missing in trust.crls:
            store = TrustStore(trust.roots, trust.intermediates, tuple(item for item in trust.crls if item != missing))
            assert _check(signature, store).reason is Reason.UNTRUSTED

    def test_somebody_elses_list_is_no_list(self, signature: bytes, trust: TrustStore) -> None:
        other = DemonstrationAuthority("other seed", founded=NOW - timedelta(days=9))
        store = TrustStore(trust.roots, trust.intermediates, other.crls(now=NOW))
        assert _check(signature, store).reason is Reason.UNTRUSTED


class TestWeakAlgorithms:
    def test_sha1(self, head: Signer, trust: TrustStore) -> None:
        assert _check(_by_pyhanko(head, NOW, digest="sha1"), trust).reason is Reason.WEAK_ALGORITHM

    def test_a_short_rsa_key(self, trust: TrustStore) -> None:
        key = rsa.generate_private_key(65537, 1024)
        assert _check(_self_signed(key, head_unit="0042"), trust).reason is Reason.WEAK_ALGORITHM

    def test_a_small_curve(self, trust: TrustStore) -> None:
        key = ec.generate_private_key(ec.SECP192R1())
        assert _check(_self_signed(key, head_unit="0042"), trust).reason is Reason.WEAK_ALGORITHM


_QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)


class TestHostile:
    @_QUIET
    @given(data=st.binary(max_size=400))
    def test_random_bytes(self, data: bytes, trust: TrustStore) -> None:
        assert not _check(data, trust).valid

    @_QUIET
    @given(data=st.data())
    def test_truncated(self, data: st.DataObject, signature: bytes, trust: TrustStore) -> None:
        assert not _check(signature[: data.draw(st.integers(0, len(signature) - 1))], trust).valid

    @_QUIET
    @given(data=st.data())
    def test_a_flipped_bit_never_changes_what_was_signed(self, data: st.DataObject, signature: bytes, trust: TrustStore) -> None:
        """A flip in what no signature covers (another certificate, a list of algorithms) may pass; it then says the same."""
        bit = data.draw(st.integers(0, len(signature) * 8 - 1))
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        report = _check(bytes(changed), trust)
        assert not _check(bytes(changed), trust, payload=PAYLOAD + b"!").valid
        if report.valid:
            assert report == _check(signature, trust)

    @_QUIET
    @given(data=st.data())
    def test_spliced(self, data: st.DataObject, signature: bytes, trust: TrustStore) -> None:
        start = data.draw(st.integers(0, len(signature) - 1))
        end = data.draw(st.integers(start, len(signature)))
        report = _check(signature[:start] + data.draw(st.binary(max_size=40)) + signature[end:], trust)
        assert not report.valid or report == _check(signature, trust)

    def test_deep_nesting(self, trust: TrustStore) -> None:
        nested = b""
        for _ in range(4000):
            size = len(nested)
            head = bytes([0x30, size]) if size < 128 else bytes([0x30, 0x82, size >> 8, size & 255])
            nested = head + nested
        assert _check(nested, trust).reason is Reason.MALFORMED

    def test_refusals_write_nothing_to_the_log(
        self, trust: TrustStore, signature: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        """pyHanko's own path logs a traceback for each refusal: 13,458 of them would bury the reason."""
        with caplog.at_level(logging.WARNING):
            _check(signature, TrustStore(()), payload=b"other")
            _check(signature, TrustStore(()))
            for offset in range(60, 500, 7):  # the intermediate stands there: forged issuers by the dozen
                changed = bytearray(signature)
                changed[offset] ^= 1
                _check(bytes(changed), trust)
        assert caplog.records == []


def _context(trust: TrustStore, mode: str) -> ValidationContext:
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(item) for item in trust.roots],
        other_certs=[asn1_x509.Certificate.load(item) for item in trust.intermediates],
        crls=list(trust.crls),
        moment=LATER,
        allow_fetching=False,
        revocation_mode=mode,
    )


def _private(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


class _Deterministic(SimpleSigner):  # type: ignore[misc]
    """pyHanko's signer with nonces of RFC 6979, so that its bytes can be compared with ours."""

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        key = load_der_private_key(self.signing_key.dump(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            assert isinstance(key, rsa.RSAPrivateKey)
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        digest: hashes.HashAlgorithm = hashes.SHA1() if digest_algorithm == "sha1" else hashes.SHA256()
        return key.sign(data, ec.ECDSA(digest, deterministic_signing=True))

    async def unsigned_attrs(self, *args: Any, **kwargs: Any) -> None:
        return None


def _by_pyhanko(
    signer: Signer, moment: datetime, *, absent: str = "", bound: bytes = b"", digest: str = "sha256", detached: bool = True
) -> bytes:
    """A signature as pyHanko assembles it, with one thing wrong if asked for."""
    store = SimpleCertificateStore()
    store.register_multiple(asn1_x509.Certificate.load(item) for item in signer.chain)
    certificate = asn1_x509.Certificate.load(signer.certificate)
    tool = _Deterministic(certificate, keys.PrivateKeyInfo.load(signer.private_key), store)
    hashed = (sha1 if digest == "sha1" else sha256)(PAYLOAD).digest()
    kind = {"utc_time": core.UTCTime(moment)} if moment.year < 2050 else {"generalized_time": core.GeneralizedTime(moment)}
    certid = tsp.ESSCertIDv2(
        {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": sha256(bound or signer.certificate).digest()}
    )
    values = {
        "content_type": "data",
        "message_digest": hashed,
        "signing_time": cms.Time(kind),
        "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [certid]}),
    }
    attributes = cms.CMSAttributes([simple_cms_attribute(k, v) for k, v in values.items() if k != absent])
    content = None if detached else {"content_type": "data", "content": PAYLOAD}
    made = drive(tool.async_sign_prescribed_attributes(digest, attributes, encap_content_info=content))
    return bytes(made.dump())


def _self_signed(key: Any, *, head_unit: str) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, head_unit)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    return _by_pyhanko(Signer(certificate, _private(key)), NOW)
