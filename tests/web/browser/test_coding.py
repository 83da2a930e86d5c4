"""Coding in a browser: nothing is wider than a phone, and it works without script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sapa_web.surveys.models import Coding, Survey
from tests.web import cast
from tests.web.browser.chromium import SLOW, chromium
from tests.web.browser.everywhere.quality import furnish_codings
from tests.web.browser.walk import SHOTS
from tests.web.surveys import world

pytestmark = SLOW


def furnish(people: cast.Cast) -> dict[str, int]:
    """Codings in every state; the newest of each by its state."""
    world.counted(cast.SCHOOL, world.answered(24), period="2023-2024", title={"en": "Parents 2023"})
    furnish_codings(people.head)
    found = Coding.objects.unscoped("test").order_by("pk").values_list("state", "second", "pk")
    return {state: pk for state, second, pk in found if second or state == Coding.DRAFT}


def addresses(made: dict[str, int]) -> dict[str, str]:
    survey = Survey.objects.unscoped("test").get()
    at = {name: f"/surveys/coding/{made[name]}/" for name in made}
    return {
        "list": "/surveys/coding/", "choose": "/surveys/coding/new/", "new": f"/surveys/coding/new/?survey={survey.pk}",
        "draft": at["draft"], "book": f"{at['draft']}book/", "running": at["running"], "text": f"{at['running']}texts/1/",
        "review": at["review"], "agreement": f"{at['review']}agreement/", "decide": f"{at['review']}agreement/1/",
        "counts": f"{at['done']}counts/", "criteria": "/surveys/criteria/", "criterion": "/surveys/criteria/environment.base/",
        "results": f"/surveys/{survey.pk}/results/",
    }  # fmt: skip


def signed_in(browser: Any, server: Any, people: cast.Cast, **more: Any) -> Any:
    from django.test import Client

    client = Client()
    client.force_login(people.head)
    context = browser.new_context(**more)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}])
    return context.new_page()


def test_pages_fit_a_phone_and_code_without_script(
    live_server: Any, people: cast.Cast, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SAPA_HOME = tmp_path
    made = furnish(people)
    pages = addresses(made)
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with chromium() as browser:
        for width in (390, 1280):
            page = signed_in(browser, live_server, people, viewport={"width": width, "height": 800}, locale="en")
            for name, address in pages.items():
                page.goto(live_server.url + address)
                assert page.evaluate("document.documentElement.scrollWidth") == width, (name, width)
                if SHOTS:
                    page.screenshot(path=Path(SHOTS) / f"coding-{name}-{width}.png", full_page=True)
        page = signed_in(browser, live_server, people, java_script_enabled=False)
        page.goto(f"{live_server.url}{pages['text']}")
        page.get_by_label("Meals").check()
        page.get_by_role("button", name="Save, on to the next").click()
        page.goto(f"{live_server.url}{pages['text']}")
        assert page.get_by_label("Meals").is_checked()
