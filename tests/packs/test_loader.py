"""Folders become packs: what they import, which version holds, what their digest covers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from sapa.errors import UserError
from sapa.packs.check import check_pack
from sapa.packs.loader import load_pack, locate, search_path

SOUND = Path(__file__).parent / "sound_packs"


@pytest.fixture
def copies(tmp_path):
    """A folder with copies of the sound packs, free to change."""
    shutil.copytree(SOUND, tmp_path / "packs")
    return tmp_path / "packs"


def test_own_elements_come_first_and_imported_ones_are_in_reach():
    pack = load_pack("complete", search=[SOUND])
    assert [part.id for part in pack.packs()] == ["complete", "base"]
    assert [item.pack for item in pack.elements("codelists")] == ["complete", "complete", "base", "base"]
    assert pack.clause("base:p1").kind == "duty"
    assert pack.clause("p2") is pack.clause("complete:p2")


def test_references_to_clauses_are_absolute_but_acts_keep_their_names():
    pack = load_pack("complete", search=[SOUND])
    assert pack.indicator("pupils").clause == ("complete:p1",)
    assert pack.dataset("census").rules[0].clause == ("complete:p1",)
    assert pack.reports[0].chapters[0].tables[0].clause == ("complete:p1",)
    assert pack.calendar[0].clause == "complete:p2"
    assert pack.find("concepts", "sex").clause == ("base:p1",)
    assert pack.working_days[0].off[0].clause == "No 5 of 1.10.2021"


def test_every_byte_counts_in_the_digest_and_an_import_too(copies):
    before = load_pack("complete", search=[copies]).digest
    assert load_pack("complete", search=[SOUND]).digest == before
    for name in ("complete/return.yaml", "base/law.yaml"):
        path = copies / name
        text = path.read_bytes()
        path.write_bytes(text + b"#")
        assert load_pack("complete", search=[copies]).digest != before
        path.write_bytes(text)
    assert load_pack("complete", search=[copies]).digest == before


def test_a_file_moved_to_another_name_changes_the_digest(copies):
    before = load_pack("complete", search=[copies]).digest
    (copies / "complete" / "law.yaml").rename(copies / "complete" / "rules.yaml")
    assert load_pack("complete", search=[copies]).digest != before


def test_a_mistake_reached_by_two_ways_is_told_once(copies):
    (copies / "base" / "law.yaml").write_text("clauses:\n  - {path: p1}\n")
    meta = (copies / "complete" / "pack.yaml").read_text()
    (copies / "complete" / "pack.yaml").write_text(meta.replace("imports: [base]", "imports: [base, overlay]"))
    _, found = check_pack(copies / "complete", search=[copies])
    assert [(item.pack, item.code) for item in found] == [("base", "missing-key")] * 2
    assert {item.path for item in found} == {"clauses[0].kind", "clauses[0].text"}


def test_the_version_of_a_period_is_found_and_others_are_refused_with_what_there_is():
    pack = load_pack("complete", search=[SOUND])
    assert pack.indicator("growth", "2020").id == "growth"
    with pytest.raises(UserError, match=r"no indicator 'growth' in 2019.*pupils"):
        pack.indicator("growth", "2019")
    with pytest.raises(UserError, match="no dataset 'censuses'"):
        pack.dataset("censuses")
    with pytest.raises(UserError, match="no calendar item 'x'"):
        pack.find("calendar", "x")


def test_a_loaded_pack_cannot_change():
    pack = load_pack("complete", search=[SOUND])
    with pytest.raises(ValidationError):
        pack.dataset("census").title = {}


def test_a_pack_is_named_by_id_or_folder(copies, monkeypatch):
    monkeypatch.setenv("SAPA_PACKS", str(copies))
    assert search_path()[0] == copies
    assert locate("complete") == copies / "complete"
    assert locate(str(copies / "base")) == copies / "base"
    with pytest.raises(UserError, match=r"no pack 'nothing'.*base, complete"):
        locate("nothing", [copies])
