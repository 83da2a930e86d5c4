"""The cases of the school return prove each of its rules; that they come out as they say is shown by ``tests/test_cases.py``."""

from __future__ import annotations

from sapa.packs.loader import load_pack


def test_every_rule_of_the_school_return_is_proved_by_a_case() -> None:
    pack = load_pack("ua-school-return")
    proved = {proof for case in pack.cases for proof in case.proves}
    lacking = {f"rule:{rule.id}" for rule in pack.dataset("school-return").rules} - proved
    assert lacking == set()
    assert sum(case.kind == "verify" for case in pack.cases) >= 8
