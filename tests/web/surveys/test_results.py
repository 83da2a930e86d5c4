"""Results of a closed survey: what is shown of whom, its charts and files, the years before."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyreadstat
import pytest
from django.conf import settings
from django.test import Client
from python_calamine import CalamineWorkbook

from sapa_web.surveys.domain import instruments, surveys
from sapa_web.surveys.domain.queries.results import results_of
from sapa_web.surveys.models import Answer, Survey
from tests.web import cast
from tests.web.surveys import world

pytestmark = pytest.mark.django_db
GROUPS = [
    {"id": code, "title": {"en": title}} for code, title in (("old", "Elder group"), ("young", "Younger group"), ("few", "Few"))
]


@pytest.fixture(autouse=True)
def home(tmp_path: Any, settings: Any) -> None:
    settings.SAPA_HOME = tmp_path


@pytest.fixture
def client(people: cast.Cast) -> Client:
    out = Client()
    out.force_login(world.head())
    return out


def url(survey: Survey, rest: str = "") -> str:
    return f"/surveys/{survey.pk}/results/{rest}"


def grouped() -> Survey:
    rows = [(group, answers) for group, count in (("old", 20), ("young", 9), ("few", 3)) for _, answers in world.answered(count)]
    return world.counted(rows=rows, groups=GROUPS)


def test_an_open_survey_tells_nothing(client: Client) -> None:
    survey = world.survey()
    Answer.objects.bulk_create(Answer(survey=survey, content=content) for _, content in world.answered(24))
    page = client.get(url(survey))
    assert "Answers are counted when the survey is closed" in page.content.decode()
    assert "How good are the meals" not in page.content.decode()
    for rest in ("chart/q-meals/", "file/csv/", "years/", "years/chart/q-meals/"):
        assert client.get(url(survey, rest)).status_code == 404


def test_the_page_says_every_question_with_its_figures(client: Client) -> None:
    page = client.get(url(world.counted())).content.decode()
    assert "24 people answered" in page
    for text in (
        "Is it safe?",
        "How good are the meals?",
        "How many years?",
        "What do you like?",
        "67% (47%–82%)",
        "24 people wrote something",
    ):
        assert text in page
    assert "In their own words" not in page
    assert page.count('loading="lazy"') == 3


def test_few_answers_are_not_shown_at_all(client: Client) -> None:
    survey = world.counted(rows=world.answered(4))
    assert "Fewer than 5 people answered" in client.get(url(survey)).content.decode()
    assert client.get(url(survey, "file/csv/")).status_code == 404
    assert client.get(url(survey, "chart/q-meals/")).status_code == 404


def test_a_small_group_is_hidden_with_another_and_cannot_be_asked_for(client: Client) -> None:
    survey = grouped()
    assert results_of(survey).sizes["group"] == (20, None, None, None)
    page = client.get(url(survey) + "?by=group").content.decode()
    assert "Few (too few to be shown)" in " ".join(page.split())
    assert "–" in page
    alone = client.get(url(survey) + "?by=group&group=few").content.decode()
    assert "Too few people answered this to be shown." in alone
    assert client.get(url(survey, "chart/q-meals/") + "?by=group&group=few").status_code == 404
    assert client.get(url(survey, "chart/q-meals/") + "?by=group&group=old").status_code == 200


def test_charts_are_drawn_with_their_words(client: Client) -> None:
    answer = client.get(url(world.counted(), "chart/q-meals/"))
    assert answer["Content-Type"] == "image/svg+xml"
    assert "How good are the meals?" in answer.content.decode()


def test_files_have_all_rows_and_say_how_many(client: Client) -> None:
    survey = grouped()
    answer = client.get(url(survey, "file/csv/"))
    assert (answer["X-Row-Count"], f"-32.csv" in answer["Content-Disposition"]) == ("32", True)  # noqa: F541
    read = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert len(read) == 32
    assert {"wish", "why"}.isdisjoint(read[0])
    told = [line["group"] for line in read]
    assert all(told.count(group) >= 5 for group in set(told))
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(url(survey, "file/xlsx/")).getvalue()))
    assert book.sheet_names == ["questions", "answers"]
    assert len(book.get_sheet_by_name("answers").to_python()) == 33
    assert [cell for cell in book.get_sheet_by_name("questions").to_python()[1] if cell] == ["Rows: 32"]
    assert client.get(url(survey, "file/exe/")).status_code == 404


def test_the_spss_file_is_read_back(client: Client, tmp_path: Any) -> None:
    file = tmp_path / "x.sav"
    file.write_bytes(client.get(url(grouped(), "file/sav/")).getvalue())
    frame, meta = pyreadstat.read_sav(file, output_format="dict")
    assert (meta.number_rows, meta.notes[0]) == (32, "Rows: 32")
    assert meta.column_names_to_labels["meals"] == "How good are the meals?"
    assert sorted(set(frame["meals"])) == [1, 2, 3, 4, 5]


def test_years_compare_the_same_question_and_break_at_another(client: Client) -> None:
    first = world.counted(period="2023-2024")
    instrument = first.version.instrument
    form = world.questionnaire()
    changed = form.model_copy(
        update={"items": (form.items[0].model_copy(update={"label": {"en": "Is it quite safe?"}}), *form.items[1:])}
    )
    version = instruments.revise(world.head(), instrument, changed, "clearer")
    wanted = {
        "title": {"en": "Parents 2025"},
        "period": "2024-2025",
        "opens_on": world.DAY,
        "closes_on": world.later(10),
        "languages": ["en"],
    }
    second = surveys.plan(world.head(), cast.organisation(cast.KINDERGARTEN), version, surveys.Plan(**wanted))
    surveys.open_(world.head(), second)
    Answer.objects.bulk_create(Answer(survey=second, content=content) for _, content in world.answered(30))
    second = surveys.close(world.head(), second)
    page = client.get(url(second, "years/")).content.decode()
    assert "2023-2024: asked in other words or with other choices: does not compare" in page
    assert "Change on the year before" in page
    assert client.get(url(second, "years/chart/q-meals/")).status_code == 200
    assert "Compare years" in client.get(url(second)).content.decode()
    assert "There is no earlier year yet" in client.get(url(first, "years/")).content.decode()


def test_results_are_kept_and_made_anew_where_they_are_gone(client: Client) -> None:
    survey = world.counted()
    found = results_of(survey)
    kept = list((settings.SAPA_HOME / "surveys").glob("*.results.json"))
    assert len(kept) == 1
    kept[0].write_text("{}")
    assert results_of(survey) == found
    assert kept[0].read_text() != "{}"


def test_a_large_survey_is_counted_by_its_job_and_not_while_somebody_waits(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = world.counted()
    for kept in (settings.SAPA_HOME / "surveys").glob("*.results.json"):
        kept.unlink()
    monkeypatch.setattr("sapa_web.surveys.domain.queries.results.AT_ONCE", 10)
    assert "The answers are being counted" in client.get(url(survey)).content.decode()
    assert client.get(url(survey, "file/csv/")).status_code == 404
    results_of(survey)  # as the job does
    assert "24 people answered" in client.get(url(survey)).content.decode()


def test_the_page_asks_the_database_little(client: Client, django_assert_max_num_queries: Any) -> None:
    survey = world.counted()
    client.get(url(survey))
    with django_assert_max_num_queries(25):
        client.get(url(survey))


def test_somebody_elses_survey_is_not_there(client: Client, people: cast.Cast) -> None:
    survey = world.counted(cast.SCHOOL)
    for rest in ("", "chart/q-meals/", "file/csv/", "years/"):
        assert client.get(url(survey, rest)).status_code == 404
