"""Forms of coding: what is coded and by whom, and the lines of the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from sapa.measurement import Question
from sapa_web.orgs.forms.common import Form
from sapa_web.surveys.domain.coding import MOST_CODES, Line, Wanted
from sapa_web.surveys.domain.queries import coding as held_in
from sapa_web.surveys.forms import language
from sapa_web.surveys.models import Coding, Instrument, Protocol, Survey

LEAST_ROWS, SPARE = 10, 5


class CodingForm(Form):
    """What is coded, and by whom."""

    title = forms.CharField(label=_l("Title"), max_length=200)
    questions = forms.MultipleChoiceField(label=_l("Questions"), widget=forms.CheckboxSelectMultiple)
    period = forms.ChoiceField(label=_l("Year it speaks of"), required=False)
    passages = forms.BooleanField(label=_l("Code each paragraph by itself"), required=False)
    most = forms.IntegerField(
        label=_l("So many texts at most"), required=False, min_value=1, max_value=100_000,
        help_text=_l("Where there are more, they are drawn by chance. Empty: all are coded."),
    )  # fmt: skip
    first = forms.ChoiceField(label=_l("First coder"))
    second = forms.ChoiceField(
        label=_l("Second coder"), required=False,
        help_text=_l("Neither sees what the other gives before both have finished. Of one alone no agreement can be said."),
    )  # fmt: skip
    book = forms.ChoiceField(label=_l("Begin with the code book of"), required=False)

    def __init__(
        self, *args: Any, user: Any, survey: Survey | None, instrument: Instrument, questions: Sequence[Question], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        named = [(item.name, _in(item.label) or item.name) for item in questions]
        place = (survey or instrument).organisation
        self.people = {f"{user.pk}": user for user in held_in.offered_coders(place)}
        self.books = {f"{item.pk}": item for item in held_in.earlier_books(place, instrument)}
        people = [(key, user.name or user.email) for key, user in self.people.items()]
        self._choices("questions", named)
        others = [key for key in self.people if key != f"{user.pk}"]
        self.initial.update({"first": f"{user.pk}", "second": others[0] if len(others) == 1 else ""})
        self._choices("first", people)
        self._choices("second", [("", "–"), *people])
        self._choices("book", [("", "–"), *((key, item.title) for key, item in self.books.items())])
        self.initial.setdefault("title", _in(survey.title if survey else instrument.title))
        self.initial.setdefault("questions", [name for name, _label in named])
        if not self.books:
            del self.fields["book"]
        if survey is not None:
            del self.fields["period"], self.fields["passages"]
        else:
            said = Protocol.objects.unscoped("of the institution's own instrument").filter(version__instrument=instrument)
            years = said.filter(state=Protocol.AGREED).order_by("-period").values_list("period", flat=True).distinct()
            self._choices("period", [("", "–"), *((year, year) for year in years)])

    def _choices(self, name: str, values: list[tuple[str, str]]) -> None:
        self.fields[name].choices = values  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """As the domain takes it."""
        given = self.cleaned_data
        return Wanted(
            given["title"], given["questions"], self.people[given["first"]], self.people.get(given["second"]),
            given.get("period") or "", bool(given.get("passages")), given["most"], language(),
            self.books.get(given.get("book") or ""),
        )  # fmt: skip


@dataclass
class Row:
    """A line of the book as its form has it."""

    id: str = ""
    place: int = 0
    name: str = ""
    definition: str = ""
    example: str = ""
    below: bool = False

    def line(self) -> Line:
        """As the domain takes it."""
        return Line(self.name, self.definition, self.example, self.below, self.id)


def rows_of(coding: Coding) -> list[Row]:
    """The book's lines."""
    return [
        Row(item["id"], place, item["name"], item["definition"], item["example"], bool(item["parent"]))
        for place, item in enumerate(coding.codes, start=1)
    ]


def sent_rows(data: Mapping[str, Any]) -> list[Row]:
    """The lines of a sent form, by their place; what has no name is left out."""
    rows = []
    for number in range(MOST_CODES + SPARE):
        name = data.get(f"name_{number}", "").strip()
        if not name:
            continue
        place = data.get(f"place_{number}", "").strip()
        at = int(place) if place.isascii() and place.isdigit() and len(place) < 6 else MOST_CODES + number
        texts = {part: data.get(f"{part}_{number}", "") for part in ("id", "definition", "example")}
        rows.append(Row(name=name, place=at, below=f"below_{number}" in data, **texts))
    rows.sort(key=lambda row: row.place)
    return rows


def with_spare(rows: list[Row]) -> list[Row]:
    """The lines with empty ones to write in, numbered through."""
    out = [*rows, *(Row() for _unused in range(max(LEAST_ROWS - len(rows), SPARE)))]
    for place, row in enumerate(out, start=1):
        row.place = place
    return out


def _in(texts: Mapping[str, str]) -> str:
    return texts.get(language()) or next(iter(texts.values()), "")
