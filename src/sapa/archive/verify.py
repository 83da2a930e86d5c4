"""`sapa verify`: recompute a snapshot from its bytes and name the first thing that is not as it was signed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa

from sapa.archive import leaves as leaf_table
from sapa.archive.freeze import CHUNK, FINAL, KEEPER_UNIT, MARKER, doubt
from sapa.archive.leaves import Leaf
from sapa.archive.manifest import Manifest, canonical_json, leaf_data, parse_moment
from sapa.archive.merkle import leaf_hash
from sapa.archive.merkle import root as tree_root
from sapa.archive.rows import chunks, register_attributes, stored_rows
from sapa.archive.store import Store
from sapa.archive.submissions import MANIFEST, ROWS, SIGNATURE
from sapa.errors import RefusedError, SapaError
from sapa.packs.loader import Pack
from sapa.signing.batch import CheckItem
from sapa.signing.trust import TrustStore
from sapa.signing.verifier import SignatureVerifier, verifier


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was signed. ``where`` is a file or a submission's name."""

    code: str
    where: str
    message: str


@dataclass
class VerifyReport:
    """What was verified and what was found; ``root`` is what the bytes add up to, hexadecimal."""

    root: str = ""
    submissions: int = 0
    rows: int = 0
    rows_compared: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True when nothing was found."""
        return not self.problems


Progress = Callable[[str, int, int], object]


def verify_snapshot(
    store: Store,
    *,
    pack: Pack | None = None,
    trust: TrustStore | None = None,
    expected_root: str = "",
    processes: int = 1,
    progress: Progress = lambda step, done, of: None,
) -> VerifyReport:
    """Verify the snapshot of an archive. Never raises on what the bytes say.

    ``trust`` replaces the trust roots inside the snapshot (whoever doubts the archive brings his own); ``expected_root`` is a
    root published elsewhere: with it, an old snapshot put back whole is found too. With ``pack`` the rows' Parquet is also
    rebuilt from the submissions and compared value by value; without it, its recorded digest is checked.
    """
    report = VerifyReport()
    try:
        for problem in _verify(store, report, pack, trust, expected_root, processes, progress):
            report.problems.append(problem)
    except SapaError as error:
        report.problems.append(Problem("unreadable", FINAL, str(error)))
    return report


def _verify(
    store: Store,
    report: VerifyReport,
    pack: Pack | None,
    trust: TrustStore | None,
    expected_root: str,
    processes: int,
    progress: Progress,
) -> Iterator[Problem]:
    marker = _json(store, f"{FINAL}/{MARKER}")
    yield from _files(store, marker)
    statement = _json(store, f"{FINAL}/root.json")
    own = trust or TrustStore.from_bytes(store.read(f"{FINAL}/trust.json"))
    at = parse_moment(str(statement.get("at", "")))
    yield from _root(store, marker, statement, own, at)
    try:
        leaves = leaf_table.read(store, f"{FINAL}/leaves.parquet")
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
        yield Problem("unreadable", f"{FINAL}/leaves.parquet", f"the list of submissions can't be read: {error}")
        return
    judge = _verifier(statement)
    found = list(_submissions(store, leaves, judge, own, at, processes, progress, report))
    yield from found
    if report.root != statement.get("root") or len(leaves) != statement.get("size"):
        yield Problem(
            "wrong_root", f"{FINAL}/root.json", f"the submissions add up to {report.root}, signed is {statement.get('root')}"
        )
    if expected_root and statement.get("root") != expected_root.lower():
        yield Problem("other_root", f"{FINAL}/root.json", f"the root is {statement.get('root')}, published was {expected_root}")
    if pack is not None and not found:
        yield from _rows(store, leaves, pack, report, progress)


def _json(store: Store, name: str) -> dict[str, Any]:
    content = store.read(name)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or canonical_json(value) != content:
        raise RefusedError(f"{name} is not in its canonical form", todo="compare it with a copy")
    return value


def _verifier(statement: dict[str, Any]) -> SignatureVerifier:
    return verifier(str(statement.get("scheme", "")))


def _files(store: Store, marker: dict[str, Any]) -> Iterator[Problem]:
    """Every file of the snapshot has its recorded digest; none is missing, none was added."""
    recorded = marker.get("files", {})
    present = {name.removeprefix(f"{FINAL}/") for name in store.names(FINAL)} - {MARKER}
    for short in sorted(present | set(recorded)):
        name = f"{FINAL}/{short}"
        if short not in present:
            yield Problem("missing_file", name, "the file is missing")
        elif short not in recorded:
            yield Problem("extra_file", name, "the file was added after the freeze")
        elif sha256(store.read(name)).hexdigest() != recorded[short]:
            yield Problem("altered_file", name, "the file is not the one that was frozen")


def _root(store: Store, marker: dict[str, Any], statement: dict[str, Any], trust: TrustStore, at: datetime) -> Iterator[Problem]:
    content = store.read(f"{FINAL}/root.json")
    if {key: value for key, value in marker.items() if key != "files"} != statement:
        yield Problem("altered_file", f"{FINAL}/{MARKER}", "the commit marker and the signed statement differ")
    signature = store.read(f"{FINAL}/root.p7s")
    report = _verifier(statement).check(content, signature, trust, at=at, expected_unit=KEEPER_UNIT)
    if not report.valid:
        yield Problem("root_signature", f"{FINAL}/root.p7s", f"[{report.reason}] {report.detail}")


def _submissions(
    store: Store,
    leaves: Sequence[Leaf],
    judge: SignatureVerifier,
    trust: TrustStore,
    at: datetime,
    processes: int,
    progress: Progress,
    report: VerifyReport,
) -> Iterator[Problem]:
    """Each submission by itself: files, digests, signature, its row in the list; then the root over all of them."""
    hashes: list[bytes] = []
    for start in range(0, len(leaves), CHUNK):
        part = leaves[start : start + CHUNK]
        yield from _part(store, part, start, judge, trust, at, processes, hashes)
        progress("verify: submissions", start + len(part), len(leaves))
    order = [(leaf.manifest.dataset, leaf.manifest.unit) for leaf in leaves]
    if order != sorted(order):
        yield Problem("wrong_order", f"{FINAL}/leaves.parquet", "the submissions are not in their order")
    report.root = tree_root(hashes).hex()
    report.submissions = len(leaves)
    report.rows = sum(leaf.manifest.rows for leaf in leaves)


def _part(
    store: Store,
    part: Sequence[Leaf],
    start: int,
    judge: SignatureVerifier,
    trust: TrustStore,
    at: datetime,
    processes: int,
    hashes: list[bytes],
) -> Iterator[Problem]:
    items: list[CheckItem] = []
    digests: list[str] = []
    missing: list[str] = []
    for leaf in part:
        contents = {suffix: _bytes(store, leaf.manifest.name + suffix) for suffix in (ROWS, MANIFEST, SIGNATURE)}
        missing.append(next((suffix for suffix, content in contents.items() if content is None), ""))
        items.append(CheckItem(contents[MANIFEST] or b"", contents[SIGNATURE] or b""))
        digests.append(sha256(contents[ROWS] or b"").hexdigest())
    reports = judge.check_many(items, trust, at=at, processes=processes)
    for offset, (leaf, item, digest, gone, signature) in enumerate(zip(part, items, digests, missing, reports, strict=True)):
        name = leaf.manifest.name
        hashes.append(leaf_hash(leaf_data(item.payload, item.signature)))
        if gone:
            yield Problem("missing_submission", name, f"the file {name}{gone} is missing")
            continue
        try:
            manifest = Manifest.from_bytes(item.payload)
        except RefusedError as error:
            yield Problem("altered_submission", name, str(error))
            continue
        problem = doubt(name, manifest, digest, signature)
        if not problem and Leaf.of(start + offset, item.payload, item.signature, manifest, signature) != leaf:
            problem = "[replaced] it is another revision or signature than the one that was frozen"
        if problem:
            yield Problem("altered_submission", name, problem)


def _bytes(store: Store, name: str) -> bytes | None:
    try:
        return store.read(name)
    except RefusedError:
        return None


def _rows(store: Store, leaves: Sequence[Leaf], pack: Pack, report: VerifyReport, progress: Progress) -> Iterator[Problem]:
    """The rows' Parquet says what the submissions say, value by value, in the same order."""
    for dataset_id in sorted({leaf.manifest.dataset for leaf in leaves}):
        dataset = pack.dataset(dataset_id)
        mine = [leaf for leaf in leaves if leaf.manifest.dataset == dataset_id]
        name = f"{FINAL}/rows/{dataset_id}.parquet"
        progress(f"verify: rows of {dataset_id}", 0, len(mine))
        rebuilt = chunks(store, dataset, mine, register_attributes(store, pack, dataset, leaves))
        try:
            frozen = stored_rows(store, name)
            same = _same(frozen.iter_batches(50_000), rebuilt)
        except (OSError, pa.ArrowException) as error:
            yield Problem("unreadable", name, str(error))
            continue
        if not same:
            yield Problem("altered_rows", name, "the rows are not the rows of the submissions")
    report.rows_compared = True


def _same(frozen: Iterator[pa.RecordBatch], rebuilt: Iterator[pa.Table]) -> bool:
    """Whether two streams of rows are equal, however each is cut into pieces."""
    rest: pa.Table | None = None
    for batch in frozen:
        left = pa.Table.from_batches([batch])
        while rest is None or rest.num_rows < left.num_rows:
            more = next(rebuilt, None)
            if more is None:
                return False
            rest = more if rest is None else pa.concat_tables([rest, more])
        if not rest.slice(0, left.num_rows).combine_chunks().equals(left.combine_chunks()):
            return False
        rest = rest.slice(left.num_rows)
    return (rest is None or rest.num_rows == 0) and next(rebuilt, None) is None
