"""Links of a survey, by letter or printed, and the forms that came back on paper."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sapa.errors import UserError
from sapa.instruments import check_answers
from sapa_web.common.clock import now
from sapa_web.common.domain.notices import address_seen
from sapa_web.surveys import forms
from sapa_web.surveys.asking import View, asked, given
from sapa_web.surveys.domain import links, surveys
from sapa_web.surveys.domain.forms import compiled
from sapa_web.surveys.domain.queries import reach
from sapa_web.surveys.models import Invitee, Survey
from sapa_web.surveys.views.guard import Scope, inside, one


@inside
@require_http_methods(["GET", "POST"])
def print_links(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Cards with links: shown once, to be printed and given out by lot."""
    survey = one(reach.surveys(scope), pk)
    form = forms.PrintForm(survey, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = links.print_codes(request.user, survey, form.wanted())  # type: ignore[arg-type]
        except UserError as error:
            form.refuse(error)
        else:
            cards = [(form.names[group] if survey.groups else "", code) for group, codes in made.items() for code in codes]
            context = {"survey": survey, "cards": cards, "address": links.address_of(survey, site=address_seen(request))}
            response = render(request, "surveys/cards.html", context)
            response["Cache-Control"] = "no-store"
            return response
    context = {"form": form, "survey": survey, "heading": _("Print links")}
    return render(request, "surveys/print.html", context, status=400 if form.errors else 200)


@inside
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """The list that letters go to; who has answered is not known to it."""
    survey = one(reach.surveys(scope), pk)
    form = forms.PeopleForm(survey, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            count = links.invite(request.user, survey, form.cleaned_data["people"])  # type: ignore[arg-type]
            messages.success(request, _("New on the list: %(n)s.") % {"n": count})
            return redirect("surveys:letters", pk=pk)
        except UserError as error:
            form.refuse(error)
    listed = Invitee.objects.for_scope(scope).filter(survey=survey).order_by("email")
    context = {
        "form": form, "survey": survey, "listed": listed[:2000], "waiting": listed.filter(written=False).count(),
        "to_remind": listed.filter(written=True, reminded=False).count() if survey.state == Survey.OPEN else 0,
        "titles": {item["id"]: item["title"] for item in survey.groups},
    }  # fmt: skip
    return render(request, "surveys/people.html", context, status=400 if form.errors else 200)


@inside
@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Enter a form that was filled in on paper; then the next."""
    survey = one(reach.surveys(scope), pk)
    if not survey.paper or survey.state != Survey.OPEN:
        return redirect("surveys:detail", pk=pk)
    made, language = compiled(survey.version), forms.language()
    answers: dict[str, Any] = {}
    checked, problem, group = check_answers(made, {}, now=now(), partial=True), "", request.POST.get("group", "")
    if request.method == "POST":
        answers = given(made.form, request.POST)
        try:
            if not surveys.enter_paper(request.user, survey, group, answers):  # type: ignore[arg-type]
                messages.success(request, _("Entered. Put the form aside and take the next one."))
                return redirect("surveys:paper", pk=pk)
        except UserError as error:
            problem = str(error)
        checked = check_answers(made, answers, now=now())
    context = {
        "survey": survey, "items": asked(View(made, language, answers, checked, everything=True)), "problem": problem,
        "wrong": len(checked.findings) if request.method == "POST" else 0, "language": language, "sent": {"group": group},
        "groups": [(item["id"], item["title"]) for item in survey.groups],
    }  # fmt: skip
    return render(request, "surveys/paper.html", context, status=400 if context["wrong"] or problem else 200)
