"""A republic in which everything of the southern school has one number, so that an attacker from the north can ask for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sapa_web.collection.models import Obligation, Submission, Upload
from sapa_web.common import clock
from sapa_web.common.crypto import seal
from sapa_web.common.models import JobRun, Notice
from sapa_web.orgs.models import Certificate, Invitation, Membership, Organisation, RegisterImport, User
from tests.web import cast

FOREIGN = 9001
RECEIPT = "f" * 32
SECRET = "Zarina Unseen"
"""A name that stands in the foreign return and must never be shown to anybody else."""
DATES = {"not_before": cast.DAY, "not_after": cast.DAY + timedelta(days=400), "registered_at": cast.DAY}


@pytest.fixture
def foreign(people: cast.Cast) -> Organisation:
    """The southern school with one of everything under the number 9001."""
    cast.campaigns()
    unit = cast.organisation(cast.ELSEWHERE)
    pupil = User(pk=FOREIGN, email="zarina@example.org", name=SECRET)
    pupil.set_unusable_password()
    pupil.save()
    Membership.objects.create(pk=FOREIGN, user=pupil, organisation=unit, role="secretary", valid_from=cast.SINCE)
    found = Obligation.objects.unscoped("test").get(campaign__dataset="learners", organisation=unit)
    Obligation.objects.unscoped("test").filter(pk=found.pk).delete()
    found.pk, found.state = FOREIGN, Obligation.SIGNED
    found.save(force_insert=True)
    _papers(pupil, found, unit)
    return unit


def _papers(pupil: User, owed: Obligation, unit: Organisation) -> None:
    Submission.objects.create(
        pk=FOREIGN, obligation=owed, revision=1, rows=1, digest="0" * 64, manifest=b"{}", signer=SECRET, certificate="",
        received_at=cast.DAY, channel="form", receipt=RECEIPT,
    )  # fmt: skip
    Upload.objects.create(
        pk=FOREIGN, obligation=owed, name=f"{SECRET}.xlsx", content=seal({"rows": []}), findings=seal({}), rows=0, by=pupil,
        at=cast.DAY,
    )  # fmt: skip
    Certificate.objects.create(
        pk=FOREIGN, organisation=unit, fingerprint="0" * 64, subject=f"CN={SECRET}", issuer="CN=x", serial="1", **DATES
    )
    Invitation.objects.create(
        pk=FOREIGN, email="zarina2@example.org", name=SECRET, organisation=unit, role="secretary", token_hash="0" * 64,
        invited_by=pupil, invited_at=cast.DAY, expires_at=cast.DAY + timedelta(days=14),
    )  # fmt: skip
    RegisterImport.objects.create(
        pk=FOREIGN, pack="demo", dataset="institutions", period="2024", as_of=cast.DAY.date(), basis="x",
        file_name=f"{SECRET}.csv", digest="0" * 64, uploaded_by=pupil, uploaded_at=cast.DAY,
    )  # fmt: skip
    Notice.objects.create(pk=FOREIGN, user=pupil, kind="reminder", at=cast.DAY)
    JobRun.objects.create(
        pk=FOREIGN, kind="nothing", title=SECRET, state="failed", asked_by=pupil, asked_at=clock.now(), error=SECRET
    )


@pytest.fixture
def school_administrator(people: cast.Cast) -> User:
    """Whoever administers one school of the north: the same pages as the ministry's administrator, and a small reach."""
    user = User.objects.create_user("small@example.org", cast.PASSWORD, name="Small Administrator")
    Membership.objects.create(user=user, organisation=cast.organisation("R1-01"), role="administrator", valid_from=cast.SINCE)
    return user


def signed_in(user: User, **more: Any) -> Client:
    """A browser in which this person has signed in."""
    browser = Client(raise_request_exception=False, **more)
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser
