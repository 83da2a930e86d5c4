"""The box under two hands: one link lets one answer in, also when it is used twice at the same moment; closing loses nothing."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from sapa.errors import UserError
from sapa_web.common import clock
from sapa_web.surveys.domain import box, links, surveys
from sapa_web.surveys.models import Answer, Invitee, Slip, Survey
from tests.web import cast
from tests.web.surveys import world

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 4


def at_once(work: Any, arguments: list[Any]) -> list[Any]:
    """The work in as many threads, begun at the same moment, each with a connection of its own."""
    ready = Barrier(len(arguments))

    def one(argument: Any) -> Any:
        with clock.standing_at(cast.DAY):
            ready.wait(20)
            try:
                return work(argument)
            finally:
                connection.close()

    with ThreadPoolExecutor(len(arguments)) as hands:
        return list(hands.map(one, arguments))


def test_one_link_one_answer_at_the_same_moment(people: cast.Cast) -> None:
    survey = world.survey()
    codes = links.print_codes(world.head(), survey, {"": 5})[""]
    for code in codes[:3]:
        ticket = box.Ticket(code, personal=True)
        said = at_once(lambda number, ticket=ticket: box.put(survey, ticket, {"years": number}), list(range(HANDS)))
        assert Counter(said) == {box.RECEIVED: 1, box.TWICE: HANDS - 1}
    assert Answer.objects.count() == 3


def test_one_number_one_answer_at_the_same_moment(people: cast.Cast) -> None:
    survey = world.survey(way=Survey.ANYBODY)
    ticket = box.Ticket("a" * 32, personal=False)
    said = at_once(lambda number: box.put(survey, ticket, {"years": number}), list(range(HANDS)))
    assert Counter(said) == {box.RECEIVED: 1, box.TWICE: HANDS - 1}
    assert Answer.objects.count() == 1


def test_what_was_received_is_counted_and_what_is_counted_was_received(people: cast.Cast) -> None:
    """Answers come in while the survey is closed: each is either told to be shut out or among those counted."""
    survey = world.survey(way=Survey.ANYBODY)

    def step(number: int) -> str:
        if number == 2:
            surveys.close("system:test", survey)
            return "closed"
        return box.put(survey, box.Ticket(f"{number:032}", personal=False), {"years": number})

    said = Counter(at_once(step, list(range(HANDS))))
    survey.refresh_from_db()
    assert survey.received == said[box.RECEIVED] == Answer.objects.count()
    assert said[box.RECEIVED] + said[box.SHUT] == HANDS - 1


def test_a_shaken_box_holds_the_same(people: cast.Cast) -> None:
    survey = world.survey(way=Survey.ANYBODY)
    for number in range(12):
        box.put(survey, box.Ticket(f"{number:032}", personal=False), {"years": number})
    assert box.shake_all(None) == {"moved": 12}  # type: ignore[arg-type]
    assert sorted(item.content["years"] for item in Answer.objects.all()) == list(range(12))
    assert box.put(survey, box.Ticket(f"{3:032}", personal=False), {"years": 3}) == box.TWICE
    assert Slip.objects.count() == 12
    assert box.to_shake() == []


def test_small_groups_get_no_links(people: cast.Cast) -> None:
    survey = world.survey(groups=[{"id": "g1", "title": {"en": "Stars"}}, {"id": "g2", "title": {"en": "Suns"}}])
    with pytest.raises(UserError, match="anonymous"):
        links.print_codes(world.head(), survey, {"g1": 5, "g2": 2})
    assert not Slip.objects.exists()
    links.print_codes(world.head(), survey, {"g1": 5, "g2": 5})
    links.print_codes(world.head(), survey, {"g1": 1})
    survey.refresh_from_db()
    assert survey.issued == {"g1": 6, "g2": 5}


def test_letters_are_refused_where_they_would_be_kept(people: cast.Cast, settings: Any) -> None:
    survey = world.survey()
    links.invite(world.head(), survey, [{"email": f"p{number}@example.org"} for number in range(6)])
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    with pytest.raises(UserError, match="no mail server"):
        links.ask_letters(world.head(), survey)
    assert not Slip.objects.exists()


def test_a_refused_letter_leaves_no_link_and_is_written_again(people: cast.Cast, monkeypatch: Any) -> None:
    survey = world.survey()
    links.invite(world.head(), survey, [{"email": f"p{number}@example.org"} for number in range(6)])
    sent: list[str] = []

    def send(self: Any, **_more: Any) -> int:
        if len(sent) == 4:
            raise OSError("the server is gone")
        sent.append(self.to[0])
        return 1

    monkeypatch.setattr("django.core.mail.EmailMessage.send", send)
    with pytest.MonkeyPatch.context():
        links.ask_letters(world.head(), survey)
    assert (len(sent), Slip.objects.count()) == (4, 4)
    assert Invitee.objects.unscoped("test").filter(written=False).count() == 2
