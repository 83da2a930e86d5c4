"""The one place that reads the clock.

A demonstration or a test may stand on any day: there the moment comes from a file in the site's home (``clock.json``), shifted
with the time that has passed since, or from :func:`standing_at`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

_standing: list[datetime] = []


def now() -> datetime:
    """The moment, with a time zone."""
    if _standing:
        return _standing[-1]
    real = timezone.now()
    return real + _shift() if settings.SAPA_DEMO else real


def today() -> date:
    """The day in the site's time zone."""
    return timezone.localtime(now()).date()


def is_shifted() -> bool:
    """Whether the site's date is not the calendar's."""
    return bool(_standing) or (settings.SAPA_DEMO and abs(_shift()) > timedelta(hours=1))


def set_moment(moment: datetime) -> None:
    """Put a demonstration's clock to ``moment``; it runs on from there. Raises ``RuntimeError`` on a real site."""
    if not settings.SAPA_DEMO:
        raise RuntimeError("the clock of a real site is not ours to set")
    path = _path()
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps({"shift": (moment - timezone.now()).total_seconds()}))
    partial.replace(path)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """For tests: the clock stands still."""
    _standing.append(moment)
    try:
        yield
    finally:
        _standing.pop()


def _path() -> Path:
    return Path(settings.SAPA_HOME) / "clock.json"


def _shift() -> timedelta:
    path = _path()
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except OSError:
        return timedelta(0)


@lru_cache(maxsize=4)
def _read(path: str, changed: int) -> timedelta:
    return timedelta(seconds=float(json.loads(Path(path).read_text())["shift"]))
