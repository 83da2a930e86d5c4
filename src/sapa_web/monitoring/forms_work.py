"""Forms of the people of monitoring: ratings and accounts of teachers, experts from the public, seats in bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from sapa.packs.loader import Pack
from sapa_web.monitoring.domain.inforce import BODIES, codes, holding
from sapa_web.monitoring.models import Account, Expert, ExpertRequirement
from sapa_web.monitoring.words import RATED_BY, said
from sapa_web.orgs.forms.common import Form, day_field, words

Choices = Sequence[tuple[str, Any]]


def _period() -> forms.RegexField:
    return forms.RegexField(r"^\d{4}$", label=_l("School year that begins in"))


def _points(label: Any, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=100, **more)


class RatingForm(Form):
    """The method of a rating: in words, and how much each source counts."""

    period = _period()
    method = words(_l("The method in words"), 5, help_text=_l("How the rating is made, and what it is for."))

    def __init__(self, *args: Any, sources: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sources = sources
        for kind in sources:
            self.fields[f"weight_{kind}"] = forms.FloatField(
                label=RATED_BY[kind], min_value=0, required=False,
                help_text=_l("How much it counts beside the others. Empty: not at all."),
            )  # fmt: skip

    def chosen(self) -> list[dict[str, Any]]:
        """Sources with a weight."""
        weights = {kind: self.cleaned_data.get(f"weight_{kind}") for kind in self.sources}
        return [{"kind": kind, "weight": weight} for kind, weight in weights.items() if weight]


class UntilForm(Form):
    """Until when teachers answer."""

    until = day_field(_l("Answers until"))


class LineAnswerForm(Form):
    """A teacher's answer to his line."""

    text = words(_l("In your words"), 4)
    disputed = forms.BooleanField(label=_l("I dispute these points"), required=False)


class DecisionForm(Form):
    """What is decided on a dispute."""

    decision = words(_l("Decision and its reason"), 4)
    total = forms.FloatField(
        label=_l("Points after the decision"), min_value=0, max_value=100, required=False, help_text=_l("Empty: they stay.")
    )


class AccountForm(Form):
    """A teacher's self-analysis or report."""

    kind = forms.ChoiceField(label=_l("What it is"), choices=Account.KINDS, widget=forms.RadioSelect, initial=Account.SELF)
    period = _period()
    text = words(_l("In your words"), 10, help_text=_l("What you aimed at, what came of it, what you will change."))
    score = _points(_l("Points of 100 you give yourself"), required=False)


class RequirementForm(Form):
    """A requirement on experts."""

    text = forms.CharField(label=_l("Requirement"), max_length=300)
    basis = forms.CharField(label=_l("The act it comes from"), max_length=300)


class CheckForm(Form):
    """Which requirements an expert meets."""

    met = forms.TypedMultipleChoiceField(
        label=_l("Requirements that are met"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, wanted: Sequence[ExpertRequirement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["met"].choices = [(str(item.pk), f"{item.text} ({item.basis})") for item in wanted]  # type: ignore[attr-defined]


class ExpertForm(CheckForm):
    """A new expert."""

    name = forms.CharField(label=_l("Name"), max_length=150)
    whence = forms.CharField(label=_l("From where"), max_length=200, help_text=_l("Association, university, parents."))
    field_order = ("name", "whence", "met")


class AppraisalForm(Form):
    """A judgement of a criterion: by an expert, or the institution's own."""

    expert = forms.ChoiceField(label=_l("Who judges"), required=False)
    criterion = forms.ChoiceField(label=_l("Criterion"))
    period = _period()
    score = _points(_l("Points of 100"))
    reason = words(_l("What it rests on"), 3)
    dated = day_field(_l("Day"))

    def __init__(self, *args: Any, rules: Pack, experts: Sequence[Expert], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["expert"].choices = [
            ("", _l("the institution itself")), *((str(item.pk), f"{item.name}, {item.whence}") for item in experts)
        ]  # fmt: skip
        fields["criterion"].choices = [(item.id, said(rules, item.title)) for item in holding(rules.criteria)]


class SeatForm(Form):
    """Somebody into a body."""

    body = forms.ChoiceField(label=_l("Body"))
    user = forms.ChoiceField(label=_l("Person"), required=False)
    name = forms.CharField(label=_l("or a name, without an account"), max_length=150, required=False)
    office = forms.CharField(label=_l("Office"), max_length=150, required=False, help_text=_l("Chair, secretary."))
    since = day_field(_l("From"))

    def __init__(self, *args: Any, rules: Pack, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["body"].choices = [(code, said(rules, item.title)) for code, item in codes(rules, BODIES).items()]
        fields["user"].choices = [("", "–"), *people]


class LeaveForm(Form):
    """The last day of a seat."""

    until = day_field(_l("Last day"))
