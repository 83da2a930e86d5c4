"""Results of a closed survey as they may be shown, kept once computed, and the surveys of other years that compare with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings

from sapa.errors import UserError
from sapa.measurement import Answers, Division, Option, Results, answers_of, division_of, results
from sapa.measurement.answers import BATCH, GROUP
from sapa.measurement.layout import Layout, layout_of, wide, without_small_groups
from sapa_web.common.clock import now
from sapa_web.common.scope import Scope
from sapa_web.surveys.domain.queries import reach
from sapa_web.surveys.domain.queries.answers import answers_table, questionnaire
from sapa_web.surveys.models import Survey

AT_ONCE = 10_000
"""Answers that are counted while somebody waits for the page: a few seconds."""
WAIT = timedelta(hours=1)


def divisions(survey: Survey) -> list[Division]:
    """By what the respondents of a survey are told apart: the groups they were asked in, and background questions that divide."""
    asked = [division_of(question) for question in questionnaire(survey).questions if question.divides]
    groups = tuple(Option(code=item["id"], label=item["title"]) for item in survey.groups)
    return [Division(id=GROUP, groups=groups), *asked] if groups else asked


def results_of(survey: Survey) -> Results:
    """The results under the survey's threshold. Computed once: a closed survey does not change.

    Raises ``UserError`` while the survey is open.
    """
    path = _path(survey)
    if survey.state == Survey.CLOSED and path.exists():
        try:
            return Results.model_validate_json(path.read_bytes())
        except ValueError:  # written by another version of the program
            path.unlink(missing_ok=True)
    asked = questionnaire(survey)
    found = results(answers_of(asked, answers_table(survey)), divisions(survey), threshold=survey.threshold)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(found.model_dump_json(), encoding="utf-8")
    partial.chmod(0o600)
    partial.replace(path)
    return found


def being_counted(survey: Survey) -> bool:
    """Whether the results of a large survey are not there yet: the job that follows its closing is at work on them.

    Where they are missing long after (a site restored from its database alone) they are counted for whoever asks.
    """
    fresh = survey.closed_at is not None and now() - survey.closed_at < WAIT
    return fresh and survey.received > AT_ONCE and not _path(survey).exists()


def earlier(scope: Scope, survey: Survey) -> list[Survey]:
    """Closed surveys of the institution by the same instrument, of earlier periods, the oldest first; this one is the last."""
    same = reach.surveys(scope).filter(
        organisation=survey.organisation_id, version__instrument=survey.version.instrument_id, state=Survey.CLOSED
    )
    before = list(same.filter(period__lt=survey.period).order_by("period", "opens_on", "pk"))
    return [*before, survey]


def rows_to_write(survey: Survey) -> tuple[Layout, Iterator[pa.RecordBatch], int]:
    """Columns, batches and number of rows of the file of single answers, without anything that could lead to a person.

    Raises ``UserError`` where fewer answered than may be shown.
    """
    table = answers_table(survey)
    if table.num_rows < survey.threshold:
        raise UserError("too few people answered", todo="results are shown from the threshold of the survey on")
    asked, by = questionnaire(survey), divisions(survey)
    held: Answers = without_small_groups(answers_of(asked, table), by, survey.threshold)
    layout = layout_of(asked, by[0].groups if by and by[0].id == GROUP else ())
    batches: Any = held.table.select(table.column_names).to_batches(max_chunksize=BATCH)
    return layout, wide(layout, iter(batches), table.num_rows), table.num_rows


def _path(survey: Survey) -> Path:
    return Path(settings.SAPA_HOME) / "surveys" / f"{survey.pk}-{survey.key}-{survey.threshold}.results.json"
