"""Tokens of systems, and a caller that speaks as one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sapa.signing.cades import sign_detached
from sapa_web.api.domain import tokens
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.common import clock
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.roles import Capability
from tests.web import cast

ALL = ("see", "enter", "sign", "persons", "analyse")
WHERE = {"pack": cast.PACK, "dataset": "institutions", "period": cast.PERIOD}
Issue = Callable[..., str]


@pytest.fixture
def issue(people: cast.Cast) -> Issue:
    """A token for a place: its secret."""

    def made(code: str = cast.SCHOOL, capabilities: Sequence[str] = ALL, **more: Any) -> str:
        more.setdefault("expires_at", clock.now() + timedelta(days=30))
        more.setdefault("burst", 5000)
        wanted = tokens.Wanted("Test system", cast.organisation(code), capabilities, **more)
        scope = scope_of(people.administrator, Capability.ADMINISTER)
        return tokens.issue(people.administrator, scope, wanted)[1]

    return made


@dataclass
class Caller:
    """Requests as a system makes them."""

    secret: str = ""
    language: str = "en"

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"Accept-Language": self.language}
        if self.secret:
            sent["Authorization"] = f"Bearer {self.secret}"
        if method == "POST":
            sent["Idempotency-Key"] = uuid4().hex
        content = body if isinstance(body, bytes) else json.dumps(body) if body is not None else b""
        form = headers.pop("form", "application/json")
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return Client().generic(method, f"/api/v1{path}", content, form, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("POST", path, body, **headers)


@pytest.fixture
def school(issue: Issue) -> Caller:
    """The system of one school."""
    return Caller(issue())


@pytest.fixture
def asked(people: cast.Cast) -> None:
    """What is asked this year."""
    cast.campaigns()


def row(unit: str = cast.SCHOOL, **changes: str) -> dict[str, str]:
    """The register's row of a unit, without the unit."""
    kinds = {cast.SCHOOL: "Noram school No 1", cast.SIBLING: "Noram school No 2", cast.ELSEWHERE: "Southern school"}
    district = "R2-01" if unit == cast.ELSEWHERE else "R1-01"
    return {**cast.attributes(kinds[unit], "secondary-school", "general", district), **changes}


def sign(manifest: bytes, unit: str = cast.SCHOOL) -> bytes:
    """What the head's signing software gives back."""
    signer = demonstration_authority().person("Head", unit, now=clock.now())
    return sign_detached(manifest, signer, signing_time=clock.now())
