"""Where published files lie: a folder or an S3-compatible store. Never served directly, only through the gate."""

from __future__ import annotations

from django.conf import settings

from sapa.archive.store import Store, open_store


def published_store() -> Store:
    """The store of published files."""
    return open_store(settings.SAPA_PUBLISHED_URL)
