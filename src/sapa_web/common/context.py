"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from sapa_web.common import clock, navigation
from sapa_web.common.models import Notice


def site(request: HttpRequest) -> dict[str, Any]:
    """``nav``, today's date where it is not the calendar's, and how many notices are unread."""
    user = getattr(request, "user", None)
    if user is None:
        return {}
    unread = Notice.objects.filter(user=user, read_at=None).count() if user.is_authenticated else 0
    return {
        "nav": navigation.for_request(request),
        "demonstration": settings.SAPA_DEMO,
        "site_today": clock.today(),
        "unread": unread,
    }
