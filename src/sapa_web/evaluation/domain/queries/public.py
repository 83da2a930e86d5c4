"""The gate: everything that others than the institution's own people ever see of self-assessments is read here.

It asks one table, which holds what was published and nothing else.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from sapa.archive.store import open_store
from sapa_web.evaluation.models import Published


def published(moment: datetime) -> QuerySet[Published]:
    """What is public at a moment, the newest first."""
    return Published.objects.filter(published_at__lte=moment, withdrawn_at=None)


def newest(moment: datetime) -> list[Published]:
    """Of each institution its newest report, by name: a list to find one, no table to compare them."""
    seen: dict[str, Published] = {}
    for item in published(moment).order_by("-period", "-version"):
        seen.setdefault(item.code, item)
    return sorted(seen.values(), key=lambda item: item.name)


def of_institution(moment: datetime, code: str) -> list[Published]:
    """All public reports of one institution; of each period the newest version."""
    seen: dict[str, Published] = {}
    for item in published(moment).filter(code=code).order_by("-period", "-version"):
        seen.setdefault(item.period, item)
    return list(seen.values())


def file_of(found: Published, name: str) -> tuple[bytes, str] | None:
    """A file of a public report with its media type."""
    for item in found.files:
        if item["name"] == name:
            return open_store(settings.SAPA_PUBLISHED_URL).read(item["path"]), item["kind"]
    return None
