"""Answers: JSON from a schema, and answers that are given once for a key."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from ninja import Header, Schema
from ninja.errors import HttpError

from sapa.datasets import Findings
from sapa_web.api.domain import answers
from sapa_web.api.rest.auth import token_of
from sapa_web.api.rest.problems import Problem
from sapa_web.api.rest.schemas import FindingOut

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="A new one for each act. Sent again with the same body, it has the same answer, and nothing is done twice.",
    ),
]
FINDINGS_A_PAGE = 500


def answer(body: Schema, status: int = 200) -> HttpResponse:
    """A schema as JSON."""
    return _json(body.model_dump(mode="json"), status)


def once(
    request: Any, key: str, work: Callable[[Any], tuple[int, Schema]], before: Callable[[], Any] = lambda: None
) -> HttpResponse:
    """Do the work of a POST once for its key; repeated requests have the answer of the first.

    ``before`` is done outside of the transaction, and only where there is no answer yet; ``work`` gets what it returns.
    """
    print_ = answers.fingerprint(str(request.method), str(request.path), request.body)

    def done(prepared: Any) -> tuple[int, Any]:
        status, body = work(prepared)
        return status, body.model_dump(mode="json")

    told = answers.once(token_of(request), key, print_, done, before)
    response = _json(told.body, told.status)
    if told.again:
        response["Idempotency-Replayed"] = "true"
    return response


def language() -> str:
    """The caller's language."""
    return translation.get_language() or "en"


def decoded(text: str, place: str) -> bytes:
    """Base64 as bytes; raises a problem 422 where it is not."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise Problem(
            422, "not_base64", _("%(place)s is not Base64") % {"place": place}, _("encode the bytes as they are")
        ) from None


def encoded(content: bytes) -> str:
    """Bytes as Base64."""
    return b64encode(content).decode()


def told(findings: Findings, start: int) -> tuple[Sequence[FindingOut], int | None]:
    """A page of findings in the caller's language, and where the next one begins."""
    messages = findings.messages(language(), start, FINDINGS_A_PAGE)
    page = [
        FindingOut.model_validate({name: item[name] if name == "row" else item[name] or "" for name in FindingOut.model_fields})
        for item in messages
    ]
    following = start + len(page)
    return page, following if following < len(findings) else None


def body_of(request: Any) -> Any:
    """The JSON body of a request that ninja has not parsed."""
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise HttpError(400, "Cannot parse request body") from error


def _json(content: Any, status: int) -> HttpResponse:
    return HttpResponse(json.dumps(content, ensure_ascii=False), status=status, content_type="application/json")
