"""Errors of the API: RFC 9457 problem details, each with a stable code, a message and what to do, in the caller's language."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from ninja.errors import AuthenticationError, HttpError, ValidationError

from sapa.errors import EngineError, RefusedError, UserError
from sapa_web.api.domain.answers import KeyTaken
from sapa_web.api.domain.intake import DraftInHand, EmptyRecord, NotReady, OtherRows, UnknownFields
from sapa_web.api.domain.transfers import Incomplete, Unreadable
from sapa_web.collection.domain.gate import Closed
from sapa_web.collection.domain.signing import SignatureRefused
from sapa_web.collection.domain.working import Conflict

log = logging.getLogger(__name__)
TYPE = "application/problem+json"

TITLES: dict[int, Any] = {
    400: gettext_lazy("The request can't be read"),
    401: gettext_lazy("Who are you?"),
    403: gettext_lazy("The token may not do this"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("The address does not take this method"),
    406: gettext_lazy("No such form"),
    409: gettext_lazy("The state does not allow it"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Not a form we read"),
    422: gettext_lazy("The content does not fit"),
    423: gettext_lazy("Updates stand still"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("We have failed"),
    503: gettext_lazy("Not now"),
}


class Problem(Exception):
    """An answer that is an error; ``extra`` are members of the problem document beyond the standard ones."""

    def __init__(
        self, status: int, code: str, message: str, todo: str = "", *, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.todo = status, code, message, todo
        self.headers, self.extra = dict(headers or {}), extra

    def response(self) -> HttpResponse:
        """The problem document."""
        content = {
            "type": f"/api/docs/#problem-{self.status}",
            "title": str(TITLES.get(self.status, TITLES[400])),
            "status": self.status,
            "code": self.code,
            "detail": self.message,
            "message": self.message,
            "todo": self.todo,
            **self.extra,
        }
        body = json.dumps(content, ensure_ascii=False, default=str)
        return HttpResponse(body, status=self.status, content_type=TYPE, headers=self.headers)


def not_found() -> Problem:
    """What lies outside of the token's scope does not exist."""
    return Problem(404, "not_found", _("there is nothing here"), _("check the identifier and the place of your token"))


def unauthorized(code: str, message: str, todo: str) -> Problem:
    """401 with the challenge the standard demands."""
    return Problem(401, code, message, todo, headers={"WWW-Authenticate": 'Bearer realm="sapa"'})


def slow_down(seconds: float, message: str = "") -> Problem:
    """429 with the whole seconds to wait."""
    whole = max(math.ceil(seconds), 1)
    told = ngettext("come again in %(n)d second", "come again in %(n)d seconds", whole) % {"n": whole}
    message = message or _("the token comes faster than it may")
    return Problem(429, "too_many_requests", message, told, headers={"Retry-After": str(whole)})


def too_large() -> Problem:
    """413."""
    return Problem(413, "too_large", _("the request is too large"), _("send the rows in parts, see uploads"))


def handled(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer to any exception; what we must mend is logged and told in general words only."""
    return problem_of(error).response()


def problem_of(error: Exception) -> Problem:
    """The problem an exception stands for."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return not_found()
    if isinstance(error, AuthenticationError):
        return unauthorized("no_token", _("no token was sent"), _("send it in the header Authorization: Bearer …"))
    if isinstance(error, RequestDataTooBig):
        return too_large()
    if isinstance(error, ValidationError):
        return _invalid(error.errors)
    if isinstance(error, HttpError):
        return Problem(error.status_code, "unreadable", _("the body is not JSON"), _("send one JSON document in UTF-8"))
    if isinstance(error, KeyTaken):
        return Problem(409, "key_taken", _("the idempotency key was used for another request"), _("take a new key"))
    if isinstance(error, UserError | Conflict):
        return _users(error)
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database did not answer: %s", error)
        again = {"Retry-After": "2"}
        return Problem(503, "not_now", _("the database does not answer"), _("send the same request again"), headers=again)
    return _ours(error)


def _users(error: UserError | Conflict) -> Problem:
    if isinstance(error, Conflict):
        return Problem(409, "draft_changed", _("the working list was changed meanwhile"), _("read it again"))
    if isinstance(error, Closed):
        return Problem(423, "closed", error.message, error.todo, headers={"Retry-After": "3600"})
    if isinstance(error, SignatureRefused):
        status = 409 if error.code == "wrong_revision" else 422
        return Problem(status, error.code, _refused(error), error.todo)
    if isinstance(error, NotReady):
        return Problem(422, "findings", error.message, error.todo, counts=error.checked.counts)
    for kind, status, code in (
        (UnknownFields, 422, "unknown_fields"),
        (EmptyRecord, 422, "empty_record"),
        (DraftInHand, 409, "draft_in_hand"),
        (OtherRows, 422, "other_rows"),
        (Incomplete, 409, "incomplete"),
        (Unreadable, 422, "unreadable_rows"),
        (RefusedError, 422, "refused"),
    ):
        if isinstance(error, kind):
            return Problem(status, code, error.message, error.todo)
    return Problem(409, "not_possible", error.message, error.todo)


def _ours(error: Exception) -> Problem:
    log.error("the API failed", exc_info=error)
    if isinstance(error, EngineError):
        return Problem(500, "failed", _("this is our mistake, not yours; nothing was changed"), error.todo)
    return Problem(
        500, "failed", _("this is our mistake, not yours; nothing was changed"), _("try again; then tell us when it was")
    )


REFUSALS: dict[str, Any] = {
    "malformed_manifest": gettext_lazy("the manifest is not in its canonical form"),
    "no_signature": gettext_lazy("there is no signature"),
    "malformed": gettext_lazy("the signature can't be read"),
    "altered": gettext_lazy("what was signed is not what was sent"),
    "weak_algorithm": gettext_lazy("the signature uses an algorithm that is too weak"),
    "untrusted": gettext_lazy("the certificate leads to no authority that is trusted here"),
    "expired": gettext_lazy("the certificate has expired"),
    "not_yet_valid": gettext_lazy("the certificate is not valid yet"),
    "revoked": gettext_lazy("the certificate was revoked"),
    "wrong_signer": gettext_lazy("the signer is not the head of this institution"),
    "wrong_dataset": gettext_lazy("the manifest is for another data set or layout"),
    "wrong_period": gettext_lazy("the manifest is for another period"),
    "wrong_revision": gettext_lazy("another revision is next"),
}


def _refused(error: SignatureRefused) -> str:
    return str(REFUSALS[error.code]) if error.code in REFUSALS else error.message


WRONG: dict[str, Any] = {
    "missing": gettext_lazy("it is missing"),
    "extra_forbidden": gettext_lazy("it is not known here"),
    "string_type": gettext_lazy("it must be text"),
    "string_too_short": gettext_lazy("it is too short"),
    "string_too_long": gettext_lazy("it is too long"),
    "string_pattern_mismatch": gettext_lazy("it is not written as it must be"),
    "int_type": gettext_lazy("it must be a whole number"),
    "int_parsing": gettext_lazy("it must be a whole number"),
    "int_from_float": gettext_lazy("it must be a whole number"),
    "bool_type": gettext_lazy("it must be true or false"),
    "bool_parsing": gettext_lazy("it must be true or false"),
    "greater_than_equal": gettext_lazy("it is too small"),
    "less_than_equal": gettext_lazy("it is too large"),
    "list_type": gettext_lazy("it must be a list"),
    "dict_type": gettext_lazy("it must be an object"),
    "model_attributes_type": gettext_lazy("it must be an object"),
    "too_long": gettext_lazy("there are too many of them"),
    "too_short": gettext_lazy("there are too few of them"),
    "literal_error": gettext_lazy("it is none of the values that are possible"),
    "enum": gettext_lazy("it is none of the values that are possible"),
    "date_from_datetime_parsing": gettext_lazy("it must be a day, year-month-day"),
    "date_parsing": gettext_lazy("it must be a day, year-month-day"),
    "value_error": gettext_lazy("it is not written as it must be"),
    "date_type": gettext_lazy("it must be a day, year-month-day"),
}


def _invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Each place in the request that does not fit, with why."""
    told = [
        {
            "place": ".".join(str(part) for part in item.get("loc", ())),
            "code": str(item.get("type", "")),
            "message": str(WRONG.get(str(item.get("type", "")), _("it does not fit"))),
        }
        for item in errors[:100]
    ]
    first = told[0] if told else {"place": "", "message": ""}
    message = _("%(place)s: %(why)s") % {"place": first["place"], "why": first["message"]}
    return Problem(422, "invalid", message, _("compare the request with the description of the API"), errors=told)
