"""The tree of institutions in time: what changes, from which day, on what basis, and when we learned it.

Every verb writes versions; nothing is overwritten. The organisation's own row and the closure repeat what holds today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import models, transaction

from sapa.errors import UserError
from sapa_web.common.clock import now, today
from sapa_web.common.domain import ledger
from sapa_web.orgs.models import Closure, Organisation, OrganisationLevel, OrganisationVersion

Actor = Any


@dataclass(frozen=True)
class Facts:
    """What a version says of an organisation; ``parent`` and ``founder`` are identifiers (codes)."""

    name: str
    parent: str | None = None
    kind: str = ""
    levels: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    founder: str | None = None


@dataclass(frozen=True)
class Entry:
    """An organisation to be opened."""

    code: str
    facts: Facts
    is_institution: bool = True


@transaction.atomic
def open_many(actor: Actor, entries: Sequence[Entry], valid_from: date, *, basis: str = "", event: str = "opened") -> int:
    """Open organisations, parents before children or in any order; returns how many. Raises ``UserError`` on a known code."""
    codes = [entry.code for entry in entries]
    taken = set(Organisation.objects.unscoped("codes are unique").filter(code__in=codes).values_list("code", flat=True))
    if taken:
        raise UserError(f"already in the tree: {', '.join(sorted(taken)[:5])}", todo="change them instead of opening them again")
    new = [
        Organisation(
            code=entry.code, is_institution=entry.is_institution, name=entry.facts.name, kind=entry.facts.kind, is_open=False
        )
        for entry in entries
    ]
    Organisation.objects.bulk_create(new, batch_size=500)
    known = _by_code(_mentioned(entry.facts for entry in entries) | set(codes))
    at = now()
    versions = [_version(known[entry.code], entry.facts, known, valid_from, at, event, basis, actor) for entry in entries]
    OrganisationVersion.objects.bulk_create(versions, batch_size=500)
    ledger.append(actor, f"organisation.{event}", data={"count": len(entries), "first": codes[:1], "basis": basis})
    refresh()
    return len(entries)


@transaction.atomic
def change(
    actor: Actor, organisation: Organisation, valid_from: date, event: str, *, basis: str = "", **changes: Any
) -> OrganisationVersion:
    """From ``valid_from`` on, the organisation has these other facts (``name=``, ``parent=`` a code, ``levels=`` …)."""
    before = version_on(organisation, valid_from)
    if before is None:
        raise UserError(f"{organisation.code} is not open on {valid_from}", todo="choose a day on which it is")
    facts = replace(facts_of(before), **changes)
    if facts.parent is not None:
        _no_circle(organisation, facts.parent)
    made = _succeed(actor, before, facts, valid_from, event, basis)
    ledger.append(
        actor, f"organisation.{event}", obj=organisation, unit=organisation.code,
        data={"from": valid_from.isoformat(), "basis": basis, "changes": sorted(changes)},
    )  # fmt: skip
    refresh()
    return made


@transaction.atomic
def close(
    actor: Actor, organisation: Organisation, valid_to: date, *, basis: str = "", successor: Organisation | None = None
) -> None:
    """The organisation ends: ``valid_to`` is the first day without it. With a ``successor`` it is merged into that one."""
    last = version_on(organisation, valid_to) or _newest(organisation)
    if last is None or last.valid_from >= valid_to:
        raise UserError(f"{organisation.code} is not open before {valid_to}", todo="choose a later day")
    at, event = now(), "merged" if successor else "closed"
    _supersede(last, at)
    OrganisationVersion.objects.create(
        **_same(last), valid_from=last.valid_from, valid_to=valid_to, recorded_at=at, event=event, successor=successor,
        basis=basis, recorded_by=_person(actor),
    )  # fmt: skip
    ledger.append(
        actor, f"organisation.{event}", obj=organisation, unit=organisation.code,
        data={"on": valid_to.isoformat(), "basis": basis, "into": successor.code if successor else None},
    )  # fmt: skip
    refresh()


def version_on(organisation: Organisation, day: date, known_at: Any = None) -> OrganisationVersion | None:
    """The version that holds on ``day``, as known at the moment ``known_at`` (default: now)."""
    return valid_versions(day, known_at).filter(organisation=organisation).first()


def valid_versions(day: date, known_at: Any = None) -> models.QuerySet[OrganisationVersion]:
    """The versions of all organisations that hold on ``day``, as known at ``known_at``: the tree of that date."""
    valid = models.Q(valid_from__lte=day) & (models.Q(valid_to=None) | models.Q(valid_to__gt=day))
    if known_at is None:
        recorded = models.Q(superseded_at=None)
    else:
        recorded = models.Q(recorded_at__lte=known_at) & (models.Q(superseded_at=None) | models.Q(superseded_at__gt=known_at))
    return OrganisationVersion.objects.filter(valid & recorded)


def facts_of(version: OrganisationVersion) -> Facts:
    """What a version says."""
    return Facts(
        version.name, version.parent.code if version.parent else None, version.kind, tuple(version.levels), version.names,
        version.attributes, version.founder.code if version.founder else None,
    )  # fmt: skip


@transaction.atomic
def refresh(day: date | None = None) -> None:
    """Write what holds today beside the history: current facts, levels, closure. The daily job calls it too."""
    versions = list(valid_versions(day or today()))
    _refresh_rows(versions)
    _refresh_levels(versions)
    _refresh_closure({version.organisation_id: version.parent_id for version in versions})


CURRENT = ("name", "names", "parent_id", "founder_id", "kind", "attributes", "is_open")


def _refresh_rows(versions: list[OrganisationVersion]) -> None:
    holding = {version.organisation_id: version for version in versions}
    changed = []
    for row in Organisation.objects.unscoped("what holds today is the same for everybody"):
        before = [getattr(row, name) for name in CURRENT]
        version = holding.get(row.pk)
        row.is_open = version is not None
        if version is not None:
            for name in CURRENT[:-1]:
                setattr(row, name, getattr(version, name))
        if before != [getattr(row, name) for name in CURRENT]:
            changed.append(row)
    fields = [name.removesuffix("_id") for name in CURRENT]
    Organisation.objects.unscoped("same").bulk_update(changed, fields, batch_size=200)


def _refresh_levels(versions: list[OrganisationVersion]) -> None:
    wanted = {(version.organisation_id, level) for version in versions for level in version.levels}
    there = {(org, level): pk for pk, org, level in OrganisationLevel.objects.values_list("pk", "organisation_id", "level")}
    OrganisationLevel.objects.filter(pk__in=[pk for pair, pk in there.items() if pair not in wanted]).delete()
    OrganisationLevel.objects.bulk_create(
        [OrganisationLevel(organisation_id=org, level=level) for org, level in sorted(wanted - set(there))], batch_size=2000
    )


def _refresh_closure(parents: Mapping[int, int | None]) -> None:
    wanted: dict[tuple[int, int], int] = {}
    for node in parents:
        above: int | None = node
        depth = 0
        while above is not None and depth < 64:
            wanted[above, node] = depth
            above, depth = parents.get(above), depth + 1
    there = {
        (a, d): (pk, depth) for pk, a, d, depth in Closure.objects.values_list("pk", "ancestor_id", "descendant_id", "depth")
    }
    gone = [pk for pair, (pk, depth) in there.items() if wanted.get(pair) != depth]
    for start in range(0, len(gone), 500):
        Closure.objects.filter(pk__in=gone[start : start + 500]).delete()
    kept = {pair for pair, (_, depth) in there.items() if wanted.get(pair) == depth}
    new = [Closure(ancestor_id=a, descendant_id=d, depth=depth) for (a, d), depth in wanted.items() if (a, d) not in kept]
    Closure.objects.bulk_create(new, batch_size=2000)


def _succeed(
    actor: Actor, before: OrganisationVersion, facts: Facts, valid_from: date, event: str, basis: str
) -> OrganisationVersion:
    """The version from ``valid_from`` on; what was before it stays, ended there."""
    at = now()
    known = _by_code(_mentioned([facts]) | {before.organisation.code})
    _supersede(before, at)
    if before.valid_from < valid_from:
        OrganisationVersion.objects.create(
            **_same(before), valid_from=before.valid_from, valid_to=valid_from, recorded_at=at, event=before.event,
            basis=before.basis, recorded_by=before.recorded_by,
        )  # fmt: skip
    made = _version(before.organisation, facts, known, valid_from, at, event, basis, actor)
    made.valid_to = before.valid_to
    made.save(force_insert=True)
    return made


def _supersede(version: OrganisationVersion, at: Any) -> None:
    version.superseded_at = at
    version.save(update_fields=["superseded_at"])


def _same(version: OrganisationVersion) -> dict[str, Any]:
    names = ("organisation", "parent", "founder", "name", "names", "kind", "levels", "attributes")
    return {name: getattr(version, name) for name in names}


def _version(
    organisation: Organisation, facts: Facts, known: Mapping[str, Organisation], valid_from: date, at: Any, event: str,
    basis: str, actor: Actor,
) -> OrganisationVersion:  # fmt: skip
    return OrganisationVersion(
        organisation=organisation,
        parent=known[facts.parent] if facts.parent else None,
        founder=known[facts.founder] if facts.founder else None,
        name=facts.name,
        names=dict(facts.names),
        kind=facts.kind,
        levels=list(facts.levels),
        attributes=dict(facts.attributes),
        valid_from=valid_from,
        recorded_at=at,
        event=event,
        basis=basis,
        recorded_by=_person(actor),
    )


def _newest(organisation: Organisation) -> OrganisationVersion | None:
    return organisation.versions.filter(superseded_at=None).order_by("-valid_from").first()


def _mentioned(facts: Iterable[Facts]) -> set[str]:
    return {code for item in facts for code in (item.parent, item.founder) if code}


def _by_code(codes: Iterable[str]) -> dict[str, Organisation]:
    wanted = sorted(set(codes))
    found: dict[str, Organisation] = {}
    for start in range(0, len(wanted), 500):
        part = Organisation.objects.unscoped("named in the order").filter(code__in=wanted[start : start + 500])
        found |= {item.code: item for item in part}
    absent = [code for code in wanted if code not in found]
    if absent:
        raise UserError(f"not in the tree: {', '.join(absent[:5])}", todo="open the parent or founder first")
    return found


def _no_circle(organisation: Organisation, parent: str) -> None:
    below = Closure.objects.filter(ancestor=organisation).values_list("descendant__code", flat=True)
    if parent in set(below):
        raise UserError(f"{parent} lies below {organisation.code}", todo="choose a parent outside its own subtree")


def _person(actor: Actor) -> Any:
    return actor if hasattr(actor, "_meta") and actor._meta.model_name == "user" else None
