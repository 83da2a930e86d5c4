"""Every page of the tree, people, register files, packs, ledger: for each kind of reader the right answer, in few queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sapa_web.orgs.domain import tree
from sapa_web.orgs.models import User
from tests.web import cast

OK, LOGIN, NEVER, ABSENT = 200, 302, 403, 404
SEES = ["secretary", "head", "sibling", "officer", "other_officer", "region", "other_region", "ministry", "manager", "analyst"]
ADMIN_ONLY = [("orgs:people", ()), ("orgs:invite", ()), ("orgs:ledger", ()), ("orgs:open", ())]
FOR_KEEPERS = [("orgs:packs", ()), ("orgs:pack", ("demo",)), ("orgs:imports", ()), ("orgs:import_new", ())]
OF_SCHOOL = ["orgs:organisation", "orgs:history", "orgs:branch"]
OF_SCHOOL_ADMIN = ["orgs:place_people", "orgs:certificates", "orgs:certificate_add"]


def answer(user: User | None, route: str, *args: Any, data: dict[str, str] | None = None) -> Any:
    client = Client()
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(reverse(route, args=args), data or {})


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("secretary", OK), ("head", OK), ("officer", OK), ("region", OK), ("ministry", OK), ("manager", OK), ("analyst", OK),
        ("administrator", OK), ("sibling", ABSENT), ("sibling_head", ABSENT), ("elsewhere", ABSENT), ("other_officer", ABSENT),
        ("other_region", ABSENT), ("body", ABSENT), ("teacher", NEVER), ("nobody", NEVER),
    ],
)  # fmt: skip
def test_a_school_is_seen_by_those_it_lies_below(people: cast.Cast, who: str, expected: int) -> None:
    for route in OF_SCHOOL:
        assert answer(people.people[who], route, cast.SCHOOL).status_code == expected, (route, who)
    assert answer(people.people[who], "orgs:organisation", "no-such-code").status_code in (ABSENT, NEVER)


@pytest.mark.parametrize("who", [*SEES, "teacher", "nobody", "body"])
def test_what_administrators_have_nobody_else_has(people: cast.Cast, who: str) -> None:
    user = people.people[who]
    routes = [*ADMIN_ONLY, *((name, (cast.SCHOOL,)) for name in OF_SCHOOL_ADMIN), ("orgs:act", (cast.SCHOOL, "rename"))]
    routes += [("orgs:person", (people.secretary.pk,)), ("orgs:role_grant", (people.secretary.pk,))]
    for route, args in routes:
        assert answer(user, route, *args).status_code == NEVER, route
    for route, args in FOR_KEEPERS:
        assert answer(user, route, *args).status_code == (OK if who == "manager" else NEVER), route


def test_nobody_signed_in_is_led_to_sign_in(people: cast.Cast) -> None:
    routes = [("orgs:tree", ()), ("orgs:list", ()), ("orgs:organisation", (cast.SCHOOL,)), *ADMIN_ONLY, *FOR_KEEPERS]
    for route, args in routes:
        found = answer(None, route, *args)
        assert found.status_code == LOGIN, route
        assert found.url.startswith(reverse("account_login"))


def test_the_administrator_has_every_page(people: cast.Cast) -> None:
    user = people.administrator
    pages = [("orgs:tree", ()), ("orgs:list", ()), *ADMIN_ONLY, *FOR_KEEPERS, ("orgs:person", (people.head.pk,))]
    pages += [(name, (cast.SCHOOL,)) for name in [*OF_SCHOOL, *OF_SCHOOL_ADMIN]]
    pages += [("orgs:act", (cast.SCHOOL, verb)) for verb in ("rename", "move", "change", "merge", "close")]
    version = tree.timeline(cast.organisation(cast.SCHOOL))[0]
    pages += [("orgs:correct", (cast.SCHOOL, version.pk)), ("orgs:role_grant", (people.head.pk,))]
    for route, args in pages:
        found = answer(user, route, *args)
        assert found.status_code == OK, route
        assert b"<h1>" in found.content or route == "orgs:branch", route
    assert answer(user, "orgs:act", cast.SCHOOL, "reopen").status_code == ABSENT
    assert answer(user, "orgs:act", cast.SCHOOL, "destroy").status_code == ABSENT


def local_administrator(people: cast.Cast, node: str = "R1-01") -> User:
    from sapa_web.orgs.models import Membership

    user = User.objects.create_user("local@example.org", cast.PASSWORD, name="Local")
    Membership.objects.create(user=user, organisation=cast.organisation(node), role="administrator", valid_from=cast.SINCE)
    return user


def test_a_district_administrator_keeps_to_the_district(people: cast.Cast) -> None:
    local = local_administrator(people)
    assert answer(local, "orgs:act", cast.SCHOOL, "rename").status_code == OK
    assert answer(local, "orgs:act", cast.ELSEWHERE, "rename").status_code == ABSENT
    assert answer(local, "orgs:act", "R1", "rename").status_code == ABSENT
    assert answer(local, "orgs:certificates", cast.ELSEWHERE).status_code == ABSENT
    assert answer(local, "orgs:person", people.secretary.pk).status_code == OK
    assert answer(local, "orgs:person", people.elsewhere.pk).status_code == ABSENT
    assert answer(local, "orgs:person", people.nobody.pk).status_code == ABSENT
    listed = answer(local, "orgs:people").content.decode()
    assert "secretary@example.org" in listed
    assert "elsewhere@example.org" not in listed
    version = tree.timeline(cast.organisation(cast.ELSEWHERE))[0]
    assert answer(local, "orgs:correct", cast.ELSEWHERE, version.pk).status_code == ABSENT
    assert answer(local, "orgs:correct", cast.SCHOOL, version.pk).status_code == ABSENT


def test_the_list_finds_by_name_type_level_state_and_node(people: cast.Cast) -> None:
    tree.close("system:test", cast.organisation(cast.SIBLING), cast.DAY.date())
    cases = [
        ({"words": "noram school"}, {cast.SCHOOL}),
        ({"words": "noram", "state": "all"}, {cast.SCHOOL, cast.SIBLING, cast.KINDERGARTEN, "R1-01"}),
        ({"words": cast.COLLEGE}, {cast.COLLEGE}),
        ({"kind": "kindergarten"}, {cast.KINDERGARTEN}),
        ({"level": "vocational"}, {cast.COLLEGE}),
        ({"state": "closed"}, {cast.SIBLING}),
        ({"below": "R2"}, {"R2", "R2-01", cast.ELSEWHERE}),
    ]
    for given, expected in cases:
        page = answer(people.ministry, "orgs:list", data=given).context["page"]
        assert {item.code for item in page.object_list} == expected, given
    order = [item.code for item in answer(people.ministry, "orgs:list", data={"sort": "-code"}).context["page"].object_list]
    assert order == sorted(order, reverse=True)


def test_a_body_for_a_level_sees_its_level_and_the_offices(people: cast.Cast) -> None:
    page = answer(people.body, "orgs:list").context["page"]
    assert {item.code for item in page.object_list if item.is_institution} == {cast.KINDERGARTEN}
    assert answer(people.body, "orgs:organisation", cast.KINDERGARTEN).status_code == OK
    assert answer(people.body, "orgs:organisation", cast.COLLEGE).status_code == ABSENT


def test_the_tree_of_another_day(people: cast.Cast) -> None:
    tree.change("system:test", cast.organisation(cast.SCHOOL), cast.DAY.date(), "moved", parent="R1-02")
    now = answer(people.ministry, "orgs:branch", "R1-02").content.decode()
    before = answer(people.ministry, "orgs:branch", "R1-02", data={"day": "2020-01-01"}).content.decode()
    assert cast.SCHOOL in now
    assert cast.SCHOOL not in before
    assert answer(people.ministry, "orgs:tree", data={"day": "nonsense", "known": "2999-99-99"}).status_code == OK
    empty = answer(people.ministry, "orgs:tree", data={"day": "1990-01-01"}).content.decode()
    assert "Nothing was open on this day" in empty


LISTS = [("orgs:list", ()), ("orgs:people", ()), ("orgs:ledger", ()), ("orgs:imports", ()), ("orgs:branch", ("R1-01",))]


@pytest.mark.parametrize(("route", "args"), LISTS)
def test_more_rows_ask_no_more_queries(people: cast.Cast, route: str, args: Any) -> None:
    client = Client()
    client.force_login(people.administrator, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse(route, args=args)
    tree.change(people.administrator, cast.organisation("R1-02"), cast.DAY.date(), "renamed", name="Valda")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        assert client.get(url).status_code == OK
    more = [cast._institution(f"00004{n:02}", f"More {n}", "R1-01", "secondary-school", "general") for n in range(12)]
    for entry in more:
        tree.open_many(people.administrator, [entry], cast.SINCE)
        user = User.objects.create_user(f"{entry.code}@example.org", cast.PASSWORD, name=entry.code)
        user.memberships.create(organisation=cast.organisation(entry.code), role="head", valid_from=cast.SINCE)
    with CaptureQueriesContext(connection) as many:
        assert client.get(url).status_code == OK
    assert len(many) == len(few), "\n".join(item["sql"][:150] for item in many)
    assert len(many) <= 16
