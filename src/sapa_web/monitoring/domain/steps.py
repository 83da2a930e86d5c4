"""The steps of an object of monitoring: one after another, each leaves a dated product and opens the next."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now, today
from sapa_web.common.domain import ledger
from sapa_web.monitoring.domain.inforce import STEPS, codes, pack_in_force
from sapa_web.monitoring.domain.states import held, name_of
from sapa_web.monitoring.models import Document, Measure, PlanLine, Programme, StepRecord, Watch
from sapa_web.orgs.domain.versions import person

COLLECTION, DOCUMENTS, DISTRIBUTION = "collection", "documents", "distribution"


def steps_of(programme: Programme) -> dict[str, Any]:
    """The steps of the pack in force when the programme began, by code, in their order."""
    return codes(pack_in_force(programme.organisation, programme.pack, programme.begins_on), STEPS)


@transaction.atomic
def finish(actor: Any, watch: Watch, step: str, text: str, dated: date) -> StepRecord:
    """Finish the next step of an object with its product. Raises ``UserError`` on any other step, or without a product."""
    row = held(Watch, watch)
    programme = row.line.programme
    if programme.state != Programme.ORDERED:
        raise UserError(_("no order stands behind this plan"), todo=_("put the plan in force first"))
    names = list(steps_of(programme))
    if row.done >= len(names):
        raise UserError(_("all steps of this object are done"), todo=_("open its next turn"))
    if step != names[row.done]:
        raise UserError(_("the steps are done in their order"), todo=_("finish the step before it first"))
    _check(row, step, text, dated)
    record: StepRecord = StepRecord.objects.create(
        watch=row, number=row.done + 1, step=step, dated=dated, text=text.strip(), facts=_facts(row, step),
        by=person(actor), by_name=name_of(actor), at=now(),
    )  # fmt: skip
    row.done += 1
    if row.done == len(names):
        row.state = Watch.DONE
    row.save(update_fields=["done", "state"])
    data = {"step": step, "number": record.number, "dated": dated.isoformat()}
    ledger.append(actor, "watch.step", obj=row, unit=programme.organisation.code, data=data)
    return record


def _check(watch: Watch, step: str, text: str, dated: date) -> None:
    if len(text.strip()) < 3:
        raise UserError(_("each step leaves a product"), todo=_("write down what came of it, or where it lies"))
    if dated > today():
        raise UserError(_("this day is still to come"), todo=_("give the day on which it was done"))
    last = StepRecord.objects.unscoped("of one object").filter(watch=watch).order_by("-number").first()
    if last and dated < last.dated:
        raise UserError(_("the step before it was done later than this"), todo=_("mend the day"))
    if step == DOCUMENTS:
        wanted = Document.objects.unscoped("of one object").filter(watch=watch)
        if not wanted.exclude(state=Document.DRAFT).exists():
            raise UserError(
                _("no document of this object has been issued"), todo=_("write it from the figures and issue it first")
            )


def _facts(watch: Watch, step: str) -> dict[str, Any]:
    """What the data themselves say at this moment: figures held, documents issued."""
    measures = Measure.objects.unscoped("of one object").filter(watch=watch).count()
    documents = Document.objects.unscoped("of one object").filter(watch=watch).exclude(state=Document.DRAFT)
    papers = [f"{item.title} № {item.number}" if item.number else item.title for item in documents]
    return {"measures": measures, **({"documents": papers} if step in (DOCUMENTS, DISTRIBUTION) else {})}


@transaction.atomic
def open_turn(actor: Any, line: PlanLine, due: date, label: str = "") -> Watch:
    """A further turn of a continuous object: another lesson, another event."""
    programme = line.programme
    if programme.state != Programme.ORDERED:
        raise UserError(_("no order stands behind this plan"), todo=_("put the plan in force first"))
    if not programme.begins_on <= due <= programme.ends_on:
        raise UserError(_("this day lies outside the programme"), todo=_("choose a day within it"))
    last = Watch.objects.unscoped("of one line").filter(line=line).order_by("-turn").first()
    made: Watch = Watch.objects.create(line=line, turn=(last.turn if last else 0) + 1, due=due, label=label[:120], made_at=now())
    ledger.append(actor, "watch.opened", obj=made, unit=programme.organisation.code, data={"line": line.pk, "turn": made.turn})
    return made
