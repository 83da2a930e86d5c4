"""The thinnest real path: rows typed, checked, mended, signed by the head, in the archive, with a receipt."""

from __future__ import annotations

import pytest

from sapa.errors import RefusedError, UserError
from sapa.signing.cades import sign_detached
from sapa_web.collection.domain import checking, signing, working
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.collection.models import Obligation
from sapa_web.common import clock
from sapa_web.common.domain import ledger
from sapa_web.common.files import archive
from tests.web import cast

ROW = {name: str(value) for name, value in cast.attributes("Noram school No 1", "secondary-school", "general", "R1-01").items()}


def sign(manifest: bytes, unit: str = cast.SCHOOL, name: str = "Head") -> bytes:
    signer = demonstration_authority().person(name, unit, now=clock.now())
    return sign_detached(manifest, signer, signing_time=clock.now())


@pytest.fixture
def asked(people: cast.Cast) -> Obligation:
    cast.campaigns()
    return cast.obligation("institutions", cast.SCHOOL)


def test_a_return_goes_from_typed_cells_to_a_receipt(people: cast.Cast, asked: Obligation) -> None:
    working.apply(people.secretary, asked, [{"op": "add", "row": "a", "values": {**ROW, "capacity": "many"}}])
    found = checking.check_draft(asked)
    assert found.counts["blocks"] == 1
    assert asked.state == Obligation.FINDINGS
    with pytest.raises(UserError, match="findings"):
        signing.prepare(people.head, asked)

    working.apply(people.secretary, asked, [{"op": "set", "row": "a", "field": "capacity", "was": "many", "value": "400"}])
    checking.check_draft(asked)
    assert asked.state == Obligation.READY
    request = signing.prepare(people.head, asked)

    with pytest.raises(RefusedError, match="signed for 0000102"):
        signing.accept(people.head, asked, sign(bytes(request.manifest), unit=cast.SIBLING))
    submission = signing.accept(people.head, asked, sign(bytes(request.manifest)))

    asked = cast.obligation("institutions", cast.SCHOOL)
    assert (asked.state, asked.revision, asked.late_days) == (Obligation.SIGNED, 1, 0)
    assert archive(cast.PACK, cast.PERIOD).exists(f"submissions/institutions/{cast.PERIOD}/{cast.SCHOOL}/r0001.p7s")
    assert len(submission.receipt) == 32
    assert checking.signed_rows(submission)["capacity"].to_pylist() == [400]
    assert not list(ledger.faults())


def test_two_people_change_one_draft(people: cast.Cast, asked: Obligation) -> None:
    working.apply(people.secretary, asked, [{"op": "add", "row": "a", "values": ROW}])
    working.apply(people.head, asked, [{"op": "set", "row": "a", "field": "capacity", "was": "400", "value": "410"}])
    working.apply(people.secretary, asked, [{"op": "set", "row": "a", "field": "name", "was": ROW["name"], "value": "School"}])
    with pytest.raises(working.Conflict) as caught:
        working.apply(people.secretary, asked, [{"op": "set", "row": "a", "field": "capacity", "was": "400", "value": "420"}])
    (cell,) = caught.value.cells
    assert (cell["yours"], cell["theirs"], cell["by"]) == ("420", "410", "Head")
    version, rows = working.rows_of(asked)
    assert (version, rows[0]["capacity"], rows[0]["name"]) == (3, "410", "School")
