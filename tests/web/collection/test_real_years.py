"""The real returns of 2019 and 2020 through the pages, held against a plain reading of the same two workbooks."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from django.test import Client

from sapa.packs.loader import load_pack
from sapa_web.collection.models import Freeze, Submission
from sapa_web.orgs.domain.tree import timeline
from tests.web import cast
from tests.web.collection.test_imports import PACK, post

RETURNS = {"2019": 14_175, "2020": 13_458}
"""As SOURCES.md beside the data counts them."""
FIGURES = f"/figures/{PACK}/pupils-per-teacher/"
BY_REGION = "?by=region&period=2019&period=2020"


@dataclass
class Counted:
    """What a workbook says, read without the engine: each school's office, and pupils and teachers by region."""

    office: dict[str, str] = field(default_factory=dict)
    regions: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0]))


def count(workbook: bytes, names: dict[str, str]) -> Counted:
    """Columns by the first words of their headings; rows without an identifier are the sheet's empty end."""
    rows = python_calamine.CalamineWorkbook.from_filelike(BytesIO(workbook)).get_sheet_by_index(0).to_python()
    starts = {
        "region": "Область", "teachers": "Кількість штатних працівників педагогічного персоналу  разом",
        "pupils": "Кількість учнів разом", "budget": "Код бюджету", "diso": "Код ДІСО",
    }  # fmt: skip
    heading = next(row for row in rows if "Код ДІСО" in row)
    at = {name: next(i for i, text in enumerate(heading) if str(text).startswith(start)) for name, start in starts.items()}
    out = Counted()
    for row in rows[rows.index(heading) + 1 :]:
        if row[at["diso"]] == "":
            continue
        budget = row[at["budget"]]
        out.office[str(int(row[at["diso"]]))] = (str(budget) if isinstance(budget, str) else str(int(budget))).zfill(11)
        for key in (names[str(row[at["region"]]).strip()], ""):
            sums = out.regions[key]
            sums[0] += row[at["pupils"]] or 0
            sums[1] += row[at["teachers"]] or 0
    return out


def region_names() -> dict[str, str]:
    """The code of a region by each of its spellings."""
    items = load_pack(PACK).codelist("ua-region", "2020").items
    return {text: item.code for item in items for text in (item.title["uk"], *item.aliases)}


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_real_returns_of_two_years_come_in(client: Client, people: cast.Cast, shared: Path) -> None:
    client.force_login(people.manager)
    counted: dict[str, Counted] = {}
    trees: dict[str, dict[str, int]] = {}
    for year, returns in RETURNS.items():
        content = (shared / f"data/ua-schools/ZZSO-{year}.xlsx").read_bytes()
        counted[year] = count(content, region_names())
        file = BytesIO(content)
        file.name = f"ZZSO-{year}.xlsx"
        run = post(client, year, file)
        assert run.state == "done", run.error
        assert (run.result["rows_read"], run.result["submissions"]) == (returns, returns)
        assert client.post(f"/imports/{run.pk}/fix/").status_code == 302
        trees[year] = run.result["tree"]
    assert sorted(Freeze.objects.values_list("size", flat=True)) == sorted(RETURNS.values())
    linked(counted["2019"], counted["2020"], trees["2020"])
    moves_are_seen(client, counted["2019"], counted["2020"])
    explored(client, counted)


def linked(before: Counted, after: Counted, tree: dict[str, int]) -> None:
    """A school of both years is one institution with two returns; who changed the office has moved, who is new was opened."""
    both = before.office.keys() & after.office.keys()
    new = after.office.keys() - before.office.keys()
    moved = {code for code in both if before.office[code] != after.office[code]}
    offices = set(after.office.values()) - set(before.office.values())
    print(f"{len(both)} schools in both years, {len(moved)} of them moved; {len(new)} new schools, {len(offices)} new offices")
    assert tree["opened"] == len(new) + len(offices)
    assert tree["moved"] >= len(moved) > 5_000
    submissions = Submission.objects.unscoped("test").filter(obligation__organisation__code__in=sorted(both)[:200])
    periods: dict[str, set[str]] = defaultdict(set)
    for code, period in submissions.values_list("obligation__organisation__code", "obligation__campaign__period"):
        periods[code].add(period)
    assert len(periods) == 200
    assert set(map(tuple, map(sorted, periods.values()))) == {("2019", "2020")}


def moves_are_seen(client: Client, before: Counted, after: Counted) -> None:
    """On the page of its history a school that was moved shows the office of each year."""
    moved = sorted(code for code in before.office.keys() & after.office.keys() if before.office[code] != after.office[code])
    for code in moved[:: len(moved) // 20]:
        parents = [item.parent for item in timeline(cast.organisation(code))]
        assert [parent.code for parent in parents if parent] == [before.office[code], after.office[code]]
    page = client.get(f"/places/tree/of/{code}/history/").content.decode()
    assert "diff-old" in page
    assert page.index("Moved") > 0


def explored(client: Client, counted: dict[str, Counted]) -> None:
    """Each region's figure of both years in the file, and on the page as the reader sees it."""
    text = client.get(f"{FIGURES}figures.csv{BY_REGION}").content.decode("utf-8-sig")
    shown = {(row["period"], row["region"]): row for row in csv.DictReader(StringIO(text))}
    assert {row["state"] for row in shown.values()} == {"official"}
    page = client.get(FIGURES + BY_REGION).content.decode()
    for year, counts in counted.items():
        assert len(counts.regions) == 26  # 25 regions and the whole
        for region, (pupils, teachers) in counts.regions.items():
            row: dict[str, Any] = shown[year, region]
            assert float(row["value"]) == pytest.approx(pupils / teachers, rel=1e-9), (year, region)
            assert f">{pupils / teachers:.2f}</a>" in page, (year, region)
