"""Coding of open answers and notes: what there is to code, how far each is, how far two agree, and what came of it.

Open answers come from the results alone (``results_of``): what is not shown there is not coded either. They stand in the order of
letters, without their group and without the form they are from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.measurement import questionnaire_of
from sapa.measurement.coding import Agreement, Assignment, Code, CodeBook, Unit, agreement, frequencies, settled
from sapa.measurement.questions import Question
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain.queries.access import memberships_of
from sapa_web.orgs.models import Closure, Organisation, User
from sapa_web.orgs.roles import Capability, roles_with
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.domain.queries import reach
from sapa_web.surveys.domain.queries.results import being_counted, results_of
from sapa_web.surveys.models import Coding, CodingMark, CodingUnit, Instrument, InstrumentVersion, Protocol, Survey


@dataclass(frozen=True)
class Piece:
    """A text to be coded, and where it is from."""

    question: str
    words: str
    protocol: int | None = None


@dataclass(frozen=True)
class Counted:
    """A code in the end: how many texts have it, their share (0 to 1) of all texts, and the texts."""

    code: Code
    name: str
    n: int
    share: float
    texts: tuple[str, ...]


def codings(scope: Scope) -> Any:
    """Codings of the person's institutions, the newest first."""
    return Coding.objects.for_scope(scope).select_related("organisation", "instrument", "survey__version", "first", "second")


def units(scope: Scope, coding: Coding) -> Any:
    """Its texts in their order."""
    return CodingUnit.objects.for_scope(scope).filter(coding=coding).order_by("number")


def offered_coders(organisation: Organisation) -> list[User]:
    """Who may code for the institution: whoever works on its quality system today."""
    users = User.objects.filter(is_active=True, memberships__role__in=roles_with(Capability.QUALITY))
    held = users.filter(memberships__organisation__in=_above(organisation)).distinct().order_by("name", "pk")
    return [user for user in held if _reaches(user, organisation)]


def questions_of_survey(survey: Survey) -> list[Question]:
    """Open questions whose answers may be read. Raises ``UserError`` while the survey is open or being counted."""
    if being_counted(survey):
        raise UserError(_("the answers are being counted"), todo=_("come back in a few minutes"))
    return [item.question for item in results_of(survey).questions if item.texts]


def questions_of_instrument(version: InstrumentVersion) -> list[Question]:
    """What a version asks; to each item of a guide or sheet a note may stand."""
    return list(questionnaire_of(form_of(version)).questions)


def labels(coding: Coding) -> dict[str, dict[str, str]]:
    """What was asked, by the item's name and language; of protocols the words of the newest version."""
    return {item.name: dict(item.label) for item in _asked(coding)}


def pieces(coding: Coding) -> list[Piece]:
    """What there is to code as it stands now."""
    if coding.survey is not None:
        found = results_of(coding.survey).questions
        chosen = [item for item in found if item.question.name in coding.questions]
        return [Piece(item.question.name, text) for item in chosen for text in item.texts or ()]
    words = {item.name for item in questions_of_instrument(_newest(coding.instrument)) if item.kind == "text"}
    out = []
    for protocol in protocols_of(coding):
        for name in coding.questions:
            for said in (protocol.answers.get(name) if name in words else None, protocol.notes.get(name)):
                out += [Piece(name, text, protocol.pk) for text in _passages(coding, said)]
    return out


def protocols_of(coding: Coding) -> Any:
    """The agreed protocols it is about, the oldest first."""
    found = Protocol.objects.unscoped("of the coding's own institution").filter(
        organisation=coding.organisation_id, version__instrument=coding.instrument_id, state=Protocol.AGREED
    )
    return (found.filter(period=coding.period) if coding.period else found).order_by("held_on", "pk")


def book_of(coding: Coding) -> CodeBook | None:
    """The book as the engine has it; ``None`` while it is empty. A code with others below it is a heading."""
    if not coding.codes:
        return None
    speak, heads = coding.language, {item["parent"] for item in coding.codes}
    codes = tuple(
        Code(
            id=item["id"], name={speak: item["name"]}, parent=item["parent"], codable=item["id"] not in heads,
            definition={speak: item["definition"]} if item["definition"] else {},
            example={speak: item["example"]} if item["example"] else {},
        )
        for item in coding.codes
    )  # fmt: skip
    return CodeBook(title={speak: coding.title}, language=speak, codes=codes)


def coders_of(coding: Coding) -> list[User]:
    """Who codes: one or two."""
    return [coding.first, *([coding.second] if coding.second is not None else [])]


def has_finished(coding: Coding, user: User) -> bool:
    """Whether this coder has."""
    return (coding.first_done_at if user.pk == coding.first_id else coding.second_done_at) is not None


def marked(coding: Coding, user: User) -> dict[int, list[str]]:
    """The coder's own codes by number of the text: no other's."""
    found = CodingMark.objects.unscoped("the coder's own").filter(unit__coding=coding, coder=user)
    return dict(found.values_list("unit__number", "codes"))


def opened(coding: Coding) -> bool:
    """Whether all have finished, so that what they gave may be seen."""
    return coding.state in (Coding.TALK, Coding.SETTLED)


def assignments(coding: Coding) -> list[Assignment]:
    """Of all coders. Raises ``UserError`` before all have finished."""
    if not opened(coding):
        raise UserError(_("the two code alone until both have finished"), todo=_("finish the coding first"))
    found = CodingMark.objects.unscoped("of a coding that was found").filter(unit__coding=coding)
    rows = found.values_list("unit__number", "coder_id", "codes").order_by("unit__number", "coder_id")
    return [Assignment(unit=f"{number}", coder=f"{coder}", codes=frozenset(codes)) for number, coder, codes in rows]


def agreement_of(coding: Coding) -> Agreement:
    """How far the two agree; see ``assignments``."""
    book = book_of(coding)
    assert book is not None, "a coding starts with a book"
    return agreement(book, assignments(coding))


def disputed(coding: Coding) -> list[int]:
    """Numbers of the texts that got different codes."""
    given: dict[str, set[frozenset[str]]] = {}
    for item in assignments(coding):
        given.setdefault(item.unit, set()).add(item.codes)
    return sorted(int(number) for number, codes in given.items() if len(codes) > 1)


def decisions(coding: Coding) -> dict[str, frozenset[str]]:
    """What was decided in talk, by number of the text."""
    found = CodingUnit.objects.unscoped("of a coding that was found").filter(coding=coding, decided__isnull=False)
    return {f"{number}": frozenset(codes) for number, codes in found.values_list("number", "decided")}


def final(coding: Coding) -> dict[str, frozenset[str]]:
    """The codes of each text in the end. Raises ``UserError`` as long as one is in dispute."""
    book = book_of(coding)
    assert book is not None, "a coding starts with a book"
    return settled(book, assignments(coding), decisions(coding))


def counted(coding: Coding) -> tuple[int, list[Counted]]:
    """How many texts there are, and each code of the book with those that have it; one under a heading counts there too, once."""
    book, codes = book_of(coding), final(coding)
    assert book is not None, "a coding starts with a book"
    many = frequencies(book, codes)
    found = CodingUnit.objects.unscoped("of a coding that was found").filter(coding=coding).order_by("number")
    said = {f"{number}": text for number, text in found.values_list("number", "text")}
    out = []
    for code in book.codes:
        texts = tuple(said[number] for number, given in codes.items() if code.id in given)
        share = many[code.id] / len(codes) if codes else 0.0
        out.append(Counted(code, book.say(code.name), many[code.id], share, texts))
    return len(codes), out


def settled_about(scope: Scope, criteria: set[str], since: date) -> list[tuple[Coding, int, list[Counted]]]:
    """Final codings of questions that inform one of the criteria: the coding, how many texts, how many have each code."""
    out = []
    for coding in codings(scope).filter(state=Coding.SETTLED, settled_at__date__gte=since):
        asked = {item.name: set(item.informs) for item in _asked(coding)}
        # A book is of all its questions together: where another question is among them, the counts speak of that too.
        if coding.questions and all(criteria & asked.get(name, set()) for name in coding.questions):
            out.append((coding, *counted(coding)))
    return out


def engine_units(coding: Coding) -> list[Unit]:
    """The texts as the engine has them."""
    found = CodingUnit.objects.unscoped("of a coding that was found").filter(coding=coding).order_by("number")
    return [
        Unit(id=f"{number}", text=text, source=question)
        for number, text, question in found.values_list("number", "text", "question")
    ]


def earlier_books(organisation: Organisation, instrument: Instrument) -> Any:
    """Codings of the same instrument whose book can be taken over."""
    found = Coding.objects.unscoped("of the institution itself").filter(organisation=organisation, instrument=instrument)
    return found.exclude(codes=[])


def _asked(coding: Coding) -> list[Question]:
    return questions_of_instrument(coding.survey.version if coding.survey else _newest(coding.instrument))


def _passages(coding: Coding, said: Any) -> Iterable[str]:
    if not isinstance(said, str) or not said.strip():
        return []
    return [line.strip() for line in said.splitlines() if line.strip()] if coding.passages else [said.strip()]


def _newest(instrument: Instrument) -> InstrumentVersion:
    found: InstrumentVersion = InstrumentVersion.objects.unscoped("of an instrument that was found").get(
        instrument=instrument, number=instrument.latest
    )
    return found


def _above(organisation: Organisation) -> Any:
    return Closure.objects.filter(descendant=organisation).values("ancestor_id")


def _reaches(user: User, organisation: Organisation) -> bool:
    if not any(item.role in roles_with(Capability.QUALITY) for item in memberships_of(user)):
        return False
    found: bool = reach.institutions(reach.own_scope(user)).filter(pk=organisation.pk).exists()
    return found
