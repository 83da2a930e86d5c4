"""The museum: one folder a mistake; the check finds exactly that mistake, says where it stands and names what matters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sapa.errors import UserError
from sapa.packs.check import STRUCTURAL, check_pack, summary
from sapa.packs.findings import errors
from sapa.packs.loader import assemble, load_pack

HERE = Path(__file__).parent
SOUND = HERE / "sound_packs"
BROKEN = sorted(path.parent for path in (HERE / "broken_packs").glob("*/expected.json"))


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_one_mistake_one_finding(folder):
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    _, found = check_pack(folder, search=[SOUND, folder.parent])
    assert [(item.code, item.file, item.line) for item in found] == [(expected["code"], expected["file"], expected["line"])]
    text = found[0].as_text()
    assert expected["names"] in text
    assert found[0].todo
    assert summary(found) == {"error": 1, "warning": 0}


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_a_finding_points_at_a_line_of_the_file(folder):
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    if expected["line"]:
        assert expected["line"] <= (folder / expected["file"]).read_bytes().count(b"\n") + 1


def test_every_check_has_a_pack_in_the_museum():
    """A check that finds nothing here could be taken out and no test would notice."""
    assert len(BROKEN) >= 25
    idle = set(STRUCTURAL)
    for folder in BROKEN:
        pack, found = assemble(folder, [SOUND, folder.parent])
        if pack is not None and not errors(found):
            idle -= {check for check in idle if list(check(pack))}
    assert {check.__name__ for check in idle} == set()


@pytest.mark.parametrize("name", ["base", "overlay", "complete"])
def test_sound_packs_have_no_findings(name):
    pack, found = check_pack(SOUND / name, search=[SOUND])
    assert pack is not None
    assert found == []


def test_an_overlay_replaces_what_it_says_and_keeps_the_rest():
    pack = load_pack("overlay", search=[SOUND])
    assert [item.code for item in pack.codelist("sexes").items] == ["f", "m", "x"]
    assert pack.codelist("sexes").clause == ("overlay:p1", "base:p1")
    assert [item.code for item in pack.codelist("countries").items] == ["NO", "yes"]


def test_a_pack_that_cannot_be_read_is_refused_with_its_mistakes():
    with pytest.raises(UserError, match=r"has 1 mistake:(.|\n)*law\.yaml:5:5(.|\n)*sapa packs check"):
        load_pack(str(HERE / "broken_packs" / "unknown-key"))


def test_a_file_over_the_limit_is_refused_before_it_is_parsed(tmp_path):
    (tmp_path / "pack.yaml").write_bytes((SOUND / "base" / "pack.yaml").read_bytes())
    (tmp_path / "law.yaml").write_bytes(b"#" * 8_000_001)
    _, found = check_pack(tmp_path, search=[])
    assert [(item.code, item.file) for item in found] == [("file-too-large", "law.yaml")]
    assert "split" in found[0].todo
