"""Publish: from the snapshot and its facts to documents, tables and charts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sapa.archive.freeze import FINAL
from sapa.archive.store import Store
from sapa.chain.context import Report, silent, snapshot_pack, snapshot_statement
from sapa.chain.reports import chosen_report, due_day, scoped
from sapa.errors import UserError
from sapa.packs.loader import Pack, load_pack
from sapa.publication.api import FORMATS, Texts, file_stem, publish
from sapa.publication.facts import load_facts
from sapa.publication.meta import PackStamp, PublicationMeta, Quality, RuleFindings, UnitName

QUALITY = "quality.json"
REPORTS = "reports"
"""Folder of the run that holds reports beside the yearbook, each in a folder of its own."""


def quality_of(store: Store) -> Quality:
    """Completeness and findings as the collection wrote them down; empty where nothing was written."""
    if not store.exists(QUALITY):
        return Quality()
    said = json.loads(store.read(QUALITY))
    rules = tuple(RuleFindings(item["rule"], item["severity"], item["count"], item["title"]) for item in said.pop("rules"))
    missing = tuple(UnitName(**item) for item in said.pop("missing", ()))
    return Quality(rules=rules, missing=missing, **said)


def period_note(pack: Pack) -> dict[str, str]:
    """What the pack, else one it rests on, defines a period to be: its `definition` named `periods`; empty without one."""
    for clause in reversed(pack.clauses.values()):
        if clause.kind == "definition" and clause.path.rpartition(".")[2] == "periods":
            return dict(clause.text)
    return {}


def meta_of(store: Store, pack: Pack, document_date: date | None = None) -> PublicationMeta:
    """What the documents say beside figures: all of it from the snapshot."""
    statement: dict[str, Any] = snapshot_statement(store)
    recorded = statement["packs"]
    stamps = tuple(
        PackStamp(item.id, recorded[item.id]["version"], recorded[item.id]["digest"], item.meta.title)
        for item in pack.packs()
        if item.id in recorded
    )
    regime = load_pack(statement["regime"]) if statement["regime"] else None
    frozen = datetime.fromisoformat(statement["at"])
    return PublicationMeta(
        period=statement["period"],
        root=statement["root"],
        as_of=date.fromisoformat(statement["as_of"]),
        document_date=document_date or frozen.date(),
        submissions=statement["size"],
        packs=stamps,
        regime=statement["regime"],
        regime_title=regime.meta.title if regime else {},
        borrowed=statement["borrowed"],
        quality=quality_of(store),
        period_note=period_note(pack),
    )


@dataclass(frozen=True)
class Order:
    """Which report of a run is published, about what, in which formats."""

    report: str = ""
    """Id of a report of the pack, or of the regime the run borrows; empty: the pack's first."""
    formats: tuple[str, ...] = ()
    """Some of ``FORMATS``; empty: what a publication usually writes."""
    scope: str = ""
    """``dimension=code``, e.g. ``region=R1``, or ``institution=ID``; empty: the whole."""
    document_date: date | None = None
    facts: tuple[Path, ...] = ()
    """Files of facts to draw from instead of the run's own, e.g. those that disclosure control gave back; earlier years too."""
    texts: Texts | None = None
    """Approved texts by chapter and language."""


def publish_run(
    store: Store,
    folder: Path,
    langs: Sequence[str],
    *,
    facts: Sequence[Path] = (),
    earlier: Sequence[Path] = (),
    order: Order | None = None,
    report: Report = silent,
) -> list[Path]:
    """Write every document of a report in each language; returns the files. Raises ``UserError`` without facts.

    ``facts`` are files of earlier periods, ``earlier`` the folders of their runs: one institution's figures of those years are
    computed from its rows there.
    """
    order = order or Order()
    pack = snapshot_pack(store)
    files = list(order.facts) or sorted((folder / "facts").glob("*.parquet")) + list(facts)
    if not files:
        raise UserError(f"there are no facts in {folder}", todo="compute first: sapa compute")
    if not store.exists(f"{FINAL}/snapshot.json"):
        raise UserError("nothing is frozen here", todo="freeze first: sapa freeze")
    meta = meta_of(store, pack, order.document_date)
    regime = load_pack(meta.regime) if meta.regime else None
    chosen, owner = chosen_report(pack, regime, order.report)
    whole = load_facts(files)
    scope, mine = scoped(chosen, pack, order.scope, whole, folder, earlier, meta)
    out = folder if chosen.kind == "yearbook" else folder / REPORTS / file_stem(chosen.id, scope)
    only = [FORMATS[name] for name in order.formats] or None
    due = due_day(chosen, owner, pack, meta.period)
    written: list[Path] = []
    for done, lang in enumerate(langs):
        report("publish", done, len(langs))
        made = publish(
            *(pack, chosen, whole if mine is None else mine, out),
            lang=lang, meta=meta, only=only, scope=scope, whole=whole, regime=regime, texts=order.texts, due=due,
        )  # fmt: skip
        written += made.files
    report("publish", len(langs), len(langs))
    return written
