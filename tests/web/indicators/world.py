"""Returns of the standing cast signed by their heads, for figures; and a frozen archive made from a few institutions."""

from __future__ import annotations

from typing import Any

from sapa.signing.cades import sign_detached
from sapa_web.collection.domain import checking, signing, working
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.collection.models import Submission
from sapa_web.common import clock
from tests.web import cast

INSTITUTIONS = {
    cast.SCHOOL: ("Noram school No 1", "secondary-school", "general", "R1-01", "400"),
    cast.SIBLING: ("Noram school No 2", "secondary-school", "general", "R1-01", "300"),
    cast.KINDERGARTEN: ("Noram kindergarten", "kindergarten", "preschool", "R1-01", "90"),
    cast.ELSEWHERE: ("Southern school", "secondary-school", "general", "R2-01", "250"),
}


def register_row(code: str, **changes: str) -> dict[str, str]:
    """What an institution says of itself."""
    name, kind, level, district, capacity = INSTITUTIONS[code]
    row = {key: str(value) for key, value in cast.attributes(name, kind, level, district).items()}
    return {**row, "capacity": capacity, **changes}


def submit(user: Any, dataset: str, code: str, rows: list[dict[str, str]]) -> Submission:
    """Enter, check and sign a return."""
    asked = cast.obligation(dataset, code)
    working.replace_all(user, asked, rows, channel="upload")
    found = checking.check_draft(asked)
    assert not found.counts.get("blocks"), found.findings.table.to_pylist()
    asked = cast.obligation(dataset, code)
    request = signing.prepare(user, asked)
    signer = demonstration_authority().person("Head", code, now=clock.now())
    return signing.accept(user, asked, sign_detached(bytes(request.manifest), signer, signing_time=clock.now()))
