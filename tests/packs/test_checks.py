"""What the museum can't show: versions that follow each other in time are no mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapa.packs.check import check_pack

SOUND = Path(__file__).parent / "sound_packs"
LAW = """clauses:
  - {path: p1, kind: duty, text: {en: Something is done.}}
concepts:
  - {id: school, clause: p1, title: {en: School}}
  - {id: pupils, clause: p1, title: {en: Pupils}}
datasets:
"""


def dataset(name, more="", field=""):
    return f"""  - id: {name}
    clause: p1
    title: {{en: Pupils}}
    grain: institution
    unit: school
    {more}
    fields:
      - {{id: school, title: {{en: School}}, concept: school, type: string, role: unit}}
      - {{id: pupils, title: {{en: Pupils}}, concept: pupils, type: integer{field}}}
"""


@pytest.fixture
def codes(tmp_path):
    """A function: text of the data sets → codes of the findings."""

    def check(*datasets):
        (tmp_path / "pack.yaml").write_bytes((SOUND / "base" / "pack.yaml").read_bytes())
        (tmp_path / "law.yaml").write_text(LAW + "".join(datasets))
        return [item.code for item in check_pack(tmp_path, search=[])[1]]

    return check


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("", "", ["concept-asked-twice"]),
        ("valid_to: 2019", "valid_from: 2020", []),
        ("valid_to: 2020", "valid_from: 2020", ["concept-asked-twice"]),
        ("valid_to: 2020-H1", "valid_from: 2020-H2", []),
        ("valid_to: 2020", "valid_from: 2020-H2", ["concept-asked-twice"]),
        ("periodicity: year", "periodicity: quarter", []),
    ],
)
def test_a_concept_may_move_from_one_data_set_to_another(codes, first, second, found):
    assert codes(dataset("old", first), dataset("new", second)) == found


def test_a_concept_may_move_from_one_field_to_another(codes):
    old = dataset("pupils", field=", valid_to: 2019")
    new = "      - {id: learners, title: {en: Learners}, concept: pupils, type: integer, valid_from: %s}\n"
    assert codes(old + new % 2020) == []
    assert codes(old + new % 2019) == ["concept-asked-twice"]


def test_versions_of_a_data_set_follow_each_other(codes):
    assert codes(dataset("pupils", "valid_to: 2019"), dataset("pupils", "valid_from: 2020")) == []
    assert "overlapping-validity" in codes(dataset("pupils", "valid_to: 2020"), dataset("pupils", "valid_from: 2020"))
    assert "overlapping-validity" in codes(dataset("pupils"), dataset("pupils", "valid_from: 2020"))


def test_a_fact_asked_three_times_is_told_twice(codes):
    assert codes(dataset("a"), dataset("b"), dataset("c")) == ["concept-asked-twice"] * 2
    assert codes(dataset("a"), dataset("b", field=", same_as: a.pupils")) == []
