"""Results of a closed survey: the page, its charts, its files, and the years before."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from sapa.errors import UserError
from sapa.measurement import Results
from sapa.measurement.exports import csv_stream, xlsx_stream
from sapa.measurement.spss import write_sav
from sapa.measurement.years import compare_years
from sapa.publication import pictures
from sapa_web.surveys.domain.queries import reach
from sapa_web.surveys.domain.queries.coding import codings
from sapa_web.surveys.domain.queries.results import being_counted, earlier, results_of, rows_to_write
from sapa_web.surveys.models import Survey
from sapa_web.surveys.shown import Choice, Page
from sapa_web.surveys.shown_years import YearsPage
from sapa_web.surveys.views.guard import Scope, inside, one

KINDS = {"csv": "text/csv; charset=utf-8", "sav": "application/x-spss-sav"}
KINDS["xlsx"] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PIECE = 1 << 16


@inside
@require_GET
def results(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """All questions, by group where asked for."""
    survey = one(reach.surveys(scope), pk)
    if survey.state != Survey.CLOSED:
        return render(request, "surveys/results_not_yet.html", {"survey": survey, "here": _("Results")})
    if being_counted(survey):
        return render(request, "surveys/results_not_yet.html", {"survey": survey, "here": _("Results"), "counting": True})
    report = results_of(survey)
    choice = _choice(request, report)
    page = Page(report, choice)
    query = f"?by={choice.by}&group={choice.group}" if choice.by else ""
    context = {
        "survey": survey, "report": report, "choice": choice, "here": _("Results"), "blocks": list(page.blocks()),
        "divisions": _divisions(page, report),
        "groups": _groups(page, report), "query": query, "several": len(earlier(scope, survey)) > 1,
        "words": any(item.texts for item in report.questions), "codings": codings(scope).filter(survey=survey),
        "files": [(kind.upper(), reverse("surveys:results_file", args=[pk, kind])) for kind in ("xlsx", "csv", "sav")],
    }  # fmt: skip
    return render(request, "surveys/results.html", context)


@inside
@require_GET
def chart(request: HttpRequest, scope: Scope, pk: int, block: str) -> HttpResponse:
    """One chart as SVG: the page fetches it when it comes in sight."""
    report = _closed(scope, pk)[1]
    found = Page(report, _choice(request, report)).block(block)
    return _drawn(found.chart if found else None)


@inside
@require_GET
def years(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """The same questions in the years before; where one was changed, the series breaks."""
    survey, report = _closed(scope, pk)
    page = _years(request, scope, survey, report)
    context = {"survey": survey, "report": report, "here": _("Years"), "blocks": list(page.blocks()), "columns": page.columns()}
    context |= {"choice": page.choice, "groups": _groups(Page(report, page.choice), report), "query": page.query()}
    return render(request, "surveys/results_years.html", context)


@inside
@require_GET
def years_chart(request: HttpRequest, scope: Scope, pk: int, block: str) -> HttpResponse:
    """One question's years as SVG."""
    survey, report = _closed(scope, pk)
    return _drawn(_years(request, scope, survey, report).chart(block))


@inside
@require_GET
def file(request: HttpRequest, scope: Scope, pk: int, kind: str) -> HttpResponseBase:
    """Single answers as a file, as a stream; the number of its rows stands in its name, in it and in a header."""
    if kind not in KINDS:
        raise Http404
    survey, report = _closed(scope, pk)
    try:
        layout, batches, n = rows_to_write(survey)
    except UserError:
        raise Http404 from None
    lang = Page(report, Choice()).lang
    title = lang.code and report.questionnaire.say(survey.title, lang.code)
    notes = tuple(_notes(survey, layout.left_out, n, lang.code))
    makers: dict[str, Callable[[], Iterator[bytes]]] = {
        "csv": lambda: csv_stream(layout, batches),
        "xlsx": lambda: xlsx_stream(layout, batches, n, language=lang.code, sheets=(_("answers"), _("questions")), notes=notes),
        "sav": lambda: _sav(lambda path: write_sav(layout, batches, path, language=lang.code, title=title, notes=notes)),
    }
    response = StreamingHttpResponse(makers[kind](), content_type=KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="survey-{survey.pk}-{n}.{kind}"'
    response["X-Row-Count"] = str(n)
    return response


def _closed(scope: Scope, pk: int) -> tuple[Survey, Results]:
    survey: Survey = one(reach.surveys(scope), pk)
    if survey.state != Survey.CLOSED or being_counted(survey):
        raise Http404
    return survey, results_of(survey)


def _choice(request: HttpRequest, report: Results) -> Choice:
    """What the address asks for, as far as the survey has it."""
    division = report.division(request.GET.get("by", ""))
    if division is None:
        return Choice()
    group = request.GET.get("group", "")
    return Choice(division.id, group if group in {option.code for option in division.groups} else "")


def _divisions(page: Page, report: Results) -> list[tuple[str, str]]:
    """By what results may be compared: id and words."""
    say = report.questionnaire.say
    return [(item.id, say(item.label, page.lang.code) or _("the groups asked")) for item in report.divisions]


def _groups(page: Page, report: Results) -> list[dict[str, Any]]:
    """Groups of the chosen division: their sizes where they may be told."""
    if page.division is None:
        return []
    sizes = report.sizes[page.division.id]
    return [
        {"code": option.code, "label": page.option(option), "size": size, "chosen": option.code == page.choice.group}
        for option, size in zip(page.division.groups, sizes, strict=False)
    ]


def _years(request: HttpRequest, scope: Scope, survey: Survey, report: Results) -> YearsPage:
    choice = _choice(request, report)
    found = [(item.period, report if item.pk == survey.pk else results_of(item)) for item in earlier(scope, survey)]
    if not choice.group:
        choice = Choice()
    return YearsPage(Page(report, choice), compare_years(found, division=choice.by, group=choice.group))


def _drawn(found: Any) -> HttpResponse:
    if found is None or found.empty:
        raise Http404
    response = HttpResponse(pictures.svg(found), content_type="image/svg+xml")
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _notes(survey: Survey, left_out: Any, n: int, code: str) -> Iterator[str]:
    yield _("Rows: %(n)s") % {"n": n}
    yield _("A group is left out of a row where fewer than %(least)s people share it.") % {"least": survey.threshold}
    if left_out:
        names = ", ".join(question.name for question in left_out)
        yield _("Not in this file, for they could tell who answered: %(names)s") % {"names": names}


def _sav(write: Callable[[Path], int]) -> Iterator[bytes]:
    """SPSS files are written whole: into a folder that is gone when the last piece is read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.sav"
        write(path)
        with path.open("rb") as opened:
            while piece := opened.read(PIECE):
                yield piece
