"""The internal system: begun on a pack, its components described and checked, its criteria and levels made its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.evaluation.criteria import RANKS
from sapa.evaluation.levels import own_levels
from sapa_web.common.clock import now
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain.acts import needed, told
from sapa_web.evaluation.domain.files import keep
from sapa_web.evaluation.models import Component, OwnCriterion, System
from sapa_web.evaluation.words import language, quality_packs
from sapa_web.orgs.domain.versions import person
from sapa_web.orgs.models import Organisation

MOST_LEVELS = 7


@dataclass(frozen=True)
class Described:
    """What is written about a component."""

    measures: str = ""
    procedures: str = ""
    responsible: str = ""
    published_at_url: str = ""


@transaction.atomic
def begin(actor: Any, organisation: Organisation, pack: str) -> System:
    """Set up the system on a pack: its components come with it, all to be described. Raises ``UserError`` where one stands."""
    if pack not in quality_packs():
        raise UserError(_("there is no quality system in this pack"), todo=_("choose one of the list"))
    everything = System.objects.unscoped("whether there is one already")
    if everything.filter(organisation=organisation).exists():
        raise UserError(_("the institution has its quality system already"), todo=_("go on with it"))
    system: System = System.objects.create(organisation=organisation, pack=pack, made_at=now(), made_by=person(actor))
    listed = [item for item in pack_named(pack).criteria if item.rank == "component"]
    Component.objects.bulk_create(
        [Component(system=system, code=item.id, position=place) for place, item in enumerate(listed, 1)]
    )
    told(actor, "system_begun", system)
    return system


@transaction.atomic
def write_goals(
    actor: Any, system: System, *, goals: str, endorsed_on: date | None, approved_on: date | None, file: Any = None
) -> None:
    """What the system is for; when the council endorsed its regulation and the head approved it, with the document itself."""
    if endorsed_on and approved_on and approved_on < endorsed_on:
        raise UserError(_("the head approves after the council has endorsed"), todo=_("check both dates"))
    system.goals, system.endorsed_on, system.approved_on = goals.strip(), endorsed_on, approved_on
    if file is not None:
        system.regulation = keep(actor, system.organisation_id, file.name, file.content_type or "", file.read())
    system.save(update_fields=["goals", "endorsed_on", "approved_on", "regulation"])
    told(actor, "system_written", system)


@transaction.atomic
def add_component(actor: Any, system: System, title: str, described: Described) -> Component:
    """A component of the institution's own."""
    found = Component.objects.unscoped("to number the next one").filter(system=system)
    number, last = found.filter(own=True).count() + 1, found.count()
    made: Component = Component.objects.create(
        system=system, code=f"own-{number}", own=True, position=last + 1,
        title=needed(title, _("a component needs a name"), _("write it"))[:300], **vars(described),
    )  # fmt: skip
    told(actor, "component_added", made)
    return made


@transaction.atomic
def describe(actor: Any, component: Component, described: Described, title: str = "") -> None:
    """Its measures, its procedures, who answers for it."""
    for name, value in vars(described).items():
        setattr(component, name, value.strip())
    if component.own:
        component.title = needed(title, _("a component needs a name"), _("write it"))[:300]
    component.save()
    told(actor, "component_described", component)


@transaction.atomic
def check(actor: Any, component: Component, works: str, note: str, day: date) -> None:
    """Whether the component works, as somebody has seen it on a day."""
    if not (component.measures.strip() or component.procedures.strip()):
        raise UserError(_("there is nothing to check yet"), todo=_("describe its measures and procedures first"))
    component.works, component.check_note, component.checked_on = works, note.strip(), day
    component.save(update_fields=["works", "check_note", "checked_on"])
    told(actor, "component_checked", component)


@transaction.atomic
def retire(actor: Any, component: Component, *, back: bool = False) -> None:
    """Leave an own component out, or take it in again."""
    if not component.own:
        raise UserError(_("the law names this component"), todo=_("describe how it works in your institution"))
    component.retired_at = None if back else now()
    component.save(update_fields=["retired_at"])
    told(actor, "component_retired", component, "back" if back else "out")


@transaction.atomic
def set_levels(actor: Any, system: System, named: Sequence[tuple[str, str]]) -> None:
    """Levels of the institution's own, the best first; none: the pack's hold again. Assessments begun keep theirs."""
    wanted = [(title.strip(), note.strip()) for title, note in named if title.strip()]
    if len(wanted) > MOST_LEVELS:
        raise UserError(_("these are too many levels to tell apart"), todo=_("name seven at most"))
    system.levels = own_levels(wanted, language()).to_json() if wanted else {}
    system.save(update_fields=["levels"])
    told(actor, "levels_set", system)


@dataclass(frozen=True)
class Line:
    """A line of the criteria as the institution writes it."""

    title: str
    note: str = ""
    methods: tuple[str, ...] = ()


@transaction.atomic
def reword(actor: Any, system: System, code: str, rank: str, parent: str, line: Line) -> OwnCriterion:
    """Put the institution's own words in the place of a line; raises ``UserError`` where there are none."""
    values = {
        "rank": rank, "parent": parent, "title": needed(line.title, _("a criterion needs words"), _("write what it asks for")),
        "note": line.note.strip(), "methods": list(line.methods), "dropped": False,
    }  # fmt: skip
    rows = OwnCriterion.objects.unscoped("of the system that the view found in reach")
    found: OwnCriterion
    found, _made = rows.update_or_create(system=system, code=code, defaults=values)
    told(actor, "criterion_written", found)
    return found


@transaction.atomic
def add_line(actor: Any, system: System, rank: str, parent: str, line: Line) -> OwnCriterion:
    """A direction, requirement, criterion or sign of the institution's own."""
    if rank not in RANKS:
        raise UserError(_("unknown kind of line"), todo=_("add it under a line of the list"))
    many = OwnCriterion.objects.unscoped("to number the next one").filter(system=system, code__startswith="own-").count()
    return reword(actor, system, f"own-{many + 1}", rank, parent, line)


@transaction.atomic
def drop_line(actor: Any, system: System, code: str, rank: str, parent: str) -> None:
    """The line does not hold in this institution; what hangs on it neither."""
    rows = OwnCriterion.objects.unscoped("of the system that the view found in reach")
    found = rows.filter(system=system, code=code).first()
    if found is None:
        OwnCriterion.objects.create(system=system, code=code, rank=rank, parent=parent, dropped=True)
    else:
        found.dropped = True
        found.save(update_fields=["dropped"])
    told(actor, "criterion_dropped", system)


@transaction.atomic
def restore_line(actor: Any, system: System, code: str) -> None:
    """The pack's words hold again; an own line that was dropped holds again."""
    rows = OwnCriterion.objects.unscoped("of the system that the view found in reach").filter(system=system, code=code)
    if code.startswith("own-"):
        rows.update(dropped=False)
    else:
        rows.delete()
    told(actor, "criterion_restored", system)
