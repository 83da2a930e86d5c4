"""Instruments of an institution: taken from a pack, brought in from a file, changed in the page; each change is a version."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.instruments import Form
from sapa.instruments.compiled import compile_form
from sapa.instruments.editing import same_kind
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.orgs.models import Organisation, User
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.models import Instrument, InstrumentVersion


@transaction.atomic
def add(actor: User, organisation: Organisation, form: Form, source: str) -> Instrument:
    """Take a form among the institution's instruments; ``source``: pack, file or page. Refuses what can't be asked."""
    compile_form(form)
    pack, element = (form.source.pack, form.source.instrument) if form.source and source != "file" else ("", "")
    made: Instrument = Instrument.objects.create(
        organisation=organisation, kind=form.kind, title=dict(form.title), source=source, pack=pack, element=element,
        made_by=actor, made_at=now(),
    )  # fmt: skip
    _version(actor, made, form, "")
    ledger.append(actor, "instrument.added", obj=made, unit=organisation.code, data={"source": source, "digest": form.digest()})
    return made


@transaction.atomic
def revise(actor: User, instrument: Instrument, form: Form, change: str) -> InstrumentVersion:
    """A new version; surveys and protocols that stand keep theirs.

    Raises ``UserError`` where nothing is new, or where a name asks another kind of question than it did: years compare questions
    by their names.
    """
    compile_form(form)
    held: Instrument = Instrument.objects.unscoped("the caller's view has found it").select_for_update().get(pk=instrument.pk)
    if held.retired_at is not None:
        raise UserError(_("the instrument is out of use"), todo=_("take it into use again first"))
    if form.kind != held.kind:
        raise UserError(_("a version stays of the kind its instrument is"), todo=_("add it as a new instrument"))
    last = newest(held)
    if last.digest == form.digest():
        raise UserError(_("nothing is changed: it asks the same in the same words"), todo=_("change something, or go back"))
    if turned := same_kind(form, kinds_of(held)):
        raise UserError(
            _("%(names)s: another kind of question under a name that was used") % {"names": ", ".join(turned)},
            todo=_("give the changed question a new name: years compare questions by their names"),
        )
    held.title = dict(form.title)
    made = _version(actor, held, form, change)
    data = {"number": made.number, "digest": made.digest, "change": change}
    ledger.append(actor, "instrument.revised", obj=held, unit=held.organisation.code, data=data)
    return made


@transaction.atomic
def retire(actor: User, instrument: Instrument, *, back: bool = False) -> None:
    """Out of use: no new survey or protocol is made with it. ``back``: into use again."""
    instrument.retired_at = None if back else now()
    instrument.save(update_fields=["retired_at"])
    verb = "instrument.restored" if back else "instrument.retired"
    ledger.append(actor, verb, obj=instrument, unit=instrument.organisation.code)


def newest(instrument: Instrument) -> InstrumentVersion:
    """The newest version."""
    found: InstrumentVersion = InstrumentVersion.objects.unscoped("of an instrument that was found").get(
        instrument=instrument, number=instrument.latest
    )
    return found


def kinds_of(instrument: Instrument) -> dict[str, set[str]]:
    """Names under which versions of the instrument hold an answer, each with the kinds of question it was."""
    out: dict[str, set[str]] = {}
    held = InstrumentVersion.objects.unscoped("of an instrument that was found").filter(instrument=instrument)
    for version in held:
        for item in form_of(version).questions():
            out.setdefault(item.name, set()).add(item.type)
    return out


def _version(actor: Any, instrument: Instrument, form: Form, change: str) -> InstrumentVersion:
    instrument.latest += 1
    instrument.save(update_fields=["latest", "title"])
    made: InstrumentVersion = InstrumentVersion.objects.create(
        instrument=instrument, number=instrument.latest, form=form.as_json(), digest=form.digest(), change=change,
        made_by=actor, made_at=now(),
    )  # fmt: skip
    return made
