"""A person's certificate with its private key: what signs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from sapa.errors import UserError


@dataclass(frozen=True)
class Signer:
    """A certificate, its private key and the certificates above it, all as DER, so that it travels between processes.

    ``chain`` holds the intermediate certificates only: a root is trusted because the checker has it, never because a
    signature brings it.
    """

    certificate: bytes
    private_key: bytes = field(repr=False)
    chain: tuple[bytes, ...] = ()

    @cached_property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The private key, parsed once. Raises UserError when it is not an elliptic-curve key."""
        key = serialization.load_der_private_key(self.private_key, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise UserError("only elliptic-curve keys sign here", todo="use a certificate with a P-256 or larger key")
        return key

    def __getstate__(self) -> dict[str, object]:
        return {"certificate": self.certificate, "private_key": self.private_key, "chain": self.chain}

    @classmethod
    def from_pkcs12(cls, data: bytes, password: str) -> Signer:
        """Read a PKCS#12 (``.p12``, ``.pfx``) file. Raises UserError when the password or the file is wrong."""
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(data, password.encode())
        except (ValueError, TypeError) as error:
            raise UserError("the key file cannot be opened", todo="check the password and the file") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate is None:
            todo = "export key and certificate into one PKCS#12 file; the key is on an elliptic curve"
            raise UserError("the key file holds no usable key with a certificate", todo=todo)
        chain = tuple(_der(other) for other in others if other.issuer != other.subject)
        return cls(_der(certificate), _key_der(key), chain)

    def to_pkcs12(self, password: str, *, name: str = "") -> bytes:
        """The key with its certificates as PKCS#12; its bytes differ each time (salted)."""
        certificate = x509.load_der_x509_certificate(self.certificate)
        others = [x509.load_der_x509_certificate(item) for item in self.chain]
        protection = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(name.encode() or None, self.key, certificate, others, protection)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _key_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
