"""Expressions: a corpus of results by the specifications, and what can't be read is said."""

from __future__ import annotations

import pytest
from tests.instruments.forms import CORPUS, NOW, form_with, result

from sapa.instruments import Item, check_answers, compile_form, examine


@pytest.mark.parametrize(("expression", "expected"), [case for case in CORPUS["cases"] if case[1] is not None])
def test_the_corpus(expression: str, expected: str) -> None:
    checked = check_answers(compile_form(form_with(result(expression))), CORPUS["answers"], now=NOW)
    assert not checked.findings
    assert checked.answers.get("result", "") == expected


@pytest.mark.parametrize("expression", [case[0] for case in CORPUS["cases"] if case[1] is None and case[0]])
def test_what_cannot_be_used_is_a_finding_in_five_languages(expression: str) -> None:
    compiled, findings = examine(form_with(result(expression)))
    assert compiled is None
    assert {(each.item, each.column) for each in findings} == {("result", "calculation")}
    assert set(findings[0].message) == {"en", "ru", "kk", "uk", "be"}
    assert not any("{" in text.replace("${", "") for text in findings[0].message.values())


def test_a_circle_is_a_finding_that_names_it() -> None:
    form = form_with(
        Item(name="x", type="calculate", calculation="${y} + 1"),
        Item(name="y", type="calculate", calculation="${z}"),
        Item(name="z", type="integer", relevant="${x} > 1"),
    )
    compiled, findings = examine(form)
    assert compiled is None
    assert [each.code for each in findings] == ["circle"]
    assert "x → y → z → x" in findings[0].message["en"]


def test_a_calculation_may_stand_before_what_it_reads() -> None:
    form = form_with(result("${late} * 2"), Item(name="late", type="calculate", calculation="${a} + 1"))
    assert check_answers(compile_form(form), CORPUS["answers"], now=NOW).answers["result"] == "12"


def test_a_pattern_that_backtracks_elsewhere_is_quick_here() -> None:
    form = compile_form(form_with(result("regex(${word}, '^(([a-z])+.)+[A-Z]([a-z])+$')")))
    checked = check_answers(form, {"word": "a" * 5000}, now=NOW)
    assert checked.answers["result"] == "false"


def test_what_is_too_long_or_too_deep_is_said_not_suffered() -> None:
    for expression in ("1" + " + 1" * 400, "(" * 90 + "1" + ")" * 90, "'" + "x" * 6000 + "'"):
        assert next(iter(examine(form_with(result(expression)))[1])).code in ("too-deep", "too-long")
    chain = [Item(name=f"c{at}", type="calculate", calculation=f"${{c{at + 1}}}") for at in range(400)]
    findings = examine(form_with(*chain, Item(name="c400", type="integer")))[1]
    assert {each.code for each in findings} == {"too-deep"}


def test_many_operators_in_a_row_are_fine() -> None:
    form = compile_form(form_with(result(" or ".join(f"${{a}} = {at}" for at in range(100)))))
    assert check_answers(form, {"a": 99}, now=NOW).answers["result"] == "true"
