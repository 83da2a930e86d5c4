"""The components in a real browser: what a person types, pastes and undoes reaches the server; the engine accepts signatures."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from sapa.signing import verifier
from sapa.signing.authority import DemonstrationAuthority
from tests.web.browser.chromium import AXE, NEEDED, chromium, playwright

pytestmark = NEEDED


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the gallery, which runs in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(Path(__file__).with_name("gallery.py")), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            urllib.request.urlopen(address).close()
            break
        except OSError:
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of its own; anything the browser complains of (the content policy too) fails the test, but for failed requests."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(5000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [text for text in said if "Failed to load resource" not in text] == []


def open_grid(page: Any, site: str, query: str = "") -> None:
    page.goto(f"{site}/grid{query}")
    page.wait_for_selector("[data-grid][data-ready]")


def click(page: Any, row: int, field: str) -> None:
    page.locator(f'[data-id="r{row}"] > [tabulator-field="{field}"]').click()


def saved(page: Any) -> None:
    page.wait_for_selector(".grid-state[data-state=saved]")


def state(page: Any, site: str) -> dict[str, Any]:
    return json.loads(page.request.get(f"{site}/grid/state").body())


def say(page: Any, site: str, *answers: dict[str, Any]) -> None:
    page.request.post(f"{site}/grid/say", data=json.dumps(answers))


def paste(page: Any, text: str) -> None:
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+KeyV")


def test_what_is_typed_is_saved_and_undone(page: Any, site: str) -> None:
    open_grid(page, site)
    click(page, 2, "name")
    page.keyboard.type("Asel")
    page.keyboard.press("Tab")
    page.keyboard.type("mal")  # the title is typed, the code is stored
    page.keyboard.press("Enter")
    saved(page)
    row = state(page, site)["rows"][1]
    assert (row["name"], row["sex"]) == ("Asel", "m")
    assert len(state(page, site)["log"]) == 1, "edits close together travel together"
    page.keyboard.press("Control+KeyZ")
    page.keyboard.press("Control+KeyZ")
    page.keyboard.press("Control+KeyY")
    page.wait_for_timeout(700)
    saved(page)
    row = state(page, site)["rows"][1]
    assert (row["name"], row["sex"]) == ("Asel", "f")


def test_keys_move_edit_and_clear(page: Any, site: str) -> None:
    open_grid(page, site)
    click(page, 1, "name")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("F2")
    page.keyboard.press("End")
    page.keyboard.type("!")
    page.keyboard.press("Escape")  # gives the edit up
    page.keyboard.press("F2")
    page.keyboard.press("End")
    page.keyboard.type("?")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Delete")
    saved(page)
    rows = state(page, site)["rows"]
    assert rows[1]["name"] == "Learner 2?"
    assert (rows[2]["name"], rows[2]["sex"], rows[2]["class"]) == ("", "", "4")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("!document.activeElement.closest('.grid-table')"), "Escape lets Tab leave the grid"


def test_rows_from_a_spreadsheet(page: Any, site: str) -> None:
    open_grid(page, site)
    click(page, 5, "name")
    lines = ["Name\tSex\tClass"] + [f"Pasted {n}\tFemale\t{n % 11 + 1}\tx\ty\tz" for n in range(300)]
    paste(page, "\r\n".join([lines[0] + "\tBorn on\t\t", *lines[1:]]))
    saved(page)
    rows = state(page, site)["rows"]
    assert len(rows) == 304, "two rows of the table are overwritten, 298 are added, the headings are left out"
    assert (rows[4]["name"], rows[4]["sex"], rows[303]["name"], rows[303]["class"]) == ("Pasted 0", "f", "Pasted 299", "3")
    assert "left out: 2" in page.locator(".grid-toast").inner_text()
    page.keyboard.press("Control+KeyZ")
    page.wait_for_timeout(700)
    saved(page)
    rows = state(page, site)["rows"]
    assert len(rows) == 6
    assert rows[4]["name"] == "Learner 5"


def test_copied_cells_come_back_as_they_were(page: Any, site: str) -> None:
    open_grid(page, site)
    click(page, 1, "name")
    paste(page, '"Two\nlines, a ""quote"" and a\ttab"')
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+KeyC")
    click(page, 3, "name")
    page.keyboard.press("Control+KeyV")
    saved(page)
    rows = state(page, site)["rows"]
    assert rows[2]["name"] == rows[0]["name"] == 'Two\nlines, a "quote" and a\ttab'
    assert rows[2]["sex"] == rows[0]["sex"] == "m"


def test_rows_are_added_and_deleted(page: Any, site: str) -> None:
    open_grid(page, site)
    click(page, 6, "class")
    page.keyboard.press("Enter")  # below the last row a new one begins
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    saved(page)
    assert state(page, site)["rows"][6]["class"] == "9"
    click(page, 2, "name")
    page.keyboard.press("Shift+ArrowDown")
    page.get_by_role("button", name="Delete rows").click()
    page.wait_for_timeout(700)
    saved(page)
    assert [row["_id"] for row in state(page, site)["rows"]][:3] == ["r1", "r4", "r5"]
    page.locator(".grid-toast button").click()
    page.wait_for_timeout(700)
    saved(page)
    assert [row["_id"] for row in state(page, site)["rows"]][:4] == ["r1", "r2", "r3", "r4"]


def test_findings_stand_at_the_cells_and_lead_to_them(page: Any, site: str) -> None:
    open_grid(page, site, "?rows=200")
    click(page, 2, "sex")
    paste(page, "q")
    saved(page)
    cell = page.locator('[data-id="r2"] > [tabulator-field="sex"]')
    assert cell.get_attribute("aria-invalid") == "true"
    assert "not in the code list" in cell.inner_text(), "said in words, not by colour alone"
    page.keyboard.press("Control+End")
    page.get_by_role("button", name="Next place").click()
    assert page.locator(".tabulator-cell.active").inner_text() == cell.inner_text()
    assert "Choose f or m." in page.locator(".cell-line").inner_text()
    page.get_by_label("Only rows with findings").check()
    playwright.expect(page.locator(".tabulator-row")).to_have_count(1)
    page.get_by_label("Only rows with findings").uncheck()
    page.get_by_label("Search in the rows").fill("learner 17")
    playwright.expect(page.locator(".tabulator-row")).to_have_count(11)
    page.get_by_label("Sort by").select_option("sex")
    assert page.locator(".tabulator-row").first.locator('[tabulator-field="sex"]').inner_text() == "Female"


def test_what_is_explained_is_no_longer_open(page: Any, site: str) -> None:
    open_grid(page, site)
    told = {"rule": "age", "message": "Older than usual.", "remedy": ""}
    cause = {"rule": "age", "cause": "Older than usual", "remedy": "", "clause": ""}
    findings = [
        {"row": "r1", "field": "class", "severity": "explained", **told},
        {"row": None, "field": None, "severity": "note", **told},
    ]
    causes = [{"severity": "note", "count": 1, **cause}, {"severity": "explained", "count": 1, **cause}]
    say(page, site, {"status": 200, "body": {"version": 8, "findings": findings, "causes": causes}})
    click(page, 1, "name")
    paste(page, "Mended")
    saved(page)
    cell = page.locator('[data-id="r1"] > [tabulator-field="class"]')
    assert cell.get_attribute("aria-invalid") is None
    assert "Older than usual" in cell.inner_text()
    assert page.get_by_label("Only rows with findings").is_hidden()
    assert "Findings: 1" in page.locator(".grid-causes").inner_text(), "one about the whole return is counted, and leads nowhere"
    assert page.get_by_role("button", name="Next place").count() == 1


def test_a_conflict_is_asked_about(page: Any, site: str) -> None:
    open_grid(page, site)
    theirs = {"op": "set", "row": "r1", "field": "name", "value": "Theirs"}
    also = {"op": "set", "row": "r2", "field": "name", "value": "Also theirs"}
    conflicts = [
        {"row": row, "field": "name", "yours": yours, "theirs": other, "by": "A. Head", "at": "2026-10-05T12:00:00+00:00"}
        for row, yours, other in (("r1", "Mine", "Theirs"), ("r2", "Mine too", "Also theirs"))
    ]
    rows = [{"_id": "r1", "name": "Theirs", "class": "10"}, {"_id": "r2", "name": "Also theirs"}]
    say(page, site, {"status": 409, "body": {"version": 8, "conflicts": conflicts, "rows": rows}, "apply": [theirs, also]})
    click(page, 1, "name")
    page.keyboard.type("Mine")
    page.keyboard.press("Enter")
    page.keyboard.type("Mine too")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    assert "A. Head" in dialog.inner_text()
    dialog.get_by_text("Also theirs").click()
    dialog.get_by_role("button", name="Continue").click()
    saved(page)
    names = [row["name"] for row in state(page, site)["rows"]][:2]
    assert names == ["Mine", "Also theirs"]
    assert page.locator('[data-id="r2"] > [tabulator-field="name"]').inner_text() == "Also theirs"
    assert page.locator('[data-id="r1"] > [tabulator-field="class"]').inner_text() == "10", "what else changed is shown too"


def test_a_lost_connection_loses_nothing(page: Any, site: str) -> None:
    open_grid(page, site)
    page.route("**/grid/changes", lambda route: route.abort())
    click(page, 1, "name")
    page.keyboard.type("Kept")
    page.keyboard.press("Enter")
    page.wait_for_selector(".grid-state[data-state=offline]")
    page.on("dialog", lambda dialog: dialog.accept())
    kept = page.evaluate("localStorage.getItem('sapa-grid:person-1/obligation-1')")
    assert "Kept" in kept
    page.unroute("**/grid/changes")
    page.reload()
    page.wait_for_selector(".grid-toast")
    saved(page)
    assert state(page, site)["rows"][0]["name"] == "Kept"
    assert page.evaluate("localStorage.length") == 0


def test_suspended_updates_are_said(page: Any, site: str) -> None:
    open_grid(page, site)
    say(page, site, {"status": 423, "body": {"detail": "Updates resume on 12 October."}})
    click(page, 1, "name")
    page.keyboard.type("Later")
    page.keyboard.press("Enter")
    page.wait_for_selector(".grid-state[data-state=suspended]")
    assert "12 October" in page.locator(".grid-state").inner_text()
    page.evaluate("localStorage.clear()")
    page.on("dialog", lambda dialog: dialog.accept())


def test_a_thousand_learners_cost_no_more_lines_than_fit_the_screen(page: Any, site: str) -> None:
    """What a page draws is what it shows: this is why a thousand open about as fast as ten (0.55 s and 0.43 s on two cores)."""
    open_grid(page, site, "?rows=1000&columns=25")
    assert page.locator("[role=row]").count() < 60
    click(page, 1, "name")
    paste(page, "\n".join("\t".join(f"{i}.{k}" for k in range(24)) for i in range(1000)))
    saved(page)
    assert state(page, site)["rows"][999]["f19"] == "999.23"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["/", "/grid", "/sign"])
def test_axe_finds_nothing(browser: Any, site: str, path: str, width: int, scheme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci in frontend/")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(5000)
    page.goto(site + path)
    if path == "/grid":
        page.wait_for_selector("[data-grid][data-ready]")
        click(page, 1, "sex")
        page.keyboard.type("q")
        page.keyboard.press("Tab")
        saved(page)
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 160)).slice(0, 4)]))"
    )
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    context.close()
    assert found == []
    assert not wide, "the page scrolls sideways"


def test_the_theme_is_switched_and_kept(page: Any, site: str) -> None:
    page.goto(site)
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Switch between light and dark").click()
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert before != after == page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_the_chart_replaces_the_picture_of_the_server(page: Any, site: str) -> None:
    page.goto(site)
    page.wait_for_selector("[data-chart][data-drawn] svg.marks")
    assert page.locator("[aria-label='drawn by the server']").count() == 0


NOW = datetime.now(UTC).replace(microsecond=0)
AUTHORITY = DemonstrationAuthority("browser", founded=NOW - timedelta(days=900))
MANIFEST = '{"dataset":"learners","unit":"100001","сапа":"қ"}'.encode()


def key_file(folder: Path, *, begin: datetime, password: str = "құпия сөз") -> Path:
    """A demonstration signer's PKCS#12 with AES-256, as the national authorities' software exports it."""
    signer = AUTHORITY.person("Асанова Әсем Қайратқызы", "100001", now=begin, days=365)
    protection = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(20_000)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password.encode())
    )
    chain = [x509.load_der_x509_certificate(item) for item in (*signer.chain, AUTHORITY.root)]
    certificate = x509.load_der_x509_certificate(signer.certificate)
    path = folder / "key.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"head", signer.key, certificate, chain, protection))
    return path


def open_signing(page: Any, site: str, file: Path, password: str, unit: str = "100001") -> None:
    manifest = quote(base64.b64encode(MANIFEST).decode(), safe="")
    page.goto(f"{site}/sign?unit={unit}&manifest={manifest}")
    page.get_by_label("Your key file").set_input_files(file)
    page.get_by_label("Password of the key file").fill(password)
    page.get_by_role("button", name="Open the key file").click()


def test_a_signature_made_in_the_browser_is_accepted(page: Any, site: str, tmp_path: Path) -> None:
    open_signing(page, site, key_file(tmp_path, begin=NOW - timedelta(days=3)), "құпия сөз")
    page.wait_for_selector(".sign-said .notice.success")
    assert "Асанова Әсем Қайратқызы" in page.locator(".sign-said").inner_text()
    page.get_by_role("button", name="Sign and submit").click()
    page.wait_for_selector("h1:has-text('Received')")
    signature = base64.b64decode(json.loads(page.request.get(f"{site}/sign/state").body())["signed"][-1])
    trust, at = AUTHORITY.trust(now=NOW), datetime.now(UTC)
    report = verifier.verifier().check(MANIFEST, signature, trust, at=at, expected_unit="100001")
    assert (report.reason, report.signer) == ("ok", "Асанова Әсем Қайратқызы")
    assert verifier.verifier().check(MANIFEST + b" ", signature, trust, at=at).reason == "altered"


@pytest.mark.parametrize(
    ("age", "password", "unit", "message"),
    [
        (3, "wrong", "100001", "The password is wrong"),
        (3, "құпия сөз", "200002", "speaks for 100001, not for 200002"),
        (800, "құпия сөз", "100001", "The certificate ended on"),
    ],
)
def test_why_a_key_file_does_not_serve(
    page: Any, site: str, tmp_path: Path, age: int, password: str, unit: str, message: str
) -> None:
    open_signing(page, site, key_file(tmp_path, begin=NOW - timedelta(days=age)), password, unit)
    page.wait_for_selector(".sign-said .notice.error")
    assert message in page.locator(".sign-said").inner_text()
    assert page.get_by_role("button", name="Sign and submit").is_disabled()


def test_another_file_is_no_key_file(page: Any, site: str, tmp_path: Path) -> None:
    other = tmp_path / "photo.p12"
    other.write_bytes(b"\x89PNG not a key")
    open_signing(page, site, other, "x")
    page.wait_for_selector(".sign-said .notice.error")
    assert "not a key file" in page.locator(".sign-said").inner_text()
