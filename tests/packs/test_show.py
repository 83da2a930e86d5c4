"""Anything a pack holds can be looked at, with the words of its clause and the place it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sapa.errors import UserError
from sapa.packs.citations import citations
from sapa.packs.loader import load_pack
from sapa.packs.show import list_elements, show

PACKS = Path(__file__).resolve().parents[2] / "packs"


@pytest.fixture(scope="module")
def pack():
    return load_pack(str(PACKS / "kz-521"))


def line_of(where):
    name, line = where.split("/", 1)[1].rsplit(":", 1)
    return (PACKS / where.split("/")[0] / name).read_text(encoding="utf-8").split("\n")[int(line) - 1]


def test_the_pack_itself(pack):
    shown = show(pack)
    assert "version 1.0.0" in shown.as_text()
    assert "sources: 12" in shown.as_text()
    assert shown.as_json()["sections"]["sources"] == 12


@pytest.mark.parametrize("name", ["p9", "kz-521:p9"])
def test_a_clause_with_what_implements_and_proves_it(pack, name):
    shown = show(pack, name)
    assert "five working days" in shown.title
    assert "implemented by deadline:kz-521/update-of-data" in shown.lines
    assert "proved by kz-521/update-from-a-friday" in shown.lines
    assert "path: p9" in line_of(shown.where)


def test_a_clause_in_the_language_of_the_document(pack):
    assert "бес жұмыс күні" in show(pack, "p9", lang="kk").title


@pytest.mark.parametrize("name", ["update-of-data", "deadline:update-of-data", "kz-521:update-of-data"])
def test_an_element_with_the_words_of_its_clause_and_its_readings(pack, name):
    shown = show(pack, name)
    assert shown.name == "deadline:kz-521/update-of-data"
    assert [reference for reference, _ in shown.clauses] == ["kz-521:p9"]
    assert "five working days" in shown.as_text()
    assert "the clock stands still" in shown.as_text()
    assert "id: update-of-data" in line_of(shown.where)


def test_a_code_list_as_a_tree(pack):
    lines = show(pack, "subjects").lines
    assert [line.split()[0] for line in lines] == ["regional-directorate", "district-office", "institution"]
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 2, 4]


def test_two_things_of_one_name_are_both_shown(pack):
    shown = show(pack, "network")
    names = [shown.name, *(other.name for other in shown.others)]
    assert names == ["chapter:kz-521/national-report.network", "chapter:kz-521/statistical-compendium.network"]
    assert all(name in shown.as_text() for name in names)


def test_an_unknown_name_is_answered_with_near_ones(pack):
    with pytest.raises(UserError, match=r"nothing named 'update-of-date'.*update-of-data"):
        show(pack, "update-of-date")


def test_everything_listed_can_be_shown_and_its_place_holds_its_id(pack):
    rows = list_elements(pack)
    assert len(rows) == len(list(citations(pack)))
    for name, title, _, where in rows:
        shown = show(pack, name)
        assert title
        assert name.split(":")[1].rsplit(".", 1)[-1] in line_of(where)
        json.dumps(shown.as_json(), ensure_ascii=False)
        assert shown.as_text()


def test_a_list_of_one_kind(pack):
    assert len(list_elements(pack, "source")) == 12
    assert {row[0].split(":")[0] for row in list_elements(pack, "duty")} == {"duty"}
