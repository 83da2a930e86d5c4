"""What a check of one signature found: a value, never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a signature is accepted or refused; one word each, for tables and translations."""

    OK = "ok"
    NO_SIGNATURE = "no_signature"
    MALFORMED = "malformed"
    ALTERED = "altered"
    WEAK_ALGORITHM = "weak_algorithm"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    WRONG_SIGNER = "wrong_signer"


@dataclass(frozen=True)
class SignatureReport:
    """The answer about one signature.

    ``detail`` is one English sentence for a person. ``signer`` (name), ``unit`` (institution the certificate speaks
    for), ``serial`` (hexadecimal), ``fingerprint`` (SHA-256 of the certificate, hexadecimal) and ``signing_time`` (as
    the signer claims it) are None as long as they could not be read; unless ``valid``, they are claims and no facts.
    ``revocation_checked`` tells whether revocation lists were at hand.
    """

    reason: Reason
    detail: str = ""
    signer: str | None = None
    unit: str | None = None
    serial: str | None = None
    fingerprint: str | None = None
    signing_time: datetime | None = None
    revocation_checked: bool = False

    @property
    def valid(self) -> bool:
        """True only for :attr:`Reason.OK`."""
        return self.reason is Reason.OK
