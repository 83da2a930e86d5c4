"""Names, remarks, values and file names full of markup: shown as they were written, run nowhere; nothing is a live formula."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from sapa.publication import pictures
from sapa.publication.charts import Chart
from sapa_web.collection.domain import checking, returning, working
from sapa_web.collection.views.exports import plain
from sapa_web.common.models import JobRun
from sapa_web.orgs.domain.tree import change
from sapa_web.orgs.models import Certificate, User
from tests.web import cast
from tests.web.collection.office import sign_register
from tests.web.security.conftest import DATES, signed_in
from tests.web.security.test_addresses import PLACES, of_site

EVIL = """"'></script></textarea><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}&lt;"""
FORMULAS = ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil")', "=cmd|' /C calc'!A0"]


class Live(HTMLParser):
    """What of a page would run: our payload as a tag or an attribute, scripts without an address, addresses that are scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found += [f"<{tag} {name}=…>" for name in given if name.startswith("on")]
        if tag == "img" and given.get("src") == "x":
            self.found.append("<img>")
        if tag == "script" and "src" not in given and given.get("type") not in ("application/json", "speculationrules"):
            self.found.append("<script>")
        self.found += [value for name, value in given.items() if name in ("href", "src", "action") and "script:" in value.lower()]


@pytest.fixture
def evil(people: cast.Cast) -> cast.Cast:
    """Everything a person may write is written by an attacker."""
    cast.campaigns()
    for code in (cast.SCHOOL, "R1-01"):
        change("system:test", cast.organisation(code), cast.DAY.date(), "renamed", basis=EVIL, name=EVIL)
    for user in (people.head, people.secretary, people.officer):
        User.objects.filter(pk=user.pk).update(name=EVIL[:150])
        user.refresh_from_db()
    owed = sign_register(people, cast.SCHOOL, name=EVIL[:100])
    returning.send_back(people.ministry, owed, EVIL + " please look at this once more")
    learners = cast.obligation("learners", cast.SCHOOL)
    row = {item.id: EVIL[:60] for item in working.fields_of(learners)}
    working.replace_all(people.secretary, learners, [row], channel="upload")
    checking.check_draft(learners)
    Certificate.objects.create(
        organisation=cast.organisation(cast.SCHOOL), fingerprint="1" * 64, subject=EVIL, issuer=EVIL, serial=EVIL[:60], **DATES
    )
    JobRun.objects.create(
        kind="x", title=EVIL, state="failed", step=EVIL[:100], error=EVIL, asked_by=people.administrator, asked_at=cast.DAY
    )
    return people


@pytest.mark.slow
def test_nothing_that_was_written_runs(evil: cast.Cast) -> None:
    seen = 0
    for name in ("secretary", "officer", "administrator"):
        browser = signed_in(getattr(evil, name))
        for dataset in ("institutions", "learners"):
            own = {**PLACES, "code": cast.SCHOOL, "pk": cast.obligation(dataset, cast.SCHOOL).pk}
            own["pk"] = own["pk"] if name != "administrator" else JobRun.objects.latest("pk").pk
            for route in of_site():
                if "account" in route.template and dataset == "learners":
                    continue
                answer = browser.get(route.path(**own))
                if answer.streaming or "html" not in answer.get("Content-Type", "") or answer.status_code != 200:
                    continue
                text = answer.content.decode()
                assert not Live(text).found, (name, route.name, Live(text).found)
                assert "49&lt;" not in text, (route.name, "a template was made of it")
                assert not re.search(r"</script>[^<]{0,3}</textarea><img", text), route.name
                seen += "onerror=alert(1)" in text or "onerror\\u003D" in text or "onerror=alert(1)" in json.dumps(text)
    assert seen > 10, "the payload must be on many pages, else this proves nothing"


def test_data_for_scripts_ends_no_script(evil: cast.Cast) -> None:
    pk = cast.obligation("learners", cast.SCHOOL).pk
    browser = signed_in(evil.secretary)
    answer = browser.get(reverse("collection:grid-data", args=[pk]))
    assert answer["Content-Type"].startswith("application/json")
    assert answer.json()["rows"][0]["surname"] == EVIL[:60]
    page = browser.get(reverse("collection:return", args=[pk])).content.decode()
    for block in re.findall(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL):
        json.loads(block)


def test_a_chart_is_a_picture() -> None:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json", "title": EVIL,
        "data": {"values": [{"a": EVIL, "b": 1, "href": "javascript:alert(1)"}, {"a": "x", "b": 2}]}, "mark": "bar",
        "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}},
    }  # fmt: skip
    drawn = pictures.svg(Chart("chart", "1", EVIL, spec, EVIL))
    assert not Live(drawn).found
    assert "<script" not in drawn


def test_a_value_of_the_address_stays_one_value(people: cast.Cast) -> None:
    """Found here: links of the backlog were made of what the address held, as it stood."""
    cast.campaigns()
    address = reverse("backlog:node", args=["REP"])
    page = signed_in(people.ministry).get(address, {"period": "2024&founded=1#x"}).content.decode()
    assert "2024%26founded%3D1%23x" in page
    assert "period=2024&amp;founded" not in page


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_looks_like_a_formula_is_none(text: str) -> None:
    assert plain(text) == f"'{text}"


def test_exports_hold_no_formula(people: cast.Cast) -> None:
    cast.campaigns()
    change("system:test", cast.organisation(cast.SCHOOL), cast.DAY.date(), "renamed", basis="x", name=FORMULAS[-1])
    browser = signed_in(people.ministry)
    text = b"".join(browser.get(reverse("backlog:export", args=["REP", "csv"])).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert any("calc" in cell for row in rows for cell in row)
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell]
    book = openpyxl.load_workbook(io.BytesIO(browser.get(reverse("backlog:export", args=["REP", "xlsx"])).content))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f" or cell.hyperlink]


def test_workbooks_hold_no_formula_of_the_rows(people: cast.Cast) -> None:
    """What was typed comes back as text: in the template filled with the present rows, and with the findings marked."""
    cast.campaigns()
    learners = cast.obligation("learners", cast.SCHOOL)
    rows: list[dict[str, Any]] = [{item.id: text for item in working.fields_of(learners)} for text in FORMULAS]
    working.replace_all(people.secretary, learners, rows, channel="upload")
    checking.check_draft(learners)
    browser = signed_in(people.secretary)
    for name in ("workbook", "marked-list"):
        answer = browser.get(reverse(f"collection:{name}", args=[learners.pk]))
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert any("calc" in str(cell.value) for cell in cells), name
        assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink], name


def test_mail_keeps_its_head(people: cast.Cast) -> None:
    """A name with a line break adds no header to a mail."""
    from django.core import mail

    cast.campaigns()
    User.objects.filter(pk=people.administrator.pk).update(name="A\r\nBcc: evil@example.org")
    change(
        "system:test", cast.organisation(cast.SCHOOL), cast.DAY.date(), "renamed", basis="x", name="S\r\nBcc: evil@example.org"
    )
    people.administrator.refresh_from_db()
    browser = signed_in(people.administrator)
    browser.post(reverse("orgs:invite"), {"email": "x@example.org", "name": "X", "place": cast.SCHOOL, "role_name": "secretary"})
    for message in mail.outbox:
        assert "evil@example.org" not in message.recipients()
        assert "\n" not in message.subject
        assert "Bcc" not in dict(message.message().items())
