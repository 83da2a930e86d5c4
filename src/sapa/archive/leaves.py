"""The leaves of a snapshot's hash tree, one a submission, as values and as a Parquet table."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq

from sapa.archive.manifest import Manifest, leaf_data
from sapa.archive.merkle import leaf_hash
from sapa.archive.store import Store
from sapa.signing.report import SignatureReport

SCHEMA = pa.schema(
    [
        ("leaf", pa.int32()),
        *[(name, pa.string()) for name in ("dataset", "period", "unit")],
        ("revision", pa.int32()),
        ("rows", pa.int64()),
        *[(name, pa.string()) for name in ("digest", "pack", "pack_version", "layout", "created", "head")],
        *[(name, pa.string()) for name in ("manifest_sha256", "signature_sha256", "signer", "serial", "leaf_hash")],
    ]
)
"""Columns of ``leaves.parquet``; hashes in hexadecimal."""


@dataclass(frozen=True)
class Leaf:
    """One submission in a snapshot. ``index`` is its place in leaf order (data set, then unit)."""

    index: int
    manifest: Manifest
    manifest_sha256: str
    signature_sha256: str
    signer: str
    serial: str
    leaf_hash: bytes

    @classmethod
    def of(cls, index: int, content: bytes, signature: bytes, manifest: Manifest, report: SignatureReport) -> Leaf:
        """The leaf of a checked submission: the manifest's bytes, its signature, what they say."""
        return cls(
            index,
            manifest,
            sha256(content).hexdigest(),
            sha256(signature).hexdigest(),
            report.signer or "",
            report.serial or "",
            leaf_hash(leaf_data(content, signature)),
        )

    def record(self) -> dict[str, object]:
        """One row of ``leaves.parquet``."""
        own = {"leaf": self.index, "signer": self.signer, "serial": self.serial, "leaf_hash": self.leaf_hash.hex()}
        hashes = {"manifest_sha256": self.manifest_sha256, "signature_sha256": self.signature_sha256}
        return {**asdict(self.manifest), **own, **hashes}

    @classmethod
    def from_record(cls, row: dict[str, object]) -> Leaf:
        """The inverse of :meth:`record`; raises ``ValueError`` or ``TypeError`` on a malformed row."""
        names = Manifest.__dataclass_fields__
        manifest = Manifest(**{name: row[name] for name in names})  # type: ignore[arg-type]
        hashes = str(row["manifest_sha256"]), str(row["signature_sha256"])
        who = str(row["signer"]), str(row["serial"])
        return cls(int(str(row["leaf"])), manifest, *hashes, *who, bytes.fromhex(str(row["leaf_hash"])))


def table(leaves: list[Leaf]) -> pa.Table:
    """The leaves as a table."""
    return pa.Table.from_pylist([leaf.record() for leaf in leaves], schema=SCHEMA)


def write(store: Store, name: str, leaves: list[Leaf]) -> None:
    """Write ``leaves.parquet``."""
    filesystem, path = store.filesystem(name)
    pq.write_table(table(leaves), path, filesystem=filesystem, compression="zstd", write_page_checksum=True)


def read(store: Store, name: str) -> list[Leaf]:
    """Read ``leaves.parquet``; raises ``ValueError`` where a row is malformed, Arrow's errors where the file is."""
    filesystem, path = store.filesystem(name)
    rows = pq.read_table(path, filesystem=filesystem, page_checksum_verification=True).to_pylist()
    return [Leaf.from_record(row) for row in rows]
