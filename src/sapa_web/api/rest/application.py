"""The API itself: routes under ``/api/v1/``, their description, and what stands before every one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from sapa.errors import EngineError, UserError
from sapa_web.api.rest import datasets, figures, places, public, submissions, uploads
from sapa_web.api.rest.auth import TokenAuth
from sapa_web.api.rest.description import described, json_safe
from sapa_web.api.rest.problems import TYPE, Problem, handled, problem_of

VERSION = "1"
ROOT = "/api/v1/"
JSON, RAW = "application/json", "application/octet-stream"
View = Callable[..., HttpResponseBase]


api = NinjaAPI(
    title="Sapa", version=VERSION, urls_namespace="api-v1", docs_url=None, openapi_url=None, auth=TokenAuth(),
    description="Organisations, data sets, returns with receipts, figures, calendar and proofs, for other systems; below "
    "/public/ published figures, for everybody and without a token.",
)  # fmt: skip
for module in (places, datasets, submissions, uploads, figures):
    api.add_router("", module.router)
api.add_router("/public", public.router)


def _answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    return handled(request, error if isinstance(error, Exception) else error())


for kind in (Problem, HttpError, ValidationError, UserError, EngineError, Exception):
    api.add_exception_handler(kind, _answer)


def guarded(view: View) -> View:
    """What no route can say for itself: form of the body, size, wrong method, and errors before the route is reached."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            _by_https(request)
            _body_fits(request)
            response = view(request, *args, **kwargs)
        except Exception as error:
            response = problem_of(error).response()
        if response.status_code == 405 and response["Content-Type"] != TYPE:
            allowed = response["Allow"]
            told = _("this address takes %(methods)s") % {"methods": allowed}
            response = Problem(405, "method", told, _("see /api/v1/openapi.json"), headers={"Allow": allowed}).response()
        response["Cache-Control"] = "no-store"
        return response

    inner.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie is looked at: a token speaks for the caller
    return inner


def _by_https(request: HttpRequest) -> None:
    """A token that came in the clear is refused, not led on: a redirect would hide the mistake."""
    if settings.HTTPS and not request.is_secure():
        raise Problem(403, "https", _("this address is reached by HTTPS only"), _("change http to https, and take a new token"))


def _body_fits(request: HttpRequest) -> None:
    """A body says what it is; it is read here, so that one too large is refused (413) before the route begins."""
    if request.method not in ("POST", "PUT", "PATCH") or not request.body:
        return
    wanted = RAW if "/parts/" in request.path else JSON
    if request.content_type != wanted:
        told = _("this address reads %(form)s") % {"form": wanted}
        raise Problem(415, "form", told, _("say so in the header Content-Type"), headers={"Accept": wanted})


def _nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Whatever else is asked for under the API."""
    return Problem(404, "no_route", _("the API has no such address"), _("see /api/v1/openapi.json")).response()


nowhere = guarded(_nowhere)


@cache
def description() -> dict[str, Any]:
    """The description of the API (OpenAPI 3.1), the same for everybody."""
    with translation.override("en"):
        return json_safe(described(api.get_openapi_schema(path_prefix=ROOT)))


def openapi(request: HttpRequest) -> HttpResponse:
    """The description as JSON."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return JsonResponse(description())


def patterns() -> list[URLPattern]:
    """The API's addresses, each behind the guard."""
    urls = api.urls[0]
    out = [path("openapi.json", guarded(openapi), name="openapi")]
    for item in urls:
        assert isinstance(item, URLPattern)
        out.append(URLPattern(item.pattern, guarded(item.callback), item.default_args, item.name))
    return out
