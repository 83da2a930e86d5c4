"""Answers for whoever counts them: only of a closed survey, in columns, in no order that tells anything.

What may be shown of them is decided where it is counted (``sapa.measurement``), by the survey's threshold.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _
from pyarrow import ipc

from sapa.errors import UserError
from sapa.measurement import batches_of, questionnaire_of, schema_of
from sapa.measurement.questions import Questionnaire
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.models import Answer, Survey


def questionnaire(survey: Survey) -> Questionnaire:
    """What was asked, as results need it."""
    return questionnaire_of(form_of(survey.version))


def rows(survey: Survey) -> Iterator[tuple[str, dict[str, Any]]]:
    """Group and cleaned answers of each form, in the order of random keys."""
    _require_closed(survey)
    found = Answer.objects.filter(survey=survey).order_by("pk").values_list("group", "content")
    yield from found.iterator(chunk_size=2000)


def answers_table(survey: Survey) -> pa.Table:
    """All answers in columns: ``group``, then each question under its name (see ``sapa.measurement.answers``).

    Read from the file laid at closing, memory-mapped; made anew where it is missing. Raises ``UserError`` while the survey is
    open: who could count before and after an answer would know it.
    """
    _require_closed(survey)
    path = _path(survey)
    if not path.exists():
        lay_in_columns(survey)
    return ipc.open_file(pa.memory_map(str(path))).read_all()


def lay_in_columns(survey: Survey) -> int:
    """Write the file of columns; returns how many answers it holds."""
    path, asked = _path(survey), questionnaire(survey)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    count = 0
    with pa.OSFile(str(partial), "wb") as sink, ipc.new_file(sink, schema_of(asked)) as writer:
        for batch in batches_of(asked, rows(survey)):
            writer.write_batch(batch)
            count += batch.num_rows
    partial.chmod(0o600)
    partial.replace(path)
    return count


def _path(survey: Survey) -> Path:
    """In the site's home: what it holds can be made again from the database."""
    return Path(settings.SAPA_HOME) / "surveys" / f"{survey.pk}-{survey.key}.arrow"


def _require_closed(survey: Survey) -> None:
    if survey.state != Survey.CLOSED:
        raise UserError(
            _("answers are counted when the survey is closed: before, who looks twice would know what came in between"),
            todo=_("close the survey first"),
        )
