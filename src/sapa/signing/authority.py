"""A demonstration certificate authority: root → intermediate → heads of institutions, with revocation.

It exists so that the whole chain can be shown and tested without a national authority; a real one is a trust folder.
Everything follows from a seed and the moments given: the same seed makes the same keys, serial numbers, certificates
and lists, byte for byte (ECDSA nonces of RFC 6979). Whoever knows the seed can sign as anybody: it says
"demonstration" in every subject for that reason.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha512

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sapa.errors import UserError
from sapa.signing.signer import Signer
from sapa.signing.trust import TrustStore

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SEC 2, 2.4.2)
FULL_NAME = x509.ObjectIdentifier("2.5.4.41")
"""X.520 ``name``: the whole name of a person whose name is too long for ``commonName``."""

_AUTHORITY_YEARS = 20
_SIGNING = {"digital_signature": True, "content_commitment": True}
_ISSUING = {"key_cert_sign": True, "crl_sign": True}
_USES = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
_USES += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]


class DemonstrationAuthority:
    """Issues and revokes certificates; ``founded`` is when its own certificates begin (timezone-aware).

    A person's certificate names the person (``commonName``) and the institution (``organizationIdentifier``,
    2.5.4.97): the unit for which the person may sign. A long name stands whole in ``name`` (2.5.4.41).
    """

    def __init__(self, seed: bytes | str, *, founded: datetime) -> None:
        self._seed = seed.encode() if isinstance(seed, str) else seed
        self.founded = _utc(founded)
        self._revoked: dict[int, tuple[datetime, x509.ReasonFlags]] = {}

    @cached_property
    def root(self) -> bytes:
        """The root certificate, DER."""
        return self._authority_certificate("root", issuer="root", depth=1)

    @cached_property
    def intermediate(self) -> bytes:
        """The certificate that issues persons' certificates, DER."""
        return self._authority_certificate("intermediate", issuer="root", depth=0)

    def person(self, name: str, unit: str, *, now: datetime, days: int = 730, generation: int = 0) -> Signer:
        """A certificate for the head ``name`` of institution ``unit``, valid from ``now`` for ``days``.

        ``generation`` counts a person's keys: the next one is a renewed key. Raises UserError on an empty name or unit
        or before the authority was founded.
        """
        if not name.strip() or not unit.strip():
            raise UserError("a certificate needs a name and an institution", todo="give both")
        begin = _utc(now)
        if begin < self.founded:
            raise UserError("the authority did not exist yet", todo=f"ask for a moment from {self.founded} on")
        label = f"person/{unit}/{name}/{begin.isoformat()}/{generation}"
        key = self._key(label)
        attributes = [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "demonstration"),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, _clipped(name)),
        ]
        if _clipped(name) != name:
            attributes.append(x509.NameAttribute(FULL_NAME, name))
        builder = self._builder(x509.Name(attributes), key.public_key(), label, issuer="intermediate")
        builder = builder.not_valid_before(begin).not_valid_after(begin + timedelta(days=days))
        builder = builder.add_extension(x509.BasicConstraints(False, None), True)
        builder = builder.add_extension(_key_usage(_SIGNING), True)
        return Signer(self._sign(builder, "intermediate"), _private(key), (self.intermediate,))

    def revoke(self, signer: Signer, *, now: datetime, reason: str = "keyCompromise") -> None:
        """Revoke a person's certificate from ``now`` on; it stands in every list issued afterwards."""
        serial = x509.load_der_x509_certificate(signer.certificate).serial_number
        self._revoked[serial] = (_utc(now), x509.ReasonFlags(reason))

    def crls(self, *, now: datetime, days: int = 30) -> tuple[bytes, bytes]:
        """Revocation lists of root and intermediate as of ``now``, valid for ``days``, DER."""
        begin = _utc(now)
        revoked = {serial: entry for serial, entry in self._revoked.items() if entry[0] <= begin}
        return (self._crl("root", {}, begin, days), self._crl("intermediate", revoked, begin, days))

    def trust(self, *, now: datetime | None = None, days: int = 30) -> TrustStore:
        """What a checker needs: root and intermediate, and with ``now`` the revocation lists of that moment."""
        lists = () if now is None else self.crls(now=now, days=days)
        return TrustStore((self.root,), (self.intermediate,), lists)

    def people(self, units: Iterable[tuple[str, str]], *, now: datetime, days: int = 730) -> list[Signer]:
        """Certificates for many (name, unit) pairs, in order; about 0.2 ms each."""
        return [self.person(name, unit, now=now, days=days) for name, unit in units]

    def _crl(self, issuer: str, revoked: dict[int, tuple[datetime, x509.ReasonFlags]], begin: datetime, days: int) -> bytes:
        builder = x509.CertificateRevocationListBuilder().issuer_name(_subject(issuer)).last_update(begin)
        builder = builder.next_update(begin + timedelta(days=days))
        builder = builder.add_extension(x509.CRLNumber(int(begin.timestamp())), False)
        builder = builder.add_extension(self._identifier(issuer), False)
        for serial, (moment, reason) in sorted(revoked.items()):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment)
            builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), False).build())
        signed = builder.sign(self._keys[issuer], hashes.SHA256(), ecdsa_deterministic=True)
        return signed.public_bytes(serialization.Encoding.DER)

    def _authority_certificate(self, name: str, *, issuer: str, depth: int) -> bytes:
        builder = self._builder(_subject(name), self._keys[name].public_key(), name, issuer=issuer)
        end = self.founded + timedelta(days=_AUTHORITY_YEARS * 365)
        builder = builder.not_valid_before(self.founded).not_valid_after(end)
        builder = builder.add_extension(x509.BasicConstraints(True, depth), True)
        return self._sign(builder.add_extension(_key_usage(_ISSUING), True), issuer)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, label: str, *, issuer: str) -> x509.CertificateBuilder:
        serial = int.from_bytes(self._derive(f"serial/{label}")[:16], "big") >> 1 | 1  # positive, 127 bits
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(_subject(issuer))
        builder = builder.public_key(key).serial_number(serial)
        builder = builder.add_extension(self._identifier(issuer), False)
        return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)

    def _sign(self, builder: x509.CertificateBuilder, issuer: str) -> bytes:
        signed = builder.sign(self._keys[issuer], hashes.SHA256(), ecdsa_deterministic=True)
        return signed.public_bytes(serialization.Encoding.DER)

    @cached_property
    def _keys(self) -> dict[str, ec.EllipticCurvePrivateKey]:
        return {name: self._key(name) for name in ("root", "intermediate")}

    def _identifier(self, issuer: str) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._keys[issuer].public_key())

    def _key(self, label: str) -> ec.EllipticCurvePrivateKey:
        scalar = int.from_bytes(self._derive(f"key/{label}"), "big") % (_ORDER - 1) + 1
        return ec.derive_private_key(scalar, ec.SECP256R1())

    def _derive(self, label: str) -> bytes:
        return hmac.digest(self._seed, label.encode(), sha512)


def _clipped(name: str) -> str:
    """The first 64 bytes: a common name may not be longer, and 33 Cyrillic letters are."""
    return name.encode()[:64].decode(errors="ignore")


def _subject(name: str) -> x509.Name:
    # short on purpose: RFC 5280 compares names letter by letter, several times in each check
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Sapa demonstration {name}")])


def _key_usage(uses: dict[str, bool]) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: uses.get(use, False) for use in _USES})


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise UserError("a moment needs its time zone", todo="pass a timezone-aware datetime")
    return moment.astimezone(UTC).replace(microsecond=0)  # certificates count whole seconds
