"""Releases by e-mail: an address is written to only after it has confirmed, once for each release, and stops when it wants.

Letters are rows before they are sent: a worker that is lost between two of them sends none twice and forgets none.
"""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sapa_web.common.clock import now
from sapa_web.common.domain import jobs
from sapa_web.common.domain.notices import site_address
from sapa_web.portal.domain.queries import published
from sapa_web.portal.models import Letter, Publication, Release, Subscriber
from sapa_web.portal.templatetags.portal import period_name, words

log = logging.getLogger(__name__)

LETTERS = "portal.letters"
UNCONFIRMED = timedelta(days=7)
"""How long an address that has not confirmed is kept."""
AGAIN = timedelta(hours=1)
"""How long somebody waits until a second letter with the link may be asked for."""
RECENT = timedelta(days=3)
"""Releases older than that are told nobody any more: a site that stood still does not send last year's news."""
MOST_TRIES = 20


def subscribe(email: str, language: str, publication: Publication | None) -> None:
    """Ask an address to confirm; the same whether it is new, waits, or has confirmed already: nobody learns who subscribes."""
    at = now()
    with transaction.atomic():
        Subscriber.objects.filter(confirmed_at=None, asked_at__lt=at - UNCONFIRMED).delete()
        found, made = Subscriber.objects.get_or_create(
            email=email.lower(), publication=publication,
            defaults={"language": language, "key": secrets.token_urlsafe(32), "asked_at": at},
        )  # fmt: skip
        if not made and found.asked_at > at - AGAIN:
            return
        Subscriber.objects.filter(pk=found.pk).update(asked_at=at, language=language)
        Letter.objects.create(subscriber=found, release=None, made_at=at, send_after=at)
        jobs.once(LETTERS)


def confirm(key: str) -> Subscriber | None:
    """From now on the address is told of releases."""
    found = Subscriber.objects.filter(key=key).first()
    if found is not None and found.confirmed_at is None:
        found.confirmed_at = now()
        found.save(update_fields=["confirmed_at"])
    return found


def stop(key: str) -> bool:
    """The address is forgotten, with all letters to it; whether there was one of that key."""
    return bool(Subscriber.objects.filter(key=key).delete()[0])


def _due() -> bool:
    return _waiting().exists() or any(True for _release in _untold())


def _waiting() -> Any:
    return Letter.objects.filter(sent_at=None, send_after__lte=now())


def _untold() -> list[Release]:
    """Public releases, of the last days, that some confirmed address has no letter of."""
    at = now()
    return [item for item in published.releases(at).filter(publish_at__gte=at - RECENT) if _readers(item).exists()]


def _readers(release: Release) -> Any:
    mine = Q(publication=None) | Q(publication=release.publication)
    readers = Subscriber.objects.filter(mine, confirmed_at__lte=release.publish_at)
    return readers.exclude(letters__release=release)


@jobs.kind(LETTERS, gettext_lazy("Letters to subscribers"), quiet=True)
def send(job: jobs.Job) -> dict[str, int]:
    """Write what is to be told, and send what waits; one that fails is tried again later."""
    at = now()
    for release in _untold():
        letters = [Letter(subscriber=item, release=release, made_at=at, send_after=at) for item in _readers(release)]
        Letter.objects.bulk_create(letters, batch_size=500, ignore_conflicts=True)
    sent = failed = 0
    connection = get_connection()
    for letter in _waiting().select_related("subscriber", "release__publication").order_by("pk")[:2000]:
        job.progress(str(_("Letters to subscribers")), sent + failed, sent + failed + 1)
        try:
            written(letter, connection).send()
        except (SMTPException, OSError, ValueError) as error:
            failed += 1
            log.warning("letter %s failed: %s", letter.pk, error)
            pause = timedelta(minutes=2 ** min(letter.tries, 8)) if letter.tries < MOST_TRIES else timedelta(days=3650)
            Letter.objects.filter(pk=letter.pk).update(tries=F("tries") + 1, send_after=now() + pause)
        else:
            sent += 1
            Letter.objects.filter(pk=letter.pk).update(sent_at=now())
    connection.close()
    return {"sent": sent, "failed": failed}


jobs.each_minute(LETTERS, _due)


def written(letter: Letter, connection: Any = None) -> EmailMessage:
    """A letter in its reader's language."""
    reader, base = letter.subscriber, site_address()
    own = base + reverse("portal:subscription", args=[reader.key])
    host = base.partition("://")[2].partition(":")[0]
    headers = {"Message-ID": f"<letter-{letter.pk}@{host}>"}
    with translation.override(reader.language):
        if letter.release is None:
            title = _("Please confirm: releases of education statistics by e-mail")
            lines = [_("Somebody has asked that this address be told of releases. To confirm, open:"), "", own, ""]
            lines.append(_("If it was not you, do nothing: you get no further letter."))
        else:
            release = letter.release
            title = f"{words(release.publication.title)}, {period_name(release.period)}"
            path = reverse("portal:release", args=[release.publication.slug, release.period])
            told = [words(release.headline), words(release.note)]
            lines = [*(text for text in told if text), "", base + path, "", _("To stop these letters, open:"), own]
            stop_url = base + reverse("portal:unsubscribe", args=[reader.key])
            headers |= {"List-Unsubscribe": f"<{stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        subject = " ".join(title.split())
        return EmailMessage(subject, "\n".join(lines), to=[reader.email], headers=headers, connection=connection)
