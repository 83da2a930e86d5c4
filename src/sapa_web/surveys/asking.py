"""An instrument as a page asks it: what a template draws of each item, and what a form sent back says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sapa.instruments import Checked, CompiledForm, Form, Item, label_of

MOST_REPEATS = 50
_INPUTS = {"integer": "number", "decimal": "number", "date": "date", "time": "time", "datetime": "datetime-local"}


@dataclass
class Option:
    """One choice, in the page's language. ``place``: of a ranking, its rank. ``offered``: a filter lets it through."""

    code: str
    label: str
    chosen: bool = False
    place: str = ""
    offered: bool = True


@dataclass
class Asked:
    """One item in the page's language. ``shown``: whether it is asked as the answers stand."""

    address: str
    item: Item
    kind: str
    label: str
    hint: str
    value: str = ""
    shown: bool = True
    required: bool = False
    errors: list[str] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    parts: list[Asked] = field(default_factory=list)
    other: str | None = None
    note: str = ""

    @property
    def input(self) -> str:
        """The browser's kind of field."""
        return _INPUTS.get(self.kind, "text")

    @property
    def long(self) -> bool:
        """Whether words are expected rather than a word."""
        return self.kind == "text" and "short" not in self.item.appearance

    @property
    def places(self) -> range:
        """Ranks to give."""
        return range(1, len(self.options) + 1)

    def walk(self) -> Iterable[Asked]:
        """The item and all inside it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class View:
    """How a form stands: the language it is read in, the answers as given, what the engine says of them, notes to items."""

    made: CompiledForm
    language: str
    answers: Mapping[str, Any]
    checked: Checked
    notes: Mapping[str, str] = field(default_factory=dict)
    everything: bool = False  # on paper and in a protocol nothing is hidden

    def say(self, texts: Mapping[str, str]) -> str:
        """A text in the page's language, with the answers it speaks of in their places."""
        return label_of(self.made, self.made.form.say(dict(texts), self.language), self.checked.answers, self.language)


def asked(view: View) -> list[Asked]:
    """The items of the form, in order."""
    return _asked(view, view.made.form.items, "", view.answers)


def _asked(view: View, items: Sequence[Item], prefix: str, answers: Mapping[str, Any]) -> list[Asked]:
    return [_one(view, item, prefix, answers) for item in items if item.type != "calculate"]


def _one(view: View, item: Item, prefix: str, answers: Mapping[str, Any]) -> Asked:
    address, value = prefix + item.name, answers.get(item.name)
    out = Asked(
        address, item, item.type, view.say(item.label), view.say(item.hint), note=view.notes.get(item.name, ""),
        shown=view.everything or address in view.checked.shown, required=address in view.checked.required,
        errors=[view.say(each.message) for each in view.checked.findings if each.address == address],
    )  # fmt: skip
    if item.type == "group":
        out.parts = _asked(view, item.items, prefix, answers)
    elif item.type == "repeat":
        out.parts = [_turn(view, item, address, number, turn) for number, turn in enumerate(value or [{}])]
    else:
        out.value = "" if value is None or isinstance(value, list) else str(value)
        out.options = _options(view, item, address, value)
        out.other = str(answers.get(item.other_name, "")) if item.other else None
    return out


def _turn(view: View, item: Item, address: str, number: int, answers: Mapping[str, Any]) -> Asked:
    inside = f"{address}[{number}]"
    part = Asked(inside, item, "turn", f"{view.say(item.label)} {number + 1}".strip(), "")
    part.parts = _asked(view, item.items, f"{inside}.", answers)
    return part


def _options(view: View, item: Item, address: str, value: Any) -> list[Option]:
    form = view.made.form
    chosen = [str(each) for each in value] if isinstance(value, list) else ([] if value is None else [str(value)])
    named = {choice.code: view.say(choice.label) or choice.code for choice in form.choices(item.choices)}
    codes = list(named)
    if item.scale is not None:
        points = [str(point) for point in item.scale.points()]
        codes = points + [code for code in codes if code not in points]
    left = view.checked.offered.get(address)
    let = None if left is None or view.everything else {choice.code for choice in left}
    places = {code: str(place) for place, code in enumerate(chosen, start=1)}
    return [
        Option(code, named.get(code, code), code in chosen, places.get(code, ""), let is None or code in let) for code in codes
    ]


def given(form: Form, data: Any) -> dict[str, Any]:
    """Answers of a form that was sent (Django's ``QueryDict``): texts, lists of codes, of a repeat a list of such mappings."""
    return _given(form.items, data, "")


def _given(items: Sequence[Item], data: Any, prefix: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for item in items:
        address = prefix + item.name
        if item.type == "group":
            out |= _given(item.items, data, prefix)
        elif item.type == "repeat":
            turns = _number(data.get(f"{address}#"))
            out[item.name] = [_given(item.items, data, f"{address}[{number}].") for number in range(min(turns, MOST_REPEATS))]
        elif item.type == "rank":
            if ranked := _ranked(data, address):
                out[item.name] = ranked
        elif item.type == "select-many":
            if chosen := data.getlist(address):
                out[item.name] = chosen
        elif item.type not in ("note", "calculate") and (text := data.get(address, "").strip()):
            out[item.name] = text
        words = data.get(prefix + item.other_name, "").strip() if item.other else ""
        if words:
            out[item.other_name] = words
    return out


def _ranked(data: Any, address: str) -> list[str]:
    begin = f"{address}::"
    given_places = [(_number(data.get(name)), name.removeprefix(begin)) for name in data if name.startswith(begin)]
    return [code for place, code in sorted(given_places) if place]


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else 0


__all__ = ["Asked", "Option", "View", "asked", "given"]
