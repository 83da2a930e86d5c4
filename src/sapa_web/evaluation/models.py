"""An institution's own quality system: its components and criteria, its self-assessments and what they rest on.

Nothing here is reached from outside the institution (see ``inside``), but for ``Published``: what the institution itself has
published, stored apart, as it was published.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sapa_web.orgs.inside import InsideModel

PERSON = settings.AUTH_USER_MODEL
_BY_ASSESSMENT = {"organisation": "assessment__organisation"}


class System(InsideModel):
    """The internal system of one institution on one pack: what it wants, by which levels it rates, its regulation."""

    organisation = models.OneToOneField("orgs.Organisation", models.PROTECT, related_name="quality_system")
    pack = models.CharField(max_length=60)
    goals = models.TextField(blank=True)
    levels = models.JSONField(default=dict, blank=True)  # the institution's own; empty: the pack's
    endorsed_on = models.DateField(null=True, blank=True)  # the regulation, by the council
    approved_on = models.DateField(null=True, blank=True)  # the regulation, by the head
    regulation = models.ForeignKey("File", models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")


class Component(InsideModel):
    """A component of the system: its measures, the procedures by which it works, and the check that it does."""

    WORKS: ClassVar[list[tuple[str, Any]]] = [
        ("", _("not checked yet")), ("yes", _("works")), ("part", _("works in part")), ("no", _("does not work")),
    ]  # fmt: skip
    scope_paths: ClassVar[dict[str, str]] = {"organisation": "system__organisation"}

    system = models.ForeignKey(System, models.CASCADE, related_name="components")
    code = models.CharField(max_length=80)  # of the pack's criterion, or own-N
    own = models.BooleanField(default=False)
    title = models.CharField(max_length=300, blank=True)  # of an own one; else the pack's words
    measures = models.TextField(blank=True)
    procedures = models.TextField(blank=True)
    responsible = models.CharField(max_length=150, blank=True)
    published_at_url = models.URLField(max_length=500, blank=True)  # where criteria and rules are published
    works = models.CharField(max_length=4, choices=WORKS, blank=True, default="")
    checked_on = models.DateField(null=True, blank=True)
    check_note = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["position", "pk"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["system", "code"], name="component_once")]


class OwnCriterion(InsideModel):
    """What an institution has put in the place of an indicative line, added, or left out."""

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "system__organisation"}

    system = models.ForeignKey(System, models.CASCADE, related_name="criteria")
    code = models.CharField(max_length=120)
    rank = models.CharField(max_length=12)
    parent = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=500, blank=True)  # empty: the pack's words stay
    note = models.TextField(blank=True)
    methods = models.JSONField(default=list, blank=True)
    dropped = models.BooleanField(default=False)

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["system", "code"], name="own_criterion_once")]


class File(InsideModel):
    """A document that stays in the institution, encrypted, by its hash."""

    organisation = models.ForeignKey("orgs.Organisation", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=100)  # media type
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    content = models.BinaryField()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta(InsideModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["organisation", "digest"], name="inside_file_once")]


class Assessment(InsideModel):
    """One self-assessment: a period, a model, directions, people, days; it goes from planned to published."""

    PLANNED, COLLECTING, RATING, DISCUSSED, DECIDED, PUBLISHED = (
        "planned", "collecting", "rating", "discussed", "decided", "published",
    )  # fmt: skip
    STATES: ClassVar[list[tuple[str, Any]]] = [
        (PLANNED, _("planned")),
        (COLLECTING, _("collecting")),
        (RATING, _("rating")),
        (DISCUSSED, _("discussed")),
        (DECIDED, _("decided")),
        (PUBLISHED, _("published")),
    ]

    organisation = models.ForeignKey("orgs.Organisation", models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    pack_version = models.CharField(max_length=20)
    period = models.CharField(max_length=20)
    model = models.CharField(max_length=40)  # code of the pack's list of models
    own_model = models.CharField(max_length=300, blank=True)  # in words, where the model is the institution's own
    scope = models.CharField(max_length=40)
    directions = models.JSONField(default=list)
    criteria = models.JSONField(default=list)  # the tree as it was when the collection began
    levels = models.JSONField(default=dict)
    responsible = models.CharField(max_length=150)  # the head, by name
    responsible_user = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    begins_on = models.DateField()
    collect_by = models.DateField()
    rate_by = models.DateField()
    discuss_on = models.DateField()
    publish_by = models.DateField()
    state = models.CharField(max_length=12, choices=STATES, default=PLANNED)
    summary = models.TextField(blank=True)  # the head's words on the whole
    decision = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["-period", "-pk"]


class Member(InsideModel):
    """Somebody of the institution in the working group of a direction."""

    scope_paths: ClassVar[dict[str, str]] = _BY_ASSESSMENT

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="members")
    direction = models.CharField(max_length=120)
    user = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=150)
    position = models.CharField(max_length=150, blank=True)
    leads = models.BooleanField(default=False)

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["direction", "-leads", "name"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["assessment", "direction", "name"], name="quality_member_once"),
        ]


class Evidence(InsideModel):
    """One source on one line of the criteria: what it found and the level it speaks for. Taken back, it stays and is told."""

    scope_paths: ClassVar[dict[str, str]] = _BY_ASSESSMENT

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="evidence")
    requirement = models.CharField(max_length=120)
    about = models.CharField(max_length=120)  # the requirement itself, or a criterion or sign below it
    method = models.CharField(max_length=40)  # of the pack's methods; computed; monitoring
    reference = models.CharField(max_length=120, blank=True)  # survey:5, protocol:3, guest:2, fact:…; empty: written here
    title = models.CharField(max_length=300)
    found = models.TextField(blank=True)
    level = models.CharField(max_length=40, blank=True)
    figure = models.CharField(max_length=120, blank=True)
    people = models.PositiveIntegerField(null=True, blank=True)  # how many were asked or watched
    day = models.DateField()
    file = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["method", "day", "pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["assessment", "requirement"])]


class Rating(InsideModel):
    """The level of a requirement, with its reason; where the sources part, why it is this level all the same."""

    scope_paths: ClassVar[dict[str, str]] = _BY_ASSESSMENT

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="ratings")
    requirement = models.CharField(max_length=120)
    level = models.CharField(max_length=40)
    reason = models.TextField()
    disagreement = models.TextField(blank=True)
    strengths = models.TextField(blank=True)
    difficulties = models.TextField(blank=True)
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(InsideModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["assessment", "requirement"], name="rating_once")]


class Measure(InsideModel):
    """A line of the improvement plan: who does what by when, which effect is expected, and whether it came."""

    EFFECTS: ClassVar[list[tuple[str, Any]]] = [
        ("reached", _("reached")), ("partly", _("reached in part")), ("none", _("no effect")), ("worse", _("worse than before")),
    ]  # fmt: skip
    scope_paths: ClassVar[dict[str, str]] = _BY_ASSESSMENT

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="measures")
    requirement = models.CharField(max_length=120)
    what = models.TextField()
    owner = models.CharField(max_length=150)
    owner_user = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    due_on = models.DateField()
    expected = models.TextField()
    expected_level = models.CharField(max_length=40, blank=True)
    check_on = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    effect = models.CharField(max_length=8, choices=EFFECTS, blank=True)
    effect_note = models.TextField(blank=True)
    effect_level = models.CharField(max_length=40, blank=True)
    checked_on = models.DateField(null=True, blank=True)
    checked_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["due_on", "pk"]


class Meeting(InsideModel):
    """A discussion of the results, with its minutes."""

    scope_paths: ClassVar[dict[str, str]] = _BY_ASSESSMENT

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="meetings")
    body = models.CharField(max_length=40)  # code of a participant: pedagogical-council, parents …
    held_on = models.DateField()
    number = models.CharField(max_length=40, blank=True)
    chair = models.CharField(max_length=150)
    secretary = models.CharField(max_length=150)
    present = models.PositiveSmallIntegerField()
    heard = models.TextField()
    said = models.TextField(blank=True)
    decided = models.TextField()
    votes_for = models.PositiveSmallIntegerField(default=0)
    votes_against = models.PositiveSmallIntegerField(default=0)
    abstained = models.PositiveSmallIntegerField(default=0)
    file = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["held_on", "pk"]


class Guest(InsideModel):
    """Somebody from outside whom the institution has asked in: to observe, or to discuss the results. The link is his door."""

    OBSERVES, DISCUSSES = "observes", "discusses"
    PURPOSES: ClassVar[list[tuple[str, Any]]] = [(OBSERVES, _("observes")), (DISCUSSES, _("discusses the results"))]
    scope_paths: ClassVar[dict[str, str]] = _BY_ASSESSMENT

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="guests")
    name = models.CharField(max_length=150)
    body = models.CharField(max_length=40)  # code of a participant: parents, self-government, community, founder, experts
    purpose = models.CharField(max_length=10, choices=PURPOSES)
    instrument = models.CharField(max_length=80, blank=True)  # the observation sheet of the pack
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    sheet = models.JSONField(default=dict, blank=True)  # what was sent: {"points": {id: {level, note}}, "words": …}

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["-invited_at", "-pk"]


class Dossier(InsideModel):
    """A sealed folder for a commission: what may leave, by the policies of the pack, with a manifest of hashes."""

    scope_paths: ClassVar[dict[str, str]] = _BY_ASSESSMENT

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="dossiers")
    purpose = models.CharField(max_length=40)
    receiver = models.CharField(max_length=200)
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    held_back = models.JSONField(default=list)  # what stays in the institution, and which policy says so
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]


class RequiredDocument(InsideModel):
    """The result as a document that an application must carry; frozen by its hash."""

    scope_paths: ClassVar[dict[str, str]] = _BY_ASSESSMENT

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="required_documents")
    application = models.CharField(max_length=40)  # accreditation
    clause = models.CharField(max_length=120)
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta(InsideModel.Meta):
        ordering: ClassVar[list[str]] = ["-made_at"]


class Published(models.Model):
    """What an institution has published: the one thing of this app that others see. It points at no working table."""

    code = models.CharField(max_length=40)  # of the institution
    name = models.CharField(max_length=300)
    names = models.JSONField(default=dict)
    period = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField(default=1)
    language = models.CharField(max_length=5)
    content = models.JSONField(default=dict)  # the words and levels of the public page, nothing else
    files = models.JSONField(default=list)  # [{"name", "kind", "size", "digest", "path" in the published store}]
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=20)  # number of the assessment, for the institution alone

    class Meta:
        ordering: ClassVar[list[str]] = ["-published_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["code", "period", "version"], name="quality_published_once"),
        ]
