"""Guests: parents, self-government, the community, the founder's representative, experts; each with a link and a sheet.

An observer is shown his sheet and nothing of the work. Whoever is asked to discuss sees levels and reasons, no evidence: he takes
part in the discussion, as a member of the council does. The link is shown once; here lies its hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now, today
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain.acts import needed, open_for_work, told
from sapa_web.evaluation.domain.assessments import requirements_of
from sapa_web.evaluation.domain.queries.systems import levels_in, tree_in
from sapa_web.evaluation.domain.states import COLLECTS
from sapa_web.evaluation.models import Assessment, Evidence, Guest
from sapa_web.evaluation.words import BODIES, language, word

VALID_DAYS = 30
LONGEST = 4000
DISCUSSED_IN = (Assessment.RATING, Assessment.DISCUSSED)


@dataclass(frozen=True)
class Asked:
    """A point of the sheet as the guest reads it."""

    id: str
    title: str
    requirements: tuple[str, ...]


@transaction.atomic
def invite(actor: Any, assessment: Assessment, *, name: str, body: str, purpose: str, instrument: str = "") -> tuple[Guest, str]:
    """Ask somebody in; returns the row and the token of his link, which is not kept."""
    held = open_for_work(assessment, Assessment.PLANNED, *COLLECTS, Assessment.DISCUSSED)
    if purpose == Guest.OBSERVES and instrument not in {item.id for item in sheets(held)}:
        raise UserError(_("choose what is observed"), todo=_("take one of the observation sheets"))
    token = token_urlsafe(24)
    made: Guest = Guest.objects.create(
        assessment=held, name=needed(name, _("a guest has a name"), _("write it"))[:150], body=body, purpose=purpose,
        instrument=instrument if purpose == Guest.OBSERVES else "", token_hash=_hash(token), invited_by=actor, invited_at=now(),
        expires_at=now() + timedelta(days=VALID_DAYS),
    )  # fmt: skip
    told(actor, "guest_invited", made)
    return made, token


@transaction.atomic
def take_back(actor: Any, guest: Guest) -> None:
    """The link leads nowhere from now on; what was sent by it stays."""
    guest.withdrawn_at = now()
    guest.save(update_fields=["withdrawn_at"])
    told(actor, "guest_withdrawn", guest)


def by_token(token: str) -> Guest | None:
    """Whom a link belongs to, as long as it holds."""
    rows = Guest.objects.unscoped("the token is the door").select_related("assessment", "assessment__organisation")
    found: Guest | None = rows.filter(token_hash=_hash(token), withdrawn_at=None, expires_at__gt=now()).first()
    return found


def may_write(guest: Guest) -> bool:
    """Whether his sheet can be sent: once, in the time it is for."""
    states = COLLECTS if guest.purpose == Guest.OBSERVES else DISCUSSED_IN
    return guest.answered_at is None and guest.assessment.state in states


@transaction.atomic
def send(guest: Guest, points: Mapping[str, tuple[str, str]], words: str) -> Guest:
    """Take a guest's sheet: a level and a note for each point, and words on the whole. What was seen becomes evidence."""
    held: Guest = Guest.objects.unscoped("the token is the door").select_for_update().get(pk=guest.pk)
    if not may_write(held):
        raise UserError(_("the sheet can't be sent now"), todo=_("ask the institution"))
    known = {item.id for item in asked(held)}
    given = {
        name: {"level": level, "note": note.strip()[:LONGEST]} for name, (level, note) in points.items()
        if name in known and (level or note.strip())
    }  # fmt: skip
    for item in given.values():
        if item["level"]:
            levels_in(held.assessment).place(item["level"])
    if not given and not words.strip():
        raise UserError(_("the sheet is empty"), todo=_("fill in at least one point"))
    held.sheet = {"points": given, "words": words.strip()[:LONGEST]}
    held.answered_at = now()
    held.save(update_fields=["sheet", "answered_at"])
    if held.purpose == Guest.OBSERVES:
        _as_evidence(held, given)
    told(f"guest:{held.pk}", "guest_answered", held)
    return held


def _as_evidence(guest: Guest, given: Mapping[str, Mapping[str, str]]) -> None:
    levels, assessment = levels_in(guest.assessment), guest.assessment
    by_requirement: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
    for item in asked(guest):
        for requirement in item.requirements if item.id in given else ():
            by_requirement.setdefault(requirement, []).append((item.title, given[item.id]))
    body = word(pack_named(assessment.pack), BODIES, guest.body)
    for requirement, lines in by_requirement.items():
        found = "\n".join(f"{title}: {line['note']}" for title, line in lines if line["note"])
        level = levels.middle(line["level"] for _title, line in lines if line["level"])
        named = _("Observation by %(name)s (%(body)s)") % {"name": guest.name, "body": body}
        Evidence.objects.create(
            assessment=assessment, requirement=requirement, about=requirement, method="observation",
            reference=f"guest:{guest.pk}", title=named, found=found, level=level or "", day=today(), added_at=now(),
        )  # fmt: skip


def sheets(assessment: Assessment) -> list[Any]:
    """The observation sheets of the pack."""
    return [item for item in pack_named(assessment.pack).instruments if item.form == "observation"]


def asked(guest: Guest) -> list[Asked]:
    """The points of his sheet that inform something this assessment looks at; of a discussant: its directions."""
    assessment, pack, lang = guest.assessment, pack_named(guest.assessment.pack), language()
    tree = tree_in(assessment)
    if guest.purpose == Guest.DISCUSSES:
        return [Asked(code, pack.text(dict(tree.find(code).title), lang), ()) for code in assessment.directions]
    wanted = set(requirements_of(assessment)) or {node.code for node in tree.requirements(assessment.directions)}
    out = []
    for sheet in sheets(assessment):
        for point in sheet.points if sheet.id == guest.instrument else ():
            above = [tree.above(name, "requirement").code for name in point.informs if tree.has(name)]
            if met := tuple(dict.fromkeys(code for code in above if code in wanted)):
                out.append(Asked(point.id, pack.text(point.title, lang), met))
    return out


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
