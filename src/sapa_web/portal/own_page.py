"""Forms of public pages that act for nobody: they carry no token, so that the page around them is the same for every reader."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt, csrf_protect

View = Callable[..., HttpResponseBase]


def from_own_page(view: View) -> View:
    """The view takes what the browser says comes from a page of this site; without such a word the form's token is asked for.

    Browsers write ``Sec-Fetch-Site`` and ``Origin`` themselves, no page can. For views that use no authority of a person.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        answer: HttpResponseBase = (view if _own(request) else protected)(request, *args, **named)
        return answer

    return inner


def _own(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
