"""Coding of open answers and of protocols: a book of codes, two who code alone, what they settle on in talk.

What one gives is not told to the other, nor to anybody, before both have finished. The ledger holds the acts and, when a coder
finishes, a digest of what was given: not each mark.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.archive.manifest import canonical_json
from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.orgs.models import User
from sapa_web.surveys.domain.queries import coding as held_in
from sapa_web.surveys.domain.states import CODING
from sapa_web.surveys.models import Coding, CodingMark, CodingUnit, Instrument, Survey

MOST_CODES = 100


@dataclass(frozen=True)
class Wanted:
    """What a coding begins with. ``book``: an earlier coding of the same instrument whose book is taken over."""

    title: str
    questions: Sequence[str]
    first: User
    second: User | None = None
    period: str = ""
    passages: bool = False
    most: int | None = None
    language: str = "en"
    book: Coding | None = None


@dataclass(frozen=True)
class Line:
    """A line of the book as it is written: ``below`` puts the code below the nearest one above that stands by itself."""

    name: str
    definition: str = ""
    example: str = ""
    below: bool = False
    id: str = ""
    """Of a code that stood there before."""


@transaction.atomic
def begin(actor: User, source: Survey | Instrument, wanted: Wanted) -> Coding:
    """Begin a coding of a closed survey's open answers, or of the agreed protocols of an instrument."""
    survey = source if isinstance(source, Survey) else None
    instrument = survey.version.instrument if survey is not None else source
    assert isinstance(instrument, Instrument)
    able = held_in.offered_coders(source.organisation)
    if wanted.first not in able or (wanted.second is not None and wanted.second not in able):
        raise UserError(_("this person does not work on the institution’s quality system"), todo=_("choose somebody who does"))
    if wanted.second is not None and wanted.first.pk == wanted.second.pk:
        raise UserError(
            _("one person can’t code independently of themselves"), todo=_("choose two different people, or only one")
        )
    if not wanted.questions:
        raise UserError(_("no question is chosen"), todo=_("choose at least one"))
    values = {name: getattr(wanted, name) for name in ("title", "first", "second", "period", "passages", "most", "language")}
    made: Coding = Coding.objects.create(
        organisation=source.organisation, instrument=instrument, survey=survey, questions=list(wanted.questions), made_by=actor,
        made_at=now(), codes=[dict(item) for item in wanted.book.codes] if wanted.book is not None else [], **values,
    )  # fmt: skip
    ledger.append(actor, "coding.begun", obj=made, unit=source.organisation.code, data={"questions": made.questions})
    return made


@transaction.atomic
def write_book(actor: User, coding: Coding, lines: Iterable[Line]) -> Coding:
    """Write the book anew, in the order of the lines. Codes that stood there keep their ids."""
    held = _held(coding)
    CODING.to("write", held.state)
    held.codes = _codes(list(lines), {item["id"] for item in held.codes})
    held.save(update_fields=["codes"])
    ledger.append(actor, "coding.book_written", obj=held, unit=held.organisation.code, data={"codes": len(held.codes)})
    return held


@transaction.atomic
def start(actor: User, coding: Coding) -> Coding:
    """The book is fixed, the texts are laid out: the coding can begin."""
    held = _held(coding)
    held.state = CODING.to("start", held.state)
    if held_in.book_of(held) is None:
        raise UserError(_("the book has no codes yet"), todo=_("write the code book first"))
    found = held_in.pieces(held)
    if held.most is not None and len(found) > held.most:
        kept = set(secrets.SystemRandom().sample(range(len(found)), held.most))
        found = [item for place, item in enumerate(found) if place in kept]
    if not found:
        raise UserError(_("there is nothing to code"), todo=_("choose other questions, or agree the protocols first"))
    rows = [
        CodingUnit(coding=held, number=number, question=item.question, text=item.words, protocol_id=item.protocol)
        for number, item in enumerate(found, start=1)
    ]
    CodingUnit.objects.bulk_create(rows, batch_size=500)
    held.save(update_fields=["state"])
    ledger.append(actor, "coding.started", obj=held, unit=held.organisation.code, data={"texts": len(rows), "book": _book(held)})
    return held


@transaction.atomic
def revise(actor: User, coding: Coding) -> Coding:
    """Back to the book. What was coded by the old one is gone: two books do not compare."""
    held = _held(coding)
    held.state = CODING.to("revise", held.state)
    CodingUnit.objects.unscoped("of a coding that was found").filter(coding=held).delete()
    held.first_done_at = held.second_done_at = None
    held.save(update_fields=["state", "first_done_at", "second_done_at"])
    ledger.append(actor, "coding.revised", obj=held, unit=held.organisation.code)
    return held


@transaction.atomic
def mark(actor: User, coding: Coding, number: int, codes: Iterable[str]) -> None:
    """Give a text its codes, or say that none fits. It can be changed until the coder has finished."""
    held = _held(coding)
    CODING.to("mark", held.state)
    _require_coder(held, actor)
    given = _known(held, codes)
    unit = CodingUnit.objects.unscoped("of a coding that was found").get(coding=held, number=number)
    CodingMark.objects.unscoped("the coder's own").update_or_create(unit=unit, coder=actor, defaults={"codes": given})


@transaction.atomic
def finish(actor: User, coding: Coding) -> Coding:
    """The coder has coded every text; when all have, what they gave is laid side by side."""
    held = _held(coding)
    CODING.to("finish", held.state)
    _require_coder(held, actor)
    given = held_in.marked(held, actor)
    if len(given) < CodingUnit.objects.unscoped("of a coding that was found").filter(coding=held).count():
        raise UserError(_("some texts are not coded yet"), todo=_("code them, or say that nothing fits"))
    if actor.pk == held.first_id:
        held.first_done_at = now()
    else:
        held.second_done_at = now()
    if held.first_done_at is not None and (held.second_id is None or held.second_done_at is not None):
        held.state = CODING.to("finish", held.state)
    held.save(update_fields=["state", "first_done_at", "second_done_at"])
    told = sha256(canonical_json({f"{number}": sorted(codes) for number, codes in given.items()})).hexdigest()
    ledger.append(actor, "coding.finished", obj=held, unit=held.organisation.code, data={"texts": len(given), "digest": told})
    return held


@transaction.atomic
def decide(actor: User, coding: Coding, number: int, codes: Iterable[str], reason: str) -> None:
    """Write down what the two settled on in talk about a text they coded differently."""
    held = _held(coding)
    CODING.to("decide", held.state)
    _require_coder(held, actor, finished=True)
    if number not in held_in.disputed(held):
        raise UserError(_("both gave this text the same codes"), todo=_("there is nothing to decide"))
    if not reason.strip():
        raise UserError(_("a decision needs a reason"), todo=_("say in a few words why"))
    unit = CodingUnit.objects.unscoped("of a coding that was found").get(coding=held, number=number)
    unit.decided, unit.reason = _known(held, codes), reason.strip()[:1000]
    unit.decided_by, unit.decided_at = actor, now()
    unit.save(update_fields=["decided", "reason", "decided_by", "decided_at"])
    data = {"text": number, "codes": unit.decided}
    ledger.append(actor, "coding.decided", obj=held, unit=held.organisation.code, data=data)


@transaction.atomic
def settle(actor: User, coding: Coding) -> Coding:
    """Nothing is in dispute any more: the coding is final."""
    held = _held(coding)
    target = CODING.to("settle", held.state)
    open_still = len(set(held_in.disputed(held)) - {int(number) for number in held_in.decisions(held)})
    if open_still:
        raise UserError(_("texts in dispute: %(n)s") % {"n": open_still}, todo=_("talk them over and write down what you decide"))
    held.state, held.settled_at = target, now()
    held.save(update_fields=["state", "settled_at"])
    ledger.append(actor, "coding.settled", obj=held, unit=held.organisation.code)
    return held


def _codes(lines: list[Line], known: set[str]) -> list[dict[str, str]]:
    lines = [line for line in lines if line.name.strip()]
    if len(lines) > MOST_CODES:
        raise UserError(_("a book has at most %(n)s codes") % {"n": MOST_CODES}, todo=_("draw some together"))
    names = [line.name.strip().casefold() for line in lines]
    if len(names) != len(set(names)):
        raise UserError(_("two codes have one name"), todo=_("name each code once"))
    out: list[dict[str, str]] = []
    taken, head = set(known), ""
    for line in lines:
        key = line.id if line.id in known and line.id not in {item["id"] for item in out} else _fresh(taken)
        if line.below and not head:
            raise UserError(_("the first code stands below none"), todo=_("take the mark away, or put another code first"))
        taken.add(key)
        head = head if line.below else key
        texts = {
            "name": line.name.strip()[:120],
            "definition": line.definition.strip()[:2000],
            "example": line.example.strip()[:1000],
        }
        out.append({"id": key, **texts, "parent": head if line.below else ""})
    return out


def _fresh(taken: set[str]) -> str:
    return next(key for number in range(1, 10**6) if (key := f"c{number}") not in taken)


def _known(coding: Coding, codes: Iterable[str]) -> list[str]:
    book = held_in.book_of(coding)
    may = {code.id for code in book.codes if code.codable} if book is not None else set()
    given = sorted(set(codes))
    if not set(given) <= may:
        raise UserError(_("this code is not in the book"), todo=_("reload the page"))
    return given


def _require_coder(coding: Coding, actor: User, *, finished: bool = False) -> None:
    if actor.pk not in (coding.first_id, coding.second_id):
        raise UserError(_("you are none of those who code here"), todo=_("let them do it"))
    if not finished and held_in.has_finished(coding, actor):
        raise UserError(
            _("you have finished; what you gave stands"), todo=_("talk over what differs when the other has finished too")
        )


def _book(coding: Coding) -> str:
    return sha256(canonical_json({"codes": coding.codes})).hexdigest()


def _held(coding: Coding) -> Coding:
    found = Coding.objects.unscoped("the caller's view has found it").select_for_update(of=("self",))
    held: Coding = found.select_related("organisation", "instrument", "survey__version__instrument", "first", "second").get(
        pk=coding.pk
    )
    return held
