"""What is still to be done on a form that somebody writes, before it can be asked.

``examine`` finds what can't be computed. Whoever writes an instrument also forgets words, translations, choices; that is told
here, at the item where it is to be mended.
"""

from __future__ import annotations

from collections.abc import Iterator

from sapa.instruments.compiled import FormFinding, examine
from sapa.instruments.conditions import CHOSEN, codes_of, condition_of
from sapa.instruments.expressions import ExpressionError, parse
from sapa.instruments.model import CHOOSING, Form, Item, Texts
from sapa.instruments.words import words

LEAST_CHOICES = 2


def proofread(form: Form) -> tuple[FormFinding, ...]:
    """All findings; those of severity ``warning`` forbid nothing. An empty ``item`` means the form as a whole."""
    found = [_at_item(form, each) for each in examine(form)[1]]
    return (*found, *_whole(form), *(each for item in form.walk() for each in _item(form, item)))


def _at_item(form: Form, found: FormFinding) -> FormFinding:
    """A finding about a list stands at the first question that offers it."""
    if found.column != "choices" or form.item(found.item) is not None:
        return found
    user = next((item.name for item in form.walk() if item.choices == found.item), "")
    return FormFinding(user, found.column, found.code, found.message, found.severity)


def _whole(form: Form) -> Iterator[FormFinding]:
    if not form.title.get(form.language):
        yield _finding("", "label", "no-title")
    if not any(item.type != "calculate" for item in form.questions()):
        yield _finding("", "items", "no-questions")


def _item(form: Form, item: Item) -> Iterator[FormFinding]:
    if item.type == "calculate":
        return
    choices = form.choices(item.choices) if item.type in CHOOSING else ()
    if not item.label.get(form.language):
        yield _finding(item.name, "label", "no-words")
    if item.type in CHOOSING and len(choices) + item.other < LEAST_CHOICES:
        yield _finding(item.name, "choices", "few-choices")
    if any(not choice.label.get(form.language) for choice in choices):
        yield _finding(item.name, "choices", "choice-words")
    texts: list[Texts] = [item.label, *([item.hint] if item.hint else []), *(choice.label for choice in choices)]
    missing = [each for each in form.languages[1:] if any(not text.get(each.code) for text in texts)]
    if missing and item.label.get(form.language):
        names = ", ".join(each.name or each.code for each in missing)
        yield _finding(item.name, "label", "words-missing", "warning", languages=names)
    if _too_early(form, item):
        yield _finding(item.name, "relevant", "later", "warning")
    if item.relevant and any(gone(form, *named) for named in _named(item.relevant)):
        yield _finding(item.name, "relevant", "gone", "warning")


def _too_early(form: Form, item: Item) -> bool:
    order = [each.name for each in form.walk()]
    parts = condition_of(form, item.relevant) or ()
    return any(order.index(part.question) > order.index(item.name) for part in parts)


def gone(form: Form, name: str, code: str) -> bool:
    """Whether a question is there that does not offer this answer: what waits for it would never be shown."""
    item = form.item(name)
    return item is not None and item.type in CHOSEN | CHOOSING and code not in codes_of(form, item)


def _named(expression: str) -> Iterator[tuple[str, str]]:
    """Questions with the answers that an expression names of them."""
    try:
        trees = [parse(expression)]
    except ExpressionError:
        return
    while trees:
        tree = trees.pop()
        pair = tree[2:] if tree[:2] == ["call", "selected"] else tree[1:] if tree[0] in ("=", "!=") else []
        if len(pair) == 2 and pair[0][0] == "ref" and pair[1][0] == "s" and pair[1][1]:
            yield pair[0][1], pair[1][1]
        trees += [each for each in tree if isinstance(each, list)]


def _finding(item: str, column: str, code: str, severity: str = "error", /, **args: str) -> FormFinding:
    return FormFinding(item, column, code, words(f"form.{code}", **args), severity)


__all__ = ["proofread"]
