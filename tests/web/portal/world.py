"""Releases for the tests of the portal, made by the site's own verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sapa.publication.facts import MEASURES, fact_id
from sapa_web.common import clock
from sapa_web.portal.domain.editions import make_version
from sapa_web.portal.domain.figurestree import commit_figures
from sapa_web.portal.domain.queries import published as gate
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion, Publication, Release, Section
from tests.web import cast
from tests.web.indicators.world import PERIODS


def publication(slug: str = "yearbook", report: str = "yearbook") -> Publication:
    """A series on the cast's pack."""
    title = {"en": "Education yearbook", "ru": "Ежегодник образования"}
    found, _ = Publication.objects.get_or_create(slug=slug, defaults={"pack": cast.PACK, "report": report, "title": title})
    return found


def with_sections(made: Release, *chapters: str) -> Release:
    """The release with words about these chapters of its report."""
    for position, chapter in enumerate(chapters):
        words = {"en": f"Words of {chapter}.\n\nMore words.", "ru": f"Слова о {chapter}."}
        Section.objects.create(release=made, chapter=chapter, position=position, text=words, generated=position > 0)
    return made


def release(*, at: datetime | None = None, period: str = PERIODS[-1], slug: str = "yearbook", **more: Any) -> Release:
    """A release that is public from ``at`` on (default: since yesterday)."""
    version = make_version("system:test", cast.PACK)
    return Release.objects.create(
        publication=publication(slug), period=period, state=Release.SCHEDULED, data=version,
        publish_at=at or clock.now() - timedelta(days=1), made_at=clock.now(), **more,
    )  # fmt: skip


def second_version(change: Callable[[dict[str, Any]], dict[str, Any] | None], *, at: datetime | None = None) -> Release:
    """A further version and its release: every fact of the newest version as ``change`` gives it back (None: left out)."""
    before = DataVersion.objects.filter(pack=cast.PACK).first()
    assert before is not None
    facts = gate.facts_table(before.folder)
    rows = [changed for row in facts.to_pylist() if (changed := change(dict(row))) is not None]
    made = _stored(pa.Table.from_pylist(rows, schema=facts.schema), before)
    series = publication("amendment")
    return Release.objects.create(
        publication=series, period=PERIODS[-1], version=series.releases.count() + 1, state=Release.SCHEDULED, data=made,
        publish_at=at or clock.now() - timedelta(hours=1), made_at=clock.now(),
    )  # fmt: skip


def _stored(facts: pa.Table, before: DataVersion) -> DataVersion:
    """The version after ``before``, as if the site had made it of these facts."""
    out = BytesIO()
    pq.write_table(facts, out, write_page_checksum=True)
    digest = sha256(out.getvalue()).hexdigest()
    folder = f"{cast.PACK}/{before.minor + 1}-{digest[:24]}"
    published_store().write(f"{folder}/facts.parquet", out.getvalue())
    kept = {name: getattr(before, name) for name in ("pack", "major", "patch", "periods", "roots", "pack_version", "made_by")}
    made = DataVersion.objects.create(
        minor=before.minor + 1, previous=before, folder=folder, digest=digest, facts=facts.num_rows, made_at=clock.now(), **kept
    )
    commit_figures("system:test", made, facts)
    return made


def hiding(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A change that empties facts as disclosure control does."""

    def change(row: dict[str, Any]) -> dict[str, Any]:
        cut = tuple((name, code) for name, code in row.items() if name not in MEASURES and code is not None)
        emptied = {"numerator": None, "denominator": None, "value": None, "count": None, "flag": "C"}
        return {**row, **emptied} if fact_id(row["indicator"], row["period"], cut) in names else row

    return change
