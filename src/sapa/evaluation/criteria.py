"""Directions, requirements, criteria, signs as one tree: a pack's, and what an institution has put in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sapa.errors import UserError
from sapa.packs.loader import Pack

Rank = Literal["direction", "requirement", "criterion", "sign"]
RANKS: tuple[Rank, ...] = ("direction", "requirement", "criterion", "sign")


@dataclass(frozen=True)
class Node:
    """One line of the tree. ``methods``: by which it is established; ``figures``: indicators that compute it.

    ``ours``: the pack fills what its document leaves open; ``own``: the institution has written it.
    """

    code: str
    rank: Rank
    parent: str
    title: Mapping[str, str]
    note: Mapping[str, str]
    clause: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    ours: bool = False
    own: bool = False


@dataclass(frozen=True)
class Change:
    """What an institution has set: another wording of a line, a line of its own, or (``dropped``) that one does not hold here."""

    code: str
    rank: Rank = "criterion"
    parent: str = ""
    title: Mapping[str, str] | None = None
    note: Mapping[str, str] | None = None
    methods: tuple[str, ...] = ()
    dropped: bool = False


@dataclass(frozen=True)
class Tree:
    """The tree in its order; whoever changes it gets another one."""

    nodes: tuple[Node, ...]

    def find(self, code: str) -> Node:
        """The line of that code; raises ``UserError``."""
        for node in self.nodes:
            if node.code == code:
                return node
        raise UserError(f"there is no criterion '{code}' here", todo="choose one of the list")

    def has(self, code: str) -> bool:
        """Whether there is such a line."""
        return any(node.code == code for node in self.nodes)

    def below(self, code: str) -> tuple[Node, ...]:
        """What hangs on a line directly, in its order."""
        return tuple(node for node in self.nodes if node.parent == code)

    def ranked(self, rank: Rank) -> tuple[Node, ...]:
        """All lines of a rank."""
        return tuple(node for node in self.nodes if node.rank == rank)

    def above(self, code: str, rank: Rank) -> Node:
        """The line of that rank above (or at) a line; raises ``UserError`` where there is none."""
        node = self.find(code)
        while node.rank != rank:
            node = self.find(node.parent)
        return node

    def requirements(self, directions: Iterable[str]) -> tuple[Node, ...]:
        """What is rated: the requirements of these directions, in the order of the tree."""
        wanted = set(directions)
        return tuple(node for node in self.nodes if node.rank == "requirement" and node.parent in wanted)

    def under(self, code: str) -> tuple[Node, ...]:
        """Every line below one, at any depth."""
        out: list[Node] = []
        for node in self.below(code):
            out += [node, *self.under(node.code)]
        return tuple(out)

    def changed(self, changes: Sequence[Change]) -> Tree:
        """The tree with these changes; what hangs on a dropped line is dropped with it."""
        known = {change.code: change for change in changes}
        nodes = [_reworded(node, known.pop(node.code, None)) for node in self.nodes]
        added = [_added(change) for change in changes if change.code in known and not change.dropped]
        kept = [node for node in (*nodes, *added) if node is not None]
        while True:
            codes = {node.code for node in kept}
            held = [node for node in kept if not node.parent or node.parent in codes]
            if len(held) == len(kept):
                return Tree(tuple(held))
            kept = held

    def to_json(self) -> list[dict[str, Any]]:
        """As an assessment keeps it: what is changed afterwards does not move it."""
        return [
            {
                **{name: getattr(node, name) for name in ("code", "rank", "parent", "ours", "own")},
                **{name: dict(getattr(node, name)) for name in ("title", "note")},
                **{name: list(getattr(node, name)) for name in ("clause", "methods", "figures")},
            }
            for node in self.nodes
        ]


def tree_from_json(data: Iterable[Mapping[str, Any]]) -> Tree:
    """The inverse of :meth:`Tree.to_json`."""
    lists = ("clause", "methods", "figures")
    read: list[dict[str, Any]] = [{name: tuple(v) if name in lists else v for name, v in item.items()} for item in data]
    return Tree(tuple(Node(**item) for item in read))


def tree_of(pack: Pack) -> Tree:
    """The tree of a pack. Criteria that hang on a direction directly get it as their requirement's place.

    A pack without directions (groups of criteria only) has each of its topmost criteria as a direction of one requirement.
    """
    nodes: list[Node] = []
    for item in pack.criteria:
        if item.rank == "component":
            continue
        nodes.append(Node(item.id, item.rank, item.parent or "", item.title, {}, tuple(item.clause), ours=item.ours))
        for sign in item.signs:
            note = sign.note or {}
            nodes.append(
                Node(
                    f"{item.id}.{sign.id}",
                    "sign",
                    item.id,
                    sign.title,
                    note,
                    tuple(sign.clause),
                    tuple(sign.methods),
                    tuple(sign.figures),
                    sign.ours,
                )
            )
    if not any(node.rank == "direction" for node in nodes):
        nodes = _directed(nodes)
    return Tree(tuple(nodes))


def _directed(nodes: list[Node]) -> list[Node]:
    out: list[Node] = []
    for node in nodes:
        if node.rank == "criterion" and not node.parent:
            above = f"direction.{node.code}"
            out += [replace(node, code=above, rank="direction"), replace(node, rank="requirement", parent=above)]
        else:
            out.append(node)
    return out


def _reworded(node: Node, change: Change | None) -> Node | None:
    if change is None:
        return node
    if change.dropped:
        return None
    texts = {name: value for name in ("title", "note") if (value := getattr(change, name)) is not None}
    return replace(node, **texts, methods=change.methods or node.methods, own=True)


def _added(change: Change) -> Node:
    if not change.title:
        raise UserError("a criterion of your own needs words", todo="write what it asks for")
    return Node(change.code, change.rank, change.parent, change.title, change.note or {}, methods=change.methods, own=True)


__all__ = ["RANKS", "Change", "Node", "Rank", "Tree", "tree_from_json", "tree_of"]
