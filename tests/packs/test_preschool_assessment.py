"""The pack ua-71: components, directions, levels, models, instruments as the recommendations name them; what is ours says so."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sapa.packs.check import check_pack
from sapa.packs.loader import Pack, load_pack

PACKS = Path(__file__).resolve().parents[2] / "packs"
FORMS = {"questionnaire", "interview", "focus-group", "observation", "document-study"}


@cache
def pack() -> Pack:
    return load_pack(str(PACKS / "ua-71"))


def ranked(rank: str) -> list[str]:
    return [criterion.id for criterion in pack().criteria if criterion.rank == rank]


def test_seven_components_and_four_directions_are_the_documents() -> None:
    by_rank = {rank: [item for item in pack().criteria if item.rank == rank] for rank in ("component", "direction")}
    assert [item.clause for item in by_rank["component"]] == [(f"ua-71:components.c{n}",) for n in range(1, 8)]
    assert [item.clause for item in by_rank["direction"]] == [(f"ua-71:components.directions.d{n}",) for n in range(1, 5)]
    assert not any(item.ours for items in by_rank.values() for item in items)


def test_levels_models_methods_and_kinds_are_closed_lists() -> None:
    sizes = {"quality-level": 4, "assessment-model": 4, "questionnaire-type": 4, "interview-type": 3, "assessment-step": 3}
    assert {name: len(pack().codelist(name).items) for name in sizes} == sizes
    assert [item.code for item in pack().codelist("quality-level").items] == ["first", "second", "third", "fourth"]
    assert {item.code for item in pack().codelist("collection-method").items} == FORMS


def test_each_direction_leads_through_requirements_and_criteria_to_signs_with_methods() -> None:
    above = {item.id: item.parent for item in pack().criteria}
    rank = {item.id: item.rank for item in pack().criteria}
    assert {rank[above[name] or ""] for name in ranked("requirement")} == {"direction"}
    assert {rank[above[name] or ""] for name in ranked("criterion")} == {"requirement"}
    for direction in ranked("direction"):
        requirements = [name for name in ranked("requirement") if above[name] == direction]
        assert len(requirements) == 3
        for requirement in requirements:
            criteria = [item for item in pack().criteria if item.parent == requirement]
            assert criteria
            assert all(sign.methods and sign.ours for item in criteria for sign in item.signs)
            assert all(item.signs for item in criteria)


def test_what_the_annex_should_hold_is_marked_as_ours() -> None:
    """The annex with the indicative criteria is not in the document."""
    assert all(item.ours for item in pack().criteria if item.rank in ("requirement", "criterion"))
    assert all(line.ours for line in pack().monitoring)


def test_both_lists_of_observation_have_their_six_points() -> None:
    sheets = {item.id: item for item in pack().instruments}
    for number, name in ((1, "observation-environment"), (2, "observation-learning")):
        cited = [point.clause for point in sheets[name].points]
        assert cited == [(f"ua-71:observation.list{number}.o{place}",) for place in range(1, 7)]
        assert not sheets[name].ours
    assert {"parents", "self-government"} < set(sheets["observation-environment"].audience)


def test_every_form_of_the_recommendations_has_an_instrument_and_every_sign_evidence() -> None:
    assert {item.form for item in pack().instruments} == FORMS
    asked = {code for item in pack().instruments if item.form == "questionnaire" for code in item.audience}
    assert asked == {"parents", "teachers", "staff", "medical-staff"}
    informed = {name for item in pack().instruments for point in item.points for name in point.informs}
    signs = {f"{item.id}.{sign.id}": sign for item in pack().criteria for sign in item.signs}
    without = [name for name, sign in signs.items() if name not in informed and "document-study" not in sign.methods]
    assert [name for name in without if name.rpartition(".")[0] not in informed] == []


def test_nothing_leaves_the_preschool_but_what_it_publishes_and_nobody_is_rated() -> None:
    policies = {item.about: item for item in pack().policies}
    assert {about: item.leaves for about, item in policies.items()} == {
        "results": "when-published", "evidence": "never", "answers": "never", "notes": "never",
    }  # fmt: skip
    assert all(not item.receivers for item in policies.values())
    assert all("rating-of-staff" in item.not_for for item in policies.values())
    assert {"ua-71:intro.p7"} <= {clause for item in policies.values() for clause in item.clause}


def test_a_preschool_replaces_a_criterion_by_an_overlay_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "sunflower"
    own.mkdir()
    (own / "pack.yaml").write_text(
        "id: sunflower\nversion: 1.0.0\ntitle: {en: Our regulation}\nkind: overlay\nlanguages: [en]\noverlays: ua-71\n"
        "document: {kind: own-decision, title: {en: Our regulation}, issuer: {en: Sunflower}, language: en}\n",
        encoding="utf-8",
    )
    (own / "criteria.yaml").write_text(
        "clauses:\n  - {path: p1, kind: duty, text: {en: Meals come from our own garden.}}\n"
        "criteria:\n  - id: environment.nutrition\n    overrides: true\n    clause: p1\n    title: {en: Our meals}\n"
        "    parent: environment.safe-conditions\n    signs:\n"
        "      - {id: menu, clause: p1, title: {en: Grown here}, methods: [observation]}\n"
        "      - {id: meals-satisfaction, clause: p1, title: {en: Parents are satisfied}, methods: [questionnaire]}\n",
        encoding="utf-8",
    )
    found, findings = check_pack(own, search=[PACKS])
    assert findings == []
    assert found is not None
    titles = {item.id: item.title["en"] for item in found.criteria}
    assert titles["environment.nutrition"] == "Our meals"
    assert len(found.criteria) == len(pack().criteria)
