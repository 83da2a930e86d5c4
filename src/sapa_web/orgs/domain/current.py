"""What holds today, written beside the history: an organisation's own row, its levels, and who is above whom.

After a change only the organisations concerned and those below them are looked at; the daily job writes everything anew, for
changes that were recorded ahead of their day. Both give the same (held by a test over random histories).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from sapa_web.common.clock import today
from sapa_web.orgs.domain.versions import valid_versions
from sapa_web.orgs.models import Closure, Organisation, OrganisationLevel, OrganisationVersion

COPIED = ("name", "names", "parent_id", "founder_id", "kind", "attributes")
CURRENT = (*COPIED, "is_open")
DEEPEST = 64
_PART = 500  # SQLite takes so many values in one statement anywhere


@transaction.atomic
def refresh(day: date | None = None, *, only: Iterable[int] | None = None) -> None:
    """Bring rows, levels and closure up to ``day`` (default: today), for the organisations ``only`` (default: all)."""
    day = day or today()
    if only is None:
        versions = list(valid_versions(day))
        _rows(Organisation.objects.unscoped("what holds today is the same for everybody"), versions)
        _levels(OrganisationLevel.objects.all(), versions)
        _whole_closure({version.organisation_id: version.parent_id for version in versions})
        return
    ids = sorted(set(only))
    moved: list[int] = []
    for part in _parts(ids):
        versions = list(valid_versions(day).filter(organisation_id__in=part))
        moved += _rows(Organisation.objects.unscoped("what holds today is the same for everybody").filter(pk__in=part), versions)
        _levels(OrganisationLevel.objects.filter(organisation_id__in=part), versions)
    if moved:
        _part_closure(moved, day)


def _rows(rows: Iterable[Organisation], versions: Sequence[OrganisationVersion]) -> list[int]:
    """Write the rows that differ; returns the organisations whose place in the tree has changed."""
    holding = {version.organisation_id: version for version in versions}
    changed, moved = [], []
    for row in rows:
        before = {name: getattr(row, name) for name in CURRENT}
        version = holding.get(row.pk)
        row.is_open = version is not None
        if version is not None:
            for name in COPIED:
                setattr(row, name, getattr(version, name))
        if before != {name: getattr(row, name) for name in CURRENT}:
            changed.append(row)
        if (before["is_open"], before["parent_id"]) != (row.is_open, row.parent_id):
            moved.append(row.pk)
    fields = [name.removesuffix("_id") for name in CURRENT]
    Organisation.objects.unscoped("same").bulk_update(changed, fields, batch_size=200)
    return moved


def _levels(there_now: Any, versions: Sequence[OrganisationVersion]) -> None:
    wanted = {(version.organisation_id, level) for version in versions for level in version.levels}
    there = {(org, level): pk for pk, org, level in there_now.values_list("pk", "organisation_id", "level")}
    for part in _parts([pk for pair, pk in there.items() if pair not in wanted]):
        OrganisationLevel.objects.filter(pk__in=part).delete()
    OrganisationLevel.objects.bulk_create(
        [OrganisationLevel(organisation_id=org, level=level) for org, level in sorted(wanted - set(there))], batch_size=2000
    )


def chain(node: int, parents: Mapping[int, int | None]) -> Iterator[tuple[int, int]]:
    """``(who is above, how far)`` from the node itself upwards; ends at the top, or at one that is not open."""
    above: int | None = node
    depth = 0
    while above is not None and depth < DEEPEST:
        yield above, depth
        above, depth = parents.get(above), depth + 1


def _whole_closure(parents: Mapping[int, int | None]) -> None:
    wanted = {(above, node): depth for node in parents for above, depth in chain(node, parents)}
    there = {
        (a, d): (pk, depth) for pk, a, d, depth in Closure.objects.values_list("pk", "ancestor_id", "descendant_id", "depth")
    }
    for part in _parts([pk for pair, (pk, depth) in there.items() if wanted.get(pair) != depth]):
        Closure.objects.filter(pk__in=part).delete()
    kept = {pair for pair, (_, depth) in there.items() if wanted.get(pair) == depth}
    _write({pair: depth for pair, depth in wanted.items() if pair not in kept})


def _part_closure(moved: Sequence[int], day: date) -> None:
    """A chain names the first closed organisation it meets, so whoever hangs below a moved one is found in the old closure."""
    concerned = set(moved)
    for part in _parts(moved):
        concerned.update(Closure.objects.filter(ancestor_id__in=part).values_list("descendant_id", flat=True))
    parents = _parents_above(concerned, day)
    for part in _parts(sorted(concerned)):
        Closure.objects.filter(descendant_id__in=part).delete()
    open_now = [node for node in sorted(concerned) if node in parents]
    _write({(above, node): depth for node in open_now for above, depth in chain(node, parents)})


def _parents_above(nodes: Iterable[int], day: date) -> dict[int, int | None]:
    """The parent of each open node and of everything above it, asked level by level."""
    parents: dict[int, int | None] = {}
    ask, asked = set(nodes), set()
    while ask:
        for part in _parts(sorted(ask)):
            found = valid_versions(day).filter(organisation_id__in=part)
            parents.update(found.values_list("organisation_id", "parent_id"))
        asked |= ask
        ask = {above for above in parents.values() if above is not None} - asked
    return parents


def _write(wanted: Mapping[tuple[int, int], int]) -> None:
    new = [Closure(ancestor_id=above, descendant_id=node, depth=depth) for (above, node), depth in wanted.items()]
    Closure.objects.bulk_create(new, batch_size=2000)


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _PART):
        yield ids[start : start + _PART]
