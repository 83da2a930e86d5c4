"""The year of a small district in a real browser: entered, mended, signed, returned, frozen, published, traced.

``SAPA_PICTURES=1`` writes the pictures of ``docs/guides``; ``SAPA_SHOTS=folder`` pictures of every page in two languages and
two widths.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sapa_web.collection.models import Freeze, Obligation, Submission
from sapa_web.common import clock
from sapa_web.common.domain import jobs, ledger
from sapa_web.orgs.models import Membership, User
from tests.web import cast
from tests.web.browser import year_data
from tests.web.browser.chromium import SLOW
from tests.web.browser.walk import Walk, go, walking
from tests.web.indicators.world import register_row, submit

pytestmark = SLOW
TREE = "/places/tree/of"
PAGES = {
    "secretary": [
        "/", "/returns/", "/returns/{learners}/check/", "/returns/{learners}/compare/", "/returns/{learners}/sign/",
        "/returns/{learners}/history/", "/returns/{learners}/rows/", "/places/tree/", f"{TREE}/{cast.SCHOOL}/",
        "/account/sessions/", "/account/password/change/", "/account/2fa/",
    ],
    "officer": ["/", "/backlog/", "/backlog/at/R1-01/units/", "/backlog/returns/{learners}/", "/places/tree/list/"],
    "manager": [
        "/", "/backlog/at/REP/", "/campaigns/", "/campaigns/open/", "/freeze/", "/freeze/{freeze}/", "/imports/", "/imports/new/",
        "/places/register/", "/places/register/new/", "/places/packs/", "/places/packs/demo/", "/jobs/",
    ],
    "analyst": ["/", "/figures/summary/", "/figures/demo/at/R1-01/", "/figures/demo/?state=provisional", "/api/docs/"],
    "administrator": [
        "/", "/places/tree/list/", "/places/tree/open/", f"{TREE}/R1-01/", f"{TREE}/{cast.KINDERGARTEN}/do/move/",
        f"{TREE}/{cast.SCHOOL}/people/", f"{TREE}/{cast.SCHOOL}/certificates/", "/places/people/",
        "/api/tokens/", "/api/tokens/new/",
    ],
}  # fmt: skip
"""What else each role looks at."""
NAMES = {
    "secretary": "Sofia Marin", "head": "Pavel Rosek", "teacher": "Mira Talan", "officer": "Timur Keran", "manager": "Oleg Navin",
    "analyst": "Alin Zanek", "administrator": "Vera Moran",
}  # fmt: skip
KEY_PASSWORD = "a key of paper and ink"


@pytest.fixture
def walk(transactional_db: None, live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    """A site with its people and campaigns; other schools of the country have signed already."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's driver runs a loop in this thread
    settings.SAPA_PROCESSES = 1
    people = cast.build()
    cast.campaigns()
    Membership.objects.filter(user=people.teacher).update(classes=[f"{cast.SCHOOL}-6A"])
    for login, name in NAMES.items():
        User.objects.filter(email=f"{login}@example.org").update(name=name)
    for code in (cast.SIBLING, cast.KINDERGARTEN, cast.ELSEWHERE):
        submit(people.head, "institutions", code, [register_row(code)])
    for code, many in ((cast.SIBLING, 9), (cast.ELSEWHERE, 7)):
        submit(people.head, "learners", code, year_data.learners(code, many))
    with walking(live_server.url) as walked:
        yield walked


def test_the_year_of_a_small_district(walk: Walk, tmp_path: Path) -> None:
    enter_the_register(walk)
    hand_in_the_learners(walk, tmp_path)
    mend_in_the_grid(walk)
    fill_the_own_class(walk)
    key = make_a_key(walk, tmp_path)
    sign(walk, "institutions", key)
    sign(walk, "learners", key, pictures=True)
    return_with_remarks(walk)
    mend_what_was_remarked(walk)
    sign(walk, "learners", key)
    look_at_provisional_figures(walk)
    plan_and_announce(walk)
    with clock.standing_at(datetime(2024, 10, 1, 6, tzinfo=UTC)):
        jobs.begin_due()
        be_refused(walk)
    with clock.standing_at(datetime(2024, 10, 3, 9, tzinfo=UTC)):
        fix_the_data(walk)
        resume(walk)
        trace_an_official_figure(walk)
        keep_the_tree_and_the_people(walk)
        for name, paths in PAGES.items():
            walk.tour(name, [path.format(learners=pk("learners"), freeze=Freeze.objects.get().pk) for path in paths])
    assert not list(ledger.faults())
    assert walk.faults == []


def pk(dataset: str) -> int:
    return int(cast.obligation(dataset, cast.SCHOOL).pk)


def saved(page: Any) -> None:
    page.wait_for_selector(".grid-state[data-state=saved]")


def cell(page: Any, person: str, field: str) -> Any:
    """A cell of the grid, by the learner's number."""
    row = page.locator(".tabulator-row").filter(has_text=person)
    return row.locator(f'[tabulator-field="{field}"]').first


def enter_the_register(walk: Walk) -> None:
    page = walk.visitor("secretary")
    go(walk, page, "/account/login/")
    walk.look(page, "sign-in", picture=True)
    walk.sign_in(page, "secretary")
    walk.look(page, "secretary-home")
    go(walk, page, "/returns/")
    walk.look(page, "secretary-returns", picture=True)
    go(walk, page, f"/returns/{pk('institutions')}/")
    for name, value in year_data.REGISTER.items():
        field = page.locator(f"#field-{name}")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill("" if name == "capacity" else value)
    walk.look(page, "secretary-form", picture=True)
    page.get_by_role("button", name="Save and check").click()
    page.wait_for_load_state()
    walk.look(page, "secretary-form-saved")


def hand_in_the_learners(walk: Walk, folder: Path) -> None:
    page = walk.as_("secretary")
    go(walk, page, f"/returns/{pk('learners')}/upload/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the workbook").click()
    template = folder / "learners.xlsx"
    download.value.save_as(template)
    rows = year_data.learners()
    rows[2]["sex"] = "X"
    rows[4]["birth_date"] = ""
    page.get_by_label("File", exact=True).set_input_files(year_data.fill(template, rows))
    walk.look(page, "secretary-upload", picture=True)
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Take the rows over").wait_for()
    walk.look(page, "secretary-preview", picture=True)
    page.get_by_role("button", name="Take the rows over").click()
    page.wait_for_url("**/check/")
    walk.look(page, "secretary-check", picture=True)
    assert cast.obligation("learners", cast.SCHOOL).state == Obligation.FINDINGS


def mend_in_the_grid(walk: Walk) -> None:
    page = walk.as_("secretary")
    go(walk, page, f"/returns/{pk('learners')}/")
    page.wait_for_selector("[data-grid][data-ready]")
    walk.look(page, "secretary-grid", picture=True)
    write(page, "P1010003", "sex", "F")
    write(page, "P1010005", "birth_date", "2013-06-12")
    assert cast.obligation("learners", cast.SCHOOL).state == Obligation.READY


def write(page: Any, person: str, field: str, value: str) -> None:
    """Choose a cell, type, press Enter; wait until the server has it."""
    cell(page, person, field).click()
    with page.expect_response("**/grid/changes") as answer:
        page.keyboard.type(value)
        page.keyboard.press("Enter")
    assert answer.value.status == 200
    saved(page)


def fill_the_own_class(walk: Walk) -> None:
    page = walk.as_("teacher")
    go(walk, page, "/returns/")
    walk.look(page, "teacher-returns", picture=True)
    go(walk, page, f"/returns/{pk('learners')}/")
    page.wait_for_selector("[data-grid][data-ready]")
    write(page, "P1010001", "mark_mean", "8.5")
    page.reload()
    page.wait_for_selector("[data-grid][data-ready]")
    cell(page, "P1010001", "mark_mean").click()
    assert not page.get_by_role("button", name="Add a row").count(), "the rows are the school's"
    assert cell(page, "P1010001", "surname").get_attribute("aria-readonly") == "true"
    walk.look(page, "teacher-class", picture=True)
    heading = page.get_by_role("heading", name="What follows from it")
    if heading.count():
        walk.look(page, "teacher-derived", picture=True, at=heading)
    assert cast.obligation("learners", cast.SCHOOL).state == Obligation.READY


def make_a_key(walk: Walk, folder: Path) -> Path:
    page = walk.as_("head")
    go(walk, page, "/returns/key/")
    page.get_by_label("Password for the key file").fill(KEY_PASSWORD)
    walk.look(page, "head-key", picture=True)
    with page.expect_download() as download:
        page.get_by_role("button", name="Make and download the key file").click()
    target = folder / "head.p12"
    download.value.save_as(target)
    return target


def sign(walk: Walk, dataset: str, key: Path, *, pictures: bool = False) -> None:
    page = walk.as_("head")
    if pictures:
        go(walk, page, "/returns/")
        walk.look(page, "head-returns", picture=True)
    go(walk, page, f"/returns/{pk(dataset)}/compare/")
    walk.look(page, "head-compare", picture=dataset == "learners" and not pictures)
    page.get_by_role("link", name="Sign", exact=True).click()
    page.get_by_label("Your key file").set_input_files(key)
    page.get_by_label("Password of the key file").fill(KEY_PASSWORD)
    page.get_by_role("button", name="Open the key file").click()
    page.wait_for_selector(".sign-said .notice.success")
    if pictures:
        walk.look(page, "head-statement", picture=True)
        walk.look(page, "head-sign", picture=True, at=page.locator(".sign-form"))
    page.get_by_role("button", name="Sign and submit").click()
    page.wait_for_url("**/receipts/**")
    walk.look(page, "head-receipt", picture=pictures)
    signed = cast.obligation(dataset, cast.SCHOOL)
    assert signed.state == Obligation.SIGNED
    assert Submission.objects.unscoped("test").get(obligation=signed, revision=signed.revision).receipt in page.url


def return_with_remarks(walk: Walk) -> None:
    page = walk.as_("officer")
    go(walk, page, "/backlog/at/R1-01/")
    walk.look(page, "officer-backlog", picture=True)
    page.get_by_role("link", name="Noram school No 1").first.click()
    walk.look(page, "officer-units", picture=True)
    go(walk, page, "/backlog/at/R1-01/remind/")
    walk.look(page, "officer-remind", picture=True)
    go(walk, page, f"/backlog/returns/{pk('learners')}/")
    page.get_by_label("What is to be mended").fill("Petran, P1010012: the birth date is not the one in the certificate.")
    walk.look(page, "officer-return", picture=True)
    page.get_by_role("button", name="Return the submission").click()
    page.wait_for_load_state()
    assert cast.obligation("learners", cast.SCHOOL).state == Obligation.RETURNED


def mend_what_was_remarked(walk: Walk) -> None:
    page = walk.as_("secretary")
    go(walk, page, "/notices/")
    walk.look(page, "secretary-notices", picture=True)
    go(walk, page, f"/returns/{pk('learners')}/")
    page.wait_for_selector("[data-grid][data-ready]")
    walk.look(page, "secretary-remark", picture=True)
    write(page, "P1010012", "birth_date", "2013-05-21")
    assert cast.obligation("learners", cast.SCHOOL).state == Obligation.READY


def look_at_provisional_figures(walk: Walk) -> None:
    page = walk.as_("analyst")
    go(walk, page, "/figures/demo/learners/?state=provisional&by=region")
    walk.look(page, "analyst-provisional", picture=True, at=page.locator(".figure-table"))
    assert page.locator("tr.total").get_by_text("28").count()  # 12 + 9 + 7


def plan_and_announce(walk: Walk) -> None:
    page = walk.as_("manager")
    go(walk, page, "/freeze/plan/?pack=demo&period=2024")
    walk.look(page, "manager-plan", picture=True)
    page.get_by_role("button", name="Keep this plan").click()
    page.wait_for_load_state()
    walk.look(page, "manager-planned")
    page.get_by_role("button", name="Announce to every user").click()
    page.wait_for_load_state()
    walk.look(page, "manager-announced", picture=True)
    assert Freeze.objects.get().state == Freeze.ANNOUNCED


def be_refused(walk: Walk) -> None:
    assert Freeze.objects.get().state == Freeze.SUSPENDED
    page = walk.as_("secretary")
    go(walk, page, f"/returns/{pk('staff')}/")
    page.wait_for_selector("[data-grid][data-ready]")
    walk.look(page, "secretary-suspended", picture=True)
    assert "suspended" in page.locator("main").inner_text()
    token = page.locator("meta[name=csrf-token]").get_attribute("content")
    changes = {"version": 0, "changes": [{"op": "add", "row": "n-1", "after": None, "values": {"person": "T1"}}]}
    answer = page.request.post(
        f"{walk.site}/returns/{pk('staff')}/grid/changes", data=changes, headers={"X-CSRFToken": token, "Referer": walk.site}
    )
    assert answer.status == 423


def fix_the_data(walk: Walk) -> None:
    page = walk.as_("manager")
    freeze = Freeze.objects.get()
    go(walk, page, f"/freeze/{freeze.pk}/")
    walk.look(page, "manager-suspended")
    page.get_by_role("button", name="Fix the data").click()
    page.get_by_text("The fixed state").wait_for(timeout=120_000)
    walk.look(page, "manager-fixed", picture=True)
    walk.look(page, "manager-report", picture=True, at=page.get_by_role("region", name="Report"))
    freeze.refresh_from_db()
    assert (freeze.state, freeze.size) == (Freeze.FROZEN, 7)
    assert freeze.root in page.content()


def resume(walk: Walk) -> None:
    page = walk.as_("manager")
    page.get_by_role("button", name="Resume updates").click()
    page.wait_for_load_state()
    walk.look(page, "manager-resumed")
    assert Freeze.objects.get().state == Freeze.RESUMED
    # The suspension stops the clock until the day updates resume: the school and its officer read the same.
    for name, path, text in (
        ("secretary", "/returns/", "1 working day late"),
        ("officer", "/backlog/at/R1-01/units/", "Late by 1 working day"),
    ):
        go(walk, walk.as_(name), path)
        assert text in walk.as_(name).locator("main").inner_text()


def trace_an_official_figure(walk: Walk) -> None:
    page = walk.as_("analyst")
    go(walk, page, "/figures/demo/")
    walk.look(page, "analyst-catalogue", picture=True)
    go(walk, page, "/figures/demo/learners/?by=region")
    walk.look(page, "analyst-explorer", picture=True)
    walk.look(page, "analyst-official", picture=True, at=page.locator(".figure-table"))
    page.locator("tr.total td.num a").first.click()
    page.get_by_text("Computed again from the signed rows, the figure comes out the same.").wait_for()
    walk.look(page, "analyst-trace", picture=True)
    assert Freeze.objects.get().root in page.content()
    signed = page.get_by_text("Noram school No 1").first
    walk.look(page, "analyst-returns", picture=True, at=signed)


def keep_the_tree_and_the_people(walk: Walk) -> None:
    page = walk.as_("administrator")
    go(walk, page, "/places/tree/")
    walk.look(page, "administrator-tree", picture=True)
    go(walk, page, f"{TREE}/{cast.KINDERGARTEN}/do/rename/")
    page.get_by_label("New name").fill("Noram kindergarten “Sunflower”")
    page.locator("input[type=date]").first.fill("2024-10-03")
    page.get_by_label("Basis").fill("Order No 14 of 1 October 2024")
    walk.look(page, "administrator-rename", picture=True)
    page.get_by_role("button", name="Rename").click()
    page.wait_for_url(f"**/{cast.KINDERGARTEN}/")
    walk.look(page, "administrator-institution")
    go(walk, page, f"{TREE}/{cast.KINDERGARTEN}/history/")
    walk.look(page, "administrator-history", picture=True)
    go(walk, page, "/places/people/invite/")
    page.get_by_label("E-mail address").fill("new.secretary@example.org")
    page.get_by_label("Role").select_option("secretary")
    page.get_by_label("Where").fill(cast.KINDERGARTEN)
    walk.look(page, "administrator-invite", picture=True)
    page.get_by_role("button", name="Send the invitation").click()
    page.wait_for_url(lambda url: "invite" not in url)
    walk.look(page, "administrator-people", picture=True)
    go(walk, page, "/places/ledger/")
    walk.look(page, "administrator-ledger", picture=True)
    page.get_by_role("button", name="Verify the chain").click()
    page.wait_for_url("**/verify/")
    walk.look(page, "administrator-ledger-verified")
    go(walk, page, "/jobs/")
    walk.look(page, "administrator-jobs", picture=True)
