"""What people are told: in the page at once, by mail from a job, each in his own language.

A notice keeps what kind it is and the facts; its words are made when it is read, so that a person who changes his language reads
old notices in the new one. Apps register their kinds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from sapa_web.common import clock
from sapa_web.common.domain import jobs
from sapa_web.common.models import Notice
from sapa_web.common.templatetags.ui import day

log = logging.getLogger(__name__)

MAIL = "mail.send"
MOST_TRIES = 40
LONGEST_PAUSE = timedelta(hours=1)
CHUNK = 200


@dataclass(frozen=True)
class Wording:
    """Heading and text of a kind; ``%(name)s`` takes what the notice keeps. ``icon`` of the list."""

    title: Any
    text: Any
    icon: str = "bell"


wordings: dict[str, Wording] = {}


def register(kind: str, title: Any, text: Any, icon: str = "bell") -> None:
    """Give a kind of notices its words (lazily translated)."""
    wordings[kind] = Wording(title, text, icon)


@dataclass(frozen=True)
class Words:
    """A notice as its reader sees it."""

    title: str
    text: str
    icon: str


def words_of(notice: Notice) -> Words:
    """Title and text in the language that is active."""
    wording = wordings.get(notice.kind)
    if wording is None:
        return Words(notice.kind, "", "bell")
    facts = {name: _readable(value) for name, value in notice.data.items()}
    try:
        return Words(str(wording.title) % facts, str(wording.text) % facts, wording.icon)
    except (KeyError, ValueError):
        log.exception("notice %s of kind %s lacks a fact", notice.pk, notice.kind)
        return Words(str(wording.title), "", wording.icon)


def _readable(value: Any) -> Any:
    """A date in the reader's way of writing; a text by language in the reader's; everything else as it is."""
    if isinstance(value, Mapping):
        lang = (translation.get_language() or "en").split("-")[0]
        return value.get(lang) or value.get("en") or next(iter(value.values()), "")
    if isinstance(value, str) and len(value) == 10:
        try:
            return day(date.fromisoformat(value))
        except ValueError:
            return value
    return value


def tell(users: Iterable[Any], kind: str, data: Mapping[str, Any], *, url: str = "", mail: bool = True) -> int:
    """Tell people, in the transaction of the act they are told of; returns how many."""
    return tell_each([(users, data, url)], kind, mail=mail)


def tell_each(items: Iterable[tuple[Iterable[Any], Mapping[str, Any], str]], kind: str, *, mail: bool = True) -> int:
    """Tell different people different things of one kind: ``(people, facts, address)`` each; returns how many notices."""
    at = clock.now()
    made = [
        Notice(user_id=pk, kind=kind, data=dict(data), url=url, at=at, mail_after=at if mail and user.email else None)
        for users, data, url in items
        for pk, user in {user.pk: user for user in users}.items()
    ]
    with transaction.atomic():
        Notice.objects.bulk_create(made, batch_size=500)
        if any(item.mail_after for item in made):
            jobs.once(MAIL)
    return len(made)


def unread(user: Any) -> int:
    """How many notices a person has not read."""
    return Notice.objects.filter(user=user, read_at=None).count()


def read(user: Any, pk: int | None = None) -> int:
    """Mark one of a person's notices read, or all; returns how many were unread."""
    mine = Notice.objects.filter(user=user, read_at=None)
    return (mine if pk is None else mine.filter(pk=pk)).update(read_at=clock.now())


def _waiting() -> Any:
    return Notice.objects.filter(mail_after__isnull=False, mail_after__lte=clock.now())


@jobs.kind(MAIL, gettext_lazy("Sending of mail"), quiet=True)
def send(job: jobs.Job) -> dict[str, int]:
    """Send what waits. A letter whose sending fails is tried again later; the others go on."""
    sent = failed = 0
    of = _waiting().count()
    while chunk := list(_waiting().select_related("user").order_by("pk")[:CHUNK]):
        connection = get_connection()
        for notice in chunk:
            try:
                _letter(notice, connection).send()
            except (SMTPException, OSError, ValueError) as error:
                failed += 1
                _postpone(notice, error)
            else:
                sent += 1
                Notice.objects.filter(pk=notice.pk).update(mailed_at=clock.now(), mail_after=None)
            job.progress(gettext("Sending of mail"), sent + failed, max(of, sent + failed))
        connection.close()
    return {"sent": sent, "failed": failed}


jobs.each_minute(MAIL, lambda: _waiting().exists())


def _letter(notice: Notice, connection: Any) -> EmailMessage:
    user: Any = notice.user
    with translation.override(user.language or settings.LANGUAGE_CODE):
        words = words_of(notice)
        lines = [words.text]
        if notice.url:
            lines += ["", site_address() + notice.url]
        lines += ["", gettext("You receive this letter because you have an account at %(site)s.") % {"site": site_address()}]
        # The same letter sent twice (a worker lost between sending and noting it) can be told by its number.
        headers = {"Message-ID": f"<notice-{notice.pk}@{site_address().partition('://')[2].partition(':')[0]}>"}
        title = " ".join(words.title.split())
        return EmailMessage(title, "\n".join(lines), to=[user.email], headers=headers, connection=connection)


def _postpone(notice: Notice, error: Exception) -> None:
    tries = notice.mail_tries + 1
    log.warning("mail of notice %s failed (try %s): %s", notice.pk, tries, error)
    pause = min(timedelta(minutes=2 ** min(tries - 1, 6)), LONGEST_PAUSE)
    after: datetime | None = clock.now() + pause if tries < MOST_TRIES else None
    Notice.objects.filter(pk=notice.pk).update(mail_tries=tries, mail_after=after)


def address_seen(request: HttpRequest) -> str:
    """Where the site is reached as this reader reaches it, unless the site says where; without a slash at the end."""
    return site_address() if getattr(settings, "SAPA_ADDRESS", "") else request.build_absolute_uri("/").rstrip("/")


def site_address() -> str:
    """Where the site is reached, without a slash at the end."""
    given: str = getattr(settings, "SAPA_ADDRESS", "")
    scheme = "https" if settings.HTTPS else "http"
    return (given or f"{scheme}://{settings.ALLOWED_HOSTS[0]}").rstrip("/")
