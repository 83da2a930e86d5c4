"""Experts from the public: what is demanded of them, their assessments, and the institution's own beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now, today
from sapa_web.common.domain import ledger
from sapa_web.monitoring.domain.inforce import holding, pack_in_force
from sapa_web.monitoring.domain.states import held
from sapa_web.monitoring.models import Assessment, Expert, ExpertRequirement
from sapa_web.orgs.domain.versions import person


@transaction.atomic
def require(actor: Any, organisation: Any, text: str, basis: str) -> ExpertRequirement:
    """Set a requirement on experts, and name the act it comes from."""
    if not (text.strip() and basis.strip()):
        raise UserError(_("a requirement has words and an act it comes from"), todo=_("fill both in"))
    made: ExpertRequirement = ExpertRequirement.objects.create(
        organisation=organisation, text=text.strip()[:300], basis=basis.strip()[:300]
    )
    ledger.append(actor, "expert.requirement", obj=made, unit=organisation.code, data={"text": made.text, "basis": made.basis})
    return made


@transaction.atomic
def admit(actor: Any, organisation: Any, name: str, whence: str, met: Sequence[int]) -> Expert:
    """Admit an expert who meets every requirement. Raises ``UserError`` where none is set, or one is not met."""
    kept = _met(organisation, met)
    if not name.strip():
        raise UserError(_("the expert has no name"), todo=_("give name and whence he comes"))
    made: Expert = Expert.objects.create(
        organisation=organisation, name=name.strip()[:150], whence=whence.strip()[:200], met=kept, added_at=now(),
        by=person(actor),
    )  # fmt: skip
    ledger.append(actor, "expert.admitted", obj=made, unit=organisation.code, data={"name": made.name, "whence": made.whence})
    return made


@transaction.atomic
def check(actor: Any, expert: Expert, met: Sequence[int]) -> Expert:
    """Check an expert again, because requirements were added since he was admitted."""
    row: Expert = held(Expert, expert)
    row.met = _met(row.organisation, met)
    row.save(update_fields=["met"])
    ledger.append(actor, "expert.checked", obj=row, unit=row.organisation.code, data={"met": row.met})
    return row


def requirements(organisation: Any) -> list[ExpertRequirement]:
    """What the institution demands of experts."""
    return list(ExpertRequirement.objects.unscoped("of one institution").filter(organisation=organisation))


def unmet(expert: Expert, wanted: Sequence[ExpertRequirement]) -> list[str]:
    """The requirements an expert has not been found to meet."""
    return [item.text for item in wanted if item.pk not in set(expert.met)]


def _met(organisation: Any, met: Sequence[int]) -> list[int]:
    wanted = requirements(organisation)
    if not wanted:
        raise UserError(_("no requirements are set on experts"), todo=_("set them first, with the act they come from"))
    if missing := [item.text for item in wanted if item.pk not in set(met)]:
        raise UserError(_("not met: %s") % "; ".join(missing), todo=_("admit only who meets every requirement"))
    return [item.pk for item in wanted]


@transaction.atomic
def assess(
    actor: Any, organisation: Any, pack: str, period: str, criterion: str, score: int, reason: str, dated: date,
    expert: Expert | None = None,
) -> Assessment:  # fmt: skip
    """Judge a criterion from 0 to 100, with the reason: an expert's judgement, or (without one) the institution's own."""
    if criterion not in {item.id for item in holding(pack_in_force(organisation, pack, today()).criteria)}:
        raise UserError(_("there is no such criterion"), todo=_("reload the page"))
    if not 0 <= score <= 100:
        raise UserError(_("a score lies between 0 and 100"), todo=_("mend the number"))
    if not reason.strip():
        raise UserError(_("a judgement has a reason"), todo=_("say what it rests on"))
    if expert is not None:
        if expert.organisation_id != organisation.pk:
            raise UserError(_("this expert is not of the institution"), todo=_("choose one of the list"))
        if missing := unmet(expert, requirements(organisation)):
            raise UserError(_("not met: %s") % "; ".join(missing), todo=_("check the expert against the requirements first"))
    made: Assessment = Assessment.objects.create(
        organisation=organisation, pack=pack, period=period, criterion=criterion, score=score, reason=reason.strip(), dated=dated,
        expert=expert, by=person(actor),
    )  # fmt: skip
    data = {"criterion": criterion, "score": score, "expert": expert.name if expert else ""}
    ledger.append(actor, "criterion.assessed", obj=made, unit=organisation.code, data=data)
    return made


def beside(organisation: Any, pack: str, period: str) -> dict[str, tuple[list[Assessment], list[Assessment]]]:
    """By criterion: the institution's own judgements and the experts'."""
    out: dict[str, tuple[list[Assessment], list[Assessment]]] = {}
    found = Assessment.objects.unscoped("of one institution").filter(organisation=organisation, pack=pack, period=period)
    for item in found.select_related("expert"):
        out.setdefault(item.criterion, ([], []))[1 if item.expert_id else 0].append(item)
    return out
