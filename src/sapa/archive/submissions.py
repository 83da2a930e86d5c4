"""Taking in signed submissions: every revision is checked whole before it is stored, and never changed afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sapa.archive.manifest import Manifest, parse_moment
from sapa.archive.store import Store, decode_part, safe_part
from sapa.errors import RefusedError
from sapa.signing.batch import CheckItem
from sapa.signing.report import SignatureReport
from sapa.signing.trust import TrustStore
from sapa.signing.verifier import verifier

ROWS, MANIFEST, SIGNATURE = ".csv", ".json", ".p7s"
_REVISION = re.compile(r"^submissions/(?P<dataset>[^/]+)/(?P<period>[^/]+)/(?P<unit>[^/]+)/r(?P<revision>\d{4,})\.json$")


@dataclass(frozen=True)
class Submission:
    """One revision as bytes: canonical rows, the manifest, the head's detached signature over the manifest."""

    rows: bytes
    manifest: bytes
    signature: bytes


@dataclass(frozen=True)
class Refusal:
    """Why a submission was not taken in. ``code`` is stable, ``message`` is for a person."""

    unit: str
    code: str
    message: str
    todo: str

    def error(self) -> RefusedError:
        """The same as an exception, for a single submission."""
        return RefusedError(f"submission of {self.unit} refused [{self.code}]: {self.message}", todo=self.todo)


@dataclass(frozen=True)
class Expected:
    """What the archive is collecting: a submission for anything else is refused."""

    dataset: str
    period: str
    layout: str


@dataclass(frozen=True)
class Intake:
    """What became of many submissions: stored manifests, refusals; together as many as came."""

    stored: list[Manifest]
    refused: list[Refusal]


def take_in(
    store: Store,
    submissions: Sequence[Submission],
    expected: Expected,
    trust: TrustStore,
    *,
    at: datetime,
    scheme: str = "cades",
    processes: int = 1,
    progress: Callable[[int], object] = lambda done: None,
    known: Mapping[str, int] | None = None,
) -> Intake:
    """Check and store submissions of one data set and period.

    A refused one leaves no trace in the archive; the others are stored whole. ``scheme`` names the kind of signature.
    ``progress`` is told how many are done. ``known`` is the latest stored revision by unit (a unit without one is absent), where
    the caller knows it of every unit that sends; by default every revision in the store is listed, which for one submission among
    thousands costs more than its check. Where ``known`` lags behind the store, nothing stored is overwritten: the submission is
    refused as ``wrong_revision``.
    """
    latest = latest_revisions(store, expected.dataset, expected.period) if known is None else dict(known)
    items = [CheckItem(item.manifest, item.signature) for item in submissions]
    reports = verifier(scheme).check_many(items, trust, at=at, processes=processes)
    stored: list[Manifest] = []
    refused: list[Refusal] = []
    for submission, report in zip(submissions, reports, strict=True):
        verdict = _judge(submission, report, expected, latest)
        if known is not None and isinstance(verdict, Manifest) and store.exists(verdict.name + MANIFEST):
            verdict = _wrong_revision(verdict, verdict.revision + 1)
        if isinstance(verdict, Refusal):
            refused.append(verdict)
            continue
        _store(store, verdict, submission)
        latest[verdict.unit] = verdict.revision
        stored.append(verdict)
        progress(len(stored) + len(refused))
    return Intake(stored, refused)


def _store(store: Store, manifest: Manifest, submission: Submission) -> None:
    """The manifest goes last: without it a revision does not exist, whenever the writing was cut off."""
    store.write(manifest.name + ROWS, submission.rows)
    store.write(manifest.name + SIGNATURE, submission.signature)
    store.write(manifest.name + MANIFEST, submission.manifest)


def _judge(submission: Submission, report: SignatureReport, expected: Expected, known: dict[str, int]) -> Manifest | Refusal:
    try:
        manifest = Manifest.from_bytes(submission.manifest)
        parse_moment(manifest.created)
    except (RefusedError, ValueError) as error:
        return Refusal("(unreadable)", "malformed_manifest", str(error), "build the manifest with `sapa collect`")
    unit = manifest.unit
    if not report.valid:
        return Refusal(unit, str(report.reason), report.detail, "let the head of the institution sign it again")
    if report.unit != unit:
        text = f"signed for {report.unit}, but the rows are those of {unit}"
        return Refusal(unit, "wrong_signer", text, "let the head of this institution sign")
    try:
        safe_part(unit)
    except RefusedError as error:
        return Refusal(unit, "unsafe_name", error.message, error.todo)
    if (manifest.dataset, manifest.layout) != (expected.dataset, expected.layout):
        text = f"made for {manifest.dataset} in layout {manifest.layout}, not {expected.dataset} in {expected.layout}"
        return Refusal(unit, "wrong_dataset", text, "build it from the current template")
    if manifest.period != expected.period:
        text = f"made for {manifest.period}, not {expected.period}"
        return Refusal(unit, "wrong_period", text, "send the return of the period that is collected")
    if sha256(submission.rows).hexdigest() != manifest.digest:
        return Refusal(unit, "altered", "the rows are not the rows that were signed", "sign the rows as they are now")
    revision = known.get(unit, 0) + 1
    return manifest if manifest.revision == revision else _wrong_revision(manifest, revision)


def _wrong_revision(manifest: Manifest, following: int) -> Refusal:
    text = f"revision {manifest.revision} was sent, revision {following} is next"
    return Refusal(manifest.unit, "wrong_revision", text, "take the newest revision and sign the change again")


def latest_revisions(store: Store, dataset: str, period: str) -> dict[str, int]:
    """Newest stored revision of every unit."""
    newest: dict[str, int] = {}
    for found in revisions(store, dataset, period):
        newest[found.unit] = max(found.revision, newest.get(found.unit, 0))
    return newest


@dataclass(frozen=True)
class Stored:
    """A stored revision, as its file names tell."""

    dataset: str
    period: str
    unit: str
    revision: int
    name: str


def revisions(store: Store, dataset: str, period: str) -> Iterator[Stored]:
    """Every stored revision of a data set and period, sorted by name."""
    for name in store.names(f"submissions/{safe_part(dataset)}/{safe_part(period)}"):
        match = _REVISION.match(name)
        if match:
            unit = decode_part(match["unit"])
            yield Stored(dataset, period, unit, int(match["revision"]), name.removesuffix(MANIFEST))


def load(store: Store, name: str) -> Submission:
    """The three files of a revision; raises ``RefusedError`` naming the one that is missing."""
    return Submission(store.read(name + ROWS), store.read(name + MANIFEST), store.read(name + SIGNATURE))


def newest(stored: Iterable[Stored]) -> list[Stored]:
    """Only the newest revision of each unit, sorted by unit."""
    best: dict[str, Stored] = {}
    for item in stored:
        if item.unit not in best or best[item.unit].revision < item.revision:
            best[item.unit] = item
    return [best[unit] for unit in sorted(best)]
