"""The open files of a version, made once by the worker and kept in the published store: every format, the change log, an index.

They are made as soon as a release with the version is scheduled, so that they are there at its minute; the gate alone decides
when they are handed over. Whoever asks for a file before it is made gets it made on the spot.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext_lazy

from sapa.errors import RefusedError
from sapa.publication.exchange.api import FORMATS as ENGINE
from sapa.publication.exchange.api import explained, zipped
from sapa.publication.versions import compare
from sapa_web.common.clock import now
from sapa_web.common.domain import jobs
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.open_files import FORMATS
from sapa_web.portal.domain.queries.reading import data_set, earlier
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion, Release

KIND = "portal.open_files"
INDEX = "index.json"
_made: set[tuple[str, str]] = set()


def place(version: DataVersion, name: str) -> str:
    """Where a file of the version lies in the store."""
    return f"{version.folder}/open/{name}"


def box(version: DataVersion, kind: str) -> str:
    """Where the zip of a kind lies in the store."""
    return f"{version.folder}/boxes/{kind}.zip"


def index(version: DataVersion) -> dict[str, Any] | None:
    """``{"issued": …, "files": {name: {"bytes": …, "sha256": …}}, "changes": {…}}``; nothing where it is not made yet."""
    try:
        found: dict[str, Any] = json.loads(published_store().read(place(version, INDEX)))
    except RefusedError:
        return None
    return found


def prepare(version: DataVersion, moment: datetime) -> dict[str, Any]:
    """Make the files as they are public from ``moment`` on; those that stand as they should stay."""
    dataset = data_set(version, moment)
    held = index(version)
    if held is not None and held["issued"] == dataset.issued.isoformat():
        return held
    parts = {name: made(dataset) for name, made in ENGINE.items()}
    files = explained(dataset, {name: data for part in parts.values() for name, data in part.items()})
    before = earlier(version, moment)
    changes = compare(published.figures(before).table, dataset.facts) if before is not None else None
    if changes is not None:
        files["changes.csv"] = changes.as_csv().encode()
    boxes = {kind: zipped(dataset, explained(dataset, _of(parts, form.parts))) for kind, form in FORMATS.items() if not form.file}
    store = published_store()
    for name, content in files.items():
        store.write(place(version, name), content)
    for kind, content in boxes.items():
        store.write(box(version, kind), content)
    told = {
        "issued": dataset.issued.isoformat(),
        "files": {name: {"bytes": len(data), "sha256": sha256(data).hexdigest()} for name, data in sorted(files.items())},
        "against": before.number if before is not None else "",
        "changes": changes.counts if changes is not None else {},
    }
    store.write(place(version, INDEX), json.dumps(told, sort_keys=True).encode())
    store.sync()
    return told


def _of(parts: dict[str, dict[str, bytes]], names: tuple[str, ...]) -> dict[str, bytes]:
    return {name: data for part in names or parts for name, data in parts[part].items()}


def _coming() -> list[tuple[DataVersion, datetime]]:
    """Versions that are or will be public, each with its first minute."""
    shown = Release.objects.filter(state__in=(Release.SCHEDULED, Release.PUBLISHED), publish_at__isnull=False, data__isnull=False)
    first: dict[int, tuple[DataVersion, datetime]] = {}
    for release in shown.select_related("data").order_by("publish_at"):
        if release.data is not None and release.publish_at is not None:
            first.setdefault(release.data.pk, (release.data, release.publish_at))
    return list(first.values())


def _waiting() -> list[tuple[DataVersion, datetime]]:
    return [(version, at) for version, at in _coming() if (version.digest, at.isoformat()) not in _made]


@jobs.kind(KIND, gettext_lazy("Open files of published data"), quiet=True)
def work(job: jobs.Job) -> dict[str, int]:
    """Make what is missing."""
    done = 0
    waiting = _waiting()
    for version, at in waiting:
        job.progress(str(version), done, len(waiting))
        prepare(version, at)
        _made.add((version.digest, at.isoformat()))
        done += 1
    return {"versions": done, "at": int(now().timestamp())}


jobs.each_minute(KIND, lambda: bool(_waiting()))
