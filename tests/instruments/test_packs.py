"""Ready instruments of the packs: each a form that can be asked, in the languages of its pack, bound to what it informs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from sapa.errors import UserError
from sapa.instruments import check_answers, compile_form
from sapa.instruments.from_pack import form_of
from sapa.instruments.xlsform_read import read_xlsform
from sapa.instruments.xlsform_write import write_xlsform
from sapa.packs.loader import Pack, load_pack

PACKS = Path(__file__).parents[2] / "packs"
NOW = datetime.fromisoformat("2026-03-15T09:30:00")
WITH_INSTRUMENTS = {name: load_pack(PACKS / name) for name in ("ua-71", "ru-soko")}
ALL = [(pack, each.id) for pack in WITH_INSTRUMENTS.values() for each in pack.instruments]


@pytest.mark.parametrize(("pack", "name"), ALL, ids=[f"{pack.id}-{name}" for pack, name in ALL])
def test_it_can_be_asked_and_exchanged(pack: Pack, name: str, tmp_path: Path) -> None:
    form = form_of(pack, name)
    instrument = next(each for each in pack.instruments if each.id == name)
    compile_form(form)
    assert [language.code for language in form.languages] == list(pack.meta.languages)
    assert "en" in pack.meta.languages
    for item in form.walk():
        assert item.informs, item.name
        assert set(item.label) == set(pack.meta.languages), item.name
    assert set(form.notice) == set(pack.meta.languages)
    assert instrument.closure in (None, form.closure)
    (tmp_path / "out.xlsx").write_bytes(write_xlsform(form))
    assert read_xlsform(tmp_path / "out.xlsx").form == form


def test_every_audience_has_its_instrument() -> None:
    audiences = {
        pack: {code for each in WITH_INSTRUMENTS[pack].instruments for code in each.audience} for pack in WITH_INSTRUMENTS
    }
    assert {"parents", "teachers", "staff", "medical-staff", "head"} <= audiences["ua-71"]
    assert {"parents", "teachers", "staff", "medical-staff", "learners", "employers", "graduates"} <= audiences["ru-soko"]


def test_the_two_lists_of_the_document_have_six_points_each() -> None:
    pack = WITH_INSTRUMENTS["ua-71"]
    for name in ("observation-environment", "observation-learning"):
        form = form_of(pack, name)
        assert form.source is not None
        assert not form.source.ours
        assert len([item for item in form.items if item.type == "select-one"]) == 6
        assert len([item for item in form.items if item.name.endswith("_remark")]) == 6


def test_a_focus_group_has_six_to_twelve_people_a_moderator_and_a_recorder() -> None:
    for pack in WITH_INSTRUMENTS.values():
        group = form_of(pack, "focus-parents").participants
        assert group is not None
        assert (group.minimum, group.maximum, group.roles) == (6, 12, ("moderator", "recorder"))


def test_kinds_of_interview_and_questionnaire_are_all_there() -> None:
    pack = WITH_INSTRUMENTS["ua-71"]
    forms = [form_of(pack, each) for each in pack.instruments]
    assert {form.structure for form in forms if form.kind == "interview"} == {"structured", "semi-structured", "unstructured"}
    assert {form.closure for form in forms if form.kind == "questionnaire"} == {"closed", "semi-closed", "combined"}


def test_skip_logic_of_a_questionnaire() -> None:
    form = compile_form(form_of(WITH_INSTRUMENTS["ru-soko"], "questionnaire-employers"))
    assert "knowledge" not in check_answers(form, {"hired": "0"}, now=NOW).shown
    asked = check_answers(form, {"hired": "3"}, now=NOW)
    assert {"knowledge", "diligence", "learning"} <= asked.shown
    assert {finding.code for finding in asked.findings} == {"required"}


def test_no_such_instrument() -> None:
    with pytest.raises(UserError, match="no instrument 'x'"):
        form_of(WITH_INSTRUMENTS["ua-71"], "x")
