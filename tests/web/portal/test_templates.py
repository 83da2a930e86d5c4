"""What can be released: the pack's own reports and those its regime asks for, by the days the regime's calendar sets."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from sapa_web.common import clock
from sapa_web.orgs.models import User
from sapa_web.portal.domain import preparing, releasing
from sapa_web.portal.domain.checklist import checklist
from sapa_web.portal.domain.queries.chapters import chapters_of
from sapa_web.portal.domain.queries.templates import not_begun, template_of, templates_of
from sapa_web.portal.models import Release
from tests.web import cast
from tests.web.indicators.world import PERIODS

PERIOD = PERIODS[-1]


def test_the_regime_asks_for_its_own_reports_of_the_data() -> None:
    offered = {item.report.id: item for item in templates_of(cast.PACK)}
    assert {"yearbook", "national-report", "statistical-compendium"} <= set(offered)
    assert offered["yearbook"].regime is None
    assert offered["national-report"].regime is not None
    assert all(item.report.kind not in ("place", "institution") for item in offered.values())
    assert template_of(cast.PACK, "no-such-report") is None


def test_the_last_day_is_the_one_the_calendar_names() -> None:
    compendium = template_of(cast.PACK, "statistical-compendium")
    assert compendium is not None
    assert compendium.due(PERIOD) == date(int(PERIOD) + 1, 2, 29 if int(PERIOD) % 4 == 3 else 28)
    with clock.standing_at(datetime(int(PERIOD) + 1, 2, 1, 9, tzinfo=UTC)):
        assert 15 < (compendium.days_left(PERIOD) or 0) <= 21
    with clock.standing_at(datetime(int(PERIOD) + 1, 3, 31, 9, tzinfo=UTC)):
        assert (compendium.days_left(PERIOD) or 0) < -15


def test_what_nobody_has_begun_is_asked_for(people: cast.Cast, frozen: Path) -> None:
    asked = [duty.template.report.id for duty in not_begun()]
    assert {"national-report", "statistical-compendium"} <= set(asked)
    client = Client()
    client.force_login(people.people["manager"])
    page = client.get("/releases/").content.decode()
    assert f"report={cast.PACK}:statistical-compendium&amp;period={PERIOD}" in page
    start = client.get(f"/releases/new/?report={cast.PACK}:statistical-compendium&period={PERIOD}").content.decode()
    assert f'value="{cast.PACK}:statistical-compendium" selected' in start
    publication = releasing.publication_of(cast.PACK, "statistical-compendium")
    assert publication.calendar_item.endswith(":statistical-compendium")
    releasing.start(people.people["manager"], publication, PERIOD)
    assert "statistical-compendium" not in [duty.template.report.id for duty in not_begun()]


@pytest.mark.parametrize("report", ["national-report", "statistical-compendium"])
def test_a_report_of_the_regime_is_released_from_the_data(
    report: str, people: cast.Cast, frozen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "PARTS", ("html",))
    manager: User = people.people["manager"]
    release = releasing.start(manager, releasing.publication_of(cast.PACK, report), PERIOD)
    preparing.make_ready("system:test", release)
    release = Release.objects.select_related("publication", "data").get(pk=release.pk)
    shelves = chapters_of(release)
    tables = [table for shelf in shelves for table in shelf.tables]
    assert len(tables) > 5
    assert len({table.number for table in tables}) == len(tables), "nothing is laid out twice"
    assert {item["language"] for item in release.files if item["kind"] == "html"} == {code for code, _ in settings.LANGUAGES}
    with clock.standing_at(datetime(int(PERIOD) + 2, 1, 15, 9, tzinfo=UTC)):
        late = {check.id: check for check in checklist(release)}["in-time"]
    assert not late.blocks
    assert not late.passed
    client = Client()
    client.force_login(manager)
    assert client.get(f"/releases/{release.pk}/").status_code == 200
