"""One model for every instrument: questionnaire, interview guide, focus group, observation sheet, document-study sheet.

A form is a value: items in order, lists of choices, words in each language. Expressions stand as XLSForm writes them
(``${age} >= 18``); what they mean is settled once, by ``sapa.instruments.compiled``. The JSON of a form is what a database
keeps and ``Form.from_json`` gives back the same value.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, StrictBool, ValidationError

from sapa.errors import UserError
from sapa.packs.base import Model

FormKind = Literal["questionnaire", "interview", "focus-group", "observation", "document-study"]
Closure = Literal["closed", "open", "semi-closed", "combined"]
Structure = Literal["structured", "semi-structured", "unstructured"]
ItemType = Literal[
    "note", "integer", "decimal", "text", "select-one", "select-many", "rank", "date", "time", "datetime", "scale",
    "acknowledge", "calculate", "group", "repeat",
]  # fmt: skip

SECTIONS: frozenset[str] = frozenset({"group", "repeat"})
CHOOSING: frozenset[str] = frozenset({"select-one", "select-many", "rank"})
SILENT: frozenset[str] = frozenset({"note", "group", "repeat"})
"""Items that hold no answer of their own."""
OTHER = "other"
"""The code that ``other: true`` adds to a list; the words stand under the item's name with ``_other`` after it."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")

Texts = dict[str, str]
"""A text in each language of the form: ``{"uk": …, "en": …}``; empty where nothing is said."""


class FormLanguage(Model):
    """A language the form speaks: its code, and the name it has in the heading of a workbook."""

    code: str = Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
    name: str = ""


class Choice(Model):
    """One choice of a list. ``values`` are its further columns, read by choice filters under their names."""

    code: str = Field(min_length=1, pattern=r"^\S+$")
    label: Texts = Field({})
    values: dict[str, str] = Field({})


class ChoiceList(Model):
    """A list of choices; several items may use one."""

    id: str = Field(min_length=1)
    choices: tuple[Choice, ...]


class Scale(Model):
    """A numeric scale from ``low`` to ``high``, both included; the item's ``choices`` may name its points in words."""

    low: int
    high: int
    step: int = Field(1, ge=1)

    def points(self) -> range:
        """The values that may be chosen, ascending."""
        return range(self.low, self.high + 1, self.step)


class Item(Model):
    """A question, a note, a calculation, or a section of them (group, repeat).

    ``required``, ``relevant``, ``constraint``, ``calculation``, ``choice_filter`` and ``count`` are expressions; an empty one
    says nothing. ``informs`` names what an answer is evidence for: a criterion of the pack, or criterion.sign.
    """

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=80)
    type: ItemType
    label: Texts = Field({})
    hint: Texts = Field({})
    required: str = ""
    required_message: Texts = Field({})
    relevant: str = ""
    constraint: str = ""
    constraint_message: Texts = Field({})
    calculation: str = ""
    default: str = ""
    read_only: StrictBool = False
    choices: str = Field("", description="Id of the list; of a scale: the words of its points.")
    choice_filter: str = ""
    other: StrictBool = Field(False, description="A choice 'other' with words of one's own (semi-closed).")
    scale: Scale | None = None
    count: str = Field("", description="Of a repeat: how many times, where it is not left to the respondent.")
    appearance: str = ""
    informs: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()

    @property
    def other_name(self) -> str:
        """Where the words of the choice 'other' stand among the answers."""
        return f"{self.name}_{OTHER}"


class Participants(Model):
    """Who takes part in a group: how many, and the roles that must be filled beside them."""

    minimum: int = Field(1, ge=1)
    maximum: int = Field(1, ge=1)
    roles: tuple[str, ...] = ()


class Source(Model):
    """Where a form comes from: the instrument of a pack, and the clauses it rests on."""

    pack: str
    pack_version: str
    instrument: str
    clauses: tuple[str, ...] = ()
    ours: StrictBool = False


class Form(Model):
    """An instrument with its items. The first language is the one spoken where another is missing."""

    id: str = Field(min_length=1, max_length=120)
    version: str = "1"
    kind: FormKind = "questionnaire"
    structure: Structure | None = Field(None, description="Of an interview.")
    title: Texts = Field({})
    notice: Texts = Field({}, description="What is recorded and how, shown before anything is.")
    languages: tuple[FormLanguage, ...] = Field(min_length=1)
    audience: tuple[str, ...] = ()
    participants: Participants | None = Field(None, description="Of a focus group.")
    items: tuple[Item, ...] = ()
    lists: tuple[ChoiceList, ...] = ()
    source: Source | None = None

    @property
    def language(self) -> str:
        """The code of the first language."""
        return self.languages[0].code

    def walk(self) -> Iterator[Item]:
        """Every item in the order of the form, sections before what stands in them."""
        return walk(self.items)

    def questions(self) -> Iterator[Item]:
        """The items that hold an answer, calculations included."""
        return (item for item in self.walk() if item.type not in SILENT)

    def item(self, name: str) -> Item | None:
        """The item of that name."""
        return next((item for item in self.walk() if item.name == name), None)

    def choices(self, list_id: str) -> tuple[Choice, ...]:
        """The choices of a list; none where there is no such list."""
        return next((each.choices for each in self.lists if each.id == list_id), ())

    def say(self, texts: Texts, language: str | None = None) -> str:
        """The text in ``language``, else in the form's first, else in any."""
        return texts.get(language or "") or texts.get(self.language) or next(iter(texts.values()), "")

    @property
    def closure(self) -> Closure:
        """Closed: only choices; open: only words; semi-closed: choices with words of one's own; combined: a mixture."""
        asked = [item for item in self.questions() if item.type not in ("calculate", "acknowledge")]
        choosing = [item for item in asked if item.type in CHOOSING or item.type == "scale"]
        if not choosing:
            return "open"
        if len(choosing) < len(asked):
            return "combined"
        return "semi-closed" if any(item.other for item in choosing) else "closed"

    def as_json(self) -> dict[str, Any]:
        """The form as a JSON object; what is empty or usual is left out."""
        dumped: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        return dumped

    @classmethod
    def from_json(cls, data: object) -> Form:
        """The form of that JSON object or text; raises ``UserError`` that names the first thing wrong."""
        try:
            return cls.model_validate_json(data) if isinstance(data, (str, bytes)) else cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "the form"
            raise UserError(f"not a form: {place}: {first['msg']}", todo="correct it and try again") from error

    def digest(self) -> str:
        """SHA-256 of the form's JSON with sorted keys: two forms with one digest ask the same in the same words."""
        text = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def walk(items: tuple[Item, ...]) -> Iterator[Item]:
    """The items and everything inside them, in order."""
    for item in items:
        yield item
        yield from walk(item.items)


__all__ = [
    "CHOOSING",
    "NAME",
    "OTHER",
    "SECTIONS",
    "SILENT",
    "Choice",
    "ChoiceList",
    "Closure",
    "Form",
    "FormKind",
    "FormLanguage",
    "Item",
    "ItemType",
    "Participants",
    "Scale",
    "Source",
    "Structure",
    "Texts",
    "walk",
]
