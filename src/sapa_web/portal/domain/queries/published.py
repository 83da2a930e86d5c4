"""The gate: what is public at a moment. Every public page, feed, file and answer reads through here and nowhere else.

A release is public from its announced minute on (``publish_at``), whether or not the worker has run by then; not a second before.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import QuerySet
from django.utils import timezone

from sapa.chain.lineage import FactId
from sapa.publication.facts import Fact
from sapa_web.common.scope import Scope
from sapa_web.evaluation.domain.queries import public
from sapa_web.evaluation.models import Published
from sapa_web.indicators.domain.queries.facts import Figures, Stamp
from sapa_web.indicators.domain.queries.reach import Reach
from sapa_web.monitoring.domain.queries import public as monitoring
from sapa_web.monitoring.models import Document
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion, Publication, Release

PUBLISHED = "published"
"""State of figures that everybody may see, beside ``official`` and ``provisional``."""


def releases(now: datetime) -> QuerySet[Release]:
    """The releases that are public at ``now``, the newest first."""
    shown = Release.objects.filter(state__in=(Release.SCHEDULED, Release.PUBLISHED), publish_at__lte=now)
    return shown.select_related("publication", "data").order_by("-publish_at", "-period", "-version")


def standing(now: datetime) -> tuple[tuple[Any, ...], ...]:
    """What is public and what is announced at ``now``, and the site's day: while it is the same, so are the public pages.

    One small query: it is asked at every request of a reader. Each entry: release, version, state, version of the figures,
    moment, whether it is public.
    """
    known = Release.objects.filter(state__in=(Release.SCHEDULED, Release.PUBLISHED)).order_by("pk")
    told = known.values_list("pk", "version", "state", "data_id", "publish_at")
    day = (timezone.localtime(now).date(),)
    return (day, *((*row, row[4] is not None and row[4] <= now) for row in told))


def publications(now: datetime) -> QuerySet[Publication]:
    """The publications that have a public release."""
    return Publication.objects.filter(pk__in=releases(now).values("publication"))


def announced(now: datetime) -> QuerySet[Release]:
    """What is announced and not yet public: its title and its moment may be known, nothing else of it."""
    coming = Release.objects.filter(state=Release.SCHEDULED, publish_at__gt=now)
    return coming.select_related("publication").defer("headline", "key_figures", "note").order_by("publish_at")


def versions(now: datetime, pack: str = "") -> QuerySet[DataVersion]:
    """The versions of figures that some public release shows, the newest first."""
    shown = DataVersion.objects.filter(pk__in=releases(now).exclude(data=None).values("data"))
    return (shown.filter(pack=pack) if pack else shown).order_by("pack", "-major", "-minor", "-patch")


def newest(now: datetime, pack: str) -> DataVersion | None:
    """The newest public version of a pack's figures."""
    return versions(now, pack).first()


def packs(now: datetime) -> list[str]:
    """Packs with public figures."""
    return sorted(set(versions(now).values_list("pack", flat=True)))


def figures(version: DataVersion) -> Figures:
    """The figures of a version. Only for a version that came from :func:`versions`, or for whoever prepares a release."""
    stamps = tuple((period, version.roots.get(period, "")) for period in version.periods)
    return _figures(version.pack, version.folder, version.digest, version.number, stamps)


def fact_named(figures: Figures, name: str) -> Fact | None:
    """The published fact of that name (``indicator@period[dimension=code,…]``), or nothing."""
    wanted = FactId.parse(name)
    return figures.fact(wanted.indicator, wanted.period, dict(wanted.cut))


@lru_cache(maxsize=6)
def _figures(pack: str, folder: str, digest: str, number: str, roots: tuple[tuple[str, str], ...]) -> Figures:
    about = _stamps(pack)
    stamps = {period: Stamp(period, root, *about.get((period, root), ("", 0, ""))) for period, root in roots}
    return Figures(pack, PUBLISHED, stamps, facts_table(folder), lambda period: _no_units())


def facts_table(folder: str, filters: Any = None) -> pa.Table:
    """The facts of a version as they lie in the store; with ``filters`` (of Arrow) only those rows."""
    filesystem, path = published_store().filesystem(f"{folder}/facts.parquet")
    return pq.read_table(path, filesystem=filesystem, filters=filters, page_checksum_verification=True)


def register(version: DataVersion) -> tuple[tuple[str, ...], str, list[Any]]:
    """The public register of a version: its dimensions, that which names a unit without a name, and its units.

    A unit is its code, its names by language and its codes of the dimensions. Empty where the version has no register.
    """
    return _register(version.folder)


@lru_cache(maxsize=6)
def _register(folder: str) -> tuple[tuple[str, ...], str, list[Any]]:
    store, name = published_store(), f"{folder}/register.json"
    if not store.exists(name):  # a version made before there was one
        return (), "", []
    held = json.loads(store.read(name))
    return tuple(held["known"]), held["title"], held["units"]


def _stamps(pack: str) -> dict[tuple[str, str], tuple[str, int, str]]:
    from sapa_web.indicators.domain.queries.sources import frozen_periods

    return {(item.period, item.root): (item.as_of.isoformat(), item.submissions, item.version) for item in frozen_periods(pack)}


def _no_units() -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in ("indicator", "unit", "flag")})


class Everybody(Reach):
    """The reach of a reader without sign-in: all of the published figures (they are safe), no single unit's rows."""

    def __init__(self, pack: str) -> None:
        super().__init__(Scope(), None, pack)

    @cached_property
    def whole(self) -> bool:
        """Published figures hide nothing from anybody."""
        return True

    def allows(self, indicator: str) -> bool:
        """All indicators."""
        return True

    def units(self, codes: Any) -> frozenset[str]:
        """No unit: rows of single units are not published through this door."""
        return frozenset()


def as_of(version: DataVersion) -> date | None:
    """The day the newest period's data were fixed as of."""
    return figures(version).stamps[version.periods[-1]].day if version.periods else None


# What institutions have published of their self-assessments: it has a gate of its own, which asks one table only.


def self_assessments(moment: datetime) -> list[Published]:
    """Of each institution its newest report, by name."""
    return public.newest(moment)


def self_assessments_of(moment: datetime, code: str) -> list[Published]:
    """Reports of one institution, the newest first."""
    return public.of_institution(moment, code)


def reports(moment: datetime) -> list[Document]:
    """Of each institution the newest paper of its monitoring, by name."""
    return monitoring.newest(moment)


def reports_of(moment: datetime, code: str) -> list[Document]:
    """Papers of one institution's monitoring that it has published, the newest first."""
    return monitoring.of_institution(moment, code)


def self_assessment_file(found: Published, name: str) -> tuple[bytes, str] | None:
    """A file of a report with its media type."""
    return public.file_of(found, name)
