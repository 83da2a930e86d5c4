"""A form changed step by step: nothing is lost on the way, conditions follow, and what the page can't say is kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapa.instruments import Choice, ChoiceList, Form, FormLanguage, Item, Scale, examine
from sapa.instruments.conditions import Limits, Part, choosable, condition_of, condition_text, limits_of, limits_text
from sapa.instruments.editing import (
    copy,
    fresh_name,
    move,
    names_of,
    put,
    remove,
    replace,
    same_kind,
    with_choices,
    with_languages,
)
from sapa.instruments.proofread import proofread
from sapa.instruments.words import LANGUAGES, words

EN = (FormLanguage(code="en", name="English"), FormLanguage(code="uk", name="Українська"))
YES_NO = ChoiceList(id="yes_no", choices=tuple(Choice(code=code, label={"en": code, "uk": code}) for code in ("yes", "no")))


def text(name: str, **more: object) -> Item:
    return Item(name=name, type="text", label={"en": name, "uk": name}, **more)


def choice(name: str, **more: object) -> Item:
    return Item(name=name, type="select-one", choices="yes_no", label={"en": name, "uk": name}, **more)


def form(*items: Item) -> Form:
    return Form(id="f", title={"en": "F"}, languages=EN, lists=(YES_NO,), items=items)


def heading(name: str, *items: Item, **more: object) -> Item:
    return Item(name=name, type="group", label={"en": name, "uk": name}, items=items, **more)


def shape(made: Form) -> list[object]:
    def of(items: tuple[Item, ...]) -> list[object]:
        return [[item.name, of(item.items)] if item.items or item.type == "group" else item.name for item in items]

    return of(made.items)


def test_a_question_goes_into_a_section_and_out_of_it() -> None:
    made = form(text("a"), heading("h", text("b")), text("c"))
    made = move(made, "a", up=False)
    assert shape(made) == [["h", ["a", "b"]], "c"]
    assert shape(move(made, "a", up=True)) == ["a", ["h", ["b"]], "c"]
    assert shape(move(made, "c", up=True)) == [["h", ["a", "b", "c"]]]
    assert shape(move(move(made, "b", up=False), "b", up=False)) == [["h", ["a"]], "c", "b"]
    assert move(made, "h", up=True) == made
    assert shape(move(made, "h", up=False)) == ["c", ["h", ["a", "b"]]]


def test_nothing_moves_into_a_repeat() -> None:
    made = form(text("a"), Item(name="r", type="repeat", items=(text("b"),)), text("c"))
    assert shape(move(made, "a", up=False)) == [["r", ["b"]], "a", "c"]
    assert move(made, "b", up=False) == made


def test_a_heading_takes_what_follows_and_leaves_it_behind() -> None:
    made = form(text("a"), text("b"), text("c"), heading("end", text("d")))
    made = put(made, heading("h", relevant="true()"), "a")
    assert shape(made) == ["a", ["h", ["b", "c"]], ["end", ["d"]]]
    parted = put(made, heading("half"), "b")
    assert shape(parted) == ["a", ["h", ["b"]], ["half", ["c"]], ["end", ["d"]]]
    assert parted.item("half").relevant == "true()", "what was below the old heading stays under its condition"  # type: ignore[union-attr]
    without = remove(made, "h")
    assert shape(without) == ["a", "b", "c", ["end", ["d"]]]
    assert [item.relevant for item in without.items[:3]] == ["", "true()", "true()"]


def test_a_copy_speaks_of_itself() -> None:
    made = form(heading("h", choice("a"), Item(name="why", type="text", relevant="${a} = 'no'", label={"en": "You said ${a}"})))
    made, name = copy(made, "h", taken={"q1"})
    inside = made.item(name).items  # type: ignore[union-attr]
    assert [item.name for item in inside] == ["q3", "q4"]
    assert (inside[1].relevant, inside[1].label["en"]) == ("${q3} = 'no'", "You said ${q3}")
    assert made.item("why").relevant == "${a} = 'no'"  # type: ignore[union-attr]


def test_whoever_spoke_of_a_question_speaks_of_it_by_its_new_name() -> None:
    made = form(choice("a", other=True), text("b", relevant="selected(${ a }, 'no')", constraint="${a_other} != ''"), text("a_b"))
    made = replace(made, "a", made.items[0].model_copy(update={"name": "z"}))
    assert (made.items[1].relevant, made.items[1].constraint) == ("selected(${z}, 'no')", "${z_other} != ''")


def test_a_shared_list_is_left_to_the_others() -> None:
    made = with_choices(form(choice("a"), choice("b")), "a", (Choice(code="x", label={"en": "X"}),))
    assert [made.items[0].choices, made.items[1].choices] == ["a_options", "yes_no"]
    again = with_choices(made, "a", (Choice(code="y", label={"en": "Y"}),))
    assert [each.id for each in again.lists] == ["yes_no", "a_options"]
    assert [each.id for each in remove(again, "a").lists] == ["yes_no"]


def test_a_language_goes_with_its_words() -> None:
    made = with_languages(form(choice("a"), heading("h", text("b"))), EN[:1])
    assert "uk" not in made.model_dump_json()
    assert proofread(made) == ()


NAMES = st.sampled_from(["a", "b", "c", "d", "h", "i"])


@given(st.lists(st.tuples(st.sampled_from(["up", "down", "heading", "remove", "copy"]), NAMES), max_size=12))
@settings(max_examples=150, deadline=None)
def test_no_step_loses_a_question_or_makes_two_of_a_name(steps: list[tuple[str, str]]) -> None:
    made = form(text("a"), heading("h", choice("b"), text("c", relevant="${b} = 'no'")), heading("i"), text("d"))
    left = {"a", "b", "c", "d"}
    for step, name in steps:
        if made.item(name) is None:
            continue
        if step in ("up", "down"):
            made = move(made, name, up=step == "up")
        elif step == "heading":
            made = put(made, heading(fresh_name(names_of(made))), name)
        elif step == "copy":
            made = copy(made, name, taken=())[0]
        else:
            made, left = remove(made, name), left - {name}
        names = [item.name for item in made.walk()]
        assert len(names) == len(set(names))
        assert left <= set(names)
    wrong = {each.code for each in examine(made)[1]}
    assert wrong <= ({"no-such-item"} if "b" not in left else set())


def test_conditions_are_read_as_they_are_written() -> None:
    scale = Item(name="s", type="scale", scale=Scale(low=1, high=5))
    made = form(choice("a", other=True), Item(name="m", type="select-many", choices="yes_no"), scale, text("t"))
    parts = (Part("a", ("no", "other")), Part("m", ("yes",)), Part("s", ("1", "2")))
    written = condition_text(made, parts)
    assert written == "(selected(${a}, 'no') or selected(${a}, 'other')) and selected(${m}, 'yes') and (${s} = 1 or ${s} = 2)"
    assert condition_of(made, written) == parts
    assert condition_text(made, parts[:1]) == "selected(${a}, 'no') or selected(${a}, 'other')"
    assert condition_of(made, "") == ()
    assert condition_of(made, "${a} = 'no'") == (Part("a", ("no",)),)
    for other in (
        "${a} != 'no'",
        "${m} = 'no'",
        "${t} = 'x'",
        "${a} = 'maybe'",
        "${a} = 'no' or ${s} = 1",
        "${a} = 'yes' and ${a} = 'no'",
        "(",
    ):
        assert condition_of(made, other) is None, other
    assert examine(made.model_copy(update={"items": (*made.items[:3], text("t", relevant=written))}))[1] == ()


def test_only_earlier_questions_can_decide() -> None:
    made = form(choice("a"), Item(name="r", type="repeat", items=(choice("b"), text("c"))), text("d"), choice("e"))
    assert [item.name for item in choosable(made, "d")] == ["a"]
    assert [item.name for item in choosable(made, "c")] == ["a", "b"]


@pytest.mark.parametrize(
    ("type_", "limits", "expected"),
    [
        ("integer", Limits("-1", "7"), ". >= -1 and . <= 7"),
        ("decimal", Limits("0.5", ""), ". >= 0.5"),
        ("date", Limits("", "2024-09-01"), ". <= date('2024-09-01')"),
        ("select-many", Limits("1", "3"), "count-selected(.) >= 1 and count-selected(.) <= 3"),
        ("text", Limits(), ""),
    ],
)
def test_limits_are_read_as_they_are_written(type_: str, limits: Limits, expected: str) -> None:
    written = limits_text(type_, limits) if limits != Limits() else ""
    assert written == expected
    item = Item(name="x", type=type_, constraint=written, choices="yes_no" if type_ == "select-many" else "")  # type: ignore[arg-type]
    assert limits_of(item) == limits
    assert examine(form(item))[1] == ()


def test_other_limits_are_no_limits() -> None:
    assert limits_of(Item(name="x", type="integer", constraint=". >= 0 and . < 8")) == Limits("0", "7")
    for constraint in (". < 0.5", ". > 1 and . > 2", ". != 3", "${y} < 2", "regex(., 'a')"):
        assert limits_of(Item(name="x", type="integer", constraint=constraint)) is None, constraint
    assert limits_of(text("x", constraint=". >= 1")) is None


def test_what_is_still_to_be_done_stands_at_its_question() -> None:
    lists = (YES_NO, ChoiceList(id="one", choices=(Choice(code="x", label={"uk": "x"}), Choice(code="x", label={"en": "x"}))))
    items = (
        Item(name="a", type="text"), Item(name="b", type="select-one", choices="one", label={"en": "b", "uk": "b"}),
        text("c", relevant="selected(${d}, 'no')"), choice("d"), Item(name="e", type="text", label={"en": "e"}),
    )  # fmt: skip
    made = form(*items).model_copy(update={"lists": lists, "title": {}})
    found = {(each.item, each.code, each.severity) for each in proofread(made)}
    assert found == {
        ("", "no-title", "error"), ("a", "no-words", "error"), ("b", "code-twice", "error"), ("b", "choice-words", "error"),
        ("b", "words-missing", "warning"), ("c", "later", "warning"), ("e", "words-missing", "warning"),
    }  # fmt: skip
    assert {each.code for each in proofread(form())} == {"no-questions"}
    assert set(words("form.no-words")) == set(LANGUAGES)


def test_who_waits_for_an_answer_that_is_gone_is_told() -> None:
    made = form(choice("a"), text("b", relevant="selected(${a}, 'no')"), text("c", relevant="not(${a} = 'yes')"))
    assert proofread(made) == ()
    made = with_choices(made, "a", (YES_NO.choices[0], Choice(code="x", label={"en": "x", "uk": "x"})))
    assert [(each.item, each.code) for each in proofread(made)] == [("b", "gone")]


def test_a_name_keeps_its_kind() -> None:
    earlier = {"a": {"select-one"}, "b": {"text", "integer"}}
    new = form(text("a"), text("b"), text("c"))
    assert same_kind(new, earlier) == ["a"]
