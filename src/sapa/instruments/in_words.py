"""Skip logic in words, for a person with a pen: "only if the answer to 3 is “yes”"."""

from __future__ import annotations

from collections.abc import Mapping

from sapa.instruments.expressions import ExpressionError, Tree, parse
from sapa.instruments.model import OTHER, Form
from sapa.instruments.resolve import references
from sapa.instruments.values import written
from sapa.instruments.words import words

_ORDER = {">": "more", ">=": "least", "<": "less", "<=": "most"}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def skip_hint(form: Form, relevant: str, numbers: Mapping[str, str], language: str) -> str:
    """When an item is to be answered, in words; ``numbers``: what each question is called on the paper. Empty: always."""
    if not relevant:
        return ""
    try:
        said = _Words(form, numbers, language).of(parse(relevant))
    except (ExpressionError, _TooMuchError):
        said = ""
    if said:
        return _say("skip.if", language, condition=said)
    known = [numbers[name] for name in dict.fromkeys(references(relevant)) if name in numbers]
    return _say("skip.depends", language, question=", ".join(known)) if known else ""


class _TooMuchError(Exception):
    """A condition that short words don't say."""


def _say(code: str, language: str, /, **args: str) -> str:
    texts = words(code, **args)
    return texts.get(language, texts["en"])


class _Words:
    def __init__(self, form: Form, numbers: Mapping[str, str], language: str) -> None:
        self.form = form
        self.numbers = numbers
        self.language = language

    def of(self, tree: Tree) -> str:
        kind = tree[0]
        if kind in ("and", "or"):
            return _say(f"skip.{kind}", self.language).join(self.inside(each, kind) for each in tree[1:])
        if kind in ("=", "!="):
            return self.equality(tree[1], tree[2], kind == "=")
        if kind in _ORDER:
            return self.order(kind, tree[1], tree[2])
        if kind == "ref":
            return _say("skip.answered", self.language, question=self.number(tree[1]))
        if kind == "call" and tree[1] == "selected" and len(tree) == 4:
            return self.equality(tree[2], tree[3], True)
        if kind == "call" and tree[1] == "not" and len(tree) == 3:
            return self.opposite(tree[2])
        raise _TooMuchError

    def inside(self, tree: Tree, kind: str) -> str:
        said = self.of(tree)
        return f"({said})" if tree[0] in ("and", "or") and tree[0] != kind else said

    def opposite(self, tree: Tree) -> str:
        if tree[0] in ("=", "!="):
            return self.equality(tree[1], tree[2], tree[0] == "!=")
        if tree[0] == "call" and tree[1] == "selected" and len(tree) == 4:
            return self.equality(tree[2], tree[3], False)
        if tree[0] == "ref":
            return _say("skip.empty", self.language, question=self.number(tree[1]))
        raise _TooMuchError

    def equality(self, left: Tree, right: Tree, equal: bool) -> str:
        if left[0] != "ref":
            left, right = right, left
        if left[0] != "ref" or right[0] not in ("s", "n"):
            raise _TooMuchError
        question = self.number(left[1])
        if right[1] == "":
            return _say("skip.empty" if equal else "skip.answered", self.language, question=question)
        answer = self.answer(left[1], right[1] if right[0] == "s" else written(right[1]))
        return _say("skip.is" if equal else "skip.is-not", self.language, question=question, answer=answer)

    def order(self, kind: str, left: Tree, right: Tree) -> str:
        if left[0] != "ref":
            left, right, kind = right, left, _TURNED[kind]
        if left[0] != "ref" or right[0] != "n":
            raise _TooMuchError
        return _say(f"skip.{_ORDER[kind]}", self.language, question=self.number(left[1]), answer=written(right[1]))

    def number(self, name: str) -> str:
        if name not in self.numbers:
            raise _TooMuchError
        return self.numbers[name]

    def answer(self, name: str, code: str) -> str:
        item = self.form.item(name)
        for choice in self.form.choices(item.choices) if item else ():
            if choice.code == code:
                return self.form.say(choice.label, self.language) or code
        return _say("answer.other-label", self.language) if code == OTHER else code
