"""The clause coverage pages: every clause, its state, what implements it, and an address for each."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from sapa.publication.language import LANGUAGES
from sapa_web.orgs.domain.queries.coverage import coverage_of, documents

pytestmark = pytest.mark.django_db


def rows(page: str) -> list[str]:
    return re.findall(r'<tr id="([^"]+)">', page)


def test_every_document_and_every_clause_is_there() -> None:
    listing = Client().get("/statistics/law/").content.decode()
    assert len(documents()) == 5
    for pack in documents():
        assert f"/statistics/law/{pack.id}/" in listing
        page = Client().get(f"/statistics/law/{pack.id}/").content.decode()
        assert rows(page) == [row.clause.path for row in coverage_of(pack.id).clauses]


def test_clauses_are_found_by_state_and_by_words() -> None:
    pack = documents()[0]
    clauses = coverage_of(pack.id).clauses
    for state in ("proved", "implemented", "not implemented"):
        page = Client().get(f"/statistics/law/{pack.id}/", {"state": state.replace(" ", "-")}).content.decode()
        assert rows(page) == [row.clause.path for row in clauses if row.state == state]
    wanted = clauses[3].clause
    page = Client().get(f"/statistics/law/{pack.id}/", {"q": next(iter(wanted.text.values()))}).content.decode()
    assert wanted.path in rows(page)
    nothing = Client().get(f"/statistics/law/{pack.id}/", {"q": "no such words <script>"}).content.decode()
    assert "No clause fits" in nothing
    assert "<script>" not in nothing.partition("<main")[2]


def test_a_proved_clause_names_its_case() -> None:
    pack = next(item for item in documents() if coverage_of(item.id).counts()["proved"])
    proved = next(row for row in coverage_of(pack.id).clauses if row.proved_by)
    page = Client().get(f"/statistics/law/{pack.id}/").content.decode()
    assert proved.proved_by[0] in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_speak_each_language(lang: str) -> None:
    reader = Client(headers={"Accept-Language": lang})
    for address in ("/statistics/law/", f"/statistics/law/{documents()[0].id}/"):
        assert f'lang="{lang}"' in reader.get(address).content.decode()


def test_no_document_of_that_name() -> None:
    assert Client().get("/statistics/law/nothing/").status_code == 404
