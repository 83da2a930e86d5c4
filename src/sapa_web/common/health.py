"""``/health/``: whether database, archive and worker are there. For the machine that watches over the site; no secrets."""

from __future__ import annotations

import logging
import os
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sapa.archive.store import FolderStore
from sapa_web.common import files
from sapa_web.common.models import Schedule

log = logging.getLogger(__name__)
WORKER = "worker"
SILENT = timedelta(seconds=60)
"""A worker that has given no sign of life for so long is taken for gone."""


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 where pages can be served, 503 where not. A silent worker is ``degraded``: 503 only with ``?all=1``."""
    found = {"database": _database(), "archive": _archive()}
    found["worker"] = _worker() if found["database"] == "ok" else "unknown"
    serving = found["database"] == found["archive"] == "ok"
    whole = serving and found["worker"] == "ok"
    status = "ok" if whole else "degraded" if serving else "failing"
    fine = whole if request.GET.get("all") == "1" else serving
    return JsonResponse({"status": status, **found}, status=200 if fine else 503)


def worker_lives() -> None:
    """A worker's sign of life."""
    Schedule.objects.update_or_create(name=WORKER, defaults={"slot": timezone.now().isoformat(timespec="seconds")})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok"
    except DatabaseError:
        log.exception("health: database")
        return "failing"


def _archive() -> str:
    """A folder must be writable; a store must answer (a bucket that isn't there is an error, an empty one isn't)."""
    try:
        store = files.everything()
        if isinstance(store, FolderStore):
            folder = next(path for path in (store.folder, *store.folder.parents) if path.exists())
            return "ok" if os.access(folder, os.W_OK) else "failing"
        filesystem, probe = store.filesystem("probe")
        bucket = filesystem.get_file_info(Path(probe).parts[0])
        return "ok" if bucket.type.name == "Directory" else "failing"
    except Exception:  # whatever the store's library raises
        log.exception("health: archive %s", settings.SAPA_ARCHIVE_URL.partition("?")[0])
        return "failing"


def _worker() -> str:
    try:
        seen = Schedule.objects.filter(name=WORKER).values_list("slot", flat=True).first()
    except DatabaseError:
        return "unknown"
    if not seen:
        return "never seen"
    return "ok" if timezone.now() - datetime.fromisoformat(seen) < SILENT else "silent"
