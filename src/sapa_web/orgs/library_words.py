"""What the sign-in library says to people, so that the site's own catalogues hold it in every language.

The library does not speak all languages of the site; its messages are looked up in the site's catalogues first.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

WORDS = (
    _("The email address and/or password you specified are not correct."),
    _("Too many failed login attempts. Try again later."),
    _("This account is currently inactive."),
    _("Please type your current password."),
    _("You must type the same password each time."),
    _("The password reset token was invalid."),
    _("Incorrect password."),
    _("Incorrect code."),
    _("Authenticator code"),
    _("Code"),
    _("Name"),
    _("Passwordless"),
    _(
        "Enabling passwordless operation allows you to sign in using just this key, but imposes additional requirements "
        "such as biometrics or PIN protection."
    ),
    _("A user is already registered with this email address."),
    _("Be patient, you are sending too many requests."),
    _("Invalid or expired key."),
    _("The new value must be different from the current one."),
    _("Please select only one."),
    _("Use your password"),
    _("Use authenticator app or code"),
    _("Use a security key"),
    _("Authenticator app activated."),
    _("Authenticator app deactivated."),
    _("A new set of recovery codes has been generated."),
    _("Security key added."),
    _("Security key removed."),
    _("Password successfully changed."),
    _("Password successfully set."),
    _("Master key"),
    _("Backup key"),
    _("You have signed out."),
    _("Successfully signed in as %(name)s."),
)
