"""The hash tree of RFC 6962 (section 2.1): roots, inclusion proofs and consistency proofs, SHA-256.

A tree commits to an ordered list of leaves. An *inclusion proof* shows in ``log2(size)`` hashes that one leaf stands
at its index under a root; a *consistency proof* shows that a later tree only appended to an earlier one. Leaves and
inner nodes are hashed with different prefixes (0x00, 0x01), so that a node can never be passed off as a leaf.

Builders raise on a caller's mistake; the two ``verify_…`` functions judge foreign input and therefore answer ``False``
to anything that is not exactly a proof, and never raise. Algorithms of verification: RFC 9162, 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

HASH_SIZE = 32
"""Length of every hash in bytes."""

EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without leaves."""

_MAX_SIZE = 1 << 64  # RFC 6962 counts leaves in 64 bits; more is a forgery, not a tree


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf's bytes: SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Root over leaf hashes in order; reads the iterable once and holds only ``log2(size)`` hashes.

    Raises ValueError when an item is not 32 bytes long.
    """
    pending: list[tuple[int, bytes]] = []  # complete subtrees from left to right: (height, hash), heights falling
    for current in leaf_hashes:
        if len(current) != HASH_SIZE:
            raise ValueError(f"a leaf hash has {HASH_SIZE} bytes, not {len(current)}")
        height = 0
        while pending and pending[-1][0] == height:
            current = node_hash(pending.pop()[1], current)
            height += 1
        pending.append((height, current))
    if not pending:
        return EMPTY_ROOT
    _, total = pending.pop()
    while pending:
        total = node_hash(pending.pop()[1], total)
    return total


class Tree:
    """A tree with every level kept, so that each proof costs ``log2(size)`` look-ups instead of ``size`` hashes.

    Memory: about 64 bytes a leaf (levels are packed). Raises ValueError when a leaf hash is not 32 bytes long.
    """

    def __init__(self, leaf_hashes: Iterable[bytes]) -> None:
        hashes = list(leaf_hashes)
        if any(len(item) != HASH_SIZE for item in hashes):
            raise ValueError(f"every leaf hash has {HASH_SIZE} bytes")
        self.size = len(hashes)
        self._levels = [b"".join(hashes)]
        while len(self._levels[-1]) > HASH_SIZE:
            self._levels.append(_level_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        """Root of the whole tree."""
        return self._levels[-1] if self.size else EMPTY_ROOT

    def _node(self, height: int, index: int) -> bytes:
        return self._levels[height][index * HASH_SIZE : (index + 1) * HASH_SIZE]

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Sibling hashes from leaf ``index`` (0 … size-1) up to the root. Raises IndexError outside the tree."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of a tree of {self.size}")
        siblings = (self._node(height, (index >> height) ^ 1) for height in range(len(self._levels) - 1))
        return [sibling for sibling in siblings if sibling]  # the last node of an odd level rises without a sibling

    def to_bytes(self) -> bytes:
        """Every level, the leaves first: what a :class:`StoredTree` reads; about 64 bytes a leaf."""
        return b"".join(self._levels)

    def inclusion_proofs(self) -> Iterator[list[bytes]]:
        """The inclusion proof of every leaf, in order."""
        return (self.inclusion_proof(index) for index in range(self.size))

    def consistency_proof(self, m: int) -> list[bytes]:
        """Proof that the first ``m`` leaves (1 … size) are the beginning of this tree; empty when ``m == size``.

        Raises IndexError outside that range: nothing can be proved about an empty tree.
        """
        if not 1 <= m <= self.size:
            raise IndexError(f"first {m} leaves of a tree of {self.size}")
        proof: list[bytes] = []
        start, end, whole = 0, self.size, True  # the subtree [start, end) holds the border; whole: m's root is known
        while m != end:
            height = (end - start - 1).bit_length() - 1
            middle = start + (1 << height)
            if m <= middle:
                proof.append(self._covering(middle, end))
                end = middle
            else:
                proof.append(self._covering(start, middle))
                start, whole = middle, False
        if not whole:
            proof.append(self._covering(start, end))
        return proof[::-1]

    def _covering(self, start: int, end: int) -> bytes:
        """Hash of the RFC 6962 subtree over leaves ``start`` … ``end - 1``."""
        height = (end - start - 1).bit_length()
        return self._node(height, start >> height)


class StoredTree:
    """A tree whose levels lie in a file (:meth:`Tree.to_bytes`): a proof reads ``log2(size)`` hashes and nothing else.

    ``read`` gives so many bytes from an offset. What it gives is not trusted: whoever needs certainty verifies the proof.
    """

    def __init__(self, size: int, read: Callable[[int, int], bytes]) -> None:
        self.size, self._read = size, read
        self._starts = [0]
        width = size
        while width > 1:
            self._starts.append(self._starts[-1] + width)
            width = (width + 1) // 2

    @property
    def root(self) -> bytes:
        """Root of the whole tree."""
        return self._read(self._starts[-1] * HASH_SIZE, HASH_SIZE) if self.size else EMPTY_ROOT

    def inclusion_proof(self, index: int) -> list[bytes]:
        """As :meth:`Tree.inclusion_proof`."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of a tree of {self.size}")
        out, width = [], self.size
        for height, start in enumerate(self._starts[:-1]):
            sibling = (index >> height) ^ 1
            if sibling < width:
                out.append(self._read((start + sibling) * HASH_SIZE, HASH_SIZE))
            width = (width + 1) // 2
        return out


def _level_above(level: bytes) -> bytes:
    pair = 2 * HASH_SIZE
    full = len(level) - len(level) % pair
    nodes = [sha256(b"\x01" + level[at : at + pair]).digest() for at in range(0, full, pair)]
    nodes.append(level[full:])  # an odd last node rises unchanged; otherwise this is empty
    return b"".join(nodes)


def inclusion_proof(leaf_hashes: Iterable[bytes], index: int) -> list[bytes]:
    """Proof for one leaf; for many leaves of one tree keep a :class:`Tree`."""
    return Tree(leaf_hashes).inclusion_proof(index)


def consistency_proof(leaf_hashes: Iterable[bytes], m: int) -> list[bytes]:
    """Proof that the first ``m`` leaves are the beginning of the whole list."""
    return Tree(leaf_hashes).consistency_proof(m)


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Does the leaf with this hash stand at ``index`` of the tree of ``size`` leaves under ``root``? Never raises."""
    if not (_is_count(index) and _is_count(size) and index < size):
        return False
    if not (_is_hash(leaf_hash) and _is_hash(root) and _is_proof(proof)):
        return False
    node, last, current = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False  # longer than the path to the root
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and hmac.compare_digest(current, root)


def verify_consistency(m: int, n: int, proof: Sequence[bytes], root_m: bytes, root_n: bytes) -> bool:
    """Is the tree of ``m`` leaves under ``root_m`` the beginning of the one of ``n`` under ``root_n``? Never raises.

    Equal sizes need an empty proof and equal roots. An empty first tree proves nothing about any other: ``False``.
    """
    if not (_is_count(m) and _is_count(n) and 1 <= m <= n and _is_proof(proof)):
        return False
    if not (isinstance(root_m, bytes) and isinstance(root_n, bytes)):
        return False
    if m == n:
        return not proof and hmac.compare_digest(root_m, root_n)
    if not (_is_hash(root_m) and _is_hash(root_n)):
        return False
    return _fold_consistency(m, n, list(proof), root_m, root_n)


def _fold_consistency(m: int, n: int, path: list[bytes], root_m: bytes, root_n: bytes) -> bool:
    if m & (m - 1) == 0:
        path.insert(0, root_m)  # the old tree is itself a complete subtree of the new one, so the proof leaves it out
    if not path:
        return False
    node, last = m - 1, n - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and hmac.compare_digest(old, root_m) and hmac.compare_digest(new, root_n)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _MAX_SIZE


def _is_hash(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == HASH_SIZE


def _is_proof(value: object) -> bool:
    # a tree of 2^64 leaves needs at most 65 hashes: anything longer is refused before it is read
    return isinstance(value, list | tuple) and len(value) <= 65 and all(_is_hash(item) for item in value)
