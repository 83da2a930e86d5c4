"""Instruments written in the page: a draft is begun, changed question by question, and becomes a version that stands.

Changes of a draft are not in the ledger: nobody is asked by it. Publishing is, with the digest of what is asked then.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.instruments import Choice, Form, Item
from sapa.instruments.editing import (
    copy,
    fresh_code,
    fresh_name,
    move,
    names_of,
    put,
    remove,
    replace,
    with_choices,
    without_unused,
)
from sapa.instruments.model import CHOOSING
from sapa.instruments.proofread import proofread
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.orgs.models import Organisation, User
from sapa_web.surveys.domain import instruments
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.models import Draft, Instrument, InstrumentVersion

MOST_ITEMS = 300
"""Questions, notes and headings of one instrument."""
ADDED, CHANGED, MOVED, COPIED, REMOVED, ABOUT = "added", "changed", "moved", "copied", "removed", "about"
"""What the last change did."""
CODED = CHOOSING | {"scale"}


@dataclass(frozen=True)
class Row:
    """One answer to choose from as a form sends it: its words, and the code it has already or, of a scale, must have."""

    label: dict[str, str]
    code: str = ""
    values: dict[str, str] | None = None


def form_in(draft: Draft) -> Form:
    """What is written so far."""
    return Form.from_json(draft.form)


def new_id() -> str:
    """What an instrument of one's own is called in a workbook."""
    return f"instrument_{secrets.token_hex(4)}"


@transaction.atomic
def begin(actor: User, organisation: Organisation, form: Form) -> Draft:
    """Begin a new instrument with this form, empty or a copy."""
    made: Draft = Draft.objects.create(organisation=organisation, form=form.as_json(), made_by=actor, made_at=now())
    ledger.append(actor, "draft.begun", obj=made, unit=organisation.code)
    return made


@transaction.atomic
def begin_version(actor: User, instrument: Instrument) -> Draft:
    """Begin the next version of an instrument; the draft that is there already, where there is one."""
    held: Instrument = Instrument.objects.unscoped("the caller's view has found it").select_for_update().get(pk=instrument.pk)
    if held.retired_at is not None:
        raise UserError(_("the instrument is out of use"), todo=_("take it into use again first"))
    found: Draft | None = Draft.objects.unscoped("of an instrument that was found").filter(instrument=held).first()
    if found is not None:
        return found
    last = instruments.newest(held)
    made: Draft = Draft.objects.create(
        organisation=held.organisation, instrument=held, based_on=last.number, form=last.form, made_by=actor, made_at=now()
    )
    ledger.append(actor, "draft.begun", obj=made, unit=held.organisation.code, data={"version": last.digest})
    return made


def write(draft: Draft, turn: int, form: Form, change: str, name: str = "") -> Draft:
    """The draft's form is this one now. Raises ``UserError`` where somebody has changed it since the page was opened."""
    with transaction.atomic():
        held = _held(draft, turn)
        if sum(1 for _item in form.walk()) > MOST_ITEMS:
            raise UserError(_("an instrument has at most %(n)s lines") % {"n": MOST_ITEMS}, todo=_("make two of it"))
        if form.as_json() != held.form:
            held.before, held.form, held.undone = held.form, form.as_json(), False
            held.change, held.changed, held.turn = change, name, held.turn + 1
            held.save()
        return held


def add(draft: Draft, turn: int, item: Item, rows: list[Row] | None, after: str) -> tuple[Draft, str]:
    """Put a new question behind another one (first where none is named); returns its name."""
    form = form_in(draft)
    name = fresh_name(_taken(draft, form))
    if after and form.item(after) is None:
        after = list(form.walk())[-1].name if form.items else ""
    form = put(form, item.model_copy(update={"name": name}), after)
    return write(draft, turn, _answers(draft, form, name, rows), ADDED, name), name


def change(draft: Draft, turn: int, name: str, item: Item, rows: list[Row] | None) -> tuple[Draft, str]:
    """Another wording, kind or set of answers of a question; returns its name.

    It is a new one where another kind of question was asked under the old one: years are compared by names.
    """
    form = form_in(draft)
    was = form.item(name)
    assert was is not None
    earlier = _earlier(draft)
    kept = name not in earlier or item.type in earlier[name] or item.type not in ASKED
    new = item.model_copy(update={"name": name if kept else fresh_name(_taken(draft, form)), "items": was.items})
    form = replace(form, name, new)
    if item.type not in CODED:
        form = without_unused(form, was)
    return write(draft, turn, _answers(draft, form, new.name, rows), CHANGED, new.name), new.name


def shift(draft: Draft, turn: int, name: str, *, up: bool) -> Draft:
    """One place up or down."""
    return write(draft, turn, move(form_in(draft), name, up=up), MOVED, name)


def double(draft: Draft, turn: int, name: str) -> tuple[Draft, str]:
    """The same once more; returns its name."""
    form = form_in(draft)
    made, named = copy(form, name, _taken(draft, form))
    return write(draft, turn, made, COPIED, named), named


def drop(draft: Draft, turn: int, name: str) -> Draft:
    """Take a question out, or a heading that leaves its questions where they are."""
    return write(draft, turn, remove(form_in(draft), name), REMOVED, name)


def show_if(draft: Draft, turn: int, name: str, relevant: str) -> Draft:
    """Under which condition an item is shown."""
    form = form_in(draft)
    item = form.item(name)
    assert item is not None
    return write(draft, turn, replace(form, name, item.model_copy(update={"relevant": relevant})), CHANGED, name)


@transaction.atomic
def take_back(draft: Draft, turn: int) -> Draft:
    """Undo the last change, or do it again."""
    held = _held(draft, turn)
    if held.before is None:
        raise UserError(_("there is nothing to take back"), todo=_("go on writing"))
    held.form, held.before, held.undone, held.turn = held.before, held.form, not held.undone, held.turn + 1
    held.save()
    return held


@transaction.atomic
def publish(actor: User, draft: Draft, turn: int, said: str) -> Instrument:
    """The draft becomes a version, or a new instrument, and is gone. Refuses what can't be asked."""
    held = _held(draft, turn)
    form = form_in(held)
    if any(found.severity == "error" for found in proofread(form)):
        raise UserError(_("something is still to be done"), todo=_("see the lines with a mark"))
    if held.instrument is None:
        made = instruments.add(actor, held.organisation, form, "page")
    else:
        made = held.instrument
        instruments.revise(actor, made, form, said)
    held.delete()
    return made


@transaction.atomic
def discard(actor: User, draft: Draft, turn: int) -> None:
    """The draft is gone; what stands is as it was."""
    held = _held(draft, turn)
    ledger.append(actor, "draft.discarded", obj=held, unit=held.organisation.code)
    held.delete()


def _held(draft: Draft, turn: int) -> Draft:
    found = Draft.objects.unscoped("the caller's view has found it").select_for_update(of=("self",))
    held: Draft | None = found.select_related("organisation", "instrument").filter(pk=draft.pk).first()
    if held is None or held.turn != turn or draft.turn != turn:  # what is to be written was made of the draft as it was read
        raise UserError(_("it was changed meanwhile, in another window or by somebody else"), todo=_("look at it as it is now"))
    return held


ASKED = frozenset(
    {"integer", "decimal", "text", "select-one", "select-many", "rank", "date", "time", "datetime", "scale", "acknowledge"}
)
"""Kinds that hold an answer people give."""


def _answers(draft: Draft, form: Form, name: str, rows: list[Row] | None) -> Form:
    """The form with the answers to choose from as they were sent; new ones get codes that meant nothing else before."""
    item = form.item(name)
    if rows is None or item is None or item.type not in CODED:
        return form
    if item.type == "scale":
        rows = [row for row in rows if any(row.label.values())]
        if not rows:
            return replace(form, name, item.model_copy(update={"choices": ""})) if item.choices else form
    taken = {row.code for row in rows} | {choice.code for choice in form.choices(item.choices)} | _old_codes(draft, name)
    made: list[Choice] = []
    for row in rows:
        code = row.code or fresh_code(taken)
        taken.add(code)
        made.append(Choice(code=code, label=row.label, values=row.values or {}))
    return form if tuple(made) == form.choices(item.choices) and item.choices else with_choices(form, name, tuple(made))


def _earlier(draft: Draft) -> dict[str, set[str]]:
    return instruments.kinds_of(draft.instrument) if draft.instrument is not None else {}


def _taken(draft: Draft, form: Form) -> Collection[str]:
    """Names that something has, or had in a version."""
    return {*names_of(form), *_earlier(draft), *(names_of(Form.from_json(draft.before)) if draft.before else ())}


def _old_codes(draft: Draft, name: str) -> set[str]:
    if draft.instrument is None:
        return set()
    held = InstrumentVersion.objects.unscoped("of an instrument that was found").filter(instrument=draft.instrument)
    out: set[str] = set()
    for version in held:
        form = form_of(version)
        item = form.item(name)
        out |= {choice.code for choice in form.choices(item.choices)} if item is not None else set()
    return out
