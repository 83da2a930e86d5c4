"""The two judges of a signature side by side: the libraries alone, and ``check`` with its precedents."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from sapa.signing import cades, der, paths
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.cades import check, sign_detached
from sapa.signing.report import Reason, SignatureReport
from sapa.signing.signer import Signer
from sapa.signing.trust import TrustStore
from tests.signing.conftest import LATER, NOW

PAYLOAD = b"payload"


def both(
    signature: bytes, trust: TrustStore, *, at: datetime = LATER, payload: bytes = PAYLOAD, unit: str | None = "0042"
) -> SignatureReport:
    """The report of :func:`check`, which must be the libraries' report; they are asked first, with a context of their own."""
    paths.judge_path.cache_clear()
    paths._context.cache_clear()
    try:
        libraries = cades._check(payload, signature, trust, at, unit)
    except Exception as error:  # as check() does
        libraries = SignatureReport(Reason.MALFORMED, f"The signature cannot be read ({type(error).__name__}).")
    report = check(payload, signature, trust, at=at, expected_unit=unit)
    assert report == libraries
    return report


def bound(signer: Signer, body: bytearray, authority: DemonstrationAuthority) -> bytes:
    """A signature with a certificate of these octets, signed by the issuer."""
    own = authority._keys["intermediate"].sign(bytes(body), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    tail = bytes.fromhex("300a06082a8648ce3d040302") + der._tlv(0x03, b"\0" + own)
    certificate = der._tlv(0x30, bytes(body) + tail)
    return sign_detached(PAYLOAD, Signer(certificate, signer.private_key, signer.chain), signing_time=NOW)
