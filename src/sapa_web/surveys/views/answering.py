"""Where people answer. These views know of a request what stands in its body and its language, and set no session.

The page is the same for everybody, so that it is kept ready; only the number a browser gives its answer is new each time. No
token of ours is asked for when an answer is sent: there is no session it could protect.
"""

from __future__ import annotations

import json
import secrets
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from sapa.errors import UserError
from sapa.instruments import Checked, check_answers, starting_answers
from sapa.instruments.page import page_form
from sapa_web.common.clock import now, today
from sapa_web.surveys.asking import View, asked, given
from sapa_web.surveys.domain import box, links
from sapa_web.surveys.domain.forms import compiled
from sapa_web.surveys.domain.surveys import require_group
from sapa_web.surveys.models import Survey

BALLOT = "@@ballot@@"
WORKER = (Path(__file__).parent.parent / "worker.js").read_text()
REMEMBERED = 20
"""Surveys a browser remembers to have answered."""
_pages: dict[tuple[str, ...], str] = {}
_surveys: dict[str, tuple[float, Survey]] = {}
_MOST_PAGES = 500
KEPT = 1.0


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, key: str) -> HttpResponse:
    """The notice, then the questions; what is sent is checked and put into the box."""
    survey = _survey(key)
    language = _language(request, survey)
    with translation.override(language):
        response = _send(request, survey, language) if request.method == "POST" else _show(request, survey, language)
    response["Content-Language"] = language
    response["Cache-Control"] = "no-store" if request.method == "POST" else "no-cache"
    return response


@require_safe
def thanks(request: HttpRequest, key: str) -> HttpResponse:
    """The answers have arrived."""
    survey = _survey(key)
    language = _language(request, survey)
    with translation.override(language):
        return HttpResponse(render_to_string("surveys/answer/thanks.html", _frame(survey, language)))


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the page for places without a connection."""
    return HttpResponse(WORKER, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


def _survey(key: str) -> Survey:
    """The survey of that address, kept for a second: whether it takes answers is asked anew for each (``box.put``)."""
    kept = _surveys.get(key)
    if kept is not None and kept[0] > monotonic() - KEPT:
        return kept[1]
    found: Survey | None = (
        Survey.objects.unscoped("whoever has the address may answer")
        .exclude(state=Survey.DRAFT)
        .select_related("organisation", "version")
        .defer("version__form")
        .filter(key=key)
        .first()
    )
    if found is None:
        raise Http404
    if len(_surveys) >= _MOST_PAGES:
        _surveys.clear()
    _surveys[key] = (monotonic(), found)
    return found


@receiver(post_save, sender=Survey)
def _changed(instance: Survey, **_more: Any) -> None:
    _surveys.pop(instance.key, None)


def _language(request: HttpRequest, survey: Survey) -> str:
    """What the reader chose, else the site's language for the request, else the survey's first."""
    spoken = survey.languages or [settings.LANGUAGE_CODE]
    for wanted in (request.GET.get("lang", ""), (translation.get_language() or "").split("-")[0]):
        if wanted in spoken:
            return wanted
    return str(spoken[0])


def _takes(survey: Survey) -> bool:
    return survey.state == Survey.OPEN and survey.opens_on <= today() <= survey.closes_on


def _show(request: HttpRequest, survey: Survey, language: str) -> HttpResponse:
    if not _takes(survey):
        return _said(survey, language, "shut", 200)
    if survey.way == Survey.ANYBODY and survey.key in _answered(request) and "again" not in request.GET:
        return _said(survey, language, "again", 200)
    name = (survey.key, language, today().isoformat(), _stamp(survey))  # a question may begin with today's date
    page = _pages.get(name)
    if page is None:
        if len(_pages) >= _MOST_PAGES:
            _pages.clear()
        made = compiled(survey.version)
        begun = starting_answers(made, now=now())
        page = _pages[name] = _page(survey, language, begun, check_answers(made, begun, now=now(), partial=True), {})
    return HttpResponse(page.replace(BALLOT, secrets.token_hex(16)))


def _stamp(survey: Survey) -> str:
    """Changes with all that the page shows."""
    shown = [survey.version.digest, survey.title, survey.notice, survey.groups, survey.languages, survey.way, survey.threshold]
    shown += [survey.closes_on.isoformat(), survey.organisation.name, survey.organisation.names]
    return sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def _page(survey: Survey, language: str, answers: dict[str, Any], checked: Checked, more: dict[str, Any]) -> str:
    made = compiled(survey.version)
    items = asked(View(made, language, answers, checked))
    context = {
        **_frame(survey, language), "items": items, "ballot": BALLOT, "form_json": page_form(made, language),
        "form_notice": made.form.say(made.form.notice, language),
        "personal": survey.way == Survey.PERSONAL, "digest": survey.version.digest, **more,
    }  # fmt: skip
    return render_to_string("surveys/answer/form.html", context)


def _frame(survey: Survey, language: str) -> dict[str, Any]:
    groups = [(item["id"], item["title"]) for item in survey.groups]
    return {"survey": survey, "unit": survey.organisation, "language": language, "groups": groups, "links": _languages(survey)}


def _languages(survey: Survey) -> list[tuple[str, str]]:
    named = dict(settings.LANGUAGES)
    return [(code, named.get(code, code)) for code in survey.languages]


def _send(request: HttpRequest, survey: Survey, language: str) -> HttpResponse:
    """Check, put into the box, say so."""
    script = "application/json" in request.headers.get("Accept", "")
    made = compiled(survey.version)
    answers = given(made.form, request.POST)
    _one_more(answers, request.POST.get("more", ""))
    checked = check_answers(made, answers, now=now())
    more = _further(checked, made.form, request)
    problem = _problem(request, survey)
    if checked.findings or more or problem or _looks(request):
        return _back(request, survey, language, (answers, checked), (problem, script))
    outcome = box.put(survey, _ticket(request, survey), checked.answers)
    if outcome in (box.RECEIVED, box.TWICE):
        response = _arrived(request, survey, language, outcome, script)
        response.set_cookie(
            settings.SAPA_ANSWERED_COOKIE, _remember(request, survey), max_age=90 * 86400, path="/answer/", httponly=True,
            secure=settings.HTTPS, samesite="Lax",
        )  # fmt: skip
        return response
    return JsonResponse({"state": outcome}, status=409) if script else _said(survey, language, outcome, 409)


def _ticket(request: HttpRequest, survey: Survey) -> box.Ticket:
    if survey.way == Survey.PERSONAL:
        return box.Ticket(links.tidy(request.POST.get("code", "")), personal=True)
    ballot = request.POST.get("ballot", "")
    return box.Ticket(ballot[:64] or secrets.token_hex(16), personal=False, group=request.POST.get("group", ""))


def _problem(request: HttpRequest, survey: Survey) -> str:
    """What is wrong beside the answers: no code, no group."""
    if survey.way == Survey.PERSONAL:
        return "" if links.tidy(request.POST.get("code", "")) else _("Please type the code from your letter or card.")
    try:
        require_group(survey, request.POST.get("group", ""))
    except UserError:
        return _("Please say which group you belong to.")
    return ""


def _looks(request: HttpRequest) -> bool:
    """Nothing is handed in yet: the page is asked for as the answers stand."""
    return request.POST.get("go") == "look" or "more" in request.POST


def _one_more(answers: dict[str, Any], repeat: str) -> None:
    """A further turn of a repeated section, where its button was pressed."""
    if isinstance(answers.get(repeat), list):
        answers[repeat].append({})


def _further(checked: Checked, form: Any, request: HttpRequest) -> set[str]:
    """Questions that the answers have opened and that the sent page did not show yet."""
    questions = {item.name for item in form.questions() if item.type != "calculate"}
    seen = set(request.POST.getlist("seen"))
    return {address for address in checked.shown if address.rpartition("].")[2] in questions and address not in seen}


def _back(
    request: HttpRequest, survey: Survey, language: str, found: tuple[dict[str, Any], Checked], how: tuple[str, bool]
) -> HttpResponse:
    """The page once more, with what is wrong or newly asked; nothing was recorded."""
    (answers, checked), (problem, script) = found, how
    form = compiled(survey.version).form
    if script:
        findings = [{"address": each.address, "message": form.say(each.message, language)} for each in checked.findings]
        return JsonResponse({"findings": findings, "shown": sorted(checked.shown), "problem": problem}, status=422)
    looking = _looks(request)
    if looking:
        checked = check_answers(compiled(survey.version), answers, now=now(), partial=True)
    sent = {name: request.POST.get(name, "") for name in ("code", "group")}
    more = {
        "sent": sent,
        "problem": "" if looking else problem,
        "again": True,
        "wrong": len(checked.findings),
        "looking": looking,
    }
    page = _page(survey, language, answers, checked, more)
    ballot = request.POST.get("ballot", "")
    return HttpResponse(page.replace(BALLOT, ballot if ballot.isalnum() else ""), status=200 if looking else 422)


def _arrived(request: HttpRequest, survey: Survey, language: str, outcome: str, script: bool) -> HttpResponse:
    if script:
        return JsonResponse({"state": outcome})
    if outcome == box.TWICE:
        return _said(survey, language, "twice", 200)
    return redirect(reverse("answer:thanks", args=[survey.key]) + f"?lang={language}")


def _said(survey: Survey, language: str, what: str, status: int) -> HttpResponse:
    text = render_to_string("surveys/answer/said.html", {**_frame(survey, language), "what": what, "today": today()})
    return HttpResponse(text, status=status)


def _answered(request: HttpRequest) -> list[str]:
    return [key for key in request.COOKIES.get(settings.SAPA_ANSWERED_COOKIE, "").split(".") if key.isalnum()]


def _remember(request: HttpRequest, survey: Survey) -> str:
    return ".".join([*(key for key in _answered(request) if key != survey.key), survey.key][-REMEMBERED:])
