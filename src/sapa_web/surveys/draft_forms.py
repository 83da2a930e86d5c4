"""Forms of writing an instrument: what it is called, and one question with all that belongs to its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from sapa.instruments import Choice, FormLanguage, Item, Participants, Scale
from sapa.instruments import Form as Asking
from sapa.instruments.conditions import LIMITED, Limits, limits_of, limits_text
from sapa.instruments.editing import with_languages
from sapa.instruments.model import CHOOSING, SECTIONS
from sapa.instruments.words import words
from sapa_web.orgs.forms.common import Form
from sapa_web.surveys.domain.drafts import CODED, Row, new_id
from sapa_web.surveys.forms import language
from sapa_web.surveys.models import Instrument

LEAST_ROWS, SPARE, MOST_ROWS = 4, 2, 60
WIDEST = 21
"""Points of a scale at most."""
KINDS: dict[str, tuple[Any, str, Any]] = {
    "select-one": (_l("One answer"), "circle-dot", _l("People choose one of the answers you offer.")),
    "select-many": (_l("Several answers"), "square-check", _l("People choose as many as fit.")),
    "scale": (_l("Scale"), "ruler", _l("A number from low to high, for example 1 to 5.")),
    "text": (_l("Answer in words"), "writing", _l("People answer in their own words.")),
    "integer": (_l("Whole number"), "sum", _l("How many, how old.")),
    "decimal": (_l("Number with a fraction"), "percentage", _l("For example 3.5.")),
    "date": (_l("Date"), "calendar", _l("A day.")),
    "note": (_l("Note"), "note", _l("Something to read. Nothing is asked.")),
    "group": (_l("Heading"), "layout-list", _l("The questions that follow stand below it.")),
}
"""What can be added: name, icon, what it is."""
OTHER_KINDS: dict[str, tuple[Any, str]] = {
    "rank": (_l("Order of preference"), "arrows-sort"), "time": (_l("Time of day"), "clock"),
    "datetime": (_l("Date and time"), "clock"),
    "acknowledge": (_l("Confirmation"), "check"), "calculate": (_l("Calculation"), "sum"),
    "repeat": (_l("Repeated part"), "stack"),
}  # fmt: skip
"""What comes in with a workbook: its words can be changed, its kind is kept."""
KEPT = ("required", "relevant", "constraint", "calculation", "default", "choice_filter", "count")
Groups = Sequence[tuple[str, Sequence[tuple[str, str]]]]


def kind_of(item: Item) -> tuple[Any, str]:
    """Name and icon of an item's kind."""
    known = KINDS.get(item.type)
    return known[:2] if known else OTHER_KINDS[item.type]


def called(each: FormLanguage) -> str:
    """A language by its own name."""
    return dict(settings.LANGUAGES).get(each.code) or each.name or each.code


class AboutForm(Form):
    """Kind, languages, title."""

    unit = forms.ChoiceField(label=_l("Institution"))
    kind = forms.ChoiceField(label=_l("Kind"), choices=Instrument.KINDS)
    languages = forms.MultipleChoiceField(
        label=_l("Languages"), widget=forms.CheckboxSelectMultiple,
        help_text=_l("The words of a language that is taken away are gone with it."),
    )  # fmt: skip

    def __init__(self, *args: Any, asking: Asking | None = None, places: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asking = asking
        spoken = list(asking.languages) if asking else []
        self.named = {each.code: called(each) for each in spoken} | dict(settings.LANGUAGES)
        self.fields["languages"].choices = list(self.named.items())  # type: ignore[attr-defined]
        self.initial.setdefault("languages", [each.code for each in spoken] or [language()])
        if asking is not None:
            del self.fields["kind"], self.fields["unit"]
            self._texts(asking)
        else:
            self.fields["languages"].help_text = ""
            self.fields["title"] = forms.CharField(label=_("Title"), max_length=200)
            self.order_fields(["title", "kind", "languages", "unit"])
            self.fields["unit"].choices = [(item.code, str(item)) for item in places]  # type: ignore[attr-defined]
            if len(places) == 1:
                del self.fields["unit"]

    def _texts(self, asking: Asking) -> None:
        several = len(asking.languages) > 1
        for each in asking.languages:
            more = f" · {called(each)}" if several else ""
            title, notice = f"title_{each.code}", f"notice_{each.code}"
            attrs = {"lang": each.code}
            self.fields[title] = forms.CharField(
                label=_("Title") + more, max_length=200, required=each == asking.languages[0], widget=forms.TextInput(attrs)
            )
            self.fields[notice] = forms.CharField(
                label=_("Further words to the notice") + more, required=False, max_length=4000,
                widget=forms.Textarea({"rows": 3, **attrs}),
            )  # fmt: skip
            self.initial.update({title: asking.title.get(each.code, ""), notice: asking.notice.get(each.code, "")})

    def written(self) -> Asking:
        """The form with its new head; an empty one where it begins."""
        given, kept = self.cleaned_data, {each.code: each for each in (self.asking.languages if self.asking else ())}
        chosen = sorted(given["languages"], key=lambda code: (code not in kept, list(self.named).index(code)))
        spoken = tuple(kept.get(code) or FormLanguage(code=code, name=self.named[code]) for code in chosen)
        if self.asking is None:
            people = Participants(minimum=6, maximum=12, roles=("moderator", "recorder"))
            title = {language() if language() in chosen else chosen[0]: given["title"]}
            return Asking(
                id=new_id(), kind=given["kind"], title=title, languages=spoken,
                participants=people if given["kind"] == Instrument.FOCUS_GROUP else None,
            )  # fmt: skip
        texts = {
            name: {code: given[f"{name}_{code}"] for code in kept if given.get(f"{name}_{code}")} for name in ("title", "notice")
        }
        return with_languages(self.asking.model_copy(update=texts), spoken)


class QuestionForm(Form):
    """One item of an instrument, with the fields of its kind."""

    kind = forms.ChoiceField(
        label=_l("Kind"),
        help_text=_l("Another kind asks for other things: they stand here once it is saved. Years are not compared across it."),
    )
    low = forms.IntegerField(label=_l("Lowest point"), min_value=-100, max_value=100)
    high = forms.IntegerField(label=_l("Highest point"), min_value=-100, max_value=100)
    other = forms.BooleanField(label=_l("“Other”, in one’s own words, can be chosen too"), required=False)
    required = forms.BooleanField(label=_l("An answer is required"), required=False)
    least = forms.CharField(label=_l("At least"), required=False, max_length=20)
    most = forms.CharField(label=_l("At most"), required=False, max_length=20)

    def __init__(self, *args: Any, asking: Asking, item: Item, criteria: Groups, fresh: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asking, self.item = asking, item
        self.limits = limits_of(item) if item.type in LIMITED else None
        if fresh or item.type not in KINDS or item.type in SECTIONS:
            del self.fields["kind"]
        else:
            named = [(code, known[0]) for code, known in KINDS.items() if code not in SECTIONS]
            self.fields["kind"].choices = named  # type: ignore[attr-defined]
            self.initial["kind"] = item.type
        self._words()
        self._belongings(criteria)

    def _words(self) -> None:
        what = _("Note") if self.item.type == "note" else _("Heading") if self.item.type in SECTIONS else _("Question")
        several = len(self.asking.languages) > 1
        for place, each in enumerate(self.asking.languages):
            more, attrs = f" · {called(each)}" if several else "", {"lang": each.code, "rows": 2}
            for name, label, texts in (("label", what, self.item.label), ("hint", _("Hint"), self.item.hint)):
                self.fields[f"{name}_{each.code}"] = forms.CharField(
                    label=label + more, max_length=2000, widget=forms.Textarea(attrs),
                    required=name == "label" and place == 0 and self.item.type not in ("calculate", "repeat"),
                )  # fmt: skip
                self.initial[f"{name}_{each.code}"] = texts.get(each.code, "")

    def _belongings(self, criteria: Groups) -> None:
        item, gone = self.item, []
        if item.type == "scale":
            self.initial.update({"low": item.scale.low if item.scale else 1, "high": item.scale.high if item.scale else 5})
        else:
            gone += ["low", "high"]
        gone += ["other"] if item.type not in ("select-one", "select-many") or item.choice_filter else []
        gone += ["required"] if item.type in {"note", "calculate"} | SECTIONS or item.required not in ("", "true()") else []
        gone += ["least", "most"] if self.limits is None else []
        for name in gone:
            del self.fields[name]
        self.initial.update({"other": item.other, "required": item.required == "true()"})
        if self.limits is not None:
            self._limits(self.limits)
        known = {code for _title, group in criteria for code, _words in group}
        for number, code in enumerate((*item.informs, "")[: max(1, len(item.informs))] if self._informing() else ()):
            strange = [(code, code)] if code and code not in known else []
            self.fields[f"informs_{number}"] = forms.ChoiceField(
                label=_("Speaks of the criterion"), required=False, choices=[("", "–"), *strange, *criteria]
            )
            self.initial[f"informs_{number}"] = code

    def _informing(self) -> bool:
        return self.item.type not in {"note", "calculate"} | SECTIONS

    def _limits(self, limits: Limits) -> None:
        self.initial.update({"least": limits.low, "most": limits.high})
        if self.item.type == "date":
            for name in ("least", "most"):
                self.fields[name].widget.input_type = "date"
        if self.item.type == "select-many":
            self.fields["least"].label, self.fields["most"].label = _("Answers at least"), _("Answers at most")

    def fields_of(self, *begin: str) -> list[Any]:
        """Bound fields whose names begin so, in the order of the names given."""
        return [self[name] for start in begin for name in self.fields if name == start or name.startswith(f"{start}_")]

    def texts(self) -> list[Any]:
        """The question in each language."""
        return self.fields_of("label")

    def hints(self) -> list[Any]:
        """The hint in each language."""
        return self.fields_of("hint")

    def belongings(self) -> list[Any]:
        """What else its kind has."""
        return self.fields_of("required", "least", "most", "informs")

    def kept(self) -> list[tuple[str, str]]:
        """Expressions that the page does not offer; they stay as they stand in the workbook."""
        offered = {"relevant"} | ({"required"} if "required" in self.fields else set())
        offered |= {"constraint"} if "least" in self.fields else set()
        return [(name, getattr(self.item, name)) for name in KEPT if name not in offered and getattr(self.item, name)]

    def clean(self) -> dict[str, Any]:
        """The lower bound below the upper one; both numbers, or days."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        low, high = given.get("low"), given.get("high")
        if low is not None and high is not None and not 0 < high - low < WIDEST:
            self.add_error("high", _("A scale has between 2 and %(n)s points.") % {"n": WIDEST})
        if "least" in self.fields:
            values = [self._bound(name) for name in ("least", "most")]
            if None not in values and values[0] > values[1]:
                self.add_error("most", _("This is less than the least."))
        return given

    def _bound(self, name: str) -> Any:
        text = self.cleaned_data.get(name, "").strip().replace(",", ".").replace("\N{MINUS SIGN}", "-")
        self.cleaned_data[name] = text
        if not text:
            return None
        if self.item.type == "date":
            try:
                return date.fromisoformat(text)
            except ValueError:
                self.add_error(name, _("Write a day as year-month-day."))
                return None
        whole = self.item.type != "decimal"
        if not re.fullmatch(r"-?\d{1,12}" if whole else r"-?\d{1,12}(\.\d{1,9})?", text):
            self.add_error(name, _("Write a whole number.") if whole else _("Write a number."))
            return None
        return float(text)

    def written(self) -> Item:
        """The item as it was sent."""
        given, spoken = self.cleaned_data, [each.code for each in self.asking.languages]
        values: dict[str, Any] = {
            name: {code: given[f"{name}_{code}"] for code in spoken if given.get(f"{name}_{code}")} for name in ("label", "hint")
        }
        if "required" in self.fields:
            values["required"] = "true()" if given["required"] else ""
        if "other" in self.fields:
            values["other"] = given["other"]
        if "low" in self.fields:
            step = self.item.scale.step if self.item.scale else 1
            values["scale"] = Scale(low=given["low"], high=given["high"], step=step)
        if self._informing():
            named = (given.get(f"informs_{number}", "") for number in range(max(1, len(self.item.informs))))
            values["informs"] = tuple(dict.fromkeys(code for code in named if code))
        if self.limits is not None and (limits := Limits(given["least"], given["most"])) != self.limits:
            values |= {"constraint": limits_text(self.item.type, limits), "constraint_message": self._said(limits)}
        item = self.item.model_copy(update=values)
        kind = given.get("kind") or item.type
        return turned(item, kind) if kind != item.type else item

    def _said(self, limits: Limits) -> dict[str, str]:
        """What is said to an answer outside the limits, in the languages of the instrument that the engine speaks."""
        if not limits.low and not limits.high:
            return {}
        code = "between" if limits.low and limits.high else "least" if limits.low else "most"
        told = words(f"limit.{code}", low=limits.low, high=limits.high)
        return {each.code: told[each.code] for each in self.asking.languages if each.code in told}


class PublishForm(Form):
    """What is new, where an earlier version stands."""

    change = forms.CharField(
        label=_l("What is new"),
        max_length=500,
        required=False,
        help_text=_l("It stands beside the version in the list of versions."),
    )  # fmt: skip

    def __init__(self, *args: Any, first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if first:
            del self.fields["change"]


def turned(item: Item, kind: str) -> Item:
    """The item as another kind of question, with what belongs to that kind only."""
    keeps = {item.type, kind} <= CHOOSING
    values: dict[str, Any] = {
        "type": kind, "constraint": "", "constraint_message": {}, "default": "", "choice_filter": "", "appearance": "",
        "scale": Scale(low=1, high=5) if kind == "scale" else None,
        "choices": item.choices if keeps or (item.type == "scale" and kind in CHOOSING) else "",
        "other": item.other and keeps, "required": "" if kind == "note" else item.required,
        "informs": () if kind == "note" else item.informs,
    }  # fmt: skip
    return item.model_copy(update=values)


@dataclass
class AnswerRow:
    """One answer to choose from as its form has it. ``held``: place and code of what it is in the list; ``point``: of a scale."""

    place: int
    held: str = ""
    point: str = ""
    texts: tuple[tuple[str, str, str], ...] = ()
    """Language, its name, the words."""


def rows_of(asking: Asking, item: Item, sent: Sequence[AnswerRow] | None = None) -> list[AnswerRow]:
    """The answers of a question, with empty lines to write in; of a scale its points."""
    if item.type not in CODED:
        return []
    choices = asking.choices(item.choices)
    spoken = asking.languages
    if item.type == "scale":
        named = {choice.code: choice for choice in choices}
        points = [str(point) for point in item.scale.points()][:WIDEST] if item.scale else []
        rows = [AnswerRow(place, "", point, _texts(spoken, named[point].label if point in named else {}))
                for place, point in enumerate(points, start=1)]  # fmt: skip
        return list(sent) if sent is not None else rows
    rows = [AnswerRow(0, f"{index}:{choice.code}", "", _texts(spoken, choice.label)) for index, choice in enumerate(choices)]
    rows = list(sent) if sent is not None else rows
    rows += [AnswerRow(0, texts=_texts(spoken, {})) for _each in range(max(LEAST_ROWS - len(rows), SPARE))]
    for place, row in enumerate(rows, start=1):
        row.place = place
    return rows


def sent_rows(asking: Asking, data: Mapping[str, Any]) -> list[AnswerRow]:
    """The lines of a sent form that have words, by their place."""
    out = []
    for number in range(MOST_ROWS):
        if f"place_{number}" not in data and f"point_{number}" not in data:
            continue
        texts = {each.code: data.get(f"answer_{number}_{each.code}", "").strip()[:500] for each in asking.languages}
        point, place = data.get(f"point_{number}", ""), data.get(f"place_{number}", "").strip()
        at = int(place) if place.isascii() and place.isdigit() and len(place) < 6 else MOST_ROWS + number
        if any(texts.values()) or point:
            out.append(AnswerRow(at, data.get(f"row_{number}", ""), point, _texts(asking.languages, texts)))
    out.sort(key=lambda row: row.place)
    return out


def answers_of(asking: Asking, item: Item, rows: Sequence[AnswerRow]) -> list[Row]:
    """The lines as the domain takes them: what an answer had before beside its words stays with it."""
    held = asking.choices(item.choices)
    out = []
    for row in rows:
        label = {code: text for code, _name, text in row.texts if text}
        if row.point:
            was = next((choice for choice in held if choice.code == row.point), None)
            out.append(Row(label, row.point, was.values if was else None))
        else:
            was = _held(held, row.held)
            out.append(Row(label, was.code, was.values) if was else Row(label))
    return out


def _held(choices: Sequence[Choice], sent: str) -> Choice | None:
    """The answer of that place and code; of that code, where the list was changed meanwhile."""
    index, _colon, code = sent.partition(":")
    here = choices[int(index)] if index.isascii() and index.isdigit() and int(index) < len(choices) else None
    return here if here is not None and here.code == code else next((each for each in choices if each.code == code), None)


def _texts(languages: Sequence[FormLanguage], texts: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    return tuple((each.code, called(each), texts.get(each.code, "")) for each in languages)
