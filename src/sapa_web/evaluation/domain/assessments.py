"""A self-assessment from its plan to the council's decision. Each step says what it still needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sapa.errors import UserError
from sapa.evaluation.courses import directions_due, unanswered
from sapa_web.common.clock import now
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain.acts import held, needed, open_for_work, told
from sapa_web.evaluation.domain.queries.systems import levels_now, tree_now
from sapa_web.evaluation.domain.states import ASSESSMENT
from sapa_web.evaluation.models import Assessment, Evidence, Measure, Meeting, Member, Rating, System
from sapa_web.orgs.domain.versions import person

DAYS = ("begins_on", "collect_by", "rate_by", "discuss_on", "publish_by")
FREE = ("one-direction", "yearly-directions", "own")


@dataclass(frozen=True)
class Plan:
    """What is laid down before the work begins."""

    period: str
    model: str
    directions: tuple[str, ...]
    responsible: str
    begins_on: date
    collect_by: date
    rate_by: date
    discuss_on: date
    publish_by: date
    own_model: str = ""
    complex_now: bool = False
    responsible_user: Any = None


@dataclass(frozen=True)
class Person:
    """Somebody of the institution in a working group."""

    direction: str
    name: str
    position: str = ""
    leads: bool = False
    user: Any = None


def proposed_days(begin: date) -> dict[str, date]:
    """A schedule to begin with: six weeks of collecting, three of rating, the council, two weeks to publish. Ours."""
    weeks = dict(zip(DAYS, (0, 6, 9, 11, 13), strict=True))
    return {name: begin + timedelta(weeks=many) for name, many in weeks.items()}


@transaction.atomic
def plan(actor: Any, system: System, wanted: Plan) -> Assessment:
    """Plan a self-assessment. Raises ``UserError`` where the days run backwards or no direction is chosen."""
    pack = pack_named(system.pack)
    made: Assessment = Assessment.objects.create(
        organisation=system.organisation, pack=pack.id, pack_version=pack.version, made_at=now(), made_by=person(actor),
        changed_at=now(), **_planned(system, wanted),
    )  # fmt: skip
    told(actor, "planned", made, made.state)
    return made


@transaction.atomic
def replan(actor: Any, system: System, assessment: Assessment, wanted: Plan) -> Assessment:
    """Change the plan; once evidence is collected the directions stay, days and names may still move."""
    found = open_for_work(assessment, Assessment.PLANNED, Assessment.COLLECTING, Assessment.RATING)
    values = _planned(system, wanted)
    if found.state != Assessment.PLANNED:
        for name in ("directions", "scope", "model", "own_model", "period"):
            values.pop(name)
    for name, value in values.items():
        setattr(found, name, value)
    found.changed_at = now()
    found.save()
    told(actor, "replanned", found, found.state)
    return found


def _planned(system: System, wanted: Plan) -> dict[str, Any]:
    days = [getattr(wanted, name) for name in DAYS]
    if days != sorted(days):
        raise UserError(_("the days run backwards"), todo=_("collecting, rating, discussing and publishing follow each other"))
    if wanted.model == "own" and not wanted.own_model.strip():
        raise UserError(_("say what your own model is"), todo=_("describe it in a sentence"))
    every = [node.code for node in tree_now(system).ranked("direction")]
    directions = directions_due(wanted.model, wanted.directions, every, complex_now=wanted.complex_now)
    if not directions:
        raise UserError(_("no direction is chosen"), todo=_("choose at least one"))
    return {
        "period": wanted.period, "model": wanted.model, "own_model": wanted.own_model.strip(), "directions": list(directions),
        "scope": "all-directions" if len(directions) == len(every) else "one-direction",
        "responsible": needed(wanted.responsible, _("the head answers for it by name"), _("write the name")),
        "responsible_user": wanted.responsible_user, **{name: getattr(wanted, name) for name in DAYS},
    }  # fmt: skip


@transaction.atomic
def add_member(actor: Any, assessment: Assessment, who: Person) -> Member:
    """Put somebody into the working group of a direction."""
    found = open_for_work(assessment, Assessment.PLANNED, Assessment.COLLECTING, Assessment.RATING)
    if who.direction not in found.directions:
        raise UserError(_("this direction is not looked at"), todo=_("choose one of the plan"))
    name = needed(who.name, _("a member has a name"), _("write it"))
    rows = Member.objects.unscoped("of an assessment that the view found in reach")
    values = {"position": who.position.strip(), "leads": who.leads, "user": who.user}
    made: Member
    made, _new = rows.update_or_create(assessment=found, direction=who.direction, name=name, defaults=values)
    told(actor, "member_added", made)
    return made


@transaction.atomic
def remove_member(actor: Any, member: Member) -> None:
    """Take somebody out of a working group."""
    told(actor, "member_removed", member)
    Member.objects.unscoped("found in reach by the view").filter(pk=member.pk).delete()


def move(actor: Any, assessment: Assessment, verb: str) -> Assessment:
    """One step of the path, forward or back (``publish`` and ``withdraw`` have their own verbs)."""
    if verb not in _NEEDS:
        raise UserError(_("unknown step"), todo=_("choose one the page offers"))
    with transaction.atomic():
        found = held(assessment)
        state = ASSESSMENT.to(verb, found.state)
        lacking = _NEEDS[verb](found)
        if lacking:
            raise UserError(lacking[0], todo=lacking[1])
        if verb == "begin":
            system = System.objects.unscoped("of the institution itself").get(organisation_id=found.organisation_id)
            found.criteria, found.levels = tree_now(system).to_json(), levels_now(system).to_json()
        found.state, found.changed_at = state, now()
        found.save()
        told(actor, verb, found, state)
        return found


def lacks(assessment: Assessment, verb: str) -> tuple[str, str] | None:
    """What a step still needs, and what to do; ``None`` where it may be taken."""
    return _NEEDS[verb](assessment) if verb in _NEEDS else None


@transaction.atomic
def write_summary(actor: Any, assessment: Assessment, *, summary: str, decision: str) -> None:
    """The head's words on the whole, and what was decided."""
    found = open_for_work(assessment, Assessment.RATING, Assessment.DISCUSSED, Assessment.DECIDED)
    found.summary, found.decision, found.changed_at = summary.strip(), decision.strip(), now()
    found.save(update_fields=["summary", "decision", "changed_at"])
    told(actor, "summary_written", found, found.state)


def _grouped(found: Assessment) -> tuple[str, str] | None:
    members = Member.objects.unscoped("of this assessment").filter(assessment=found)
    if set(found.directions) - set(members.values_list("direction", flat=True)):
        return _("a direction has no working group"), _("name at least one person for each direction")
    return None


def _evidenced(found: Assessment) -> tuple[str, str] | None:
    if not Evidence.objects.unscoped("of this assessment").filter(assessment=found, withdrawn_at=None).exists():
        return _("there is no evidence yet"), _("add a source to at least one requirement")
    return None


def _rated(found: Assessment) -> tuple[str, str] | None:
    rated = set(Rating.objects.unscoped("of this assessment").filter(assessment=found).values_list("requirement", flat=True))
    wanted = requirements_of(found)
    if missing := len([code for code in wanted if code not in rated]):
        text = ngettext("%(n)s requirement has no level", "%(n)s requirements have no level", missing) % {"n": missing}
        return text, _("set the level of each, with its reason")
    return None


def _discussed(found: Assessment) -> tuple[str, str] | None:
    if not Meeting.objects.unscoped("of this assessment").filter(assessment=found).exists():
        return _("there are no minutes yet"), _("hold the discussion and record it")
    if missing := unanswered_of(found):
        text = ngettext(
            "%(n)s requirement with a low level has no measure", "%(n)s requirements with a low level have no measure",
            len(missing),
        ) % {"n": len(missing)}  # fmt: skip
        return text, _("plan what will be done about it")
    if not found.decision.strip():
        return _("what was decided is not written yet"), _("write the decision")
    return None


def requirements_of(found: Assessment) -> Sequence[str]:
    """Codes of what is rated."""
    wanted = set(found.directions)
    return [item["code"] for item in found.criteria if item["rank"] == "requirement" and item["parent"] in wanted]


def unanswered_of(found: Assessment) -> tuple[str, ...]:
    """Requirements with a low level that no measure answers."""
    from sapa.evaluation.levels import levels_from_json

    rated = dict(
        Rating.objects.unscoped("of this assessment").filter(assessment=found).values_list("requirement", "level")
    )  # fmt: skip
    planned = Measure.objects.unscoped("of this assessment").filter(assessment=found, withdrawn_at=None)
    return unanswered(rated, set(planned.values_list("requirement", flat=True)), levels_from_json(found.levels))


_NEEDS: dict[str, Callable[[Assessment], tuple[str, str] | None]] = {
    "begin": _grouped,
    "rate": _evidenced,
    "discuss": _rated,
    "decide": _discussed,
    "replan": lambda found: None,
    "collect_more": lambda found: None,
    "rate_again": lambda found: None,
}
