"""The hash tree against the public vectors, against the recursive definition of RFC 6962, and against tampering."""

from __future__ import annotations

import base64
import json
import time
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sapa.archive import merkle

# transparency-dev/merkle, testdata: counted in the folder; a vector that vanishes must not pass unnoticed
COUNTS = {"inclusion": 65, "consistency": 57}
# how many of them a verifier must accept ("wantErr": false)
ACCEPTED = {"inclusion": 4, "consistency": 4}


def _hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(index.to_bytes(4, "big")) for index in range(count)]


def _by_definition(hashes: list[bytes]) -> bytes:
    """MTH(D[n]) as RFC 6962, 2.1 writes it: split at the largest power of two below n."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + _by_definition(hashes[:k]) + _by_definition(hashes[k:])).digest()


def _vectors(kind: str, shared: Path) -> list[tuple[str, dict[str, Any]]]:
    folder = shared / "data" / "merkle-vectors" / kind
    if not folder.is_dir():
        pytest.skip("real data missing: data/merkle-vectors")
    return [(str(path.relative_to(folder)), json.loads(path.read_text())) for path in sorted(folder.rglob("*.json"))]


def _answer(kind: str, vector: dict[str, Any]) -> bool:
    proof = [base64.b64decode(item) for item in vector["proof"] or ()]
    if kind == "inclusion":
        leaf, root = base64.b64decode(vector["leafHash"]), base64.b64decode(vector["root"])
        return merkle.verify_inclusion(leaf, vector["leafIdx"], vector["treeSize"], proof, root)
    first, second = base64.b64decode(vector["root1"]), base64.b64decode(vector["root2"])
    return merkle.verify_consistency(vector["size1"], vector["size2"], proof, first, second)


@pytest.mark.realdata
@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_every_public_vector_comes_out_as_it_says(kind: str, shared: Path) -> None:
    vectors = _vectors(kind, shared)
    wrong = [name for name, vector in vectors if _answer(kind, vector) is vector["wantErr"]]
    assert wrong == []
    assert len(vectors) == COUNTS[kind]
    assert sum(not vector["wantErr"] for _, vector in vectors) == ACCEPTED[kind]


def test_known_roots() -> None:
    """Roots of certificate-transparency-go's reference tree (testdata of its merkle package, sizes 0, 1, 2 and 8)."""
    leaves = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
    leaves.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root(hashes[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(hashes[:2]).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert merkle.root(hashes).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", [*range(0, 34), 63, 64, 65, 100])
def test_root_and_tree_follow_the_definition(size: int) -> None:
    hashes = _hashes(size)
    assert merkle.root(iter(hashes)) == _by_definition(hashes) == merkle.Tree(hashes).root


def test_every_proof_of_every_small_tree_verifies() -> None:
    for size in range(1, 40):
        hashes = _hashes(size)
        tree = merkle.Tree(hashes)
        for index, proof in enumerate(tree.inclusion_proofs()):
            assert merkle.verify_inclusion(hashes[index], index, size, proof, tree.root)
        for m in range(1, size + 1):
            proof = tree.consistency_proof(m)
            assert merkle.verify_consistency(m, size, proof, _by_definition(hashes[:m]), tree.root)


@given(st.integers(1, 200), st.data())
def test_a_changed_inclusion_proof_fails(size: int, data: st.DataObject) -> None:
    hashes = _hashes(size)
    tree = merkle.Tree(hashes)
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(index)
    assert proof == merkle.inclusion_proof(hashes, index)
    other = data.draw(st.integers(0, size * 2).filter(lambda value: value != index))
    assert not merkle.verify_inclusion(hashes[index], other, size, proof, tree.root)
    parts = [hashes[index], tree.root, *proof]
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[which] = (int.from_bytes(parts[which], "big") ^ (1 << bit)).to_bytes(32, "big")
    assert not merkle.verify_inclusion(parts[0], index, size, parts[2:], parts[1])
    assert not merkle.verify_inclusion(hashes[index], index, size, [*proof, hashes[0]], tree.root)
    if proof:
        assert not merkle.verify_inclusion(hashes[index], index, size, proof[:-1], tree.root)


@given(st.integers(2, 200), st.data())
def test_a_changed_consistency_proof_fails(size: int, data: st.DataObject) -> None:
    hashes = _hashes(size)
    m = data.draw(st.integers(1, size - 1))
    first, second = merkle.root(hashes[:m]), merkle.root(hashes)
    proof = merkle.consistency_proof(hashes, m)
    assert merkle.verify_consistency(m, size, proof, first, second)
    parts = [first, second, *proof]
    which, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[which] = (int.from_bytes(parts[which], "big") ^ (1 << bit)).to_bytes(32, "big")
    assert not merkle.verify_consistency(m, size, parts[2:], parts[0], parts[1])
    assert not merkle.verify_consistency(m, size, [*proof, first], first, second)
    assert not merkle.verify_consistency(m, size, proof[:-1], first, second)


_ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=40), st.lists(st.binary())
)


@given(_ANYTHING, _ANYTHING, _ANYTHING, _ANYTHING, _ANYTHING)
def test_verification_never_raises(a: Any, b: Any, c: Any, d: Any, e: Any) -> None:
    assert merkle.verify_inclusion(a, b, c, d, e) is False
    assert merkle.verify_consistency(a, b, c, d, e) in (False, a == b and d == e)


def test_wrong_lengths_and_sizes_are_refused() -> None:
    hashes = _hashes(5)
    tree = merkle.Tree(hashes)
    proof = tree.inclusion_proof(2)
    assert not merkle.verify_inclusion(hashes[2], -1, 5, proof, tree.root)
    assert not merkle.verify_inclusion(hashes[2], 2, -5, proof, tree.root)
    assert not merkle.verify_inclusion(hashes[2], True, 5, tree.inclusion_proof(1), tree.root)
    assert not merkle.verify_inclusion(hashes[2], 2, 5, [proof[0][:31], *proof[1:]], tree.root)
    assert not merkle.verify_inclusion(hashes[2], 2, 5, [hashes[0]] * 10_000, tree.root)
    assert not merkle.verify_consistency(0, 5, [], merkle.EMPTY_ROOT, tree.root)
    with pytest.raises(ValueError, match="32 bytes"):
        merkle.root([b"short"])
    with pytest.raises(ValueError, match="32 bytes"):
        merkle.Tree([b"short"])
    with pytest.raises(IndexError):
        tree.inclusion_proof(5)
    with pytest.raises(IndexError):
        tree.consistency_proof(0)


def test_a_node_cannot_pass_for_a_leaf() -> None:
    hashes = _hashes(2)
    assert merkle.leaf_hash(hashes[0] + hashes[1]) != merkle.root(hashes)


def test_all_proofs_of_a_national_tree_are_quick() -> None:
    hashes = _hashes(13_458)
    start = time.perf_counter()
    tree = merkle.Tree(hashes)
    proofs = list(tree.inclusion_proofs())
    assert time.perf_counter() - start < 5  # 0.15 s on the machine it was written on
    assert len(proofs) == 13_458
    assert max(map(len, proofs)) == 14
    picks = [0, 1, 6_729, 8_191, 8_192, 13_457]
    assert all(merkle.verify_inclusion(hashes[i], i, tree.size, proofs[i], tree.root) for i in picks)
    assert all(a != b for a, b in pairwise(proofs))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 33])
def test_a_stored_tree_gives_the_same_root_and_proofs(size: int) -> None:
    tree = merkle.Tree([merkle.leaf_hash(bytes([number])) for number in range(size)])
    data = tree.to_bytes()
    stored = merkle.StoredTree(size, lambda start, length: data[start : start + length])
    assert stored.root == tree.root
    assert [stored.inclusion_proof(number) for number in range(size)] == list(tree.inclusion_proofs())
    with pytest.raises(IndexError):
        stored.inclusion_proof(size)
