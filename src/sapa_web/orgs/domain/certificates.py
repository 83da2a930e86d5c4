"""Signing certificates registered for an organisation."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.orgs.models import Certificate, Organisation

LARGEST = 64 * 1024


def read_certificate(content: bytes) -> x509.Certificate:
    """One certificate of a ``.cer``, ``.crt`` or ``.pem`` file (DER or PEM); raises ``UserError`` on anything else."""
    if b"PRIVATE KEY" in content:
        raise UserError(_("this file holds a private key"), todo=_("never hand it to anybody; give the certificate alone"))
    try:
        if b"-----BEGIN CERTIFICATE" in content:
            found = x509.load_pem_x509_certificates(content)
            if len(found) != 1:
                raise UserError(
                    _("the file holds %(n)s certificates") % {"n": len(found)}, todo=_("give the person's own certificate alone")
                )
            return found[0]
        return x509.load_der_x509_certificate(content)
    except ValueError as error:
        raise UserError(_("this is no certificate"), todo=_("give a .cer, .crt or .pem file")) from error


@transaction.atomic
def register(actor: Any, organisation: Organisation, content: bytes) -> Certificate:
    """Register a certificate. Raises ``UserError`` where it is no certificate, has expired, or is registered already."""
    found = read_certificate(content)
    fingerprint = found.fingerprint(SHA256()).hex()
    if found.not_valid_after_utc <= now():
        raise UserError(_("this certificate has expired"), todo=_("give one that is valid"))
    if Certificate.objects.filter(fingerprint=fingerprint).exists():
        raise UserError(_("this certificate is registered already"), todo=_("a certificate belongs to one organisation"))
    made = Certificate.objects.create(
        organisation=organisation, fingerprint=fingerprint, subject=found.subject.rfc4514_string()[:300],
        issuer=found.issuer.rfc4514_string()[:300], serial=f"{found.serial_number:x}"[:60],
        not_before=found.not_valid_before_utc, not_after=found.not_valid_after_utc, registered_at=now(),
    )  # fmt: skip
    ledger.append(
        actor,
        "certificate.registered",
        obj=made,
        unit=organisation.code,
        data={"fingerprint": fingerprint, "subject": made.subject},
    )
    return made


@transaction.atomic
def revoke(actor: Any, certificate: Certificate) -> None:
    """From now on the certificate counts for nothing here, whatever its authority says."""
    if certificate.revoked_at is not None:
        raise UserError(_("this certificate is revoked already"), todo=_("reload the page"))
    certificate.revoked_at = now()
    certificate.save(update_fields=["revoked_at"])
    ledger.append(
        actor, "certificate.revoked", obj=certificate, unit=certificate.organisation.code,
        data={"fingerprint": certificate.fingerprint},
    )  # fmt: skip
