"""The person's language, and nobody's data in a cache."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation


class PersonMiddleware:
    """After sign-in the person's own choice of language holds on every device; pages about units are not cached anywhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.language and user.language != translation.get_language():
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        response = self.get_response(request)
        if user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-store"
        if user.is_authenticated and not request.user.is_authenticated:
            # Signed out in this request: cells that were typed and not yet sent don't wait here for the next person.
            response["Clear-Site-Data"] = '"cache", "storage"'
        return response
