"""Releases for the tests of the portal, made by the site's own verbs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sapa_web.common import clock
from sapa_web.portal.domain.editions import make_version
from sapa_web.portal.models import Publication, Release
from tests.web import cast
from tests.web.indicators.world import PERIODS


def publication(slug: str = "yearbook", report: str = "yearbook") -> Publication:
    """A series on the cast's pack."""
    title = {"en": "Education yearbook", "ru": "Ежегодник образования"}
    found, _ = Publication.objects.get_or_create(slug=slug, defaults={"pack": cast.PACK, "report": report, "title": title})
    return found


def release(*, at: datetime | None = None, period: str = PERIODS[-1], slug: str = "yearbook", **more: Any) -> Release:
    """A release that is public from ``at`` on (default: since yesterday)."""
    version = make_version("system:test", cast.PACK)
    return Release.objects.create(
        publication=publication(slug), period=period, state=Release.SCHEDULED, data=version,
        publish_at=at or clock.now() - timedelta(days=1), made_at=clock.now(), **more,
    )  # fmt: skip
