"""Which packs and periods a site has figures of: frozen archives with computed facts, and periods still being collected."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from pyarrow import fs

from sapa.archive.freeze import FINAL, MARKER
from sapa.archive.store import FolderStore, Store, open_store, safe_part
from sapa_web.collection.models import Campaign
from sapa_web.common.files import archive, below

Seen = tuple[tuple[str, int, int], ...]
"""Files as they were looked at: name, size, time of the last change in nanoseconds."""


@dataclass(frozen=True)
class Frozen:
    """One frozen period with official figures."""

    pack: str
    period: str
    root: str
    as_of: date
    submissions: int
    version: str
    regime: str
    files: Seen

    @property
    def store(self) -> Store:
        """The archive the figures come from."""
        return archive(self.pack, self.period)


def frozen_packs() -> list[str]:
    """Packs that have an archive."""
    return _folders(settings.SAPA_ARCHIVE_URL)


def frozen_periods(pack: str) -> tuple[Frozen, ...]:
    """The frozen periods of a pack that have official figures, the earliest first."""
    found = []
    for period in _folders(below(settings.SAPA_ARCHIVE_URL, safe_part(pack))):
        store = archive(pack, period)
        if marker := _seen(store, f"{FINAL}/{MARKER}"):
            files = _facts_files(store)
            if files:
                found.append(_frozen(pack, store.url, marker, files))
    return tuple(sorted(found, key=lambda item: item.period))


def open_periods() -> list[tuple[str, str]]:
    """Packs and periods whose data are not fixed yet."""
    found = Campaign.objects.exclude(state=Campaign.FROZEN).order_by("pack", "period")
    return list(found.values_list("pack", "period").distinct())


def _folders(url: str) -> list[str]:
    store = open_store(url)
    if isinstance(store, FolderStore):
        if not store.folder.is_dir():
            return []
        return sorted(item.name for item in store.folder.iterdir() if item.is_dir() and not item.name.startswith("."))
    filesystem, path = store.filesystem("x")
    selector = fs.FileSelector(path.rpartition("/")[0], allow_not_found=True)
    return sorted(info.base_name for info in filesystem.get_file_info(selector) if info.type == fs.FileType.Directory)


def _seen(store: Store, name: str) -> tuple[str, int, int] | None:
    if isinstance(store, FolderStore):
        try:
            found = store.path(name).stat()
        except OSError:
            return None
        return name, found.st_size, found.st_mtime_ns
    filesystem, path = store.filesystem(name)
    info: Any = filesystem.get_file_info(path)
    return (name, info.size, info.mtime_ns or 0) if info.type == fs.FileType.File else None


def _facts_files(store: Store) -> Seen:
    if isinstance(store, FolderStore):
        folder = store.folder / "facts"
        names = [f"facts/{item.name}" for item in sorted(folder.glob("*.parquet"))] if folder.is_dir() else []
    else:
        names = [name for name in store.names("facts") if name.endswith(".parquet")]
    return tuple(found for name in names if (found := _seen(store, name)))


@lru_cache(maxsize=256)
def _frozen(pack: str, url: str, marker: tuple[str, int, int], files: Seen) -> Frozen:
    statement: dict[str, Any] = json.loads(open_store(url).read(marker[0]))
    versions = statement.get("packs", {})
    return Frozen(
        pack=pack,
        period=str(statement["period"]),
        root=str(statement["root"]),
        as_of=date.fromisoformat(str(statement["as_of"])),
        submissions=int(statement["size"]),
        version=str(versions.get(str(statement["pack"]), {}).get("version", "")),
        regime=str(statement.get("regime", "")),
        files=files,
    )
