"""The system as it holds now: its criteria with the institution's own changes, its levels, its components with their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sapa.evaluation.criteria import Change, Tree, tree_from_json, tree_of
from sapa.evaluation.levels import Level, Levels, levels_from_json, levels_of
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.models import Assessment, Component, OwnCriterion, System
from sapa_web.evaluation.words import language
from sapa_web.orgs.inside import InsideScope


@dataclass(frozen=True)
class Named:
    """A component with the words it is called by, and how far it is described."""

    component: Component
    title: str
    clause: tuple[str, ...]

    @property
    def described(self) -> bool:
        """Whether its measures or procedures are written."""
        return bool(self.component.measures or self.component.procedures)


def system_of(scope: InsideScope, organisation: int) -> System | None:
    """The system of an institution in reach."""
    found: System | None = System.objects.for_scope(scope).select_related("organisation", "regulation").filter(
        organisation_id=organisation
    ).first()  # fmt: skip
    return found


def tree_now(system: System) -> Tree:
    """The pack's criteria, with what the institution has put in their place."""
    lang = language()
    rows = OwnCriterion.objects.unscoped("of a system found in reach").filter(system=system)
    changes = [
        Change(
            item.code, item.rank, item.parent, {lang: item.title} if item.title else None,
            {lang: item.note} if item.note else None, tuple(item.methods), item.dropped,
        )
        for item in rows
    ]  # fmt: skip
    return tree_of(pack_named(system.pack)).changed(changes)


def dropped_of(system: System) -> list[tuple[str, str]]:
    """Lines left out: code and words, to be taken in again."""
    rows = OwnCriterion.objects.unscoped("of a system found in reach").filter(system=system, dropped=True)
    pack = pack_named(system.pack)
    whole = tree_of(pack)
    return [
        (item.code, item.title or (text(whole.find(item.code).title) if whole.has(item.code) else item.code)) for item in rows
    ]


def levels_now(system: System) -> Levels:
    """The institution's own levels, else the pack's, else four plain ones of ours."""
    if system.levels:
        return levels_from_json(system.levels)
    return levels_of(pack_named(system.pack)) or plain_levels()


def plain_levels() -> Levels:
    """Four levels, where neither a pack nor an institution names any."""
    lang = language()
    names = (("high", _("High")), ("sufficient", _("Sufficient")), ("improve", _("Needs improvement")), ("low", _("Low")))
    return Levels(tuple(Level(code, {lang: title}, {}) for code, title in names))


def components_of(system: System, *, retired: bool = False) -> list[Named]:
    """The components in their order."""
    pack, lang = pack_named(system.pack), language()
    known = {item.id: item for item in pack.criteria if item.rank == "component"}
    rows = Component.objects.unscoped("of a system found in reach").filter(system=system, retired_at__isnull=not retired)
    out = []
    for item in rows:
        given: Any = known.get(item.code)
        title = item.title or (pack.text(given.title, lang) if given else item.code)
        out.append(Named(item, title, tuple(given.clause) if given else ()))
    return out


def tree_in(assessment: Assessment) -> Tree:
    """The criteria of an assessment: as frozen when its collection began, before that as they hold now."""
    if assessment.criteria:
        return tree_from_json(assessment.criteria)
    return tree_now(System.objects.unscoped("of the institution itself").get(organisation_id=assessment.organisation_id))


def levels_in(assessment: Assessment) -> Levels:
    """The levels of an assessment, in the same way."""
    if assessment.levels:
        return levels_from_json(assessment.levels)
    return levels_now(System.objects.unscoped("of the institution itself").get(organisation_id=assessment.organisation_id))


def text(texts: Any) -> str:
    """A text by language in the reader's language, else English, else any."""
    found = dict(texts or {})
    return found.get(language()) or found.get("en") or next(iter(found.values()), "")
