"""Make a version of a pack's published figures: the frozen facts, through disclosure control, into the published store."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sapa.disclosure import audit, protect, releasable
from sapa.errors import UserError
from sapa.packs.loader import Pack
from sapa.publication.versions import compare, next_version
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.common.packs import pack_named
from sapa_web.indicators.domain.queries.facts import official
from sapa_web.portal.domain.figurestree import commit_figures
from sapa_web.portal.domain.queries.published import facts_table
from sapa_web.portal.domain.queries.reading import places_of
from sapa_web.portal.domain.register import NAME as REGISTER
from sapa_web.portal.domain.register import register_of
from sapa_web.portal.domain.rootlog import log_roots
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion, Release

Say = Callable[[str], None]
_done: dict[tuple[str, ...], tuple[pa.Table, dict[str, Any]]] = {}


def make_version(actor: Any, pack: str, say: Say = lambda text: None) -> DataVersion:
    """The version of today's frozen figures; the one that stands already where nothing has changed.

    Raises ``UserError`` where the pack has no frozen figures, or where no way was found to publish them safely: then nothing is
    made, so that a release can't rest on it.
    """
    found = official(pack)
    if found is None:
        raise UserError(_("there are no frozen figures of %s") % pack, todo=_("fix the data of a period first"))
    log_roots(actor, pack)
    rules = pack_named(pack)
    source = _source(found.table, rules)
    previous = DataVersion.objects.filter(pack=pack).first()
    if previous is not None and previous.protection.get("source") == source:
        return previous
    facts, protection = _protected_once(source, found.table, rules, say)
    protection = {**protection, "source": source}
    content = _bytes(facts)
    digest = sha256(content).hexdigest()
    say("version: changes")
    changes = compare(facts_table(previous.folder) if previous else None, facts)
    folder = f"{pack}/{sha256(f'{source} {digest}'.encode()).hexdigest()[:24]}"
    store = published_store()
    store.write(f"{folder}/facts.parquet", content)
    store.write(f"{folder}/changes.csv", changes.as_csv().encode())
    store.write(f"{folder}/{REGISTER}", register_of(found, facts, rules, places_of(pack), say))
    store.sync()
    before = (previous.major, previous.minor, previous.patch) if previous else None
    # Figures that are the same rest on other snapshots, or on other rules: a correction of what stands behind them.
    numbers = next_version(before, "patch" if changes.level == "none" else changes.level)
    with transaction.atomic():
        version = DataVersion.objects.create(
            pack=pack, major=numbers[0], minor=numbers[1], patch=numbers[2], previous=previous, periods=list(found.periods),
            roots={period: stamp.root for period, stamp in found.stamps.items()}, pack_version=rules.version,
            folder=folder, digest=digest, facts=facts.num_rows, suppressed=_hidden(facts), protection=protection,
            changes=changes.counts, made_at=now(), made_by=str(actor),
        )  # fmt: skip
        ledger.append(actor, "data.version", obj=version, data={"pack": pack, "version": version.number, "digest": digest})
        say("version: tree")
        commit_figures(actor, version, facts)
    return version


def _source(facts: pa.Table, pack: Pack) -> str:
    """What a version is made of: the frozen facts and the pack's rules, which say what may be shown."""
    return sha256(f"{sha256(_bytes(facts)).hexdigest()} {pack.id} {pack.version}".encode()).hexdigest()


def _protected_once(source: str, facts: pa.Table, pack: Pack, say: Say) -> tuple[pa.Table, dict[str, Any]]:
    """As :func:`_protected`; what this process has already worked out of the same figures isn't worked out again."""
    key = (source, *_given_away(pack.id))
    if key not in _done:
        done = _protected(facts, pack, say)
        _done.clear()
        _done[key] = done
    return _done[key]


def _protected(facts: pa.Table, pack: Pack, say: Say) -> tuple[pa.Table, dict[str, Any]]:
    """The facts as they may be published, with what was done; attacked by the audit, with all that was published before."""
    released = [facts_table(folder) for folder in _given_away(pack.id)]
    say("version: protect")
    done = protect(facts, pack, released=released)
    say("version: audit")
    found = audit(done.facts, pack, truth=facts, released=released, exact=False)
    if against := [item for item in releasable(done.report, found) if item.severity == "blocks"]:
        raise UserError(
            _("disclosure control failed: %(reason)s") % {"reason": against[0].text(get_language() or "en")},
            todo=_("nothing was published; change the cuts or the thresholds of the pack, then prepare the release again"),
        )
    exposed = sum(item.exposed and not item.before for item in found.intervals)
    return done.facts, {**done.report, "audit": {"attacked": len(found.intervals), "exposed": exposed}}


def _given_away(pack: str) -> list[str]:
    """Folders of the versions some release has shown or is about to show: what a reader may already hold."""
    shown = Release.objects.filter(state__in=(Release.SCHEDULED, Release.PUBLISHED), data__pack=pack)
    return list(shown.order_by("data__made_at").values_list("data__folder", flat=True).distinct())


def _hidden(facts: pa.Table) -> int:
    return int(pc.sum(pc.equal(facts["flag"], "C")).as_py() or 0)


def _bytes(facts: pa.Table) -> bytes:
    out = BytesIO()
    pq.write_table(facts, out, compression="zstd", write_page_checksum=True)
    return out.getvalue()
