"""The archives of a site: one for each pack and period, in a folder or an S3-compatible store."""

from __future__ import annotations

from django.conf import settings

from sapa.archive.store import Store, open_store, safe_part


def archive(pack: str, period: str) -> Store:
    """The archive of a pack's period."""
    return open_store(f"{settings.SAPA_ARCHIVE_URL.rstrip('/')}/{safe_part(pack)}/{safe_part(period)}")
