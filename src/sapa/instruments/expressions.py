"""Expressions as XLSForm writes them, read into a tree: the subset of XPath 1.0 that ODK XForms uses.

Grammar: XPath 1.0, section 3 (expressions, https://www.w3.org/TR/1999/REC-xpath-19991116/), with ``${name}`` of XLSForm; paths
of the parent, child and self axes only, without predicates (ODK XForms, https://getodk.github.io/xforms-spec/#xpath-paths).
The tree read here still has names in it: ``sapa.instruments.resolve`` settles what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from typing import Any

Tree = list[Any]
"""A node: its kind first, then its arguments; JSON as it stands."""

LONGEST = 5000
DEEPEST = 60
LONGEST_CHAIN = 150
"""Operators in a row: each is one level of the tree."""
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d*)?|\.\d+)
    | (?P<string>"[^"]*"|'[^']*')
    | \$\{\s*(?P<ref>[^\s{}]+)\s*\}
    | (?P<name>[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?)
    | (?P<sign>!=|<=|>=|//|\.\.|[-=<>+*(),/.|\[\]@])
    )""",
    re.VERBOSE,
)
_OPERATORS = {"or": 1, "and": 2, "=": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "div": 6, "mod": 6}
_BY_NAME = {"or", "and", "div", "mod"}


class ExpressionError(Exception):
    """An expression that can't be read or used: a code of ``wording.yaml`` and what its words name."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(code, args)
        self.code = code
        self.args_named = args


def parse(text: str) -> Tree:
    """The tree of an expression; raises ``ExpressionError``.

    Kinds: ``n`` number, ``s`` string, ``ref`` ``${…}``, ``path`` steps, ``dot``, ``neg``, operators with two arguments, ``call``.
    """
    if len(text) > LONGEST:
        raise ExpressionError("too-long", limit=str(LONGEST))
    return _Reader(_tokens(text)).whole()


def _tokens(text: str) -> list[tuple[str, str, int]]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionError("unreadable", near=text[at : at + 20].strip())
        found.append((match.lastgroup, match.group(match.lastgroup), match.start()))
        at = match.end()
    return found


class _Reader:
    """Precedence climbing over the tokens of one expression."""

    def __init__(self, tokens: Sequence[tuple[str, str, int]]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def whole(self) -> Tree:
        if not self.tokens:
            raise ExpressionError("empty")
        tree = self.binary(1)
        if self.at < len(self.tokens):
            raise ExpressionError("unreadable", near=self.tokens[self.at][1])
        return tree

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at][:2] if self.at < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.at += 1
        return token

    def expect(self, sign: str) -> None:
        kind, text = self.take()
        if kind != "sign" or text != sign:
            raise ExpressionError("expected", expected=sign, near=text)

    def binary(self, lowest: int) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError("too-deep", limit=str(DEEPEST))
        left = self.unary()
        for links in count():
            if links > LONGEST_CHAIN:
                raise ExpressionError("too-deep", limit=str(LONGEST_CHAIN))
            kind, text = self.peek()
            rank = _OPERATORS.get(text, 0) if kind == "sign" or text in _BY_NAME else 0
            if rank < lowest:
                break
            self.at += 1
            left = [text, left, self.binary(rank + 1)]
        self.depth -= 1
        return left

    def unary(self) -> Tree:
        negative = False
        while self.peek() == ("sign", "-"):
            self.at += 1
            negative = not negative
        tree = self.primary()
        return ["neg", tree] if negative else tree

    def primary(self) -> Tree:
        kind, text = self.peek()
        if kind == "number":
            self.at += 1
            return ["n", float(text)]
        if kind == "string":
            self.at += 1
            return ["s", text[1:-1]]
        if kind == "ref":
            self.at += 1
            return self.plain(["ref", text])
        if (kind, text) == ("sign", "("):
            self.at += 1
            inside = self.binary(1)
            self.expect(")")
            return inside
        if kind == "name" and self.at + 1 < len(self.tokens) and self.tokens[self.at + 1][:2] == ("sign", "("):
            return self.call()
        if kind == "name" or (kind == "sign" and text in (".", "..", "/", "//")):
            return self.path([])
        raise ExpressionError("unreadable", near=text) if kind != "end" else ExpressionError("unfinished")

    def call(self) -> Tree:
        name = self.take()[1]
        self.at += 1
        arguments = []
        if self.peek() != ("sign", ")"):
            arguments.append(self.binary(1))
            while self.peek() == ("sign", ","):
                self.at += 1
                arguments.append(self.binary(1))
        self.expect(")")
        if name == "current" and not arguments:
            if self.peek() == ("sign", "/"):
                self.at += 1
                return self.path(["."])
            return ["dot"]
        return self.plain(["call", name, *arguments])

    def path(self, steps: list[str]) -> Tree:
        if not steps and self.peek()[1] in ("/", "//"):
            steps.append(self.take()[1])
        while True:
            kind, text = self.take()
            if kind != "name" and text not in (".", ".."):
                raise ExpressionError("unreadable", near=text)
            steps.append(text)
            if self.peek() != ("sign", "/"):
                break
            self.at += 1
        tree: Tree = ["dot"] if set(steps) == {"."} else ["path", *steps]
        return self.plain(tree)

    def plain(self, tree: Tree) -> Tree:
        """What follows a reference must not narrow it: predicates and further steps are not read."""
        kind, text = self.peek()
        if kind == "sign" and text in ("[", "/", "//", "|", "@"):
            raise ExpressionError("predicate", near=text)
        return tree
