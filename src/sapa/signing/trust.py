"""What a checker trusts: root certificates, the intermediates below them, and revocation lists."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sapa.errors import UserError

_FORMAT = "sapa-trust/1"
_MAX_FILE = 16 * 1024 * 1024  # a national revocation list is a few MB; anything larger is a mistake
_PEM = b"-----BEGIN "
T = TypeVar("T")


@dataclass(frozen=True)
class TrustStore:
    """Trust roots, intermediates and revocation lists as DER, sorted, so that equal trust has equal bytes.

    When ``crls`` is not empty, every certificate of a path needs a revocation list of its issuer that is valid at the
    moment of the check; a store without lists checks no revocation, and the report says so.
    """

    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        for name in ("roots", "intermediates", "crls"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of :meth:`to_bytes`, hexadecimal: one trust, one digest."""
        return sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Canonical JSON with base64 values; a snapshot carries it so that its signatures can be checked again."""
        lists = {name: [base64.b64encode(item).decode() for item in getattr(self, name)] for name in _LISTS}
        return json.dumps({"format": _FORMAT, **lists}, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> TrustStore:
        """Read :meth:`to_bytes`. Raises UserError when the bytes are no trust store or a part does not parse."""
        try:
            document = json.loads(data)
            if document.pop("format") != _FORMAT or set(document) != set(_LISTS):
                raise ValueError("unknown format")
            lists = {name: tuple(base64.b64decode(item, validate=True) for item in document[name]) for name in _LISTS}
            store = cls(**lists)
            store._parse()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"not a trust store: {error}", todo=f"give bytes of the format {_FORMAT}") from error
        return store

    @classmethod
    def load(cls, folder: Path) -> TrustStore:
        """Read every ``.pem .crt .cer .der .crl`` file of a folder (PEM or DER).

        A self-issued certificate becomes a root, another authority's certificate an intermediate. Raises UserError for
        a file that holds neither certificate nor revocation list, for a certificate that is no authority's, and for a
        folder without a root.
        """
        roots: list[bytes] = []
        intermediates: list[bytes] = []
        crls: list[bytes] = []
        for path in sorted(item for item in folder.iterdir() if item.suffix.lower() in _SUFFIXES):
            certificates, lists = _read(path)
            crls += [item.public_bytes(Encoding.DER) for item in lists]
            for certificate in certificates:
                _require_authority(certificate, path)
                own = certificate.issuer == certificate.subject
                (roots if own else intermediates).append(certificate.public_bytes(Encoding.DER))
        if not roots:
            raise UserError(f"no root certificate in {folder.name}", todo="put the authority's root certificate there")
        return cls(tuple(roots), tuple(intermediates), tuple(crls))

    def save(self, folder: Path) -> None:
        """Write one PEM file per item (``root-0.pem``, ``intermediate-0.pem``, ``list-0.crl``)."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, label, suffix in (("roots", "root", "pem"), ("intermediates", "intermediate", "pem")):
            for index, item in enumerate(getattr(self, name)):
                text = x509.load_der_x509_certificate(item).public_bytes(Encoding.PEM)
                (folder / f"{label}-{index}.{suffix}").write_bytes(text)
        for index, item in enumerate(self.crls):
            (folder / f"list-{index}.crl").write_bytes(x509.load_der_x509_crl(item).public_bytes(Encoding.PEM))

    def _parse(self) -> None:
        for item in (*self.roots, *self.intermediates):
            x509.load_der_x509_certificate(item)
        for item in self.crls:
            x509.load_der_x509_crl(item)


_LISTS = ("roots", "intermediates", "crls")
_SUFFIXES = {".pem", ".crt", ".cer", ".der", ".crl"}


def _read(path: Path) -> tuple[list[x509.Certificate], list[x509.CertificateRevocationList]]:
    if path.stat().st_size > _MAX_FILE:
        raise UserError(f"{path.name} is larger than {_MAX_FILE} bytes", todo="a trust folder holds certificates only")
    data = path.read_bytes()
    if _PEM in data:
        certificates = _attempt(x509.load_pem_x509_certificates, data) if b"BEGIN CERTIFICATE" in data else []
        lists = _attempt(_pem_lists, data)
    else:
        certificates = _attempt(lambda item: [x509.load_der_x509_certificate(item)], data)
        lists = [] if certificates else _attempt(lambda item: [x509.load_der_x509_crl(item)], data)
    if not certificates and not lists:
        raise UserError(f"{path.name} holds no certificate and no revocation list", todo="remove it or replace it")
    return certificates, lists


def _attempt(read: Callable[[bytes], Iterable[T]], data: bytes) -> list[T]:
    try:
        return list(read(data))
    except ValueError:
        return []


def _pem_lists(data: bytes) -> list[x509.CertificateRevocationList]:
    begin, end = b"-----BEGIN X509 CRL-----", b"-----END X509 CRL-----"
    blocks = [part.split(end)[0] for part in data.split(begin)[1:]]
    return [x509.load_pem_x509_crl(begin + block + end + b"\n") for block in blocks]


def _require_authority(certificate: x509.Certificate, path: Path) -> None:
    try:
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        authority = False
    if not authority:
        name = certificate.subject.rfc4514_string()
        raise UserError(f"{path.name}: {name} is no authority's certificate", todo="trust authorities, not persons")
