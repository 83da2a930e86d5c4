"""The overall appraisal by hand-worked values, its stability, and the two analyses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.errors import UserError
from sapa.evaluation.analysis import Measured, course, placed
from sapa.evaluation.appraisal import KeyIndicator, appraise, level_of, perturbed, resampled, shared, without_each

MARKS = KeyIndicator("good-marks", "results", "higher", 0, 100)
BELOW = KeyIndicator("below-minimum", "results", "lower", 0, 100)
EXAM = KeyIndicator("exam-mark", "external", "higher", 2, 5)
SPORT = KeyIndicator("sport", "health", "higher", 0, 100)
SET = [MARKS, BELOW, EXAM, SPORT]
YEARS = {
    "2021": {"good-marks": 40.0, "below-minimum": 20.0, "exam-mark": 3.5, "sport": 60.0},
    "2022": {"good-marks": 50.0, "below-minimum": 10.0, "exam-mark": 3.8, "sport": 50.0},
}


def test_a_score_worked_by_hand() -> None:
    """2021: results (0.4 + 0.8) / 2 = 0.6, external (3.5 − 2) / 3 = 0.5, health 0.6; whole 1.7 / 3."""
    first, second = appraise(YEARS, SET)
    assert [first.cluster(name) for name in ("results", "external", "health")] == pytest.approx([0.6, 0.5, 0.6])
    assert first.score == pytest.approx(1.7 / 3)
    assert second.score == pytest.approx((0.7 + 0.6 + 0.5) / 3)
    assert first.missing == ()
    assert first.coverage == 1.0


def test_weights_of_indicators_and_of_clusters() -> None:
    """Marks thrice: results (3 · 0.4 + 0.8) / 4 = 0.5; results twice: (2 · 0.5 + 0.5 + 0.6) / 4 = 0.525."""
    heavy = [KeyIndicator("good-marks", "results", "higher", 0, 100, 3), BELOW, EXAM, SPORT]
    (found,) = appraise({"2021": YEARS["2021"]}, heavy, {"results": 2})
    assert found.score == pytest.approx(0.525)


def test_what_is_not_known_is_left_out_and_said() -> None:
    (found,) = appraise({"x": {"good-marks": 40.0, "exam-mark": 3.5, "sport": None}}, SET)
    assert found.missing == ("below-minimum", "sport")
    assert found.coverage == 0.5
    assert found.score == pytest.approx((0.4 + 0.5) / 2)
    (poor,) = appraise({"x": {"sport": 50.0}}, SET)
    assert poor.score is None
    assert poor.cluster("health") == 0.5


def test_units_are_compared_on_what_is_known_of_all() -> None:
    assert [item.id for item in shared({**YEARS, "2023": {"sport": 1.0, "exam-mark": None}}, SET)] == ["sport"]


def test_values_outside_the_scale_count_as_its_ends() -> None:
    assert MARKS.scaled(130) == 1
    assert BELOW.scaled(130) == 0
    assert EXAM.scaled(1) == 0


def test_an_empty_set_a_doubled_indicator_a_scale_without_length_are_refused() -> None:
    for wrong in ([], [MARKS, MARKS]):
        with pytest.raises(UserError):
            appraise(YEARS, wrong)
    with pytest.raises(UserError):
        KeyIndicator("x", "y", "higher", 5, 5)


def test_levels_are_equal_bands_the_best_first() -> None:
    levels = ("high", "sufficient", "improve", "low")
    assert [level_of(score, levels) for score in (1.0, 0.75, 0.74, 0.5, 0.25, 0.0)] == [
        "high", "high", "sufficient", "sufficient", "improve", "low",
    ]  # fmt: skip


def test_leaving_one_out_by_hand() -> None:
    """Without sport: 2021 (0.6 + 0.5) / 2 = 0.55, 2022 (0.7 + 0.6) / 2 = 0.65; without exam 0.6 and 0.6: no overtaking."""
    found = {item.indicator: item for item in without_each(YEARS, SET)}
    assert found["sport"].scores == pytest.approx({"2021": 0.55, "2022": 0.65})
    assert found["sport"].differences["2021"] == pytest.approx(0.55 - 1.7 / 3)
    assert not any(item.order_changes for item in found.values())
    one = {"a": {"good-marks": 90.0, "sport": 0.0}, "b": {"good-marks": 10.0, "sport": 70.0}}
    left = {item.indicator: item.order_changes for item in without_each(one, [MARKS, SPORT])}
    assert left == {"good-marks": True, "sport": False}


def test_draws_repeat_and_hold_the_score() -> None:
    for method in (perturbed, resampled):
        first, again = method(YEARS, SET), method(YEARS, SET)
        assert first == again
        for spread, found in zip(first, appraise(YEARS, SET), strict=True):
            assert found.score is not None
            assert spread.low <= found.score <= spread.high
    # One cluster alone holds two indicators: of 2021 results is 0.4, 0.6 or 0.8, the whole between 1.5/3 and 1.9/3.
    spread = resampled({"2021": YEARS["2021"]}, SET)[0]
    assert (spread.low, spread.high) == pytest.approx((1.5 / 3, 1.9 / 3))
    assert (spread.best, spread.worst) == (1, 1)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100), st.floats(2, 5), st.floats(0, 100)), min_size=1, max_size=4))
def test_a_score_lies_between_its_worst_and_its_best_cluster(rows: list[tuple[float, float, float, float]]) -> None:
    units = {str(place): dict(zip([item.id for item in SET], row, strict=True)) for place, row in enumerate(rows)}
    for found in appraise(units, SET):
        scores = [item.score for item in found.clusters if item.score is not None]
        assert found.score is not None
        assert min(scores) - 1e-9 <= found.score <= max(scores) + 1e-9


def test_the_course_of_a_measure_by_hand() -> None:
    """40, 44, –, 43: slopes between pairs 4, 1 (over three), −0.5 (over two); the median is 1."""
    found = course({"2021": 40, "2022": 44, "2023": None, "2024": 43}, "higher", still=0.5)
    assert [item.verdict for item in found.changes] == ["unknown", "better", "unknown", "worse"]
    assert [item.change for item in found.changes] == [None, 4, None, -1]
    assert found.slope == 1
    assert found.verdict == "better"
    assert course({"2021": 5.0, "2022": 4.0}, "lower").verdict == "better"
    assert course({"2021": 5.0}, "lower").verdict == "unknown"


def test_places_are_only_as_sure_as_the_intervals() -> None:
    found = placed([Measured("5a", 12, 25), Measured("5b", 13, 25), Measured("5c", 2, 25), Measured("5d", 0, 0)])
    assert [(item.unit, item.place, item.best, item.worst) for item in found] == [
        ("5b", 1, 1, 2), ("5a", 2, 1, 2), ("5c", 3, 3, 3),
    ]  # fmt: skip
    turned = placed([Measured("a", 1, 100), Measured("b", 60, 100)], "lower")
    assert [(item.unit, item.place, item.worst) for item in turned] == [("a", 1, 1), ("b", 2, 2)]
