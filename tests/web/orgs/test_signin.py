"""Sign-in: password, lockout across processes, invitation, second step, sessions."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.test import Client
from django.urls import reverse

from sapa_web.common import clock
from sapa_web.common.domain import ledger
from sapa_web.common.models import LedgerEntry
from sapa_web.orgs.domain import people as domain
from sapa_web.orgs.models import Invitation, User
from tests.web import cast

STRONG = "seven green bicycles in march"


def sign_in(client: Client, email: str, password: str) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password})


def proved(client: Client, answer: Any) -> Any:
    """The person is asked who it is, answers, and what was begun goes on."""
    assert "/reauthenticate/" in answer["Location"]
    return client.post(answer["Location"], {"password": cast.PASSWORD}, follow=True)


@pytest.fixture
def admin(people: cast.Cast) -> Client:
    client = Client()
    client.force_login(people.administrator, backend="django.contrib.auth.backends.ModelBackend")
    return client


def invite(admin: Client, place: str = cast.SCHOOL, **more: Any) -> Any:
    given = {"email": "new@example.org", "name": "New Person", "role_name": "secretary", "place": place, **more}
    return admin.post(reverse("orgs:invite"), given)


def link() -> str:
    found = re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


def test_password_sign_in_and_out(people: cast.Cast, client: Client) -> None:
    page = client.get(reverse("account_login"))
    assert b"Sign in" in page.content
    assert sign_in(client, "secretary@example.org", cast.PASSWORD).url == reverse("home")
    assert LedgerEntry.objects.filter(verb="person.signed-in").count() == 1
    assert UserSession.objects.filter(user=people.secretary).count() == 1
    client.post(reverse("account_logout"))
    assert client.get(reverse("orgs:tree")).status_code == 302


def test_five_failures_lock_the_account_for_a_while_in_every_process(people: cast.Cast) -> None:
    for _ in range(5):
        assert sign_in(Client(), "head@example.org", "wrong").status_code == 200
    refused = sign_in(Client(), "head@example.org", cast.PASSWORD)
    assert refused.status_code == 200
    assert b"Too many failed login attempts" in refused.content
    assert isinstance(caches["default"], DatabaseCache), "counted in the database, for all processes together"
    assert sign_in(Client(REMOTE_ADDR="10.0.0.9"), "secretary@example.org", cast.PASSWORD).status_code == 302
    assert LedgerEntry.objects.filter(verb="person.refused").count() == 5


def test_nobody_signs_up_by_himself(client: Client, db: None) -> None:
    given = {"email": "x@example.org", "password1": STRONG, "password2": STRONG}
    assert client.post(reverse("account_signup"), given).status_code == 200
    assert not User.objects.filter(email="x@example.org").exists()


def test_an_invitation_makes_the_account_once(people: cast.Cast, admin: Client, client: Client) -> None:
    assert invite(admin).url == reverse("orgs:people")
    invitation = Invitation.objects.get()
    token = link().rstrip("/").rsplit("/", 1)[1]
    assert invitation.token_hash == domain.hashed(token)
    assert token not in str(LedgerEntry.objects.values_list("data", flat=True))
    page = client.get(link())
    assert b"At least 12 characters" in page.content
    weak = client.post(link(), {"name": "New", "password1": "password", "password2": "password"})
    assert weak.status_code == 200
    assert not User.objects.filter(email="new@example.org").exists()
    done = client.post(link(), {"name": "New Person", "password1": STRONG, "password2": STRONG})
    assert done.url == reverse("home")
    user = User.objects.get(email="new@example.org")
    (held,) = user.memberships.all()
    assert (held.role, held.organisation.code) == ("secretary", cast.SCHOOL)
    assert client.get(reverse("orgs:organisation", args=[cast.SCHOOL])).status_code == 200
    assert Client().get(link()).status_code == 404
    assert not list(ledger.faults())


def test_an_invitation_expires_is_sent_again_and_withdrawn(people: cast.Cast, admin: Client, client: Client) -> None:
    invite(admin)
    first = link()
    with clock.standing_at(cast.DAY + timedelta(days=14, minutes=1)):
        assert client.get(first).status_code == 404
        admin.post(reverse("orgs:invite_again", args=[Invitation.objects.get().pk]))
        second = link()
        assert client.get(first).status_code == 404
        assert client.get(second).status_code == 200
    admin.post(reverse("orgs:invite_withdraw", args=[Invitation.objects.get().pk]))
    assert client.get(second).status_code == 404
    assert b"withdrawn" in admin.post(reverse("orgs:invite_withdraw", args=[Invitation.objects.get().pk]), follow=True).content


def test_an_invitation_reaches_no_further_than_its_giver(people: cast.Cast, admin: Client) -> None:
    from tests.web.orgs.test_pages import local_administrator

    local = Client()
    local.force_login(local_administrator(people), backend="django.contrib.auth.backends.ModelBackend")
    refused = invite(local, place=cast.ELSEWHERE)
    assert "no organisation with this identifier" in refused.content.decode()
    assert invite(admin, email="head@example.org").status_code == 200
    assert not Invitation.objects.exists()
    invite(admin, place=cast.ELSEWHERE)
    pk = Invitation.objects.get().pk
    assert local.post(reverse("orgs:invite_withdraw", args=[pk])).status_code == 404
    assert local.post(reverse("orgs:invite_again", args=[pk])).status_code == 404


def test_the_authenticator_app_is_asked_for_as_second_step(people: cast.Cast, client: Client) -> None:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    TOTP.activate(people.head, "JBSWY3DPEHPK3PXP")
    assert sign_in(client, "head@example.org", cast.PASSWORD).url == reverse("mfa_authenticate")
    assert client.get(reverse("orgs:tree")).status_code == 302
    assert b"Second step" in client.get(reverse("mfa_authenticate")).content
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value("JBSWY3DPEHPK3PXP", counter))
    assert client.post(reverse("mfa_authenticate"), {"code": code}).url == reverse("home")


def test_account_pages_are_in_our_design(people: cast.Cast, client: Client) -> None:
    sign_in(client, "head@example.org", cast.PASSWORD)
    names = [
        "account_change_password",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "usersessions_list",
    ]
    for name in names:
        page = client.get(reverse(name), follow=True)
        assert page.status_code == 200, name
        assert b'class="skip"' in page.content, name
    for name in ("account_login", "account_reset_password", "account_reset_password_done", "account_signup", "account_inactive"):
        page = Client().get(reverse(name))
        assert page.status_code == 200, name
        assert b'class="skip"' in page.content, name


def test_sessions_are_listed_ended_and_few(people: cast.Cast, client: Client) -> None:
    others = [Client() for _ in range(5)]
    for other in others:
        sign_in(other, "head@example.org", cast.PASSWORD)
    sign_in(client, "head@example.org", cast.PASSWORD)
    assert UserSession.objects.filter(user=people.head).count() == 5
    assert others[0].get(reverse("orgs:tree")).status_code == 302, "the oldest has ended"
    page = client.get(reverse("usersessions_list"))
    newest = next(item for item in page.context["sessions"] if item.session_key != page.context["current"])
    proved(client, client.post(reverse("session_end", args=[newest.pk])))
    assert others[4].get(reverse("orgs:tree")).status_code == 302
    stranger = Client()
    sign_in(stranger, "secretary@example.org", cast.PASSWORD)
    left = UserSession.objects.filter(user=people.head).first()
    assert left is not None
    answer = stranger.post(reverse("session_end", args=[left.pk]))
    assert proved(stranger, answer).status_code == 404


def test_a_session_nobody_uses_ends(people: cast.Cast, client: Client, settings: Any) -> None:
    sign_in(client, "head@example.org", cast.PASSWORD)
    client.get(reverse("orgs:tree"))
    session = client.session
    session["seen"] -= settings.SAPA_SESSION_IDLE + 60
    session.save()
    assert client.get(reverse("orgs:tree")).status_code == 302


def test_a_forgotten_password_is_set_by_mail(people: cast.Cast, client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": "head@example.org"})
    page = client.get(link(), follow=True)
    done = client.post(page.request["PATH_INFO"], {"password1": STRONG, "password2": STRONG}, follow=True)
    assert done.status_code == 200
    assert sign_in(Client(), "head@example.org", STRONG).status_code == 302


def test_a_provider_set_up_by_the_environment_is_offered_and_makes_no_accounts(people: cast.Cast, settings: Any) -> None:
    import json
    import os
    import subprocess
    import sys
    import tempfile

    code = "from sapa_web.config import settings as s; import json; print(json.dumps(s.SOCIALACCOUNT_PROVIDERS))"
    with tempfile.TemporaryDirectory() as home:
        given = {
            "SAPA_HOME": home,
            "SAPA_OIDC_URL": "https://id.example/realm",
            "SAPA_OIDC_CLIENT": "sapa",
            "SAPA_OIDC_NAME": "eGov",
        }
        told = subprocess.check_output([sys.executable, "-c", code], env={**os.environ, **given}, text=True)
    settings.SOCIALACCOUNT_PROVIDERS = json.loads(told)
    page = Client().get(reverse("account_login")).content.decode()
    assert "Sign in with eGov" in page
    assert "/account/oidc/sso/login/" in page
    from sapa_web.orgs.adapter import ProviderAdapter

    assert not ProviderAdapter().is_open_for_signup(None, None)


def test_an_empty_site_begins_with_one_administrator(db: None, client: Client) -> None:
    from io import StringIO

    from django.core.management import CommandError, call_command

    given = {"code": "REP", "title": "Ministry", "since": "2015-01-01", "name": "First"}
    out = StringIO()
    call_command("first_administrator", "first@example.org", *[f"--{key}={value}" for key, value in given.items()], stdout=out)
    page = client.get(out.getvalue().strip(), follow=True)
    client.post(page.request["PATH_INFO"], {"password1": STRONG, "password2": STRONG})
    assert sign_in(client, "first@example.org", STRONG).status_code == 302
    assert client.get(reverse("orgs:open")).status_code == 200
    with pytest.raises(CommandError, match="invited"):
        call_command("first_administrator", "second@example.org", *[f"--{key}={value}" for key, value in given.items()])
