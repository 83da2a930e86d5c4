"""What the page's script (``frontend/src/instruments``) gets of a form: settled trees and what is said, in one language."""

from __future__ import annotations

from typing import Any

from sapa.instruments.compiled import CompiledForm, Step
from sapa.instruments.model import OTHER, Item
from sapa.instruments.words import catalogue, words


def page_form(form: CompiledForm, language: str) -> dict[str, Any]:
    """The JSON of a compiled form for the page, its words in ``language``.

    ``steps``: names in the order of computation; ``order``: ``[name, [inside]]`` in the order of the form; ``items``: what each
    is, with its settled trees; ``lists``: choices; ``words``: what is said of answers.
    """
    lists = {
        each.id: [
            {"code": choice.code, "label": choice.label.get(language, ""), "values": choice.values} for choice in each.choices
        ]
        for each in form.form.lists
    }
    labels = {
        listed: {OTHER: words("answer.other-label").get(language, "Other")}
        | {choice.code: form.form.say(choice.label, language) for choice in form.form.choices(listed)}
        for listed in form.labels
    }
    said = {
        code.removeprefix("answer."): texts.get(language, texts["en"])
        for code, texts in catalogue().items()
        if code.startswith("answer.")
    }
    return {
        "language": language,
        "steps": [step.item.name for step in form.steps],
        "order": _order(form.form.items),
        "items": {step.item.name: _item(form, step, language) for step in form.in_order},
        "names": sorted(form.names),
        "lists": lists,
        "labels": labels,
        "words": said,
    }


def _order(items: tuple[Item, ...]) -> list[Any]:
    return [[item.name, _order(item.items)] for item in items]


def _item(form: CompiledForm, step: Step, language: str) -> dict[str, Any]:
    item, scale = step.item, step.item.scale
    messages = {"required": item.required_message, "constraint": item.constraint_message}
    return {
        "type": item.type,
        "repeats": list(step.repeats),
        "group": step.group,
        "trees": form.trees.get(item.name, {}),
        "choices": item.choices,
        "other": item.other,
        "readOnly": item.read_only,
        "scale": [scale.low, scale.high, scale.step] if scale else None,
        "words": {code: form.form.say(texts, language) for code, texts in messages.items() if texts},
    }
