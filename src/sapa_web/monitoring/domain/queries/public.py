"""The gate of the monitoring: the only papers that others than the institution's own people see are read here."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from sapa_web.monitoring.models import Document


def published(moment: datetime) -> QuerySet[Document]:
    """Papers that are public at a moment, the newest first."""
    rows: QuerySet[Document] = Document.objects.unscoped("published papers are everybody's").filter(
        state=Document.PUBLISHED, published_at__lte=moment
    )
    return rows.select_related("organisation").order_by("-period", "-published_at", "-pk")


def newest(moment: datetime) -> list[Document]:
    """Of each institution its newest paper, by name: a list to find one, no table to compare them."""
    seen: dict[int, Document] = {}
    for item in published(moment):
        seen.setdefault(item.organisation_id, item)
    return sorted(seen.values(), key=lambda item: str(item.organisation))


def of_institution(moment: datetime, code: str) -> list[Document]:
    """All public papers of one institution, the newest first."""
    return list(published(moment).filter(organisation__code=code))
