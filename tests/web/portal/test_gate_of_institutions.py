"""What institutions publish of themselves is public from its moment on, not a second before, and no longer once withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from sapa_web.common import clock
from sapa_web.evaluation.models import Published
from sapa_web.monitoring.domain import documents
from sapa_web.monitoring.models import Document
from tests.web import cast
from tests.web.evaluation import world as quality
from tests.web.monitoring import world as monitoring

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
AT = cast.DAY + timedelta(hours=1)
PAGES = {
    "quality": ("/statistics/quality/", 200, "Noram kindergarten"),
    "quality_of": (f"/statistics/quality/{cast.KINDERGARTEN}/", 404, "Noram kindergarten"),
    "quality_file": (f"/statistics/quality/{cast.KINDERGARTEN}/2024/{{file}}", 404, ""),
    "reports": ("/statistics/reports/", 200, f"/statistics/reports/{cast.SCHOOL}/"),
    "report_of": (f"/statistics/reports/{cast.SCHOOL}/", 404, "Public report"),
    "families": (f"/statistics/reports/{cast.SCHOOL}/families/", 404, "Results for families"),
    "report_file": (f"/statistics/reports/{cast.SCHOOL}/{{paper}}/paper.html", 404, ""),
}
"""Route → address, what it answers before, words that stand there only afterwards."""


@pytest.fixture
def numbers(people: cast.Cast) -> dict[str, object]:
    """A self-assessment and a public report, both public from ``AT`` on."""
    head = quality.person("olena_koval", "head")
    quality.published(head, quality.plan(head, quality.system(head)))
    Published.objects.update(published_at=AT)
    drawn = documents.draft(people.head, cast.organisation(cast.SCHOOL), monitoring.PACK, "public-report", "2024")
    report = documents.publish(people.head, documents.issue(people.head, drawn, number="5", dated=cast.DAY.date()))
    Document.objects.unscoped("test").filter(pk=report.pk).update(published_at=AT)
    return {"file": Published.objects.get().files[0]["name"], "paper": report.pk}


def answered(path: str) -> tuple[int, str]:
    given = Client().get(path)
    body = b"".join(given) if given.streaming else given.content  # type: ignore[attr-defined]
    return given.status_code, body.decode(errors="replace")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_an_institution_is_public_before_its_moment(numbers: dict[str, object], name: str) -> None:
    template, before, words = PAGES[name]
    path = template.format(**numbers)
    with clock.standing_at(AT - SECOND):
        status, told = answered(path)
    assert status == before
    assert not words or words not in told
    with clock.standing_at(AT + SECOND):
        status, told = answered(path)
    assert status == 200
    assert words in told


def test_what_is_withdrawn_is_gone(numbers: dict[str, object]) -> None:
    Published.objects.update(withdrawn_at=AT + SECOND)
    with clock.standing_at(AT + 2 * SECOND):
        for name in ("quality_of", "quality_file"):
            assert answered(PAGES[name][0].format(**numbers))[0] == 404
        assert "Noram kindergarten" not in answered(PAGES["quality"][0])[1]
