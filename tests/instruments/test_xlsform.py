"""XLSForm: real workbooks come in or are refused with sheet and row; what goes out comes back the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pyxform.xls2xform import convert
from tests.instruments.forms import NOW

from sapa.errors import UserError
from sapa.instruments import (
    Choice,
    ChoiceList,
    Form,
    FormLanguage,
    Item,
    Participants,
    Scale,
    Source,
    check_answers,
    compile_form,
)
from sapa.instruments.workbook import WorkbookRefusedError
from sapa.instruments.xlsform_read import read_xlsform
from sapa.instruments.xlsform_write import write_xlsform

WORKBOOKS = Path(os.environ.get("SAPA_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "xlsforms"
REFUSED: dict[str, list[tuple[str, int, str]]] = {
    "UCL_Biomass_Plot_Form.xlsx": [("survey", 16, "UCL_regions.csv"), ("survey", 22, "geopoint"), ("survey", 23, "photo")],
    "attribute_columns_test.xlsx": [("survey", 34, "geopoint"), ("survey", 36, "photo"), ("survey", 38, "video")],
    "calculate_without_calculation.xls": [("survey", 34, "Missing calculation")],
    "case_insensitivity.xls": [("survey", 3, "external"), ("survey", 4, "osm")],
    "gps.xls": [("survey", 2, "gps")],
    "group_name_test.xls": [("survey", 3, "no name")],
    "include.xls": [("survey", 3, "another file")],
    "include_json.xls": [("survey", 2, "another file")],
    "loop.xls": [("survey", 3, "loop")],
    "sms_info.xls": [("survey", 9, "photo"), ("survey", 10, "geopoint")],
    "widgets.xls": [("survey", 11, "geopoint"), ("survey", 13, "photo"), ("survey", 17, "geopoint")],
}
TAKEN = {
    "badly_named_choices_sheet.xls", "calculate.xls", "choice_filter_test.xlsx", "choice_name_same_as_select_name.xls",
    "excel_with_macros.xlsm", "extra_columns.xlsx", "field-list.xlsx", "group.xlsx", "or_other.xlsx", "repeat_date_test.xls",
    "spaces_in_choices_header.xls", "specify_other.xlsx", "survey_no_name.xlsx", "text_and_integer.xls", "tutorial.xls",
    "xl_date_ambiguous_v1.xlsx", "xml_escaping.xls", "yes_or_no_question.xlsx",
}  # fmt: skip
NOTHING_LEFT = {"gps.xls", "include_json.xls", "group_name_test.xls", "calculate_without_calculation.xls"}
real = [pytest.mark.realdata, pytest.mark.skipif(not WORKBOOKS.exists(), reason=f"no real workbooks in {WORKBOOKS}")]


def back(form: Form, folder: Path) -> Form:
    (folder / "out.xlsx").write_bytes(write_xlsform(form))
    return read_xlsform(folder / "out.xlsx").form


class TestRealWorkbooks:
    pytestmark = real

    def test_every_workbook_is_spoken_of(self) -> None:
        assert {path.name for path in WORKBOOKS.glob("*.xls*")} == TAKEN | set(REFUSED)

    @pytest.mark.parametrize("name", sorted(TAKEN))
    def test_it_comes_in_and_goes_out_the_same(self, name: str, tmp_path: Path) -> None:
        form = read_xlsform(WORKBOOKS / name).form
        compile_form(form)
        assert back(form, tmp_path) == form

    @pytest.mark.parametrize("name", sorted(REFUSED))
    def test_it_is_refused_with_every_reason(self, name: str) -> None:
        with pytest.raises(WorkbookRefusedError) as refused:
            read_xlsform(WORKBOOKS / name)
        found = {(reason.sheet, reason.row): reason.message for reason in refused.value.reasons}
        for sheet, row, said in REFUSED[name]:
            assert said in found[(sheet, row)]

    @pytest.mark.parametrize("name", sorted(set(REFUSED) - NOTHING_LEFT))
    def test_or_it_comes_in_without_what_cannot_be_asked(self, name: str, tmp_path: Path) -> None:
        imported = read_xlsform(WORKBOOKS / name, leave_out=True)
        compile_form(imported.form)
        assert any("left out" in remark for remark in imported.remarks)
        assert back(imported.form, tmp_path) == imported.form

    def test_a_cascade_keeps_its_filters(self) -> None:
        form = read_xlsform(WORKBOOKS / "choice_filter_test.xlsx").form
        assert [item.choice_filter for item in form.walk() if item.choice_filter] == ["${state}=cf", "${county}=cf"]
        checked = check_answers(compile_form(form), {"state": "washington", "county": "brown"}, now=NOW)
        assert [finding.address for finding in checked.findings] == ["county"]
        assert "king" in [choice.code for choice in checked.offered["county"]]


def asked() -> tuple[Item, ...]:
    return (
        Item(name="hello", type="note", label={"uk": "Вітаємо", "en": "Welcome"}),
        Item(name="agree", type="acknowledge", label={"en": "I agree"}, required="true()", required_message={"uk": "Потрібно"}),
        Item(name="calm", type="scale", label={"en": "Calm?"}, scale=Scale(low=1, high=5), choices="ends", informs=("a.b", "c")),
        Item(
            name="home",
            type="group",
            label={"en": "Home"},
            relevant="${calm} > 2",
            appearance="field-list",
            items=(
                Item(name="who", type="select-one", choices="yes_no", label={"en": "Who?"}, other=True),
                Item(name="all", type="select-many", choices="yes_no", label={"en": "All"}, choice_filter="side = ${who}"),
                Item(name="best", type="rank", choices="yes_no", label={"en": "Order"}, hint={"uk": "Перше — краще"}),
                Item(
                    name="kids",
                    type="repeat",
                    label={"en": "Child"},
                    count="${calm} + 1",
                    items=(
                        Item(
                            name="age",
                            type="integer",
                            label={"en": "Age"},
                            constraint=". < 8",
                            constraint_message={"en": "Too old"},
                        ),
                    ),
                ),
            ),
        ),
        Item(name="day", type="date", label={"en": "Day"}, default="today()"),
        Item(name="at", type="time", label={"en": "Time"}),
        Item(name="both", type="datetime", label={"en": "Both"}),
        Item(name="share", type="decimal", label={"en": "Share"}, read_only=True, calculation="1 div 3"),
        Item(name="sum", type="calculate", calculation="sum(${age})"),
        Item(name="wish", type="text", label={"en": "Wish"}, appearance="multiline"),
    )


def whole() -> Form:
    """Every column of the model in one form."""
    return Form(
        id="focus",
        version="3",
        kind="focus-group",
        structure="semi-structured",
        title={"uk": "Здоров’я «дітей»", "en": "Children's “health”"},
        notice={"uk": "Ім’я не записується.", "en": "Names are not recorded."},
        languages=(FormLanguage(code="uk", name="Українська (uk)"), FormLanguage(code="en", name="English (en)")),
        audience=("parents", "staff"),
        participants=Participants(minimum=6, maximum=12, roles=("moderator", "recorder")),
        source=Source(pack="p", pack_version="1.0.0", instrument="focus", clauses=("a.b", "c"), ours=True),
        lists=(
            ChoiceList(
                id="yes_no",
                choices=(Choice(code="yes", label={"uk": "Так"}), Choice(code="no", label={"en": "No"}, values={"side": "x"})),
            ),
            ChoiceList(id="ends", choices=(Choice(code="1", label={"uk": "ні"}), Choice(code="5", label={"uk": "так"}))),
        ),
        items=asked(),
    )


def test_what_goes_out_comes_back_the_same(tmp_path: Path) -> None:
    assert back(whole(), tmp_path) == whole()


def test_other_readers_take_it_too(tmp_path: Path) -> None:
    (tmp_path / "out.xlsx").write_bytes(write_xlsform(whole()))
    xform = convert(str(tmp_path / "out.xlsx"), validate=False).xform
    assert 'nodeset="/data/home/kids/age"' in xform
    assert "Welcome" in xform


@pytest.mark.parametrize(
    ("name", "content", "said"), [("a.xlsx", b"no", "damaged"), ("a.csv", b"type,name", "workbooks"), ("a.xls", b"no", "damaged")]
)
def test_what_is_no_workbook_is_refused(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WorkbookRefusedError, match=said):
        read_xlsform(tmp_path / name)


def test_no_file() -> None:
    with pytest.raises(UserError, match="no file"):
        read_xlsform(Path("nowhere.xlsx"))
