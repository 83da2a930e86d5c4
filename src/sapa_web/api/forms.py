"""The form of a token."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from sapa_web.api.domain.tokens import CAPABILITIES, Wanted
from sapa_web.orgs.forms.common import Form, PlaceField, day_field, offer_reach

WORDS = {
    "see": _("See what is asked, in which state it is, and organisations"),
    "enter": _("Enter drafts and check rows"),
    "sign": _("Hand in returns that a head has signed"),
    "persons": _("Read rows about persons back"),
    "analyse": _("Read indicators and facts"),
}


class TokenForm(Form):
    """What the system may do, where, until when and how often."""

    name = forms.CharField(
        label=_("Name of the system"), max_length=120, help_text=_("It stands in the ledger beside what it does.")
    )
    place = PlaceField(label=_("Place"))
    capabilities = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        choices=[(str(item), WORDS[str(item)]) for item in CAPABILITIES],
    )
    levels = forms.MultipleChoiceField(
        label=_("Levels of education"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all levels."),
    )
    datasets = forms.MultipleChoiceField(
        label=_("Data sets"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None chosen: all data sets.")
    )
    expires_on = day_field(_("Until"), help_text=_("The last day it works; at most two years from now."))
    per_minute = forms.IntegerField(label=_("Requests a minute"), min_value=1, max_value=60_000, initial=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_reach(self)

    def wanted(self) -> Wanted:
        """What was asked for."""
        data = self.cleaned_data
        return Wanted(
            name=data["name"],
            organisation=data["place"],
            capabilities=data["capabilities"],
            levels=data.get("levels", ()),
            datasets=data.get("datasets", ()),
            expires_at=datetime.combine(data["expires_on"], time(23, 59, 59), UTC),
            per_minute=data["per_minute"],
            burst=max(data["per_minute"] // 3, 10),
        )
