"""Years compare only where the question stayed the same."""

from __future__ import annotations

import pytest
from tests.measurement.world import form, rows

from sapa.instruments import Form
from sapa.measurement import Division, Option, Results, answers_of, questionnaire_of, results, same_question, table_of
from sapa.measurement.years import compare_years, share_change

GROUPS = Division(id="group", groups=tuple(Option(code=code) for code in ("parent", "teacher", "learner")))


def year(asked: Form, n: int, seed: int) -> Results:
    questionnaire = questionnaire_of(asked)
    return results(answers_of(questionnaire, table_of(questionnaire, rows(n, seed))), (GROUPS,))


def without(asked: Form, name: str) -> Form:
    return asked.model_copy(update={"items": tuple(item for item in asked.items if item.name != name)})


YEARS = [
    ("2023", year(without(form(), "way"), 200, 3)),
    ("2024", year(form(first="The school is very safe"), 200, 4)),
    ("2025", year(form(), 200, 5)),
    ("2026", year(form(version="2"), 200, 6)),
]


def course(name: str, **of: str) -> list[tuple[str | None, bool, bool]]:
    found = next(one for one in compare_years(YEARS, **of).courses if one.question.name == name)
    return [(point.broken, point.cell is not None, point.change is not None) for point in found.points]


def test_a_new_version_of_the_form_breaks_nothing_where_the_question_is_the_same() -> None:
    assert course("clean") == [(None, True, False), (None, True, True), (None, True, True), (None, True, True)]


def test_a_changed_word_breaks_the_series_and_is_shown_apart() -> None:
    assert course("safe") == [(None, True, False), ("changed", True, False), (None, True, True), (None, True, True)]


def test_a_question_not_asked_is_said() -> None:
    assert course("way")[0] == ("not-asked", False, False)


def test_of_one_group_only_what_may_be_shown_of_it() -> None:
    assert course("clean", division="group", group="teacher")[0][1]
    small = [("2025", year(form(), 6, 5)), ("2026", YEARS[3][1])]
    found = next(one for one in compare_years(small, division="group", group="teacher").courses if one.question.name == "clean")
    assert found.points[0].broken == "too-few"


def test_the_change_is_the_difference_of_the_means() -> None:
    found = next(one for one in compare_years(YEARS).courses if one.question.name == "clean")
    before, now = found.points[2], found.points[3]
    assert now.change is not None
    assert now.cell is not None
    assert before.cell is not None
    assert now.change.difference == pytest.approx(now.cell.mean.estimate - before.cell.mean.estimate)  # type: ignore[union-attr]


def test_a_translation_added_later_is_no_new_question() -> None:
    one = questionnaire_of(form()).question("safe")
    assert one is not None
    more = one.model_copy(update={"label": {**one.label, "be": "Бяспечна"}})
    other = one.model_copy(update={"label": {**one.label, "uk": "У школі дуже безпечно"}})
    foreign = one.model_copy(update={"label": {"kk": "Мектеп қауіпсіз"}})
    assert same_question(one, more)
    assert not same_question(one, other)
    assert not same_question(one, foreign)
    assert not same_question(one, one.model_copy(update={"options": one.options[:-1]}))


def test_the_change_of_a_share_has_newcombes_interval() -> None:
    """Newcombe 1998, table II, contrast (a): 56 of 70 less 48 of 80 is 0.2 (0.0524 to 0.3339) by method 10."""
    asked = questionnaire_of(form())

    def cell(yes: int, n: int):
        data = [("parent", {"way": "bus"})] * yes + [("parent", {"way": "car"})] * (n - yes)
        return next(
            one.whole for one in results(answers_of(asked, table_of(asked, data))).questions if one.question.name == "way"
        )

    assert share_change(cell(56, 70), cell(48, 80), 1) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-4)
