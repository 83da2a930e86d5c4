"""What is read: the tree of a day, layouts, figures, the calendar, the ledger, pages that don't repeat or lose anything."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sapa.archive import standalone_verify
from sapa_web.collection.domain import freezing
from sapa_web.collection.models import Freeze
from sapa_web.common import clock
from sapa_web.common.domain import jobs
from sapa_web.common.models import LedgerEntry
from sapa_web.orgs.domain import tree
from tests.web import cast
from tests.web.api.conftest import Caller, Issue, row
from tests.web.api.test_submissions import whole


@pytest.fixture
def republic(issue: Issue) -> Caller:
    """The system of the ministry."""
    return Caller(issue(code="REP"))


def codes(answer: Any) -> list[str]:
    return [item["code"] for item in answer.json()["items"]]


def test_the_tree_is_that_of_the_day(people: cast.Cast, republic: Caller, issue: Issue) -> None:
    district = Caller(issue(code="R1-01"))
    tree.change("system:test", cast.organisation(cast.SCHOOL), date(2024, 9, 10), "moved", parent="R1-02")
    assert republic.get(f"/organisations/{cast.SCHOOL}").json()["parent"] == "R1-02"
    assert republic.get(f"/organisations/{cast.SCHOOL}?as_of=2024-09-09").json()["parent"] == "R1-01"
    assert cast.SCHOOL not in codes(republic.get("/organisations?below=R1-01"))
    assert cast.SCHOOL in codes(republic.get("/organisations?below=R1-01&as_of=2024-09-09"))
    assert codes(republic.get("/organisations?as_of=2015-08-31")) == []
    assert district.get(f"/organisations/{cast.SCHOOL}").status_code == 404
    assert district.get(f"/organisations/{cast.SCHOOL}?as_of=2024-09-09").status_code == 200


def test_organisations_are_found_by_words_and_kind(republic: Caller) -> None:
    assert codes(republic.get("/organisations?q=noram%20school")) == [cast.SCHOOL, cast.SIBLING]
    assert codes(republic.get("/organisations?q=00002")) == [cast.ELSEWHERE]
    assert codes(republic.get("/organisations?kind=kindergarten")) == [cast.KINDERGARTEN]
    assert "REP" in codes(republic.get("/organisations?institutions=false"))


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("path", ["/organisations", "/obligations"])
def test_pages_hold_everything_once(asked: None, republic: Caller, path: str, limit: int) -> None:
    whole_list = republic.get(f"{path}?limit=1000").json()["items"]
    pages, cursor = [], ""
    while True:
        page = republic.get(f"{path}?limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json()
        pages += page["items"]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert pages == whole_list
    assert len(whole_list) > 5


@pytest.mark.parametrize("path", ["/organisations?limit={n}", "/obligations?limit={n}", "/submissions?limit={n}"])
def test_lists_ask_the_same_number_of_questions(asked: None, republic: Caller, path: str) -> None:
    for unit in (cast.SCHOOL, cast.SIBLING):
        assert republic.post("/submissions", whole(republic, [row(unit)], unit)).status_code == 201
    counts = []
    for number in (1, 3):
        republic.get(path.format(n=number))
        with CaptureQueriesContext(connection) as questions:
            republic.get(path.format(n=number))
        counts.append(len(questions))
    assert counts[0] == counts[1] <= 6, counts


def test_the_schema_takes_the_rows_the_engine_takes(asked: None, school: Caller) -> None:
    schema = school.get(f"/datasets/{cast.PACK}/institutions/{cast.PERIOD}/schema").json()
    jsonschema.Draft202012Validator.check_schema(schema)
    typed = {**row(), "capacity": 400}
    jsonschema.validate([typed], schema)
    for wrong in ({"capacity": "many"}, {"type": "castle"}, {"unknown": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate([{**typed, **wrong}], schema)
    assert school.post("/submissions/check", {"pack": cast.PACK, "dataset": "institutions", "period": cast.PERIOD,
        "unit": cast.SCHOOL, "rows": [typed]}).json()["ready"]  # fmt: skip


def test_figures_come_in_three_forms_with_their_number(asked: None, republic: Caller) -> None:
    for unit in (cast.SCHOOL, cast.SIBLING, cast.ELSEWHERE):
        assert republic.post("/submissions", whole(republic, [row(unit)], unit)).status_code == 201
    here = f"/facts?pack={cast.PACK}&state=provisional"
    answer = republic.get(here)
    told = json.loads(b"".join(answer.streaming_content))
    assert told["rows"] == len(told["items"]) == int(answer["Row-Count"]) > 0
    assert {item["flag"] for item in told["items"]} <= {"P", "Z", "M"}
    flat = b"".join(republic.get(here + "&form=csv").streaming_content).decode()
    assert len(list(csv.DictReader(io.StringIO(flat)))) == told["rows"]
    table = pq.read_table(pa.BufferReader(republic.get(here + "&form=parquet").content))
    assert table.num_rows == told["rows"]
    assert json.loads(table.schema.metadata[b"sapa.rows"]) == told["rows"]

    known = republic.get(f"/indicators?pack={cast.PACK}&state=provisional").json()["items"]
    one = next(item for item in known if any(item["cuts"]))
    cut = next(item for item in one["cuts"] if item)
    chosen = json.loads(b"".join(republic.get(f"{here}&indicator={one['id']}&by={','.join(cut)}").streaming_content))
    assert {frozenset(item["cut"]) for item in chosen["items"]} == {frozenset(cut)}
    totals = json.loads(b"".join(republic.get(f"{here}&indicator={one['id']}&by=").streaming_content))
    assert [item["cut"] for item in totals["items"]] == [{}]
    assert republic.get(f"/facts?pack={cast.PACK}").status_code == 404


@pytest.mark.parametrize("pack", ["nothing", "..", "../../etc", "/etc"])
def test_a_pack_that_is_not_used_here_is_not_looked_for(asked: None, republic: Caller, pack: str) -> None:
    assert republic.get(f"/facts?pack={pack}").status_code == 404
    assert republic.get(f"/calendar/{pack}/2024").status_code == 404


def test_the_calendar_comes_as_a_list_and_as_a_file(asked: None, school: Caller) -> None:
    events = school.get(f"/calendar/{cast.PACK}/2024").json()["events"]
    assert any(item["kind"].startswith("freeze") for item in events)
    assert all(item["clause"] for item in events)
    file = school.get(f"/calendar/{cast.PACK}/2024?form=ics")
    assert file["Content-Type"].startswith("text/calendar")
    assert file.content.count(b"BEGIN:VEVENT") == len(events)


def test_the_ledger_tells_what_was_changed_in_it(asked: None, school: Caller) -> None:
    told = school.get("/ledger").json()
    assert told["holds"]
    assert told["entries"] == LedgerEntry.objects.count()
    with connection.cursor() as cursor:  # past the guard of the table, as somebody with the database in his hands would
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'") if connection.vendor == "sqlite" else None
        names = [name for (name,) in cursor.fetchall()] if connection.vendor == "sqlite" else []
        if connection.vendor != "sqlite":
            pytest.skip("the guard is lifted on SQLite only")
        for name in names:
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute("UPDATE common_ledgerentry SET verb = 'other' WHERE seq = 2")
    told = school.get("/ledger?since=1").json()
    assert not told["holds"]
    assert [fault["seq"] for fault in told["faults"]] == [2]


def test_after_the_freeze_the_proof_stands_alone_and_figures_are_official(
    asked: None, people: cast.Cast, republic: Caller, tmp_path: Path
) -> None:
    def at(day: int) -> Any:
        return clock.standing_at(datetime(2024, 10, day, 6, tzinfo=UTC))

    receipt = republic.post("/submissions", whole(republic, [row()])).json()["receipt"]
    assert republic.get(f"/submissions/{receipt}/proof").json()["code"] == "not_frozen"
    freeze = freezing.plan(people.manager, cast.PACK, cast.PERIOD)
    freezing.announce(people.manager, freeze)
    with at(1):
        jobs.begin_due()
    with at(3):
        freeze.refresh_from_db()
        freezing.begin(people.manager, freeze)
        freeze.refresh_from_db()
        assert freeze.state == Freeze.FROZEN
        proof = republic.get(f"/submissions/{receipt}/proof?rows=true")
        facts = republic.get(f"/facts?pack={cast.PACK}")
        assert republic.get("/obligations").status_code == 200
    told = json.loads(b"".join(facts.streaming_content))
    assert told["roots"] == {cast.PERIOD: freeze.root}
    assert told["rows"] == len(told["items"]) > 0
    (tmp_path / "proof.json").write_bytes(proof.content)
    checked = subprocess.run(
        [sys.executable, standalone_verify.__file__, str(tmp_path / "proof.json")], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    assert freeze.root in checked.stdout
    changed = proof.json() | {"rows": "AAAA"}
    (tmp_path / "proof.json").write_text(json.dumps(changed))
    again = subprocess.run(
        [sys.executable, standalone_verify.__file__, str(tmp_path / "proof.json")], capture_output=True, check=False
    )
    assert again.returncode == 1
