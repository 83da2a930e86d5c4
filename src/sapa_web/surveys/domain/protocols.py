"""Protocols of talks, observations and studies of documents: written by the items of an instrument, then agreed and final."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.instruments import check_answers
from sapa_web.common.clock import now, today
from sapa_web.common.domain import ledger
from sapa_web.orgs.models import Organisation, User
from sapa_web.surveys.domain.forms import compiled, form_of
from sapa_web.surveys.domain.states import PROTOCOL
from sapa_web.surveys.models import Instrument, InstrumentVersion, Participant, Protocol

LEAST_GROUP, MOST_GROUP = 6, 12
"""Respondents of a focus group where the instrument names no other numbers."""


@dataclass(frozen=True)
class Head:
    """What a protocol begins with. ``informed``: all were told what is recorded and how before it was."""

    subject: str
    period: str
    held_on: date
    place: str = ""
    minutes: int | None = None
    recording: str = Protocol.NOTES
    informed: bool = False
    participants: Sequence[tuple[str, str, bool]] = ()
    """Role, name, consent."""

    def values(self) -> dict[str, Any]:
        """As the model's fields."""
        return {
            name: getattr(self, name) for name in ("subject", "period", "held_on", "place", "minutes", "recording", "informed")
        }


@dataclass(frozen=True)
class Said:
    """What was answered and noted, by name of the item, and the summary."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""


@transaction.atomic
def begin(actor: User, organisation: Organisation, version: InstrumentVersion, head: Head) -> Protocol:
    """Begin a protocol."""
    if version.instrument.kind == Instrument.QUESTIONNAIRE:
        raise UserError(_("a questionnaire is answered, it has no protocol"), todo=_("plan a survey with it"))
    if version.instrument.organisation_id != organisation.pk:
        raise UserError(_("the instrument is another institution's"), todo=_("take it among your own instruments first"))
    _refuse(head)
    made: Protocol = Protocol.objects.create(
        organisation=organisation, version=version, made_by=actor, made_at=now(), **head.values()
    )
    _write_participants(made, head)
    ledger.append(actor, "protocol.begun", obj=made, unit=organisation.code, data={"version": version.digest})
    return made


@transaction.atomic
def write(actor: User, protocol: Protocol, *, head: Head | None = None, said: Said | None = None) -> list[Any]:
    """Write what was said; returns what is wrong with the answers (they are kept as far as they are sound)."""
    held = _held(protocol)
    PROTOCOL.to("write", held.state)
    findings: list[Any] = []
    if head is not None:
        _refuse(head)
        for name, value in head.values().items():
            setattr(held, name, value)
        _write_participants(held, head)
    if said is not None:
        if not held.informed:
            raise UserError(
                _("nothing is recorded before those who take part know of it"),
                todo=_("tell them what is recorded and how, and say so in the protocol"),
            )
        checked = check_answers(compiled(held.version), said.answers, now=now(), partial=True)
        findings = list(checked.findings)
        names = {item.name for item in form_of(held.version).walk()}
        held.answers = dict(checked.answers)
        held.notes = {name: text.strip() for name, text in said.notes.items() if name in names and text.strip()}
        held.summary = said.summary.strip()
    held.save()
    ledger.append(actor, "protocol.written", obj=held, unit=held.organisation.code)
    return findings


@transaction.atomic
def agree(actor: User, protocol: Protocol) -> Protocol:
    """Those who took part have agreed to the summary: the protocol is final."""
    held = _held(protocol)
    held.state = PROTOCOL.to("agree", held.state)
    lacking = obstacles(held)
    if lacking:
        raise UserError("; ".join(lacking), todo=_("complete the protocol"))
    held.agreed_at, held.agreed_by = now(), actor
    held.save()
    ledger.append(actor, "protocol.agreed", obj=held, unit=held.organisation.code)
    return held


def obstacles(protocol: Protocol) -> list[str]:
    """Why it can't be agreed yet."""
    people = list(Participant.objects.unscoped("of a protocol that was found").filter(protocol=protocol))
    kind = protocol.version.instrument.kind
    told = kind in (Instrument.INTERVIEW, Instrument.FOCUS_GROUP)
    respondents = [person for person in people if person.role == Participant.RESPONDENT]
    out = []
    if not protocol.informed:
        out.append(_("it is not said that all knew what is recorded and how"))
    if told and not respondents:
        out.append(_("nobody is named who was asked"))
    if told and any(not person.consent for person in respondents):
        out.append(_("somebody who was asked has not consented"))
    if kind == Instrument.FOCUS_GROUP:
        out += _group_obstacles(protocol, people, len(respondents))
    if not (protocol.answers or protocol.notes):
        out.append(_("nothing is noted"))
    if not protocol.summary:
        out.append(_("the summary is missing"))
    return out


def _group_obstacles(protocol: Protocol, people: list[Participant], respondents: int) -> list[str]:
    asked = form_of(protocol.version).participants
    least, most = (asked.minimum, asked.maximum) if asked else (LEAST_GROUP, MOST_GROUP)
    out = []
    if not least <= respondents <= most:
        out.append(
            _("a focus group has %(least)s to %(most)s people, here are %(n)s") % {"least": least, "most": most, "n": respondents}
        )
    for role, words in ((Participant.MODERATOR, _("a moderator is missing")), (Participant.RECORDER, _("a recorder is missing"))):
        if not any(person.role == role for person in people):
            out.append(words)
    return out


def _refuse(head: Head) -> None:
    if head.held_on > today():
        raise UserError(_("it has not taken place yet"), todo=_("write the day on which it was"))


def _write_participants(protocol: Protocol, head: Head) -> None:
    everybody = Participant.objects.unscoped("of a protocol that was found").filter(protocol=protocol)
    everybody.delete()
    rows = [
        Participant(protocol=protocol, position=number, role=role, name=name.strip(), consent=consent)
        for number, (role, name, consent) in enumerate(head.participants)
        if name.strip()
    ]
    Participant.objects.bulk_create(rows)


def _held(protocol: Protocol) -> Protocol:
    found = Protocol.objects.unscoped("the caller's view has found it").select_for_update(of=("self",))
    held: Protocol = found.select_related("organisation", "version__instrument").get(pk=protocol.pk)
    return held
