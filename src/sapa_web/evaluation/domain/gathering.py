"""Evidence on a requirement and the level that is set from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.evaluation.triangulation import Source, Triangulation, triangulate
from sapa_web.common.clock import now, today
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain.acts import needed, open_for_work, told
from sapa_web.evaluation.domain.assessments import requirements_of
from sapa_web.evaluation.domain.files import keep
from sapa_web.evaluation.domain.queries.offered import offer
from sapa_web.evaluation.domain.queries.systems import levels_in, tree_in
from sapa_web.evaluation.domain.states import COLLECTS
from sapa_web.evaluation.models import Assessment, Evidence, Rating
from sapa_web.evaluation.words import METHODS, listed
from sapa_web.orgs.domain.versions import person


@dataclass(frozen=True)
class Found:
    """What a source has found."""

    about: str
    method: str
    title: str
    found: str
    day: date
    level: str = ""
    figure: str = ""
    people: int | None = None
    reference: str = ""


@transaction.atomic
def add(actor: Any, assessment: Assessment, requirement: str, what: Found, file: Any = None) -> Evidence:
    """Put a source beside the others of its requirement. ``file``: an uploaded document; it stays in the institution."""
    held = open_for_work(assessment, *COLLECTS)
    _require_known(held, requirement, what)
    kept = keep(actor, held.organisation_id, file.name, file.content_type or "", file.read()) if file is not None else None
    made: Evidence = Evidence.objects.create(
        assessment=held, requirement=requirement, by=person(actor), added_at=now(), file=kept, **_values(what)
    )
    told(actor, "evidence_added", made)
    return made


def take(actor: Any, assessment: Assessment, requirement: str, reference: str, level: str = "") -> Evidence:
    """Take over what a survey or protocol of the institution says; it stays as it was taken.

    ``level``: the one it speaks for, where none was counted from scores.
    """
    given = offer(assessment, requirement, reference)
    return add(actor, assessment, requirement, Found(about=requirement, **{**vars(given), "level": given.level or level}))


@transaction.atomic
def withdraw(actor: Any, evidence: Evidence, *, back: bool = False) -> None:
    """Take a source back, or put it in again: it stays, so that nothing is lost."""
    open_for_work(evidence.assessment, *COLLECTS)
    evidence.withdrawn_at = None if back else now()
    evidence.save(update_fields=["withdrawn_at"])
    told(actor, "evidence_returned" if back else "evidence_withdrawn", evidence)


@transaction.atomic
def rate(actor: Any, assessment: Assessment, requirement: str, **words: str) -> Rating:
    """Set the level of a requirement: ``level``, ``reason``, ``disagreement``, ``strengths``, ``difficulties``.

    Raises ``UserError`` where no source stands behind it, or where the sources part and nobody says why it is this level.
    """
    held = open_for_work(assessment, Assessment.RATING)
    if requirement not in requirements_of(held):
        raise UserError(_("this requirement is not rated here"), todo=_("choose one of the plan"))
    levels_in(held).place(words["level"])
    seen = triangulated(held, requirement)
    if seen.agreement == "none" and not _sources(held, requirement):
        raise UserError(_("no source stands behind this level"), todo=_("add evidence first"))
    values: dict[str, Any] = {name: words.get(name, "").strip() for name in ("disagreement", "strengths", "difficulties")}
    values["reason"] = needed(words.get("reason", ""), _("a level needs a reason"), _("say what it rests on"))
    if seen.must_explain and not values["disagreement"]:
        raise UserError(_("the sources part"), todo=_("say why it is this level all the same"))
    rows = Rating.objects.unscoped("of an assessment that the view found in reach")
    values |= {"level": words["level"], "by": person(actor), "at": now()}
    made: Rating
    made, _new = rows.update_or_create(assessment=held, requirement=requirement, defaults=values)
    told(actor, "rated", made)
    return made


@transaction.atomic
def unrate(actor: Any, assessment: Assessment, requirement: str) -> None:
    """Take a level back."""
    held = open_for_work(assessment, Assessment.RATING)
    Rating.objects.unscoped("of this assessment").filter(assessment=held, requirement=requirement).delete()
    told(actor, "unrated", held)


def triangulated(assessment: Assessment, requirement: str) -> Triangulation:
    """The sources of a requirement beside each other."""
    levels = levels_in(assessment)
    sources = [
        Source(str(item.pk), item.method, item.about, item.level or None)
        for item in _sources(assessment, requirement)
        if not item.level or item.level in levels.codes
    ]
    return triangulate(sources, levels, expected_methods(assessment, requirement))


def expected_methods(assessment: Assessment, requirement: str) -> list[str]:
    """The methods that the lines below a requirement name, in the order of the pack's list."""
    named = {method for node in tree_in(assessment).under(requirement) for method in node.methods}
    return [code for code in listed(pack_named(assessment.pack), METHODS) if code in named]


def _sources(assessment: Assessment, requirement: str) -> list[Evidence]:
    rows = Evidence.objects.unscoped("of an assessment found in reach")
    return list(rows.filter(assessment=assessment, requirement=requirement, withdrawn_at=None))


def _require_known(held: Assessment, requirement: str, what: Found) -> None:
    if requirement not in requirements_of(held):
        raise UserError(_("this requirement is not looked at"), todo=_("choose one of the plan"))
    below = {node.code for node in tree_in(held).under(requirement)} | {requirement}
    if what.about not in below:
        raise UserError(_("this line belongs to another requirement"), todo=_("choose one of this page"))
    if what.method not in listed(pack_named(held.pack), METHODS):
        raise UserError(_("unknown method"), todo=_("choose one of the list"))
    if what.level:
        levels_in(held).place(what.level)
    if what.day > today():
        raise UserError(_("the day is still to come"), todo=_("give the day it was found"))


def _values(what: Found) -> dict[str, Any]:
    title = needed(what.title, _("a source has a name"), _("write which talk, sheet or document it was"))
    return {**vars(what), "title": title[:300], "found": what.found.strip()}
