"""What to do next: the path of a self-assessment, and the one thing that is due on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sapa_web.evaluation.domain.assessments import lacks, unanswered_of
from sapa_web.evaluation.domain.queries.results import Results
from sapa_web.evaluation.domain.queries.systems import components_of
from sapa_web.evaluation.domain.states import PATH
from sapa_web.evaluation.models import Assessment, Measure, Meeting, System


@dataclass(frozen=True)
class Step:
    """A station of the path: done, here, or still to come."""

    title: str
    state: str
    by: date | None
    late: bool = False


@dataclass(frozen=True)
class Next:
    """What is due: words, why, and where it is done; ``verb`` where a button does it."""

    title: str
    why: str
    url: str = ""
    label: str = ""
    verb: str = ""


def path_of(assessment: Assessment, day: date) -> list[Step]:
    """The six stations with their days."""
    titles = (_("Planned"), _("Evidence"), _("Levels"), _("Discussed"), _("Decided"), _("Published"))
    days = (
        assessment.begins_on, assessment.collect_by, assessment.rate_by, assessment.discuss_on, assessment.publish_by,
        assessment.publish_by,
    )  # fmt: skip
    here = PATH.index(assessment.state)
    return [
        Step(title, "done" if place < here or here == len(PATH) - 1 else "here" if place == here else "next", by,
             by is not None and place >= here and by < day and assessment.state != Assessment.PUBLISHED)
        for place, (title, by) in enumerate(zip(titles, days, strict=True))
    ]  # fmt: skip


def next_for_system(system: System) -> list[Next]:
    """What the system itself still needs before its first self-assessment; nothing where it stands."""
    out = []
    blank = [item for item in components_of(system) if not item.described]
    code = system.organisation.code
    if blank:
        many = ngettext("%(n)s component is not described", "%(n)s components are not described", len(blank)) % {"n": len(blank)}
        out.append(Next(_("Describe the components"), many, reverse("evaluation:components", args=[code]), _("Components")))
    if not system.approved_on:
        why = _("The council endorses it, the head approves it.")
        out.append(Next(_("Adopt the regulation"), why, reverse("evaluation:goals", args=[code]), _("Goals and regulation")))
    return out


def next_for(assessment: Assessment, results: Results | None, day: date) -> Next:
    """The one thing that is due on the way of an assessment."""
    maker: Any = _NEXT[assessment.state]
    found: Next = maker(assessment, results, day)
    return found


def _url(assessment: Assessment, name: str, *more: str) -> str:
    return reverse(f"evaluation:{name}", args=[assessment.pk, *more])


def _planned(assessment: Assessment, results: Results | None, day: date) -> Next:
    if lacking := lacks(assessment, "begin"):
        return Next(_("Name the working groups"), lacking[1], _url(assessment, "groups"), _("Working groups"))
    return Next(_("Begin collecting"), _("The plan and the groups stand. The criteria are frozen when you begin."), verb="begin")


def _collecting(assessment: Assessment, results: Results | None, day: date) -> Next:
    bare = [line for line in results.lines if not line.sources] if results else []
    if bare:
        why = ngettext("%(n)s requirement has no source yet", "%(n)s requirements have no source yet", len(bare)) % {
            "n": len(bare)
        }
        return Next(_("Collect evidence"), why, _url(assessment, "requirement", bare[0].node.code), bare[0].title)
    return Next(_("Set the levels"), _("Every requirement has a source."), verb="rate")


def _rating(assessment: Assessment, results: Results | None, day: date) -> Next:
    bare = [line for line in results.lines if not line.rating] if results else []
    if bare:
        why = ngettext("%(n)s requirement has no level", "%(n)s requirements have no level", len(bare)) % {"n": len(bare)}
        return Next(_("Set the levels"), why, _url(assessment, "requirement", bare[0].node.code), bare[0].title)
    return Next(_("Bring it to the council"), _("Every requirement has its level and reason."), verb="discuss")


def _discussed(assessment: Assessment, results: Results | None, day: date) -> Next:
    lacking = lacks(assessment, "decide")
    if lacking is None:
        return Next(_("Close the decision"), _("Minutes, decision and plan are there."), verb="decide")
    if not Meeting.objects.unscoped("found in reach").filter(assessment=assessment).exists():
        return Next(_("Record the discussion"), lacking[1], _url(assessment, "meetings"), _("Minutes"))
    if unanswered_of(assessment):
        return Next(_("Plan improvements"), lacking[0], _url(assessment, "improve"), _("Improvement plan"))
    return Next(_("Write the decision"), lacking[1], _url(assessment, "summary"), _("Summary and decision"))


def _decided(assessment: Assessment, results: Results | None, day: date) -> Next:
    return Next(_("Publish"), _("You choose what is told. Nothing else leaves."), _url(assessment, "publish"), _("Preview"))


def _published(assessment: Assessment, results: Results | None, day: date) -> Next:
    rows = Measure.objects.unscoped("found in reach").filter(assessment=assessment, withdrawn_at=None, effect="")
    due = rows.filter(check_on__lte=day).count()
    if due:
        why = ngettext("%(n)s effect is to be checked", "%(n)s effects are to be checked", due) % {"n": due}
        return Next(_("Check the effects"), why, _url(assessment, "improve"), _("Improvement plan"))
    left = rows.count()
    if left:
        why = ngettext("%(n)s measure is under way", "%(n)s measures are under way", left) % {"n": left}
        return Next(_("Carry out the plan"), why, _url(assessment, "improve"), _("Improvement plan"))
    return Next(_("All is done"), _("Plan the next self-assessment when its time comes."))


_NEXT = {
    Assessment.PLANNED: _planned,
    Assessment.COLLECTING: _collecting,
    Assessment.RATING: _rating,
    Assessment.DISCUSSED: _discussed,
    Assessment.DECIDED: _decided,
    Assessment.PUBLISHED: _published,
}
