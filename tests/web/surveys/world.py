"""A kindergarten with a questionnaire, a sheet of observation and a guide for a focus group, and people who ask and answer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sapa.instruments import Choice, ChoiceList, Form, FormLanguage, Item, Participants, Scale
from sapa_web.orgs.models import Membership, User
from sapa_web.surveys.domain import instruments, protocols, surveys
from sapa_web.surveys.models import Answer, Instrument, InstrumentVersion, Protocol, Survey
from tests.web import cast

LANGUAGES = (FormLanguage(code="en", name="English"), FormLanguage(code="uk", name="Українська"))
YES_NO = ChoiceList(
    id="yes_no",
    choices=(Choice(code="yes", label={"en": "Yes", "uk": "Так"}), Choice(code="no", label={"en": "No", "uk": "Ні"})),
)
SAFE = {"en": "Is it safe?", "uk": "Чи безпечно?"}
DAY = cast.DAY.date()


def questionnaire() -> Form:
    """Six questions: one is asked only of who said no, one only of who named a child."""
    return Form(
        id="parents", title={"en": "Questionnaire for parents", "uk": "Анкета для батьків"}, languages=LANGUAGES, lists=(YES_NO,),
        items=(
            Item(name="safe", type="select-one", choices="yes_no", label=SAFE, required="true()"),
            Item(name="why", type="text", label={"en": "Why not?"}, relevant="${safe} = 'no'", required="true()"),
            Item(name="meals", type="scale", scale=Scale(low=1, high=5), label={"en": "How good are the meals?"}),
            Item(name="years", type="integer", label={"en": "How many years?"}, constraint=". >= 0 and . < 8"),
            Item(name="likes", type="select-many", choices="yes_no", label={"en": "What do you like?"}),
            Item(name="wish", type="text", label={"en": "What should change?"}),
        ),
    )  # fmt: skip


def sheet() -> Form:
    """Two points of an observation."""
    items = (
        Item(name="base", type="select-one", choices="yes_no", label={"en": "Is the base there?"}, informs=("environment.base",)),
        Item(name="hygiene", type="select-one", choices="yes_no", label={"en": "Is it clean?"}),
    )
    return Form(id="sheet", kind="observation", title={"en": "Environment"}, languages=LANGUAGES, lists=(YES_NO,), items=items)


def guide() -> Form:
    """A focus group's guide."""
    return Form(
        id="guide", kind="focus-group", title={"en": "Talk with parents"}, languages=LANGUAGES,
        participants=Participants(minimum=6, maximum=12, roles=("moderator", "recorder")),
        items=(Item(name="heard", type="text", label={"en": "Are parents heard?"}),),
    )  # fmt: skip


def head(code: str = cast.KINDERGARTEN) -> User:
    """The kindergarten's head."""
    found = User.objects.filter(email=f"head-{code}@example.org").first()
    if found is None:
        found = User.objects.create_user(f"head-{code}@example.org", cast.PASSWORD, name="Olena Head")
        Membership.objects.create(user=found, organisation=cast.organisation(code), role="head", valid_from=cast.SINCE)
    return found


def version(form: Form, code: str = cast.KINDERGARTEN) -> InstrumentVersion:
    """An instrument of the kindergarten, in its first version."""
    made: Instrument = instruments.add(head(code), cast.organisation(code), form, "page")
    return instruments.newest(made)


def survey(code: str = cast.KINDERGARTEN, *, opened: bool = True, **more: Any) -> Survey:
    """A survey of parents that is open, by personal links if nothing else is said."""
    wanted: dict[str, Any] = {
        "title": {"en": "Parents 2024"}, "period": "2024-2025", "opens_on": DAY, "closes_on": DAY + timedelta(days=10),
        "languages": ["en", "uk"],
    } | more  # fmt: skip
    user = head(code)
    made = surveys.plan(user, cast.organisation(code), version(questionnaire(), code), surveys.Plan(**wanted))
    return surveys.open_(user, made) if opened else made


def answered(n: int, groups: tuple[str, ...] = ("",)) -> list[tuple[str, dict[str, Any]]]:
    """So many answers, cleaned, the groups in turn."""
    out = []
    for place in range(n):
        answers: dict[str, Any] = {"safe": "yes" if place % 3 else "no", "meals": 1 + place % 5, "years": place % 8}
        answers |= {"likes": ["yes", "no"][: 1 + place % 2], "wish": f"wish {place % 4}"}
        if answers["safe"] == "no":
            answers["why"] = "dark"
        out.append((groups[place % len(groups)], answers))
    return out


def counted(code: str = cast.KINDERGARTEN, rows: list[tuple[str, dict[str, Any]]] | None = None, **more: Any) -> Survey:
    """A survey that was answered and is closed."""
    made = survey(code, **more)
    Answer.objects.bulk_create(Answer(survey=made, group=group, content=content) for group, content in rows or answered(24))
    closed: Survey = surveys.close(head(code), made)
    return closed


def protocol(code: str = cast.KINDERGARTEN, form: Form | None = None, **more: Any) -> Protocol:
    """A protocol of an observation, begun."""
    wanted: dict[str, Any] = {"subject": "The yard", "period": "2024-2025", "held_on": DAY, "informed": True} | more
    return protocols.begin(head(code), cast.organisation(code), version(form or sheet(), code), protocols.Head(**wanted))


def later(days: int) -> date:
    """A day after the cast's."""
    return DAY + timedelta(days=days)
