"""Notices: words at reading time, in the reader's language; unread count; mail from a job, tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import translation

from sapa_web.common import clock
from sapa_web.common.domain import jobs, notices
from sapa_web.common.models import JobRun, Notice
from tests.web import cast

SENT: list[str] = []


class Failing(EmailBackend):
    """A server that refuses one address."""

    def send_messages(self, messages: Any) -> int:
        if any("head" in message.to[0] for message in messages):
            raise OSError("connection refused")
        return int(super().send_messages(messages))


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {**notices.wordings, "t.due": notices.Wording("Due: %(what)s", "Please send %(what)s by %(due_on)s.")}
    monkeypatch.setattr(notices, "wordings", kinds)


def tell(*users: Any, url: str = "/returns/") -> None:
    notices.tell(users, "t.due", {"what": {"en": "staff", "ru": "кадры"}, "due_on": "2024-09-30"}, url=url)


def test_a_letter_is_written_in_the_persons_language(people: cast.Cast) -> None:
    people.head.language = "ru"
    people.head.save()
    tell(people.secretary, people.head, people.head)
    assert sorted((letter.to[0], letter.subject) for letter in mail.outbox) == [
        ("head@example.org", "Due: кадры"),
        ("secretary@example.org", "Due: staff"),
    ]
    assert "Please send staff by 30\N{NO-BREAK SPACE}September 2024." in mail.outbox[0].body
    assert "http://localhost/returns/" in mail.outbox[0].body
    assert Notice.objects.filter(mailed_at=None).count() == 0


def test_a_letter_that_fails_is_tried_later_and_the_others_go(people: cast.Cast, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    tell(people.secretary, people.head)
    left = Notice.objects.get(mailed_at=None)
    assert (left.user.email, left.mail_tries) == ("head@example.org", 1)
    assert [letter.to for letter in mail.outbox] == [["secretary@example.org"]]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert not [item for item in jobs.periodics if item.kind == notices.MAIL and item.due()]
    with clock.standing_at(clock.now() + timedelta(minutes=2)):
        assert "mail.send" in jobs.begin_due()
    left.refresh_from_db()
    assert left.mailed_at is not None
    assert len(mail.outbox) == 2


def test_the_page_counts_reads_and_leads_on(people: cast.Cast, client: Client) -> None:
    tell(people.secretary)
    tell(people.secretary, url="https://elsewhere.example/")
    tell(people.head)
    client.force_login(people.secretary)
    page = client.get("/notices/")
    assert page.context["unread_count"] == 2
    assert "Please send staff" in page.text
    with translation.override("en"):
        newest, oldest = Notice.objects.filter(user=people.secretary)
    assert client.post(f"/notices/{oldest.pk}/").headers["Location"] == "/returns/"
    assert client.post(f"/notices/{newest.pk}/").headers["Location"] == "/notices/"
    assert client.get("/notices/?unread=1").context["unread_count"] == 0
    others = Notice.objects.get(user=people.head)
    assert client.post(f"/notices/{others.pk}/").status_code == 404
    tell(people.secretary)
    client.post("/notices/read/")
    assert notices.unread(people.secretary) == 0
    assert notices.unread(people.head) == 1


@pytest.mark.parametrize("url", ["/notices/", "/jobs/"])
def test_the_number_of_queries_does_not_grow(people: cast.Cast, client: Client, url: str, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(people.administrator)
    client.get(url)  # the session notes that it is in use
    counts = []
    for _ in range(3):
        tell(people.administrator)
        JobRun.objects.create(kind="t.x", title="X", asked_by=people.administrator, asked_at=clock.now())
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        counts.append(len(seen))
    assert counts[0] == counts[1] == counts[2]


def test_jobs_are_seen_by_who_asked_and_who_oversees(people: cast.Cast, client: Client) -> None:
    run = JobRun.objects.create(kind="t.x", title="X", state="failed", asked_by=people.manager, asked_at=clock.now(), error="why")
    answers = {}
    for name in ("manager", "administrator", "secretary", "officer", "nobody"):
        client.force_login(people.people[name])
        answers[name] = client.get(f"/jobs/{run.pk}/").status_code
    assert answers == {"manager": 200, "administrator": 200, "secretary": 404, "officer": 404, "nobody": 404}
    client.logout()
    assert client.get("/jobs/").status_code == 302
    assert client.get("/notices/").status_code == 302


def test_the_state_of_a_moving_job_is_asked_for_again(people: cast.Cast, client: Client) -> None:
    run = JobRun.objects.create(
        kind="t.x", title="X", state="running", step="rows", done=3, of=10, asked_by=people.manager, asked_at=clock.now()
    )
    client.force_login(people.manager)
    part = client.get(f"/jobs/{run.pk}/", headers={"HX-Request": "true"}).text
    assert 'hx-trigger="every 2s"' in part
    assert "3 of 10" in part
    assert "<html" not in part
    JobRun.objects.update(state="done")
    assert "hx-trigger" not in client.get(f"/jobs/{run.pk}/", headers={"HX-Request": "true"}).text
