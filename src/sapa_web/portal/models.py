"""What is published: versions of a pack's figures, releases that show them, and what readers keep of them.

Nothing here belongs to a unit: the figures behind a release have gone through disclosure control. Whether somebody without
sign-in may see a row is not a matter of its own state but of the clock: ``domain.queries.published``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

PERSON = settings.AUTH_USER_MODEL


class DataVersion(models.Model):
    """One version of a pack's published figures: all frozen periods after disclosure control, in the store of published files."""

    pack = models.CharField(max_length=60)
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    previous = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    periods = models.JSONField(default=list)  # the earliest first
    roots = models.JSONField(default=dict)  # of the snapshot behind each period
    pack_version = models.CharField(max_length=20)
    folder = models.CharField(max_length=200, unique=True)  # in the store of published files
    digest = models.CharField(max_length=64)  # SHA-256 of facts.parquet
    facts = models.PositiveIntegerField()
    suppressed = models.PositiveIntegerField(default=0)
    protection = models.JSONField(default=dict)  # what disclosure control did and what its audit found
    changes = models.JSONField(default=dict)  # how many cells against the previous version, by kind; the list lies in the folder
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=60)

    class Meta:
        ordering: ClassVar[list[str]] = ["pack", "-major", "-minor", "-patch"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["pack", "major", "minor", "patch"], name="data_version_once"),
        ]

    @property
    def number(self) -> str:
        """``major.minor.patch``."""
        return f"{self.major}.{self.minor}.{self.patch}"

    def __str__(self) -> str:
        return f"{self.pack} {self.number}"


class Publication(models.Model):
    """A series of releases: a national report, a compendium, a yearbook. Titles are texts by language."""

    slug = models.SlugField(max_length=80, unique=True)
    pack = models.CharField(max_length=60)
    report = models.CharField(max_length=80)  # template of the pack
    title = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    contact = models.CharField(max_length=200, blank=True)
    calendar_item = models.CharField(max_length=120, blank=True)  # pack:item of the law's calendar that sets its last day
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "slug"]

    def __str__(self) -> str:
        return self.slug


class Release(models.Model):
    """One period of a publication; an amendment is a further version of the same period, with a public note."""

    DRAFT, REVIEW, APPROVED, SCHEDULED, PUBLISHED = "draft", "review", "approved", "scheduled", "published"
    STATES: ClassVar[list[tuple[str, Any]]] = [
        (DRAFT, _("draft")),
        (REVIEW, _("in review")),
        (APPROVED, _("approved")),
        (SCHEDULED, _("scheduled")),
        (PUBLISHED, _("published")),
    ]

    publication = models.ForeignKey(Publication, models.PROTECT, related_name="releases")
    period = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=STATES, default=DRAFT)
    data = models.ForeignKey(DataVersion, models.PROTECT, null=True, blank=True, related_name="releases")
    headline = models.JSONField(default=dict)  # by language
    key_figures = models.JSONField(default=list)  # [{"fact": "learners@2023", "text": {lang: …}}]
    note = models.JSONField(default=dict)  # an amendment's public note, by language
    next_on = models.DateField(null=True, blank=True)  # of the publication's next release
    publish_at = models.DateTimeField(null=True, blank=True)  # announced; public from this moment on
    published_at = models.DateTimeField(null=True, blank=True)  # when the work that follows was done
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    submitted_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    files = models.JSONField(default=list)  # [{"name", "kind", "language", "size", "digest", "path" in the published store}]
    quality = models.JSONField(default=dict)  # the quality report, measured when the release was prepared
    job = models.ForeignKey("common.JobRun", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-period", "publication", "-version"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["publication", "period", "version"], name="release_once"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["state", "publish_at"])]

    def __str__(self) -> str:
        return f"{self.publication_id} {self.period} v{self.version}"


class Section(models.Model):
    """A chapter of a release: what its template shows, and the words around it. Generated words are marked until approved."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="sections")
    chapter = models.CharField(max_length=80)  # of the report's template
    position = models.PositiveSmallIntegerField(default=0)
    text = models.JSONField(default=dict)  # by language
    generated = models.BooleanField(default=True)
    approved_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["release", "chapter"], name="section_once")]


class ExternalSource(models.Model):
    """Figures that no snapshot holds: who issued them, when, and the very file, kept with its digest."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="external_sources")
    issuer = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    dated = models.DateField()
    address = models.URLField(max_length=500, blank=True)
    name = models.CharField(max_length=200)  # of the file
    path = models.CharField(max_length=300)  # in the store of published files
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]


class Proposal(models.Model):
    """A correction of a layout or a rule that the quality of the data suggests: decided, and in force from a day."""

    PROPOSED, ACCEPTED, DECLINED = "proposed", "accepted", "declined"
    STATES: ClassVar[list[tuple[str, Any]]] = [
        (PROPOSED, _("proposed")), (ACCEPTED, _("accepted")), (DECLINED, _("declined")),
    ]  # fmt: skip

    release = models.ForeignKey(Release, models.CASCADE, related_name="proposals")
    kind = models.CharField(max_length=20)  # rule, layout, deadline
    element = models.CharField(max_length=160)  # of the pack: rule:ID, dataset:ID
    figures = models.JSONField(default=dict)  # what was found: numbers the words are made of
    state = models.CharField(max_length=10, choices=STATES, default=PROPOSED)
    reason = models.CharField(max_length=1000, blank=True)
    in_force_from = models.DateField(null=True, blank=True)
    pack_version = models.CharField(max_length=20, blank=True)  # of the pack that carries it
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["release", "kind", "element"], name="proposal_once"),
        ]


class PreRelease(models.Model):
    """Who may see a release before it is public, and why. The list is itself public with the release."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="pre_release")
    user = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=150)
    position = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)
    from_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)


class Override(models.Model):
    """A check of the list that blocks, passed over by a named person with a reason; shown with the release."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="overrides")
    check_id = models.CharField(max_length=60)
    name = models.CharField(max_length=150)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["release", "check_id"], name="override_once")]


class Permalink(models.Model):
    """A table or chart as a reader saw it, kept: a stored page that stays readable without the site."""

    key = models.CharField(max_length=20, unique=True)
    data = models.ForeignKey(DataVersion, models.PROTECT, related_name="+")
    address = models.CharField(max_length=2000)  # of the page it was made from
    title = models.CharField(max_length=300)
    language = models.CharField(max_length=5)
    folder = models.CharField(max_length=200)  # in the store of published files
    digest = models.CharField(max_length=64)  # SHA-256 of the stored page
    made_at = models.DateTimeField()


class Subscriber(models.Model):
    """An address that is told of releases; it is only written to again after it has confirmed."""

    email = models.EmailField()
    language = models.CharField(max_length=5, default="en")
    publication = models.ForeignKey(Publication, models.CASCADE, null=True, blank=True, related_name="subscribers")  # empty: all
    key = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["email", "publication"], name="subscriber_once"),
            models.UniqueConstraint(fields=["email"], condition=models.Q(publication=None), name="subscriber_of_all_once"),
        ]


class Letter(models.Model):
    """A letter to a subscriber: of a release, or (without one) the request to confirm. A row before it is sent."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="letters")
    release = models.ForeignKey(Release, models.CASCADE, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    send_after = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["subscriber", "release"], name="letter_once")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["sent_at", "send_after"])]


class RootEntry(models.Model):
    """One line of the public log of roots: append-only, a hash tree of its own.

    A line names the root of a frozen archive, or (``figures``) that of the tree over a version's figures; of the latter the line
    says neither pack nor period, so that nothing of a version is told before its release.
    """

    ARCHIVE, FIGURES = "archive", "figures"

    seq = models.PositiveBigIntegerField(primary_key=True)  # 0, 1, 2 … without gaps: the leaf's index
    kind = models.CharField(max_length=10, default=ARCHIVE)
    pack = models.CharField(max_length=60, blank=True)
    period = models.CharField(max_length=20, blank=True)
    root = models.CharField(max_length=64)
    size = models.PositiveIntegerField(default=0)
    as_of = models.DateField(null=True, blank=True)
    leaf = models.BinaryField()  # the canonical bytes of the leaf
    logged_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["seq"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["pack", "period", "root"], name="root_once")]


class FiguresTree(models.Model):
    """The hash tree over the figures of a version; its levels lie beside them in the store of published files."""

    data = models.OneToOneField(DataVersion, models.PROTECT, related_name="tree")
    root = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # leaves: the figures and, before them, the statement
    statement = models.BinaryField()  # leaf 0
    entry = models.OneToOneField(RootEntry, models.PROTECT, related_name="+")  # its line in the public log
