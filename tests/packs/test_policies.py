"""What may leave an institution, asked of the packs that ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapa.packs.loader import load_pack
from sapa.packs.policies import may_leave, may_serve

PACKS = Path(__file__).resolve().parents[2] / "packs"
RECEIVERS = ["", "founder", "municipal-level", "regional-level", "website", "expert-commission"]


@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize("about", ["results", "evidence", "answers", "notes"])
def test_of_a_preschool_only_published_results_leave(about, receiver):
    pack = load_pack(str(PACKS / "ua-71"))
    assert not may_leave(pack, about, receiver=receiver)
    assert may_leave(pack, about, receiver=receiver, published=True) == (about == "results")
    for use in ("rating-of-staff", "sanctions", "comparison-of-institutions"):
        assert not may_serve(pack, about, use)


@pytest.mark.parametrize("receiver", RECEIVERS)
def test_results_of_a_school_go_to_the_levels_above_and_evidence_to_nobody(receiver):
    pack = load_pack(str(PACKS / "ru-soko"))
    assert may_leave(pack, "results", receiver=receiver) == (receiver in {"municipal-level", "regional-level"})
    assert may_leave(pack, "results", published=True)
    assert not any(may_leave(pack, about, receiver=receiver, published=True) for about in ("evidence", "answers"))
    assert may_serve(pack, "results", "rating-of-staff"), "the regulation itself sets a rating among its tasks (2.2)"


def test_what_no_policy_speaks_of_stays_inside():
    assert not may_leave(load_pack(str(PACKS / "kz-374")), "results", published=True)
    assert not may_leave(load_pack(str(PACKS / "ru-soko")), "notes", published=True)
