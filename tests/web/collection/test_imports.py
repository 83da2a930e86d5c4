"""A whole country's returns in one file, by the pages: two years linked by identifier, the reform of the offices visible."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from django.test import Client

from sapa.packs.loader import load_pack
from sapa_web.collection.models import Campaign, Freeze, Submission
from sapa_web.common.models import JobRun
from sapa_web.orgs.domain.tree import timeline
from tests.web import cast

PACK, DATASET = "ua-school-return", "school-return"


def workbook(year: str, rows: list[dict[str, Any]]) -> BytesIO:
    """A return of the layout of the year: formulas row, headings, rows."""
    dataset = load_pack(PACK).dataset(DATASET, year)
    fields = list(dataset.layout(year))
    headings = [next((item.text for item in field.headings if _holds(item, year)), field.title["uk"]) for field in fields]
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(1, 0, headings)
        for number, row in enumerate(rows, start=2):
            sheet.write_row(number, 0, [row.get(field.id, "") for field in fields])
    out.seek(0)
    out.name = f"returns-{year}.xlsx"
    return out


def _holds(heading: Any, year: str) -> bool:
    return (heading.valid_from or "0") <= year <= (heading.valid_to or "9")


def school(code: str, budget: str, territory: str, pupils: int) -> dict[str, Any]:
    return {
        "region": "Вінницька", "settlement": "urban", "number": 1, "territory": territory, "name": f"Ліцей {code}",
        "level": "I-III", "posts_teaching": 10, "posts_other": 5, "posts_pension": 2, "pupils": pupils,
        "pupils_preschool": pupils, "classes": 5,
        "spending": 100, "spending_plan": 100, "budget_code": budget, "ownership": "communal", "diso": code,
        "edrpou": "26244113",
    }  # fmt: skip


def post(client: Client, year: str, file: BytesIO) -> JobRun:
    given = {
        "what": f"{PACK}/{DATASET}", "period": year, "as_of": f"{year}-09-02", "under": cast.organisation("REP").pk,
        "complete": "", "file": file,
    }  # fmt: skip
    answer = client.post("/imports/new/", given)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return JobRun.objects.get(pk=int(answer["Location"].rstrip("/").split("/")[-1]))


@pytest.mark.django_db(transaction=True)
def test_two_years_come_in_and_the_move_is_seen(client: Client, people: cast.Cast) -> None:
    client.force_login(people.manager)
    first = [
        school("7000001", "02202100000", "Жмеринський район", 120),
        school("7000002", "02202100000", "Жмеринський район", 80),
    ]
    later = [
        school("7000001", "02553000000", "Жмеринська міська ТГ", 130),
        school("7000002", "02202100000", "Жмеринський район", 70),
    ]
    for year, rows in (("2019", first), ("2020", later)):
        run = post(client, year, workbook(year, rows))
        assert run.state == "done", run.error
        assert (run.result["rows_read"], run.result["submissions"]) == (2, 2), json.dumps(run.result)
        assert client.get(f"/imports/{run.pk}/").status_code == 200
        assert client.get(f"/imports/{run.pk}/findings/").status_code == 200
        answer = client.post(f"/imports/{run.pk}/fix/")
        assert answer.status_code == 302
    moved = timeline(cast.organisation("7000001"))
    assert [item.parent.code for item in moved if item.parent] == ["02202100000", "02553000000"]
    assert Submission.objects.unscoped("test").count() == 4
    assert set(Campaign.objects.values_list("state", flat=True)) == {Campaign.FROZEN}
    assert all(freeze.root for freeze in Freeze.objects.all())


def test_only_who_reaches_the_whole_tree_imports(client: Client, people: cast.Cast) -> None:
    for person, status in ((people.manager, 200), (people.officer, 403), (people.secretary, 403), (people.administrator, 403)):
        client.force_login(person)
        assert client.get("/imports/").status_code == status
        assert client.get("/imports/new/").status_code == status
    client.logout()
    assert client.get("/imports/").status_code == 302
