"""Answers judged: read, cleaned, hidden, calculated, required, constrained, filtered, repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sapa.instruments import Checked, Choice, ChoiceList, Form, FormLanguage, Item, Scale, check_answers, compile_form, label_of
from sapa.instruments.answers import starting_answers

NOW = datetime.fromisoformat("2026-03-15T09:30")
TOWNS = ChoiceList(
    id="towns",
    choices=(
        Choice(code="kyiv", values={"country": "ua"}),
        Choice(code="minsk", values={"country": "by"}),
        Choice(code="brest", values={"country": "by"}),
    ),
)
COUNTRIES = ChoiceList(id="countries", choices=(Choice(code="ua"), Choice(code="by", label={"en": "Belarus"})))


def check(*items: Item, partial: bool = False, **answers: Any) -> Checked:
    form = Form(id="f", languages=(FormLanguage(code="en"),), items=items, lists=(TOWNS, COUNTRIES))
    return check_answers(compile_form(form), answers, now=NOW, partial=partial)


def codes(checked: Checked) -> dict[str, str]:
    return {each.address: each.code for each in checked.findings}


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("integer", " 12 ", 12), ("integer", "\u22125", -5), ("integer", 7, 7), ("decimal", "3,5", 3.5), ("decimal", 2, 2.0),
        ("text", "  two\r\nlines ", "two\nlines"), ("date", "2026-02-28", "2026-02-28"), ("time", "09:30:15", "09:30"),
        ("datetime", "2026-02-28 09:30", "2026-02-28T09:30"), ("acknowledge", True, "OK"),
    ],
)  # fmt: skip
def test_answers_are_read_as_people_write_them(kind: Any, given: Any, kept: Any) -> None:
    checked = check(Item(name="x", type=kind), x=given)
    assert checked.answers == {"x": kept}
    assert checked.sound


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("integer", "1.5"), ("integer", "١"), ("integer", True), ("integer", ["1"]), ("decimal", "1e5"), ("decimal", "nan"),
        ("date", "2026-02-30"), ("date", "20260228"), ("time", "25:00"), ("datetime", "2026-02-28"), ("text", {"a": 1}),
        ("text", "x" * 10001),
    ],
)  # fmt: skip
def test_what_is_no_such_answer_is_found_and_not_kept(kind: Any, given: Any) -> None:
    checked = check(Item(name="x", type=kind), x=given)
    assert list(codes(checked)) == ["x"]
    assert checked.answers == {}
    assert set(checked.findings[0].message) == {"en", "ru", "kk", "uk", "be"}


def test_hidden_answers_are_dropped_and_empty_for_others() -> None:
    group = Item(name="g", type="group", relevant="${age} >= 18", items=(Item(name="job", type="text", required="true()"),))
    asked = (
        Item(name="age", type="integer"),
        group,
        Item(name="has", type="calculate", calculation="if(${job} = '', 'no', 'yes')"),
    )
    young = check(*asked, age=7, job="driver")
    assert young.answers == {"age": 7, "has": "no"}
    assert young.sound
    assert young.shown == {"age", "has"}
    grown = check(*asked, age=20)
    assert codes(grown) == {"job": "required"}
    assert grown.required == {"job"}


def test_nothing_is_required_of_an_interrupted_answer() -> None:
    assert check(Item(name="x", type="text", required="true()"), partial=True).sound


def test_constraint_speaks_in_the_words_of_the_form_and_only_of_what_is_there() -> None:
    item = Item(name="x", type="integer", constraint=". > 3", constraint_message={"en": "More than three."})
    assert check(item).sound
    found = check(item, x=2).findings
    assert [each.message for each in found] == [{"en": "More than three."}]


def test_choices_left_by_a_filter() -> None:
    asked = (
        Item(name="country", type="select-one", choices="countries"),
        Item(name="town", type="select-one", choices="towns", choice_filter="country = ${country}"),
    )
    checked = check(*asked, country="by", town="kyiv")
    assert [choice.code for choice in checked.offered["town"]] == ["minsk", "brest"]
    assert codes(checked) == {"town": "choice"}
    assert check(*asked, country="by", town="minsk").sound


def test_other_asks_for_words() -> None:
    item = Item(name="x", type="select-many", choices="countries", other=True)
    assert codes(check(item, x=["ua", "other"])) == {"x_other": "other"}
    assert check(item, x="ua other", x_other="kz").answers == {"x": ["ua", "other"], "x_other": "kz"}
    assert check(item, x="ua", x_other="kz").answers == {"x": ["ua"]}


def test_ranks_are_whole() -> None:
    item = Item(name="x", type="rank", choices="towns")
    assert check(item, x="brest kyiv minsk").answers == {"x": ["brest", "kyiv", "minsk"]}
    assert codes(check(item, x="brest kyiv")) == {"x": "choice"}


def test_points_of_a_scale() -> None:
    item = Item(name="x", type="scale", scale=Scale(low=1, high=9, step=2))
    assert check(item, x="5").answers == {"x": 5}
    assert codes(check(item, x="4")) == {"x": "range"}


def test_repeats_count_their_instances_and_name_the_place() -> None:
    kids = Item(
        name="kids",
        type="repeat",
        count="${n}",
        items=(
            Item(name="age", type="integer", required="true()"),
            Item(name="twin", type="calculate", calculation="${age} * 2"),
        ),
    )
    checked = check(Item(name="n", type="integer"), kids, n=2, kids=[{"age": 3}])
    assert checked.answers == {"n": 2, "kids": [{"age": 3, "twin": "6"}, {}]}
    assert codes(checked) == {"kids[1].age": "required"}
    assert codes(check(Item(name="n", type="integer"), kids, n=1, kids=[{"age": 3}, {"age": 4}])) == {"kids": "count"}


def test_an_answer_to_no_question_is_said() -> None:
    assert codes(check(Item(name="x", type="text"), y="1")) == {"y": "unknown"}


def test_what_is_calculated_once_stays() -> None:
    item = Item(name="began", type="calculate", calculation="once(today())")
    assert check(item).answers == {"began": "2026-03-15"}
    assert check(item, began="2026-03-01").answers == {"began": "2026-03-01"}


def test_labels_speak_of_answers_and_defaults_begin_them() -> None:
    items = (
        Item(name="country", type="select-one", choices="countries", default="by"),
        Item(name="day", type="date", default="today()"),
    )
    form = compile_form(Form(id="f", languages=(FormLanguage(code="en"),), items=items, lists=(COUNTRIES,)))
    begun = starting_answers(form, now=NOW)
    assert begun == {"country": "by", "day": "2026-03-15"}
    assert label_of(form, "In ${country} on ${day}", begun, "en") == "In Belarus on 2026-03-15"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["x", "n", "kids", "town", "age", "z"]), ANYTHING | st.lists(st.dictionaries(st.just("age"), ANYTHING))
    )
)
def test_finds_and_never_raises(answers: dict[str, Any]) -> None:
    items = (
        Item(name="x", type="decimal", constraint=". mod 2 = ${n}"),
        Item(name="n", type="integer", relevant="${x} != 3"),
        Item(name="town", type="select-one", choices="towns", choice_filter="country = ${x}", other=False),
        Item(name="kids", type="repeat", count="${n} * 10", items=(Item(name="age", type="scale", scale=Scale(low=0, high=9)),)),
    )
    checked = check(*items, **answers)
    again = check(*items, **checked.answers)
    assert again.answers == checked.answers


def test_nested_repeats_cannot_be_made_to_fill_the_memory() -> None:
    inner = Item(name="inner", type="repeat", count="${n}", items=(Item(name="deep", type="repeat", count="${n}"),))
    checked = check(Item(name="n", type="integer"), Item(name="outer", type="repeat", count="${n}", items=(inner,)), n=10**12)
    assert len(checked.answers["outer"]) == 200
    assert sum(len(each.get("inner", ())) for each in checked.answers["outer"]) <= 2000
