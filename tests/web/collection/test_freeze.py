"""The year's freeze: planned, announced in time, suspended by itself, fixed, resumed; what is fixed never changes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from sapa.archive.verify import verify_snapshot
from sapa.errors import UserError
from sapa_web.collection.domain import deadlines, fixing, freezing, signing, subjects, working
from sapa_web.collection.domain.campaigns import open_campaign
from sapa_web.collection.domain.deadlines import working_days_late
from sapa_web.collection.domain.gate import Closed
from sapa_web.collection.models import Campaign, Freeze, Obligation, Submission
from sapa_web.common import clock
from sapa_web.common.domain import jobs, ledger
from sapa_web.common.files import archive
from sapa_web.common.models import Notice
from sapa_web.orgs.domain.tree import Entry, Facts, open_many
from tests.web import cast
from tests.web.collection.office import sign_register


def at(day: int, month: int = 10, year: int = 2024, hour: int = 6) -> Any:
    return clock.standing_at(datetime(year, month, day, hour, tzinfo=UTC))


@pytest.fixture
def asked(people: cast.Cast) -> dict[str, Campaign]:
    return cast.campaigns()


@pytest.fixture
def planned(people: cast.Cast, asked: dict[str, Campaign]) -> Freeze:
    return freezing.plan(people.manager, cast.PACK, cast.PERIOD)


@pytest.fixture
def suspended(people: cast.Cast, planned: Freeze) -> Freeze:
    for code in (cast.SCHOOL, cast.KINDERGARTEN, cast.COLLEGE):
        sign_register(people, code)
    freezing.announce(people.manager, planned)
    with at(1):
        assert "freeze.dates" in jobs.begin_due()
    planned.refresh_from_db()
    assert planned.state == Freeze.SUSPENDED
    return planned


def test_a_plan_follows_from_the_law(planned: Freeze) -> None:
    assert (planned.as_of, planned.suspend_from, planned.resume_on) == (date(2024, 10, 1), date(2024, 10, 1), date(2024, 10, 15))
    assert planned.announce_by == date(2024, 9, 26)  # three working days ahead: 30, 27, 26 September


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"as_of": date(2024, 11, 1)}, "month 10"),
        ({"days": 11}, "at most 10"),
        ({"as_of": date(2024, 10, 1), "suspend_on": date(2024, 10, 7)}, "Updates would go on between"),
    ],
)
def test_what_the_law_forbids_can_not_be_planned(
    people: cast.Cast, asked: dict[str, Campaign], given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        freezing.plan(people.manager, cast.PACK, cast.PERIOD, **given)
    assert not Freeze.objects.exists()


def test_an_announcement_reaches_everybody_and_never_comes_too_late(people: cast.Cast, planned: Freeze) -> None:
    with at(27, 9), pytest.raises(UserError, match=r"until 26.September 2024"):
        freezing.announce(people.manager, planned)
    assert not Notice.objects.exists()
    with at(26, 9):
        count = freezing.announce(people.manager, planned)
    assert count == len(people.people)
    assert {item.user_id for item in Notice.objects.filter(kind="freeze.announced")} == {one.pk for one in people.people.values()}
    assert len(mail.outbox) == len(people.people)
    assert "1\N{NO-BREAK SPACE}October 2024" in mail.outbox[0].body
    with pytest.raises(UserError, match="announced already"):
        freezing.plan(people.manager, cast.PACK, cast.PERIOD, as_of=date(2024, 10, 15))


def test_the_suspension_begins_by_itself_even_without_a_worker(people: cast.Cast, planned: Freeze) -> None:
    freezing.announce(people.manager, planned)
    draft = cast.obligation("institutions", cast.SCHOOL)
    entered = [{"op": "add", "row": "a", "values": {"name": "School"}}]
    with at(30, 9, hour=20):
        working.apply(people.secretary, draft, entered)
    with at(1, hour=0), pytest.raises(Closed, match="suspended"):
        working.apply(people.secretary, draft, [{"op": "set", "row": "a", "field": "name", "was": "School", "value": "Other"}])
    with at(1):
        jobs.begin_due()
        with pytest.raises(Closed):
            signing.prepare(people.head, draft)
    assert set(Campaign.objects.values_list("state", flat=True)) == {Campaign.SUSPENDED}
    assert working.rows_of(draft)[1][0]["name"] == "School"


def test_days_of_the_suspension_do_not_make_anybody_late(asked: dict[str, Campaign], suspended: Freeze) -> None:
    campaign = asked["institutions"]
    assert working_days_late(campaign, date(2024, 9, 30), date(2024, 10, 14)) == 0
    assert working_days_late(campaign, date(2024, 9, 30), date(2024, 10, 16)) == 2
    Freeze.objects.update(resumed_at=datetime(2024, 10, 7, 9, tzinfo=UTC))
    assert working_days_late(campaign, date(2024, 9, 30), date(2024, 10, 8)) == 2


def test_where_the_pack_reads_the_law_otherwise_days_of_the_suspension_count(
    asked: dict[str, Campaign], suspended: Freeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deadlines.suspension_stops_the_clock(cast.PACK)
    monkeypatch.setattr(deadlines, "suspension_stops_the_clock", lambda pack, regime: False)
    assert working_days_late(asked["institutions"], date(2024, 9, 30), date(2024, 10, 14)) == 10


def test_only_subjects_of_the_regime_are_asked(people: cast.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert subjects.addressees_of(cast.PACK) == ("institutions", "offices", "everybody")
    monkeypatch.setattr(subjects, "duties_of", lambda pack, regime: [])
    subjects.addressees_of.cache_clear()
    days = {"opens_on": date(2024, 9, 1), "addressees": Campaign.OFFICES}
    with pytest.raises(UserError, match="does not ask data of offices"):
        open_campaign("system:test", cast.PACK, "staff", cast.PERIOD, **days)
    subjects.addressees_of.cache_clear()


def test_the_data_are_fixed_and_stay_as_they_were(people: cast.Cast, suspended: Freeze) -> None:
    with at(3):
        freezing.begin(people.manager, suspended)
    suspended.refresh_from_db()
    assert suspended.job is not None
    assert suspended.job.state == "done", suspended.job.error
    assert (suspended.state, suspended.size, suspended.report["rows"]) == (Freeze.FROZEN, 3, {"institutions": 3})
    store = archive(cast.PACK, cast.PERIOD)
    assert verify_snapshot(store, expected_root=suspended.root).problems == []
    assert list(store.names("facts"))
    register = next(row for row in suspended.report["datasets"] if row["dataset"] == "institutions")
    assert (register["owed"], register["received"], register["missing"]) == (5, 3, 2)
    missing = {row["code"] for row in suspended.report["listed"]["missing"] if row["dataset"] == "institutions"}
    assert missing == {cast.SIBLING, cast.ELSEWHERE}
    with at(4):
        freezing.resume(people.manager, suspended)
        late = cast.obligation("institutions", cast.SIBLING)
        with pytest.raises(Closed, match="fixed"):
            working.apply(people.sibling, late, [{"op": "add", "row": "a", "values": {"name": "Late"}}])
        days = {"opens_on": date(2024, 10, 4), "due_on": date(2025, 9, 30)}
        open_campaign(people.manager, cast.PACK, "institutions", "2025", **days)
        sign_register(people, cast.SCHOOL, "2025", capacity="500")
    suspended.refresh_from_db()
    assert verify_snapshot(store, expected_root=suspended.root).problems == []
    assert json.loads(store.read("snapshot/snapshot.json"))["root"] == suspended.root
    assert not archive(cast.PACK, "2025").exists("snapshot/snapshot.json")
    assert not list(ledger.faults())
    with pytest.raises(UserError, match="never changes"):
        freezing.plan(people.manager, cast.PACK, cast.PERIOD)


def test_updates_resume_by_themselves_when_the_longest_suspension_is_over(people: cast.Cast, suspended: Freeze) -> None:
    with at(4), pytest.raises(UserError, match=r"from 15.October 2024"):
        freezing.resume(people.manager, suspended)
    with at(14):
        assert jobs.begin_due().count("freeze.dates") == 0
    with at(15):
        assert "freeze.dates" in jobs.begin_due()
    suspended.refresh_from_db()
    assert suspended.state == Freeze.RESUMED
    assert set(Campaign.objects.values_list("state", flat=True)) == {Campaign.OPEN}
    assert Notice.objects.filter(kind="freeze.unfixed").count() == 1  # the manager


def test_a_receipt_whose_file_is_gone_stops_the_freeze(people: cast.Cast, suspended: Freeze) -> None:
    store = archive(cast.PACK, cast.PERIOD)
    store.remove(f"submissions/institutions/{cast.PERIOD}/{cast.COLLEGE}/r0001.json")
    with at(3):
        freezing.begin(people.manager, suspended)
    suspended.refresh_from_db()
    assert suspended.job is not None
    assert (suspended.state, suspended.job.state) == (Freeze.FREEZING, "failed")
    assert cast.COLLEGE in suspended.job.error
    assert "backup" in suspended.job.error
    assert Notice.objects.filter(kind="freeze.failed").exists()
    fixing.abandon(people.manager, suspended)
    suspended.refresh_from_db()
    assert suspended.state == Freeze.SUSPENDED


def test_a_signed_return_the_site_forgot_is_adopted_before_the_freeze(people: cast.Cast, suspended: Freeze) -> None:
    lost = cast.obligation("institutions", cast.SCHOOL)
    Submission.objects.unscoped("test").filter(obligation=lost).delete()
    Obligation.objects.unscoped("test").filter(pk=lost.pk).update(revision=0, signed_at=None, state=Obligation.READY)
    with at(3):
        freezing.begin(people.manager, suspended)
    suspended.refresh_from_db()
    assert suspended.size == 3
    assert cast.obligation("institutions", cast.SCHOOL).revision == 1


def test_offices_report_with_a_signature_of_their_own(people: cast.Cast) -> None:
    open_many("system:test", [Entry("0000901", Facts("Western district", "R1"), is_institution=False)], cast.SINCE)
    open_campaign("system:test", cast.PACK, "institutions", cast.PERIOD, opens_on=date(2024, 9, 1), addressees=Campaign.EVERYBODY)
    signed = sign_register(people, "0000901")
    assert (signed.state, signed.organisation.is_institution, signed.late_days) == (Obligation.SIGNED, False, 0)
    freeze = freezing.plan(people.manager, cast.PACK, cast.PERIOD)
    freezing.announce(people.manager, freeze)
    with at(1):
        jobs.begin_due()
        freezing.begin(people.manager, freeze)
    freeze.refresh_from_db()
    assert (freeze.state, freeze.size) == (Freeze.FROZEN, 1)


def test_pages_of_the_freeze(people: cast.Cast, asked: dict[str, Campaign], client: Client) -> None:
    client.force_login(people.manager)
    assert "No freeze is planned" in client.get("/freeze/").text
    page = client.get("/freeze/plan/?pack=demo&period=2024&as_of=2024-11-05")
    assert "Choose a date in month 10" in page.text
    assert client.post("/freeze/plan/", {"pack": "demo", "period": "2024", "as_of": "2024-11-05"}).status_code == 400
    assert "Keep this plan" in client.get("/freeze/plan/?pack=demo&period=2024").text
    client.post("/freeze/plan/", {"pack": "demo", "period": "2024"})
    freeze = Freeze.objects.get()
    url = f"/freeze/{freeze.pk}/"
    with at(27, 9):
        refused = client.post(f"{url}announce/")
        assert refused.status_code == 400
        assert "26\N{NO-BREAK SPACE}September 2024" in refused.text
    client.force_login(people.secretary)
    assert client.get(url).status_code == 404  # not announced: nobody's business yet
    client.force_login(people.manager)
    client.post(f"{url}announce/")
    expected = {"secretary": 200, "officer": 200, "nobody": 403, "teacher": 403, "manager": 200}
    for who, status in expected.items():
        client.force_login(people.people[who])
        assert client.get(url).status_code == status, who
        if who != "manager":
            assert client.post(f"{url}begin/").status_code == 403, who
            assert client.get("/freeze/").status_code == 403, who
    for name in (cast.SCHOOL, cast.COLLEGE):
        sign_register(people, name)
    client.force_login(people.manager)
    with at(1):
        jobs.begin_due()
        client.post(f"{url}begin/")
        frozen = client.get(url)
    freeze.refresh_from_db()
    assert freeze.root in frozen.text
    assert "Resume updates" in frozen.text
    assert client.get(f"{url}progress/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    client.logout()
    assert client.get(url).status_code == 302


SITE = """
import os, signal, sys
from datetime import UTC, datetime
os.environ["DJANGO_SETTINGS_MODULE"] = "sapa_web.config.settings"
import django
django.setup()
from django.core.management import call_command
from sapa_web.common import clock
from sapa.archive.store import FolderStore

def stand(month, day):
    clock.set_moment(datetime(2024, month, day, 6, tzinfo=UTC))

if sys.argv[1] == "build":
    call_command("migrate", verbosity=0)
    from tests.web import cast
    from tests.web.collection.office import KINDS, sign_register
    from sapa_web.collection.domain import freezing
    stand(9, 16)
    people = cast.build()
    cast.campaigns()
    for code in list(KINDS)[:5]:
        sign_register(people, code)
    freeze = freezing.plan(people.manager, cast.PACK, cast.PERIOD)
    freezing.announce(people.manager, freeze)
    stand(10, 1)
    freezing.suspend("system:test", freeze)
    freezing.begin(people.manager, freeze)
else:
    left = int(sys.argv[1])
    write = FolderStore.write
    def dying(self, name, content):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(self, name, content)
    FolderStore.write = dying
    call_command("worker", batch=True, lease=0.0, interval=0.1, beat=0.2)
"""


@pytest.mark.slow
def test_a_freeze_whose_worker_is_killed_ends_with_the_same_root(tmp_path: Path) -> None:
    def run(home: Path, argument: str) -> int:
        env = {**os.environ, "SAPA_HOME": str(home), "SAPA_DEMO": "1", "PYTHONPATH": f"src{os.pathsep}."}
        env["SAPA_DATABASE_URL"] = f"sqlite:///{home / 'site.sqlite3'}"
        return subprocess.run([sys.executable, "-c", SITE, argument], env=env, timeout=180, check=False).returncode

    def found(home: Path) -> tuple[str, str, int]:
        with sqlite3.connect(home / "site.sqlite3") as base:
            row = base.execute(
                "SELECT f.state, f.root, j.attempts FROM collection_freeze f JOIN common_jobrun j ON j.id = f.job_id"
            ).fetchone()
            return (row[0], row[1], row[2])

    assert run(tmp_path / "home", "build") == 0
    roots = {}
    for left in (0, 2, 5, 12):
        home = tmp_path / f"home{left}"
        shutil.copytree(tmp_path / "home", home)
        if left:
            assert run(home, str(left)) == -signal.SIGKILL, left
            assert found(home)[0] == "freezing"
        assert run(home, "0") == 0
        state, roots[left], attempts = found(home)
        assert state == "frozen"
        assert attempts > 1 if left else attempts == 1  # a machine under load may give a slow attempt up once more
    assert len(set(roots.values())) == 1
