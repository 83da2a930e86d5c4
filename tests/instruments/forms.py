"""The form whose answers the corpus of expressions speaks of."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sapa.instruments import Choice, ChoiceList, Form, FormLanguage, Item

CORPUS: dict[str, Any] = json.loads((Path(__file__).parent / "corpus.json").read_text("utf-8"))
NOW = datetime.fromisoformat(CORPUS["now"])
ENGLISH = (FormLanguage(code="en"),)
LISTS = (
    ChoiceList(id="colours", choices=tuple(Choice(code=code) for code in ("red", "green", "blue"))),
    ChoiceList(id="parents", choices=(Choice(code="mother", label={"en": "Мама"}), Choice(code="father", label={"en": "Тато"}))),
)
PEOPLE = Item(
    name="people",
    type="repeat",
    items=(
        Item(name="name", type="text"),
        Item(name="age", type="integer"),
        Item(name="twice", type="calculate", calculation="${age} * 2"),
        Item(name="place", type="calculate", calculation="position(..)"),
    ),
)
TYPES = {"many": "select-many", "one": "select-one", "who": "select-one", "day": "date", "later": "date", "hour": "time"}
TYPES |= {"moment": "datetime", "a": "integer", "b": "integer", "hidden": "integer", "half": "decimal", "empty": "integer"}


def item(name: str) -> Item:
    choices = {"many": "colours", "one": "colours", "who": "parents"}.get(name, "")
    return Item(name=name, type=TYPES.get(name, "text"), choices=choices, relevant="false()" if name == "hidden" else "")  # type: ignore[arg-type]


def form_with(*more: Item, lists: tuple[ChoiceList, ...] = LISTS) -> Form:
    """The corpus's form with further items."""
    asked = [PEOPLE if name == "people" else item(name) for name in CORPUS["answers"]]
    return Form(id="corpus", languages=ENGLISH, items=(*asked, *more), lists=lists)


def result(expression: str) -> Item:
    return Item(name="result", type="calculate", calculation=expression)
