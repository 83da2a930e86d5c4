"""The outermost layer of every answer: one line in the log, the headers that all of them carry, files of the package too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from time import perf_counter

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse

log = logging.getLogger("sapa.requests")
Next = Callable[[HttpRequest], HttpResponse]

PERMISSIONS = ", ".join(
    [
        f"{name}=()"
        for name in ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "microphone", "payment", "usb")
    ]
    + ["publickey-credentials-get=(self)", "publickey-credentials-create=(self)"]  # passkeys
)


class Traceless:
    """Below ``SAPA_TRACELESS`` nobody may be known: what would tell is taken off a request before anything reads it.

    What stays is named: an address, a machine, a session, a program can't come through a header nobody has thought of. The
    browser is told to send its next page nothing of this one, and such requests have no line in the log.
    """

    KEPT = frozenset(
        {
            "REQUEST_METHOD", "PATH_INFO", "SCRIPT_NAME", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL",
            "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_HOST", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE",
            "HTTP_X_FORWARDED_PROTO", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE",
        }
    )  # fmt: skip

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not traceless(request):
            return self.get_response(request)
        cookies = _harmless(request.META.get("HTTP_COOKIE", ""))
        for name in [name for name in request.META if name not in self.KEPT and not name.startswith("wsgi.")]:
            del request.META[name]
        request.META.update({"REMOTE_ADDR": "", "HTTP_COOKIE": cookies})
        response = self.get_response(request)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")  # what is not found there too
        return response


def traceless(request: HttpRequest) -> bool:
    """Whether the request belongs to pages that leave no trace of who asked."""
    return request.path_info.startswith(settings.SAPA_TRACELESS)


def _harmless(header: str) -> str:
    """The cookies that say nothing of a person: the language, and that this browser has answered something."""
    try:
        given = SimpleCookie(header)
    except CookieError:
        return ""
    kept = (settings.LANGUAGE_COOKIE_NAME, settings.SAPA_ANSWERED_COOKIE)
    return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in given.items() if name in kept)


class RequestLog:
    """``GET returns/<int:pk>/ 200 34 ms``: the route, not the address; who did something stands in the ledger."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = perf_counter()
        response = self.get_response(request)
        if traceless(request):
            return response
        match = request.resolver_match
        route = match.route if match else "static/" if request.path_info.startswith("/static/") else "(no such address)"
        # Handed over without the request: the line says nothing of the person, nor of the machine.
        log.info("%s %s %s %d ms", request.method, route, response.status_code, 1000 * (perf_counter() - start))
        return response


class NoNulls:
    """A NUL in an address means nothing, and PostgreSQL refuses it: the request is damaged (400), not we."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("a NUL in the address")
        return self.get_response(request)


class Headers:
    """What the browser may do for our pages, and that nobody else's pages may use ours."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
