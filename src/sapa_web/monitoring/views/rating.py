"""The rating of teachers: its method first, for everybody to read; then each teacher's own line, his answer, his dispute."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import UserError
from sapa_web.monitoring import forms_work as forms
from sapa_web.monitoring.domain import teachers
from sapa_web.monitoring.models import Rating, RatingRow
from sapa_web.monitoring.views import guard
from sapa_web.monitoring.views.work import done, frame
from sapa_web.monitoring.words import RATED_BY
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability


@guard.takes_part
@require_GET
def ratings(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """All ratings with their methods; nobody's points."""
    context = {
        "title": _("Rating of teachers"), "unit": unit, "crumbs": _trail(unit),
        "ratings": Rating.objects.unscoped("of one institution").filter(organisation=unit),
        "runs": guard.may_here(request.user, unit, Capability.QUALITY),
    }  # fmt: skip
    return render(request, "monitoring/ratings.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def rating_new(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Lay a method open. Sources that the document forbids for rating are not offered."""
    pack, period = frame(unit)
    sources = [kind for kind in teachers.SOURCES if teachers.may_rate(unit, pack, kind)]
    form = forms.RatingForm(request.POST or None, sources=sources, initial={"period": period})
    made: list[Rating] = []

    def do(data: dict[str, Any]) -> None:
        made.append(teachers.rating(request.user, unit, pack, data["period"], data["method"], form.chosen()))

    if done(request, form, do):
        return redirect("monitoring:rating", pk=made[0].pk)
    back = reverse("monitoring:ratings", args=[unit.code])
    lead = _("Everybody of the institution reads it before anybody is rated.")
    if not sources:
        lead = _("The document you follow forbids to rate staff by what was given for development.")
    return guard.form_page(request, form, _("Lay a method open"), back, lead=lead, trail=_trail(unit, (_("New"), "")))


@guard.takes_part
@require_GET
def rating(request: HttpRequest, pk: int) -> HttpResponse:
    """A rating: the method for everybody, all lines for who runs the monitoring, his own line for a teacher."""
    return _page(request, _found(request, pk), None)


@guard.takes_part
@require_POST
def rating_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The teacher answers his own line, or disputes it; there is no way to somebody else's."""
    found = _found(request, pk)
    row = _own(request, found)
    if row is None:
        raise Http404
    form = forms.LineAnswerForm(request.POST)
    if done(request, form, lambda data: teachers.answer_rating(request.user, row, data["text"], disputed=data["disputed"])):
        return redirect("monitoring:rating", pk=pk)
    return _page(request, found, form)


@guard.runs
@require_http_methods(["GET", "POST"])
def rating_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Compute the rating; each teacher sees his line from then on."""
    found: Rating = guard.found(request, Rating, pk, related=("organisation",))
    form = forms.UntilForm(request.POST or None)
    if done(request, form, lambda data: teachers.open_rating(request.user, found, data["until"])):
        return redirect("monitoring:rating", pk=pk)
    back, lead = reverse("monitoring:rating", args=[pk]), _("Each teacher then sees his own points, and may answer and dispute.")
    trail = _trail(found.organisation, (found.period, back), (_("Rate"), ""))
    return guard.form_page(request, form, _("Rate by this method"), back, lead=lead, button=_("Rate"), trail=trail)


@guard.runs
@require_POST
def rating_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a rating after its last day."""
    found: Rating = guard.found(request, Rating, pk)
    try:
        teachers.close_rating(request.user, found)
    except UserError as error:
        guard.refuse(request, error)
    return redirect("monitoring:rating", pk=pk)


@guard.runs
@require_http_methods(["GET", "POST"])
def rating_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide a teacher's dispute."""
    row: RatingRow = guard.found(request, RatingRow, pk, related=("rating__organisation", "teacher"))
    form = forms.DecisionForm(request.POST or None)
    if done(request, form, lambda data: teachers.decide(request.user, row, **data)):
        return redirect("monitoring:rating", pk=row.rating_id)
    back = reverse("monitoring:rating", args=[row.rating_id])
    trail = _trail(row.rating.organisation, (row.rating.period, back), (_("Decide the dispute"), ""))
    return guard.form_page(request, form, _("Decide the dispute"), back, lead=f"{row.teacher}: {row.answer}", trail=trail)


def _page(request: HttpRequest, found: Rating, form: Any) -> HttpResponse:
    runs = guard.may_here(request.user, found.organisation, Capability.QUALITY)
    own = _own(request, found)
    rows = RatingRow.objects.unscoped("of one rating, reached").filter(rating=found).select_related("teacher")
    weight = {item["kind"]: item["weight"] for item in found.sources}
    initial = {"text": own.answer, "disputed": own.disputed} if own else {}
    context = {
        "title": _("Rating of teachers"), "rating": found, "unit": found.organisation, "runs": runs, "own": own,
        "sources": [(RATED_BY.get(kind, kind), share) for kind, share in weight.items()],
        "parts": _parts(own) if own else [],
        "lines": [(row, _parts(row)) for row in rows.order_by("teacher__name")] if runs else [],
        "form": form or forms.LineAnswerForm(initial=initial), "crumbs": _trail(found.organisation, (found.period, "")),
        "may_answer": own is not None and found.state == Rating.OPEN and own.decided_at is None,
    }  # fmt: skip
    return render(request, "monitoring/rating.html", context, status=400 if form is not None else 200)


def _parts(row: RatingRow) -> list[tuple[Any, float, int]]:
    return [(RATED_BY.get(part["kind"], part["kind"]), part["score"], part["of"]) for part in row.parts]


def _found(request: HttpRequest, pk: int) -> Rating:
    row: Rating = guard.found(request, Rating, pk, *guard.STAFF, related=("organisation",))
    return row


def _own(request: HttpRequest, found: Rating) -> RatingRow | None:
    """The line of the person who asks."""
    rows = RatingRow.objects.unscoped("the person's own").select_related("rating__organisation", "teacher")
    own: RatingRow | None = rows.filter(rating=found, teacher=request.user).first()
    return own


def _trail(unit: Organisation, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return guard.crumbs((_("Rating of teachers"), reverse("monitoring:ratings", args=[unit.code])), *more)
