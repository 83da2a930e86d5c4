"""What the chain tells a publication beside the facts."""

from __future__ import annotations

import pytest

from sapa.chain.publish import period_note
from sapa.packs.loader import load_pack


def test_the_meaning_of_a_period_is_the_packs_own_definition() -> None:
    note = period_note(load_pack("demo"))
    assert (
        note["en"]
        == "A period is named by the year in which its school year ends; rows are as of 1 September of the year before."
    )
    assert set(note) == {"en", "ru", "kk", "uk", "be"}


@pytest.mark.parametrize("name", ["by-329", "ua-school-return"])
def test_a_pack_that_defines_no_period_has_none_invented(name: str) -> None:
    assert period_note(load_pack(name)) == {}
