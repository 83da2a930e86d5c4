"""Whose signatures count: the authorities a site names, or on a demonstration site its own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from sapa.chain.collect import FOUNDED
from sapa.errors import UserError
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.trust import TrustStore
from sapa_web.common.clock import now


def demonstration_authority() -> DemonstrationAuthority:
    """The authority that certifies the demonstration's heads; raises ``UserError`` on a real site."""
    if not settings.SAPA_DEMO:
        raise UserError("only a demonstration site issues certificates", todo="use certificates of a national authority")
    return DemonstrationAuthority("demonstration", founded=FOUNDED)


def trust_now(at: datetime | None = None) -> TrustStore:
    """The trust store at this moment (or an earlier one), revocation lists included."""
    if settings.SAPA_TRUST:
        return TrustStore.load(Path(settings.SAPA_TRUST))
    return demonstration_authority().trust(now=at or now())
