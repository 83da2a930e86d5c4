"""A tiny pack and archives over it, for tests that need signed submissions and a freeze."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from sapa.archive.freeze import FreezeOrder, FrozenSnapshot, freeze
from sapa.archive.manifest import Manifest, moment
from sapa.archive.store import FolderStore, Store
from sapa.archive.submissions import Expected, Intake, Submission, take_in
from sapa.datasets.units import canonical_units
from sapa.packs.loader import Pack, load_pack
from sapa.signing.authority import DemonstrationAuthority
from sapa.signing.cades import sign_detached

NOW = datetime(2020, 10, 5, 12, tzinfo=UTC)
FOUNDED = datetime(2015, 1, 1, tzinfo=UTC)

PACK = """
id: tiny
version: 1.0.0
title: {en: Tiny}
kind: return
languages: [en]
document: {title: {en: Tiny}, issuer: {en: Nobody}, language: en, kind: own-decision}
"""
CONTENT = """
clauses:
  - {path: p1, kind: duty, text: {en: Schools report.}}
concepts:
  - {id: identifier, clause: p1, title: {en: Identifier}}
  - {id: region, clause: p1, title: {en: Region}}
  - {id: class, clause: p1, title: {en: Class}}
  - {id: pupils, clause: p1, title: {en: Pupils}}
datasets:
  - id: schools
    clause: p1
    title: {en: Schools}
    grain: institution
    unit: school
    register: true
    fields:
      - {id: school, title: {en: School}, concept: identifier, type: string, role: unit, required: true}
      - {id: region, title: {en: Region}, concept: region, type: string, required: true}
    dimensions: [{id: region, title: {en: Region}, field: region}]
    cuts: [[region]]
  - id: classes
    clause: p1
    title: {en: Classes}
    grain: class
    unit: school
    attributes_from: schools
    fields:
      - {id: school, title: {en: School}, concept: identifier, type: string, role: unit, required: true}
      - {id: class_name, title: {en: Class}, concept: class, type: string, role: key, required: true}
      - {id: pupils, title: {en: Pupils}, concept: pupils, type: integer, required: true, minimum: 0}
    dimensions: [{id: region, title: {en: Region}, attribute: region}]
    cuts: [[region]]
themes:
  - {id: network, clause: p1, title: {en: Network}}
indicators:
  - id: pupils
    clause: p1
    title: {en: Pupils}
    theme: network
    unit: person
    decimals: 0
    kind: sum
    dataset: classes
    of: pupils
"""


def tiny_pack(folder: Path) -> Pack:
    """The tiny pack, written to ``folder/tiny``."""
    home = folder / "tiny"
    home.mkdir(parents=True, exist_ok=True)
    (home / "pack.yaml").write_text(PACK)
    (home / "content.yaml").write_text(CONTENT)
    return load_pack(str(home), [folder])


def school_rows(schools: int) -> pa.Table:
    """One row a school."""
    names = [f"S{number:03d}" for number in range(schools)]
    return pa.table({"school": names, "region": [f"R{number % 3}" for number in range(schools)]})


def class_rows(schools: int, classes: int = 3, extra: int = 0) -> pa.Table:
    """``classes`` rows a school; ``extra`` is added to every class."""
    cells = [
        (f"S{school:03d}", f"{number + 1}A", 10 + school % 7 + number + extra)
        for school in range(schools)
        for number in range(classes)
    ]
    columns = list(zip(*cells, strict=True))
    return pa.table({"school": columns[0], "class_name": columns[1], "pupils": pa.array(columns[2], pa.int64())})


@dataclass
class World:
    """A tiny pack, an archive, an authority."""

    pack: Pack
    store: Store
    authority: DemonstrationAuthority

    def submissions(self, dataset_id: str, table: pa.Table, *, period: str = "2020", revision: int = 1) -> list[Submission]:
        """Signed submissions of every unit in the table."""
        dataset = self.pack.dataset(dataset_id)
        out = []
        for unit, rows, content in canonical_units(table, dataset, period):
            manifest = Manifest(
                dataset_id,
                period,
                unit,
                revision,
                rows,
                sha256(content).hexdigest(),
                "tiny",
                "1.0.0",
                "l1",
                moment(NOW),
                f"Head of {unit}",
            ).to_bytes()
            signer = self.authority.person(f"Head of {unit}", unit, now=NOW)
            out.append(Submission(content, manifest, sign_detached(manifest, signer, signing_time=NOW)))
        return out

    def take_in(self, dataset_id: str, submissions: list[Submission], *, period: str = "2020", at: datetime = NOW) -> Intake:
        """Offer submissions to the archive."""
        return take_in(self.store, submissions, Expected(dataset_id, period, "l1"), self.authority.trust(now=at), at=at)

    def fill(self, schools: int = 5) -> None:
        """Collect both data sets of so many schools."""
        for dataset_id, table in (("schools", school_rows(schools)), ("classes", class_rows(schools))):
            intake = self.take_in(dataset_id, self.submissions(dataset_id, table))
            assert not intake.refused

    def freeze(self, *, at: datetime = NOW) -> FrozenSnapshot:
        """Freeze as of 5 October 2020."""
        order = FreezeOrder("2020", ("classes", "schools"), date(2020, 10, 5), at)
        keeper = self.authority.person("Keeper", "archive", now=NOW)
        return freeze(self.store, self.pack, order, keeper, self.authority.trust(now=at))


def world(folder: Path, store: Store | None = None, seed: str = "tests") -> World:
    """A world in a folder."""
    return World(
        tiny_pack(folder / "packs"), store or FolderStore(folder / "archive"), DemonstrationAuthority(seed, founded=FOUNDED)
    )
