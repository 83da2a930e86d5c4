"""Signature schemes by name: CAdES with the curves of NIST here; a country's own (GOST, DSTU) registers beside it.

A pack or a setting names the scheme; the archive asks :func:`verifier` and never knows the algorithm behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from sapa.errors import UserError
from sapa.signing import batch, cades
from sapa.signing.batch import CheckItem
from sapa.signing.report import SignatureReport
from sapa.signing.trust import TrustStore

DEFAULT = "cades"


class SignatureVerifier(Protocol):
    """What a scheme must offer; both methods answer with values and never raise on a hostile signature."""

    def check(
        self, payload: bytes, signature: bytes, trust: TrustStore, *, at: datetime, expected_unit: str | None = None
    ) -> SignatureReport:
        """Judge one signature at the moment ``at``; see :func:`sapa.signing.cades.check`."""
        ...

    def check_many(
        self, items: Sequence[CheckItem], trust: TrustStore, *, at: datetime, processes: int = 2
    ) -> list[SignatureReport]:
        """Judge many at one moment; reports stand in the order of ``items``."""
        ...


class CadesVerifier:
    """The default scheme."""

    def check(
        self, payload: bytes, signature: bytes, trust: TrustStore, *, at: datetime, expected_unit: str | None = None
    ) -> SignatureReport:
        """See :func:`sapa.signing.cades.check`."""
        return cades.check(payload, signature, trust, at=at, expected_unit=expected_unit)

    def check_many(
        self, items: Iterable[CheckItem], trust: TrustStore, *, at: datetime, processes: int = 2
    ) -> list[SignatureReport]:
        """See :func:`sapa.signing.batch.check_many`."""
        return batch.check_many(items, trust, at=at, processes=processes)


_SCHEMES: dict[str, SignatureVerifier] = {DEFAULT: CadesVerifier()}


def verifier(scheme: str = DEFAULT) -> SignatureVerifier:
    """The verifier of a scheme. Raises UserError for a name nobody registered."""
    try:
        return _SCHEMES[scheme]
    except KeyError:
        known = ", ".join(sorted(_SCHEMES))
        raise UserError(f"no signature scheme {scheme!r}", todo=f"use one of: {known}") from None


def register(scheme: str, implementation: SignatureVerifier) -> None:
    """Add a scheme. Raises UserError when the name is taken: a scheme is never replaced in silence."""
    if scheme in _SCHEMES:
        raise UserError(f"the signature scheme {scheme!r} exists already", todo="register it under another name")
    _SCHEMES[scheme] = implementation
