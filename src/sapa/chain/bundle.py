"""The verification bundle of a published figure: everything anybody may have to check it, in one zip that explains itself.

It holds no rows and no digest of rows: of the signed returns only the leaf hashes, from which the logged root can be computed and
in which whoever signed finds the own return. What it can't prove it says (``README.md``, and the stand-alone verifier).
"""

from __future__ import annotations

import json
import zipfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from sapa.archive import leaves as leaf_table
from sapa.archive.freeze import FINAL
from sapa.archive.manifest import parse_moment
from sapa.archive.rootlog import Log
from sapa.archive.standalone_bundle import COMMAND, FORMAT
from sapa.archive.store import Store, safe_part
from sapa.publication.language import Language
from sapa.signing.trust import TrustStore


@dataclass(frozen=True)
class FrozenState:
    """A snapshot as a bundle shows it: the leaf hashes; the signed statement over its root and the authorities.

    The statement names how many rows each data set has. Where such a total is hidden in the version, ``withheld`` keeps the
    statement out of the bundle: a signature over it shows nothing without it.
    """

    period: str
    root: str
    statement: bytes
    signature: bytes
    leaves: tuple[bytes, ...]
    authorities: bytes
    withheld: bool = False

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each data set, as the statement names them."""
        return dict(json.loads(self.statement)["rows"])

    @classmethod
    def of(cls, store: Store) -> FrozenState:
        """That of a frozen archive."""
        statement = store.read(f"{FINAL}/root.json")
        about = json.loads(statement)
        trust = TrustStore.from_bytes(store.read(f"{FINAL}/trust.json"))
        hashes = tuple(leaf.leaf_hash for leaf in leaf_table.read(store, f"{FINAL}/leaves.parquet"))
        authorities = b"".join(_pem(item) for item in (*trust.roots, *trust.intermediates))
        return cls(about["period"], about["root"], statement, store.read(f"{FINAL}/root.p7s"), hashes, authorities)


@dataclass(frozen=True)
class Proved:
    """A leaf of the tree over a version's figures with its inclusion proof."""

    leaf: bytes
    index: int
    proof: tuple[bytes, ...]

    def as_json(self) -> dict[str, Any]:
        """As the bundle writes it."""
        return {"leaf": self.leaf.decode(), "index": self.index, "proof": [node.hex() for node in self.proof]}


@dataclass(frozen=True)
class Evidence:
    """What a bundle is made of: ``about`` describes the figure, ``lines`` are the numbers of the log's lines that name roots."""

    fact: Proved
    version: Proved
    root: str
    size: int
    log: Log
    lines: Sequence[int]
    snapshots: Sequence[FrozenState]
    about: Mapping[str, Any] = field(default_factory=dict)


def document(evidence: Evidence) -> dict[str, Any]:
    """``bundle.json``."""
    head = evidence.log.head()
    lines = [
        {"index": index, "line": evidence.log.leaves[index].decode(), "proof": evidence.log.inclusion(index)}
        for index in sorted(set(evidence.lines))
    ]
    return {
        "format": FORMAT,
        "fact": evidence.fact.as_json(),
        "version": evidence.version.as_json(),
        "figures": {"root": evidence.root, "size": evidence.size},
        "log": {"size": head.size, "root": head.root, "lines": lines},
        "snapshots": [{"period": item.period, "root": item.root} for item in evidence.snapshots],
        "about": dict(evidence.about),
    }


def bundle(evidence: Evidence, lang: Language) -> bytes:
    """The zip; the same evidence gives the same bytes."""
    files = {
        "README.md": readme(evidence, lang).encode(),
        "bundle.json": json.dumps(document(evidence), ensure_ascii=False, indent=1, sort_keys=True).encode(),
    }
    for item in evidence.snapshots:
        folder = f"snapshots/{safe_part(item.period)}"
        if not item.withheld:
            files[f"{folder}/root.json"] = item.statement
            files[f"{folder}/root.p7s"] = item.signature
            files[f"{folder}/authorities.pem"] = item.authorities
        files[f"{folder}/leaves.txt"] = b"".join(leaf.hex().encode() + b"\n" for leaf in item.leaves)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            box.writestr(entry, data)
    return out.getvalue()


def readme(evidence: Evidence, lang: Language) -> str:
    """What the bundle is, what it shows and what not, how it is checked; in one language."""
    fact = json.loads(evidence.fact.leaf)
    version = json.loads(evidence.version.leaf)
    value = "–" if fact["value"] is None else str(fact["value"])
    words: Mapping[str, str] = lang.data["bundle"]
    parts = [
        f"# {words['title']}",
        words["which"].format(title=evidence.about["indicator"]["title"], fact=evidence.about["fact"], value=value,
                              version=version["version"], pack=version["pack"]),
        f"## {words['shows']}", words["shows_text"],
        f"## {words['not']}", words["not_text"],
        f"## {words['how']}", words["how_text"],
        "\n".join(["    python standalone_bundle.py bundle.zip", *(f"    {line}" for line in _signatures(evidence))]),
        *([words["withheld"]] if any(item.withheld for item in evidence.snapshots) else []),
        words["own"],
        f"## {words['files']}", words["files_text"],
    ]  # fmt: skip
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _signatures(evidence: Evidence) -> list[str]:
    """How each keeper's signature is checked, as of the moment it was made."""
    out = []
    for item in evidence.snapshots:
        if item.withheld:
            continue
        at = int(parse_moment(json.loads(item.statement)["at"]).timestamp())
        out.append(f"(cd snapshots/{safe_part(item.period)} && {COMMAND.format(at=at)})")
    return out


def _pem(der: bytes) -> bytes:
    text = b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode()
