"""Precedents: certificates that differ from an accepted one only where a person differs from another.

pyhanko-certvalidator needs 1.5 ms a certificate, nearly all of it for what thousands of heads have in common: their
issuer's path, the issuer's revocation list, the extensions. So the library judges the first certificate of a kind;
when it accepts, that is a *precedent* for its trust store, its moment and its **form**: every byte of the certificate
but serial number, validity, the values in the subject, the key's bits, the key's identifier and the signature. Another
certificate of the same form is then admitted by what is its own: signed by the precedent's issuer, valid at the moment,
its serial number in no list of the store (nor on a certificate of it).

A precedent only ever admits. Whatever is revoked, expired, unusual or not quite DER is left to the library, which gives
the reason; nothing is refused here. RFC 5280, 6.1: name constraints are the one rule that looks at the subject, so a
path with name constraints makes no precedent (see :func:`sapa.signing.paths.judge_path`).
"""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sapa.signing import slices
from sapa.signing.slices import BITS, CONTEXT_0, CONTEXT_3, INTEGER, OCTETS, OID, PRINTABLE, SEQUENCE, SET, UTF8, Slice
from sapa.signing.trust import TrustStore

_EC = "301306072a8648ce3d020106082a8648ce3d030107", "301006072a8648ce3d020106052b81040022", "301006072a8648ce3d020106052b81040023"
_POINTS = dict(zip(map(bytes.fromhex, _EC), (65, 97, 133), strict=True))  # the three NIST curves by size: octets of a plain point

_BY_CURVE: dict[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("300a06082a8648ce3d040302"): hashes.SHA256(),
    bytes.fromhex("300a06082a8648ce3d040303"): hashes.SHA384(),
    bytes.fromhex("300a06082a8648ce3d040304"): hashes.SHA512(),
}
_BY_RSA: dict[bytes, hashes.HashAlgorithm] = {
    bytes.fromhex("300d06092a864886f70d01010b0500"): hashes.SHA256(),
    bytes.fromhex("300d06092a864886f70d01010c0500"): hashes.SHA384(),
    bytes.fromhex("300d06092a864886f70d01010d0500"): hashes.SHA512(),
}
_KEY_IDENTIFIER = bytes.fromhex("0603551d0e")
_NAMED = {bytes.fromhex("550403"): "2.5.4.3", bytes.fromhex("550429"): "2.5.4.41", bytes.fromhex("550461"): "2.5.4.97"}

_ORDINARY = "LNPS"  # categories: letters, numbers, punctuation, signs
_RANGES = (*range(0x21, 0x530), *range(0x2010, 0x2028), 0x2116)
PLAIN_LETTERS = frozenset(" ") | frozenset(
    letter
    for letter in map(chr, _RANGES)  # prepared as of Unicode 3.2, and in lower case: some have got one only since
    if all(unicodedata.ucd_3_2_0.category(item)[0] in _ORDINARY for item in letter + letter.lower())
)
"""Letters, digits and signs of left-to-right European scripts. A name of other characters is lawful, but RFC 4518
prepares it for comparison with rules (and refusals) which only the library should apply."""


@dataclass(frozen=True)
class Person:
    """What a plain end-entity certificate says. ``names``: attribute type → values, for name, common name and unit;
    ``issuer`` and ``serial_der`` are DER; ``begin`` and ``end`` are the validity (UTC); ``form``: see the module."""

    form: bytes
    names: dict[str, list[str]]
    issuer: bytes
    serial: int
    serial_der: bytes
    begin: datetime
    end: datetime
    key: ec.EllipticCurvePublicKey
    fingerprint: str
    signed: bytes
    algorithm: bytes
    signature: bytes


_precedents: OrderedDict[tuple[str, datetime, bytes], bytes] = OrderedDict()
_MAX_PRECEDENTS = 256


def remember(certificate: bytes, issuer_key: bytes, trust: TrustStore, at: datetime) -> None:
    """Certvalidator accepted ``certificate`` under ``issuer_key`` (SubjectPublicKeyInfo): a precedent for its form."""
    person = read(certificate)
    if person is not None:
        _precedents[trust.digest, at, person.form] = issuer_key
        while len(_precedents) > _MAX_PRECEDENTS:
            _precedents.popitem(last=False)


def admit(certificate: bytes, trust: TrustStore, at: datetime) -> Person | None:
    """The person, when a precedent admits the certificate (DER) at ``at``; None when the library has to judge."""
    person = read(certificate)
    if person is None or not person.begin <= at <= person.end:
        return None
    issuer_key = _precedents.get((trust.digest, at, person.form))
    apart = _serials_apart(trust)
    if issuer_key is None or apart is None or person.serial in apart:
        return None
    return person if _issued(certificate, issuer_key) else None


@lru_cache(maxsize=4)
def _serials_apart(trust: TrustStore) -> frozenset[int] | None:
    """Serial numbers on any list of the store, whoever issued it, and of its own certificates (the library passes over
    an issuer that bears number and issuer of the certificate in question). None when a list does not parse."""
    try:
        lists = [x509.load_der_x509_crl(item) for item in trust.crls]
        own = [x509.load_der_x509_certificate(item).serial_number for item in (*trust.roots, *trust.intermediates)]
        return frozenset([*own, *(entry.serial_number for items in lists for entry in items)])
    except ValueError:
        return None


@lru_cache(maxsize=32_768)
def _issued(certificate: bytes, issuer_key: bytes) -> bool:
    """Is the certificate signed with this key? One of two calls of a check that cost anything (0.1 ms)."""
    person, key = read(certificate), _key(issuer_key)
    if person is None:
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and person.algorithm in _BY_CURVE:
            key.verify(person.signature, person.signed, ec.ECDSA(_BY_CURVE[person.algorithm]))
            return True
        if isinstance(key, rsa.RSAPublicKey) and person.algorithm in _BY_RSA:
            key.verify(person.signature, person.signed, padding.PKCS1v15(), _BY_RSA[person.algorithm])
            return True
    except InvalidSignature:
        pass
    return False


@lru_cache(maxsize=64)
def _key(issuer_key: bytes) -> object:
    return load_der_public_key(issuer_key)


@lru_cache(maxsize=4_096)
def read(certificate: bytes) -> Person | None:
    """Cut a version 3 certificate with a key on a NIST curve into what :class:`Person` holds; None when it is not plain."""
    try:
        return _read(certificate)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _read(certificate: bytes) -> Person:
    outer = slices.single(certificate, SEQUENCE)
    signed, algorithm, signature = slices.fields(outer.contents, SEQUENCE, SEQUENCE, BITS)
    tags = (CONTEXT_0, INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, CONTEXT_3)
    version, serial, inner, issuer, validity, subject, spki, extensions = slices.fields(signed.contents, *tags)
    if inner.whole != algorithm.whole:
        raise ValueError("signed under another algorithm")
    begin, end = map(slices.moment, slices.children(validity.contents))
    names, types = _names(subject)
    key, curve = _public_key(spki)
    common = [version.whole, inner.whole, issuer.whole, curve, *types, b"", *_extensions(extensions)]
    return Person(
        form=sha256(b"".join(len(part).to_bytes(4, "big") + part for part in common)).digest(),
        names=names,
        issuer=issuer.whole,
        serial=slices.positive(serial),
        serial_der=serial.whole,
        begin=begin,
        end=end,
        key=key,
        fingerprint=sha256(certificate).hexdigest(),
        signed=signed.whole,
        algorithm=algorithm.whole,
        signature=slices.bits(signature),
    )


def _names(subject: Slice) -> tuple[dict[str, list[str]], list[bytes]]:
    """Values of the attributes that are read, and type and encoding of every attribute, which belong to the form."""
    values: dict[str, list[str]] = {}
    types = []
    for relative in slices.children(subject.contents):
        if relative.tag != SET:
            raise ValueError("not a name")
        kind, value = slices.children(slices.single(relative.contents, SEQUENCE).contents)
        text = value.contents.decode("ascii" if value.tag == PRINTABLE else "utf-8")
        if kind.tag != OID or value.tag not in (UTF8, PRINTABLE) or not PLAIN_LETTERS.issuperset(text):
            raise ValueError("not a plain name")
        types.append(kind.whole + bytes([value.tag]))
        if kind.contents in _NAMED:
            values.setdefault(_NAMED[kind.contents], []).append(text)
    return values, types


def _public_key(spki: Slice) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    curve, point = slices.fields(spki.contents, SEQUENCE, BITS)
    octets = slices.bits(point)
    if octets[:1] != b"\x04" or len(octets) != _POINTS.get(curve.whole):
        raise ValueError("not an uncompressed point on a known curve")
    key = load_der_public_key(spki.whole)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("not a key on a curve")
    return key, curve.whole


def _extensions(extensions: Slice) -> list[bytes]:
    """Every extension as it stands; of the key's own identifier (not critical, well formed) only that it is there."""
    found = []
    for extension in slices.children(slices.single(extensions.contents, SEQUENCE).contents):
        if extension.tag != SEQUENCE:
            raise ValueError("not an extension")
        if extension.contents.startswith(_KEY_IDENTIFIER):
            _, value = slices.fields(extension.contents, OID, OCTETS)  # a third field would say "critical"
            slices.single(value.contents, OCTETS)
            found.append(_KEY_IDENTIFIER)
        else:
            found.append(extension.whole)
    if found.count(_KEY_IDENTIFIER) > 1:
        raise ValueError("two key identifiers")
    return found
