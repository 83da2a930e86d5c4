"""A session that nobody uses ends by itself."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

_SEEN = "seen"
_STEP = 60  # seconds: how exact the last request is known, so that not every one writes the session


class SessionLimits:
    """Sign a person out after ``SAPA_SESSION_IDLE`` seconds without a request. Real time: a demonstration's clock may jump."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            seen = request.session.get(_SEEN)
            if seen is not None and now - seen > settings.SAPA_SESSION_IDLE:
                logout(request)
            elif seen is None or now - seen > _STEP:
                request.session[_SEEN] = now
        return self.get_response(request)
