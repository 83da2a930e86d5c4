"""A teacher fills the rows of the own classes and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sapa_web.collection.domain import working
from sapa_web.collection.models import Obligation
from sapa_web.orgs.models import Membership
from tests.web import cast
from tests.web.collection.test_pages import learner

OWN = f"{cast.SCHOOL}-6A"


@pytest.fixture
def learners(people: cast.Cast) -> Obligation:
    cast.campaigns()
    Membership.objects.filter(user=people.teacher).update(classes=[OWN])
    found = cast.obligation("learners", cast.SCHOOL)
    rows = [learner(1), learner(2), learner(3, class_id=f"{cast.SCHOOL}-7B")]
    working.replace_all(people.secretary, found, rows, channel="upload")
    return found


@pytest.fixture
def teacher(client: Client, people: cast.Cast) -> Client:
    client.force_login(people.teacher)
    return client


def data(client: Client, obligation: Obligation) -> dict[str, Any]:
    found: dict[str, Any] = client.get(reverse("collection:grid-data", args=[obligation.pk])).json()
    return found


def send(client: Client, obligation: Obligation, *changes: dict[str, Any]) -> Any:
    url = reverse("collection:grid-changes", args=[obligation.pk])
    return client.post(url, json.dumps({"version": 1, "changes": changes}), content_type="application/json")


def test_sees_the_own_class_only(learners: Obligation, teacher: Client) -> None:
    page = teacher.get(reverse("collection:returns")).content.decode()
    assert "Fill my classes" in page
    assert page.count("<tr>") == 2  # one return has classes: not the register, not the staff
    assert [row["person"] for row in data(teacher, learners)["rows"]] == ["P0000001", "P0000002"]
    for name in ("check", "compare", "sign", "history", "upload", "workbook"):
        assert teacher.get(reverse(f"collection:{name}", args=[learners.pk])).status_code == 404


def test_is_not_asked_what_the_school_holds(learners: Obligation, teacher: Client) -> None:
    fields = {item["id"]: item["readonly"] for item in data(teacher, learners)["fields"]}
    assert all(fields[name] for name in ("person", "surname", "class_id"))
    assert fields["sex"]  # every row has it, and the teacher did not write it
    assert not fields["mark_mean"]
    first = data(teacher, learners)["rows"][0]["_id"]
    assert (
        send(teacher, learners, {"op": "set", "row": first, "field": "mark_mean", "was": "", "value": "7.5"}).status_code == 200
    )
    for change in (
        {"op": "set", "row": first, "field": "sex", "was": "F", "value": "M"},
        {"op": "set", "row": first, "field": "class_id", "was": OWN, "value": f"{cast.SCHOOL}-7B"},
        {"op": "delete", "row": first},
        {"op": "add", "row": "new", "values": learner(9)},
    ):
        assert send(teacher, learners, change).status_code == 400
    other = working.rows_of(learners)[1][2]["_id"]
    assert send(teacher, learners, {"op": "set", "row": other, "field": "mark_mean", "was": "", "value": "9"}).status_code == 400


def test_may_correct_what_they_wrote(learners: Obligation, teacher: Client) -> None:
    for row in data(teacher, learners)["rows"]:
        change = {"op": "set", "row": row["_id"], "field": "mark_mean", "was": "", "value": "7.5"}
        assert send(teacher, learners, change).status_code == 200
    first = data(teacher, learners)["rows"][0]["_id"]
    assert (
        send(teacher, learners, {"op": "set", "row": first, "field": "mark_mean", "was": "7.5", "value": "8"}).status_code == 200
    )


def test_sees_what_follows(learners: Obligation, teacher: Client) -> None:
    page = teacher.get(reverse("collection:return", args=[learners.pk])).content.decode()
    assert "What follows from it" in page
