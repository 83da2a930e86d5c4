"""The statement a head signs: whose rows, for which data set and period, how many, with which digest."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sapa.archive.store import safe_part
from sapa.errors import RefusedError


def canonical_json(value: Any) -> bytes:
    """One written form of a JSON value: UTF-8, sorted keys, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def moment(value: datetime) -> str:
    """A time as archives write it: UTC, whole seconds, ``2020-10-05T12:00:00Z``."""
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_moment(text: str) -> datetime:
    """The inverse of :func:`moment`; raises ``ValueError``."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


@dataclass(frozen=True)
class Manifest:
    """One revision of one submission. ``digest`` is the SHA-256 of the canonical bytes of its rows, hexadecimal."""

    dataset: str
    period: str
    unit: str
    revision: int
    rows: int
    digest: str
    pack: str
    pack_version: str
    layout: str
    created: str
    head: str

    def to_bytes(self) -> bytes:
        """What is signed: canonical JSON."""
        return canonical_json(asdict(self))

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read :meth:`to_bytes`, strictly: anything but its one written form is refused."""
        try:
            document = json.loads(data)
            manifest = cls(**document)
            typed = all(isinstance(getattr(manifest, item.name), int if item.type == "int" else str) for item in fields(cls))
        except (ValueError, TypeError, RecursionError):
            typed = False
        if not typed or manifest.to_bytes() != data:
            raise RefusedError("the manifest is not in its canonical form", todo="build it with `sapa collect`")
        return manifest

    @property
    def name(self) -> str:
        """Name of its files in the archive, without suffix."""
        return submission_name(self.dataset, self.period, self.unit, self.revision)


def submission_name(dataset: str, period: str, unit: str, revision: int) -> str:
    """``submissions/learners/2020/04711/r0001``: sortable, safe whatever the unit is called."""
    return f"submissions/{safe_part(dataset)}/{safe_part(period)}/{safe_part(unit)}/r{revision:04d}"


def leaf_data(manifest: bytes, signature: bytes) -> bytes:
    """What a leaf of the hash tree commits to: SHA-256 of the manifest, SHA-256 of its signature (64 bytes)."""
    return sha256(manifest).digest() + sha256(signature).digest()
