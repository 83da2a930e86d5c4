"""Reads of registered certificates."""

from __future__ import annotations

from sapa_web.orgs.models import Certificate


def revoked_here(fingerprint: str | None) -> bool:
    """Whether an administrator of this site has revoked the certificate, whatever its authority says of it."""
    return bool(fingerprint) and Certificate.objects.filter(fingerprint=fingerprint, revoked_at__isnull=False).exists()
