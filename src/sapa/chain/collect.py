"""Collect: read returns, verify them, sign them for their heads, take them into the archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.archive.manifest import Manifest, moment, submission_name
from sapa.archive.store import FolderStore, safe_part
from sapa.archive.submissions import MANIFEST, Expected, Intake, Submission, latest_revisions, take_in
from sapa.chain.context import Run, frozen_as_of, refuse_late
from sapa.chain.places import file_names, follow, in_their_files, once, unreadable
from sapa.datasets import Findings, Reading, parse_canonical, read
from sapa.datasets.layout import ROW
from sapa.datasets.report import write_annotated
from sapa.datasets.units import canonical_units
from sapa.datasets.verify import verify
from sapa.errors import RefusedError, UserError
from sapa.packs.models_data import Dataset
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.batch import SignItem, sign_many
from sapa.signing.trust import TrustStore

FOUNDED = datetime(2010, 1, 1, tzinfo=UTC)
"""When the demonstration's authority was founded; certificates begin no earlier."""


@dataclass
class Collected:
    """What became of the files of one data set: rows read = rows accepted + rows refused, always."""

    dataset: Dataset
    files: list[Path] = field(default_factory=list)
    rows_read: int = 0
    rows_accepted: int = 0
    findings: Findings | None = None
    intake: Intake = field(default_factory=lambda: Intake([], []))
    readings: list[Reading] = field(default_factory=list)
    accepted: pa.Table | None = None
    refused: pa.Table | None = None

    @property
    def rows_refused(self) -> int:
        """Rows with a blocking finding, or that were no rows at all."""
        return self.rows_read - self.rows_accepted

    @property
    def units(self) -> int:
        """Units whose submission was stored."""
        return len(self.intake.stored)


def layout_id(dataset: Dataset, period: str) -> str:
    """Name of a record layout: its fields and their types, hashed; two periods with equal layouts share it."""
    described = "\n".join(f"{item.id}:{item.type}:{item.scale}:{item.role}" for item in dataset.layout(period))
    return f"{dataset.id}/{sha256(described.encode()).hexdigest()[:12]}"


def dataset_of(run: Run, path: Path, wanted: str = "") -> Dataset:
    """The data set a file belongs to: the one named, the pack's only one, or the one the file is named after."""
    datasets = {item.id: item for item in run.pack.datasets if item.holds(run.period)}
    if wanted:
        return run.pack.dataset(wanted, run.period)
    if len(datasets) == 1:
        return next(iter(datasets.values()))
    for name in sorted(datasets, key=len, reverse=True):
        if path.stem.startswith(name):
            return datasets[name]
    known = ", ".join(sorted(datasets))
    raise UserError(
        f"{path.name}: which data set is it?", todo=f"name the file after its data set, or --dataset; one of: {known}"
    )


def read_and_verify(
    run: Run,
    dataset: Dataset,
    files: Sequence[Path],
    *,
    previous: pa.Table | None = None,
    before: Mapping[str, Collected] | None = None,
    pseudonym_key: bytes | None = None,
    sheet: str | None = None,
) -> Collected:
    """Read the files of one data set, verify all their rows together, tell accepted from refused.

    ``before``: what was collected of other data sets, for references to their rows. Findings name the row in the file it came
    from, and that file where there are several.
    """
    before = before or {}
    others = {name: item.accepted for name, item in before.items() if item.accepted is not None}
    out = Collected(dataset)
    for path in files:
        out.readings.append(read(path, dataset, run.period, pack=run.pack, pseudonym_key=pseudonym_key, sheet=sheet))
        out.files.append(path)
        run.report(f"read: {dataset.id}", len(out.files), len(files))
    out.rows_read = sum(reading.rows_read for reading in out.readings)
    table = pa.concat_tables([reading.table for reading in out.readings])
    places = table[ROW].combine_chunks()
    column = table.schema.get_field_index(ROW)
    table = table.set_column(column, ROW, pa.array(np.arange(1, table.num_rows + 1, dtype=np.int32)))
    columns = out.readings[0].columns if len(files) == 1 else {}
    found = verify(table, dataset, run.pack, run.period, previous=previous, others=others, columns=columns)
    blocked = pa.concat_arrays([found.blocking_rows().cast(pa.int32()), unreadable(out.readings)])
    keep = pc.invert(pc.is_in(table[ROW], value_set=blocked))
    whole = pa.array(found.blocking_units(), pa.string())
    keep = pc.and_(keep, pc.invert(pc.is_in(table[dataset.unit].cast(pa.string()), value_set=whole)))
    out.accepted, out.refused = table.filter(keep), table.filter(pc.invert(keep))
    out.rows_accepted = out.accepted.num_rows
    titles = {name: item.dataset.title for name, item in before.items()}
    listed = in_their_files(once(found, out.readings, places), out.readings, files, places)
    out.findings = replace(found, table=follow(listed, found, before), sheet=out.readings[0].sheet, titles=titles)
    return out


def annotate(collected: Collected, folder: Path, lang: str) -> list[Path]:
    """Give the senders' workbooks back with the cells marked; only those in which something must be mended or explained."""
    written: list[Path] = []
    if collected.findings is None:
        return written
    table = collected.findings.table
    concerned = set(table.filter(pc.not_equal(table["severity"], "note"))["file"].to_pylist())
    several = len(collected.files) > 1
    for path, reading, name in zip(collected.files, collected.readings, file_names(collected.files), strict=True):
        if path.suffix.lower() not in (".xlsx", ".xls") or (several and name not in concerned):
            continue
        mine = table.filter(pc.equal(table["file"], name)) if several else table
        target = folder / "annotated" / f"{path.stem}.xlsx"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_annotated(target, reading, replace(collected.findings, table=mine, sheet=reading.sheet), lang, source=path)
        written.append(target)
    return written


def demonstration_authority(run: Run) -> DemonstrationAuthority:
    """The authority that certifies the demonstration's heads; a real one replaces it by ``--trust``."""
    return DemonstrationAuthority(run.authority_seed, founded=FOUNDED)


BATCH = 2500
"""Units signed and stored at a time: enough for a pool of processes, few enough to hold their bytes."""


def sign_and_store(run: Run, collected: Collected) -> Intake:
    """Sign each unit's rows for its head with a certificate of the demonstration authority, and store what is accepted.

    Where a head signs elsewhere (a real certificate), ``sapa submit`` takes rows, manifest and signature in instead. Rows that
    are stored already are passed over; into a frozen archive nothing else comes: raises ``UserError``.
    """
    dataset = collected.dataset
    if collected.accepted is None or collected.accepted.num_rows == 0:
        return Intake([], [])
    authority = demonstration_authority(run)
    trust = authority.trust(now=run.now)
    if not frozen_as_of(run.store):
        run.store.write("trust.json", trust.to_bytes())
    known = latest_revisions(run.store, dataset.id, run.period)
    of = pc.count_distinct(collected.accepted[dataset.unit]).as_py()
    units = canonical_units(collected.accepted, dataset, run.period)
    stored, refused = collected.intake.stored, collected.intake.refused
    while batch := list(islice(units, BATCH)):
        made = _batch(run, dataset, batch, authority, trust, known)
        stored += made.stored
        refused += made.refused
        lost = {refusal.unit for refusal in made.refused}
        collected.rows_accepted -= sum(rows for unit, rows, _ in batch if unit in lost)
        run.report(f"sign and store: {dataset.id}", len(stored) + len(refused), of)
    return collected.intake


def _batch(
    run: Run,
    dataset: Dataset,
    batch: Sequence[tuple[str, int, bytes]],
    authority: DemonstrationAuthority,
    trust: TrustStore,
    known: Mapping[str, int],
) -> Intake:
    digests = {unit: sha256(content).hexdigest() for unit, _, content in batch}
    same = _unchanged(run, dataset, digests, known)
    batch = [item for item in batch if item[0] not in same]
    refuse_late(run, [unit for unit, _, _ in batch])
    manifests = [_manifest(run, dataset, unit, rows, digests[unit], known.get(unit, 0) + 1) for unit, rows, _ in batch]
    signers = authority.people([(manifest.head, manifest.unit) for manifest in manifests], now=run.now)
    payloads = [manifest.to_bytes() for manifest in manifests]
    items = [SignItem(payload, signer) for payload, signer in zip(payloads, signers, strict=True)]
    signatures = sign_many(items, signing_time=run.now)
    submissions = [
        Submission(content, payload, signature)
        for (_, _, content), payload, signature in zip(batch, payloads, signatures, strict=True)
    ]
    expected = Expected(dataset.id, run.period, layout_id(dataset, run.period))
    intake = take_in(run.store, submissions, expected, trust, at=run.now, processes=run.processes, known=known)
    return Intake([*same.values(), *intake.stored], intake.refused)


def _unchanged(run: Run, dataset: Dataset, digests: Mapping[str, str], known: Mapping[str, int]) -> dict[str, Manifest]:
    """Units whose newest revision holds these very rows: sent again (after Ctrl-C, by mistake), they need no new revision."""
    layout = layout_id(dataset, run.period)
    out: dict[str, Manifest] = {}
    for unit, digest in digests.items():
        if unit in known:
            name = submission_name(dataset.id, run.period, unit, known[unit])
            manifest = Manifest.from_bytes(run.store.read(name + MANIFEST))
            if (manifest.digest, manifest.layout, manifest.pack_version) == (digest, layout, run.pack.version):
                out[unit] = manifest
    return out


def prepare(run: Run, collected: Collected, folder: Path) -> int:
    """Write rows and manifest of each unit to ``folder``, to be signed elsewhere; returns the number of units.

    ``UNIT.json`` is what the head signs (a detached CAdES signature, ``UNIT.p7s``); then ``sapa submit`` takes the three in.
    """
    dataset = collected.dataset
    if collected.accepted is None:
        return 0
    refuse_late(run, pc.unique(collected.accepted[dataset.unit].cast(pa.string())).to_pylist())
    known = latest_revisions(run.store, dataset.id, run.period)
    target = FolderStore(folder)
    count = 0
    for unit, rows, content in canonical_units(collected.accepted, dataset, run.period):
        manifest = _manifest(run, dataset, unit, rows, sha256(content).hexdigest(), known.get(unit, 0) + 1)
        target.write(f"{dataset.id}/{safe_part(unit)}.csv", content)
        target.write(f"{dataset.id}/{safe_part(unit)}.json", manifest.to_bytes())
        count += 1
    return count


def submit(run: Run, dataset: Dataset, submission: Submission, trust: TrustStore, scheme: str = "cades") -> Manifest:
    """Take in one submission signed elsewhere, its rows verified again first.

    Raises ``RefusedError`` with the reason, ``UserError`` where the archive is frozen.
    """
    refuse_late(run, [Manifest.from_bytes(submission.manifest).unit])
    table = parse_canonical(submission.rows, dataset, run.period)
    table = table.append_column(ROW, pa.array(range(2, table.num_rows + 2), pa.int32()))
    found = verify(table, dataset, run.pack, run.period)
    if len(found.blocking_rows()) or found.blocking_units():
        first = next(found.messages("en", 0, 1))
        raise RefusedError(f"the rows do not pass verification: {first['message']}", todo=first["remedy"])
    expected = Expected(dataset.id, run.period, layout_id(dataset, run.period))
    intake = take_in(run.store, [submission], expected, trust, at=run.now, scheme=scheme)
    if intake.refused:
        raise intake.refused[0].error()
    return intake.stored[0]


def _manifest(run: Run, dataset: Dataset, unit: str, rows: int, digest: str, revision: int) -> Manifest:
    return Manifest(
        dataset=dataset.id,
        period=run.period,
        unit=unit,
        revision=revision,
        rows=rows,
        digest=digest,
        pack=run.pack.id,
        pack_version=run.pack.version,
        layout=layout_id(dataset, run.period),
        created=moment(run.now),
        head=f"Head of {unit}",
    )


def trust_of(run: Run) -> TrustStore:
    """Whom the archive trusts: the store written at collection, with the revocation lists of ``run.now``."""
    return demonstration_authority(run).trust(now=run.now)


def every_file(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and those of folders by name, hidden ones aside. Raises ``UserError`` for an empty folder."""
    for path in paths:
        inside = [item for item in sorted(path.iterdir()) if item.is_file() and item.name[0] != "."] if path.is_dir() else [path]
        if not inside:
            raise UserError(f"there are no files in {path}", todo="name a folder that holds returns, or the files")
        yield from inside


def grouped(run: Run, files: Iterable[Path], wanted: str = "") -> dict[str, list[Path]]:
    """Files by data set, registers first (their rows are the attributes of the others); of a folder all its files by name."""
    out: dict[str, list[Path]] = {}
    for path in every_file(files):
        out.setdefault(dataset_of(run, path, wanted).id, []).append(path)
    return dict(sorted(out.items(), key=lambda item: (not run.pack.dataset(item[0]).register_, item[0])))
