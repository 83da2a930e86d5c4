"""The library's sign-in forms in this site's words: labels, no placeholders that vanish while one types, no links inside help."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from django.utils.translation import gettext_lazy as _

LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "oldpassword": _("Present password"),
    "password1": _("New password"),
    "password2": _("New password once more"),
}


class Worded:
    """Puts our labels on the fields."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        for name, label in LABELS.items():
            if name in self.fields:
                self.fields[name].label = label
                self.fields[name].widget.attrs.pop("placeholder", None)
        for name in ("password", "oldpassword"):
            if name in self.fields:
                self.fields[name].help_text = ""


class LoginForm(Worded, forms.LoginForm):  # type: ignore[misc]
    """E-mail address and password."""


class ReauthenticateForm(Worded, forms.ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""


class ChangePasswordForm(Worded, forms.ChangePasswordForm):  # type: ignore[misc]
    """The present and the new password."""


class SetPasswordForm(Worded, forms.SetPasswordForm):  # type: ignore[misc]
    """A first password."""


class ResetPasswordForm(Worded, forms.ResetPasswordForm):  # type: ignore[misc]
    """The address a link is sent to."""


class ResetPasswordKeyForm(Worded, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """The new password, from the link."""
