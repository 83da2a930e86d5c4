"""Sign-in as this site wants it: by invitation only, every sign-in and every refusal in the ledger, few sessions at a time."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from sapa_web.common.domain import ledger


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come by invitation only."""

    def is_open_for_signup(self, request: Any) -> bool:
        """Nobody signs up by himself."""
        return False

    def authentication_failed(self, request: Any, **credentials: Any) -> None:
        """A refusal is kept with the address that was tried, so that an attack can be seen afterwards."""
        super().authentication_failed(request, **credentials)
        with transaction.atomic():
            ledger.append("system:sign-in", "person.refused", data={"email": str(credentials.get("email", ""))[:254]})

    def post_login(self, request: Any, user: Any, **kwargs: Any) -> Any:
        """Note the sign-in; the oldest sessions of a person end when there are too many."""
        answer = super().post_login(request, user, **kwargs)
        with transaction.atomic():
            ledger.append(user, "person.signed-in", obj=user, data={"by": _methods(request)})
        for old in UserSession.objects.filter(user=user).order_by("-created_at", "-pk")[settings.SAPA_SESSIONS_MOST :]:
            old.end()
        return answer

    def send_notification_mail(self, template_prefix: str, user: Any, *args: Any, **kwargs: Any) -> None:
        """Called by the library whenever a password or a second factor was changed, set, added or removed."""
        with transaction.atomic():
            ledger.append(user, f"person.{template_prefix.rpartition('/')[2]}".replace("_", "-"), obj=user)
        super().send_notification_mail(template_prefix, user, *args, **kwargs)


def _methods(request: Any) -> list[str]:
    """With what the person has proved who it is: password, mfa, socialaccount …"""
    done = request.session.get("account_authentication_methods", [])
    return [f"{item.get('method', '')} {item.get('type', '')}".strip() for item in done]


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """An identity provider vouches for an address; the account behind it must have been made by an invitation."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        """No account comes from outside."""
        return False
