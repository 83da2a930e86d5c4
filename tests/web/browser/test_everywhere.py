"""Every page of the site, found from its addresses, in every way it is read: light, enlarged to 400 %, dark, on paper.

No accessibility fault that axe knows, nothing wider than the window, every control reached by the keyboard and seen with it.
Here every page is read once in every mode, the languages taking turns. ``SAPA_EVERYWHERE=folder`` reads every page in every
mode in every language, at the width of a phone too, and writes ``report.md`` there; with ``SAPA_SHOTS=folder`` also pictures.
``SAPA_LANGUAGES=all`` reads every page in every language the way the suite does, in half the time; the report grows meanwhile.
``SAPA_PAGES=/surveys/`` reads the pages whose address has that in it, and no others: while one of them is being made.
``SAPA_MODES=dark,print`` reads in these modes alone, and asks every rule in them, not those about colours only.
``SAPA_PART=1/2`` reads the first of every two pages: two processes read all of them side by side, each into a folder of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as site_settings
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from tests.web import cast
from tests.web.browser.chromium import SLOW, chromium
from tests.web.browser.everywhere.furnished import HALFWAY, ROLES, furnish, sent
from tests.web.browser.everywhere.modes import MODES, Reader
from tests.web.browser.everywhere.quality import typed
from tests.web.browser.everywhere.reached import Reached, Walker, own_templates
from tests.web.browser.everywhere.report import written
from tests.web.browser.walk import AXE, SHOTS
from tests.web.indicators.conftest import small_archive
from tests.web.security.routes import Route, routes
from tests.web.test_access_matrix import key, table

__all__ = ["small_archive"]

pytestmark = [
    *SLOW,
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci in frontend/"),
]
COMPLETE = os.environ.get("SAPA_EVERYWHERE", "")
EVERY_LANGUAGE = os.environ.get("SAPA_LANGUAGES") == "all"
ONLY = os.environ.get("SAPA_PAGES", "")
ASKED = tuple(os.environ.get("SAPA_MODES", ",".join(MODES)).split(","))
PART, PARTS = (int(number) for number in os.environ.get("SAPA_PART", "1/1").split("/"))
LANGUAGES = [code for code, _name in site_settings.LANGUAGES]
ERRORS = ("400.html", "403.html", "403_csrf.html", "429.html", "500.html")
NO_PAGE = {
    "mfa_reauthenticate_webauthn": "needs a key in the hand",
    "mfa_login_webauthn": "needs a key in the hand",
    "openid_connect_login": "the identity provider's",
    "openid_connect_callback": "the identity provider's",
    "socialaccount_signup": "nobody signs up here",
    "collection:grid-changes": "sent by the grid",
    "indicators:chart": "a picture",
    "portal:keep": "sent",
}
"""Routes that give no page to look at, or none without something that a test has not got."""
NOT_SEEN = {
    "mfa/webauthn/reauthenticate.html": "needs a key in the hand; the same parts as mfa/authenticate.html",
    "socialaccount/signup.html": "says that nobody signs up; the same as account/signup_closed.html",
    "indicators/box.html": "drawn where there are five peers; hidden from assistive technology, its words stand beside it",
    "orgs/suggest.html": "options of a list, not seen by themselves",
    "monitoring/paper_file.html": "a file to keep: the same body as the page of the paper",
    "indicators/nothing.html": "a site without any figures",
    "collection/reporting/refused.html": "a state between two clicks; one notice in the common frame",
}
"""Templates that no page of this site shows, and why."""


@pytest.fixture
def reached(transactional_db: None, small_archive: Path, tmp_path: Path, settings: Any) -> tuple[Walker, Reached]:
    """The pages of a furnished site."""
    settings.SAPA_PROCESSES = 1
    settings.SAPA_HOME = tmp_path / "home"
    settings.SAPA_HOME.mkdir()
    shutil.copytree(small_archive, tmp_path / "archive" / small_archive.name)
    people, letters = furnish()
    walker = Walker(people)
    device = {"name": "Key on the ring", "credential": {}}
    Authenticator.objects.create(user=people.nobody, type=Authenticator.Type.WEBAUTHN, data=device)
    plain = [item for item in routes() if not item.pieces and not item.template.startswith("api/v1")]
    for person in ROLES:
        walker.walk(person, ["/", *(item.path() for item in plain if worked_by(item) == person)])
        if person == "visitor":
            walker.walk(person, [*letters, *(item.path() for item in plain if "public" in table()[key(item)])])
    walker.walk("head", typed())
    for person, path in HALFWAY.items():
        walker.visit(person, path)
    book = walker.clients["head"].get(f"/returns/{cast.obligation('institutions', cast.SCHOOL).pk}/workbook.xlsx")
    for person, path, fields in sent(b"".join(book)):
        walker.send(person, path, fields)
    for name in ERRORS:
        walker.draw("visitor", name, lambda language, name=name: error_page(name, language))
    return walker, walker.found


def worked_by(route: Route) -> str:
    """Who works with a page, as the access matrix says."""
    return str(table()[key(route)].get("as", "head"))


def error_page(name: str, language: str) -> str:
    """What is shown when something goes wrong."""
    with translation.override(language):
        return render_to_string(name, request=RequestFactory().get("/"))


@pytest.fixture
def browser() -> Iterator[Any]:
    with chromium() as launched:
        yield launched


def test_every_page_is_for_everybody(
    reached: tuple[Walker, Reached], live_server: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's driver runs a loop in this thread
    walker, found = reached
    sessions = {name: item.cookies["sessionid"].value for name, item in walker.clients.items() if "sessionid" in item.cookies}
    shots = Path(SHOTS) if SHOTS else None
    reader = Reader(browser, live_server.url, sessions, lambda page, language: str(found.texts[page](language)), shots)
    short = EVERY_LANGUAGE or not COMPLETE
    reader.brief = short and "light" in ASKED
    for place, page in enumerate(page for page in found.pages[PART - 1 :: PARTS] if ONLY in page.path):
        for turn, language in enumerate(LANGUAGES):
            if not short:
                reader.read(page, language, (*ASKED, "phone"), keys=400)
            elif EVERY_LANGUAGE or place % len(LANGUAGES) == turn:
                reader.read(page, language, ASKED)
        if COMPLETE:
            written(Path(COMPLETE), reader.seen, found)
    told = "\n".join(reader.seen.told())
    assert not told, told
    if ONLY or PARTS > 1:
        return
    for mode in ASKED:
        seen = set().union(*(names for (shown, _), names in reader.seen.templates.items() if shown == mode))
        assert found.templates <= seen, mode
    assert left_out(found) == []


def left_out(found: Reached) -> list[str]:
    """What the walk has not come to, without a reason."""
    missing = own_templates() - found.templates - set(NOT_SEEN) - gallery()
    return [*found.broken, *sorted(f"template {name}" for name in missing)]


def gallery() -> set[str]:
    """Components that only the gallery of tests/web/browser/test_components.py shows."""
    return {
        "ui/cell.html",
        "ui/page_header.html",
        "ui/state.html",
        "ui/table.html",
        "ui/tree.html",
        "ui/tree_label.html",
        "ui/tree_node.html",
    }
