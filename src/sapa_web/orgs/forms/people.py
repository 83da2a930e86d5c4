"""Forms about people, roles and invitations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from sapa_web.orgs.domain.people import Role
from sapa_web.orgs.forms.common import Form, PlaceField, day_field, offer_reach
from sapa_web.orgs.models import User
from sapa_web.orgs.roles import CHOICES


class RoleForm(Form):
    """A role at a node, narrowed where wanted."""

    role_name = forms.ChoiceField(label=_("Role"), choices=CHOICES)
    place = PlaceField(label=_("Where"))
    levels = forms.MultipleChoiceField(
        label=_("Levels of education"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all levels."),
    )  # fmt: skip
    datasets = forms.MultipleChoiceField(
        label=_("Data sets"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None chosen: all data sets.")
    )
    founded = forms.BooleanField(
        label=_("Reaches the institutions this organisation has founded, instead of those below it"), required=False
    )
    valid_to = day_field(_("Until"), required=False, help_text=_("The first day without the role. Empty: without an end."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_reach(self)

    def role(self) -> Role:
        """What was asked for."""
        data = self.cleaned_data
        return Role(
            data["place"], data["role_name"], tuple(data.get("levels", ())), tuple(data.get("datasets", ())), data["founded"],
            data["valid_to"],
        )  # fmt: skip


class InviteForm(RoleForm):
    """An address, a name, a role."""

    field_order = ("email", "name", "role_name", "place")
    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(label=_("Name"), max_length=150, required=False)


class AcceptForm(Form):
    """What whoever was invited gives: the name, the password twice."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password1 = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    password2 = forms.CharField(
        label=_("Password once more"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Both the same, and strong enough."""
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords are not the same."))
        elif first:
            try:
                validate_password(first, User(email=self.email, name=data.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return data
