"""Signed returns for the tests of the offices' pages."""

from __future__ import annotations

from sapa.signing.cades import sign_detached
from sapa_web.collection.domain import checking, signing, working
from sapa_web.collection.domain.trust import demonstration_authority
from sapa_web.collection.models import Obligation
from sapa_web.common import clock
from tests.web import cast

KINDS = {
    cast.SCHOOL: ("Noram school No 1", "secondary-school", "general", "R1-01"),
    cast.SIBLING: ("Noram school No 2", "secondary-school", "general", "R1-01"),
    cast.KINDERGARTEN: ("Noram kindergarten", "kindergarten", "preschool", "R1-01"),
    cast.ELSEWHERE: ("Southern school", "secondary-school", "general", "R2-01"),
    cast.COLLEGE: ("Northern college", "vocational-college", "vocational", "R1-01"),
    # An office with an identifier such as the demonstration's layouts take (seven digits); its lists have no type for it.
    "0000901": ("Western district", "secondary-school", "general", "R1-01"),
}


def sign_register(people: cast.Cast, code: str, period: str = cast.PERIOD, **other: str) -> Obligation:
    """The unit's row of the register, entered, checked and signed by its head."""
    row = {name: str(value) for name, value in {**cast.attributes(*KINDS[code]), **other}.items()}
    asked = cast.obligation("institutions", code, period)
    working.replace_all(people.secretary, asked, [row], channel="form")
    asked = cast.obligation("institutions", code, period)
    found = checking.check_draft(asked)
    assert asked.state == Obligation.READY, list(found.findings.messages("en"))
    request = signing.prepare(people.head, asked)
    signer = demonstration_authority().person(f"Head of {code}", code, now=clock.now())
    signing.accept(people.head, asked, sign_detached(bytes(request.manifest), signer, signing_time=clock.now()))
    return cast.obligation("institutions", code, period)
