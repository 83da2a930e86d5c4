"""Which pack holds for an institution on a day: the regulation's own, or the local edition that overlays it then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models

from sapa.archive.manifest import canonical_json
from sapa.packs.loader import Pack, search_path
from sapa.packs.overlay import write_overlay
from sapa_web.common.packs import pack_named
from sapa_web.monitoring.models import Edition

STEPS = "monitoring-step"
"""Code list of a pack that names the steps of monitoring, in their order: what makes a pack one of internal monitoring."""
BODIES = "school-body"
LEVELS = "monitoring-level"


@lru_cache(maxsize=1)
def monitoring_packs() -> tuple[str, ...]:
    """Packs that order an internal monitoring in steps, by id."""
    found = set()
    for folder in search_path():
        for path in sorted(folder.glob("*/pack.yaml")):
            if (path.parent / "quality").is_dir() and any(
                f"- id: {STEPS}" in text.read_text("utf-8") for text in path.parent.glob("codelists/*.yaml")
            ):
                found.add(path.parent.name)
    return tuple(sorted(found))


def edition_in_force(organisation: Any, pack: str, day: date) -> Edition | None:
    """The edition of the institution's regulation that holds on ``day``."""
    editions = Edition.objects.unscoped("of one institution, named").filter(organisation=organisation, pack=pack)
    begun = editions.filter(in_force_from__lte=day).exclude(digest="")
    ended = models.Q(in_force_to=None) | models.Q(in_force_to__gt=day)
    found: Edition | None = begun.filter(ended).order_by("-in_force_from", "-number").first()
    return found


def pack_in_force(organisation: Any, pack: str, day: date) -> Pack:
    """The pack everything is computed by on ``day``."""
    edition = edition_in_force(organisation, pack, day)
    return pack_of(edition) if edition else pack_named(pack)


def pack_of(edition: Edition) -> Pack:
    """The overlay pack of a compiled edition, laid out in the site's home (it can be thrown away: the text is in the row)."""
    return _laid_out(edition.digest, tuple(sorted(edition.source.items())))


@lru_cache(maxsize=64)
def _laid_out(digest: str, files: tuple[tuple[str, str], ...]) -> Pack:
    return write_overlay(dict(files), Path(settings.SAPA_HOME) / "regulations" / digest)


def digest_of(files: dict[str, str]) -> str:
    """SHA-256 of an overlay's text."""
    return sha256(canonical_json(files)).hexdigest()


def holding(elements: Iterable[Any]) -> list[Any]:
    """Of elements those that are not taken out."""
    return [item for item in elements if item.holds(None)]


def codes(pack: Pack, name: str) -> dict[str, Any]:
    """The codes of a list of the pack, in its order, each with its texts; empty where the pack has no such list."""
    found = next((item for item in pack.codelists if item.id == name), None)
    return {item.code: item for item in found.items} if found else {}


def text_of(pack: Pack, texts: Any, lang: str) -> str:
    """A text of the pack in a language."""
    return pack.text(dict(texts or {}), lang)
