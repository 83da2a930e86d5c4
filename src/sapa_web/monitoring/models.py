"""The internal monitoring of an institution: what is planned, ordered, watched step by step, and issued.

Every row belongs to an institution. Codes (bodies, levels, steps, products) are those of the pack that holds at the time;
:mod:`sapa_web.monitoring.domain.inforce` says which that is.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sapa_web.common.scope import ScopedModel

PERSON = settings.AUTH_USER_MODEL
ORGANISATION = "orgs.Organisation"


class Order(ScopedModel):
    """The head's order: it puts a plan in force, decides on results, approves a regulation."""

    PLAN, RESULTS, REGULATION = "plan", "results", "regulation"
    ABOUT: ClassVar[list[tuple[str, Any]]] = [
        (PLAN, _("the monitoring plan")), (RESULTS, _("results of monitoring")), (REGULATION, _("a local regulation")),
    ]  # fmt: skip

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    about = models.CharField(max_length=12, choices=ABOUT)
    number = models.CharField(max_length=40)
    dated = models.DateField()
    text = models.TextField(blank=True)
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-dated", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["organisation", "number", "dated"], name="monitoring_order_once"),
        ]


class Edition(ScopedModel):
    """One edition of a local regulation: an overlay of a pack, made in forms, in force between two days."""

    DRAFT, DISCUSSION, ADOPTED, APPROVED, PUBLISHED, ENDED = "draft", "discussion", "adopted", "approved", "published", "ended"
    STATES: ClassVar[list[tuple[str, Any]]] = [
        (DRAFT, _("draft")), (DISCUSSION, _("in discussion")), (ADOPTED, _("adopted by the council")),
        (APPROVED, _("approved by order")), (PUBLISHED, _("published")), (ENDED, _("no longer in force")),
    ]  # fmt: skip

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)  # what it overlays
    number = models.PositiveSmallIntegerField()  # of the edition
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True)  # provisions of its own, in the institution's words
    changes = models.JSONField(default=list)  # see domain.overlay
    state = models.CharField(max_length=12, choices=STATES, default=DRAFT)
    discussed_until = models.DateField(null=True, blank=True)
    council = models.CharField(max_length=200, blank=True)
    protocol_number = models.CharField(max_length=40, blank=True)
    protocol_dated = models.DateField(null=True, blank=True)
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="editions")
    starts_on = models.DateField(null=True, blank=True)  # named by its clause; empty: the day of its order
    in_force_from = models.DateField(null=True, blank=True)
    in_force_to = models.DateField(null=True, blank=True)  # the first day it no longer holds
    source = models.JSONField(default=dict)  # the compiled overlay: {file: YAML}
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the source
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["organisation", "pack", "number"], name="edition_once"),
        ]


class Comment(ScopedModel):
    """What somebody says in the discussion of an edition, and what became of it."""

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "edition__organisation"}

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="comments")
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=150)
    text = models.TextField()
    at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["pk"]


class Programme(ScopedModel):
    """The plan of a year or of half a year, put in force by an order."""

    DRAFT, ORDERED, CLOSED = "draft", "ordered", "closed"
    STATES: ClassVar[list[tuple[str, Any]]] = [(DRAFT, _("draft")), (ORDERED, _("in force")), (CLOSED, _("closed"))]
    PARTS: ClassVar[list[tuple[str, Any]]] = [("year", _("the year")), ("H1", _("first half")), ("H2", _("second half"))]

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    pack_version = models.CharField(max_length=120, blank=True)
    year = models.CharField(max_length=20)  # reference period of the pack
    part = models.CharField(max_length=4, choices=PARTS, default="year")
    begins_on = models.DateField()
    ends_on = models.DateField()
    grounds = models.TextField(blank=True)  # why these directions: last year's problems, this year's tasks
    state = models.CharField(max_length=8, choices=STATES, default=DRAFT)
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="programmes")
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-year", "part"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["organisation", "pack", "year", "part"], name="programme_once"),
        ]


class PlanLine(ScopedModel):
    """A line of the plan: object, indicators, how often, who is responsible, what comes of it."""

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "programme__organisation"}

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="lines")
    element = models.CharField(max_length=80)  # of the pack's plan; empty: the institution's own
    title = models.JSONField(default=dict)
    form = models.CharField(max_length=12)  # continuous, periodic
    periodicity = models.CharField(max_length=12)
    level = models.CharField(max_length=60)
    responsible = models.JSONField(default=list)  # codes of bodies
    person = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    person_name = models.CharField(max_length=150, blank=True)
    procedures = models.JSONField(default=list)
    criteria = models.JSONField(default=list)
    methods = models.JSONField(default=list)
    products = models.JSONField(default=list)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["position", "pk"]


class Watch(ScopedModel):
    """One turn of a plan's object: its steps are done one after another, each leaving a dated product."""

    OPEN, DONE = "open", "done"
    STATES: ClassVar[list[tuple[str, Any]]] = [(OPEN, _("under way")), (DONE, _("done"))]
    scope_paths: ClassVar[dict[str, str]] = {"organisation": "line__programme__organisation"}

    line = models.ForeignKey(PlanLine, models.CASCADE, related_name="watches")
    turn = models.PositiveSmallIntegerField(default=1)
    label = models.CharField(max_length=120, blank=True)  # quarter, class, event
    due = models.DateField()
    state = models.CharField(max_length=6, choices=STATES, default=OPEN)
    done = models.PositiveSmallIntegerField(default=0)  # steps that are finished
    made_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["due", "pk"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["line", "turn"], name="watch_once")]


class StepRecord(ScopedModel):
    """A finished step and its product: what was written down, on which day, by whom."""

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "watch__line__programme__organisation"}

    watch = models.ForeignKey(Watch, models.CASCADE, related_name="records")
    number = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=60)  # code of the pack's list of steps
    dated = models.DateField()
    text = models.TextField()
    facts = models.JSONField(default=dict)
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["watch", "number"], name="step_once")]


class Measure(ScopedModel):
    """The value of an indicator of a criterion in a period, as the institution established it."""

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    period = models.CharField(max_length=20)
    criterion = models.CharField(max_length=80)
    sign = models.CharField(max_length=80)
    numerator = models.FloatField(null=True, blank=True)
    denominator = models.FloatField(null=True, blank=True)
    value = models.FloatField()
    source = models.CharField(max_length=300, blank=True)
    watch = models.ForeignKey(Watch, models.SET_NULL, null=True, blank=True, related_name="measures")
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["organisation", "pack", "period", "criterion", "sign"], name="measure_once"),
        ]


class BodyMember(ScopedModel):
    """Who sits in a body of the institution (a council, an association), or holds an office."""

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    body = models.CharField(max_length=60)
    user = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=150)
    office = models.CharField(max_length=150, blank=True)  # chair, secretary
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["body", "name"]


class Task(ScopedModel):
    """What a body has to do, and what came of it."""

    OPEN, DONE = "open", "done"
    STATES: ClassVar[list[tuple[str, Any]]] = [(OPEN, _("to do")), (DONE, _("done"))]

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    programme = models.ForeignKey(Programme, models.CASCADE, null=True, blank=True, related_name="tasks")
    body = models.CharField(max_length=60)
    title = models.CharField(max_length=500)
    clause = models.CharField(max_length=120, blank=True)
    due = models.DateField()
    state = models.CharField(max_length=6, choices=STATES, default=OPEN)
    result = models.TextField(blank=True)
    done_on = models.DateField(null=True, blank=True)
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["due", "pk"]


class Visit(ScopedModel):
    """A visit to a lesson or event: what was seen, what is advised, what the teacher says to it."""

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    period = models.CharField(max_length=20)
    watch = models.ForeignKey(Watch, models.SET_NULL, null=True, blank=True, related_name="visits")
    teacher = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    dated = models.DateField()
    lesson = models.CharField(max_length=200)
    observer = models.CharField(max_length=150)
    seen = models.TextField()
    advice = models.TextField(blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 to 100
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-dated", "-pk"]


class Account(ScopedModel):
    """A teacher's self-analysis or report of a period."""

    SELF, REPORT = "self-analysis", "report"
    KINDS: ClassVar[list[tuple[str, Any]]] = [(SELF, _("self-analysis")), (REPORT, _("report"))]

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    period = models.CharField(max_length=20)
    teacher = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=14, choices=KINDS)
    text = models.TextField()
    score = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 to 100, the teacher's own
    at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-at", "-pk"]


class Rating(ScopedModel):
    """A rating of teachers: its method is laid open before anybody is rated, and everybody rated sees and answers."""

    DRAFT, OPEN, CLOSED = "draft", "open", "closed"
    STATES: ClassVar[list[tuple[str, Any]]] = [
        (DRAFT, _("draft")), (OPEN, _("open to the teachers' answers")), (CLOSED, _("closed")),
    ]  # fmt: skip

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    period = models.CharField(max_length=20)
    method = models.TextField()
    sources = models.JSONField(default=list)  # [{"kind", "pack", "about", "weight"}]
    state = models.CharField(max_length=6, choices=STATES, default=DRAFT)
    answers_until = models.DateField(null=True, blank=True)
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-at"]


class RatingRow(ScopedModel):
    """One teacher in a rating: what each source gave, his answer, and where he disputes it, what was decided."""

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "rating__organisation"}

    rating = models.ForeignKey(Rating, models.CASCADE, related_name="rows")
    teacher = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    parts = models.JSONField(default=list)  # [{"kind", "score", "of": how many}]
    total = models.FloatField(null=True, blank=True)  # as computed
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    disputed = models.BooleanField(default=False)
    decision = models.TextField(blank=True)
    decided = models.FloatField(null=True, blank=True)  # the total after the decision, where it changes it
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["rating", "teacher"], name="rating_row_once")]


class ExpertRequirement(ScopedModel):
    """What an institution demands of experts from the public, and the act that says so."""

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    text = models.CharField(max_length=300)
    basis = models.CharField(max_length=300)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["pk"]


class Expert(ScopedModel):
    """A person from the public or a professional association who assesses."""

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    name = models.CharField(max_length=150)
    whence = models.CharField(max_length=200)
    met = models.JSONField(default=list)  # requirements met: pk
    added_at = models.DateTimeField()
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["name"]


class Assessment(ScopedModel):
    """A judgement of a criterion: by an expert, or (without one) by the institution itself. 0 to 100."""

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    period = models.CharField(max_length=20)
    criterion = models.CharField(max_length=80)
    expert = models.ForeignKey(Expert, models.PROTECT, null=True, blank=True, related_name="assessments")
    score = models.PositiveSmallIntegerField()
    reason = models.TextField()
    dated = models.DateField()
    by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["criterion", "pk"]


class Document(ScopedModel):
    """A paper the monitoring issues: note, order, report, public report, self-examination."""

    DRAFT, ISSUED, PUBLISHED = "draft", "issued", "published"
    STATES: ClassVar[list[tuple[str, Any]]] = [(DRAFT, _("draft")), (ISSUED, _("issued")), (PUBLISHED, _("published"))]

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    pack = models.CharField(max_length=60)
    product = models.CharField(max_length=80)
    form = models.CharField(max_length=20)
    period = models.CharField(max_length=20)
    language = models.CharField(max_length=5, default="en")
    watch = models.ForeignKey(Watch, models.SET_NULL, null=True, blank=True, related_name="documents")
    title = models.CharField(max_length=300)
    words = models.TextField(blank=True)  # what a person writes in front of the figures
    decisions = models.TextField(blank=True)
    number = models.CharField(max_length=40, blank=True)
    dated = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=STATES, default=DRAFT)
    content = models.JSONField(default=dict)  # the paper as it was issued; files are drawn from it
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the content
    published_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]


class Acquaintance(ScopedModel):
    """A line of the acquaintance sheet of an edition or a document: name, signature, date."""

    organisation = models.ForeignKey(ORGANISATION, models.PROTECT, related_name="+")
    edition = models.ForeignKey(Edition, models.CASCADE, null=True, blank=True, related_name="acquaintances")
    document = models.ForeignKey(Document, models.CASCADE, null=True, blank=True, related_name="acquaintances")
    user = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=150)
    signed_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["signed_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["edition", "user"], name="acquainted_with_edition_once"),
            models.UniqueConstraint(fields=["document", "user"], name="acquainted_with_document_once"),
        ]
