"""What is still to be done on a form that somebody writes, before it can be asked.

``examine`` finds what can't be computed. Whoever writes an instrument also forgets words, translations, choices; that is told
here, at the item where it is to be mended.
"""

from __future__ import annotations

from collections.abc import Iterator

from sapa.instruments.compiled import FormFinding, examine
from sapa.instruments.conditions import condition_of
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


def _too_early(form: Form, item: Item) -> bool:
    order = [each.name for each in form.walk()]
    parts = condition_of(form, item.relevant) or ()
    return any(order.index(part.question) > order.index(item.name) for part in parts)


def _finding(item: str, column: str, code: str, severity: str = "error", /, **args: str) -> FormFinding:
    return FormFinding(item, column, code, words(f"form.{code}", **args), severity)


__all__ = ["proofread"]
