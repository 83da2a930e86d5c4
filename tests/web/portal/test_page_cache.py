"""Kept public pages: nothing before its minute, the right one for each reader, never a person's, never without bounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sapa_web.common import clock
from sapa_web.portal import page_cache
from sapa_web.portal.domain.queries import published as gate
from sapa_web.portal.files import published_store
from sapa_web.portal.models import Publication, Release
from tests.web import cast
from tests.web.portal.test_gate import HEADLINE, PAGES, PLACES
from tests.web.portal.world import release, with_sections
from tests.web.security.conftest import signed_in

SECOND = timedelta(seconds=1)
HOME = "/statistics/"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]


@pytest.fixture(autouse=True)
def _keeping(settings: Any) -> Iterator[None]:
    settings.SAPA_PAGE_CACHE = 8
    page_cache.kept.clear()
    yield
    page_cache.kept.clear()


def queries(client: Client, path: str, **headers: str) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path, headers=headers)
    return answer, len(asked)


def given_again(path: str = HOME) -> bool:
    """Whether a second reader gets what the first has brought about: the one query is what is public."""
    Client().get(path)
    return queries(Client(), path)[1] == 1


@pytest.mark.parametrize("name", sorted(set(PAGES) & page_cache.PAGES))
def test_a_kept_page_changes_at_its_second_and_back(people: cast.Cast, name: str) -> None:
    at = cast.DAY + timedelta(hours=1)
    published_store().write("reports/report.en.pdf", b"the report")
    files = [{"name": "report.en.pdf", "size": 10, "path": "reports/report.en.pdf"}]
    with_sections(release(at=at, headline={"en": HEADLINE}, key_figures=[{"fact": "places@2023"}], files=files), "network")
    path, before, words = PAGES[name]
    told: dict[bool, set[bytes]] = {False: set(), True: set()}
    for moment in (at - 2 * SECOND, at - SECOND, at, at + SECOND, at - SECOND, at):  # a demonstration's clock goes back too
        public = moment >= at
        with clock.standing_at(moment):
            answer = Client().get(path)
        assert answer.status_code == (200 if public else before), (name, moment)
        text = answer.content.decode(errors="replace")
        if not public:
            assert HEADLINE not in text
            assert PLACES not in text
        assert not words or (words in text) is public, (name, moment)
        if answer.status_code == 200:
            told[public].add(answer.content)
    assert len(told[True]) == 1
    assert len(told[False]) == (before == 200)


def test_a_page_of_before_is_no_answer_to_who_asks_whether_it_holds() -> None:
    at = cast.DAY + timedelta(hours=1)
    release(at=at)
    with clock.standing_at(at - SECOND):
        early = Client().get(HOME)
        assert Client().get(HOME, headers={"If-None-Match": early["ETag"]}).status_code == 304
    with clock.standing_at(at):
        late = Client().get(HOME, headers={"If-None-Match": early["ETag"]})
    assert late.status_code == 200
    assert late["ETag"] != early["ETag"]


def test_a_release_that_is_taken_back_takes_its_pages_along(published: Release) -> None:
    path = f"/statistics/releases/yearbook/{published.period}/"
    assert given_again(path)
    Release.objects.filter(pk=published.pk).update(state=Release.DRAFT)
    assert Client().get(path).status_code == 404
    assert not gate.releases(clock.now())


def test_what_becomes_public_while_a_page_is_made_is_not_kept_as_before(published: Release, monkeypatch: Any) -> None:
    told = iter(["before", "after"])
    monkeypatch.setattr(gate, "standing", lambda now: next(told))
    assert Client().get(HOME).status_code == 200
    assert not len(page_cache.kept)


def test_a_kept_page_costs_one_query_and_answers_conditional_requests(published: Release) -> None:
    first = Client().get(HOME)
    again, count = queries(Client(), HOME)
    assert count == 1
    assert again.content == first.content
    assert dict(again.items()) == dict(first.items())
    assert first["Cache-Control"] == "no-cache"
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in first["Vary"].split(",")}
    assert first["Content-Security-Policy"]
    assert not first.cookies
    for tag in (first["ETag"], f"W/{first['ETag']}", "*"):  # a proxy that compresses makes the tag a weak one
        held = Client().get(HOME, headers={"If-None-Match": tag})
        assert (held.status_code, held.content, held["ETag"]) == (304, b"", first["ETag"])
        assert held["Cache-Control"] == "no-cache"
    head = Client().head(HOME)
    assert (head.status_code, head["ETag"], head["Content-Length"]) == (200, first["ETag"], first["Content-Length"])


def test_every_language_host_and_choice_has_its_own_page(published: Release) -> None:
    path = "/statistics/indicators/"
    seen = {Client(headers={"Accept-Language": code}).get(path).content for code in ("en", "ru", "kk", "uk", "be")}
    assert len(seen) == 5
    chosen = Client()
    chosen.post("/statistics/language/", {"language": "kk", "next": path})
    assert chosen.get(path).content in seen
    assert 'lang="kk"' in chosen.get(path).content.decode()
    assert 'lang="en"' in Client().get(path).content.decode()
    assert Client().get(f"{path}?q=learners").content not in seen
    assert Client().get(path, headers={"Host": "elsewhere.example"}).status_code == 400


def test_a_person_never_gets_a_kept_page_and_never_leaves_one(published: Release, people: cast.Cast) -> None:
    person = signed_in(people.manager)
    own = person.get(HOME)
    assert not len(page_cache.kept)
    assert own["Cache-Control"] == "private, no-store"
    assert "ETag" not in own
    assert given_again()
    assert people.manager.name in person.get(HOME).content.decode()
    assert people.manager.name not in Client().get(HOME).content.decode()


def test_a_visitor_with_a_session_or_a_tokens_cookie_is_served_all_the_same(published: Release) -> None:
    assert given_again()
    visitor = Client()
    visitor.get("/statistics/verify/")  # a form: it brings the token's cookie
    assert visitor.cookies["csrftoken"].value
    answer, count = queries(visitor, HOME)
    assert count == 1
    assert visitor.cookies["csrftoken"].value.encode() not in answer.content
    visitor.cookies["sessionid"] = "nobody"
    assert queries(visitor, HOME)[1] > 1


@pytest.mark.parametrize("path", ["/statistics/verify/", "/statistics/subscribe/", "/statistics/roots/", "/", "/account/login/"])
def test_forms_with_tokens_and_other_pages_are_not_kept(published: Release, path: str) -> None:
    Client().get(path)
    assert not len(page_cache.kept)


def test_kept_pages_hold_no_token(published: Release) -> None:
    for path, _before, _words in PAGES.values():
        answer = Client().get(path)
        if answer.status_code == 200 and answer.resolver_match.url_name in page_cache.PAGES:
            assert b"csrf" not in answer.content, path
            assert not answer.cookies, path


def test_they_take_no_more_room_than_they_may(published: Release, settings: Any) -> None:
    settings.SAPA_PAGE_CACHE = 1
    for number in range(120):
        Client().get(f"{HOME}?n={number}")
    assert 0 < page_cache.kept.size <= 1_000_000
    assert len(page_cache.kept) < 120
    assert queries(Client(), f"{HOME}?n=119")[1] == 1
    assert queries(Client(), f"{HOME}?n=0")[1] > 1
    settings.SAPA_PAGE_CACHE = 0
    assert queries(Client(), f"{HOME}?n=119")[1] > 1


def test_they_grow_old(published: Release, monkeypatch: Any) -> None:
    assert given_again()
    Publication.objects.update(title={"en": "Another name"})
    assert "Another name" not in Client().get(HOME).content.decode()
    late = page_cache.monotonic() + page_cache.OLDEST + 1
    monkeypatch.setattr(page_cache, "monotonic", lambda: late)
    assert "Another name" in Client().get(HOME).content.decode()


@pytest.mark.parametrize(
    ("path", "data"), [("language", {"language": "ru"}), ("keep", {"address": "indicator=places&by=region"})]
)
def test_a_form_without_token_is_taken_from_our_own_pages_alone(published: Release, path: str, data: dict[str, str]) -> None:
    address = f"/statistics/{path}/"
    browser = Client(enforce_csrf_checks=True)
    for headers in (
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"}, {"Origin": "https://testserver"}, {},
    ):  # fmt: skip
        assert browser.post(address, data, headers=headers).status_code == 403, headers
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}):
        assert browser.post(address, data, headers=headers).status_code in (201, 302), headers
