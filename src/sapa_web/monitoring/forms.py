"""Forms of the monitoring. Words are the institution's own; codes come from the pack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from sapa_web.common.clock import today
from sapa_web.common.packs import pack_named
from sapa_web.monitoring.domain.inforce import BODIES, LEVELS, codes, holding, monitoring_packs
from sapa_web.monitoring.domain.queries.programmes import Object, Told
from sapa_web.monitoring.models import Programme
from sapa_web.monitoring.words import FORMS, PERIODICITY, said
from sapa_web.orgs.forms.common import Form, day_field, words

Choices = Sequence[tuple[str, Any]]


def school_year(on: date) -> int:
    """The year in which the school year of a day began, as one that begins in September; in summer the next one is planned."""
    return on.year if on.month >= 7 else on.year - 1


class StartForm(Form):
    """The programme of a year or half-year."""

    pack = forms.ChoiceField(label=_l("Which document you follow"), widget=forms.RadioSelect)
    year = forms.RegexField(r"^\d{4}$", label=_l("School year that begins in"))
    part = forms.ChoiceField(label=_l("For"), choices=Programme.PARTS)
    begins_on = day_field(_l("First day"))
    ends_on = day_field(_l("Last day"))
    grounds = words(
        _l("Why these directions"),
        3,
        required=False,
        help_text=_l("Problems of last year, tasks of this one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        packs = [pack_named(name) for name in monitoring_packs()]
        self.fields["pack"].choices = [(item.id, said(item, item.meta.title)) for item in packs]  # type: ignore[attr-defined]
        if len(packs) == 1:
            self.fields["pack"].widget = forms.HiddenInput()
            self.initial.setdefault("pack", packs[0].id)

    @staticmethod
    def proposed() -> dict[str, Any]:
        """The school year at hand."""
        year = school_year(today())
        return {"year": str(year), "part": "year", "begins_on": date(year, 9, 1), "ends_on": date(year + 1, 5, 31)}


class LineForm(Form):
    """A line of the plan."""

    title = forms.CharField(label=_l("Object"), max_length=300)
    criteria = forms.MultipleChoiceField(label=_l("Indicators"), required=False, widget=forms.CheckboxSelectMultiple)
    form = forms.ChoiceField(label=_l("Watched"), choices=list(FORMS.items()))
    periodicity = forms.ChoiceField(label=_l("How often"), choices=list(PERIODICITY.items()))
    level = forms.ChoiceField(label=_l("Level"))
    responsible = forms.MultipleChoiceField(label=_l("Which body answers for it"), widget=forms.CheckboxSelectMultiple)
    person = forms.ChoiceField(label=_l("Person responsible"), required=False)
    person_name = forms.CharField(label=_l("or a name, without an account"), max_length=150, required=False)
    products = forms.MultipleChoiceField(label=_l("What comes of it"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, rules: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["criteria"].choices = [(item.id, said(rules, item.title)) for item in holding(rules.criteria)]
        fields["level"].choices = [(code, said(rules, item.title)) for code, item in codes(rules, LEVELS).items()]
        fields["responsible"].choices = [(code, said(rules, item.title)) for code, item in codes(rules, BODIES).items()]
        fields["products"].choices = [(item.id, said(rules, item.title)) for item in rules.products]
        fields["person"].choices = [("", "–"), *people]


class PeopleForm(Form):
    """Who answers for each line, on one page."""

    def __init__(self, *args: Any, objects: Sequence[Object], people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.objects = objects
        for item in objects:
            about = ", ".join(item.bodies)
            self.fields[f"p{item.line.pk}"] = forms.ChoiceField(
                label=item.title, help_text=about, choices=[("", "–"), *people], required=False,
                initial=str(item.line.person_id or ""),
            )  # fmt: skip


class OrderForm(Form):
    """The head's order."""

    number = forms.CharField(label=_l("Number of the order"), max_length=40)
    dated = day_field(_l("Day of the order"))
    text = words(_l("What is ordered"), 5, required=False, help_text=_l("One a line. Empty: the points of the preview."))


class StepForm(Form):
    """The next step of an object and its product."""

    dated = day_field(_l("Done on"))
    text = words(_l("What came of it"), 3, help_text=_l("The product of the step, or where it lies."))


class ValueForm(Form):
    """The value of an indicator."""

    sign = forms.ChoiceField(label=_l("Indicator"))
    period = forms.RegexField(r"^\d{4}$", label=_l("School year that begins in"))
    numerator = forms.FloatField(label=_l("The part"), required=False, min_value=0)
    denominator = forms.FloatField(label=_l("of the whole"), required=False, min_value=0)
    value = forms.FloatField(label=_l("or the value itself"), required=False)
    source = forms.CharField(label=_l("Source"), max_length=300, help_text=_l("Register, protocol, sheet."))

    def __init__(self, *args: Any, rules: Any, only: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        criteria = [item for item in holding(rules.criteria) if not only or item.id in only]
        fields: Any = self.fields
        fields["sign"].choices = [
            (said(rules, item.title), [(f"{item.id}.{sign.id}", said(rules, sign.title)) for sign in item.signs])
            for item in criteria
        ]


class TurnForm(Form):
    """A further turn of an object."""

    due = day_field(_l("Done by"))
    label = forms.CharField(label=_l("Which one"), max_length=120, required=False, help_text=_l("Class, lesson, event."))


class PaperForm(Form):
    """Which paper, of which year, about which object."""

    product = forms.ChoiceField(label=_l("Which paper"), widget=forms.RadioSelect)
    period = forms.RegexField(r"^\d{4}$", label=_l("School year that begins in"))
    watch = forms.ChoiceField(label=_l("About which object"), required=False, help_text=_l("For a note or an order."))

    def __init__(self, *args: Any, told: Told | None, rules: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["product"].choices = [(item.id, said(rules, item.title)) for item in rules.products if item.form != "plan"]
        fields["watch"].choices = [("", "–"), *_turns(told)]


def _turns(told: Told | None) -> list[tuple[str, str]]:
    objects = told.objects if told else []
    return [
        (str(turn.watch.pk), f"{item.title}, {turn.watch.label or turn.watch.turn}" if len(item.turns) > 1 else item.title)
        for item in objects for turn in item.turns
    ]  # fmt: skip


class WordsForm(Form):
    """What a person writes into a paper."""

    title = forms.CharField(label=_l("Title"), max_length=300)
    decisions = words(_l("Decisions"), 4, required=False, help_text=_l("One a line."))
    words = words(_l("Your words"), 6, required=False, help_text=_l("They stand in front of the figures."))
    field_order = ("title", "words", "decisions")


class IssueForm(Form):
    """Number and day of a paper."""

    number = forms.CharField(label=_l("Number"), max_length=40)
    dated = day_field(_l("Day of issue"))


class VisitForm(Form):
    """A visit to a lesson or event."""

    teacher = forms.ChoiceField(label=_l("Teacher"))
    dated = day_field(_l("Day"))
    lesson = forms.CharField(label=_l("Lesson or event"), max_length=200)
    watch = forms.ChoiceField(label=_l("About which object"), required=False)
    seen = words(_l("What was seen"), 4)
    advice = words(_l("Advice"), 2, required=False)
    score = forms.IntegerField(label=_l("Points of 100"), required=False, min_value=0, max_value=100)

    def __init__(self, *args: Any, told: Told | None, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["teacher"].choices = people
        fields["watch"].choices = [("", "–"), *_turns(told)]


class AnswerForm(Form):
    """A teacher's own word, or what came of a task."""

    text = words(_l("In your words"), 4)
    done_on = day_field(_l("Done on"), required=False)
