"""Levels, trees of criteria, triangulation and courses: by hand, and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.errors import UserError
from sapa.evaluation.courses import course, directions_due, effect, overall, standing, unanswered
from sapa.evaluation.criteria import Change, tree_from_json, tree_of
from sapa.evaluation.levels import Levels, levels_from_json, levels_of, own_levels
from sapa.evaluation.triangulation import Source, triangulate
from sapa.packs.loader import load_pack

PACK = load_pack("ua-71")
FOUR = levels_of(PACK)
assert FOUR is not None
CODES = st.sampled_from(["first", "second", "third", "fourth"])
METHODS = ("questionnaire", "interview", "focus-group", "observation", "document-study")


def test_the_levels_of_the_pack_are_its_four() -> None:
    assert FOUR is not None
    assert FOUR.codes == ("first", "second", "third", "fourth")
    assert [FOUR.weak(code) for code in FOUR.codes] == [False, False, True, True]
    assert levels_from_json(FOUR.to_json()) == FOUR
    assert [FOUR.of_share(share) for share in (1, 0.85, 0.84, 0.65, 0.5, 0.45, 0.44, 0)] == [
        "first", "first", "second", "second", "third", "third", "fourth", "fourth",
    ]  # fmt: skip


def test_levels_an_institution_writes_itself() -> None:
    three = own_levels([("Works", ""), ("Works in part", "with a plan"), ("Does not work", "")], "uk")
    assert three.codes == ("own-1", "own-2", "own-3")
    assert three.middle(["own-1", "own-3"]) == "own-3", "between two the lower"
    with pytest.raises(UserError, match="two levels"):
        own_levels([("Alone", "")], "en")
    with pytest.raises(UserError, match="fall"):
        Levels(three.items, (0.2, 0.9))


def test_the_tree_of_the_pack_has_four_directions_and_is_kept_whole() -> None:
    tree = tree_of(PACK)
    assert [node.code for node in tree.ranked("direction")] == ["environment", "children", "professional", "management"]
    assert len(tree.requirements(["environment"])) == 3
    assert tree.above("environment.safety.base", "requirement").code == "environment.safe-conditions"
    assert tree_from_json(tree.to_json()) == tree


def test_an_institution_replaces_what_is_indicative() -> None:
    tree = tree_of(PACK).changed([
        Change("environment.nutrition", dropped=True),
        Change("environment.safety", title={"uk": "Безпечно щодня"}),
        Change("own-1", "requirement", "children", {"uk": "Діти пізнають місто"}, methods=("observation",)),
    ])  # fmt: skip
    assert not tree.has("environment.nutrition")
    assert not tree.has("environment.nutrition.menu"), "what hangs on it goes with it"
    assert tree.find("environment.safety").title == {"uk": "Безпечно щодня"}
    assert tree.find("environment.safety").own
    assert [node.code for node in tree.requirements(["children"])][-1] == "own-1"
    with pytest.raises(UserError, match="words"):
        tree_of(PACK).changed([Change("own-2", "requirement", "children")])


def test_a_pack_of_groups_only_is_read_as_directions() -> None:
    tree = tree_of(load_pack("ru-soko"))
    assert len(tree.ranked("direction")) == len(tree.ranked("requirement")) > 0


def test_many_papers_of_one_method_have_one_voice() -> None:
    assert FOUR is not None
    papers = [Source(f"q{n}", "questionnaire", "x", "first") for n in range(200)]
    found = triangulate([*papers, Source("o", "observation", "x", "third")], FOUR, METHODS[:4])
    assert (found.agreement, found.proposed, found.spread) == ("apart", "third", 2)
    assert (found.highest, found.lowest, found.missing) == (("questionnaire",), ("observation",), ("interview", "focus-group"))
    assert found.must_explain


def test_sources_of_one_method_that_part_are_seen_too() -> None:
    assert FOUR is not None
    found = triangulate([Source("a", "observation", "x", "first"), Source("b", "observation", "x", "fourth")], FOUR)
    assert (found.agreement, found.spread) == ("apart", 3)


def test_nothing_and_one_source_are_told_apart() -> None:
    assert FOUR is not None
    assert triangulate([], FOUR, ["interview"]).agreement == "none"
    assert triangulate([Source("a", "interview", "x")], FOUR).proposed is None
    assert triangulate([Source("a", "interview", "x", "second")], FOUR).agreement == "single"


@given(st.lists(st.tuples(st.sampled_from(METHODS), CODES), max_size=30))
def test_the_proposal_lies_among_the_voices(said: list[tuple[str, str]]) -> None:
    assert FOUR is not None
    found = triangulate([Source(str(n), method, "x", level) for n, (method, level) in enumerate(said)], FOUR)
    places = [FOUR.place(voice.level) for voice in found.voices if voice.level]
    assert (found.proposed is None) == (not said)
    if places and found.proposed:
        assert min(places) <= FOUR.place(found.proposed) <= max(places)
        below = sum(place < FOUR.place(found.proposed) for place in places)
        assert below * 2 <= len(places), "a median"


@given(st.dictionaries(st.sampled_from(["2020", "2021", "2022", "2023"]), CODES, min_size=1))
def test_a_course_moves_by_its_last_two(rated: dict[str, str]) -> None:
    assert FOUR is not None
    found = course(rated, FOUR)
    assert found is not None
    assert [period for period, _level in found.steps] == sorted(rated)
    if len(found.steps) == 1:
        assert found.direction == "first"
    else:
        before, now = (FOUR.place(level) for _period, level in found.steps[-2:])
        assert found.moved == before - now


def test_strengths_difficulties_and_what_a_plan_must_answer() -> None:
    assert FOUR is not None
    assert [standing(code, FOUR) for code in FOUR.codes] == ["strength", "neither", "difficulty", "difficulty"]
    assert standing("second", FOUR, moved=1) == "strength"
    assert standing("second", FOUR, moved=-1) == "difficulty"
    assert unanswered({"a": "first", "b": "third", "c": "fourth"}, {"c"}, FOUR) == ("b",)
    assert overall({"a": "first", "b": "third"}, FOUR) == "third"
    assert course({"2020": "gone"}, FOUR) is None


@pytest.mark.parametrize(
    ("before", "expected", "after", "found"),
    [
        ("third", "second", "second", "reached"), ("third", "second", "first", "reached"),
        ("fourth", "second", "third", "partly"),
        ("third", "second", "third", "none"), ("third", "second", "fourth", "worse"),
    ],
)  # fmt: skip
def test_a_measure_is_held_against_what_was_expected(before: str, expected: str, after: str, found: str) -> None:
    assert FOUR is not None
    assert effect(before, expected, after, FOUR) == found


def test_a_model_says_which_directions_are_due() -> None:
    every = ["a", "b", "c"]
    assert directions_due("yearly-complex", ["a"], every) == ("a", "b", "c")
    assert directions_due("yearly-directions", ["c", "a"], every) == ("a", "c")
    assert directions_due("yearly-directions", ["c"], every, complex_now=True) == ("a", "b", "c")
