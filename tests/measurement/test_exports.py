"""Files of answers, read back by the usual readers and equal to what was answered."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyreadstat
import pytest
from python_calamine import CalamineWorkbook
from tests.measurement.world import form, rows

from sapa.errors import EngineError, UserError
from sapa.measurement import Division, Option, answers_of, batches_of, questionnaire_of, table_of
from sapa.measurement.exports import csv_stream, xlsx_stream
from sapa.measurement.layout import Layout, layout_of, wide, without_small_groups
from sapa.measurement.spss import write_sav

ASKED = questionnaire_of(form())
GROUPS = tuple(Option(code=code, label={"en": code.title()}) for code in ("parent", "teacher", "learner"))
DATA = rows(6000)


def layout(*, anonymous: bool = True) -> Layout:
    return layout_of(ASKED, GROUPS, anonymous=anonymous)


def batches(of: Layout, data: list[tuple[str, dict[str, Any]]] = DATA) -> Any:
    return wide(of, batches_of(ASKED, data), len(data))


def test_csv_has_every_answer_once_and_nothing_else() -> None:
    of = layout()
    read = list(csv.DictReader(io.StringIO(b"".join(csv_stream(of, batches(of))).decode("utf-8-sig"))))
    assert len(read) == len(DATA)
    for line, (group, answer) in zip(read, DATA, strict=True):
        assert line["group"] == group
        assert line["safe"] == str(answer.get("safe", ""))
        assert line["minutes"] == str(answer.get("minutes", ""))
        assert line["ways_bus"] == ("" if "ways" not in answer else str(int("bus" in answer["ways"])))
        assert line["best_car"] == ("" if "best" not in answer else str(answer["best"].index("car") + 1))
    assert not {"wish", "way_other", "born"} & set(read[0])
    assert [question.name for question in of.left_out] == ["way_other", "wish", "born"]


def test_words_of_a_named_survey_are_exported_and_start_no_formula() -> None:
    of = layout(anonymous=False)
    read = list(csv.DictReader(io.StringIO(b"".join(csv_stream(of, batches(of))).decode("utf-8-sig"))))
    assert {line["wish"] for line in read} == {"", "a roof", "'=1+1", "книги", "more time"}
    assert {line["born"] for line in read} == {"", "1990-05-01"}


def test_a_stream_that_lost_rows_fails_instead_of_ending() -> None:
    of = layout()
    with pytest.raises(EngineError, match="instead of"):
        list(csv_stream(of, wide(of, batches_of(ASKED, DATA[:-1]), len(DATA))))


@pytest.mark.parametrize("most", [1_048_576, 2500])
def test_a_workbook_goes_on_on_further_sheets(most: int, tmp_path: Path) -> None:
    of = layout(anonymous=False)
    file = tmp_path / "answers.xlsx"
    file.write_bytes(b"".join(xlsx_stream(of, batches(of), len(DATA), language="en", notes=("Rows: 6000",), rows=most)))
    book = CalamineWorkbook.from_path(str(file))
    wanted = ["answers"] if most > 6000 else ["answers 1", "answers 2", "answers 3"]
    assert book.sheet_names == ["questions", *wanted]
    read: list[dict[str, Any]] = []
    for name in wanted:
        head, *lines = book.get_sheet_by_name(name).to_python()
        assert len(lines) <= most - 1
        read += [dict(zip(head, line, strict=True)) for line in lines]
    assert len(read) == len(DATA)
    for line, (group, answer) in zip(read, DATA, strict=True):
        assert line["group"] == group.title()
        assert line["wish"] == answer.get("wish", "")
        assert line["minutes"] == answer.get("minutes", "")
        assert line["safe"] == {1: "not at all", 5: "fully", "dk": "don't know", None: ""}.get(
            answer.get("safe"), str(answer.get("safe"))
        )
    about = book.get_sheet_by_name("questions").to_python()
    assert about[:2] == [["Climate", "", ""], ["Rows: 6000", "", ""]]
    assert ["safe", "The school is safe", ""] in about


def test_the_workbook_opens_in_a_second_reader_too(tmp_path: Path) -> None:
    of = layout()
    file = tmp_path / "answers.xlsx"
    file.write_bytes(b"".join(xlsx_stream(of, batches(of, DATA[:50]), 50)))
    sheet = openpyxl.load_workbook(file)["answers"]
    assert sheet.max_row == 51
    assert sheet["A1"].font.b
    assert [cell.value for cell in sheet[1]] == [variable.name for variable in of.variables]
    assert sheet.freeze_panes == "A2"


def test_sav_is_read_back_equal_with_its_labels(tmp_path: Path) -> None:
    of = layout(anonymous=False)
    file = tmp_path / "answers.sav"
    assert write_sav(of, batches(of), file, language="en", title="Climate 2026") == len(DATA)
    frame, meta = pyreadstat.read_sav(file, output_format="dict", user_missing=True)
    assert meta.number_rows == len(DATA)
    assert meta.file_label == "Climate 2026"
    assert meta.notes[0] == "Rows: 6000"
    assert meta.column_names_to_labels["ways_bus"] == "How could you come?: bus"
    assert meta.variable_value_labels["safe"] == {1: "not at all", 2: "2", 3: "3", 4: "4", 5: "fully", 990: "don't know [dk]"}
    assert meta.missing_ranges["safe"] == [{"lo": 990, "hi": 990}]
    measured = [meta.variable_measure[name] for name in ("safe", "way", "minutes")]
    assert measured == ["ordinal", "nominal", "scale"]
    places = {"foot": 1, "bus": 2, "car": 3, "other": 4}
    for number, (group, answer) in enumerate(DATA):
        assert frame["group"][number] == ["parent", "teacher", "learner"].index(group) + 1
        assert _same(frame["safe"][number], 990 if answer.get("safe") == "dk" else answer.get("safe"))
        assert _same(frame["way"][number], places.get(answer.get("way", "")))
        assert _same(frame["minutes"][number], answer.get("minutes"))
        assert frame["wish"][number] == answer.get("wish", "")


def _same(found: Any, given: Any) -> bool:
    return found == given or (given is None and (found is None or found != found))


def test_labels_too_long_for_spss_stand_in_full_in_the_notes(tmp_path: Path) -> None:
    long = "Наскільки Ви згодні з твердженням " * 12
    asked = questionnaire_of(form(first=long.strip()))
    of = layout_of(asked)
    write_sav(of, wide(of, batches_of(asked, DATA[:20]), 20), tmp_path / "long.sav", language="en")
    _, meta = pyreadstat.read_sav(tmp_path / "long.sav", output_format="dict")
    assert meta.column_names_to_labels["safe"].endswith("…")
    assert long.strip() in " ".join(meta.notes)


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    of, long = layout(anonymous=False), [("parent", {"wish": "x" * 40_000})]
    with pytest.raises(UserError, match="a cell of Excel holds 32767"):
        list(xlsx_stream(of, batches(of, long), 1))
    with pytest.raises(UserError, match="SPSS holds 32767"):
        write_sav(of, batches(of, long), tmp_path / "x.sav")
    assert "x" * 40_000 in b"".join(csv_stream(of, batches(of, long))).decode()


def test_a_row_does_not_say_a_combination_of_groups_that_few_share() -> None:
    division = [Division(id="group", groups=GROUPS), Division(id="way", groups=ASKED.question("way").options)]  # type: ignore[union-attr]
    data = [("parent", {"way": "bus"})] * 20 + [("teacher", {"way": "car"})] * 8 + [("learner", {"way": "bus"})] * 2
    answers = without_small_groups(answers_of(ASKED, table_of(ASKED, data)), division, 5)
    told: dict[tuple[Any, ...], int] = {}
    for key in zip(answers.table["group"].to_pylist(), answers.table["way"].to_pylist(), strict=True):
        told[key] = told.get(key, 0) + 1
    assert min(told.values()) >= 5
    assert told["parent", "bus"] == 20


def test_names_that_spss_forbids_are_made_fit() -> None:
    from sapa.measurement import Question, Questionnaire

    names = ("all", "1st", "a-b", "a.b.", "A-B", "x" * 90)
    asked = Questionnaire(id="q", questions=tuple(Question(name=name, kind="number") for name in names))
    found = [variable.name for variable in layout_of(asked).variables]
    assert found == ["all_1", "v1st", "a_b", "a.b", "A_B_2", "x" * 56]
    assert pa.schema(layout_of(asked).schema()).names == found
