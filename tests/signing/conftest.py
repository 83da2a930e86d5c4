"""One demonstration authority for all signing tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.signer import Signer
from sapa.signing.trust import TrustStore

NOW = datetime(2026, 9, 5, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="session")
def authority() -> DemonstrationAuthority:
    """Founded a year before NOW; nothing is ever revoked in it (tests that revoke make their own)."""
    return DemonstrationAuthority("seed", founded=NOW - timedelta(days=365))


@pytest.fixture(scope="session")
def head(authority: DemonstrationAuthority) -> Signer:
    """The head of unit 0042, certified a hundred days before NOW."""
    return authority.person("Оксана Їжакевич", "0042", now=NOW - timedelta(days=100))


@pytest.fixture(scope="session")
def trust(authority: DemonstrationAuthority) -> TrustStore:
    """Trust with revocation lists of NOW."""
    return authority.trust(now=NOW)
