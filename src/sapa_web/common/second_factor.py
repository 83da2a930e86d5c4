"""Seeds of one-time passwords and recovery codes lie in the database encrypted: a copy of it opens no account."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter

from sapa_web.common.crypto import seal, unseal


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """As the library does it, with its secrets sealed by the site's key."""

    def encrypt(self, text: str) -> str:
        """A secret as it is stored."""
        return seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The inverse of :meth:`encrypt`."""
        return str(unseal(encrypted_text.encode()))
