"""Releases by e-mail: nobody unconfirmed, everybody once, not a second early, and no more when he stops."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from sapa_web.common import clock
from sapa_web.common.domain import jobs
from sapa_web.common.models import JobRun
from sapa_web.portal.domain import subscribing
from sapa_web.portal.models import Letter, Subscriber
from tests.web import cast
from tests.web.portal.world import release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
READER = "reader@example.org"


def sent() -> list[Any]:
    """What was sent since the last look: by the jobs that were asked for (here they run at once), and by the minute's job."""
    run = JobRun.objects.create(kind=subscribing.LETTERS, title="x", state=jobs.RUNNING, attempts=1, asked_at=clock.now())
    subscribing.send(jobs.Job(run, 1))
    out = list(mail.outbox)
    mail.outbox.clear()
    return out


def confirmed(email: str = READER) -> Subscriber:
    Client().post("/statistics/subscribe/", {"email": email})
    found = Subscriber.objects.get(email=email)
    sent()
    Client().post(f"/statistics/subscribe/{found.key}/")
    found.refresh_from_db()
    return found


def test_an_address_confirms_by_the_link_in_its_letter_and_not_by_opening_it() -> None:
    page = Client().post("/statistics/subscribe/", {"email": READER}, headers={"Accept-Language": "en"})
    assert "confirm" in page.content.decode()
    found = Subscriber.objects.get()
    (letter,) = sent()
    link = f"/statistics/subscribe/{found.key}/"
    assert letter.to == [READER]
    assert link in letter.body
    assert Client().get(link).status_code == 200
    found.refresh_from_db()
    assert found.confirmed_at is None
    Client().post(link)
    found.refresh_from_db()
    assert found.confirmed_at is not None
    assert sent() == []


def test_who_asks_again_learns_nothing_and_gets_no_second_letter_at_once() -> None:
    pages = [Client().post("/statistics/subscribe/", {"email": READER}) for _ in range(2)]
    assert pages[0].context["asked"] == pages[1].context["asked"]
    assert len(sent()) == 1
    with clock.standing_at(cast.DAY + timedelta(hours=2)):
        Client().post("/statistics/subscribe/", {"email": READER.upper()})
        assert len(sent()) == 1
    assert Subscriber.objects.count() == 1


def test_a_release_is_told_once_to_who_has_confirmed_and_not_a_second_early() -> None:
    reader = confirmed()
    Client().post("/statistics/subscribe/", {"email": "waiting@example.org"})
    sent()
    at = cast.DAY + timedelta(hours=1)
    release(at=at, headline={"en": "The headline", "ru": "Заголовок"})
    with clock.standing_at(at - timedelta(seconds=1)):
        assert not subscribing._due()
        assert sent() == []
    with clock.standing_at(at):
        assert subscribing._due()
        (letter,) = sent()
        assert sent() == []
        assert not subscribing._due()
    assert letter.to == [READER]
    assert "The headline" in letter.body
    assert f"/statistics/subscribe/{reader.key}/stop/" in letter.extra_headers["List-Unsubscribe"]


def test_who_stops_is_forgotten() -> None:
    reader = confirmed()
    Client(enforce_csrf_checks=True).post(f"/statistics/subscribe/{reader.key}/stop/", {"List-Unsubscribe": "One-Click"})
    assert not Subscriber.objects.exists()
    assert not Letter.objects.exists()
    release()
    assert sent() == []


def test_who_came_after_a_release_is_not_told_of_it() -> None:
    release(at=cast.DAY - timedelta(hours=1))
    confirmed()
    assert sent() == []


def test_a_letter_that_fails_waits_and_is_sent_once(monkeypatch: Any) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", lambda self: (_ for _ in ()).throw(OSError("no server")))
        Client().post("/statistics/subscribe/", {"email": READER})
        assert sent() == []
    assert sent() == []
    with clock.standing_at(cast.DAY + timedelta(minutes=2)):
        assert len(sent()) == 1
        assert sent() == []


def test_a_wrong_address_is_told_and_a_flood_is_stopped(monkeypatch: Any) -> None:
    assert "asked" not in Client().post("/statistics/subscribe/", {"email": "nobody"}).context
    monkeypatch.setattr("sapa_web.portal.views.subscribe.ASKED_AN_HOUR", 1)
    answers = [Client().post("/statistics/subscribe/", {"email": f"r{n}@example.org"}).status_code for n in range(2)]
    assert answers == [200, 429]
