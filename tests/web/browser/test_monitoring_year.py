"""A village school's year of internal monitoring in a real browser, from nothing: the plan, the order, one object through its
seven steps, values of two years, the appraisal, the public report that everybody can read.

``SAPA_SHOTS=folder`` leaves a picture of every page in two languages and two widths there, and the pages of the report.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest

from sapa_web.common.domain import ledger
from sapa_web.common.packs import pack_named
from sapa_web.monitoring.domain import measures
from sapa_web.monitoring.models import Document, Measure, PlanLine, Programme, StepRecord, Watch
from sapa_web.orgs.models import Membership, User
from tests.web import cast
from tests.web.browser.chromium import SLOW
from tests.web.browser.walk import SHOTS, Walk, go, press, walking

pytestmark = SLOW
HEAD, TEACHER = "aylana", "dolaan"


@pytest.fixture
def walk(transactional_db: None, live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    """A site with a school, its head and a teacher, and nothing of a monitoring."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's driver runs a loop in this thread
    settings.SAPA_ADDRESS = live_server.url
    cast.build()
    for name, role, said in ((HEAD, "head", "Aylana Mongush"), (TEACHER, "teacher", "Dolaan Ondar")):
        user = User.objects.create_user(f"{name}@example.org", cast.PASSWORD, name=said)
        Membership.objects.create(user=user, organisation=cast.organisation(cast.SCHOOL), role=role, valid_from=cast.SINCE)
    with walking(live_server.url) as walked:
        yield walked


def test_the_year_of_a_village_school(walk: Walk) -> None:
    page = walk.as_(HEAD)
    begin(walk, page)
    order(walk, page)
    collect(walk, page)
    note(walk, page)
    finish(walk, page)
    appraise(walk, page)
    publish(walk, page)
    at_the_table(walk)
    assert not list(ledger.faults())
    assert walk.faults == [], "\n".join(walk.faults)


def begin(walk: Walk, page: Any) -> None:
    go(walk, page, "/")
    press(page, "Monitoring", "link")
    walk.look(page, "monitoring-empty")
    press(page, "Begin the plan", "link")
    page.get_by_label("Why these directions").fill("Fewer children did sport last year.")
    walk.look(page, "monitoring-start")
    press(page, "Begin")
    assert PlanLine.objects.unscoped("test").count() == 11
    walk.look(page, "monitoring-plan-draft")
    press(page, "Responsible", "link")
    for field in page.locator("main select").all():
        field.select_option(label="Dolaan Ondar")
    walk.look(page, "monitoring-people")
    press(page, "Save")


def order(walk: Walk, page: Any) -> None:
    press(page, "Order", "link")
    page.get_by_label("Number of the order").fill("79")
    page.get_by_label("Day of the order").fill("2024-09-16")
    walk.look(page, "monitoring-order")
    data = page.request.get(f"{page.url.rstrip('/')}.pdf").body()
    assert "Dolaan Ondar" in told(data)
    assert page.request.get(f"{page.url.rstrip('/')}.docx").body().startswith(b"PK")
    press(page, "Put the plan in force")
    assert Programme.objects.unscoped("test").get().state == Programme.ORDERED
    walk.look(page, "monitoring-ordered")
    go(walk, page, "/monitoring/")
    walk.look(page, "monitoring-home")


def collect(walk: Walk, page: Any) -> None:
    """The first step, and the values of two years."""
    here = f"/monitoring/object/{watch().pk}/"
    go(walk, page, here)
    step(page, "Health of learners: sport comes first this year.")
    for year, share in (("2023", "40"), ("2024", "55")):
        for number in (1, 2):  # the shares
            go(walk, page, f"{here}value/")
            field = page.get_by_label("Indicator", exact=True)
            field.select_option(index=number)
            page.get_by_label("School year that begins in").fill(year)
            page.get_by_label("The part").fill(share)
            page.get_by_label("of the whole").fill("100")
            page.get_by_label("Source").fill("Lists of the nurse")
            if year == "2023" and number == 1:
                walk.look(page, "monitoring-value")
            press(page, "Save")
    assert Measure.objects.unscoped("test").count() == 4
    for words in (
        "Four values, two years.",
        "A table by class and year.",
        "Shares of all learners.",
        "More sport in both years.",
    ):
        step(page, words)
    assert StepRecord.objects.unscoped("test").count() == 5
    walk.look(page, "monitoring-object")


def note(walk: Walk, page: Any) -> None:
    press(page, "Begin a paper", "link")
    walk.look(page, "monitoring-paper-new")
    page.get_by_label("Analytical note").check()
    press(page, "Begin")
    page.get_by_label("Your words").fill("More children do sport than a year ago.")
    press(page, "Save")
    walk.look(page, "monitoring-note")
    issue(page, "3")


def issue(page: Any, number: str) -> None:
    press(page, "Issue", "link")
    page.get_by_label("Number").fill(number)
    press(page, "Issue")


def finish(walk: Walk, page: Any) -> None:
    go(walk, page, f"/monitoring/object/{watch().pk}/")
    for words in ("Note No 3.", "Read at the council, handed to the teachers."):
        step(page, words)
    assert watch().state == Watch.DONE
    walk.look(page, "monitoring-object-done")


def appraise(walk: Walk, page: Any) -> None:
    the_other_objects()
    go(walk, page, f"/monitoring/at/{cast.SCHOOL}/analysis/")
    said = page.inner_text("main")
    assert "this is our reading of it" in said
    assert "Overall appraisal 2024" in said
    assert "With other weights it would lie between" in said
    walk.look(page, "monitoring-analysis")


def the_other_objects() -> None:
    """The key shares of the other objects, as their people have written them down."""
    head, school, rules = User.objects.get(name="Aylana Mongush"), cast.organisation(cast.SCHOOL), pack_named("ru-soko")
    for criterion, sign in measures.signs_of(rules):
        if sign.key and criterion.id != "learners-health" and measures.unit_of(rules, sign) == "percent":
            for year, value in (("2023", 62.0), ("2024", 68.0)):
                measures.enter(
                    head, school, "ru-soko", year, criterion.id, sign.id, value=value, source="Report", day=cast.DAY.date()
                )


def publish(walk: Walk, page: Any) -> None:
    go(walk, page, f"/monitoring/at/{cast.SCHOOL}/papers/")
    walk.look(page, "monitoring-papers")
    press(page, "Begin a paper", "link")
    page.get_by_label("Public report").check()
    press(page, "Begin")
    page.get_by_label("Your words").fill("Dear parents, this is our year.")
    press(page, "Save")
    issue(page, "5")
    reader = walk.visitor("reader")
    assert reader.request.get(f"{walk.site}/statistics/reports/{cast.SCHOOL}/").status == 404
    press(page, "Publish")
    assert Document.objects.unscoped("test").get(product="public-report").state == Document.PUBLISHED
    walk.look(page, "monitoring-paper-published")
    assert reader.goto(f"{walk.site}/statistics/reports/{cast.SCHOOL}/").status == 200
    walk.look(reader, "monitoring-public")
    data = reader.request.get(walk.site + reader.get_by_role("link", name="PDF").get_attribute("href")).body()
    assert "Dear parents" in told(data)
    assert "Lists of the nurse" not in told(data)
    if SHOTS:
        (Path(SHOTS) / "public-report.pdf").write_bytes(data)


def at_the_table(walk: Walk) -> None:
    """The teacher sees what waits for him, and signs that he has read the note."""
    page = walk.as_(TEACHER)
    go(walk, page, f"/monitoring/at/{cast.SCHOOL}/table/")
    walk.look(page, "monitoring-desk")
    press(page, "Analytical note", "link")
    press(page, "I have read it")
    assert "Dolaan Ondar" in page.inner_text("main")


def step(page: Any, words: str) -> None:
    page.get_by_label("What came of it").fill(words)
    press(page, "Finish this step")


def watch() -> Watch:
    return Watch.objects.unscoped("test").filter(line__element="health").earliest("turn")


def told(data: bytes) -> str:
    return " ".join(" ".join(part.extract_text().split()) for part in pypdf.PdfReader(io.BytesIO(data)).pages)
