"""What is asked, of whom, by when, and what has come: campaigns, obligations, drafts, submissions, freezes.

Rows of persons and institutions are not here: drafts hold them encrypted until they are signed, then they lie in the archive.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sapa_web.common.scope import ScopedModel

PERSON = settings.AUTH_USER_MODEL


class Campaign(models.Model):
    """One data set of a pack collected for one period, under a data regime."""

    OPEN, SUSPENDED, FROZEN, CLOSED = "open", "suspended", "frozen", "closed"
    INSTITUTIONS, OFFICES, EVERYBODY = "institutions", "offices", "everybody"
    ADDRESSEES: ClassVar[list[tuple[str, Any]]] = [
        (INSTITUTIONS, _("institutions")),
        (OFFICES, _("offices")),
        (EVERYBODY, _("institutions and offices")),
    ]

    pack = models.CharField(max_length=60)
    pack_version = models.CharField(max_length=20)
    dataset = models.CharField(max_length=60)
    period = models.CharField(max_length=20)
    regime = models.CharField(max_length=60, blank=True)
    layout = models.CharField(max_length=120)
    register = models.BooleanField(default=False)  # one row a unit: what the units are
    addressees = models.CharField(max_length=12, choices=ADDRESSEES, default=INSTITUTIONS)  # which subjects owe it
    opens_on = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=10, default=OPEN)  # open, suspended, frozen, closed
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-period", "dataset"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["pack", "dataset", "period"], name="campaign_once"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} {self.period}"


class Obligation(ScopedModel):
    """One unit's return of one campaign: its state, its deadline, what is known about its quality."""

    NOT_BEGUN, DRAFT, FINDINGS, READY, SIGNED, RETURNED = "not_begun", "draft", "findings", "ready", "signed", "returned"
    STATES: ClassVar[list[tuple[str, Any]]] = [
        (NOT_BEGUN, _("not begun")),
        (DRAFT, _("draft")),
        (FINDINGS, _("with findings")),
        (READY, _("ready to sign")),
        (SIGNED, _("signed")),
        (RETURNED, _("returned")),
    ]
    scope_paths: ClassVar[dict[str, str]] = {"organisation": "organisation", "dataset": "campaign__dataset"}

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="obligations")
    organisation = models.ForeignKey("orgs.Organisation", models.PROTECT, related_name="obligations")
    state = models.CharField(max_length=10, choices=STATES, default=NOT_BEGUN)
    due_on = models.DateField()
    revision = models.PositiveIntegerField(default=0)  # of the newest signed submission; 0: none
    signed_at = models.DateTimeField(null=True, blank=True)
    late_days = models.PositiveSmallIntegerField(default=0)  # working days the first signature came after the deadline
    rows = models.PositiveIntegerField(default=0)
    blocks = models.PositiveIntegerField(default=0)
    explains = models.PositiveIntegerField(default=0)  # not yet explained
    notes = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["campaign", "organisation"], name="obligation_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["organisation", "campaign"]),
            models.Index(fields=["campaign", "state"]),
        ]


class Draft(models.Model):
    """The working list of a return: cells as they were typed, encrypted. ``version`` grows with every saved change."""

    obligation = models.OneToOneField(Obligation, models.PROTECT, related_name="draft")
    version = models.PositiveIntegerField(default=0)
    content = models.BinaryField()  # encrypted JSON, see domain.working
    findings = models.BinaryField(null=True)  # encrypted, of ``checked_version``
    checked_version = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()


class DraftChange(models.Model):
    """Who changed which cells of a draft: what makes two people's work on one draft come together."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="changes")
    version = models.PositiveIntegerField()  # that the change led to
    content = models.BinaryField()  # encrypted JSON
    user = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["draft", "version"], name="change_once")]


class Explanation(models.Model):
    """Why a finding that must be explained is right as it stands."""

    obligation = models.ForeignKey(Obligation, models.CASCADE, related_name="explanations")
    rule = models.CharField(max_length=80)
    key = models.CharField(max_length=300)  # the row's key, so that it survives sorting
    field = models.CharField(max_length=60)
    value = models.CharField(max_length=300, blank=True)  # explained at this value; another value asks again
    text = models.CharField(max_length=1000)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["obligation", "rule", "key", "field"], name="explanation_once"),
        ]


class Upload(models.Model):
    """A file that was handed in and read, and waits for a person to say whether it takes the working list's place."""

    obligation = models.ForeignKey(Obligation, models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    content = models.BinaryField()  # encrypted: rows as typed, where each stood in the file
    findings = models.BinaryField()  # encrypted
    source = models.BinaryField(null=True)  # encrypted: the workbook itself, to be given back with its cells marked
    rows = models.PositiveIntegerField()
    by = models.ForeignKey(PERSON, models.CASCADE, related_name="+")
    at = models.DateTimeField()


class SigningRequest(models.Model):
    """What the head was shown to sign: the manifest of one version of the draft. A new version makes it worthless."""

    obligation = models.OneToOneField(Obligation, models.CASCADE, related_name="signing_request")
    version = models.PositiveIntegerField()
    manifest = models.BinaryField()
    asked_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()


class Submission(ScopedModel):
    """A signed revision in the archive, and the receipt given for it."""

    scope_paths: ClassVar[dict[str, str]] = {
        "organisation": "obligation__organisation",
        "dataset": "obligation__campaign__dataset",
    }

    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="submissions")
    revision = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    manifest = models.BinaryField()
    signer = models.CharField(max_length=300)
    certificate = models.CharField(max_length=64)  # fingerprint
    signed_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=12)  # form, upload, api, bulk
    late_days = models.PositiveSmallIntegerField(default=0)
    receipt = models.CharField(max_length=40, unique=True)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["obligation", "revision"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["obligation", "revision"], name="revision_once")]


class Remark(models.Model):
    """Why an office returned a return."""

    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="remarks")
    revision = models.PositiveIntegerField()
    text = models.CharField(max_length=2000)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)  # when the next revision was signed


class Reminder(models.Model):
    """A reminder an office has written."""

    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="reminders")
    text = models.CharField(max_length=2000, blank=True)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Freeze(models.Model):
    """The year's fixing of the data as of one date."""

    PLANNED, ANNOUNCED, SUSPENDED, FREEZING, FROZEN, RESUMED = (
        "planned",
        "announced",
        "suspended",
        "freezing",
        "frozen",
        "resumed",
    )

    pack = models.CharField(max_length=60)
    period = models.CharField(max_length=20)
    regime = models.CharField(max_length=60)
    as_of = models.DateField()
    announce_by = models.DateField()
    suspend_from = models.DateField()
    suspension_days = models.PositiveSmallIntegerField(default=1)  # working days updates stand still at the longest
    resume_on = models.DateField()
    state = models.CharField(max_length=10, default=PLANNED)
    announced_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    resumed_at = models.DateTimeField(null=True, blank=True)
    root = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict, blank=True)
    job = models.ForeignKey("common.JobRun", models.SET_NULL, null=True, blank=True, related_name="+")
    planned_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-period"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["pack", "period"], name="freeze_once")]
