"""The freeze: the accepted submissions of a period become one signed snapshot as of one date.

It may be killed at any instant. The list of what is frozen is fixed first (``plan.json``); everything after it is a function
of that list and the archive's bytes, so a resumed freeze ends in the same root. Work happens in a folder of its own, which
takes its final name in one step, its commit marker ``snapshot.json`` last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sapa.archive import leaves as leaf_table
from sapa.archive.leaves import Leaf
from sapa.archive.manifest import Manifest, canonical_json, moment, parse_moment
from sapa.archive.merkle import root as tree_root
from sapa.archive.rows import write_rows
from sapa.archive.store import Store
from sapa.archive.submissions import load, newest, revisions
from sapa.errors import RefusedError, UserError
from sapa.packs.loader import Pack
from sapa.signing.batch import CheckItem
from sapa.signing.cades import sign_detached
from sapa.signing.report import SignatureReport
from sapa.signing.signer import Signer
from sapa.signing.trust import TrustStore
from sapa.signing.verifier import verifier

WORK, FINAL = "snapshot.work", "snapshot"
MARKER = "snapshot.json"
FORMAT = "sapa-snapshot/1"
KEEPER_UNIT = "archive"
"""The unit whose certificate may sign a root: the keeper of the archive, and no head of a school."""

CHUNK = 4000
"""Signatures checked at a time: enough for a pool of processes, few enough to hold."""


@dataclass(frozen=True)
class FreezeOrder:
    """Who orders the freeze of what: ``at`` is the moment of signing, ``as_of`` the one date the data are fixed on."""

    period: str
    datasets: tuple[str, ...]
    as_of: date
    at: datetime
    regime: str = ""
    scheme: str = "cades"
    borrowed: Mapping[str, str] = field(default_factory=dict)
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class FrozenSnapshot:
    """What a freeze made. ``root`` is hexadecimal."""

    root: str
    size: int
    rows: dict[str, int]
    resumed: bool
    statement: dict[str, Any]


Progress = Callable[[str, int, int], object]


def freeze(
    store: Store,
    pack: Pack,
    order: FreezeOrder,
    signer: Signer,
    trust: TrustStore,
    *,
    processes: int = 1,
    progress: Progress = lambda step, done, of: None,
) -> FrozenSnapshot:
    """Freeze, or go on with a freeze that was cut off. Raises ``UserError`` if this archive is frozen already.

    A submission whose signature no longer holds at ``order.at`` stops the freeze with its name: nothing is left out in silence.
    """
    if store.exists(f"{FINAL}/{MARKER}"):
        raise UserError("this archive is frozen already", todo="take a new folder for another period; a snapshot never changes")
    plan, resumed = _plan(store, pack, order)
    leaves = _check(store, plan, trust, processes, progress)
    counts: dict[str, int] = {}
    for dataset_id in plan["datasets"]:
        mine = [leaf for leaf in leaves if leaf.manifest.dataset == dataset_id]
        if mine:
            counts[dataset_id] = write_rows(store, f"{WORK}/rows/{dataset_id}.parquet", pack, dataset_id, mine, leaves, progress)
    leaf_table.write(store, f"{WORK}/leaves.parquet", leaves)
    _keep_packs(store, pack)
    statement = _statement(plan, leaves, counts)
    _seal(store, statement, signer, trust, parse_moment(plan["at"]))
    return FrozenSnapshot(statement["root"], len(leaves), counts, resumed, statement)


def standing(store: Store, pack: Pack, order: FreezeOrder) -> FrozenSnapshot | None:
    """The snapshot that stands here already, if this order would freeze the very same submissions; else ``None``.

    A run that was cut off after its freeze goes on from it: the snapshot itself never changes.
    """
    if not store.exists(f"{FINAL}/{MARKER}"):
        return None
    statement: dict[str, Any] = json.loads(store.read(f"{FINAL}/{MARKER}"))
    packs = {item.id: {"version": item.version, "digest": item.digest} for item in pack.packs()}
    asked = (order.period, order.as_of.isoformat(), packs, order.regime, sorted(order.datasets))
    if asked != tuple(statement.get(key) for key in ("period", "as_of", "packs", "regime", "datasets")):
        return None
    frozen = [leaf.manifest.name for leaf in leaf_table.read(store, f"{FINAL}/leaves.parquet")]
    if frozen != _accepted(store, order):
        return None
    statement.pop("files", None)
    return FrozenSnapshot(statement["root"], statement["size"], statement["rows"], True, statement)


def begun_at(store: Store) -> datetime | None:
    """The moment of a freeze that was cut off: it goes on as of then, with the trust of then; ``None`` where none stands."""
    name = f"{WORK}/plan.json"
    return parse_moment(json.loads(store.read(name))["at"]) if store.exists(name) else None


def _accepted(store: Store, order: FreezeOrder) -> list[str]:
    """The newest revision of every unit, in leaf order."""
    return [item.name for dataset in sorted(order.datasets) for item in newest(revisions(store, dataset, order.period))]


def _plan(store: Store, pack: Pack, order: FreezeOrder) -> tuple[dict[str, Any], bool]:
    """The fixed list of submissions: read if an earlier attempt wrote it, else written now."""
    name = f"{WORK}/plan.json"
    packs = {item.id: {"version": item.version, "digest": item.digest} for item in pack.packs()}
    if store.exists(name):
        plan: dict[str, Any] = json.loads(store.read(name))
        same = (plan["period"], plan["as_of"], plan["packs"]) == (order.period, order.as_of.isoformat(), packs)
        if not same:
            text = f"an unfinished freeze of {plan['period']} as of {plan['as_of']} stands here"
            raise UserError(text, todo="finish it with the same arguments and packs, or remove the folder snapshot.work")
        return plan, True
    submissions = _accepted(store, order)
    if not submissions:
        raise UserError(f"no submissions for {order.period}", todo="collect some first: sapa collect")
    plan = {
        "format": FORMAT,
        "period": order.period,
        "datasets": sorted(order.datasets),
        "as_of": order.as_of.isoformat(),
        "at": moment(order.at),
        "regime": order.regime,
        "scheme": order.scheme,
        "borrowed": dict(order.borrowed),
        "pack": pack.id,
        "packs": packs,
        "submissions": submissions,
    }
    store.write(name, canonical_json(plan))
    return plan, False


def _check(store: Store, plan: dict[str, Any], trust: TrustStore, processes: int, progress: Progress) -> list[Leaf]:
    """Read every submission, check digest and signature, in leaf order; raises on the first that does not hold."""
    names: Sequence[str] = plan["submissions"]
    at = parse_moment(plan["at"])
    leaves: list[Leaf] = []
    for start in range(0, len(names), CHUNK):
        items: list[CheckItem] = []
        digests: list[str] = []
        for name in names[start : start + CHUNK]:
            submission = load(store, name)
            items.append(CheckItem(submission.manifest, submission.signature))
            digests.append(sha256(submission.rows).hexdigest())
        reports = verifier(plan["scheme"]).check_many(items, trust, at=at, processes=processes)
        for name, item, digest, report in zip(names[start:], items, digests, reports, strict=False):
            manifest = Manifest.from_bytes(item.payload)
            problem = doubt(name, manifest, digest, report)
            if problem:
                raise RefusedError(f"submission {name} does not hold: {problem}", todo="have it signed anew, then freeze again")
            leaves.append(Leaf.of(len(leaves), item.payload, item.signature, manifest, report))
        progress("freeze: signatures", len(leaves), len(names))
    return leaves


def doubt(name: str, manifest: Manifest, digest: str, report: SignatureReport) -> str:
    """Why a stored submission can't be believed; empty if it can. ``digest`` is that of its rows as they lie there."""
    if manifest.name != name:
        return f"[misplaced] it is {manifest.name}"
    if digest != manifest.digest:
        return "[altered] the rows are not the rows that were signed"
    if not report.valid:
        return f"[{report.reason}] {report.detail}"
    if report.unit != manifest.unit:
        return f"[wrong_signer] signed for {report.unit}"
    return ""


def _keep_packs(store: Store, pack: Pack) -> None:
    """The law the data were collected under lies beside them: a snapshot needs nothing else to be read and verified."""
    for item in pack.packs():
        for path in sorted(item.folder.rglob("*.yaml")):
            store.write(f"{WORK}/packs/{item.id}/{path.relative_to(item.folder).as_posix()}", path.read_bytes())


def _statement(plan: dict[str, Any], leaves: list[Leaf], counts: dict[str, int]) -> dict[str, Any]:
    kept = {key: value for key, value in plan.items() if key != "submissions"}
    return {**kept, "root": tree_root(leaf.leaf_hash for leaf in leaves).hex(), "size": len(leaves), "rows": counts}


def _seal(store: Store, statement: dict[str, Any], signer: Signer, trust: TrustStore, at: datetime) -> None:
    """Sign the root and write the commit marker: the digest of every file of the snapshot."""
    content = canonical_json(statement)
    store.write(f"{WORK}/root.json", content)
    signature = sign_detached(content, signer, signing_time=at)
    report = verifier(statement["scheme"]).check(content, signature, trust, at=at, expected_unit=KEEPER_UNIT)
    if not report.valid:
        raise RefusedError(
            f"this signer may not sign a root: [{report.reason}] {report.detail}", todo="let the archive's keeper sign"
        )
    store.write(f"{WORK}/root.p7s", signature)
    store.write(f"{WORK}/trust.json", trust.to_bytes())
    files = {}
    for name in sorted(store.names(WORK)):
        short = name.removeprefix(f"{WORK}/")
        if short not in (MARKER, "plan.json"):
            files[short] = sha256(store.read(name)).hexdigest()
    store.write(f"{WORK}/{MARKER}", canonical_json({**statement, "files": files}))
    store.remove(f"{WORK}/plan.json")
    store.sync()
    store.promote(WORK, FINAL, MARKER)
    store.sync()
