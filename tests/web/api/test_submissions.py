"""Returns by API: checked, handed in once, with a receipt that can be found again."""

from __future__ import annotations

import io
import zipfile
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from sapa_web.api.models import Answer, Transfer
from sapa_web.collection.models import Campaign, Obligation, Submission
from sapa_web.common import clock
from sapa_web.common.domain import jobs, ledger
from sapa_web.common.models import LedgerEntry
from tests.web import cast
from tests.web.api.conftest import WHERE, Caller, Issue, row, sign

pytestmark = pytest.mark.usefixtures("asked")
HERE = {**WHERE, "unit": cast.SCHOOL}


def whole(caller: Caller, rows: list[dict[str, Any]], unit: str = cast.SCHOOL) -> dict[str, Any]:
    """A return ready to be handed in."""
    checked = caller.post("/submissions/check", {**WHERE, "unit": unit, "rows": rows}).json()
    signature = b64encode(sign(b64decode(checked["manifest"]), unit)).decode()
    return {**WHERE, "unit": unit, "rows": rows, "manifest": checked["manifest"], "signature": signature}


def test_a_dry_run_tells_findings_and_keeps_nothing(school: Caller) -> None:
    answer = school.post("/submissions/check", {**HERE, "rows": [row(capacity="many")]})
    told = answer.json()
    assert (answer.status_code, told["ready"], told["counts"]["blocks"], told["manifest"]) == (200, False, 1, None)
    (finding,) = [item for item in told["findings"] if item["severity"] == "blocks"]
    assert (finding["row"], finding["field"], finding["value"]) == (1, "capacity", "many")
    assert cast.obligation("institutions", cast.SCHOOL).state == Obligation.NOT_BEGUN


def test_a_return_is_handed_in_once_however_often_it_is_sent(school: Caller) -> None:
    given, key = whole(school, [row()]), uuid4().hex
    first = school.post("/submissions", given, Idempotency_Key=key)
    again = school.post("/submissions", given, Idempotency_Key=key)
    other_key = school.post("/submissions", given)
    assert (first.status_code, again.status_code, other_key.status_code) == (201, 201, 200)
    assert first.json() == again.json() == other_key.json()
    assert again["Idempotency-Replayed"] == "true"
    taken = school.post("/submissions", {**given, "replace_draft": True}, Idempotency_Key=key)
    assert (taken.status_code, taken.json()["code"]) == (409, "key_taken")
    assert Submission.objects.unscoped("test").count() == 1
    asked = cast.obligation("institutions", cast.SCHOOL)
    assert (asked.state, asked.revision) == (Obligation.SIGNED, 1)
    assert not list(ledger.faults())
    (signed,) = LedgerEntry.objects.filter(verb="submission.signed")
    assert signed.actor.startswith("token:")


def test_the_receipt_holds_what_was_signed(school: Caller) -> None:
    given = whole(school, [row()])
    receipt = school.post("/submissions", given).json()["receipt"]
    told = school.get(f"/submissions/{receipt}/receipt").json()
    assert (told["manifest"], told["signature"]) == (given["manifest"], given["signature"])
    with zipfile.ZipFile(io.BytesIO(school.get(f"/submissions/{receipt}/receipt?form=zip").content)) as parts:
        assert parts.read("manifest.json") == b64decode(given["manifest"])
    assert school.get(f"/submissions/{receipt}").json()["newest"] is True
    assert [item["receipt"] for item in school.get("/submissions").json()["items"]] == [receipt]
    assert school.get(f"/submissions/{receipt}/findings").json()["counts"]["blocks"] == 0


def test_a_second_revision_follows_the_first(school: Caller) -> None:
    school.post("/submissions", whole(school, [row()]))
    answer = school.post("/submissions", whole(school, [row(capacity="410")]))
    assert (answer.status_code, answer.json()["revision"]) == (201, 2)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"rows": [row(capacity="410")]}, 422, "other_rows"),
        ({"rows": [row(capacity="many")]}, 422, "findings"),
        ({"rows": [{**row(), "shoe_size": "44"}]}, 422, "unknown_fields"),
        ({"rows": [{**row(), "institution": "0000102"}]}, None, None),
        ({"signature": "AAAA"}, 422, "malformed"),
        ({"manifest": b64encode(b"{}").decode()}, 422, "refused"),
        ({"rows": "none"}, 422, "invalid"),
        ({"extra": 1}, 422, "invalid"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(school: Caller, change: dict[str, Any], status: int, code: str) -> None:
    answer = school.post("/submissions", {**whole(school, [row()]), **change})
    told = answer.json()
    if status is not None:
        assert (answer.status_code, told["code"]) == (status, code), told
    assert answer.status_code in (409, 422)
    assert answer["Content-Type"] == "application/problem+json"
    assert told["todo"]
    assert told["status"] == answer.status_code
    assert cast.obligation("institutions", cast.SCHOOL).state == Obligation.NOT_BEGUN
    assert not Submission.objects.unscoped("test").exists()


def test_another_heads_signature_does_not_count(school: Caller) -> None:
    given = whole(school, [row()])
    given["signature"] = b64encode(sign(b64decode(given["manifest"]), cast.SIBLING)).decode()
    answer = school.post("/submissions", given)
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_signer")


def test_what_asks_for_an_explanation_is_explained_with_the_rows(school: Caller) -> None:
    private = row(ownership="private")  # subordinated to the district all the same
    given = whole(school, [private])
    found = school.post("/submissions/check", {**HERE, "rows": [private]}).json()["findings"]
    assert [(item["rule"], item["severity"], item["row"]) for item in found] == [("unit-ownership-fits", "explain", 1)]
    assert school.post("/submissions", given).json()["code"] == "findings"
    reason = {"rule": "unit-ownership-fits", "row": 1, "text": "The founder has asked the district to lead it."}
    stale = {"rule": "unit-capacity-given", "row": 1, "text": "There is nothing of this kind."}
    assert school.post("/submissions", {**given, "explanations": [reason, stale]}).status_code == 201
    assert LedgerEntry.objects.filter(verb="finding.explained").count() == 1


def test_an_empty_record_is_refused(school: Caller) -> None:
    answer = school.post("/submissions/check", {**HERE, "rows": [row(), {}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_record")


def test_a_draft_goes_the_longer_way(school: Caller) -> None:
    number = cast.obligation("institutions", cast.SCHOOL).pk
    put = school("PUT", f"/obligations/{number}/draft", {"rows": [row(capacity="many")]})
    assert (put.status_code, put.json()["state"], put.json()["version"]) == (200, "findings", 1)
    assert school.get(f"/obligations/{number}/findings").json()["counts"]["blocks"] == 1
    stale = school("PUT", f"/obligations/{number}/draft", {"rows": [row()], "version": 0})
    assert (stale.status_code, stale.json()["code"]) == (409, "draft_in_hand")
    assert school("PUT", f"/obligations/{number}/draft", {"rows": [row()], "version": 1}).json()["state"] == "ready"
    assert school.get(f"/obligations/{number}/draft").json()["rows"] == [row()]
    prepared = school.post(f"/obligations/{number}/prepare").json()
    signature = b64encode(sign(b64decode(prepared["manifest"]))).decode()
    signed = school.post(f"/obligations/{number}/sign", {"signature": signature})
    assert (signed.status_code, signed.json()["revision"]) == (201, 1)
    assert school.get(f"/obligations/{number}").json()["state"] == "signed"


def test_a_persons_draft_is_not_overwritten_unasked(people: cast.Cast, school: Caller) -> None:
    from sapa_web.collection.domain import working

    given = whole(school, [row()])
    asked = cast.obligation("institutions", cast.SCHOOL)
    working.apply(people.secretary, asked, [{"op": "add", "row": "a", "values": {"name": "in work"}}])
    refused = school.post("/submissions", given)
    assert (refused.status_code, refused.json()["code"]) == (409, "draft_in_hand")
    assert school.post("/submissions", {**given, "replace_draft": True}).status_code == 201


def test_rows_come_in_parts_and_a_lost_one_is_sent_again(school: Caller) -> None:
    import json

    content = json.dumps([row()]).encode()
    given = whole(school, [row()])
    announced = school.post("/uploads", {**HERE, "size": len(content), "sha256": sha256(content).hexdigest()})
    assert announced.status_code == 201, announced.content
    place = f"/uploads/{announced.json()['id']}"
    raw = {"form": "application/octet-stream"}
    assert school("PUT", f"{place}/parts/2", content[100:], **raw).status_code == 200
    signed = {"manifest": given["manifest"], "signature": given["signature"]}
    early = school.post(f"{place}/complete", signed)
    assert (early.status_code, early.json()["code"]) == (409, "incomplete")
    assert school("PUT", f"{place}/parts/1", b"x" * 100, **raw).status_code == 200
    assert school.post(f"{place}/complete", signed).json()["code"] == "incomplete"
    assert school("PUT", f"{place}/parts/1", content[:100], **raw).status_code == 200
    assert school.get(place).json()["received"] == len(content)
    assert school.post(f"{place}/check").json()["manifest"]
    done = school.post(f"{place}/complete", signed)
    assert done.status_code == 201, done.content
    again = school.post(f"{place}/complete", signed)
    assert (again.status_code, again.json()) == (200, done.json())
    assert school.get(place).json() | {"expires_at": ""} == {
        "id": announced.json()["id"], "state": "done", "form": "json", "size": len(content), "received": 0, "parts": [],
        "receipt": done.json()["receipt"], "expires_at": "",
    }  # fmt: skip


def test_a_dropped_upload_is_gone(school: Caller) -> None:
    name = school.post("/uploads", {**HERE, "size": 5, "sha256": "0" * 64}).json()["id"]
    assert school("DELETE", f"/uploads/{name}").status_code == 204
    assert school.get(f"/uploads/{name}").status_code == 404


@pytest.mark.parametrize("state", [Campaign.SUSPENDED, Campaign.FROZEN])
def test_while_updates_stand_still_nothing_comes_in(school: Caller, state: str) -> None:
    given = whole(school, [row()])
    Campaign.objects.update(state=state)
    number = cast.obligation("institutions", cast.SCHOOL).pk
    assert school.post("/submissions/check", {**HERE, "rows": [row()]}).status_code == 200
    for answer in (
        school.post("/submissions", given),
        school("PUT", f"/obligations/{number}/draft", {"rows": [row()]}),
        school.post(f"/obligations/{number}/prepare"),
        school.post("/uploads", {**HERE, "size": 5, "sha256": "0" * 64}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (423, "closed")
        assert int(answer["Retry-After"]) > 0


def test_what_is_past_its_time_is_dropped(school: Caller) -> None:
    key = uuid4().hex
    school.post("/uploads", {**HERE, "size": 5, "sha256": "0" * 64}, Idempotency_Key=key)
    with clock.standing_at(cast.DAY + timedelta(days=8)):
        assert "api.forget" in jobs.begin_due()
    assert (Answer.objects.count(), Transfer.objects.count()) == (0, 0)


def test_errors_speak_the_callers_language(issue: Issue) -> None:
    assert Caller(issue(), "ru").post("/submissions", {"rows": 1})["Content-Language"] == "ru"
