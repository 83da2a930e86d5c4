"""Precedents admit only what the libraries accept: the same report, with a precedent and without, for every mutation.

The judge on the other side is :func:`sapa.signing.cades._check`, which never looks at a precedent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.signing.conftest import LATER, NOW
from tests.signing.test_cades import _by_pyhanko, _private
from tests.support.judges import PAYLOAD
from tests.support.judges import both as _both
from tests.support.judges import bound as _bound

from sapa.signing import cades, plain, precedents
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.cades import check, sign_detached
from sapa.signing.report import Reason
from sapa.signing.signer import Signer
from sapa.signing.trust import TrustStore

BEGIN = NOW - timedelta(days=30)
ISSUER = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sapa demonstration intermediate")])
ROOT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sapa demonstration root")])
Build = Callable[..., Signer]


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Each test begins without precedents."""
    precedents._precedents.clear()
    yield
    precedents._precedents.clear()


@pytest.fixture(scope="module")
def subject_key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(12345, ec.SECP256R1())


def _usage(**changed: bool) -> x509.KeyUsage:
    uses = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    uses += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{use: changed.get(use, use in uses[:2]) for use in uses})


@pytest.fixture(scope="module")
def build(authority: DemonstrationAuthority, subject_key: ec.EllipticCurvePrivateKey) -> Build:
    """A certificate of the demonstration's form, with anything about it changed."""

    def make(
        *,
        subject: list[tuple[x509.ObjectIdentifier, str]] | None = None,
        issuer: x509.Name = ISSUER,
        issuing_key: Any = None,
        key: Any = subject_key,
        serial: int = 77,
        begin: datetime = BEGIN,
        end: datetime = NOW + timedelta(days=300),
        ca: bool = False,
        usage: x509.KeyUsage | None = None,
        aki: Any = None,
        extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
        skip: tuple[str, ...] = (),
        digest: hashes.HashAlgorithm | None = None,
        pss: bool = False,
        chain: tuple[bytes, ...] | None = None,
    ) -> Signer:
        signing = issuing_key or authority._keys["intermediate"]
        pairs = subject or [
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "demonstration"),
            (NameOID.ORGANIZATION_IDENTIFIER, "0042"),
            (NameOID.COMMON_NAME, "Head"),
        ]
        builder = x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(*pair) for pair in pairs]))
        builder = builder.issuer_name(issuer).public_key(key.public_key()).serial_number(serial)
        builder = builder.not_valid_before(begin).not_valid_after(end)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(aki or signing.public_key())
        extensions = {
            "aki": (identifier, False),
            "ski": (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            "bc": (x509.BasicConstraints(ca, None), True),
            "usage": (usage or _usage(), True),
        }
        for value, critical in [*(item for name, item in extensions.items() if name not in skip), *extra]:
            builder = builder.add_extension(value, critical)
        scheme: dict[str, Any] = {"rsa_padding": padding.PSS(padding.MGF1(hashes.SHA256()), 32)} if pss else {}
        if isinstance(signing, ec.EllipticCurvePrivateKey):
            scheme["ecdsa_deterministic"] = True  # equal octets in every run of hypothesis
        made = builder.sign(signing, digest or hashes.SHA256(), **scheme)
        return Signer(made.public_bytes(Encoding.DER), _private(key), (authority.intermediate,) if chain is None else chain)

    return make


def _set_precedent(authority: DemonstrationAuthority, trust: TrustStore, at: datetime = LATER) -> None:
    person = authority.person("Precedent", "1", now=BEGIN)
    assert check(PAYLOAD, sign_detached(PAYLOAD, person, signing_time=NOW), trust, at=at).valid
    assert precedents.admit(person.certificate, trust, at) is not None


class TestAdmitted:
    def test_the_libraries_are_not_asked_again(
        self, authority: DemonstrationAuthority, trust: TrustStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _set_precedent(authority, trust)
        monkeypatch.setattr(cades, "_check", None)
        monkeypatch.setattr(cades, "judge_path", None)
        for number in range(20):
            signed = sign_detached(PAYLOAD, authority.person(f"Head {number}", "0042", now=BEGIN), signing_time=NOW)
            assert check(PAYLOAD, signed, trust, at=LATER, expected_unit="0042").valid

    def test_the_hand_made_certificate_is_of_the_same_form(self, build: Build, authority: Any, trust: TrustStore) -> None:
        """Else the mutations below would prove nothing: none would come near the short way."""
        _set_precedent(authority, trust)
        signer = build()
        assert precedents.admit(signer.certificate, trust, LATER) is not None
        assert _both(sign_detached(PAYLOAD, signer, signing_time=NOW), trust).valid

    def test_another_moment_or_trust_needs_its_own_precedent(self, build: Build, authority: Any, trust: TrustStore) -> None:
        _set_precedent(authority, trust)
        certificate = build().certificate
        assert precedents.admit(certificate, trust, LATER + timedelta(seconds=1)) is None
        assert precedents.admit(certificate, authority.trust(), LATER) is None

    def test_precedents_are_bounded(self, authority: Any, trust: TrustStore, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(precedents, "_MAX_PRECEDENTS", 3)
        person = authority.person("Precedent", "1", now=BEGIN)
        for second in range(9):
            precedents.remember(person.certificate, b"", trust, LATER + timedelta(seconds=second))
        assert len(precedents._precedents) == 3

    def test_every_plain_letter_passes_the_librarys_preparation(self) -> None:
        """What the library would refuse to compare (RFC 4518) must not be admitted without it."""
        attribute = asn1_x509.NameTypeAndValue({"type": "common_name", "value": asn1_x509.DirectoryString("utf8_string", "x")})
        for letter in precedents.PLAIN_LETTERS:
            attribute._ldap_string_prep(f"a{letter}a")
            attribute._ldap_string_prep(letter)


_RSA = rsa.generate_private_key(65537, 2048)
_P384 = ec.derive_private_key(99, ec.SECP384R1())
_URI = x509.UniformResourceIdentifier("http://lists.example/1.crl")
_POINT = x509.CRLDistributionPoints([x509.DistributionPoint([_URI], None, None, None)])
_POLICY = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)])
_UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")

CHANGES: dict[str, dict[str, Any]] = {
    "expired": {"end": NOW},
    "expires this second": {"end": LATER},
    "not yet valid": {"begin": LATER + timedelta(seconds=5)},
    "begins within the library's tolerance": {"begin": LATER + timedelta(seconds=1)},
    "begins this second": {"begin": LATER},
    "begins after the signature": {"begin": NOW + timedelta(minutes=5)},
    "ends after 2050": {"end": datetime(2051, 1, 1, tzinfo=UTC)},
    "begins before 2000": {"begin": datetime(1960, 1, 1, tzinfo=UTC)},
    "an authority": {"ca": True},
    "not for signing": {"usage": _usage(digital_signature=False, content_commitment=False)},
    "signs certificates too": {"usage": _usage(key_cert_sign=True)},
    "without usage": {"skip": ("usage",)},
    "without constraints": {"skip": ("bc",)},
    "without its own identifier": {"skip": ("ski",)},
    "without the issuer's identifier": {"skip": ("aki",)},
    "another issuer's identifier": {"aki": _P384.public_key()},
    "another's signature": {"issuing_key": ec.derive_private_key(5, ec.SECP256R1()), "aki": None},
    "another issuer": {"issuer": x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody")])},
    "issued by the root by name": {"issuer": ROOT},
    "an unknown critical extension": {"extra": ((_UNKNOWN, True),)},
    "an unknown extension": {"extra": ((_UNKNOWN, False),)},
    "extended usage": {"extra": ((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), True),)},
    "an alternative name": {"extra": ((x509.SubjectAlternativeName([x509.DNSName("a.example")]), False),)},
    "a distribution point": {"extra": ((_POINT, False),)},
    "a policy": {"extra": ((_POLICY, False),)},
    "a critical policy": {"extra": ((_POLICY, True),)},
    "names constrained by a person": {
        "extra": ((x509.NameConstraints([x509.DNSName("example")], None), True),),
    },
    "signed with SHA-512": {"digest": hashes.SHA512()},
    "an RSA key": {"key": _RSA},
    "a key on P-384": {"key": _P384},
    "a key on a small curve": {"key": ec.derive_private_key(7, ec.SECP192R1())},
    "a key on another curve": {"key": ec.derive_private_key(7, ec.SECP256K1())},
    "signed by an RSA key": {"issuing_key": _RSA},
    "signed by an RSA key with PSS": {"issuing_key": _RSA, "pss": True},
    "two units": {"subject": [(NameOID.ORGANIZATION_IDENTIFIER, "0042"), (NameOID.ORGANIZATION_IDENTIFIER, "0043")]},
    "no unit": {"subject": [(NameOID.COMMON_NAME, "Head")]},
    "a country": {"subject": [(NameOID.COUNTRY_NAME, "XX"), (NameOID.ORGANIZATION_IDENTIFIER, "0042")]},
    "the issuer's name": {"subject": [(NameOID.COMMON_NAME, "Sapa demonstration intermediate")]},
    "the root's name": {"subject": [(NameOID.COMMON_NAME, "Sapa demonstration root")]},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("listed", [True, False])
def test_a_changed_certificate(name: str, listed: bool, build: Build, authority: DemonstrationAuthority) -> None:
    """Twice: the second signature of the kind meets the first one's precedent, should the libraries have accepted it."""
    trust = authority.trust(now=NOW) if listed else authority.trust()
    _set_precedent(authority, trust)
    for serial in (77, 78):
        signer = build(**CHANGES[name], serial=serial)
        sign = sign_detached if isinstance(signer_key(signer), ec.EllipticCurvePrivateKey) else None
        signature = sign(PAYLOAD, signer, signing_time=NOW) if sign else _by_pyhanko(signer, NOW)
        _both(signature, trust)


def signer_key(signer: Signer) -> object:
    try:
        return signer.key
    except Exception:  # an RSA key, which only pyHanko's signer takes
        return None


@pytest.mark.parametrize("letters", ["a\u0301", "\u0378", "\ue000", "\u202e", "\u05d0a", "\ufffd", "\U0001f600", "\u0525", ""])
def test_names_the_library_may_not_prepare(letters: str, build: Build, authority: Any, trust: TrustStore) -> None:
    _set_precedent(authority, trust)
    pairs = [(NameOID.ORGANIZATIONAL_UNIT_NAME, "demonstration"), (NameOID.ORGANIZATION_IDENTIFIER, "0042")]
    signer = build(subject=[*pairs, (NameOID.COMMON_NAME, f"{letters} ")])
    _both(sign_detached(PAYLOAD, signer, signing_time=NOW), trust)


def test_a_serial_number_of_the_stores_own(build: Build, authority: DemonstrationAuthority, trust: TrustStore) -> None:
    _set_precedent(authority, trust)
    for item in (authority.root, authority.intermediate):
        serial = x509.load_der_x509_certificate(item).serial_number
        _both(sign_detached(PAYLOAD, build(serial=serial), signing_time=NOW), trust)


def _crl(authority: DemonstrationAuthority, name: str, **changed: Any) -> bytes:
    """A list of root or intermediate with anything about it changed."""
    given = {"issuer": ISSUER if name == "intermediate" else ROOT, "key": authority._keys[name], "begin": NOW, "days": 30}
    given |= {"revoked": (), "at": NOW, "reason": x509.ReasonFlags.key_compromise, "extra": (), "entry": None, **changed}
    builder = x509.CertificateRevocationListBuilder().issuer_name(given["issuer"]).last_update(given["begin"])
    builder = builder.next_update(given["begin"] + timedelta(days=given["days"]))
    for value, critical in ((x509.CRLNumber(1), False), *given["extra"]):
        builder = builder.add_extension(value, critical)
    for serial in given["revoked"]:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(given["at"])
        entry = entry.add_extension(x509.CRLReason(given["reason"]), False)
        if given["entry"]:
            entry = entry.add_extension(*given["entry"])
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(given["key"], hashes.SHA256()).public_bytes(Encoding.DER)


def _idp(**changed: Any) -> tuple[x509.ExtensionType, bool]:
    given: dict[str, Any] = {"only_some_reasons": None, "indirect_crl": False, "only_contains_attribute_certs": False}
    given |= {"full_name": None, "relative_name": None, "only_contains_user_certs": False, "only_contains_ca_certs": False}
    return x509.IssuingDistributionPoint(**{**given, **changed}), True


_STRANGE = ec.derive_private_key(5, ec.SECP256R1())
LISTS: dict[str, list[dict[str, Any]]] = {
    "none revoked": [{}],
    "revoked": [{"revoked": (77,)}],
    "the precedent revoked": [{"revoked": (1,)}],
    "revoked later": [{"revoked": (77,), "at": LATER + timedelta(days=1)}],
    "removed from the list": [{"revoked": (77,), "reason": x509.ReasonFlags.remove_from_crl}],
    "another revoked": [{"revoked": (78, 79)}],
    "expired": [{"begin": NOW - timedelta(days=60)}],
    "expired and revoked": [{"begin": NOW - timedelta(days=60), "revoked": (77,)}],
    "of the future": [{"begin": LATER + timedelta(days=1)}],
    "wrong issuer": [{"issuer": ROOT}],
    "unknown issuer": [{"issuer": x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody")])}],
    "wrong key": [{"key": _STRANGE}],
    "wrong key, revoked": [{"key": _STRANGE, "revoked": (77,)}],
    "none": [],
    "two, the older revokes": [{"begin": NOW - timedelta(days=2), "revoked": (77,)}, {}],
    "two, the newer revokes": [{"begin": NOW - timedelta(days=2)}, {"revoked": (77,)}],
    "one expired, one valid": [{"begin": NOW - timedelta(days=60), "revoked": (77,)}, {}],
    "one of a wrong key, one valid": [{"key": _STRANGE, "revoked": (77,)}, {}],
    "for authorities only": [{"extra": (_idp(only_contains_ca_certs=True),)}],
    "for people only": [{"extra": (_idp(only_contains_user_certs=True),)}],
    "some reasons": [{"extra": (_idp(only_some_reasons=frozenset([x509.ReasonFlags.key_compromise])),)}],
    "a distribution point": [{"extra": (_idp(full_name=[_URI]),)}],
    "indirect": [{"extra": (_idp(indirect_crl=True),), "revoked": (77,)}],
    "an unknown critical extension": [{"extra": ((_UNKNOWN, True),)}],
    "a critical entry": [{"revoked": (77,), "entry": (_UNKNOWN, True)}],
    "a change only": [{"extra": ((x509.DeltaCRLIndicator(1), True),)}, {"begin": NOW - timedelta(days=1)}],
    "a change that revokes": [{"extra": ((x509.DeltaCRLIndicator(1), True),), "revoked": (77,)}, {}],
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("root", ["root", "root expired", "no root"])
def test_changed_lists(name: str, root: str, build: Build, authority: DemonstrationAuthority) -> None:
    """First an unlisted certificate, which becomes the precedent where the libraries accept it, then the listed one."""
    lists = [_crl(authority, "intermediate", **changed) for changed in LISTS[name]]
    if root != "no root":
        lists.append(_crl(authority, "root", begin=NOW if root == "root" else NOW - timedelta(days=60)))
    trust = TrustStore((authority.root,), (authority.intermediate,), tuple(lists))
    for serial in (1, 5, 77, 80):
        _both(sign_detached(PAYLOAD, build(serial=serial), signing_time=NOW), trust)


def _intermediate(authority: DemonstrationAuthority, *extra: tuple[x509.ExtensionType, bool], **changed: Any) -> bytes:
    given = {"depth": 0, "ca": True, "usage": _usage(key_cert_sign=True, crl_sign=True), "key": authority._keys["root"]}
    given |= {"subject_key": authority._keys["intermediate"], "begin": BEGIN, "end": NOW + timedelta(days=99), **changed}
    builder = x509.CertificateBuilder().subject_name(ISSUER).issuer_name(ROOT).serial_number(given.get("serial", 4))
    builder = builder.public_key(given["subject_key"].public_key()).not_valid_before(given["begin"])
    builder = builder.not_valid_after(given["end"])
    builder = builder.add_extension(x509.BasicConstraints(given["ca"], given["depth"]), True)
    builder = builder.add_extension(given["usage"], True)
    for value, critical in extra:
        builder = builder.add_extension(value, critical)
    return builder.sign(given["key"], hashes.SHA256()).public_bytes(Encoding.DER)


def _directory(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.DirectoryName:
    return x509.DirectoryName(x509.Name([x509.NameAttribute(*pair) for pair in pairs]))


_PERMITTED = [_directory((NameOID.ORGANIZATIONAL_UNIT_NAME, "demonstration"), (NameOID.ORGANIZATION_IDENTIFIER, "0042"))]
_EXPLICIT = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None)
ISSUERS: dict[str, Callable[[DemonstrationAuthority], tuple[bytes, ...]]] = {
    "as it is": lambda of: (of.intermediate,),
    "made by hand": lambda of: (_intermediate(of),),
    "expired": lambda of: (_intermediate(of, end=NOW),),
    "not yet valid": lambda of: (_intermediate(of, begin=LATER + timedelta(days=1)),),
    "no authority": lambda of: (_intermediate(of, ca=False, depth=None),),
    "may not sign certificates": lambda of: (_intermediate(of, usage=_usage(crl_sign=True)),),
    "may not sign lists": lambda of: (_intermediate(of, usage=_usage(key_cert_sign=True)),),
    "of a strange root": lambda of: (_intermediate(of, key=_STRANGE),),
    "another key": lambda of: (_intermediate(of, subject_key=_STRANGE),),
    "two of one name, one with another key": lambda of: (_intermediate(of, subject_key=_STRANGE, serial=5), of.intermediate),
    "one expired, one valid": lambda of: (_intermediate(of, end=NOW, serial=5), of.intermediate),
    "names permitted": lambda of: (_intermediate(of, (x509.NameConstraints(_PERMITTED, None), True)),),
    "names excluded": lambda of: (_intermediate(of, (x509.NameConstraints(None, _PERMITTED), True)),),
    "explicit policy": lambda of: (_intermediate(of, (_EXPLICIT, True)),),
    "a policy": lambda of: (_intermediate(of, (_POLICY, False)),),
    "unknown critical": lambda of: (_intermediate(of, (_UNKNOWN, True)),),
    "none": lambda of: (),
    "none, but the intermediate is a root": lambda of: (),
}


@pytest.mark.parametrize("name", ISSUERS)
@pytest.mark.parametrize("listed", [True, False])
def test_changed_issuers(name: str, listed: bool, build: Build, authority: DemonstrationAuthority) -> None:
    """First a person whose name is permitted, then one whose name is not; with the chain in the store, in the signature."""
    roots = (authority.root, authority.intermediate) if "is a root" in name else (authority.root,)
    intermediates = ISSUERS[name](authority)
    trust = TrustStore(roots, intermediates, authority.crls(now=NOW) if listed else ())
    for chain in ((), intermediates, (authority.intermediate,)):
        for serial, unit in ((77, "0042"), (78, "0042"), (79, "0099")):
            pairs = [(NameOID.ORGANIZATIONAL_UNIT_NAME, "demonstration"), (NameOID.ORGANIZATION_IDENTIFIER, unit)]
            signer = build(serial=serial, chain=chain, subject=[*pairs, (NameOID.COMMON_NAME, "Head")])
            _both(sign_detached(PAYLOAD, signer, signing_time=NOW), trust)


_QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=250)
_FEW = settings(_QUIET, max_examples=60)


@pytest.fixture
def signature(build: Build, authority: DemonstrationAuthority, trust: TrustStore) -> bytes:
    _set_precedent(authority, trust)
    return sign_detached(PAYLOAD, build(), signing_time=NOW)


class TestMutations:
    @_QUIET
    @given(data=st.data())
    def test_a_changed_octet_of_the_signature(self, data: st.DataObject, signature: bytes, trust: TrustStore) -> None:
        where = data.draw(st.integers(0, len(signature) - 1))
        changed = bytearray(signature)
        changed[where] = data.draw(st.integers(0, 255))
        _both(bytes(changed), trust)

    @_QUIET
    @given(data=st.data())
    def test_spliced(self, data: st.DataObject, signature: bytes, trust: TrustStore) -> None:
        start = data.draw(st.integers(0, len(signature) - 1))
        end = data.draw(st.integers(start, min(len(signature), start + 8)))
        _both(signature[:start] + data.draw(st.binary(max_size=8)) + signature[end:], trust)

    @pytest.mark.parametrize("value", [0x00, 0x01, 0x10, 0x31, 0x80])
    def test_a_key_identifier_that_is_no_sequence(
        self, value: int, build: Build, authority: DemonstrationAuthority, trust: TrustStore
    ) -> None:
        """Found by the test below: the one extension whose octets are not part of the form must still be an extension."""
        _set_precedent(authority, trust)
        body = bytearray(x509.load_der_x509_certificate((signer := build()).certificate).tbs_certificate_bytes)
        start = bytes(body).index(bytes.fromhex("0603551d0e")) - 2
        assert body[start] == 0x30
        body[start] = value
        assert not _both(_bound(signer, body, authority), trust).valid

    @_QUIET
    @given(data=st.data())
    def test_a_changed_certificate_signed_and_bound_again(
        self, data: st.DataObject, build: Build, authority: DemonstrationAuthority, trust: TrustStore
    ) -> None:
        """A hostile authority's octets: whatever stands in the certificate, the issuer did sign it."""
        if not precedents._precedents:
            _set_precedent(authority, trust)
        signer = build()
        body = bytearray(x509.load_der_x509_certificate(signer.certificate).tbs_certificate_bytes)
        for _ in range(data.draw(st.integers(1, 2))):
            body[data.draw(st.integers(4, len(body) - 1))] = data.draw(st.integers(0, 255))
        try:
            signed = _bound(signer, body, authority)
        except ValueError:
            return  # so broken that not even the signature can name its issuer
        _both(signed, trust)

    @_QUIET
    @given(data=st.data())
    def test_a_tampered_certificate_signed_and_bound_by_its_holder(
        self, data: st.DataObject, build: Build, signature: bytes, trust: TrustStore
    ) -> None:
        """A hostile holder's octets: the issuer did not sign what stands in the certificate now."""
        signer = build()
        changed = bytearray(signer.certificate)
        where = data.draw(st.integers(4, len(changed) - 1))
        changed[where] ^= data.draw(st.integers(1, 255))
        try:
            signed = sign_detached(PAYLOAD, Signer(bytes(changed), signer.private_key, signer.chain), signing_time=NOW)
        except ValueError:
            return
        assert not _both(signed, trust).valid

    @_FEW
    @given(seconds=st.integers(-40 * 86400, 400 * 86400), unit=st.sampled_from(["0042", "0043", None]))
    def test_moments(self, seconds: int, unit: str | None, build: Build, authority: Any, trust: TrustStore) -> None:
        at = NOW + timedelta(seconds=seconds)
        signed = sign_detached(PAYLOAD, build(), signing_time=NOW)
        if _both(signed, trust, at=at, unit=None).valid:
            assert precedents.admit(build(serial=9).certificate, trust, at) is not None
        _both(sign_detached(PAYLOAD, build(serial=9), signing_time=NOW), trust, at=at, unit=unit)

    @_FEW
    @given(payload=st.binary(max_size=4), claimed=st.integers(-40 * 86400, 86400))
    def test_payloads_and_signing_times(
        self, payload: bytes, claimed: int, build: Build, authority: Any, trust: TrustStore, signature: bytes
    ) -> None:
        signed = sign_detached(PAYLOAD, build(), signing_time=NOW + timedelta(seconds=claimed))
        _both(signed, trust)
        _both(signed, trust, payload=payload)


@pytest.mark.parametrize("absent", ["signing_time", "signing_certificate_v2", "message_digest", "content_type", ""])
def test_signatures_of_pyhanko(absent: str, build: Build, trust: TrustStore, authority: Any) -> None:
    _set_precedent(authority, trust)
    _both(_by_pyhanko(build(), NOW, absent=absent), trust)
    _both(_by_pyhanko(build(), NOW, bound=authority.root), trust)


@pytest.mark.parametrize("key", [_STRANGE, _P384, _RSA])
def test_a_forged_certificate(key: Any, build: Build, trust: TrustStore, authority: Any) -> None:
    """The issuer's name and identifier, but another key's signature; of the issuer's algorithm or of another one."""
    _set_precedent(authority, trust)
    issuer = authority._keys["intermediate"].public_key()
    forged = build(issuing_key=key, aki=issuer)
    assert not _both(sign_detached(PAYLOAD, forged, signing_time=NOW), trust).valid


def test_anothers_private_key(build: Build, trust: TrustStore, authority: Any) -> None:
    _set_precedent(authority, trust)
    forged = Signer(build().certificate, _private(_STRANGE), (authority.intermediate,))
    assert _both(sign_detached(PAYLOAD, forged, signing_time=NOW), trust).reason is Reason.ALTERED


def test_a_list_that_cannot_be_parsed_admits_nobody(build: Build, authority: Any, trust: TrustStore) -> None:
    broken = TrustStore(trust.roots, trust.intermediates, (*trust.crls, b"\x30\x00"))
    precedents._precedents[broken.digest, LATER, precedents.read(build().certificate).form] = b""  # type: ignore[union-attr]
    assert precedents.admit(build().certificate, broken, LATER) is None


def test_algorithm_curve_version_and_kinds_of_names_belong_to_the_form(build: Build) -> None:
    changes = [{}, {"digest": hashes.SHA384()}, {"key": _P384}, {"subject": [(NameOID.COMMON_NAME, "Head")]}]
    made = [build(**changed).certificate for changed in changes]
    made.append(made[0].replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01", 1))
    assert len({person.form for item in made if (person := precedents.read(item))}) == 5


def test_what_is_cut_is_what_was_written(build: Build) -> None:
    signer = build()
    read = plain.read(sign_detached(PAYLOAD, signer, signing_time=datetime(2050, 1, 2, 3, 4, 5, tzinfo=UTC)))
    assert read is not None
    assert read.claimed == datetime(2050, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert set(read.certificates) == {signer.certificate, *signer.chain}
