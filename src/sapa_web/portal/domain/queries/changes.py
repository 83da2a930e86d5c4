"""What differs between a public version and the public one before it. What was never public is compared with nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from sapa.publication.versions import ChangeLog, compare
from sapa_web.portal.domain.queries import published
from sapa_web.portal.models import DataVersion


def before(now: datetime, version: DataVersion) -> DataVersion | None:
    """The public version of the pack that comes before this one."""
    numbers = (version.major, version.minor, version.patch)
    earlier = [item for item in published.versions(now, version.pack) if (item.major, item.minor, item.patch) < numbers]
    return max(earlier, key=lambda item: (item.major, item.minor, item.patch), default=None)


def changes_of(now: datetime, version: DataVersion) -> ChangeLog:
    """The differences cell by cell; of a cell that is hidden from now on the earlier value is not told again."""
    previous = before(now, version)
    return _changes(previous.folder if previous else "", version.folder)


def counts_of(now: datetime, version: DataVersion) -> dict[str, int]:
    """How many cells differ, by kind: as they were counted when the version was made, if it was against the same version."""
    previous = before(now, version)
    if version.changes and version.previous_id == (previous.pk if previous else None):
        return dict(version.changes)
    return changes_of(now, version).counts


@lru_cache(maxsize=8)
def _changes(old: str, new: str) -> ChangeLog:
    found = compare(published.facts_table(old) if old else None, published.facts_table(new))
    return ChangeLog(tuple(replace(item, old=None) if item.kind == "hidden" else item for item in found.changes))
