"""The public log of the archives' roots: append-only, a hash tree of RFC 6962 over canonical lines, witnessed from outside.

Whoever keeps a head of the log can later ask for a consistency proof: it shows that every root named then is named still, in
the same place. The log proves that roots were not exchanged or dropped; what a root commits to, the archive's snapshot says.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sapa.archive.manifest import canonical_json, moment, parse_moment
from sapa.archive.merkle import HASH_SIZE, Tree, leaf_hash, verify_consistency, verify_inclusion
from sapa.errors import UserError

FORMAT = "sapa-rootlog/1"
_KEYS = {"as_of", "at", "pack", "period", "root", "size"}
_FIGURE_KEYS = {"at", "figures"}


@dataclass(frozen=True)
class Line:
    """One line: the root of a pack's period over ``size`` signed returns as of a day, logged at a moment."""

    pack: str
    period: str
    root: str
    size: int
    as_of: date
    at: datetime

    def to_bytes(self) -> bytes:
        """The leaf's data: canonical JSON."""
        return canonical_json(
            {
                "pack": self.pack, "period": self.period, "root": self.root, "size": self.size,
                "as_of": self.as_of.isoformat(), "at": moment(self.at),
            }
        )  # fmt: skip

    @classmethod
    def from_bytes(cls, data: bytes) -> Line:
        """The inverse of :meth:`to_bytes`; raises ``UserError`` on anything that is not exactly such a line."""
        try:
            content = json.loads(data)
            if set(content) != _KEYS:
                raise ValueError
            line = cls(
                content["pack"], content["period"], content["root"], content["size"],
                date.fromisoformat(content["as_of"]), parse_moment(content["at"]),
            )  # fmt: skip
            if line.to_bytes() != data or type(line.size) is not int or len(bytes.fromhex(line.root)) != HASH_SIZE:
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError, UserError):
            raise UserError("not a line of a log of roots", todo="take the log from the site again") from None
        return line


@dataclass(frozen=True)
class FiguresLine:
    """One line: the root of the tree over the figures of a version, logged before they are public.

    It names neither pack nor number: until the release the line says that something was fixed, and not what. The tree's first
    leaf holds both, and a salt, so that nobody can try guessed figures against the root.
    """

    root: str
    at: datetime

    def to_bytes(self) -> bytes:
        """The leaf's data: canonical JSON."""
        return canonical_json({"at": moment(self.at), "figures": self.root})

    @classmethod
    def from_bytes(cls, data: bytes) -> FiguresLine:
        """The inverse of :meth:`to_bytes`; raises ``UserError`` on anything that is not exactly such a line."""
        try:
            content = json.loads(data)
            if set(content) != _FIGURE_KEYS:
                raise ValueError
            line = cls(content["figures"], parse_moment(content["at"]))
            if line.to_bytes() != data or len(bytes.fromhex(line.root)) != HASH_SIZE:
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError, UserError):
            raise UserError("not a line of a log of roots", todo="take the log from the site again") from None
        return line


def line_of(data: bytes) -> Line | FiguresLine:
    """The line with these bytes, of either kind; raises ``UserError`` on anything else."""
    return FiguresLine.from_bytes(data) if data.startswith(b'{"at":') else Line.from_bytes(data)


@dataclass(frozen=True)
class Head:
    """The log at one size: what a witness keeps. ``root`` is hexadecimal; the log itself signs nothing."""

    size: int
    root: str

    def to_bytes(self, at: datetime) -> bytes:
        """As it is exported: one line of JSON."""
        return canonical_json({"log": FORMAT, "size": self.size, "root": self.root, "at": moment(at)}) + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Head:
        """The inverse of :meth:`to_bytes`; raises ``UserError`` on anything else."""
        try:
            content: dict[str, Any] = json.loads(data)
            size, root = content["size"], content["root"]
            wrong = content["log"] != FORMAT or type(size) is not int or size < 0
            if wrong or len(bytes.fromhex(root)) != HASH_SIZE:
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise UserError("not the head of a log of roots", todo="give a head exported from the log") from None
        return cls(size, root)


class Log:
    """A log held in memory: its leaves' bytes in order. A log has few lines: one a pack, period and freeze."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = tuple(leaves)
        self._hashes = [leaf_hash(item) for item in self.leaves]
        self._tree = Tree(self._hashes)

    def head(self, size: int | None = None) -> Head:
        """The head now, or as it was at ``size`` lines. Raises IndexError where the log was never that long."""
        if size is None or size == len(self.leaves):
            return Head(len(self.leaves), self._tree.root.hex())
        if not 0 <= size < len(self.leaves):
            raise IndexError(f"a log of {len(self.leaves)} lines at {size}")
        return Head(size, Tree(self._hashes[:size]).root.hex())

    def inclusion(self, index: int) -> list[str]:
        """Proof that line ``index`` stands under the head. Raises IndexError outside the log."""
        return [node.hex() for node in self._tree.inclusion_proof(index)]

    def consistency(self, first: int, second: int | None = None) -> list[str]:
        """Proof that the log of ``first`` lines is the beginning of the one of ``second`` (default: now).

        Raises IndexError outside the log; nothing can be proved about a log without lines.
        """
        size = len(self.leaves) if second is None else second
        if not 1 <= first <= size <= len(self.leaves):
            raise IndexError(f"{first} to {size} of a log of {len(self.leaves)} lines")
        return [node.hex() for node in Tree(self._hashes[:size]).consistency_proof(first)]

    def faults(self, witness: Head | None = None) -> list[str]:
        """What is wrong with the log: lines that are none, a root logged twice, a witness's head that stands no more."""
        found, seen = [], set[tuple[str, ...]]()
        for index, leaf in enumerate(self.leaves):
            try:
                line = line_of(leaf)
            except UserError:
                found.append(f"line {index} is no line of a log of roots")
                continue
            key = (line.pack, line.period, line.root) if isinstance(line, Line) else (line.root,)
            if key in seen:
                found.append(f"line {index} names a root that is logged already")
            seen.add(key)
        if witness is not None and witness.size > len(self.leaves):
            found.append(f"the witness saw {witness.size} lines, there are {len(self.leaves)}")
        elif witness is not None and self.head(witness.size) != witness:
            found.append(f"the first {witness.size} lines are not those the witness saw")
        return found


def includes(head: Head, leaf: bytes, index: int, proof: Sequence[str]) -> bool:
    """Does the line with these bytes stand at ``index`` under the head? Never raises."""
    nodes = _nodes(proof)
    root = _nodes([head.root])
    if nodes is None or root is None or not isinstance(leaf, bytes):
        return False
    return verify_inclusion(leaf_hash(leaf), index, head.size, nodes, root[0])


def extends(old: Head, new: Head, proof: Sequence[str]) -> bool:
    """Is the log under ``old`` the beginning of the one under ``new``? Never raises."""
    nodes, roots = _nodes(proof), _nodes([old.root, new.root])
    if nodes is None or roots is None:
        return False
    return verify_consistency(old.size, new.size, nodes, *roots)


def _nodes(texts: Any) -> list[bytes] | None:
    if not isinstance(texts, list | tuple) or not all(isinstance(item, str) and len(item) == 2 * HASH_SIZE for item in texts):
        return None
    try:
        return [bytes.fromhex(item) for item in texts]
    except ValueError:
        return None
