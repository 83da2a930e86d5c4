"""From sqlglot's tree to the typed tree: a whitelist walk that refuses whatever it does not know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NoReturn

from sqlglot import exp

from sapa.formula import calls
from sapa.formula.errors import FormulaError
from sapa.formula.functions import FUNCTIONS, names
from sapa.formula.reader import GRAMMAR, TYPE_WORDS, read
from sapa.formula.tree import AGGREGATES, Expr, Mode, Node
from sapa.formula.types import BOOLEAN, DATE, INTEGER, NULL, NUMBER, STRING, FormulaType, Schema, decimal
from sapa.formula.typing_rules import TypeMismatchError, arithmetic, cast, comparable, negate, unify

MAX_NODES = 400
MAX_TREE_DEPTH = 100

_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "add", exp.Sub: "sub", exp.Mul: "mul", exp.Div: "div"}
_COMPARISON: dict[type[exp.Expr], str] = {
    exp.EQ: "eq", exp.NEQ: "ne", exp.LT: "lt", exp.LTE: "le", exp.GT: "gt", exp.GTE: "ge",
}  # fmt: skip
# Flags the parser sets by itself; any other argument we do not name is something we did not mean to allow.
_HARMLESS = frozenset({"typed", "safe", "big_int", "ignore_nulls", "is_string", "quoted", "nested", "is_left_assoc"})


def parse(text: str, schema: Schema, *, mode: Mode = "scalar") -> Expr:
    """Check one formula against a schema.

    ``mode="scalar"``: an expression over one row; ``mode="aggregate"``: arithmetic over aggregates of rows, where a bare
    field outside an aggregate is refused. Raises ``FormulaError`` that says where, what is allowed, what to do; always
    within bounded time.
    """
    functions = [name for name, function in FUNCTIONS.items() if mode == "aggregate" or function.mode == "scalar"]
    try:
        tree = read(text, schema, functions)
    except FormulaError as error:
        _explain_mode(error, mode)
        raise
    root = _Checker(text, schema, mode).check(tree)
    if root.type == NULL:
        raise FormulaError("the formula is always null", text=text, todo="write CAST(NULL AS type) or leave it out")
    return Expr(text, mode, root)


def _explain_mode(error: FormulaError, mode: Mode) -> None:
    word = error.problem.rpartition(" ")[2].strip("'").lower()
    if mode == "scalar" and error.problem.startswith("unknown function") and word in FUNCTIONS:
        raise FormulaError(
            f"'{word}' adds up many rows and can't stand in an expression over one row",
            text=error.text,
            position=error.position,
            allowed=names("scalar"),
            todo="use it in the numerator or denominator of an indicator or in a rule of kind dataset",
        ) from None


class _Checker:
    """One walk over one formula; it counts nodes and depth, and knows whether it stands inside an aggregate."""

    def __init__(self, text: str, schema: Schema, mode: Mode) -> None:
        self.text, self.schema, self.mode = text, schema, mode
        self.count = self.depth = 0
        self.inside = False

    def check(self, tree: exp.Expr) -> Node:
        """The typed node of ``tree``."""
        self.count += 1
        self.depth += 1
        if self.count > MAX_NODES or self.depth > MAX_TREE_DEPTH:
            self.refuse(
                tree,
                "the formula is too big",
                f"at most {MAX_NODES} operations, {MAX_TREE_DEPTH} deep",
                "split it into several fields or indicators",
            )
        try:
            return self._dispatch(tree)
        except TypeMismatchError as problem:
            self.refuse(tree, problem.problem, problem.allowed, problem.todo)
        finally:
            self.depth -= 1

    def _dispatch(self, tree: exp.Expr) -> Node:
        kind = type(tree)
        if kind in _ARITHMETIC:
            self.only(tree, "this", "expression")
            return arithmetic(_ARITHMETIC[kind], self.check(tree.this), self.check(tree.expression))
        if kind in _COMPARISON:
            self.only(tree, "this", "expression")
            return comparable(_COMPARISON[kind], self.check(tree.this), self.check(tree.expression))
        handler = _HANDLERS.get(kind)
        if handler is not None:
            return handler(self, tree)
        name = calls.name_of(tree)
        if name is not None:
            return self._call(name, tree)
        self.refuse(tree, f"'{_shown(tree)}' is not part of the language", GRAMMAR, "write it with what is allowed")

    def refuse(self, tree: exp.Expr, problem: str, allowed: str = "", todo: str = "") -> NoReturn:
        """Raise ``FormulaError`` at the first place of ``tree`` that the parser located."""
        starts = [node.meta["start"] for node in tree.walk() if "start" in node.meta]
        raise FormulaError(problem, text=self.text, position=min(starts, default=0) + 1, allowed=allowed, todo=todo)

    def only(self, tree: exp.Expr, *known: str) -> None:
        """Refuse arguments of the node beyond ``known``: modifiers of SQL we did not mean to allow."""
        for key, value in tree.args.items():
            if key not in known and key not in _HARMLESS and value not in (None, [], False):
                self.refuse(tree, f"'{_shown(tree)}' uses a form that is not allowed", GRAMMAR, "write it in the plain form")

    def boolean(self, tree: exp.Expr, where: str) -> Node:
        """A checked condition."""
        node = self.check(tree)
        if node.type not in (BOOLEAN, NULL):
            self.refuse(tree, f"{where} needs boolean, not {node.type}", "a condition", "compare it with something")
        return node

    def _call(self, name: str, tree: exp.Expr) -> Node:
        if name not in AGGREGATES:
            return calls.build(self, name, tree)
        if self.mode == "scalar" or self.inside:
            self.refuse(
                tree,
                f"'{name}' can't stand inside {'another aggregate' if self.inside else 'an expression over one row'}",
                names("scalar"),
                "take it out",
            )
        self.inside = True
        try:
            return calls.build(self, name, tree)
        finally:
            self.inside = False


def _shown(tree: exp.Expr) -> str:
    try:
        return tree.sql("duckdb")[:60]
    except (RecursionError, ValueError, TypeError, AttributeError):
        return type(tree).__name__.lower()


def _paren(self: _Checker, tree: exp.Expr) -> Node:
    self.only(tree, "this")
    return self.check(tree.this)


def _column(self: _Checker, tree: exp.Expr) -> Node:
    self.only(tree, "this", "table")
    table = tree.args.get("table")
    name = f"{table.name}.{tree.name}" if table else tree.name
    if not isinstance(tree.this, exp.Identifier) or name not in self.schema:
        self.refuse(tree, f"unknown field '{name[:40]}'", ", ".join(sorted(self.schema))[:600], "use a field of the layout")
    if self.mode == "aggregate" and not self.inside:
        self.refuse(
            tree,
            f"field '{name}' stands outside an aggregate",
            names("aggregate"),
            f"write sum({name}), count({name}) or another aggregate of it",
        )
    return Node("column", self.schema[name], value=name)


def _literal(self: _Checker, tree: exp.Expr) -> Node:
    written = str(tree.this)
    if tree.args.get("is_string"):
        if any(ord(character) < 32 for character in written):
            self.refuse(tree, "a text has a control character", "printable characters", "remove it")
        return Node("literal", STRING, value=written)
    if "e" in written.lower():
        number = float(written)
        if abs(number) == float("inf"):
            self.refuse(tree, "the number is too large", "up to 1e308", "write a smaller one")
        return Node("literal", NUMBER, value=number)
    digits = written.replace(".", "").lstrip("0")
    scale = len(written.partition(".")[2])
    if len(digits) > 18 or scale > 18:
        self.refuse(tree, "the number has too many digits", "at most 18", "write it with an exponent")
    if "." not in written:
        return Node("literal", INTEGER, value=int(written))
    return Node("literal", decimal(scale), value=Decimal(written))


def _is(self: _Checker, tree: exp.Expr) -> Node:
    self.only(tree, "this", "expression")
    if not isinstance(tree.expression, exp.Null):
        self.refuse(tree, "IS must be followed by NULL or NOT NULL", "IS NULL, IS NOT NULL", "use = for other values")
    return Node("is_null", BOOLEAN, (self.check(tree.this),))


def _in(self: _Checker, tree: exp.Expr) -> Node:
    self.only(tree, "this", "expressions")
    tested = self.check(tree.this)
    values = [self.check(item) for item in tree.expressions]
    if not values or any(value.op != "literal" or value.type == NULL for value in values):
        self.refuse(tree, "IN needs a list of literals", "x IN ('a', 'b')", "list the values; use OR for anything else")
    nodes, _ = unify([tested, *values], "IN")
    return Node("in", BOOLEAN, tuple(nodes))


def _between(self: _Checker, tree: exp.Expr) -> Node:
    self.only(tree, "this", "low", "high")
    parts = [self.check(tree.this), self.check(tree.args["low"]), self.check(tree.args["high"])]
    low, high = comparable("ge", parts[0], parts[1]), comparable("le", parts[0], parts[2])
    return Node("and", BOOLEAN, (low, high))


def _case(self: _Checker, tree: exp.Expr) -> Node:
    self.only(tree, "this", "ifs", "default")
    tested = self.check(tree.this) if tree.this is not None else None
    conditions, results = [], []
    for branch in tree.args["ifs"]:
        self.only(branch, "this", "true")
        conditions.append(
            self.boolean(branch.this, "WHEN") if tested is None else comparable("eq", tested, self.check(branch.this))
        )
        results.append(self.check(branch.args["true"]))
    default = tree.args.get("default")
    results.append(self.check(default) if default is not None else Node("literal", NULL))
    nodes, kind = unify(results, "the results of CASE")
    pairs = [part for pair in zip(conditions, nodes, strict=False) for part in pair]
    return Node("case", kind, (*pairs, nodes[-1]))


def _cast(self: _Checker, tree: exp.Expr) -> Node:
    self.only(tree, "this", "to")
    target = _target(self, tree)
    if isinstance(tree.this, exp.Literal) and tree.this.is_string and target == DATE:
        try:
            return Node("literal", DATE, value=date.fromisoformat(str(tree.this.this)))
        except ValueError:
            self.refuse(tree, f"'{str(tree.this.this)[:40]}' is not a date", "DATE '2020-09-01'", "write year-month-day")
    return cast(self.check(tree.this), target)


def _target(self: _Checker, tree: exp.Expr) -> FormulaType:
    written = tree.args["to"].sql("duckdb").lower()
    base, _, rest = written.partition("(")
    kind = TYPE_WORDS.get(base.strip().strip('"'))
    parameters = [part.strip() for part in rest.rstrip(")").split(",")] if rest else []
    if kind == "decimal" and len(parameters) in (1, 2) and all(part.isdigit() for part in parameters):
        scale = int(parameters[-1])
        if scale <= 18:
            return decimal(scale)
    simple = {"string": STRING, "integer": INTEGER, "number": NUMBER, "boolean": BOOLEAN, "date": DATE}
    if kind in simple and not parameters:
        return simple[kind]
    self.refuse(
        tree,
        f"'{written[:40]}' is not a type of the language",
        "string, integer, decimal(scale ≤ 18), number, boolean, date",
        "use one",
    )


def _not(self: _Checker, tree: exp.Expr) -> Node:
    self.only(tree, "this")
    return Node("not", BOOLEAN, (self.boolean(tree.this, "NOT"),))


def _logical(op: str) -> Callable[[_Checker, exp.Expr], Node]:
    def handler(self: _Checker, tree: exp.Expr) -> Node:
        self.only(tree, "this", "expression")
        return Node(op, BOOLEAN, (self.boolean(tree.this, op.upper()), self.boolean(tree.expression, op.upper())))

    return handler


def _constant(kind: FormulaType, value: Callable[[exp.Expr], bool | None]) -> Callable[[_Checker, exp.Expr], Node]:
    return lambda self, tree: Node("literal", kind, value=value(tree))


_HANDLERS: dict[type[exp.Expr], Callable[[_Checker, exp.Expr], Node]] = {
    exp.Paren: _paren,
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Null: _constant(NULL, lambda tree: None),
    exp.Boolean: _constant(BOOLEAN, lambda tree: bool(tree.this)),
    exp.Neg: lambda self, tree: negate(self.check(tree.this)),
    exp.Not: _not,
    exp.And: _logical("and"),
    exp.Or: _logical("or"),
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Case: _case,
    exp.Cast: _cast,
}
