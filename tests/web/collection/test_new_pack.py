"""A pack nobody has programmed for: its data sets are entered, offered, handed in, checked, explained and signed as any other."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sapa_web.collection.domain import packs, working
from sapa_web.collection.domain.campaigns import open_campaign
from sapa_web.collection.models import Obligation, Submission, Upload
from tests.web import cast
from tests.web.collection.test_path import sign

PACK = "village"


@pytest.fixture(autouse=True)
def _own_packs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SAPA_PACKS", str(Path(__file__).parent.parent / "packs"))
    packs.pack_named.cache_clear()
    yield
    packs.pack_named.cache_clear()


@pytest.fixture
def clubs(people: cast.Cast) -> Obligation:
    for name in ("site", "clubs"):
        open_campaign("system:test", PACK, name, "2024", opens_on=date(2024, 9, 1), due_on=date(2024, 10, 1))
    return owed("clubs")


def owed(dataset: str, period: str = "2024") -> Obligation:
    found = Obligation.objects.unscoped("test").filter(campaign__pack=PACK, organisation__code=cast.SCHOOL)
    return found.select_related("campaign", "organisation").get(campaign__dataset=dataset, campaign__period=period)


def grid(client: Client, obligation: Obligation, *changes: dict[str, Any]) -> Any:
    url = reverse("collection:grid-changes", args=[obligation.pk])
    return client.post(url, json.dumps({"version": 0, "changes": changes}), content_type="application/json")


CHESS = {"club": "Chess", "as_of": "2024-09-01", "members": "12"}


def test_enter_offer_explain_sign(clubs: Obligation, people: cast.Cast, client: Client) -> None:
    client.force_login(people.head)
    page = client.post(
        reverse("collection:return", args=[owed("site").pk]), {"hall": "yes", "seats": "10", "was": "{}"}, follow=True
    )
    assert "nothing stands in the way" in page.content.decode()

    assert grid(client, clubs, {"op": "add", "row": "n", "values": CHESS}).status_code == 200
    offered = reverse("collection:offer", args=[clubs.pk, "elsewhere:seats"])
    assert offered in client.get(reverse("collection:return", args=[clubs.pk])).content.decode()
    client.post(offered)
    assert working.rows_of(clubs)[1][0]["seats"] == "10"  # said once, in the other return

    check = client.get(reverse("collection:check", args=[clubs.pk])).content.decode()
    assert "More members than seats" in check
    client.post(reverse("collection:explain", args=[clubs.pk]), {"rule": "club-fits", "text": "They meet on two evenings."})
    client.get(reverse("collection:sign", args=[clubs.pk]))
    manifest = client.get(reverse("collection:statement", args=[clubs.pk])).content
    client.post(reverse("collection:sign", args=[clubs.pk]), {"p7s": SimpleUploadedFile("a.p7s", sign(manifest))})
    assert Submission.objects.unscoped("test").get().obligation_id == clubs.pk
    assert owed("clubs").state == Obligation.SIGNED


def test_the_workbook_is_the_packs(clubs: Obligation, people: cast.Cast, client: Client) -> None:
    client.force_login(people.secretary)
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("collection:workbook", args=[clubs.pk])).content))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["Club", "As of", "Members", "Seats of the site"]
    for row, (name, members) in enumerate([("Chess", 12), ("Choir", 30)], start=2):
        for column, value in enumerate([name, date(2024, 9, 1), members], start=1):
            sheet.cell(row, column).value = value
    out = io.BytesIO()
    book.save(out)
    client.post(reverse("collection:upload", args=[clubs.pk]), {"file": SimpleUploadedFile("a.xlsx", out.getvalue())})
    url = reverse("collection:upload-confirm", args=[clubs.pk, Upload.objects.get().pk])
    client.post(url, {"version": "0"})
    assert [row["club"] for row in working.rows_of(clubs)[1]] == ["Chess", "Choir"]
    assert working.rows_of(clubs)[1][0]["as_of"] == "2024-09-01"


def test_last_periods_rows_are_offered_without_what_must_be_new(clubs: Obligation, people: cast.Cast, client: Client) -> None:
    rows = [CHESS, {**CHESS, "club": "Choir"}]
    working.replace_all(people.secretary, clubs, rows, channel="form")
    for name in ("site", "clubs"):
        open_campaign("system:test", PACK, name, "2025", opens_on=date(2024, 9, 10), due_on=date(2025, 10, 1))
    new = owed("clubs", "2025")
    client.force_login(people.secretary)
    working.apply(people.secretary, new, [{"op": "add", "row": "x", "values": {**CHESS, "members": "99"}}])
    url = reverse("collection:offer", args=[new.pk, "previous"])
    assert "2 rows from last period" in client.get(url).content.decode()
    client.post(url, {"field": ["members"], "new-as_of": "2025-09-01"})
    found = {row["club"]: (row["members"], row.get("as_of")) for row in working.rows_of(new)[1]}
    assert found == {"Chess": ("99", "2024-09-01"), "Choir": ("12", "2025-09-01")}


def test_facts_keep_their_date_and_the_day_of_entry(clubs: Obligation, people: cast.Cast, client: Client) -> None:
    working.apply(people.secretary, clubs, [{"op": "add", "row": "x", "values": CHESS}])
    assert working.rows_of(clubs)[1][0][working.ENTERED] == "2024-09-16"
    client.force_login(people.secretary)
    page = client.get(reverse("collection:check", args=[clubs.pk])).content.decode()
    # 2 to 13 September and the 16th; 1 September is a Sunday
    assert "They were entered 11 working days later at most" in page
