"""Every pack with indicators says how each of its data sets is protected, and its own examples come out protected."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapa.disclosure import audit, protect
from sapa.disclosure.policy import policy_of
from sapa.errors import UserError
from sapa.indicators.cases import case_facts
from sapa.packs.loader import load_pack


@pytest.mark.parametrize("name", ["by-329", "demo", "ru-soko", "ua-school-return"])
def test_every_data_set_has_a_rule(name: str) -> None:
    pack = load_pack(name)
    policy = policy_of(pack)
    for dataset in {item.dataset for item in pack.indicators if hasattr(item, "dataset")}:
        assert policy.of(dataset, "2023").clause


def test_what_is_not_done_is_refused_and_not_ignored(tmp_path: Path) -> None:
    for name in ("pack.yaml", "law.yaml"):
        text = (Path(__file__).parent / "packs" / "tiny" / name).read_text()
        (tmp_path / name).write_text(text.replace("width: 2}", "width: 2, one_institution: hidden}"))
    with pytest.raises(UserError, match="how many institutions"):
        policy_of(load_pack(str(tmp_path))).of("people", "2021")


def test_the_facts_of_a_school_of_twelve_are_protected() -> None:
    """Whatever is told of fewer than ten is left out."""
    pack = load_pack("ru-soko")
    facts = case_facts(next(item for item in pack.cases if item.id == "small-school"), pack)
    done = protect(facts, pack)
    assert audit(done.facts, pack, truth=facts).exposed == ()
    assert done.report["not_protectable"] == []
    policy = policy_of(pack)
    for row in done.facts.to_pylist():
        item = pack.indicator(row["indicator"], row["period"])
        if row["flag"] != "C" and getattr(item, "kind", "") == "count" and policy.protects(item.dataset, row["period"]):
            assert row["count"] == 0 or row["count"] >= 10
