"""The outermost layer of every answer: one line in the log, the headers that all of them carry, files of the package too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter

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


class RequestLog:
    """``GET returns/<int:pk>/ 200 34 ms``: the route, not the address; who did something stands in the ledger."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = perf_counter()
        response = self.get_response(request)
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
