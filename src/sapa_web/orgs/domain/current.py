"""What holds today, written beside the history: an organisation's own row, its levels, and who is above whom.

A closed organisation stays where it last hung, one not yet open stands where it will: its returns, people and history must
remain in somebody's reach. Only ``is_open`` tells them from the others.

After a change only the organisations concerned and those below them are looked at; the daily job writes everything anew, for
changes that were recorded ahead of their day. Both give the same (held by a test over random histories).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import models, transaction

from sapa_web.common.bulk import write_back
from sapa_web.common.clock import today
from sapa_web.orgs.models import Closure, Organisation, OrganisationLevel, OrganisationVersion

COPIED = ("name", "names", "parent_id", "founder_id", "kind", "attributes")
CURRENT = (*COPIED, "is_open")
_PART = 500  # SQLite takes so many values in one statement anywhere


@transaction.atomic
def refresh(day: date | None = None, *, only: Iterable[int] | None = None) -> None:
    """Bring rows, levels and closure up to ``day`` (default: today), for the organisations ``only`` (default: all)."""
    day = day or today()
    everything = Organisation.objects.unscoped("what holds today is the same for everybody")
    standing = OrganisationVersion.objects.filter(superseded_at=None)
    if only is None:
        versions = placing(standing, day)
        _rows(everything, versions, day)
        _levels(OrganisationLevel.objects.all(), versions.values())
        _whole_closure({pk: version.parent_id for pk, version in versions.items()})
        return
    moved: list[int] = []
    for part in _parts(sorted(set(only))):
        versions = placing(standing.filter(organisation_id__in=part), day)
        moved += _rows(everything.filter(pk__in=part), versions, day)
        _levels(OrganisationLevel.objects.filter(organisation_id__in=part), versions.values())
    if moved:
        _part_closure(moved, day)


def placing(standing: models.QuerySet[OrganisationVersion], day: date) -> dict[int, OrganisationVersion]:
    """For each organisation the version that says where it stands: the last that has begun by ``day``, else the first to come."""
    out: dict[int, OrganisationVersion] = {}
    for version in standing.order_by("valid_from"):
        if version.organisation_id not in out or version.valid_from <= day:
            out[version.organisation_id] = version
    return out


def _rows(rows: Iterable[Organisation], versions: Mapping[int, OrganisationVersion], day: date) -> list[int]:
    """Write the rows that differ; returns the organisations that hang elsewhere now, or are new."""
    changed, moved = [], []
    for row in rows:
        version = versions.get(row.pk)
        if version is None:
            continue
        before = {name: getattr(row, name) for name in CURRENT}
        row.is_open = version.valid_from <= day and (version.valid_to is None or version.valid_to > day)
        for name in COPIED:
            setattr(row, name, getattr(version, name))
        if before != {name: getattr(row, name) for name in CURRENT}:
            changed.append(row)
        if before["parent_id"] != row.parent_id:
            moved.append(row.pk)
    fields = [name.removesuffix("_id") for name in CURRENT]
    write_back(changed, fields)
    new = {row.pk for row in changed} - set(moved)
    placed: set[int] = set()
    for part in _parts(sorted(new)):
        placed.update(Closure.objects.filter(descendant_id__in=part, depth=0).values_list("descendant_id", flat=True))
    return [*moved, *sorted(new - placed)]


def _levels(there_now: Any, versions: Iterable[OrganisationVersion]) -> None:
    wanted = {(version.organisation_id, level) for version in versions for level in version.levels}
    there = {(org, level): pk for pk, org, level in there_now.values_list("pk", "organisation_id", "level")}
    for part in _parts([pk for pair, pk in there.items() if pair not in wanted]):
        OrganisationLevel.objects.filter(pk__in=part).delete()
    OrganisationLevel.objects.bulk_create(
        [OrganisationLevel(organisation_id=org, level=level) for org, level in sorted(wanted - set(there))], batch_size=2000
    )


def chain(node: int, parents: Mapping[int, int | None]) -> Iterator[tuple[int, int]]:
    """``(who is above, how far)`` from the node itself upwards."""
    above: int | None = node
    seen: set[int] = set()
    while above is not None and above not in seen:
        yield above, len(seen)
        seen.add(above)
        above = parents.get(above)


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
    """Write anew who is above the moved ones, and above all that hung below them."""
    concerned = set(moved)
    for part in _parts(moved):
        concerned.update(Closure.objects.filter(ancestor_id__in=part).values_list("descendant_id", flat=True))
    parents = _parents_above(concerned, day)
    for part in _parts(sorted(concerned)):
        Closure.objects.filter(descendant_id__in=part).delete()
    _write({(above, node): depth for node in sorted(concerned) for above, depth in chain(node, parents)})


def _parents_above(nodes: Iterable[int], day: date) -> dict[int, int | None]:
    """The parent of each node and of everything above it, asked level by level."""
    parents: dict[int, int | None] = {}
    ask, asked = set(nodes), set()
    while ask:
        for part in _parts(sorted(ask)):
            found = placing(OrganisationVersion.objects.filter(superseded_at=None, organisation_id__in=part), day)
            parents.update({pk: version.parent_id for pk, version in found.items()})
        asked |= ask
        ask = {above for above in parents.values() if above is not None} - asked
    return parents


def _write(wanted: Mapping[tuple[int, int], int]) -> None:
    new = [Closure(ancestor_id=above, descendant_id=node, depth=depth) for (above, node), depth in wanted.items()]
    Closure.objects.bulk_create(new, batch_size=2000)


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _PART):
        yield ids[start : start + _PART]
