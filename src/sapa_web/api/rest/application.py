"""The API itself: routes under ``/api/v1/``, their description, and what stands before every one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from sapa.errors import EngineError, UserError
from sapa_web.api.rest import datasets, figures, places, submissions, uploads
from sapa_web.api.rest.auth import TokenAuth
from sapa_web.api.rest.description import described
from sapa_web.api.rest.problems import TYPE, Problem, handled, problem_of, too_large

VERSION = "1"
JSON, RAW = "application/json", "application/octet-stream"
View = Callable[..., HttpResponseBase]


class Api(NinjaAPI):
    """django-ninja with our description: problems at every route, one definition."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> Any:
        """The description with what every route has in common."""
        return described(super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params))


api = Api(
    title="Sapa", version=VERSION, urls_namespace="api-v1", docs_url=None, auth=TokenAuth(),
    description="Organisations, data sets, returns with receipts, figures, calendar and proofs, for other systems.",
)  # fmt: skip
for module in (places, datasets, submissions, uploads, figures):
    api.add_router("", module.router)


def _answer(request: HttpRequest, error: Exception) -> HttpResponse:
    return handled(request, error)


for kind in (Problem, HttpError, ValidationError, UserError, EngineError, Exception):
    api.add_exception_handler(kind, _answer)


def guarded(view: View) -> View:
    """What no route can say for itself: form of the body, size, wrong method, and errors before the route is reached."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            _body_fits(request)
            response = view(request, *args, **kwargs)
        except Exception as error:
            response = problem_of(error).response()
        if response.status_code == 405 and response["Content-Type"] != TYPE:
            allowed = response["Allow"]
            told = _("this address takes %(methods)s") % {"methods": allowed}
            response = Problem(405, "method", told, headers={"Allow": allowed}).response()
        response["Cache-Control"] = "no-store"
        return response

    inner.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie is looked at: a token speaks for the caller
    return inner


def _body_fits(request: HttpRequest) -> None:
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    raw = "/parts/" in request.path
    if request.content_type not in ((RAW,) if raw else (JSON,)) and (request.body or not raw):
        wanted = RAW if raw else JSON
        bodyless = not request.body and request.path.endswith(("/prepare", "/check"))
        if not bodyless or request.content_type not in ("", "text/plain"):
            told = _("this address reads %(form)s") % {"form": wanted}
            raise Problem(415, "form", told, _("say so in the header Content-Type"), headers={"Accept": wanted})
    try:
        _ = request.body
    except Exception as error:
        raise too_large() from error


def nowhere(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Whatever else is asked for under the API."""
    return Problem(404, "no_route", _("the API has no such address"), _("see /api/v1/openapi.json")).response()


def patterns() -> list[URLPattern]:
    """The API's addresses, each behind the guard."""
    urls = api.urls[0]
    out: list[URLPattern] = []
    for item in urls:
        assert isinstance(item, URLPattern)
        out.append(URLPattern(item.pattern, guarded(item.callback), item.default_args, item.name))
    return out
