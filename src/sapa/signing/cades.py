"""CAdES-B-B: detached CMS signatures over a manifest (ETSI EN 319 122-1, RFC 5652), checked by pyHanko.

A signature covers the digest of the payload, the signing time and the hash of the signer's certificate. The check
judges the CMS structure and every signed attribute for each signature, and the certificate's path once per
certificate, moment and trust store (see :mod:`sapa.signing.paths`). A signature of the very form that is written here,
by a certificate for which there is a precedent (:mod:`sapa.signing.precedents`), is accepted in 0.25 ms without the
libraries; all else, and every refusal, is theirs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_self_reported_ts,
    validate_sig_integrity,
)

from sapa.errors import UserError
from sapa.signing import der, plain, precedents
from sapa.signing.algorithms import DIGESTS, weakness
from sapa.signing.paths import judge_path
from sapa.signing.report import Reason, SignatureReport
from sapa.signing.signer import Signer
from sapa.signing.trust import TrustStore

MAX_SIGNATURE = 64 * 1024
"""Bytes of a signature that are looked at; a B-B signature with its chain takes about 2 kB."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far the signer's clock may run ahead of the moment of the check."""

_ORGANIZATION_IDENTIFIER, _COMMON_NAME, _FULL_NAME = "2.5.4.97", "2.5.4.3", "2.5.4.41"


def sign_detached(payload: bytes, signer: Signer, *, signing_time: datetime) -> bytes:
    """Sign ``payload``; returns the CMS as DER (about 1.5 kB). The same input gives the same bytes (RFC 6979).

    ``signing_time`` is timezone-aware, whole seconds count. Raises UserError when it has no zone.
    """
    if signing_time.utcoffset() is None:
        raise UserError("the signing time needs its time zone", todo="pass a timezone-aware datetime")
    moment = signing_time.astimezone(UTC).replace(microsecond=0)
    attributes = der.signed_attributes(sha256(payload).digest(), signer.certificate, moment)
    value = signer.key.sign(attributes, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    tbs = asn1_x509.Certificate.load(signer.certificate)["tbs_certificate"]
    embedded = (signer.certificate, *signer.chain)
    return der.signed_data(attributes, value, tbs["issuer"].dump(), tbs["serial_number"].dump(), embedded)


def check(
    payload: bytes, signature: bytes, trust: TrustStore, *, at: datetime, expected_unit: str | None = None
) -> SignatureReport:
    """Does ``signature`` sign exactly ``payload``, by a person trusted at ``at``, for ``expected_unit``?

    ``at`` is the timezone-aware moment at which path and revocation are judged: the submission, or the freeze.
    ``expected_unit`` is the institution's identifier in the certificate's ``organizationIdentifier``; None accepts any.
    Never raises on a hostile signature; raises UserError when ``at`` has no time zone, the caller's mistake.
    """
    if at.utcoffset() is None:
        raise UserError("the moment of a check needs its time zone", todo="pass a timezone-aware datetime")
    if not signature:
        return SignatureReport(Reason.NO_SIGNATURE, "There is no signature.")
    if len(signature) > MAX_SIGNATURE:
        return SignatureReport(Reason.MALFORMED, f"The signature is larger than {MAX_SIGNATURE} bytes.")
    try:
        moment = at.astimezone(UTC)
        report = _check_plain(payload, signature, trust, moment, expected_unit)
        return report or _check(payload, signature, trust, moment, expected_unit)
    except (Exception, RecursionError) as error:  # foreign bytes reach a dozen parsers: whatever they raise is a refusal
        return SignatureReport(Reason.MALFORMED, f"The signature cannot be read ({type(error).__name__}).")


def _check_plain(
    payload: bytes, signature: bytes, trust: TrustStore, at: datetime, expected_unit: str | None
) -> SignatureReport | None:
    """The report when every byte is as :func:`sign_detached` writes it and a precedent admits the certificate."""
    read = plain.read(signature)
    known = {*trust.roots, *trust.intermediates}
    brought = [item for item in read.certificates if item not in known] if read else []
    person = precedents.admit(brought[0], trust, at) if len(brought) == 1 else None
    if read is None or person is None:
        return None
    attributes = der.signed_attributes(sha256(payload).digest(), brought[0], read.claimed)
    if signature != der.signed_data(attributes, read.value, person.issuer, person.serial_der, read.certificates):
        return None
    try:
        person.key.verify(read.value, attributes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return None
    report = _accept(person.names, person.serial, person.fingerprint, read.claimed, bool(trust.crls))
    return _judge_claims(report, person.begin, at, expected_unit)


def _check(payload: bytes, signature: bytes, trust: TrustStore, at: datetime, expected_unit: str | None) -> SignatureReport:
    signed_data = _signed_data(signature)
    if signed_data is None:
        return SignatureReport(Reason.MALFORMED, "This is no detached CMS signature by one signer.")
    info = signed_data["signer_infos"][0]
    certificate, others = _certificates(signed_data, info)
    report = _identify(certificate, extract_self_reported_ts(info), bool(trust.crls))
    problem = _missing_attribute(info)
    if problem:
        return _refuse(report, Reason.MALFORMED, problem)
    problem = weakness(info, certificate)
    if problem:
        return _refuse(report, Reason.WEAK_ALGORITHM, problem)
    digest = hashes.Hash(DIGESTS[info["digest_algorithm"]["algorithm"].native])
    digest.update(payload)
    try:
        intact, genuine = validate_sig_integrity(info, certificate, "data", digest.finalize())
    except SignatureValidationError as error:
        another = error.ades_subindication is AdESIndeterminate.NO_SIGNING_CERTIFICATE_FOUND
        return _refuse(report, Reason.ALTERED if another else Reason.MALFORMED, error.failure_message)
    if not (intact and genuine):
        what = "The content is not what was signed." if genuine else "The signature value does not fit."
        return _refuse(report, Reason.ALTERED, what)
    judgement = judge_path(certificate.dump(), others, trust, at)
    if judgement.reason is not Reason.OK:
        return _refuse(report, judgement.reason, judgement.detail)
    if judgement.issuer_key:
        precedents.remember(certificate.dump(), judgement.issuer_key, trust, at)
    return _judge_claims(report, certificate.not_valid_before, at, expected_unit)


def _signed_data(signature: bytes) -> cms.SignedData | None:
    content = cms.ContentInfo.load(signature, strict=True)
    if content["content_type"].native != "signed_data":
        return None
    signed_data = content["content"]
    encapsulated = signed_data["encap_content_info"]
    detached = encapsulated["content_type"].native == "data" and not encapsulated["content"]
    return signed_data if detached and len(signed_data["signer_infos"]) == 1 else None


def _certificates(signed_data: cms.SignedData, info: cms.SignerInfo) -> tuple[asn1_x509.Certificate, tuple[bytes, ...]]:
    """The signer's certificate and the others (DER): by equal bytes of issuer and serial number, which is quick, and
    where nothing is equal by pyHanko, which compares names as RFC 5280 says. That the certificate is the one the
    signer bound by its hash is checked in either case."""
    choices = [item.chosen for item in signed_data["certificates"] if item.name == "certificate"]
    wanted = info["sid"].chosen.dump() if info["sid"].name == "issuer_and_serial_number" else b""
    found = None
    for choice in choices:
        tbs = choice["tbs_certificate"]
        if wanted.endswith(tbs["issuer"].dump() + tbs["serial_number"].dump()):
            found = choice
    if found is None:
        found = extract_certs_for_validation(signed_data).signer_cert
    own = found.dump()
    return found, tuple(other for choice in choices if (other := choice.dump()) != own)


def _missing_attribute(info: cms.SignerInfo) -> str:
    """CAdES-B-B demands these signed attributes, once each (EN 319 122-1, 6.3); pyHanko alone lets some be absent."""
    attributes = info["signed_attrs"]
    for name in ("content_type", "message_digest", "signing_time", "signing_certificate_v2"):
        try:
            find_unique_cms_attribute(attributes, name)
        except (KeyError, ValueError):
            return f"The signed attribute {name} is missing or repeated."
    return ""


def _judge_claims(report: SignatureReport, begin: datetime, at: datetime, expected_unit: str | None) -> SignatureReport:
    claimed = report.signing_time
    if claimed is None or claimed > at + CLOCK_SKEW:
        return _refuse(report, Reason.NOT_YET_VALID, f"The signing time {claimed} lies after the check at {at}.")
    if claimed < begin:
        return _refuse(report, Reason.NOT_YET_VALID, "The signature is older than the certificate.")
    if expected_unit is not None and report.unit != expected_unit:
        detail = f"The certificate speaks for {report.unit or 'no institution'}, not for {expected_unit}."
        return _refuse(report, Reason.WRONG_SIGNER, detail)
    return report


def _identify(certificate: asn1_x509.Certificate, claimed: datetime | None, revocation_checked: bool) -> SignatureReport:
    values: dict[str, list[str]] = {}
    for name in certificate.subject.chosen:
        for attribute in name:
            values.setdefault(attribute["type"].dotted, []).append(str(attribute["value"].native))
    fingerprint = sha256(certificate.dump()).hexdigest()
    return _accept(values, certificate.serial_number, fingerprint, claimed, revocation_checked)


def _accept(
    values: dict[str, list[str]], serial: int, fingerprint: str, claimed: datetime | None, revocation_checked: bool
) -> SignatureReport:
    units, names = values.get(_ORGANIZATION_IDENTIFIER, []), values.get(_FULL_NAME, []) + values.get(_COMMON_NAME, [])
    return SignatureReport(
        reason=Reason.OK,
        detail="The signature is valid.",
        signer=names[0] if names else None,
        unit=units[0] if len(units) == 1 else None,  # two units in one certificate would let the reader choose
        serial=f"{serial:x}",
        fingerprint=fingerprint,
        signing_time=claimed,
        revocation_checked=revocation_checked,
    )


def _refuse(report: SignatureReport, reason: Reason, detail: str) -> SignatureReport:
    return SignatureReport(
        reason,
        detail,
        report.signer,
        report.unit,
        report.serial,
        report.fingerprint,
        report.signing_time,
        report.revocation_checked,
    )
