"""Addresses of sign-in. Only what this site offers: nobody signs up by himself, and an address of e-mail is changed by an
administrator, so the library's pages for these are not mounted."""

from __future__ import annotations

from allauth.account import views
from allauth.socialaccount import views as social
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from sapa_web.orgs.views import invitations, sessions

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", sessions.sessions, name="usersessions_list"),
    path("sessions/<int:pk>/end/", sessions.end, name="session_end"),
    path("invitation/<str:token>/", invitations.accept, name="invitation_accept"),
    # A provider's answer, and names the library asks for by itself.
    path("signup/", views.signup, name="account_signup"),
    path("email/", RedirectView.as_view(pattern_name="home"), name="account_email"),
    path("email/sent/", RedirectView.as_view(pattern_name="account_login"), name="account_email_verification_sent"),
    path("provider/signup/", RedirectView.as_view(pattern_name="account_signup"), name="socialaccount_signup"),
    path("provider/", RedirectView.as_view(pattern_name="home"), name="socialaccount_connections"),
    path("provider/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("provider/error/", social.login_error, name="socialaccount_login_error"),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
]
