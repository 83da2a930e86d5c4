"""Reads of the tree: a branch on a day, a list with filters, what is above, before and after an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from sapa_web.common.clock import today
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain.versions import valid_versions
from sapa_web.orgs.models import Closure, Organisation, OrganisationVersion


@dataclass(frozen=True)
class Node:
    """A line of the tree."""

    code: str
    name: str
    is_institution: bool
    has_children: bool
    institutions: int | None
    """Open institutions below, where the tree is today's."""


def organisations(scope: Scope) -> QuerySet[Organisation]:
    """What the scope reaches, closed ones included."""
    found: QuerySet[Organisation] = Organisation.objects.for_scope(scope)
    return found


def roots(scope: Scope, day: date, known_at: datetime | None = None) -> list[Node]:
    """Where a person's part of the tree begins: the nodes of the grants, none of them below another."""
    mine = organisations(scope)
    tops = mine.exclude(parent__in=mine.values("pk"))
    return _nodes(scope, valid_versions(day, known_at).filter(organisation__in=tops.values("pk")), day, known_at)


def branch(scope: Scope, parent: Organisation, day: date, known_at: datetime | None = None) -> list[Node]:
    """What hangs on ``parent`` on ``day``, as far as the scope reaches."""
    versions = valid_versions(day, known_at).filter(parent=parent, organisation__in=organisations(scope).values("pk"))
    return _nodes(scope, versions, day, known_at)


def _nodes(scope: Scope, versions: QuerySet[OrganisationVersion], day: date, known_at: datetime | None) -> list[Node]:
    lines = list(versions.select_related("organisation").order_by("organisation__is_institution", "name", "organisation__code"))
    ids = [line.organisation_id for line in lines]
    below = set(valid_versions(day, known_at).filter(parent_id__in=ids).values_list("parent_id", flat=True))
    counted = institutions_below(scope, ids) if known_at is None and day == today() else {}
    return [
        Node(
            line.organisation.code,
            str(line.organisation) if known_at is None and day == today() else line.name,
            line.organisation.is_institution,
            line.organisation_id in below,
            counted.get(line.organisation_id, 0) if counted else None,
        )
        for line in lines
    ]


def institutions_below(scope: Scope, ids: Sequence[int]) -> dict[int, int]:
    """Open institutions below each node, of those the scope reaches."""
    found = Closure.objects.filter(
        ancestor_id__in=ids, descendant__is_open=True, descendant__is_institution=True,
        descendant__in=organisations(scope).values("pk"),
    )  # fmt: skip
    return dict(found.values_list("ancestor_id").annotate(count=Count("pk")).order_by())


SORTS = {"name": "name", "code": "code", "kind": "kind", "parent": "parent__name"}


def listed(
    scope: Scope, *, words: str = "", kind: str = "", level: str = "", state: str = "open", below: str = "", sort: str = "name"
) -> QuerySet[Organisation]:
    """Organisations by part of the name or identifier, type, level, state (open, closed, all), and node above them."""
    found = organisations(scope).select_related("parent").prefetch_related("levels")
    if words:
        found = found.filter(contains("name", words) | Q(code__icontains=words))
    if kind:
        found = found.filter(kind=kind)
    if level:
        found = found.filter(levels__level=level)
    if state in ("open", "closed"):
        found = found.filter(is_open=state == "open")
    if below:
        found = found.filter(pk__in=Closure.objects.filter(ancestor__code=below).values("descendant_id"))
    field = SORTS.get(sort.lstrip("-"), "name")
    return found.order_by(f"-{field}" if sort.startswith("-") else field, "code")


def contains(field: str, words: str) -> Q:
    """Part of a text, whatever the case: SQLite compares the case of Latin letters only, so the usual cases are asked for."""
    forms = {words, words.lower(), words.upper(), words.capitalize(), words.title()}
    out = Q(pk__in=[])
    for form in sorted(forms):
        out |= Q(**{f"{field}__icontains": form})
    return out


def above(scope: Scope, organisation: Organisation) -> list[Organisation]:
    """The organisations above this one, topmost first, as far as the scope reaches."""
    chain = Closure.objects.filter(descendant=organisation, depth__gt=0).order_by("-depth")
    ids = list(chain.values_list("ancestor_id", flat=True))
    seen = organisations(scope).in_bulk(ids)
    return [seen[pk] for pk in ids if pk in seen]


def merged_into(organisation: Organisation) -> list[OrganisationVersion]:
    """The versions of organisations that were joined to this one."""
    found = OrganisationVersion.objects.filter(successor=organisation, superseded_at=None, ending="merged")
    return list(found.select_related("organisation").order_by("valid_to"))


def history(organisation: Organisation) -> list[OrganisationVersion]:
    """Every version ever recorded, oldest day first, what was corrected included."""
    found = organisation.versions.select_related("parent", "founder", "successor", "recorded_by")
    return list(found.order_by("valid_from", "recorded_at"))
