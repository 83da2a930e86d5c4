"""Page and server say the same: the corpus, real workbooks, and whatever answers chance gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.instruments.forms import CORPUS, NOW, form_with, result
from tests.instruments.node import in_the_page, needs_node, on_the_server
from tests.instruments.test_xlsform import NOTHING_LEFT, REFUSED, TAKEN, WORKBOOKS, real

from sapa.instruments import Form, Item, Scale, check_answers, compile_form, examine
from sapa.instruments.xlsform_read import read_xlsform

pytestmark = needs_node
CLOCK = NOW.isoformat()


def same(asked: list[tuple[Form, dict[str, Any]]], partial: bool = False) -> None:
    ready = [(compile_form(form), answers) for form, answers in asked]
    page = in_the_page([(form, answers, CLOCK) for form, answers in ready], partial)
    for (form, answers), verdict in zip(ready, page, strict=True):
        mine = on_the_server(form, check_answers(form, answers, now=NOW, partial=partial))
        kept, theirs = mine["answers"], verdict["answers"]
        apart = {name: (kept.get(name), theirs.get(name)) for name in {**kept, **theirs} if kept.get(name) != theirs.get(name)}
        assert not apart, [(form.form.item(name), both) for name, both in apart.items()]
        assert verdict == mine, answers


def test_the_corpus_in_the_page() -> None:
    cases = [case for case in CORPUS["cases"] if case[1] is not None]
    forms = [compile_form(form_with(result(expression))) for expression, _ in cases]
    page = in_the_page([(form, CORPUS["answers"], CLOCK) for form in forms])
    assert [[case[0], each["answers"].get("result", "")] for case, each in zip(cases, page, strict=True)] == cases


ANSWERS = st.none() | st.sampled_from(
    ["", " 5 ", "5", "-3", "2,5", "0.1", "1e3", "x", "red", "red blue", "other", "mother", "2026-02-29", "2026-02-28",
     "18:30", "2026-03-01T12:00", "9" * 16, "\u22127", "ї", "😀", True, 5, -2, 0.5, 1e21,
     ["red", "blue"], ["green"], [], [["a"]], {"a": 1}]
)  # fmt: skip
NAMES = [*CORPUS["answers"], "scale", "rank", "more", "more_other", "stranger"]
EVERYTHING = form_with(
    Item(name="scale", type="scale", scale=Scale(low=-4, high=5, step=3), required="${a} > 2"),
    Item(name="rank", type="rank", choices="colours", relevant="${half} != 2.5"),
    Item(
        name="more", type="select-many", choices="colours", other=True, constraint="count-selected(.) < 3 or ${more_other} != ''"
    ),
    Item(name="left", type="select-one", choices="colours", choice_filter="name != ${one} and selected(${many}, name)"),
    Item(
        name="gate",
        type="group",
        relevant="${scale} > 0",
        items=(Item(name="inside", type="decimal", constraint=". * 2 > ${b}"),),
    ),
    Item(
        name="rows", type="repeat", count="${a}", items=(Item(name="share", type="decimal", required="position(..) mod 2 = 0"),)
    ),
    Item(name="total", type="calculate", calculation="sum(${share}) div count(${rows})"),
)


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.lists(
        st.dictionaries(st.sampled_from([*NAMES, "left", "inside"]), ANSWERS, max_size=14).flatmap(
            lambda answers: st.builds(
                lambda people, rows: {**answers, "people": people, "rows": rows},
                st.lists(st.dictionaries(st.sampled_from(["name", "age", "place"]), ANSWERS), max_size=3),
                st.lists(st.dictionaries(st.just("share"), ANSWERS), max_size=7),
            )
        ),
        min_size=20,
        max_size=40,
    ),
    st.booleans(),
)
def test_any_answers_come_to_the_same(many: list[dict[str, Any]], partial: bool) -> None:
    same([(EVERYTHING, answers) for answers in many], partial)


ATOMS = st.sampled_from(
    ["${a}", "${b}", "${empty}", "${half}", "${word}", "${many}", "${day}", "${age}", "${hidden}", "0", "1", "2.5", "-3", "'x'",
     "''",
     "'7'", "'2026-03-01'", "true()", "false()", "today()", "now()", "${moment}"]
)  # fmt: skip
PAIRS = st.sampled_from(["+", "-", "*", "div", "mod", "=", "!=", "<", "<=", ">", ">=", "and", "or"])
ONES = st.sampled_from(
    ["not", "number", "string", "boolean", "int", "round", "floor", "ceiling", "abs", "sqrt", "sin", "exp", "log", "count",
     "sum", "max", "min", "string-length", "count-selected", "date", "date-time", "normalize-space", "decimal-date-time",
     "decimal-time", "atan", "concat"]
)  # fmt: skip
TWOS = st.sampled_from(
    ["concat", "selected", "coalesce", "contains", "substr", "substring", "round", "pow", "join", "min", "max", "selected-at",
     "format-date", "substring-before", "substring-after", "starts-with", "ends-with", "atan2"]
)  # fmt: skip
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, PAIRS, inner),
        st.builds("{}({})".format, ONES, inner),
        st.builds("{}({}, {})".format, TWOS, inner, inner),
        st.builds("if({}, {}, {})".format, inner, inner, inner),
        st.builds("-{}".format, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(EXPRESSIONS, min_size=40, max_size=80))
def test_any_expression_comes_to_the_same(expressions: list[str]) -> None:
    items = tuple(Item(name=f"r{at}", type="calculate", calculation=expression) for at, expression in enumerate(expressions))
    form = form_with(*items)
    assert examine(form)[1] == ()
    same([(form, CORPUS["answers"]), (form, {}), (form, {"a": "7", "half": "0,1", "people": [{"age": 3}, {"age": 4}]})])


class TestRealWorkbooks:
    pytestmark = real

    @pytest.mark.parametrize("name", sorted(TAKEN | (set(REFUSED) - NOTHING_LEFT)))
    def test_answers_to_it_come_to_the_same(self, name: str) -> None:
        form = read_xlsform(WORKBOOKS / name, leave_out=True).form
        questions = [item for item in form.walk() if item.type not in ("note", "group", "repeat")]
        offered = {item.name: [choice.code for choice in form.choices(item.choices)] for item in questions}
        asked: list[dict[str, Any]] = [{}]
        for turn in range(25):
            words = ("5", "yes", "2026-01-05", "100", "x@y.org", "other", "230")
            answers = {
                item.name: (offered[item.name] or words)[(turn + at) % len(offered[item.name] or words)]
                for at, item in enumerate(questions)
            }
            repeats = {item.name: [answers, {}] for item in form.walk() if item.type == "repeat"}
            asked.append({**answers, **repeats})
        same([(form, answers) for answers in asked])
