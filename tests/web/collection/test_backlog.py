"""The backlog: counts and figures per node, drilling down, scope, filters, exports, what an officer does."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sapa.errors import UserError
from sapa_web.collection.domain import campaigns, reminders, returning
from sapa_web.collection.domain.gate import Closed
from sapa_web.collection.domain.queries import backlog
from sapa_web.collection.models import Campaign, Obligation, Remark, Reminder
from sapa_web.common import clock
from sapa_web.common.domain import ledger
from sapa_web.common.models import Notice
from sapa_web.orgs.domain.queries.access import scope_of
from sapa_web.orgs.models import Membership, Organisation
from tests.web import cast
from tests.web.collection.office import sign_register


@pytest.fixture
def asked(people: cast.Cast) -> dict[str, Campaign]:
    return cast.campaigns()


def table(people: cast.Cast, who: str, node: str, founded: bool = False) -> dict[str, backlog.Tally]:
    scope = scope_of(people.people[who], "check")
    view = backlog.view_at(scope, node, founded)
    assert view is not None
    return {line.organisation.code: line.tally for line in backlog.children(view, backlog.campaigns_for(view.scope))}


def test_counts_and_figures_drill_from_the_republic_to_a_school(people: cast.Cast, asked: dict[str, Campaign]) -> None:
    sign_register(people, cast.SCHOOL)
    late = sign_register(people, cast.SIBLING)
    late.late_days = 2
    late.save()
    returning.send_back(people.officer, late, "Capacity is not 400.")
    rows = table(people, "ministry", "REP")
    assert set(rows) == {"R1", "R2"}
    north = rows["R1"]
    # Five institutions owe the register; learners and staff are owed by those the pack's condition names.
    assert north.owed == Obligation.objects.unscoped("test").exclude(organisation__code=cast.ELSEWHERE).count()
    assert (north.received, north.standing, north.in_time, north.signed_late) == (2, 1, 1, 1)
    assert (north.states["signed"], north.states["returned"]) == (1, 1)
    assert north.completeness == 2 / north.owed
    assert north.correctness == 1 / 2
    assert north.timeliness == 1 / north.owed
    assert set(table(people, "ministry", "R1")) == {"R1-01", cast.COLLEGE}
    schools = table(people, "officer", "R1-01")
    assert set(schools) == {cast.SCHOOL, cast.SIBLING, cast.KINDERGARTEN}
    assert schools[cast.SCHOOL].received == 1


def test_late_is_counted_in_working_days_of_what_was_never_signed(people: cast.Cast, asked: dict[str, Campaign]) -> None:
    sign_register(people, cast.SCHOOL)
    due = asked["institutions"].due_on
    with clock.standing_at(datetime(due.year, due.month, due.day, 8, tzinfo=UTC)):
        assert sum(item.late for item in table(people, "officer", "R1-01").values()) == 0
    with clock.standing_at(datetime(2024, 10, 3, 8, tzinfo=UTC)):
        rows = table(people, "officer", "R1-01")
    register_only = rows[cast.KINDERGARTEN]
    assert register_only.late == register_only.owed
    assert register_only.longest_late == 3  # due on Monday 30 September; Tuesday, Wednesday, Thursday
    assert rows[cast.SCHOOL].late == rows[cast.SCHOOL].owed - 1


def test_bodies_see_their_levels_and_founders_their_institutions(
    people: cast.Cast, asked: dict[str, Campaign], client: Client
) -> None:
    assert set(table(people, "body", "REP")) == {"R1"}
    assert set(table(people, "body", "R1-01")) == {cast.KINDERGARTEN}
    founder = cast.organisation("R2")
    Organisation.objects.unscoped("test").filter(code__in=[cast.COLLEGE, cast.ELSEWHERE]).update(founder=founder)
    Membership.objects.create(user=people.nobody, organisation=founder, role="officer", founded=True, valid_from=cast.SINCE)
    assert set(table(people, "nobody", "R2", founded=True)) == {cast.COLLEGE, cast.ELSEWHERE}
    client.force_login(people.nobody)
    page = client.get("/backlog/", follow=True)
    assert page.redirect_chain == [("/backlog/at/R2/?founded=1", 302)]
    listed = client.get(f"/backlog/at/R2/units/?founded=1&q={cast.COLLEGE}")
    assert {item.organisation.code for item, _, _ in listed.context["items"]} == {cast.COLLEGE}
    own, other = cast.obligation("institutions", cast.COLLEGE), cast.obligation("institutions", cast.SCHOOL)
    assert client.get(f"/backlog/returns/{own.pk}/").status_code == 200
    assert client.get(f"/backlog/returns/{other.pk}/").status_code == 404
    assert client.get("/backlog/at/R2/").status_code == 404  # the region's own subtree is somebody else's


def test_a_data_set_outside_the_scope_is_not_counted(people: cast.Cast, asked: dict[str, Campaign]) -> None:
    whole = table(people, "region", "R1")["R1-01"].owed
    Membership.objects.filter(user=people.region).update(datasets=["staff"])
    people.region.__dict__.pop("_memberships", None)
    part = table(people, "region", "R1")["R1-01"].owed
    assert 0 < part < whole


PLACES = [
    # who, node → status of the node page and of its list of units
    ("officer", "R1-01", 200), ("region", "R1-01", 200), ("ministry", "R1-01", 200), ("manager", "R1-01", 200),
    ("officer", "R1", 404), ("officer", "R1-02", 404), ("other_officer", "R1-01", 404), ("other_region", "R1-01", 404),
    ("body", "R1-01", 200), ("secretary", "R1-01", 403), ("head", "R1-01", 403), ("analyst", "REP", 403),
    ("administrator", "REP", 403), ("nobody", "R1-01", 403), ("teacher", "R1-01", 403),
]  # fmt: skip


def test_who_sees_which_node(people: cast.Cast, asked: dict[str, Campaign], client: Client) -> None:
    seen = {}
    for who, node, _ in PLACES:
        client.force_login(people.people[who])
        answers = {client.get(f"/backlog/at/{node}/{tail}").status_code for tail in ("", "units/", "units.csv", "remind/")}
        assert len(answers) == 1, (who, node, answers)
        seen[who, node] = answers.pop()
    assert seen == {(who, node): status for who, node, status in PLACES}
    client.logout()
    for url in ("/backlog/", "/backlog/at/REP/", "/campaigns/", "/backlog/returns/1/"):
        assert client.get(url).status_code == 302


def test_who_may_return_a_submission(people: cast.Cast, asked: dict[str, Campaign], client: Client) -> None:
    signed = sign_register(people, cast.SCHOOL)
    expected = {
        "other_officer": 404, "other_region": 404, "body": 404, "secretary": 403, "head": 403, "nobody": 403, "analyst": 403,
        "officer": 302,
    }  # fmt: skip
    for who, status in expected.items():
        client.force_login(people.people[who])
        sent = client.post(f"/backlog/returns/{signed.pk}/send-back/", {"text": "Check the capacity."})
        assert sent.status_code == status, who
        assert client.get(f"/backlog/returns/{signed.pk}/").status_code == (200 if status == 302 else status), who
    assert Remark.objects.count() == 1


def test_a_returned_submission_stays_in_force_until_the_next_is_signed(
    people: cast.Cast, asked: dict[str, Campaign], client: Client
) -> None:
    signed = sign_register(people, cast.SCHOOL)
    client.force_login(people.officer)
    client.post(f"/backlog/returns/{signed.pk}/send-back/", {"text": "Capacity is not 400."})
    signed.refresh_from_db()
    assert (signed.state, signed.revision) == (Obligation.RETURNED, 1)
    told = Notice.objects.filter(kind="return.returned").order_by("user__email")
    assert [item.user.email for item in told] == ["head@example.org", "secretary@example.org"]
    assert sorted(letter.to[0] for letter in mail.outbox) == ["head@example.org", "secretary@example.org"]
    assert "Capacity is not 400." in mail.outbox[0].body
    with pytest.raises(UserError, match="not possible from the state 'returned'"):
        returning.send_back(people.officer, signed, "Again.")
    again = sign_register(people, cast.SCHOOL, capacity="390")
    assert (again.state, again.revision) == (Obligation.SIGNED, 2)
    assert Remark.objects.get().answered_at is not None
    page = client.get(f"/backlog/returns/{signed.pk}/")
    assert sorted(event["tone"] for event in page.context["events"]) == ["amber", "green", "green"]
    assert not list(ledger.faults())


def test_an_office_does_not_return_its_own_submission(people: cast.Cast, client: Client) -> None:
    campaigns.open_campaign(
        "system:test", cast.PACK, "institutions", cast.PERIOD, opens_on=cast.DAY.date(), addressees=Campaign.EVERYBODY
    )
    own = cast.obligation("institutions", "R1-01")
    Obligation.objects.unscoped("test").filter(pk=own.pk).update(state=Obligation.SIGNED, revision=1)
    for who, status in (("officer", 404), ("region", 302)):
        client.force_login(people.people[who])
        assert client.post(f"/backlog/returns/{own.pk}/send-back/", {"text": "No."}).status_code == status


def test_while_updates_are_suspended_nothing_is_returned(people: cast.Cast, asked: dict[str, Campaign], client: Client) -> None:
    signed = sign_register(people, cast.SCHOOL)
    Campaign.objects.update(state=Campaign.SUSPENDED)
    client.force_login(people.officer)
    assert client.post(f"/backlog/returns/{signed.pk}/send-back/", {"text": "Now."}).status_code == 423
    with pytest.raises(Closed, match="suspended"):
        returning.send_back(people.officer, signed, "Now.")
    signed.refresh_from_db()
    assert signed.state == Obligation.SIGNED


def test_all_late_units_of_a_node_are_reminded_at_once(people: cast.Cast, asked: dict[str, Campaign], client: Client) -> None:
    sign_register(people, cast.SCHOOL)
    client.force_login(people.officer)
    with clock.standing_at(datetime(2024, 10, 3, 8, tzinfo=UTC)):
        page = client.get("/backlog/at/R1-01/remind/?late=1&campaign=" + str(asked["institutions"].pk))
        assert page.context["count"] == 2
        url = f"/backlog/at/R1-01/remind/?late=1&campaign={asked['institutions'].pk}"
        assert client.post(url, {"text": "Please sign today."}).status_code == 302
    assert Reminder.objects.count() == 2
    told = Notice.objects.filter(kind="return.reminder")
    assert sorted(item.user.email for item in told) == ["sibling@example.org", "sibling_head@example.org"]


def test_the_site_reminds_and_tells_of_lateness_by_itself(people: cast.Cast, asked: dict[str, Campaign]) -> None:
    sign_register(people, cast.SCHOOL)

    def on(day: int, month: int) -> dict[str, int]:
        Notice.objects.all().delete()
        with clock.standing_at(datetime(2024, month, day, 6, tzinfo=UTC)):
            reminders.tell_of_deadlines(None)  # type: ignore[arg-type]
        kinds = Notice.objects.values_list("kind", "user__email")
        return {kind: len({email for one, email in kinds if one == kind}) for kind, _ in kinds}

    assert on(26, 9) == {}
    assert on(27, 9)["return.due"] == 5  # one working day ahead: three units with people, one of them with two data sets left
    assert on(29, 9) == {}  # a Sunday
    told = on(1, 10)
    assert set(told) == {"return.late", "backlog.late"}
    one = Notice.objects.get(kind="backlog.late", user=people.officer, data__dataset__en__icontains="nstitution")
    assert one.data["count"] == 2
    assert on(2, 10) == {}
    assert "return.late" in on(8, 10)


def test_filters_search_sort_and_exports_without_live_formulas(
    people: cast.Cast, asked: dict[str, Campaign], client: Client
) -> None:
    sign_register(people, cast.SCHOOL)
    Organisation.objects.unscoped("test").filter(code=cast.SIBLING).update(name='=HYPERLINK("http://evil","x")')
    client.force_login(people.ministry)
    url = f"/backlog/at/REP/units/?campaign={asked['institutions'].pk}"
    assert client.get(url).context["page"].paginator.count == 5
    assert client.get(f"{url}&state=signed").context["page"].paginator.count == 1
    assert [item.organisation.code for item, _, _ in client.get(f"{url}&q=KINDER").context["items"]] == [cast.KINDERGARTEN]
    codes = [item.organisation.code for item, _, _ in client.get(f"{url}&sort=-code").context["items"]]
    assert codes == sorted(codes, reverse=True)
    sent = client.get(url.replace("units/", "units.csv"))
    assert sent["X-Row-Count"] == "5"
    assert "backlog-REP-5.csv" in sent["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(b"".join(sent).decode("utf-8-sig"))))  # type: ignore[arg-type]
    assert len(lines) == 6
    assert """'=HYPERLINK("http://evil","x")""" in [line[1] for line in lines]
    book = openpyxl.load_workbook(io.BytesIO(client.get(url.replace("units/", "units.xlsx")).content))
    first, about = book.worksheets
    assert about["B1"].value == 5
    assert first.max_row == 6
    cells = [cell for row in first.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert client.get("/backlog/at/REP/units.exe").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_units(
    people: cast.Cast, asked: dict[str, Campaign], client: Client
) -> None:
    client.force_login(people.ministry)
    for url in ("/backlog/at/REP/", "/backlog/at/R1-01/", "/backlog/at/REP/units/", "/campaigns/"):
        if "campaigns" in url:
            client.force_login(people.manager)
        client.get(url)  # the session notes that it is in use
        with CaptureQueriesContext(connection) as many:
            client.get(url)
        keep = Obligation.objects.unscoped("test").filter(organisation__code=cast.SCHOOL)[:1].values("pk")
        held = list(Obligation.objects.unscoped("test").exclude(pk__in=list(keep.values_list("pk", flat=True))))
        Obligation.objects.unscoped("test").filter(pk__in=[item.pk for item in held]).delete()
        with CaptureQueriesContext(connection) as one:
            client.get(url)
        Obligation.objects.bulk_create(held)
        assert len(many) == len(one), url
        assert len(many) <= 12, url


def test_the_counts_of_a_node_come_from_one_grouped_query(people: cast.Cast, asked: dict[str, Campaign]) -> None:
    scope = scope_of(people.ministry, "check")
    view = backlog.view_at(scope, "REP")
    assert view is not None
    every = backlog.campaigns_for(view.scope)
    with CaptureQueriesContext(connection) as seen:
        backlog.children(view, every)
    grouped = [item["sql"] for item in seen if "GROUP BY" in item["sql"]]
    assert len(grouped) == 1
    assert len(seen) == 2  # the counts, the names of the children


def test_campaigns_are_opened_for_a_period_in_one_go(people: cast.Cast, client: Client) -> None:
    client.force_login(people.manager)
    url = "/campaigns/open/?pack=demo&period=2024"
    page = client.get(url)
    assert page.context["days"]["due_on"].isoformat() == "2024-09-30"
    asked = {f"ask_{name}": "institutions" for name in ("institutions", "learners")}
    given: dict[str, Any] = {"opens_on": "2024-09-16", "due_on": "2024-09-30", **asked, "ask_staff": "everybody"}
    assert client.post(url, given).status_code == 302
    made = {item.dataset: item for item in Campaign.objects.all()}
    assert set(made) >= {"institutions", "learners", "staff"}
    offices = Obligation.objects.unscoped("test").filter(organisation__is_institution=False)
    assert {(item.campaign.dataset, item.organisation.code) for item in offices} == {
        ("staff", code) for code in ("R1", "R2", "R1-01", "R1-02", "R2-01")
    }
    again = client.post(url, {**given, "due_on": "2024-09-01"})
    assert again.status_code in (200, 400)
    client.post(f"/campaigns/{made['staff'].pk}/close/")
    assert Campaign.objects.get(pk=made["staff"].pk).state == Campaign.CLOSED
    client.post(f"/campaigns/{made['staff'].pk}/reopen/")
    assert Campaign.objects.get(pk=made["staff"].pk).state == Campaign.OPEN
    for who, status in (("ministry", 403), ("secretary", 403), ("nobody", 403), ("administrator", 403)):
        client.force_login(people.people[who])
        assert client.get(url).status_code == status, who
