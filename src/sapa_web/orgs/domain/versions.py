"""Versions of organisations: which one holds on a day, as known at a moment; how one is ended and another begun.

Only :mod:`tree` calls what writes here. A version is never changed but for the moment it was superseded at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.orgs.models import Organisation, OrganisationVersion, User

Actor = Any
OPENINGS = ("opened", "reopened", "imported")


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


FACTS = tuple(item.name for item in fields(Facts))


def version_on(organisation: Organisation, day: date, known_at: datetime | None = None) -> OrganisationVersion | None:
    """The version that holds on ``day``, as known at the moment ``known_at`` (default: now)."""
    return valid_versions(day, known_at).filter(organisation=organisation).first()


def valid_versions(day: date, known_at: datetime | None = None) -> models.QuerySet[OrganisationVersion]:
    """The versions of all organisations that hold on ``day``, as known at ``known_at``: the tree of that date."""
    valid = models.Q(valid_from__lte=day) & (models.Q(valid_to=None) | models.Q(valid_to__gt=day))
    if known_at is None:
        recorded = models.Q(superseded_at=None)
    else:
        recorded = models.Q(recorded_at__lte=known_at) & (models.Q(superseded_at=None) | models.Q(superseded_at__gt=known_at))
    return OrganisationVersion.objects.filter(valid & recorded)


def timeline(organisation: Organisation) -> list[OrganisationVersion]:
    """What is held true now of all times, oldest first; where two don't touch, the organisation was closed between them."""
    found = organisation.versions.filter(superseded_at=None).select_related("parent", "founder", "successor", "recorded_by")
    return list(found.order_by("valid_from"))


def facts_of(version: OrganisationVersion) -> Facts:
    """What a version says."""
    return Facts(
        version.name, version.parent.code if version.parent else None, version.kind, tuple(version.levels), version.names,
        version.attributes, version.founder.code if version.founder else None,
    )  # fmt: skip


def by_code(codes: Iterable[str]) -> dict[str, Organisation]:
    """Organisations by identifier; raises ``UserError`` naming those that are not in the tree."""
    wanted = sorted(set(codes))
    found: dict[str, Organisation] = {}
    for start in range(0, len(wanted), 500):
        part = Organisation.objects.unscoped("named in the order").filter(code__in=wanted[start : start + 500])
        found |= {item.code: item for item in part}
    absent = [code for code in wanted if code not in found]
    if absent:
        raise UserError(
            _("not in the tree: %(codes)s") % {"codes": ", ".join(absent[:5])}, todo=_("open the parent or founder first")
        )
    return found


def mentioned(facts: Iterable[Facts]) -> set[str]:
    """Identifiers of the parents and founders that facts name."""
    return {code for item in facts for code in (item.parent, item.founder) if code}


def made(
    organisation: Organisation, facts: Facts, known: Mapping[str, Organisation], valid_from: date, at: datetime, **rest: Any
) -> OrganisationVersion:
    """A version, not yet saved; ``rest``: event, basis, recorded_by, valid_to, ending, end_basis, successor."""
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
        **rest,
    )


def put_in_place(version: OrganisationVersion, at: datetime, **differences: Any) -> OrganisationVersion:
    """A copy of a version with some differences takes its place from the moment ``at`` on; returns the copy."""
    supersede(version, at)
    names = [item.name for item in OrganisationVersion._meta.concrete_fields if item.name not in ("id", "superseded_at")]
    copy = OrganisationVersion(**{name: getattr(version, name) for name in names} | {"recorded_at": at} | differences)
    copy.save(force_insert=True)
    return copy


def supersede(version: OrganisationVersion, at: datetime) -> None:
    """From ``at`` on the version is no longer what is held true."""
    version.superseded_at = at
    version.save(update_fields=["superseded_at"])


def person(actor: Actor) -> User | None:
    """The actor where it is a person; systems stand in the ledger only."""
    return actor if isinstance(actor, User) else None
