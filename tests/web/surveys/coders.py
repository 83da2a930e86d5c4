"""Two who code: a head and a deputy of the kindergarten, a book, and what each gives."""

from __future__ import annotations

from typing import Any

from sapa_web.orgs.models import Membership, User
from sapa_web.surveys.domain import coding, protocols
from sapa_web.surveys.domain.coding import Line, Wanted
from sapa_web.surveys.domain.queries import coding as held_in
from sapa_web.surveys.models import Coding, Protocol, Survey
from tests.web import cast
from tests.web.surveys import world

BOOK = [
    Line("The place", "What stands there."),
    Line("Yard", "Anything outdoors.", "more trees", below=True),
    Line("Rooms", below=True),
    Line("Meals", "What is eaten.", "better soup"),
]
"""c1 (a heading) with c2 and c3 below it, c4."""


def deputy(code: str = cast.KINDERGARTEN) -> User:
    """Who codes beside the head."""
    found = User.objects.filter(email=f"deputy-{code}@example.org").first()
    if found is None:
        found = User.objects.create_user(f"deputy-{code}@example.org", cast.PASSWORD, name="Daryna Deputy")
        place = cast.organisation(code)
        Membership.objects.create(user=found, organisation=place, role="deputy", valid_from=cast.SINCE)
    return found


def begun(survey: Survey | None = None, code: str = cast.KINDERGARTEN, *, two: bool = True, **more: Any) -> Coding:
    """A coding of what parents wish, with its book."""
    survey = survey or world.counted(code)
    wanted = {"questions": ["wish"], "first": world.head(code), "second": deputy(code) if two else None} | more
    made = coding.begin(wanted["first"], survey, Wanted(title="What parents wish", **wanted))
    return coding.write_book(wanted["first"], made, BOOK)


def started(code: str = cast.KINDERGARTEN, **more: Any) -> Coding:
    """The same, the texts laid out."""
    made = begun(code=code, **more)
    return coding.start(made.first, made)


def coded(made: Coding, other: dict[int, list[str]] | None = None, *, finished: bool = True) -> Coding:
    """Both have coded all texts: every second with c2, the others with nothing; the second coder as said in ``other``."""
    for coder in held_in.coders_of(made):
        for number in made.units.unscoped("test").values_list("number", flat=True):
            codes = ["c2"] if number % 2 else []
            codes = (other or {}).get(number, codes) if coder != made.first else codes
            coding.mark(coder, made, number, codes)
        if finished:
            made = coding.finish(coder, made)
    return made


def agreed_protocol(notes: dict[str, str], code: str = cast.KINDERGARTEN, version: Any = None, **more: Any) -> Protocol:
    """A protocol of an observation that is final."""
    wanted: dict[str, Any] = {"subject": "The yard", "period": "2024-2025", "held_on": world.DAY, "informed": True} | more
    version = version or world.version(world.sheet(), code)
    made = protocols.begin(world.head(code), cast.organisation(code), version, protocols.Head(**wanted))
    said = protocols.Said({"base": "yes"}, notes, "It is in order.")
    protocols.write(world.head(code), made, said=said)
    return protocols.agree(world.head(code), made)
