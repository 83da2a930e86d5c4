"""Coding of open answers and protocols: the book, the coding itself, agreement, what was settled on, the counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import UserError
from sapa_web.orgs.views.guard import refuse
from sapa_web.surveys import coding_files, coding_forms, forms
from sapa_web.surveys.domain import coding as verbs
from sapa_web.surveys.domain import instruments
from sapa_web.surveys.domain.queries import coding as held_in
from sapa_web.surveys.domain.queries import reach
from sapa_web.surveys.models import Coding, CodingUnit, Instrument, Protocol, Survey
from sapa_web.surveys.shown_coding import Table, book_lines, choices, headed
from sapa_web.surveys.views.guard import Scope, inside, one
from sapa_web.surveys.views.staff import tabs

ACTS: dict[str, Callable[..., Coding]] = {
    "start": verbs.start, "revise": verbs.revise, "finish": verbs.finish, "settle": verbs.settle,
}  # fmt: skip


@inside
@require_GET
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """All codings, the newest first."""
    return render(request, "surveys/codings.html", {"items": held_in.codings(scope)[:300], "tabs": tabs("codings")})


@inside
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Choose a closed survey or an instrument with protocols, then say what is coded and by whom."""
    survey, instrument = _source(request, scope)
    if instrument is None:
        closed = reach.surveys(scope).filter(state=Survey.CLOSED)
        agreed = reach.protocols(scope).filter(state=Protocol.AGREED).order_by()
        guides = reach.instruments(scope).filter(pk__in=agreed.values("version__instrument"))
        context = {"surveys": closed, "instruments": guides, "tabs": tabs("codings")}
        return render(request, "surveys/coding_choose.html", context)
    questions, why = [], ""
    try:
        version = instruments.newest(instrument)
        questions = held_in.questions_of_survey(survey) if survey else held_in.questions_of_instrument(version)
    except UserError as error:
        why = str(error)
    if not questions:
        return render(request, "surveys/coding_nothing.html", {"survey": survey, "why": why, "tabs": tabs("codings")})
    form = coding_forms.CodingForm(
        request.POST or None, user=request.user, survey=survey, instrument=instrument, questions=questions
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.begin(request.user, survey or instrument, form.wanted())  # type: ignore[arg-type]
            return redirect("surveys:coding_book", pk=made.pk)
        except UserError as error:
            form.refuse(error)
    context = {"form": form, "survey": survey, "instrument": instrument}
    return render(request, "surveys/coding_new.html", context, status=400 if form.errors else 200)


@inside
@require_GET
def detail(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """How far it is, what is to be done next, the book."""
    coding = _coding(scope, pk)
    many = held_in.units(scope, coding).count()
    mine = _mine(request, coding)
    given = held_in.marked(coding, request.user) if mine else {}  # type: ignore[arg-type]
    coders = [(user, held_in.has_finished(coding, user)) for user in held_in.coders_of(coding)]
    context = {
        **_common(coding), "many": many, "mine": mine, "given": len(given), "left": many - len(given), "coders": coders,
        "finished": mine and held_in.has_finished(coding, request.user),  # type: ignore[arg-type]
        "labels": _labels(coding, coding.questions), "lines": book_lines(coding), "opened": held_in.opened(coding),
        "open_still": _open_still(coding), "files": coding_files.offered(coding),
    }  # fmt: skip
    return render(request, "surveys/coding.html", context)


@inside
@require_http_methods(["GET", "POST"])
def book(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """The code book, all lines in one form; lines without a name are left out."""
    coding = _coding(scope, pk)
    if coding.state != Coding.DRAFT:
        return redirect("surveys:coding", pk=pk)
    rows, problem = coding_forms.rows_of(coding), ""
    if request.method == "POST":
        rows = coding_forms.sent_rows(request.POST)
        try:
            verbs.write_book(request.user, coding, [row.line() for row in rows])  # type: ignore[arg-type]
            messages.success(request, _("Saved."))
            return redirect("surveys:coding_book" if "more" in request.POST else "surveys:coding", pk=pk)
        except UserError as error:
            problem = str(error)
    context = {**_common(coding), "rows": coding_forms.with_spare(rows), "problem": problem, "here": _("Code book")}
    return render(request, "surveys/coding_book.html", context, status=400 if problem else 200)


@inside
@require_GET
def work(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """On to the next text that the coder has not coded."""
    coding = _coding(scope, pk)
    _require_mine(request, coding)
    return _onward(request, scope, coding, 0)


@inside
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest, scope: Scope, pk: int, number: int) -> HttpResponse:
    """One text and the codes of the book. Nobody but the coder sees what is given here before both have finished."""
    coding = _coding(scope, pk)
    _require_mine(request, coding)
    unit: CodingUnit = _unit(scope, coding, number)
    if coding.state != Coding.WORK or held_in.has_finished(coding, request.user):  # type: ignore[arg-type]
        return redirect("surveys:coding", pk=pk)
    given, problem = held_in.marked(coding, request.user), ""  # type: ignore[arg-type]
    chosen = given.get(number, [])
    if request.method == "POST":
        chosen = [] if "none" in request.POST else request.POST.getlist("code")
        try:
            if not chosen and "none" not in request.POST:
                raise UserError(_("no code is marked"), todo=_("mark one, or say that none fits"))
            verbs.mark(request.user, coding, number, chosen)  # type: ignore[arg-type]
            return _onward(request, scope, coding, number)
        except UserError as error:
            problem = str(error)
    many = held_in.units(scope, coding).count()
    context = {
        **_common(coding), "unit": unit, "question": _label(coding, unit.question), "choices": choices(coding, chosen),
        "problem": problem, "done": len(given), "many": many, "none": number in given and not given[number],
        "before": number - 1, "after": number + 1 if number < many else 0, "here": _("Coding"),
    }  # fmt: skip
    return render(request, "surveys/coding_code.html", context, status=400 if problem else 200)


@inside
@require_GET
def agreement(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """How far the two agree, code by code, and the texts they gave different codes."""
    coding = _coding(scope, pk)
    if not held_in.opened(coding):
        return render(request, "surveys/coding_closed.html", {**_common(coding), "here": _("Agreement")})
    table = Table(coding)
    context = {
        **_common(coding), "table": table, "coders": held_in.coders_of(coding),
        "disputes": table.disputes(held_in.units(scope, coding)), "mine": _mine(request, coding),
        "open_still": _open_still(coding), "here": _("Agreement"),
    }  # fmt: skip
    return render(request, "surveys/coding_agreement.html", context)


@inside
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, scope: Scope, pk: int, number: int) -> HttpResponse:
    """One text in dispute: what each gave, and what the two settle on in talk."""
    coding = _coding(scope, pk)
    _require_mine(request, coding)
    if coding.state != Coding.TALK or number not in (numbers := held_in.disputed(coding)):
        return redirect("surveys:coding_agreement", pk=pk)
    unit, problem = _unit(scope, coding, number), ""
    chosen, reason = unit.decided or [], unit.reason
    if request.method == "POST":
        chosen, reason = request.POST.getlist("code"), request.POST.get("reason", "")
        try:
            verbs.decide(request.user, coding, number, chosen, reason)  # type: ignore[arg-type]
            known = held_in.decisions(coding)
            following = next((item for item in numbers if f"{item}" not in known), None)
            if following is None:
                return redirect("surveys:coding_agreement", pk=pk)
            return redirect("surveys:coding_decide", pk=pk, number=following)
        except UserError as error:
            problem = str(error)
    context = {
        **_common(coding), "unit": unit, "question": _label(coding, unit.question), "choices": choices(coding, chosen),
        "reason": reason, "problem": problem, "gave": Table(coding).gave(number), "here": _("Talk it over"),
        "done": len(numbers) - _open_still(coding), "many": len(numbers),
    }  # fmt: skip
    return render(request, "surveys/coding_decide.html", context, status=400 if problem else 200)


@inside
@require_GET
def counts(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """How many texts have each code in the end, with the texts themselves."""
    coding = _coding(scope, pk)
    if not held_in.opened(coding) or _open_still(coding):
        return render(request, "surveys/coding_closed.html", {**_common(coding), "here": _("Counts")})
    many, found = held_in.counted(coding)
    none = many - len([1 for codes in held_in.final(coding).values() if codes])
    context = {**_common(coding), "many": many, "rows": headed(coding, found), "none": none, "here": _("Counts")}
    return render(request, "surveys/coding_counts.html", {**context, "files": coding_files.offered(coding)})


@inside
@require_GET
def file(request: HttpRequest, scope: Scope, pk: int, kind: str) -> HttpResponse:
    """The code book (.qdc), the whole project (.qdpx), or a table (CSV)."""
    coding = _coding(scope, pk)
    if kind not in dict(coding_files.offered(coding)):
        raise Http404
    content, media = coding_files.made(coding, kind)
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="coding-{pk}.{kind}"'
    return response


@inside
@require_POST
def act(request: HttpRequest, scope: Scope, pk: int, verb: str) -> HttpResponse:
    """A step of the way."""
    coding = _coding(scope, pk)
    if verb not in ACTS:
        raise Http404
    try:
        ACTS[verb](request.user, coding)
    except UserError as error:
        refuse(request, error)
    return redirect("surveys:coding", pk=pk)


def _coding(scope: Scope, pk: int) -> Coding:
    found: Coding = one(held_in.codings(scope), pk)
    return found


def _unit(scope: Scope, coding: Coding, number: int) -> CodingUnit:
    found: CodingUnit | None = held_in.units(scope, coding).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _source(request: HttpRequest, scope: Scope) -> tuple[Survey | None, Instrument | None]:
    asked = {name: request.POST.get(name) or request.GET.get(name, "") for name in ("survey", "instrument")}
    if asked["survey"].isdigit():
        survey: Survey = one(reach.surveys(scope).filter(state=Survey.CLOSED), int(asked["survey"]))
        return survey, survey.version.instrument
    if asked["instrument"].isdigit():
        return None, one(reach.instruments(scope).exclude(kind=Instrument.QUESTIONNAIRE), int(asked["instrument"]))
    return None, None


def _mine(request: HttpRequest, coding: Coding) -> bool:
    return request.user.pk in (coding.first_id, coding.second_id)


def _require_mine(request: HttpRequest, coding: Coding) -> None:
    if not _mine(request, coding):
        raise Http404


def _onward(request: HttpRequest, scope: Scope, coding: Coding, number: int) -> HttpResponse:
    """The next text without codes after this one, else the first; where none is left, back to the coding."""
    given = held_in.marked(coding, request.user)  # type: ignore[arg-type]
    left = [item for item in held_in.units(scope, coding).values_list("number", flat=True) if item not in given]
    if not left:
        return redirect("surveys:coding", pk=coding.pk)
    return redirect("surveys:coding_code", pk=coding.pk, number=next((item for item in left if item > number), left[0]))


def _open_still(coding: Coding) -> int:
    if not held_in.opened(coding):
        return 0
    return len(set(held_in.disputed(coding)) - {int(number) for number in held_in.decisions(coding)})


def _label(coding: Coding, name: str) -> str:
    return _labels(coding, [name])[0]


def _labels(coding: Coding, names: list[str]) -> list[str]:
    known = held_in.labels(coding)
    return [known.get(name, {}).get(forms.language()) or next(iter(known.get(name, {}).values()), name) for name in names]


def _common(coding: Coding) -> dict[str, Any]:
    return {"coding": coding, "survey": coding.survey}
