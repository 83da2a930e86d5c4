"""The box: answers go in, nobody reads before the survey is closed, and nothing tells which came when, by which link, from whom.

An answer is a row with a random key; the slip that let it in is another, marked used in the same transaction. Two things could
still tie them: the order in which a database writes its rows, and what PostgreSQL notes of the transaction that wrote a row
(``xmin``). So rows are *shaken*: written anew together, in chance's order, under new keys, by one transaction for many; then what
the database has kept of the old ones is cleared (``VACUUM``; on SQLite, whose tables here know no order, the log of writes is
emptied). This happens while a survey is open as answers come in, and for all of them when it is closed.

Whoever watches the running machine with its owner's rights sees an answer as it comes in. Nothing here claims otherwise.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import sha256

from django.db import connection, transaction
from django.utils.translation import gettext_lazy

from sapa_web.common.clock import today
from sapa_web.common.domain import jobs
from sapa_web.surveys.models import Answer, Slip, Survey

log = logging.getLogger(__name__)

SHAKE = "surveys.shake"
LEAST = 10
"""Answers that are shaken together at least, while the survey is open."""
_LOCK = 5_217_103  # any number, the same everywhere: PostgreSQL's advisory lock of a box

RECEIVED, TWICE, UNKNOWN, SHUT = "received", "twice", "unknown", "shut"
"""What comes of handing in an answer: it is in; the link was used before; there is no such link; nothing is taken in now."""


@dataclass(frozen=True)
class Ticket:
    """What lets an answer in: the code of a personal link, or the number a browser gave its answer."""

    secret: str
    personal: bool
    group: str = ""  # said by the respondent where the link is open; a personal link knows it


def digest_of(survey: Survey, secret: str) -> str:
    """How a code is kept: SHA-256 of the survey's key and the code, which has 80 random bits."""
    return sha256(f"{survey.key}:{secret}".encode()).hexdigest()


def put(survey: Survey, ticket: Ticket, content: dict[str, object]) -> str:
    """Put a checked answer into the box, once for each ticket, also where two come at the same moment."""
    digest = digest_of(survey, ticket.secret)
    with transaction.atomic():
        hold(survey, shared=True)
        if not _takes(survey):
            return SHUT
        if ticket.personal:
            found = _use(survey, digest)
            if found is None:
                return TWICE if Slip.objects.filter(digest=digest, survey=survey).exists() else UNKNOWN
            group = found
        else:
            if not _first(survey, digest):
                return TWICE
            group = ticket.group
        Answer.objects.create(survey=survey, group=group, content=content)
    return RECEIVED


def put_paper(survey: Survey, group: str, content: dict[str, object]) -> None:
    """The same for a form on paper; the caller holds the box and has checked that the survey is open."""
    Answer.objects.create(survey=survey, group=group, content=content)


def count(survey: Survey) -> int:
    """How many answers have come in."""
    return survey.received if survey.state == Survey.CLOSED else Answer.objects.filter(survey=survey).count()


def seal(survey: Survey) -> int:
    """What let answers in is gone. Returns how many answers there are. The caller holds the box, alone, and closes the survey."""
    Slip.objects.filter(survey=survey).delete()
    return Answer.objects.filter(survey=survey).count()


def _use(survey: Survey, digest: str) -> str | None:
    """Mark a slip used and say its group. One statement decides: of two at once the second finds no unused slip."""
    table = Slip._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {table} SET used = %s WHERE digest = %s AND survey_id = %s AND NOT used RETURNING "group"',  # noqa: S608
            [True, digest, survey.pk],
        )
        found = cursor.fetchone()
    return str(found[0]) if found else None


def _first(survey: Survey, digest: str) -> bool:
    """Whether this number comes for the first time: the database inserts it or says that it stands there."""
    table = Slip._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {table} (digest, survey_id, "group", used) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING',  # noqa: S608
            [digest, survey.pk, "", True],
        )
        return bool(cursor.rowcount)


def _takes(survey: Survey) -> bool:
    """Asked inside the transaction; written out, since it is asked for every answer."""
    day, table = today().isoformat(), Survey._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {table} WHERE id = %s AND state = %s AND opens_on <= %s AND closes_on >= %s",  # noqa: S608
            [survey.pk, Survey.OPEN, day, day],
        )
        return cursor.fetchone() is not None


def hold(survey: Survey, *, shared: bool) -> None:
    """Answers go in side by side, but not while the box is shaken or closed. SQLite's transactions queue already.

    It is always the first thing a transaction holds, before the survey's row: whoever took the row first would wait for an answer
    that waits for the row.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            name = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
            cursor.execute(f"SELECT {name}(%s, %s)", [_LOCK, survey.pk % 2**31])


def shake(survey: Survey, *, everything: bool = False) -> int:
    """Mix the rows that were not mixed yet (or all) and the used slips; returns how many answers were moved."""
    with transaction.atomic():
        hold(survey, shared=False)
        fresh = Answer.objects.filter(survey=survey) if everything else Answer.objects.filter(survey=survey, shaken=False)
        if connection.vendor == "postgresql":
            moved = _rewrite(survey, everything)
            shake_slips(survey)
        else:
            moved = fresh.filter(shaken=False).update(shaken=True)
    forget()
    return moved


def _rewrite(survey: Survey, everything: bool) -> int:
    table = Answer._meta.db_table
    which = "" if everything else "AND NOT shaken"
    with connection.cursor() as cursor:
        cursor.execute(
            f'WITH moved AS (DELETE FROM {table} WHERE survey_id = %s {which} RETURNING "group", content) '  # noqa: S608
            f'INSERT INTO {table} (id, survey_id, "group", content, shaken) '
            "SELECT replace(gen_random_uuid()::text, '-', ''), %s, \"group\", content, true FROM moved ORDER BY random()",
            [survey.pk, survey.pk],
        )
        return int(cursor.rowcount)


def shake_slips(survey: Survey) -> None:
    """Write all slips of a survey anew, in chance's order: no transaction ties one to a letter or to an answer."""
    if connection.vendor != "postgresql":
        return
    table = Slip._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'CREATE TEMPORARY TABLE shaken ON COMMIT DROP AS SELECT digest, "group", used FROM {table} WHERE survey_id = %s',  # noqa: S608
            [survey.pk],
        )
        cursor.execute(f"DELETE FROM {table} WHERE survey_id = %s", [survey.pk])  # noqa: S608
        cursor.execute(
            f'INSERT INTO {table} (digest, survey_id, "group", used) '  # noqa: S608
            'SELECT digest, %s, "group", used FROM shaken ORDER BY random()',
            [survey.pk],
        )


def forget() -> None:
    """Clear what the database still holds of rows as they were: outside a transaction only."""
    if connection.in_atomic_block:
        return  # a test's own transaction: the next turn of the job does it
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in (Answer, Slip):
                cursor.execute(f"VACUUM {model._meta.db_table}")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def to_shake() -> list[Survey]:
    """Surveys in whose box enough has come in since it was shaken; closed ones with anything left."""
    out = []
    running = Survey.objects.unscoped("housekeeping").exclude(state=Survey.DRAFT).filter(closed_at=None)
    for survey in running:
        fresh = Answer.objects.filter(survey=survey, shaken=False).count()
        # Slips are written anew as a whole each time: the larger the box, the more answers at once.
        if fresh >= max(LEAST, count(survey) // 20):
            out.append(survey)
    return out


@jobs.kind(SHAKE, gettext_lazy("Mixing of answers"), quiet=True)
def shake_all(job: jobs.Job) -> dict[str, int]:
    """What comes round each minute."""
    return {"moved": sum(shake(survey) for survey in to_shake())}


jobs.each_minute(SHAKE, lambda: bool(to_shake()))
