"""The school's own quality system, furnished: surveys in every state, protocols, self-assessments from planned to public."""

from __future__ import annotations

from typing import Any

from sapa.instruments import Item
from sapa.instruments.editing import put
from sapa_web.evaluation.domain import guests
from sapa_web.evaluation.domain.content import Chosen
from sapa_web.evaluation.models import Dossier, Guest, System
from sapa_web.orgs.models import User
from sapa_web.surveys.domain import coding as verbs
from sapa_web.surveys.domain import drafts, instruments, surveys
from sapa_web.surveys.models import Answer, Coding, Draft, InstrumentVersion, Survey
from tests.web import cast
from tests.web.evaluation import world as inside
from tests.web.evaluation.one_of_everything import everything_of
from tests.web.monitoring.one_of_everything import monitoring_of, people_of, regulations_of
from tests.web.surveys import coders
from tests.web.surveys import world as asking

UNDER_WAY = "2023"
"""Period of the self-assessment whose levels are being set."""


def furnish_quality(head: User, teacher: User) -> list[str]:
    """All of it at the cast's school, whose ``head`` walks there; returns addresses that stand in letters only."""
    addresses = _surveys()
    furnish_codings(head)
    school = cast.organisation(cast.SCHOOL)
    monitoring_of(head, teacher, school)
    people_of(head, teacher, school)
    edition = regulations_of(head, teacher, school)["edition"]
    reports = f"/statistics/reports/{cast.SCHOOL}/"
    public = [reports, f"{reports}families/", f"/monitoring/of/{cast.SCHOOL}/regulation/{edition}/"]
    return [*addresses, *_assessments(head), *public]


def furnish_codings(head: User) -> None:
    """Codings in every state, in which the head codes beside the deputy; an agreed protocol that speaks of a criterion."""
    last = Survey.objects.unscoped("test").get(title__en="Parents 2023")
    verbs.begin(head, last, verbs.Wanted(title="Not begun", questions=["wish"], first=head))
    more = {"survey": last, "code": cast.SCHOOL, "first": head}
    coders.begun(**more)
    coders.coded(coders.started(**more), finished=False)
    coders.coded(coders.started(**more), {1: ["c3"], 2: ["c4"]})
    settled = coders.coded(coders.started(**more))
    verbs.settle(head, settled)
    coders.agreed_protocol({"base": "The fence is broken.\nThe sand is new.", "hygiene": "Clean."}, cast.SCHOOL)


def _surveys() -> list[str]:
    school, day = cast.SCHOOL, asking.DAY
    groups = [{"id": "old", "title": {"en": "Elder group"}}, {"id": "young", "title": {"en": "Younger group"}}]
    rows = asking.answered(32, ("old", "young"))
    last = asking.counted(school, rows, period="2023-2024", title={"en": "Parents 2023"}, groups=groups)
    version = last.version
    changed = asking.questionnaire().model_copy(update={"title": {"en": "Questionnaire for parents, in short"}})
    instruments.revise(asking.head(school), version.instrument, changed, "Fewer words")
    again = _plan(version, way=Survey.ANYBODY, groups=groups, title={"en": "Parents 2024"})
    surveys.open_(asking.head(school), again)
    _answers(again, rows)
    surveys.close(asking.head(school), again)
    asking.counted(school, asking.answered(3), title={"en": "Asked too few"})
    half_written(asking.head(school), school)
    personal = asking.survey(school, title={"en": "By personal links"}, paper=True)
    asking.survey(school, opened=False, title={"en": "Not opened yet"})
    anybody = asking.survey(school, way=Survey.ANYBODY, title={"en": "Open to anybody"}, closes_on=asking.later(20))
    asking.protocol(school)
    asking.protocol(school, asking.guide(), subject="What parents say", held_on=day)
    ended = f"/answer/{last.key}/"
    return [f"/answer/{anybody.key}/", f"/answer/{anybody.key}/thanks/", f"/answer/{personal.key}/", ended, "/answer/unknown/"]


def half_written(user: User, code: str) -> Draft:
    """The next version of a questionnaire: a heading, a condition, one the page can't say, a question without answers."""
    form = asking.questionnaire()
    odd = Item(name="odd", type="integer", label={"en": "Odd"}, relevant="${years} > 2", constraint=". mod 2 = 1")
    version = asking.version(form.model_copy(update={"items": (*form.items, odd)}), code)
    draft = drafts.begin_version(user, version.instrument)
    form = put(drafts.form_in(draft), Item(name="h", type="group", label={"en": "At the table"}), "why")
    draft = drafts.write(draft, 0, form, drafts.ADDED, "h")
    draft = drafts.show_if(draft, 1, "wish", "selected(${safe}, 'no') and (${meals} = 1 or ${meals} = 2)")
    return drafts.add(draft, 2, Item(name="x", type="select-one", label={"en": "Who fetches your child?"}), [], "wish")[0]


def _plan(version: InstrumentVersion, **more: Any) -> Survey:
    days = {"opens_on": asking.DAY, "closes_on": asking.later(10)}
    wanted: dict[str, Any] = {"title": {"en": "Parents"}, "period": "2024-2025", "languages": ["en", "uk"], **days, **more}
    return surveys.plan(asking.head(cast.SCHOOL), cast.organisation(cast.SCHOOL), version, surveys.Plan(**wanted))


def _answers(survey: Survey, rows: list[tuple[str, dict[str, Any]]]) -> None:
    Answer.objects.bulk_create(Answer(survey=survey, group=group, content=content) for group, content in rows)


def _assessments(head: User) -> list[str]:
    everything_of(head, cast.organisation(cast.SCHOOL))
    system = System.objects.unscoped("test").get(organisation__code=cast.SCHOOL)
    for period in ("2021", "2022"):
        public = inside.published(head, inside.plan(head, system, period=period), Chosen())
    Dossier.objects.unscoped("test").filter(assessment__period="2024").update(assessment=public)
    under_way = inside.collected(head, inside.plan(head, system, period=UNDER_WAY))
    token = guests.invite(head, under_way, name="Founder's representative", body="founder", purpose=Guest.DISCUSSES)[1]
    return [f"/quality/guest/{token}/", "/quality/guest/unknown/", f"/statistics/quality/{cast.SCHOOL}/"]


def printed_links() -> tuple[str, str, dict[str, Any]]:
    """The head prints personal links."""
    return "head", f"/surveys/{_open_one().pk}/links/", {"count_0": "6"}


def typed() -> list[str]:
    """What the head opens from memory: no page links there while the survey is open."""
    under_way = Coding.objects.unscoped("test").filter(state=Coding.WORK).values_list("pk", flat=True)
    codings = [f"/surveys/coding/{pk}/agreement/" for pk in under_way[:1]]
    return [*(f"/surveys/{_open_one().pk}/{name}/" for name in ("paper", "results")), *codings]


def _open_one() -> Survey:
    survey: Survey = Survey.objects.unscoped("test").get(title__en="By personal links")
    return survey
