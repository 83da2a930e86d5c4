"""Names in expressions settled against the form: which answer, in which instance of which repeat.

``${name}`` is the answer of this instance where the question stands in a repeat around the asking one (or in none), else the
answers of all its instances: a node-set. A settled tree names no path any more; ``evaluate`` and the page's script run it:

``["get", up, name]`` the answer ``up`` repeats out; ``["all", up, [repeats], name]`` the answers of every instance below there,
or the instances themselves where ``name`` is null; ``["index", up]`` the number of the instance, from 1; ``["indexed", up,
[[repeat, number]…], name]``; ``["col", name]`` a column of the choice looked at; ``["label", tree, list]``; ``["rx", tree,
pattern]``; ``["today"]``, ``["now"]``, ``["once", tree]``, ``["if", …]``; ``["f", name, …]`` any other function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sapa.instruments.expressions import ExpressionError, Tree, parse
from sapa.instruments.functions import FUNCTIONS, REFUSED
from sapa.instruments.model import CHOOSING, SECTIONS, Form, Item
from sapa.instruments.patterns import portable

_OPERATORS = {"or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod", "neg"}
_REFERENCE = re.compile(r"\$\{\s*([^\s{}]+)\s*\}")


@dataclass(frozen=True)
class Place:
    """Where an item stands: the repeats and the sections around it, outermost first."""

    item: Item
    repeats: tuple[str, ...]
    sections: tuple[str, ...]


@dataclass
class Names:
    """Every name of a form and where it stands; the words of 'other' too."""

    form: Form
    places: dict[str, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._enter(self.form.items, (), ())

    def _enter(self, items: tuple[Item, ...], repeats: tuple[str, ...], sections: tuple[str, ...]) -> None:
        for item in items:
            self.places.setdefault(item.name, Place(item, repeats, sections))
            if item.other:
                words = Item(name=item.other_name, type="text")
                self.places.setdefault(item.other_name, Place(words, repeats, sections))
            inside = (*repeats, item.name) if item.type == "repeat" else repeats
            self._enter(item.items, inside, (*sections, item.name))

    def find(self, name: str) -> Place:
        """The place of that name; raises ``ExpressionError``."""
        place = self.places.get(name)
        if place is None:
            raise ExpressionError("no-such-item", name=name)
        return place


@dataclass
class Settled:
    """A settled tree and the names it reads."""

    tree: Tree
    reads: frozenset[str]


class Resolver:
    """Settles the expressions of one item. ``columns``: the expression is a choice filter, bare names are columns."""

    def __init__(self, names: Names, item: Item, columns: bool = False) -> None:
        self.names = names
        self.here = names.find(item.name)
        self.columns = columns
        self.reads: set[str] = set()

    def settle(self, text: str) -> Settled:
        """The settled tree of an expression; raises ``ExpressionError``."""
        tree = self.tree(parse(text))
        return Settled(tree, frozenset(self.reads))

    def tree(self, node: Tree) -> Tree:
        kind = node[0]
        if kind in ("n", "s"):
            return node
        if kind == "dot":
            if self.columns:
                raise ExpressionError("no-dot")
            return node
        if kind == "ref":
            return self.reference(node[1].removeprefix("last-saved#"))
        if kind == "path":
            return self.path(node[1:])
        if kind in _OPERATORS:
            return [kind, *map(self.tree, node[1:])]
        return self.call(node[1], node[2:])

    def reference(self, name: str) -> Tree:
        place = self.names.find(name)
        self.reads.add(name)
        if place.item.type == "repeat":
            up, rest = self.distance(place.repeats)
            return ["all", up, [*rest, name], None]
        if place.item.type == "group":
            raise ExpressionError("section", name=name)
        up, rest = self.distance(place.repeats)
        return ["all", up, rest, name] if rest else ["get", up, name]

    def distance(self, repeats: tuple[str, ...]) -> tuple[int, list[str]]:
        """How many repeats out from here the way to ``repeats`` begins, and the repeats it goes down from there."""
        shared = 0
        for mine, theirs in zip(self.here.repeats, repeats, strict=False):
            if mine != theirs:
                break
            shared += 1
        return len(self.here.repeats) - shared, list(repeats[shared:])

    def path(self, steps: list[str]) -> Tree:
        if len(steps) == 1 and self.columns and steps[0] not in ("..", "/", "//"):
            return ["col", steps[0]]
        if steps[0] == "/":
            return self.reference(self.below((), steps[2:]))
        if steps[0] == "//":
            return self.reference(steps[-1])
        around = [*self.here.sections, self.here.item.name]
        while steps and steps[0] in (".", ".."):
            if steps[0] == "..":
                if not around:
                    raise ExpressionError("outside-form")
                around.pop()
            steps = steps[1:]
        if not steps:
            raise ExpressionError("section", name="..")
        return self.reference(self.below(tuple(around), steps))

    def below(self, sections: tuple[str, ...], steps: list[str]) -> str:
        """The name at the end of a path; every section on the way must be where the path says."""
        if not steps or any(step in (".", "..") for step in steps):
            raise ExpressionError("predicate", near="/".join(steps))
        place = self.names.find(steps[-1])
        if place.sections != (*sections, *steps[:-1]):
            raise ExpressionError("no-such-item", name="/".join(steps))
        return steps[-1]

    def call(self, name: str, arguments: list[Tree]) -> Tree:
        special = getattr(self, "_call_" + name.replace("-", "_").replace(":", "_"), None)
        if special is not None:
            settled: Tree = special(arguments)
            return settled
        if name in REFUSED:
            raise ExpressionError(f"refused-{REFUSED[name]}", name=name)
        if name not in FUNCTIONS:
            raise ExpressionError("no-such-function", name=name)
        fewest, most = FUNCTIONS[name][:2]
        self.counted(name, arguments, fewest, most)
        return ["f", name, *map(self.tree, arguments)]

    def counted(self, name: str, arguments: list[Tree], fewest: int, most: int) -> None:
        if not fewest <= len(arguments) <= most:
            allowed = str(fewest) if fewest == most else f"{fewest}–{most}"
            raise ExpressionError("arguments", name=name, allowed=allowed, found=str(len(arguments)))

    def _call_if(self, arguments: list[Tree]) -> Tree:
        self.counted("if", arguments, 3, 3)
        return ["if", *map(self.tree, arguments)]

    def _call_once(self, arguments: list[Tree]) -> Tree:
        self.counted("once", arguments, 1, 1)
        return ["once", self.tree(arguments[0])]

    def _call_today(self, arguments: list[Tree]) -> Tree:
        self.counted("today", arguments, 0, 0)
        return ["today"]

    def _call_now(self, arguments: list[Tree]) -> Tree:
        self.counted("now", arguments, 0, 0)
        return ["now"]

    def _call_regex(self, arguments: list[Tree]) -> Tree:
        self.counted("regex", arguments, 2, 2)
        if arguments[1][0] != "s":
            raise ExpressionError("pattern-spelled")
        return ["rx", self.tree(arguments[0]), portable(arguments[1][1])]

    def _call_position(self, arguments: list[Tree]) -> Tree:
        self.counted("position", arguments, 1, 1)
        node = arguments[0]
        sections = [*self.here.sections, self.here.item.name]
        if node[0] == "ref":
            section = node[1]
        elif node[0] == "path" and set(node[1:]) == {".."} and len(node) <= len(sections) + 1:
            section = ["", *sections][-len(node)]
        else:
            raise ExpressionError("position")
        repeats = self.here.repeats
        if section not in repeats:
            return ["n", 1.0]
        return ["index", len(repeats) - 1 - repeats.index(section)]

    def _call_indexed_repeat(self, arguments: list[Tree]) -> Tree:
        if len(arguments) not in (3, 5, 7) or any(each[0] != "ref" for each in arguments[:1] + arguments[1::2]):
            raise ExpressionError("indexed-repeat")
        name, wanted = arguments[0][1], [each[1] for each in arguments[1::2]]
        place = self.names.find(name)
        if list(place.repeats[-len(wanted) :]) != wanted or place.item.type in SECTIONS:
            raise ExpressionError("indexed-repeat")
        self.reads.update([name, *wanted])
        outer = place.repeats[: -len(wanted)]
        up, rest = self.distance(outer)
        if rest:
            raise ExpressionError("indexed-repeat")
        pairs = [[repeat, self.tree(index)] for repeat, index in zip(wanted, arguments[2::2], strict=True)]
        return ["indexed", up, pairs, name]

    def _call_jr_choice_name(self, arguments: list[Tree]) -> Tree:
        self.counted("jr:choice-name", arguments, 2, 2)
        node = arguments[1]
        match = _REFERENCE.fullmatch(node[1].strip()) if node[0] == "s" else None
        name = match.group(1) if match else node[1] if node[0] == "ref" else ""
        if not name:
            raise ExpressionError("choice-name")
        item = self.names.find(name).item
        if item.type not in CHOOSING:
            raise ExpressionError("choice-name")
        return ["label", self.tree(arguments[0]), item.choices]


def references(text: str) -> list[str]:
    """The names that ``${…}`` speaks of in a label."""
    return _REFERENCE.findall(text)


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """A label in pieces: words, and names of answers that stand in it (true)."""
    for at, piece in enumerate(_REFERENCE.split(text)):
        if piece:
            yield piece, bool(at % 2)
