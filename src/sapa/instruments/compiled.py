"""A form made ready once: names settled, expressions turned into closures, the order of computation found.

What is computed before what follows from who reads whom; a circle is a finding, as is every name that leads nowhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sapa.errors import RefusedError
from sapa.instruments.evaluate import Closure, Frame, closure, condition
from sapa.instruments.expressions import ExpressionError, Tree
from sapa.instruments.model import CHOOSING, SECTIONS, Choice, Form, Item, Texts
from sapa.instruments.resolve import Names, Resolver, Settled, references
from sapa.instruments.words import words

EXPRESSIONS = ("relevant", "calculation", "constraint", "required", "choice_filter", "count")
DEEPEST = 150
"""Items that wait for one another in a row, against the order of the form."""
_DYNAMIC = re.compile(r"\$\{|[\w-]\s*\(.*\)")


@dataclass(frozen=True)
class FormFinding:
    """One thing wrong with a form: the item and its column, a code, words in each language."""

    item: str
    column: str
    code: str
    message: Texts
    severity: str = "error"

    def as_text(self, language: str = "en") -> str:
        """One line in that language."""
        return f"{self.item} ({self.column}): {self.message.get(language, self.message['en'])}"


@dataclass(frozen=True)
class Step:
    """What is computed for one item in every instance it stands in."""

    item: Item
    repeats: tuple[str, ...]
    group: str
    """The group directly around it, empty where there is none or where that is a repeat."""
    relevant: Callable[[Frame, Any], bool] | None = None
    calculation: Closure | None = None
    constraint: Callable[[Frame, Any], bool] | None = None
    required: Callable[[Frame, Any], bool] | None = None
    choice_filter: Callable[[Frame, Any], bool] | None = None
    count: Closure | None = None
    default: Closure | None = None
    choices: tuple[Choice, ...] = ()
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CompiledForm:
    """A form with everything settled that does not depend on answers. Safe to keep and to share between threads."""

    form: Form
    steps: tuple[Step, ...]
    """In the order of computation."""
    in_order: tuple[Step, ...]
    """In the order of the form."""
    names: frozenset[str]
    by_name: dict[str, Step] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    """Lists whose labels an expression asks for."""
    trees: dict[str, dict[str, Tree]] = field(default_factory=dict)
    """Settled trees by item and column: what the page's script runs."""


def compile_form(form: Form) -> CompiledForm:
    """Make the form ready; raises ``RefusedError`` with all findings where it can't be asked as it stands."""
    compiled, findings = examine(form)
    if compiled is None:
        said = "; ".join(each.as_text() for each in findings if each.severity == "error")
        raise RefusedError(f"the form can't be asked as it stands: {said}", todo="correct these items")
    return compiled


@lru_cache(maxsize=256)
def compile_json(text: str) -> CompiledForm:
    """The form of that JSON text, ready; kept, so that many answers to one form cost one compilation."""
    return compile_form(Form.from_json(text))


def examine(form: Form) -> tuple[CompiledForm | None, tuple[FormFinding, ...]]:
    """The form made ready, or nothing, and what is wrong with it."""
    work = _Compilation(form)
    work.structure()
    settled = {item.name: work.settle(item) for item in form.walk()}
    order = work.order(settled)
    if any(each.severity == "error" for each in work.findings):
        return None, tuple(work.findings)
    steps = {name: work.step(name, columns) for name, columns in settled.items()}
    trees = {name: {column: each.tree for column, each in columns.items()} for name, columns in settled.items() if columns}
    names = frozenset(name for name, place in work.names.places.items() if place.item.type not in ("group", "note"))
    labels = tuple(sorted({listed for columns in trees.values() for tree in columns.values() for listed in _labelled(tree)}))
    ready = CompiledForm(form, tuple(steps[name] for name in order), tuple(steps.values()), names, steps, labels, trees)
    return ready, tuple(work.findings)


class _Compilation:
    """The work on one form; findings gather on the way."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.names = Names(form)
        self.findings: list[FormFinding] = []

    def find(self, item: str, column: str, code: str, /, **args: str) -> None:
        self.findings.append(FormFinding(item, column, code, words(f"form.{code}", **args)))

    def structure(self) -> None:
        """Names used twice, lists that are missing, what does not belong to its type, words in unknown languages."""
        seen: set[str] = set()
        for item in self.form.walk():
            for name in (item.name, item.other_name) if item.other else (item.name,):
                if name in seen:
                    self.find(item.name, "name", "name-twice", name=name)
                seen.add(name)
            self.belongings(item)
        for each in self.form.lists:
            # One code may stand twice where further columns tell the two apart: a filter then leaves one of them.
            codes = Counter((choice.code, *sorted(choice.values.items())) for choice in each.choices)
            for code in sorted({str(key[0]) for key, times in codes.items() if times > 1}):
                self.find(each.id, "choices", "code-twice", code=code)

    def belongings(self, item: Item) -> None:
        lists = {each.id for each in self.form.lists}
        if item.type in CHOOSING and item.choices not in lists:
            self.find(item.name, "choices", "no-such-list", list=item.choices)
        if item.type == "scale" and (item.scale is None or item.scale.low >= item.scale.high):
            self.find(item.name, "scale", "scale")
        if item.type == "calculate" and not item.calculation:
            self.find(item.name, "calculation", "no-calculation")
        if item.items and item.type not in SECTIONS:
            self.find(item.name, "items", "not-a-section")
        if item.other and (item.type not in ("select-one", "select-many") or item.choice_filter):
            self.find(item.name, "other", "other")
        codes = {language.code for language in self.form.languages}
        for column in ("label", "hint", "required_message", "constraint_message"):
            for strange in sorted(set(getattr(item, column)) - codes):
                self.find(item.name, column, "no-such-language", language=strange)
            for text in getattr(item, column).values():
                for name in references(text):
                    if name not in self.names.places:
                        self.find(item.name, column, "no-such-item", name=name)

    def settle(self, item: Item) -> dict[str, Settled]:
        """The settled expressions of an item by column; what can't be settled becomes a finding."""
        out = {}
        columns = {column: getattr(item, column) for column in EXPRESSIONS if getattr(item, column)}
        if item.default and _DYNAMIC.search(item.default):
            columns["default"] = item.default
        for column, text in columns.items():
            try:
                out[column] = Resolver(self.names, item, columns=column == "choice_filter").settle(text)
            except ExpressionError as error:
                self.find(item.name, column, error.code, **error.args_named)
        return out

    def order(self, settled: dict[str, dict[str, Settled]]) -> list[str]:
        """Item names so that each comes after what it reads; the order of the form where nothing else decides."""
        waits: dict[str, set[str]] = {}
        for name, columns in settled.items():
            place = self.names.places[name]
            asked = [columns[column] for column in ("relevant", "calculation", "count") if column in columns]
            reads = {read for each in asked for read in each.reads}
            owners = {read.removesuffix("_other") if read not in settled else read for read in reads}
            waits[name] = owners | set(place.sections[-1:])
        done: list[str] = []
        state: dict[str, int] = {}
        for name in waits:
            self._visit(name, waits, state, done, [])
        return done

    def _visit(self, name: str, waits: dict[str, set[str]], state: dict[str, int], done: list[str], way: list[str]) -> None:
        if state.get(name) == 2:
            return
        if state.get(name) == 1:
            circle = [*way[way.index(name) :], name]
            self.find(name, "calculation", "circle", circle=" → ".join(circle))
            return
        if len(way) > DEEPEST:
            self.find(name, "calculation", "too-deep", limit=str(DEEPEST))
            return
        state[name] = 1
        for other in sorted(each for each in waits[name] if each in waits):
            self._visit(other, waits, state, done, [*way, name])
        state[name] = 2
        done.append(name)

    def step(self, name: str, columns: dict[str, Settled]) -> Step:
        place = self.names.places[name]
        item, around = place.item, place.sections[-1:]
        group = around[0] if around and (not place.repeats or around[0] != place.repeats[-1]) else ""
        closures = {column: closure(columns[column].tree) for column in ("calculation", "count", "default") if column in columns}
        asked = ("relevant", "constraint", "required", "choice_filter")
        conditions = {column: condition(columns[column].tree) for column in asked if column in columns}
        choices = self.form.choices(item.choices) if item.type in CHOOSING else ()
        codes = frozenset(choice.code for choice in choices) | ({"other"} if item.other else set())
        return Step(
            item=item,
            repeats=place.repeats,
            group=group,
            choices=choices,
            codes=codes,
            **closures,
            **conditions,
        )


def _labelled(tree: Tree) -> Iterator[str]:
    if tree and tree[0] == "label":
        yield tree[2]
    for each in tree:
        if isinstance(each, list):
            yield from _labelled(each)


def findings_of(form: Form) -> Iterator[FormFinding]:
    """What is wrong with a form, for an editor's page."""
    yield from examine(form)[1]
