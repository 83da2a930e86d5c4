"""Instruments of an institution and their versions, surveys, the box of their answers, protocols of talks and observations.

What would tie an answer to a person does not exist. A survey's links are kept as digests, apart from the list of who was invited;
an answer holds no time, no link, no address. The tables of digests and answers have random keys and no hidden row number (see
migration ``no_order``), so that their order tells nothing either.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from sapa_web.common.scope import ScopedModel

PERSON = "orgs.User"
LEAST_THRESHOLD = 3
"""No survey may show a group of fewer answers, whatever the institution sets."""


def random_id() -> str:
    """128 random bits: a key that tells nothing."""
    return secrets.token_hex(16)


def address_key() -> str:
    """Ten signs of an open link, short enough to be typed from paper."""
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _unused in range(10))


class Instrument(ScopedModel):
    """An instrument an institution works with; what it asks stands in its versions."""

    QUESTIONNAIRE, INTERVIEW, FOCUS_GROUP = "questionnaire", "interview", "focus-group"
    OBSERVATION, DOCUMENT_STUDY = "observation", "document-study"
    KINDS: ClassVar[list[tuple[str, Any]]] = [
        (QUESTIONNAIRE, _("Questionnaire")),
        (INTERVIEW, _("Interview")),
        (FOCUS_GROUP, _("Focus group")),
        (OBSERVATION, _("Observation")),
        (DOCUMENT_STUDY, _("Study of documents")),
    ]

    organisation = models.ForeignKey("orgs.Organisation", models.PROTECT, related_name="instruments")
    kind = models.CharField(max_length=20, choices=KINDS)
    title = models.JSONField(default=dict)  # by language, of the newest version
    source = models.CharField(max_length=10)  # pack, file, page
    pack = models.CharField(max_length=60, blank=True)
    element = models.CharField(max_length=80, blank=True)  # the pack's instrument it was copied from
    latest = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["kind", "pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["organisation", "kind"])]


class InstrumentVersion(ScopedModel):
    """One version, as the engine's form in JSON (``sapa.instruments.Form``); never changed."""

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "instrument__organisation"}

    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    form = models.JSONField()
    digest = models.CharField(max_length=64)  # of the form: equal digests ask the same in the same words
    change = models.CharField(max_length=500, blank=True)  # what is new, in words
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["instrument", "number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["instrument", "number"], name="instrument_version_once")
        ]


class Draft(ScopedModel):
    """What is being written: the next version of an instrument, or a new one. Nobody is asked by it.

    ``form`` may be unfinished. ``before`` is the form without the last change, or with it again where it was taken back
    (``undone``); ``turn`` counts the changes, so that two who write at once don't undo each other.
    """

    organisation = models.ForeignKey("orgs.Organisation", models.PROTECT, related_name="drafts")
    instrument = models.OneToOneField(Instrument, models.PROTECT, null=True, related_name="draft")  # none: it will be a new one
    based_on = models.PositiveIntegerField(default=0)  # the version it began with
    form = models.JSONField()
    before = models.JSONField(null=True, blank=True)
    change = models.CharField(max_length=10, blank=True)  # what the last change did
    changed = models.CharField(max_length=80, blank=True)  # name of the item it was done to
    undone = models.BooleanField(default=False)
    turn = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]


class Survey(ScopedModel):
    """A version of a questionnaire, put to people of one institution in one period."""

    DRAFT, OPEN, CLOSED = "draft", "open", "closed"
    PERSONAL, ANYBODY = "personal", "open"
    WAYS: ClassVar[list[tuple[str, Any]]] = [
        (PERSONAL, _("Personal links: each is good for one answer")),
        (ANYBODY, _("One open link: whoever has it may answer")),
    ]

    organisation = models.ForeignKey("orgs.Organisation", models.PROTECT, related_name="surveys")
    version = models.ForeignKey(InstrumentVersion, models.PROTECT, related_name="surveys")
    title = models.JSONField(default=dict)  # by language
    period = models.CharField(max_length=20)  # the school year or year it speaks of: 2024, 2024-2025
    opens_on = models.DateField()
    closes_on = models.DateField()  # the last day of answering
    languages = models.JSONField(default=list)
    notice = models.JSONField(default=dict)  # by language: said beside the site's own notice, before anything is recorded
    groups = models.JSONField(default=list)  # [{"id": …, "title": {language: …}}]; empty: everybody is one group
    threshold = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(LEAST_THRESHOLD)])
    way = models.CharField(max_length=10, choices=WAYS, default=PERSONAL)
    paper = models.BooleanField(default=False)  # forms filled in on paper are entered afterwards
    state = models.CharField(max_length=10, default=DRAFT)
    key = models.CharField(max_length=12, unique=True, default=address_key)  # of its address
    issued = models.JSONField(default=dict)  # personal links made, by group
    on_paper = models.PositiveIntegerField(default=0)  # answers entered from paper
    received = models.PositiveIntegerField(default=0)  # answers in all; written when it is closed
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-opens_on", "-pk"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["organisation", "period"]),
            models.Index(fields=["state", "closes_on"]),
        ]


class Invitee(ScopedModel):
    """Who was invited, not by which link: the list that letters go to. It is emptied when the survey is closed."""

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "survey__organisation"}

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="invitees")
    name = models.CharField(max_length=150, blank=True)
    email = models.EmailField()
    group = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=8, blank=True)
    written = models.BooleanField(default=False)  # a letter was handed to the mail server, or was about to be
    reminded = models.BooleanField(default=False)  # so was the reminder: of everybody alike, whoever has answered

    class Meta(ScopedModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["survey", "email"], name="invited_once")]


class Slip(models.Model):
    """What lets one answer in: the digest of a personal link's code, or of the number a browser gave its own answer.

    Nothing leads from here to a person (the code was in the letter alone) nor to an answer.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="+")
    group = models.CharField(max_length=40, blank=True)
    used = models.BooleanField(default=False)


class Answer(models.Model):
    """One answered form in the box: what was said, and the group it belongs to. No time, no link, no language, no address."""

    id = models.CharField(primary_key=True, max_length=32, default=random_id)
    survey = models.ForeignKey(Survey, models.PROTECT, related_name="+")
    group = models.CharField(max_length=40, blank=True)
    content = models.JSONField()  # cleaned answers by name of the item, as the engine gives them
    shaken = models.BooleanField(default=False)  # its place in the table was mixed among others (domain.box)


class Protocol(ScopedModel):
    """What was said in an interview or a group, seen in an observation, read in documents, by the items of an instrument."""

    DRAFT, AGREED = "draft", "agreed"
    NOTES, AUDIO, VIDEO = "notes", "audio", "video"
    RECORDINGS: ClassVar[list[tuple[str, Any]]] = [
        (NOTES, _("written notes")),
        (AUDIO, _("sound recording")),
        (VIDEO, _("video recording")),
    ]

    organisation = models.ForeignKey("orgs.Organisation", models.PROTECT, related_name="protocols")
    version = models.ForeignKey(InstrumentVersion, models.PROTECT, related_name="protocols")
    subject = models.CharField(max_length=300)  # the topic, the lesson, the document
    period = models.CharField(max_length=20)
    held_on = models.DateField()
    place = models.CharField(max_length=200, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    recording = models.CharField(max_length=10, choices=RECORDINGS, default=NOTES)
    informed = models.BooleanField(default=False)  # all were told what is recorded and how, before it was
    answers = models.JSONField(default=dict, blank=True)  # by name of the item, as the engine's answers
    notes = models.JSONField(default=dict, blank=True)  # by name of the item: words
    summary = models.TextField(blank=True)
    state = models.CharField(max_length=10, default=DRAFT)
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-held_on", "-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["organisation", "period"])]


class Participant(ScopedModel):
    """Who took part. A respondent needs no name: "a parent of the middle group" is enough."""

    MODERATOR, RECORDER, INTERVIEWER, OBSERVER, RESPONDENT = "moderator", "recorder", "interviewer", "observer", "respondent"
    ROLES: ClassVar[list[tuple[str, Any]]] = [
        (MODERATOR, _("Moderator")),
        (RECORDER, _("Recorder")),
        (INTERVIEWER, _("Interviewer")),
        (OBSERVER, _("Observer")),
        (RESPONDENT, _("Respondent")),
    ]
    scope_paths: ClassVar[dict[str, str]] = {"organisation": "protocol__organisation"}

    protocol = models.ForeignKey(Protocol, models.CASCADE, related_name="participants")
    position = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=12, choices=ROLES)
    name = models.CharField(max_length=150)
    consent = models.BooleanField(default=False)  # agreed to what is recorded and how

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["protocol", "position", "pk"]


class Coding(ScopedModel):
    """The coding of open answers of a survey, or of what protocols of an instrument say, by a book of codes.

    Two work alone; then they talk over what they gave differently. ``codes``: dictionaries with ``id``, ``name``, ``definition``,
    ``example``, ``parent``, in their order. A code with others below it is a heading and is not given itself.
    """

    DRAFT, WORK, TALK, SETTLED = "draft", "running", "review", "done"

    organisation = models.ForeignKey("orgs.Organisation", models.PROTECT, related_name="codings")
    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="codings")
    survey = models.ForeignKey(Survey, models.PROTECT, null=True, related_name="codings")  # none: the instrument's protocols
    period = models.CharField(max_length=20, blank=True)  # of the protocols; empty: all of them
    title = models.CharField(max_length=200)
    questions = models.JSONField(default=list)  # names of the items
    passages = models.BooleanField(default=False)  # each paragraph of a note by itself
    most = models.PositiveIntegerField(null=True, blank=True)  # so many at most, drawn by chance
    language = models.CharField(max_length=8)  # in which the book is written
    codes = models.JSONField(default=list)
    state = models.CharField(max_length=10, default=DRAFT)
    first = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    second = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")  # none: nobody codes a second time
    first_done_at = models.DateTimeField(null=True, blank=True)
    second_done_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["organisation", "instrument"])]


class CodingUnit(ScopedModel):
    """One text that is coded: an open answer, a note or a paragraph of one. Nothing tells which answered form it is from.

    ``decided``: the codes settled on in talk where the two gave different ones.
    """

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "coding__organisation"}

    coding = models.ForeignKey(Coding, models.CASCADE, related_name="units")
    number = models.PositiveIntegerField()
    question = models.CharField(max_length=80)  # name of the item
    text = models.TextField()
    protocol = models.ForeignKey(Protocol, models.PROTECT, null=True, related_name="+")
    decided = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta(ScopedModel.Meta):
        ordering: ClassVar[list[str]] = ["coding", "number"]
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["coding", "number"], name="coding_unit_once")]


class CodingMark(ScopedModel):
    """The codes one coder gave one text; none is a judgement too."""

    scope_paths: ClassVar[dict[str, str]] = {"organisation": "unit__coding__organisation"}

    unit = models.ForeignKey(CodingUnit, models.CASCADE, related_name="marks")
    coder = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    codes = models.JSONField(default=list)  # their ids

    class Meta(ScopedModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["unit", "coder"], name="coded_once")]
