"""A proof of one submission that needs no archive: rows, manifest, signature, path to the signed root, certificates."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from sapa.archive import leaves as leaf_table
from sapa.archive.freeze import FINAL
from sapa.archive.leaves import Leaf
from sapa.archive.merkle import Tree
from sapa.archive.store import Store
from sapa.archive.submissions import load
from sapa.errors import UserError
from sapa.signing.trust import TrustStore

FORMAT = "sapa-proof/1"


def frozen_leaves(store: Store) -> list[Leaf]:
    """The leaves of the archive's snapshot; raises ``UserError`` where there is none."""
    if not store.exists(f"{FINAL}/snapshot.json"):
        raise UserError(f"there is no snapshot in {store.url}", todo="freeze first: sapa freeze")
    return leaf_table.read(store, f"{FINAL}/leaves.parquet")


def export_proof(store: Store, unit: str, dataset: str = "", *, with_rows: bool = True) -> dict[str, Any]:
    """The proof of one unit's submission, in the format the stand-alone verifier reads.

    Raises ``UserError`` where no submission or more than one (name the data set) fits.
    """
    leaves = frozen_leaves(store)
    found = [leaf for leaf in leaves if leaf.manifest.unit == unit and dataset in ("", leaf.manifest.dataset)]
    if len(found) != 1:
        sets = ", ".join(leaf.manifest.dataset for leaf in found) or "none"
        raise UserError(f"{len(found)} submissions of '{unit}' fit ({sets})", todo="name the unit and --dataset")
    leaf = found[0]
    submission = load(store, leaf.manifest.name)
    tree = Tree(item.leaf_hash for item in leaves)
    statement, signature = store.read(f"{FINAL}/root.json"), store.read(f"{FINAL}/root.p7s")
    trust = TrustStore.from_bytes(store.read(f"{FINAL}/trust.json"))
    proof: dict[str, Any] = {
        "format": FORMAT,
        "manifest": b64encode(submission.manifest).decode(),
        "signature": b64encode(submission.signature).decode(),
        "leaf": {"index": leaf.index, "size": len(leaves)},
        "proof": [node.hex() for node in tree.inclusion_proof(leaf.index)],
        "root": {
            "root": tree.root.hex(),
            "statement": b64encode(statement).decode(),
            "signature": b64encode(signature).decode(),
        },
        "certificates": [_pem("CERTIFICATE", item) for item in (*trust.roots, *trust.intermediates)],
        "crls": [_pem("X509 CRL", item) for item in trust.crls],
    }
    if with_rows:
        proof["rows"] = b64encode(submission.rows).decode()
    return proof


def _pem(kind: str, der: bytes) -> str:
    text = b64encode(der).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])
