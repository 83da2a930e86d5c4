"""What every app shares: the ledger, notices."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models


class LedgerEntry(models.Model):
    """One act: who did what to what, when; chained by hash to the entry before it, never changed (the database refuses)."""

    seq = models.BigIntegerField(primary_key=True)  # 1, 2, 3 … without gaps
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)  # user:12, system:worker, token:5
    verb = models.CharField(max_length=60)  # submission.signed
    unit = models.CharField(max_length=40, blank=True)  # identifier of the organisation concerned
    obj = models.CharField(max_length=80, blank=True)  # submission:4711
    data = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["seq"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["unit", "seq"]), models.Index(fields=["verb", "seq"])]


class Notice(models.Model):
    """What a person is told in the page (and, where ``mailed_at`` is set, by e-mail); text is made when it is read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)  # names the text, see common.notices
    data = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail_after = models.DateTimeField(null=True, blank=True)  # to be mailed, not before; empty: nothing (more) to mail
    mail_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["user", "read_at"]),
            models.Index(fields=["mail_after"], name="notice_to_mail", condition=models.Q(mail_after__isnull=False)),
        ]


class JobRun(models.Model):
    """A job as people see it: what, for whom, how far. The queue is the library's; a lost worker's jobs are begun again."""

    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=12, default="waiting")  # waiting, running, done, failed
    step = models.CharField(max_length=120, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    of = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)  # last sign of life
    ended_at = models.DateTimeField(null=True)
    task = models.CharField(max_length=40, blank=True)  # its present place in the queue

    class Meta:
        ordering: ClassVar[list[str]] = ["-asked_at", "-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["state", "kind"])]


class Schedule(models.Model):
    """Which turn of a periodic job was begun last: of several workers one begins it."""

    name = models.CharField(max_length=60, primary_key=True)
    slot = models.CharField(max_length=40, blank=True)
