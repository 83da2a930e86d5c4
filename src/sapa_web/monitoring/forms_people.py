"""Forms of local regulations: what is changed is chosen from the document, the words are the institution's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from sapa.packs.loader import Pack
from sapa_web.monitoring.domain.inforce import BODIES, LEVELS
from sapa_web.monitoring.domain.queries.changes import codes_in_words, periodicities, titled
from sapa_web.monitoring.words import FORMS
from sapa_web.orgs.forms.common import Form, day_field, words


class DraftForm(Form):
    """A new edition: of what, under which title."""

    pack = forms.ChoiceField(label=_l("Which document you follow"))
    title = forms.CharField(label=_l("Title"), max_length=300)

    def __init__(self, *args: Any, packs: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pack"].choices = packs  # type: ignore[attr-defined]


class TextForm(Form):
    """Title, own provisions, first day."""

    title = forms.CharField(label=_l("Title"), max_length=300)
    text = words(_l("Text"), 10, required=False, help_text=_l("What the regulation says besides its changes."))
    starts_on = day_field(_l("In force from"), required=False, help_text=_l("Empty: from the day of the order."))


def _provision() -> forms.CharField:
    return words(_l("Clause"), 2, min_length=3, help_text=_l("The words of your regulation that say so."))


class ClauseForm(Form):
    """A provision alone: of something taken out, or in own words."""

    provision = _provision()


class CriterionForm(Form):
    """A criterion: its name."""

    title = forms.CharField(label=_l("Name"), max_length=500)
    provision = _provision()


class SignForm(Form):
    """An indicator: its words, which way is better, whether it is key."""

    title = forms.CharField(label=_l("Name"), max_length=500)
    direction = forms.ChoiceField(
        label=_l("What is better"), choices=[("higher", _l("higher")), ("lower", _l("lower")), ("neutral", _l("neither"))],
        widget=forms.RadioSelect, initial="higher",
    )  # fmt: skip
    key = forms.BooleanField(label=_l("Key indicator: it counts in the appraisal"), required=False)
    provision = _provision()


class RegulationLevelsForm(Form):
    """The levels, the best first."""

    levels = words(_l("Levels"), 5, help_text=_l("One a line, the best first."))
    provision = _provision()

    def clean_levels(self) -> list[str]:
        """The names; two to ten of them."""
        found = [line.strip() for line in self.cleaned_data["levels"].splitlines() if line.strip()]
        if not 2 <= len(found) <= 10:
            raise forms.ValidationError(_l("Give between two and ten levels."))
        return found


class LineForm(Form):
    """A line of the monitoring plan."""

    title = forms.CharField(label=_l("What is watched"), max_length=500)
    form = forms.ChoiceField(label=_l("Form"), widget=forms.RadioSelect)
    periodicity = forms.ChoiceField(label=_l("How often"))
    level = forms.ChoiceField(label=_l("Level"))
    responsible = forms.MultipleChoiceField(label=_l("Who answers for it"), widget=forms.CheckboxSelectMultiple)
    products = forms.MultipleChoiceField(label=_l("What comes of it"), widget=forms.CheckboxSelectMultiple)
    provision = _provision()

    def __init__(self, *args: Any, rules: Pack, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["form"].choices = list(FORMS.items())
        fields["periodicity"].choices = list(periodicities().items())
        fields["level"].choices = list(codes_in_words(rules, LEVELS).items())
        fields["responsible"].choices = list(codes_in_words(rules, BODIES).items())
        fields["products"].choices = [(item.id, titled(rules, item)) for item in rules.products]


class DiscussForm(Form):
    """Until when comments are taken."""

    until = day_field(_l("Comments until"))


class RemarkForm(Form):
    """A comment, or the answer to one."""

    text = words(_l("Comment"), 3)


class ProtocolForm(Form):
    """The council's protocol."""

    council = forms.CharField(label=_l("Council"), max_length=200)
    number = forms.CharField(label=_l("Number of the protocol"), max_length=40)
    dated = day_field(_l("Day of the protocol"))


class OrderForm(Form):
    """The head's order."""

    number = forms.CharField(label=_l("Number of the order"), max_length=40)
    dated = day_field(_l("Day of the order"))
    text = words(_l("Text"), 3, required=False)
