"""What other systems need to speak to this one: tokens, how fast they may come, what they were answered, what they send."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sapa_web.orgs.models import Organisation, User


class Token(User):
    """A system as an actor: an account that nobody signs in with. The ledger calls it ``token:12``."""

    class Meta:
        proxy = True


class Credential(models.Model):
    """What a system may do, and the hash of the secret it proves itself with; the secret is shown once and kept nowhere."""

    token = models.OneToOneField(Token, models.PROTECT, primary_key=True, related_name="credential")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("Place"))
    name = models.CharField(_("Name of the system"), max_length=120)
    capabilities = models.JSONField(default=list)
    levels = models.JSONField(default=list, blank=True)
    datasets = models.JSONField(default=list, blank=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)  # the first letters of the secret, to tell one from another
    per_minute = models.PositiveIntegerField(default=300)
    burst = models.PositiveIntegerField(default=100)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Allowance(models.Model):
    """How far ahead of its rate a token has run: one number that every process moves in one statement (GCRA)."""

    token = models.OneToOneField(Token, models.CASCADE, primary_key=True, related_name="+")
    due = models.BigIntegerField(default=0)  # microseconds since 1970 at which the next request is due at the even rate


class AddressAllowance(models.Model):
    """The same for a reader without a token, by a keyed hash of the address: the address itself is kept nowhere."""

    key = models.CharField(max_length=64, primary_key=True)
    due = models.BigIntegerField(default=0, db_index=True)


class Answer(models.Model):
    """What a request with an idempotency key was answered, so that the same request has the same answer."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # of method, path and body
    status = models.PositiveSmallIntegerField(default=0)
    content = models.BinaryField(default=b"")  # encrypted: findings name values of rows
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["token", "key"], name="answer_once")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["at"])]


class Transfer(models.Model):
    """Rows that come in parts, over a line that may break: nothing is entered before all are there."""

    OPEN, DONE, DROPPED = "open", "done", "dropped"

    token = models.ForeignKey(Token, models.CASCADE, related_name="+")
    obligation = models.ForeignKey("collection.Obligation", models.PROTECT, related_name="+")
    name = models.CharField(max_length=32, unique=True)
    form = models.CharField(max_length=8)  # json, ndjson, csv
    size = models.PositiveBigIntegerField()  # bytes of all parts together
    digest = models.CharField(max_length=64)  # SHA-256 of all parts together
    state = models.CharField(max_length=8, default=OPEN)
    submission = models.ForeignKey("collection.Submission", models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class TransferPart(models.Model):
    """One part, encrypted; sent again it replaces itself."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["transfer", "number"], name="part_once")]
