"""Is a certificate trusted at a moment? Path building, validity and revocation by pyhanko-certvalidator, cached.

Nothing is ever fetched: what the trust store and the signature bring is all there is.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from asn1crypto import crl, x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath

from sapa.signing.algorithms import CERTIFICATE_POLICY
from sapa.signing.report import Reason
from sapa.signing.trust import TrustStore

# the library logs a traceback for every certificate that leads nowhere, and a hostile signature brings many: the report
# says what was wrong, once
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


class Judgement(NamedTuple):
    """``reason`` and ``detail`` for a report. ``issuer_key`` (SubjectPublicKeyInfo) is the key that signed the
    certificate, when the judgement may serve as a precedent (:mod:`sapa.signing.precedents`); else it is empty."""

    reason: Reason
    detail: str = ""
    issuer_key: bytes = b""


_SIGNING_USES = {"digital_signature", "non_repudiation"}
_MAX_BROUGHT = 8  # certificates a signature may bring for path building: more only costs time


@lru_cache(maxsize=32_768)
def judge_path(certificate: bytes, brought: tuple[bytes, ...], trust: TrustStore, at: datetime) -> Judgement:
    """Judge one signer's certificate (DER) at ``at``; ``brought`` are the other certificates of the signature.

    Equal arguments give the equal answer, which is why it may be cached: trust stores compare by their content.
    """
    signer = x509.Certificate.load(certificate)
    usage = signer.key_usage_value
    if usage is None or not _SIGNING_USES & usage.native:
        return Judgement(Reason.UNTRUSTED, "The certificate is not meant for signing.")
    if signer.ca:
        return Judgement(Reason.UNTRUSTED, "An authority's certificate does not sign returns.")
    known = {*trust.roots, *trust.intermediates}
    unknown = tuple(item for item in brought if item not in known)[:_MAX_BROUGHT]
    context = _context(trust, at) if not unknown else _fresh_context(trust, at, unknown)
    try:
        path = drive(CertificateValidator(signer, validation_context=context).async_validate_path())
    except (ValidationError, PathBuildingError) as error:
        reason = _reason(error)
        if reason is Reason.UNTRUSTED and isinstance(error, InsufficientRevinfoError):
            reason = _outside(signer, at) or reason  # the plainer cause first: an old list beside an old certificate
        return Judgement(reason, f"{error}")
    return Judgement(Reason.OK, issuer_key=b"" if unknown else _issuer_key(path))


def _issuer_key(path: ValidationPath) -> bytes:
    """The key that signed the path's last certificate; empty when that is an anchor itself, or when the path constrains
    names: then a certificate is judged by its subject too, and its acceptance says nothing about another's."""
    certificates = list(path.iter_certs(include_root=True))
    if path.pkix_len == 0 or any(item.name_constraints_value is not None for item in certificates):
        return b""
    return bytes(certificates[-2].public_key.dump())


def _outside(certificate: x509.Certificate, at: datetime) -> Reason | None:
    if at > certificate.not_valid_after:
        return Reason.EXPIRED
    return Reason.NOT_YET_VALID if at < certificate.not_valid_before else None


def _reason(error: Exception) -> Reason:
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return Reason.UNTRUSTED


_REASONS = (
    (RevokedError, Reason.REVOKED),
    (ExpiredError, Reason.EXPIRED),
    (NotYetValidError, Reason.NOT_YET_VALID),
    (DisallowedAlgorithmError, Reason.WEAK_ALGORITHM),
)


@lru_cache(maxsize=4)
def _context(trust: TrustStore, at: datetime) -> ValidationContext:
    """One context for all signers who bring only certificates the store knows: nothing foreign enters it."""
    return _fresh_context(trust, at, ())


def _fresh_context(trust: TrustStore, at: datetime, brought: tuple[bytes, ...]) -> ValidationContext:
    return ValidationContext(
        trust_roots=[x509.Certificate.load(item) for item in trust.roots],
        other_certs=[x509.Certificate.load(item) for item in (*trust.intermediates, *brought)],
        crls=[crl.CertificateList.load(item) for item in trust.crls],
        moment=at,
        allow_fetching=False,
        # "hard-fail" overlooks a supplied list when the certificate names no distribution point: a revoked signer passes
        revocation_mode="require" if trust.crls else "soft-fail",
        algorithm_usage_policy=CERTIFICATE_POLICY,
    )


def drive(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing, without an event loop: callable from inside one, and ten times cheaper."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("signing waited for something")
