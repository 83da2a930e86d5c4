"""Discussions of the results, with their minutes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now, today
from sapa_web.evaluation.domain.acts import needed, open_for_work, told
from sapa_web.evaluation.domain.files import keep
from sapa_web.evaluation.models import Assessment, Meeting
from sapa_web.orgs.domain.versions import person


@dataclass(frozen=True)
class Minutes:
    """Who met, what was heard, said, decided."""

    body: str
    held_on: date
    chair: str
    secretary: str
    present: int
    heard: str
    decided: str
    number: str = ""
    said: str = ""
    votes_for: int = 0
    votes_against: int = 0
    abstained: int = 0


@transaction.atomic
def record(actor: Any, assessment: Assessment, minutes: Minutes, file: Any = None, meeting: Meeting | None = None) -> Meeting:
    """Write minutes, or put them right. Raises ``UserError`` where more have voted than were there."""
    held = open_for_work(assessment, Assessment.RATING, Assessment.DISCUSSED, Assessment.DECIDED)
    if minutes.held_on > today():
        raise UserError(_("the day is still to come"), todo=_("record the discussion when it has been held"))
    if minutes.votes_for + minutes.votes_against + minutes.abstained > minutes.present:
        raise UserError(_("more people have voted than were present"), todo=_("count again"))
    values = asdict(minutes) | {
        "chair": needed(minutes.chair, _("minutes name the chair"), _("write the name")),
        "secretary": needed(minutes.secretary, _("minutes name the secretary"), _("write the name")),
        "heard": needed(minutes.heard, _("say what was heard"), _("write it")),
        "decided": needed(minutes.decided, _("say what was decided"), _("write it")),
    }
    if file is not None:
        values["file"] = keep(actor, held.organisation_id, file.name, file.content_type or "", file.read())
    found = meeting or Meeting(assessment=held)
    for name, value in values.items():
        setattr(found, name, value)
    found.by, found.at = person(actor), now()
    found.save()
    told(actor, "minutes_recorded", found)
    return found


@transaction.atomic
def remove(actor: Any, meeting: Meeting) -> None:
    """Take minutes out that were recorded by mistake."""
    open_for_work(meeting.assessment, Assessment.RATING, Assessment.DISCUSSED)
    told(actor, "minutes_removed", meeting)
    Meeting.objects.unscoped("found in reach by the view").filter(pk=meeting.pk).delete()
