"""The pages of the monitoring: who runs it, who takes part, and what they see."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sapa_web.common import clock
from sapa_web.monitoring.models import Document, Programme
from tests.web import cast
from tests.web.monitoring.one_of_everything import monitoring_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(people: cast.Cast) -> dict[str, Any]:
    return monitoring_of(people.head, people.teacher, cast.organisation(cast.SCHOOL))


def client(people: cast.Cast, name: str) -> Client:
    out = Client()
    out.force_login(people.people[name])
    return out


def test_pages_of_the_head(people: cast.Cast, made: dict[str, Any]) -> None:
    head, at = client(people, "head"), f"/monitoring/at/{cast.SCHOOL}/"
    with clock.standing_at(cast.DAY):
        for path in (
            "/monitoring/", f"{at}start/", f"/monitoring/plan/{made['plan']}/", f"/monitoring/plan/{made['draft']}/",
            f"/monitoring/plan/{made['draft']}/line/new/", f"/monitoring/plan/line/{made['line']}/",
            f"/monitoring/plan/line/{made['line_in_force']}/turn/", f"/monitoring/plan/{made['draft']}/people/",
            f"/monitoring/plan/{made['draft']}/order/", f"/monitoring/plan/{made['plan']}/order/",
            f"/monitoring/object/{made['watch']}/", f"/monitoring/object/{made['watch']}/value/", f"{at}analysis/", f"{at}table/",
            f"{at}visits/new/", f"/monitoring/visit/{made['visit']}/", f"/monitoring/task/{made['task']}/", f"{at}papers/",
            f"{at}papers/new/", f"/monitoring/paper/{made['note']}/", f"/monitoring/paper/{made['note']}/issue/",
            f"/monitoring/paper/{made['issued']}/", f"/statistics/reports/{cast.SCHOOL}/", "/statistics/reports/",
        ):  # fmt: skip
            assert head.get(path).status_code == 200, path
        for kind, begins in (("pdf", b"%PDF"), ("docx", b"PK"), ("html", b"<!doctype")):
            assert head.get(f"/monitoring/plan/{made['plan']}/order.{kind}").content.startswith(begins)
            assert head.get(f"/monitoring/paper/{made['note']}/paper.{kind}").content.startswith(begins)
            assert Client().get(f"/statistics/reports/{cast.SCHOOL}/{made['shown']}/paper.{kind}").content.startswith(begins)
        assert head.get(f"/monitoring/plan/{made['plan']}/order.exe").status_code == 404


def test_only_what_is_published_is_public(people: cast.Cast, made: dict[str, Any]) -> None:
    for name in ("note", "issued"):
        assert Client().get(f"/statistics/reports/{cast.SCHOOL}/{made[name]}/paper.pdf").status_code == 404
    assert Client().get(f"/statistics/reports/{cast.SIBLING}/").status_code == 404
    client(people, "head").post(f"/monitoring/paper/{made['issued']}/publish/")
    assert Document.followed.get(pk=made["issued"]).state == Document.PUBLISHED
    assert Client().get(f"/statistics/reports/{cast.SCHOOL}/{made['issued']}/paper.html").status_code == 200


def test_a_teacher_works_on_his_objects_and_signs_but_runs_nothing(people: cast.Cast, made: dict[str, Any]) -> None:
    teacher, other = client(people, "teacher"), client(people, "secretary")
    here = f"/monitoring/object/{made['watch']}/"
    with clock.standing_at(cast.DAY):
        assert b'name="text"' in teacher.get(here).content
        assert b'name="text"' not in other.get(here).content
        assert other.post(here, {"text": "Lists are here", "dated": "2024-09-16"}).status_code == 404
        assert teacher.post(here, {"text": "Lists of sections, 55 of 100", "dated": "2024-09-16"}).status_code == 302
        assert teacher.post(f"/monitoring/paper/{made['issued']}/read/").status_code == 302
        assert b"Teacher" in teacher.get(f"/monitoring/paper/{made['issued']}/").content
        assert teacher.get(f"/monitoring/paper/{made['note']}/").status_code == 404  # a draft
        assert teacher.post(f"/monitoring/visit/{made['visit']}/", {"text": "Thank you."}).status_code == 302
        assert other.get(f"/monitoring/visit/{made['visit']}/").status_code == 404
        assert teacher.get(f"/monitoring/plan/{made['draft']}/people/").status_code == 403
        assert teacher.post(f"/monitoring/plan/{made['draft']}/order/", {"number": "1", "dated": "2024-09-16"}).status_code == 404


def test_a_change_of_the_plan_is_undone(people: cast.Cast, made: dict[str, Any]) -> None:
    head, plan = client(people, "head"), Programme.objects.unscoped("test").get(pk=made["draft"])
    titles = sorted(str(line.title) for line in plan.lines.unscoped("test"))
    head.post(f"/monitoring/plan/line/{made['line']}/out/")
    assert plan.lines.unscoped("test").count() == len(titles) - 1
    head.post(f"/monitoring/plan/{made['draft']}/undo/")
    assert sorted(str(line.title) for line in plan.lines.unscoped("test")) == titles
    shown = head.get(f"/monitoring/plan/{made['draft']}/?q=health").content.decode()
    assert "Health of learners" in shown
    assert "Olympiads" not in shown
