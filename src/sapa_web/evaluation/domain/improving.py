"""The improvement plan: what is done about a difficulty, by whom, by when, with which effect; and later whether it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.evaluation.courses import effect
from sapa_web.common.clock import now, today
from sapa_web.evaluation.domain.acts import needed, open_for_work, told
from sapa_web.evaluation.domain.assessments import requirements_of
from sapa_web.evaluation.domain.queries.systems import levels_in
from sapa_web.evaluation.domain.states import AFTER_RATING
from sapa_web.evaluation.models import Assessment, Measure, Rating
from sapa_web.orgs.domain.versions import person

PLANNED_IN = (Assessment.RATING, *AFTER_RATING)


@dataclass(frozen=True)
class Wanted:
    """One measure."""

    requirement: str
    what: str
    owner: str
    due_on: date
    expected: str
    check_on: date
    expected_level: str = ""
    owner_user: Any = None


@transaction.atomic
def plan(actor: Any, assessment: Assessment, wanted: Wanted, measure: Measure | None = None) -> Measure:
    """Add a measure, or change one whose effect has not been checked yet."""
    held = open_for_work(assessment, *PLANNED_IN)
    if wanted.requirement not in requirements_of(held):
        raise UserError(_("this requirement is not rated here"), todo=_("choose one of the plan"))
    if wanted.check_on < wanted.due_on:
        raise UserError(_("an effect is checked after the measure is due"), todo=_("choose a later day for the check"))
    if wanted.expected_level:
        levels_in(held).place(wanted.expected_level)
    values = {
        **vars(wanted),
        "what": needed(wanted.what, _("a measure says what is done"), _("write it")),
        "owner": needed(wanted.owner, _("somebody answers for a measure"), _("write the name")),
        "expected": needed(wanted.expected, _("a measure has an expected effect"), _("say what will be different")),
    }
    if measure is None:
        made: Measure = Measure.objects.create(assessment=held, **values)
    else:
        if measure.effect:
            raise UserError(_("its effect has been checked already"), todo=_("plan another measure"))
        made = measure
        for name, value in values.items():
            setattr(made, name, value)
        made.save()
    told(actor, "measure_planned", made)
    return made


@transaction.atomic
def withdraw(actor: Any, measure: Measure, *, back: bool = False) -> None:
    """Take a measure out of the plan, or put it in again."""
    measure.withdrawn_at = None if back else now()
    measure.save(update_fields=["withdrawn_at"])
    told(actor, "measure_returned" if back else "measure_withdrawn", measure)


@transaction.atomic
def done(actor: Any, measure: Measure, day: date | None) -> None:
    """Note that a measure was carried out; ``None`` takes the note back."""
    if day is not None and day > today():
        raise UserError(_("the day is still to come"), todo=_("give the day it was done"))
    measure.done_on = day
    measure.save(update_fields=["done_on"])
    told(actor, "measure_done", measure)


@transaction.atomic
def check_effect(actor: Any, measure: Measure, level: str, note: str) -> Measure:
    """Hold what is found now against what was expected. Without an expected level the note says it, and the level moves it."""
    if measure.done_on is None:
        raise UserError(_("it has not been carried out yet"), todo=_("note the day it was done first"))
    levels = levels_in(measure.assessment)
    rated = Rating.objects.unscoped("of this measure's assessment")
    found = rated.filter(assessment=measure.assessment, requirement=measure.requirement).first()
    before = found.level if found else levels.codes[-1]
    one_better = levels.codes[max(levels.place(before) - 1, 0)]
    measure.effect = effect(before, measure.expected_level or one_better, level, levels)
    measure.effect_level, measure.checked_on, measure.checked_by = level, today(), person(actor)
    measure.effect_note = needed(note, _("say what was found"), _("write what is different now, and how you know"))
    measure.save()
    told(actor, "effect_checked", measure)
    return measure
