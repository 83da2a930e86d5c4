"""Coding of open answers and protocols: two who work alone, their agreement, what they settle on, what is counted."""

from __future__ import annotations

from typing import Any

import pytest

from sapa.errors import UserError
from sapa.measurement import Interval
from sapa_web.common.domain import ledger
from sapa_web.common.models import LedgerEntry
from sapa_web.orgs.models import User
from sapa_web.surveys.domain import coding
from sapa_web.surveys.domain.coding import Line, Wanted
from sapa_web.surveys.domain.queries import coding as held_in
from sapa_web.surveys.models import Coding, CodingUnit
from sapa_web.surveys.shown_coding import Table
from tests.web import cast
from tests.web.surveys import coders, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(people: cast.Cast, tmp_path: Any, settings: Any) -> None:
    settings.SAPA_HOME = tmp_path


def test_only_what_results_show_is_coded(people: cast.Cast) -> None:
    """Nine answers, the threshold five: results count them but show no words, and there is nothing to code either."""
    few = world.counted(rows=world.answered(9))
    assert held_in.questions_of_survey(few) == []
    with pytest.raises(UserError, match="nothing to code"):
        coding.start(world.head(), coders.begun(few))
    assert [item.name for item in held_in.questions_of_survey(world.counted())] == ["wish"], "eight said why not: too few"
    with pytest.raises(UserError, match="closed"):
        held_in.questions_of_survey(world.survey())


def test_texts_stand_in_the_order_of_letters_and_tell_no_more() -> None:
    made = coders.started()
    texts = list(CodingUnit.objects.unscoped("test").filter(coding=made).values_list("text", flat=True))
    assert texts == sorted(f"wish {place % 4}" for place in range(24))
    assert {item.name for item in CodingUnit._meta.fields} == {
        "id", "coding", "number", "question", "text", "protocol", "decided", "reason", "decided_by", "decided_at",
    }  # fmt: skip


def test_a_sample_is_drawn_by_chance() -> None:
    assert coders.started(most=7).units.unscoped("test").count() == 7


def test_nobody_sees_the_others_codes_before_both_have_finished() -> None:
    made = coders.coded(coders.started(), {1: ["c3"]}, finished=False)
    made = coding.finish(made.first, made)
    assert made.state == Coding.WORK
    with pytest.raises(UserError, match="alone"):
        held_in.assignments(made)
    with pytest.raises(UserError, match="alone"):
        held_in.agreement_of(made)
    assert held_in.marked(made, coders.deputy())[1] == ["c3"]
    with pytest.raises(UserError, match="you have finished"):
        coding.mark(made.first, made, 1, ["c3"])
    made = coding.finish(coders.deputy(), made)
    assert held_in.disputed(made) == [1]


def test_agreement_is_said_code_by_code() -> None:
    """24 texts, 22 alike; the first gives Yard 12 times, the second 10: by chance (12·10 + 12·14) / 24² = 1/2."""
    made = coders.coded(coders.started(), {1: [], 3: []})
    yard = next(item for item in held_in.agreement_of(made).codes if item.code == "c2")
    assert yard.given == {f"{made.first_id}": 12, f"{made.second_id}": 10}
    assert yard.percent == pytest.approx(22 / 24)
    assert yard.kappa == pytest.approx((22 / 24 - 0.5) / 0.5)
    assert [item.code for item in held_in.agreement_of(made).codes] == ["c2", "c3", "c4"], "a heading is not given"


def test_the_verdict_says_when_few_texts_leave_it_uncertain() -> None:
    table = Table(coders.coded(coders.started(), {1: ["c3"]}))
    for alpha, low, words in (
        (0.9, 0.85, "relied upon."),
        (0.9, 0.7, "uncertain"),
        (0.7, 0.67, "careful"),
        (0.5, 0.4, "Too little"),
    ):
        table.found = table.found.model_copy(update={"alpha": alpha, "interval": Interval(alpha, low, 1.0, 0.95, 24)})
        assert words in table.verdict()
        assert ("uncertain" in table.verdict()) == (words == "uncertain")


def test_what_differs_is_talked_over_and_only_then_counted() -> None:
    made = coders.coded(coders.started(), {1: ["c3"], 3: []})
    head = made.first
    with pytest.raises(UserError, match="disagree"):
        held_in.counted(made)
    with pytest.raises(UserError, match="in dispute: 2"):
        coding.settle(head, made)
    with pytest.raises(UserError, match="same codes"):
        coding.decide(head, made, 2, ["c2"], "x")
    with pytest.raises(UserError, match="reason"):
        coding.decide(head, made, 1, ["c2"], " ")
    with pytest.raises(UserError, match="not in the book"):
        coding.decide(head, made, 1, ["c1"], "a heading")
    coding.decide(head, made, 1, ["c2", "c3"], "Both are meant.")
    coding.decide(coders.deputy(), made, 3, [], "Said of another place.")
    made = coding.settle(head, made)
    n, codes = held_in.counted(made)
    assert (n, {item.code.id: item.n for item in codes}) == (24, {"c1": 11, "c2": 11, "c3": 1, "c4": 0})
    with pytest.raises(UserError, match="not possible"):
        coding.decide(head, made, 1, [], "again")


def test_one_alone_may_code_and_no_agreement_is_said() -> None:
    made = coders.coded(coders.started(two=False))
    found = held_in.agreement_of(made)
    assert (found.units, found.alpha, found.disputed) == (0, None, ())
    assert coding.settle(made.first, made).state == Coding.SETTLED
    assert held_in.counted(made)[0] == 24


def test_finishing_needs_every_text() -> None:
    made = coders.started()
    coding.mark(made.first, made, 1, [])
    with pytest.raises(UserError, match="not coded yet"):
        coding.finish(made.first, made)


def test_another_book_begins_the_coding_anew() -> None:
    made = coders.coded(coders.started(), finished=False)
    made = coding.revise(made.first, made)
    assert (made.state, CodingUnit.objects.unscoped("test").count()) == (Coding.DRAFT, 0)
    lines = [Line(item["name"], below=bool(item["parent"]), id=item["id"]) for item in made.codes]
    made = coding.write_book(made.first, made, [lines[3], Line("New"), *lines[:3]])
    assert [item["id"] for item in made.codes] == ["c4", "c5", "c1", "c2", "c3"]
    assert [item["parent"] for item in made.codes] == ["", "", "", "c1", "c1"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([Line("One", below=True)], "below none"),
        ([Line("One"), Line("ONE")], "one name"),
        ([Line(f"{n}") for n in range(101)], "at most"),
    ],
)
def test_books_that_say_nothing_clear_are_refused(lines: list[Line], why: str) -> None:
    made = coders.begun()
    with pytest.raises(UserError, match=why):
        coding.write_book(made.first, made, lines)


def test_the_book_of_an_earlier_coding_is_taken_over() -> None:
    survey = world.counted()
    earlier = coders.begun(survey)
    wanted = Wanted(title="Again", questions=["wish"], first=world.head(), book=earlier)
    assert coding.begin(world.head(), survey, wanted).codes == earlier.codes


def test_who_does_not_work_there_codes_nothing(people: cast.Cast) -> None:
    survey = world.counted()
    for wrong in (people.officer, people.secretary, people.head):
        with pytest.raises(UserError, match="does not work"):
            coding.begin(world.head(), survey, Wanted(title="x", questions=["wish"], first=wrong))
    with pytest.raises(UserError, match="two different"):
        coding.begin(world.head(), survey, Wanted(title="x", questions=["wish"], first=world.head(), second=world.head()))
    made = coders.started()
    third = User.objects.create_user("third@example.org", cast.PASSWORD, name="Third")
    with pytest.raises(UserError, match="none of those"):
        coding.mark(third, made, 1, [])
    assert {user.email for user in held_in.offered_coders(cast.organisation(cast.KINDERGARTEN))} == {
        world.head().email, coders.deputy().email,
    }  # fmt: skip


def test_notes_of_agreed_protocols_are_coded_by_paragraph() -> None:
    version = world.version(world.sheet())
    coders.agreed_protocol({"base": "The fence is broken.\n\nThe sand is new.", "hygiene": "Clean."}, version=version)
    coders.agreed_protocol({"base": "All in order."}, version=version, period="2023-2024")
    world.protocol()
    wanted = Wanted(title="Yard", questions=["base"], first=world.head(), passages=True)
    made = coding.begin(world.head(), version.instrument, wanted)
    coding.write_book(world.head(), made, coders.BOOK)
    made = coding.start(world.head(), made)
    found = list(CodingUnit.objects.unscoped("test").filter(coding=made).values_list("text", flat=True))
    assert found == ["The fence is broken.", "The sand is new.", "All in order."]


def test_the_ledger_tells_the_acts_and_no_mark() -> None:
    made = coders.coded(coders.started(), {1: ["c3"]})
    coding.decide(made.first, made, 1, ["c3"], "Rooms are meant.")
    found = list(LedgerEntry.objects.filter(verb__startswith="coding.").order_by("seq"))
    assert [item.verb.removeprefix("coding.") for item in found] == [
        "begun", "book_written", "started", "finished", "finished", "decided",
    ]  # fmt: skip
    assert found[3].data["digest"] != found[4].data["digest"]
    assert list(ledger.faults()) == []
