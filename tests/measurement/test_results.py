"""Results of a survey: every figure against a count over the rows themselves."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest
from tests.measurement.world import form, rows

from sapa.errors import UserError
from sapa.measurement import Division, Option, Results, answers_of, division_of, questionnaire_of, reliability, results, table_of

ASKED = questionnaire_of(form())
GROUPS = Division(id="group", groups=tuple(Option(code=code) for code in ("parent", "teacher", "learner")))


def found(data: list[tuple[str, dict[str, Any]]], *divisions: Division, **how: Any) -> Results:
    return results(answers_of(ASKED, table_of(ASKED, data)), divisions or (GROUPS,), **how)


def of(report: Results, name: str) -> Any:
    return next(item for item in report.questions if item.question.name == name)


def test_counts_of_one_choice_are_those_of_the_rows() -> None:
    data = rows(300)
    way = of(found(data), "way")
    codes = [option.code for option in way.question.options]
    assert codes == ["foot", "bus", "car", "other"]
    for place, group in enumerate(("parent", "teacher", "learner")):
        mine = [row["way"] for who, row in data if who == group and "way" in row]
        assert way.groups["group"][place].counts == tuple(mine.count(code) for code in codes)
        assert way.groups["group"][place].n == len(mine)
    assert way.whole.n == sum("way" in row for _, row in data)
    assert way.contrasts["group"].method == "chi-square"


def test_a_scale_question_has_a_mean_without_those_who_do_not_know() -> None:
    data = rows(300)
    safe = of(found(data), "safe")
    values = [row["safe"] for _, row in data if row.get("safe") not in (None, "dk")]
    assert safe.whole.mean.estimate == pytest.approx(fmean(values))
    assert safe.whole.moments.sd == pytest.approx(stdev(values))
    assert safe.whole.moments.n == len(values) < safe.whole.n
    assert safe.whole.mean.low < safe.whole.mean.estimate < safe.whole.mean.high
    assert safe.contrasts["group"].method == "welch-anova"


def test_several_choices_and_a_ranking() -> None:
    data = rows(200)
    report = found(data)
    ways, best = of(report, "ways"), of(report, "best")
    given = [row["ways"] for _, row in data if "ways" in row]
    assert ways.whole.counts == tuple(sum(code in one for one in given) for code in ("foot", "bus", "car"))
    assert ways.whole.n == len(given)
    order = [row["best"] for _, row in data if "best" in row]
    assert best.whole.counts == tuple(sum(one[0] == code for one in order) for code in ("foot", "bus", "car"))
    assert best.whole.places[1] == pytest.approx(fmean(one.index("bus") + 1 for one in order))


def test_numbers_by_group() -> None:
    data = rows(200)
    minutes = of(found(data), "minutes")
    mine = [row["minutes"] for who, row in data if who == "teacher" and "minutes" in row]
    cell = minutes.groups["group"][1]
    assert (cell.n, cell.mean.estimate, cell.moments.sd) == pytest.approx((len(mine), fmean(mine), stdev(mine)))
    assert cell.quartiles == pytest.approx(tuple(np.quantile(mine, (0.25, 0.5, 0.75))))


def test_a_scale_of_several_questions_turns_reversed_ones_round() -> None:
    data = rows(300)
    report = found(data)
    assert [scale.scale.questions for scale in report.scales] == [("safe", "clean", "afraid")]
    turned = np.array(
        [
            [
                np.nan if (v := row.get(name)) in (None, "dk") else v if name != "afraid" else 6 - v
                for name in ("safe", "clean", "afraid")
            ]
            for _, row in data
        ]
    )
    held = report.scales[0].reliability
    assert held == reliability(turned)
    assert held.alpha.estimate > 0.6
    means = [np.nanmean(row) for row in turned if (~np.isnan(row)).sum() >= 2]
    assert report.scales[0].whole.mean.estimate == pytest.approx(np.mean(means))


def test_open_answers_are_listed_in_the_order_of_letters_and_only_when_many() -> None:
    data = rows(60)
    words = sorted((row["wish"] for _, row in data if "wish" in row), key=lambda text: (text.casefold(), text))
    assert of(found(data), "wish").texts == tuple(words)
    few = [(who, {"wish": "only mine"}) for who, _ in data[:9]] + [(who, {}) for who, _ in data[9:]]
    assert of(found(few), "wish").texts is None
    assert of(found(few), "wish").whole.n == 9
    assert not of(found(data), "wish").groups


def test_fewer_than_the_threshold_show_nothing_at_all() -> None:
    report = found(rows(4))
    assert report.n is None
    assert report.questions == ()
    one = [(who, {"safe": 1} if place < 4 else {}) for place, (who, _) in enumerate(rows(30))]
    assert of(found(one), "safe").whole is None
    with pytest.raises(UserError, match="protects nobody"):
        found(rows(30), threshold=1)


def test_a_small_group_is_hidden_and_another_with_it() -> None:
    data = [("parent", {"way": "bus"})] * 20 + [("teacher", {"way": "car"})] * 8 + [("learner", {"way": "foot"})] * 3
    report = found(data)
    assert report.sizes["group"] == (20, None, None, None)  # the learners alone would be everybody less the others
    way = of(report, "way")
    assert [cell is None for cell in way.groups["group"]] == [False, True, True, True]
    assert way.whole.counts == (3, 20, 8, 0)


def test_two_small_groups_that_are_many_together_need_no_third() -> None:
    data = [("parent", {})] * 20 + [("teacher", {})] * 4 + [("learner", {})] * 4
    assert found(data).sizes["group"] == (20, None, None, None)


def test_a_question_few_of_a_group_answered_is_hidden_for_that_group() -> None:
    data = (
        [("parent", {"way": "bus"})] * 20
        + [("teacher", {"way": "car"})] * 3
        + [("teacher", {})] * 9
        + [("learner", {"way": "car"})] * 7
    )
    way = of(found(data), "way")
    assert found(data).sizes["group"] == (20, 12, 7, None)
    assert [cell is None for cell in way.groups["group"]] == [False, True, True, True]


def test_answers_divide_by_a_question_and_those_without_an_answer_are_a_group_of_their_own() -> None:
    data = rows(300)
    report = found(data, division_of(ASKED.question("way")))  # type: ignore[arg-type]
    none = sum("way" not in row for _, row in data)
    assert report.sizes["way"][-1] == (none if none >= 5 else None)
    assert "way" not in of(report, "way").groups
    with pytest.raises(UserError, match="divide nobody"):
        division_of(ASKED.question("minutes"))  # type: ignore[arg-type]
    with pytest.raises(UserError, match="no question"):
        found(data, Division(id="nobody", groups=()))


def test_an_answer_that_is_no_option_is_counted_and_said() -> None:
    way = of(found([("parent", {"way": "rocket"})] * 6 + [("parent", {"way": "bus"})] * 6), "way")
    assert (way.whole.n, way.whole.counts, way.whole.unlisted) == (12, (0, 6, 0, 0), 6)


def test_results_are_kept_as_json() -> None:
    report = found(rows(120))
    assert Results.model_validate_json(report.model_dump_json()) == report
