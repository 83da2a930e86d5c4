"""The archives of a site: one for each pack and period, in a folder or an S3-compatible store."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from pyarrow import fs

from sapa.archive.store import Store, open_store, safe_part


def archive(pack: str, period: str) -> Store:
    """The archive of a pack's period."""
    return open_store(below(settings.SAPA_ARCHIVE_URL, safe_part(pack), safe_part(period)))


def everything() -> Store:
    """All archives of the site in one store."""
    return open_store(settings.SAPA_ARCHIVE_URL)


def below(url: str, *parts: str) -> str:
    """A folder inside the store behind ``url``; what stands after the ``?`` of an S3 address stays at its end."""
    base, mark, options = url.partition("?") if url.startswith("s3://") else (url, "", "")
    return "/".join([base.rstrip("/"), *parts]) + mark + options


def names(store: Store) -> Iterator[str]:
    """Every file of a store by name, sorted; leftovers of interrupted writes are passed over."""
    filesystem, probe = store.filesystem("probe")
    base = probe.removesuffix("/probe")
    found = filesystem.get_file_info(fs.FileSelector(base, recursive=True, allow_not_found=True))
    files = [info.path.replace("\\", "/") for info in found if info.type == fs.FileType.File]
    yield from sorted(path[len(base) + 1 :] for path in files if not path.rpartition("/")[2].startswith("."))
