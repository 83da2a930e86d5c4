"""The life of a survey: planned, opened, closed. The ledger holds these acts and counts, never an answer's coming in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sapa.errors import UserError
from sapa.instruments import check_answers
from sapa_web.common.clock import now, today
from sapa_web.common.domain import jobs, ledger
from sapa_web.orgs.domain.versions import person
from sapa_web.orgs.models import Organisation, User
from sapa_web.surveys.domain import box
from sapa_web.surveys.domain.forms import compiled, form_of
from sapa_web.surveys.domain.states import SURVEY
from sapa_web.surveys.models import LEAST_THRESHOLD, Instrument, InstrumentVersion, Invitee, Survey

CLOSING = "surveys.close"
OVERDUE = "surveys.overdue"


@dataclass(frozen=True)
class Plan:
    """What a head sets before a survey is opened. ``groups``: ``[{"id": …, "title": {language: …}}]``."""

    title: Mapping[str, str]
    period: str
    opens_on: date
    closes_on: date
    languages: Sequence[str]
    way: str = Survey.PERSONAL
    threshold: int = 5
    paper: bool = False
    notice: Mapping[str, str] = field(default_factory=dict)
    groups: Sequence[Mapping[str, Any]] = ()

    def values(self) -> dict[str, Any]:
        """As the model's fields."""
        return {
            "title": dict(self.title), "period": self.period, "opens_on": self.opens_on, "closes_on": self.closes_on,
            "languages": list(self.languages), "way": self.way, "threshold": self.threshold, "paper": self.paper,
            "notice": dict(self.notice), "groups": [dict(item) for item in self.groups],
        }  # fmt: skip


@transaction.atomic
def plan(actor: User, organisation: Organisation, version: InstrumentVersion, wanted: Plan) -> Survey:
    """Prepare a survey with a questionnaire of the institution."""
    if version.instrument.kind != Instrument.QUESTIONNAIRE:
        raise UserError(_("only a questionnaire is put to people by a link"), todo=_("open a protocol for the other instruments"))
    if version.instrument.organisation_id != organisation.pk:
        raise UserError(_("the questionnaire is another institution's"), todo=_("take it among your own instruments first"))
    _refuse(version, wanted)
    made: Survey = Survey.objects.create(
        organisation=organisation, version=version, made_by=actor, made_at=now(), **wanted.values()
    )
    ledger.append(actor, "survey.planned", obj=made, unit=organisation.code, data={"version": version.digest})
    return made


@transaction.atomic
def change(actor: User, survey: Survey, wanted: Plan) -> Survey:
    """Change what was planned, as long as it is not open."""
    held = _held(survey)
    SURVEY.to("change", held.state)
    _refuse(held.version, wanted)
    if held.issued and [item["id"] for item in held.groups] != [item["id"] for item in wanted.groups]:
        raise UserError(_("links were made for these groups"), todo=_("leave the groups, or plan another survey"))
    for name, value in wanted.values().items():
        setattr(held, name, value)
    held.save()
    ledger.append(actor, "survey.changed", obj=held, unit=held.organisation.code)
    return held


@transaction.atomic
def open_(actor: User, survey: Survey) -> Survey:
    """From now on, within its days, answers are taken in."""
    held = _held(survey)
    held.state = SURVEY.to("open", held.state)
    if held.closes_on < today():
        raise UserError(_("its last day is over"), todo=_("set a later last day"))
    held.opened_at = now()
    held.save(update_fields=["state", "opened_at"])
    ledger.append(actor, "survey.opened", obj=held, unit=held.organisation.code, data={"way": held.way})
    return held


@transaction.atomic
def extend(actor: User, survey: Survey, closes_on: date) -> Survey:
    """Give people longer to answer."""
    held = _held(survey)
    SURVEY.to("answer", held.state)
    if closes_on < today():
        raise UserError(_("its last day would be over"), todo=_("choose today or a later day"))
    held.closes_on = closes_on
    held.save(update_fields=["closes_on"])
    data = {"closes_on": closes_on.isoformat()}
    ledger.append(actor, "survey.extended", obj=held, unit=held.organisation.code, data=data)
    return held


@transaction.atomic
def close(actor: Any, survey: Survey) -> Survey:
    """Nothing more is taken in. Links and the list of who was invited are gone; the answers can be counted now."""
    box.hold(survey, shared=False)
    held = _held(survey)
    held.state = SURVEY.to("close", held.state)
    held.received = box.seal(held)
    Invitee.objects.unscoped("the survey's own list").filter(survey=held).delete()
    held.closed_at = now()
    held.save(update_fields=["state", "received", "closed_at"])
    data = {"received": held.received, "on_paper": held.on_paper, "issued": sum(held.issued.values())}
    ledger.append(actor, "survey.closed", obj=held, unit=held.organisation.code, data=data)
    jobs.enqueue(CLOSING, {"survey": held.pk}, by=person(actor))
    return held


@transaction.atomic
def enter_paper(actor: User, survey: Survey, group: str, answers: Mapping[str, Any]) -> list[Any]:
    """Enter a form that was filled in on paper; returns the findings, and enters nothing where there are any.

    How many were entered is counted; who entered which and when is not written anywhere.
    """
    box.hold(survey, shared=True)
    held = _held(survey)
    SURVEY.to("answer", held.state)
    if not held.paper:
        raise UserError(_("this survey is not answered on paper"), todo=_("answer it by its link"))
    require_group(held, group)
    checked = check_answers(compiled(held.version), answers, now=now())
    if checked.findings:
        return list(checked.findings)
    box.put_paper(held, group, dict(checked.answers))
    Survey.objects.unscoped("the survey that was found").filter(pk=held.pk).update(on_paper=F("on_paper") + 1)
    return []


def require_group(survey: Survey, group: str) -> None:
    """Raises ``UserError`` where the survey has groups and this is none of them."""
    if group not in ([item["id"] for item in survey.groups] or [""]):
        raise UserError(_("say which group you belong to"), todo=_("choose one of the groups"))


def _refuse(version: InstrumentVersion, wanted: Plan) -> None:
    if wanted.closes_on < wanted.opens_on:
        raise UserError(_("it would end before it begins"), todo=_("choose a later last day"))
    if wanted.threshold < LEAST_THRESHOLD:
        raise UserError(
            _("groups of fewer than %(n)s answers are never shown") % {"n": LEAST_THRESHOLD}, todo=_("set a higher threshold")
        )
    spoken = {item.code for item in form_of(version).languages}
    if not wanted.languages or not set(wanted.languages) <= spoken:
        raise UserError(_("the questionnaire does not speak this language"), todo=_("choose among its languages"))
    names = [item["id"] for item in wanted.groups]
    if len(names) != len(set(names)):
        raise UserError(_("two groups have one name"), todo=_("name each group once"))


def _held(survey: Survey) -> Survey:
    found = Survey.objects.unscoped("the caller's view has found it").select_for_update(of=("self",))
    held: Survey = found.select_related("organisation", "version__instrument").get(pk=survey.pk)
    return held


@jobs.kind(CLOSING, gettext_lazy("Closing of a survey"), quiet=True)
def after_closing(job: jobs.Job) -> dict[str, int]:
    """Mix all answers once more, lay them in columns, and count what may be shown of them."""
    from sapa_web.surveys.domain.queries import answers, results

    found: Survey = Survey.objects.unscoped("housekeeping").get(pk=job.arguments["survey"])
    moved = box.shake(found, everything=True)
    answers.lay_in_columns(found)
    results.results_of(found)
    return {"answers": moved}


def _overdue() -> Any:
    """Open surveys whose days are over; one that is answered on paper too waits for who enters the forms."""
    return Survey.objects.unscoped("housekeeping").filter(state=Survey.OPEN, paper=False, closes_on__lt=today())


@jobs.kind(OVERDUE, gettext_lazy("Surveys whose last day is over"), quiet=True)
def close_overdue(job: jobs.Job) -> dict[str, int]:
    """Close them."""
    found = list(_overdue())
    for survey in found:
        close("system:worker", survey)
    return {"closed": len(found)}


jobs.each_minute(OVERDUE, lambda: _overdue().exists())
