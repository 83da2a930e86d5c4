"""Every route × the standing cast of tokens: what each may is written here, and a route that is not written here fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from sapa_web.api.rest.application import description
from tests.web import cast
from tests.web.api.conftest import ALL, WHERE, Caller, Issue, row
from tests.web.api.test_submissions import whole

CAST = {
    "own": {"code": cast.SCHOOL}, "parent": {"code": "R1-01"}, "region": {"code": "R1"}, "republic": {"code": "REP"},
    "sibling": {"code": cast.SIBLING}, "other_district": {"code": "R1-02"}, "other_region": {"code": "R2"},
    "other_level": {"code": "REP", "levels": ["preschool"]}, "other_dataset": {"code": "REP", "datasets": ["learners"]},
}  # fmt: skip
ABOVE = {"own", "parent", "region", "republic"}
EVERYBODY = set(CAST)


@dataclass(frozen=True)
class Route:
    """How a route is asked about the school's object, what it needs, and who reaches it."""

    needs: str
    ask: Callable[[Caller, Any], Any]
    reach: frozenset[str]


def route(needs: str, method: str, path: str, body: Any = None, reach: set[str] = ABOVE, **headers: str) -> Route:
    """``path`` and ``body`` may hold names of the world in braces."""

    def ask(caller: Caller, world: Any) -> Any:
        content = body(world) if callable(body) else body
        return caller(method, path.format(**world), content, **headers)

    return Route(needs, ask, frozenset(reach))


RAW = {"form": "application/octet-stream"}
SIGNATURE = {"signature": "AAAA"}
ROUTES = {
    "token": route("", "GET", "/token", reach=EVERYBODY),
    "organisations": route("see", "GET", "/organisations", reach=EVERYBODY),
    "organisation": route("see", "GET", "/organisations/{school}", reach=ABOVE | {"other_dataset"}),
    "datasets": route("see", "GET", "/datasets", reach=EVERYBODY),
    "schema": route("see", "GET", "/datasets/{pack}/institutions/{period}/schema", reach=EVERYBODY - {"other_dataset"}),
    "obligations": route("see", "GET", "/obligations", reach=EVERYBODY),
    "obligation": route("see", "GET", "/obligations/{number}"),
    "draft": route("enter", "GET", "/obligations/{number}/draft"),
    "put_draft": route("enter", "PUT", "/obligations/{number}/draft", {"rows": [row()]}),
    "draft_findings": route("enter", "GET", "/obligations/{number}/findings"),
    "prepare": route("sign", "POST", "/obligations/{number}/prepare"),
    "sign": route("sign", "POST", "/obligations/{number}/sign", SIGNATURE),
    "check": route("enter", "POST", "/submissions/check", lambda world: {**WHERE, "unit": cast.SCHOOL, "rows": [row()]}),
    "submit": route("sign", "POST", "/submissions", lambda world: world["given"]),
    "submissions": route("see", "GET", "/submissions", reach=EVERYBODY),
    "submission": route("see", "GET", "/submissions/{receipt}"),
    "receipt": route("see", "GET", "/submissions/{receipt}/receipt"),
    "findings": route("persons", "GET", "/submissions/{receipt}/findings"),
    "proof": route("see", "GET", "/submissions/{receipt}/proof"),
    "announce": route(
        "sign", "POST", "/uploads", lambda world: {**WHERE, "unit": cast.SCHOOL, "size": 2, "sha256": "0" * 64}
    ),
    "upload": route("sign", "GET", "/uploads/{upload}", reach={"own"}),
    "part": route("sign", "PUT", "/uploads/{upload}/parts/1", b"[]", reach={"own"}, **RAW),
    "check_upload": route("sign", "POST", "/uploads/{upload}/check", reach={"own"}),
    "complete": route("sign", "POST", "/uploads/{upload}/complete", SIGNATURE | {"manifest": "AAAA"}, reach={"own"}),
    "drop": route("sign", "DELETE", "/uploads/{upload}", reach={"own"}),
    "indicators": route("analyse", "GET", "/indicators?pack={pack}&state=provisional", reach=EVERYBODY),
    "facts": route("analyse", "GET", "/facts?pack={pack}&state=provisional", reach=EVERYBODY),
    "calendar": route("see", "GET", "/calendar/{pack}/2024", reach=EVERYBODY),
    "ledger": route("see", "GET", "/ledger", reach=EVERYBODY),
}  # fmt: skip


@pytest.fixture
def world(asked: None, issue: Issue) -> dict[str, Any]:
    """The school's objects, and a token for each of the cast."""
    tokens = {name: Caller(issue(**where)) for name, where in CAST.items()}
    own = tokens["own"]
    receipt = own.post("/submissions", whole(own, [row()])).json()["receipt"]
    upload = own.post("/uploads", {**WHERE, "unit": cast.SCHOOL, "size": 2, "sha256": "0" * 64}).json()["id"]
    return {
        "tokens": tokens, "own": own, "school": cast.SCHOOL, "pack": cast.PACK, "period": cast.PERIOD, "receipt": receipt,
        "number": cast.obligation("institutions", cast.SCHOOL).pk, "upload": upload, "given": whole(own, [row(capacity="410")]),
        "but": {name: Caller(issue(capabilities=[item for item in ALL if item != name])) for name in ALL},
    }  # fmt: skip


def statuses(world: dict[str, Any], one: Route, callers: dict[str, Caller]) -> dict[str, int]:
    """The answer to each caller, each from the same state."""
    out = {}
    for name, caller in callers.items():
        with transaction.atomic():
            out[name] = one.ask(caller, world).status_code
            transaction.set_rollback(True)
    return out


def test_every_route_is_written_here() -> None:
    every = [operation for methods in description()["paths"].values() for operation in methods.values()]
    known = {operation["operationId"] for operation in every if operation["tags"] != ["public"]}  # those: test_public.py
    assert known == set(ROUTES)


@pytest.mark.parametrize("part", range(4))
def test_who_reaches_what(world: dict[str, Any], part: int) -> None:
    for name in sorted(ROUTES)[part::4]:
        one = ROUTES[name]
        found = statuses(world, one, world["tokens"])
        reached = {who for who, status in found.items() if status not in (401, 403, 404, 500)}
        assert reached == one.reach, (name, found)
        assert {status for who, status in found.items() if who not in one.reach} <= {404}, (name, found)
        assert one.ask(Caller(), world).status_code == 401, name
        if one.needs:
            assert one.ask(world["but"][one.needs], world).status_code == 403, name


def test_lists_hold_what_is_within_reach_only(world: dict[str, Any]) -> None:
    def units(caller: Caller, path: str) -> set[str]:
        return {item.get("unit", item.get("code")) for item in caller.get(path).json()["items"]}

    tokens = world["tokens"]
    assert units(tokens["own"], "/organisations") == {cast.SCHOOL}
    assert units(tokens["parent"], "/organisations") == {"R1-01", cast.SCHOOL, cast.SIBLING, cast.KINDERGARTEN}
    assert units(tokens["other_level"], "/organisations?institutions=true") == {cast.KINDERGARTEN}
    assert units(tokens["own"], "/obligations") == {cast.SCHOOL}
    assert units(tokens["other_region"], "/obligations") == {cast.ELSEWHERE}
    assert units(tokens["other_dataset"], "/obligations?dataset=institutions") == set()
    assert units(tokens["region"], "/submissions") == {cast.SCHOOL}
    assert units(tokens["sibling"], "/submissions") == set()
    assert {item["dataset"] for item in tokens["other_dataset"].get("/datasets").json()} == {"learners"}


def test_a_child_does_not_see_its_parent(world: dict[str, Any]) -> None:
    assert world["own"].get("/organisations/R1-01").status_code == 404
    assert world["tokens"]["parent"].get("/organisations/R1-01").status_code == 200


def test_rows_of_persons_need_their_own_capability(world: dict[str, Any]) -> None:
    without = world["but"]["persons"]
    assert without.get(f"/obligations/{world['number']}/draft").status_code == 403
    assert without.get(f"/submissions/{world['receipt']}/proof?rows=true").status_code == 403
