"""Forms of the quality system. Words are the institution's own; codes come from the pack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from sapa.evaluation.criteria import Tree
from sapa.evaluation.levels import Levels
from sapa_web.common.clock import today
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain.assessments import DAYS
from sapa_web.evaluation.domain.queries.systems import text
from sapa_web.evaluation.models import Component, Guest
from sapa_web.evaluation.words import BODIES, GUESTS, METHODS, MODELS, language, listed, quality_packs
from sapa_web.orgs.forms.common import Form, area, day_field, words

Choices = Sequence[tuple[str, Any]]


class StartForm(Form):
    """On which document the system rests."""

    pack = forms.ChoiceField(label=_l("Which document you follow"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        packs = [pack_named(name) for name in quality_packs()]
        self.fields["pack"].choices = [(item.id, item.text(item.meta.title, language())) for item in packs]  # type: ignore[attr-defined]


class GoalsForm(Form):
    """What the system is for, and its regulation."""

    goals = words(_l("Goals"), 5, required=False, help_text=_l("What the system is for, in your words."))
    endorsed_on = day_field(_l("The council endorsed the regulation on"), required=False)
    approved_on = day_field(_l("The head approved it on"), required=False)
    file = forms.FileField(label=_l("The regulation itself"), required=False, help_text=_l("It stays in the institution."))


class ComponentForm(Form):
    """Measures and procedures of a component."""

    title = forms.CharField(label=_l("Name"), max_length=300)
    measures = words(_l("Measures"), 4, required=False, help_text=_l("What you do for it."))
    procedures = words(_l("Procedures"), 4, required=False, help_text=_l("In which order, how often, who decides."))
    responsible = forms.CharField(label=_l("Who answers for it"), max_length=150, required=False)
    published_at_url = forms.URLField(
        label=_l("Where it is published"), max_length=500, required=False, assume_scheme="https",
        help_text=_l("For criteria and rules that have to be public."),
    )  # fmt: skip

    def __init__(self, *args: Any, own: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not own:
            del self.fields["title"]


class CheckForm(Form):
    """Whether a component works."""

    works = forms.ChoiceField(label=_l("Does it work?"), choices=Component.WORKS[1:], widget=forms.RadioSelect)
    note = words(_l("How you know"), 2, required=False)
    day = day_field(_l("Seen on"))


class LineForm(Form):
    """A line of the criteria in the institution's own words."""

    title = forms.CharField(label=_l("Words"), max_length=500, widget=area(2))
    note = words(_l("Remark"), 2, required=False)
    methods = forms.MultipleChoiceField(label=_l("By which methods"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, pack: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["methods"].choices = list(listed(pack_named(pack), METHODS).items())  # type: ignore[attr-defined]


class LevelsForm(Form):
    """Levels, the best first; each line a name, then what it means after a colon."""

    lines = words(
        _l("Levels"), 6, required=False,
        help_text=_l("One a line, the best first; after a colon what it means. Empty: the levels of the document."),
    )  # fmt: skip

    def named(self) -> list[tuple[str, str]]:
        """Names and meanings."""
        parts = [line.partition(":") for line in self.cleaned_data["lines"].splitlines() if line.strip()]
        return [(name.strip(), note.strip()) for name, _colon, note in parts]


class PlanForm(Form):
    """A self-assessment: which, when, who."""

    period = forms.CharField(label=_l("Year"), max_length=9, help_text=_l("The year, or the school year: 2025-2026."))
    model = forms.ChoiceField(label=_l("Model"), widget=forms.RadioSelect)
    own_model = forms.CharField(label=_l("Your own model, in a sentence"), max_length=300, required=False)
    complex_now = forms.BooleanField(label=_l("This time all directions, before the head's report"), required=False)
    directions = forms.MultipleChoiceField(
        label=_l("Directions"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_l("A complex model looks at all of them."),
    )  # fmt: skip
    responsible = forms.CharField(label=_l("The head who answers for it"), max_length=150)
    begins_on = day_field(_l("Begins on"))
    collect_by = day_field(_l("Evidence collected by"))
    rate_by = day_field(_l("Levels set by"))
    discuss_on = day_field(_l("Discussed by the council on"))
    publish_by = day_field(_l("Published by"))

    def __init__(self, *args: Any, pack: str, tree: Tree, begun: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].choices = list(listed(pack_named(pack), MODELS).items())  # type: ignore[attr-defined]
        named = [(node.code, text(node.title)) for node in tree.ranked("direction")]
        self.fields["directions"].choices = named  # type: ignore[attr-defined]
        if begun:
            for name in ("period", "model", "own_model", "complex_now", "directions"):
                del self.fields[name]

    @property
    def days(self) -> dict[str, Any]:
        """The schedule."""
        return {name: self.cleaned_data[name] for name in DAYS}


class MemberForm(Form):
    """Somebody in a working group."""

    direction = forms.ChoiceField(label=_l("Direction"))
    who = forms.ChoiceField(
        label=_l("Person"), required=False, help_text=_l("People with an account here; or write a name below.")
    )
    name = forms.CharField(label=_l("Name"), max_length=150, required=False)
    position = forms.CharField(label=_l("Position"), max_length=150, required=False)
    leads = forms.BooleanField(label=_l("Leads the group"), required=False)

    def __init__(self, *args: Any, directions: Choices, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["direction"].choices = directions  # type: ignore[attr-defined]
        self.fields["who"].choices = [("", "–"), *people]  # type: ignore[attr-defined]


class EvidenceForm(Form):
    """One source."""

    method = forms.ChoiceField(label=_l("How it was found"))
    about = forms.ChoiceField(label=_l("What it is about"))
    title = forms.CharField(
        label=_l("Which source"), max_length=300, help_text=_l("The talk, the sheet, the document, the survey.")
    )
    found = words(_l("What it says"), 4)
    level = forms.ChoiceField(label=_l("The level it speaks for"), required=False, widget=forms.RadioSelect)
    figure = forms.CharField(
        label=_l("Figure"), max_length=120, required=False, help_text=_l("Where it has one: 92 %, 11 of 12.")
    )
    people = forms.IntegerField(label=_l("How many people"), min_value=1, max_value=100_000, required=False)
    day = day_field(_l("Day"))
    file = forms.FileField(label=_l("File"), required=False, help_text=_l("It stays in the institution, encrypted."))

    def __init__(self, *args: Any, methods: Choices, lines: Choices, levels: Levels, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].choices = methods  # type: ignore[attr-defined]
        self.fields["about"].choices = lines  # type: ignore[attr-defined]
        offered = [("", _l("It speaks for no level")), *((item.code, text(item.title)) for item in levels.items)]
        self.fields["level"].choices = offered  # type: ignore[attr-defined]
        self.fields["day"].initial = today


class RatingForm(Form):
    """The level of a requirement with its reason."""

    level = forms.ChoiceField(label=_l("Level"), widget=forms.RadioSelect)
    reason = words(_l("Why this level"), 3)
    disagreement = words(_l("Why it is this level although the sources part"), 2, required=False)
    strengths = words(_l("Strengths"), 2, required=False)
    difficulties = words(_l("Difficulties"), 2, required=False)

    def __init__(self, *args: Any, levels: Levels, apart: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [
            (item.code, f"{text(item.title)}. {text(item.note)}" if item.note else text(item.title)) for item in levels.items
        ]
        self.fields["level"].choices = named  # type: ignore[attr-defined]
        if not apart:
            del self.fields["disagreement"]


class MeasureForm(Form):
    """A line of the improvement plan."""

    requirement = forms.ChoiceField(label=_l("Requirement"))
    what = words(_l("What is done"), 2)
    owner = forms.CharField(label=_l("Who answers for it"), max_length=150)
    due_on = day_field(_l("Done by"))
    expected = words(_l("Expected effect"), 2, help_text=_l("What will be different, and by what you will see it."))
    expected_level = forms.ChoiceField(label=_l("Level expected"), required=False)
    check_on = day_field(_l("Effect checked on"))

    def __init__(self, *args: Any, requirements: Choices, levels: Levels, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requirement"].choices = requirements  # type: ignore[attr-defined]
        offered = [("", "–"), *((item.code, text(item.title)) for item in levels.items)]
        self.fields["expected_level"].choices = offered  # type: ignore[attr-defined]


class EffectForm(Form):
    """What is found after a measure."""

    level = forms.ChoiceField(label=_l("Level found now"), widget=forms.RadioSelect)
    note = words(_l("What is different, and how you know"), 3)

    def __init__(self, *args: Any, levels: Levels, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [(item.code, text(item.title)) for item in levels.items]  # type: ignore[attr-defined]


class MeetingForm(Form):
    """Minutes."""

    body = forms.ChoiceField(label=_l("Who met"))
    held_on = day_field(_l("Day"))
    number = forms.CharField(label=_l("Number of the minutes"), max_length=40, required=False)
    chair = forms.CharField(label=_l("Chair"), max_length=150)
    secretary = forms.CharField(label=_l("Secretary"), max_length=150)
    present = forms.IntegerField(label=_l("How many were present"), min_value=1, max_value=10_000)
    heard = words(_l("Heard"), 3)
    said = words(_l("Who said what"), 4, required=False)
    decided = words(_l("Decided"), 4)
    votes_for = forms.IntegerField(label=_l("Votes for"), min_value=0, max_value=10_000, initial=0)
    votes_against = forms.IntegerField(label=_l("Votes against"), min_value=0, max_value=10_000, initial=0)
    abstained = forms.IntegerField(label=_l("Abstained"), min_value=0, max_value=10_000, initial=0)
    file = forms.FileField(label=_l("Signed minutes"), required=False, help_text=_l("It stays in the institution, encrypted."))

    def __init__(self, *args: Any, pack: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bodies = listed(pack_named(pack), BODIES)
        first = [code for code in ("pedagogical-council", "parents") if code in bodies]
        rest = [code for code in bodies if code not in (*first, "website", "children")]
        self.fields["body"].choices = [(code, bodies[code]) for code in (*first, *rest)]  # type: ignore[attr-defined]


class SummaryForm(Form):
    """The head's words on the whole."""

    summary = words(_l("Summary"), 6, required=False, help_text=_l("What the results say, in words for parents."))
    decision = words(_l("Decision"), 4, required=False, help_text=_l("What the head has decided after the discussion."))


class GuestForm(Form):
    """Somebody who is asked in."""

    name = forms.CharField(label=_l("Name"), max_length=150)
    body = forms.ChoiceField(label=_l("Whom the guest speaks for"))
    purpose = forms.ChoiceField(label=_l("What for"), choices=Guest.PURPOSES, widget=forms.RadioSelect)
    instrument = forms.ChoiceField(label=_l("Observation sheet"), required=False, help_text=_l("For an observer."))

    def __init__(self, *args: Any, pack: str, sheets: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bodies = listed(pack_named(pack), BODIES)
        self.fields["body"].choices = [(code, bodies[code]) for code in GUESTS if code in bodies]  # type: ignore[attr-defined]
        named = [(item.id, text(item.title)) for item in sheets]
        self.fields["instrument"].choices = [("", "–"), *named]  # type: ignore[attr-defined]


class PublishForm(Form):
    """What is told."""

    reasons = forms.BooleanField(label=_l("Why each level was set"), required=False, initial=True)
    findings = forms.BooleanField(label=_l("Strengths and difficulties"), required=False, initial=True)
    plan = forms.BooleanField(label=_l("The improvement plan"), required=False, initial=True)
    minutes = forms.BooleanField(label=_l("The minutes and the decision"), required=False)
    names = forms.BooleanField(label=_l("Names of groups and of those who answer for measures"), required=False)


class DossierForm(Form):
    """For whom a dossier is sealed."""

    purpose = forms.ChoiceField(label=_l("What for"), widget=forms.RadioSelect)
    receiver = forms.CharField(label=_l("Commission"), max_length=200)

    def __init__(self, *args: Any, purposes: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = purposes  # type: ignore[attr-defined]
