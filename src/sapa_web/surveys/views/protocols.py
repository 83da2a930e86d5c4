"""Protocols of talks, observations and studies of documents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import UserError
from sapa.instruments import check_answers
from sapa_web.common.clock import now
from sapa_web.orgs.views.guard import refuse
from sapa_web.surveys import forms
from sapa_web.surveys.asking import View, asked, given
from sapa_web.surveys.domain import instruments, protocols
from sapa_web.surveys.domain.forms import compiled
from sapa_web.surveys.domain.queries import reach
from sapa_web.surveys.models import Instrument, Participant, Protocol
from sapa_web.surveys.views.guard import Scope, inside, one
from sapa_web.surveys.views.staff import tabs

ROWS = 16
"""Rows for participants: twelve of a group, its moderator, its recorder, two to spare."""
NOTE = "note:"


@inside
@require_GET
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """All protocols, the newest first."""
    return render(request, "surveys/protocols.html", {"items": reach.protocols(scope)[:300], "tabs": tabs("protocols")})


@inside
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Choose an instrument, then say what, when, with whom."""
    offered = reach.instruments(scope).filter(retired_at=None).exclude(kind=Instrument.QUESTIONNAIRE)
    asked_for = request.POST.get("instrument") or request.GET.get("instrument", "")
    if not asked_for.isdigit():
        return render(request, "surveys/choose.html", {"items": offered, "tabs": tabs("protocols"), "for_protocol": True})
    instrument = one(offered, int(asked_for))
    version = instruments.newest(instrument)
    form = forms.HeadForm(request.POST or None, initial={"subject": version.form.get("title", {}).get(forms.language(), "")})
    if request.method == "POST" and form.is_valid():
        try:
            head = form.head(forms.participants_of(request.POST, ROWS))
            made = protocols.begin(request.user, instrument.organisation, version, head)  # type: ignore[arg-type]
            return redirect("surveys:protocol_write", pk=made.pk)
        except UserError as error:
            form.refuse(error)
    context = {"form": form, "instrument": instrument, "heading": _("Begin a protocol"), **_people(instrument, request, None)}
    return render(request, "surveys/protocol_head.html", context, status=400 if form.errors else 200)


@inside
@require_http_methods(["GET", "POST"])
def head(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Change who took part, when, how it was recorded."""
    protocol = one(reach.protocols(scope), pk)
    if protocol.state != Protocol.DRAFT:
        return redirect("surveys:protocol", pk=pk)
    form = forms.HeadForm(request.POST or None, protocol=protocol)
    if request.method == "POST" and form.is_valid():
        try:
            wanted = form.head(forms.participants_of(request.POST, ROWS))
            protocols.write(request.user, protocol, head=wanted)  # type: ignore[arg-type]
            return redirect("surveys:protocol", pk=pk)
        except UserError as error:
            form.refuse(error)
    instrument = protocol.version.instrument
    context = {
        "form": form, "instrument": instrument, "protocol": protocol, "heading": _("Who, when, how"),
        **_people(instrument, request, reach.participants(scope, protocol)),
    }  # fmt: skip
    return render(request, "surveys/protocol_head.html", context, status=400 if form.errors else 200)


@inside
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Answers and notes by the items of the instrument, and the summary. It can be saved as often as one likes."""
    protocol = one(reach.protocols(scope), pk)
    if protocol.state != Protocol.DRAFT:
        return redirect("surveys:protocol", pk=pk)
    made, problem = compiled(protocol.version), ""
    answers, notes, summary = protocol.answers, protocol.notes, protocol.summary
    findings: list[Any] = []
    if request.method == "POST":
        answers = given(made.form, request.POST)
        notes = {name.removeprefix(NOTE): text for name, text in request.POST.items() if name.startswith(NOTE)}
        summary = request.POST.get("summary", "")[:20000]
        try:
            said = protocols.Said(answers, notes, summary)
            findings = protocols.write(request.user, protocol, said=said)  # type: ignore[arg-type]
            if not findings:
                messages.success(request, _("Saved."))
                return redirect("surveys:protocol" if "done" in request.POST else "surveys:protocol_write", pk=pk)
        except UserError as error:
            problem = str(error)
    checked = check_answers(made, answers, now=now(), partial=True)
    items = asked(View(made, forms.language(), answers, checked, notes=notes, everything=True))
    context = {"protocol": protocol, "items": items, "summary": summary, "problem": problem, "wrong": len(findings)}
    return render(request, "surveys/protocol_write.html", context, status=400 if problem or findings else 200)


@inside
@require_GET
def detail(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """The protocol as it stands; printed, it is the paper that is signed."""
    protocol = one(reach.protocols(scope), pk)
    made = compiled(protocol.version)
    checked = check_answers(made, protocol.answers, now=now(), partial=True)
    items = asked(View(made, forms.language(), protocol.answers, checked, notes=protocol.notes, everything=True))
    context = {
        "protocol": protocol,
        "items": [one for item in items for one in item.walk() if one.kind not in ("group", "repeat", "turn", "note")],
        "people": reach.participants(scope, protocol),
        "obstacles": protocols.obstacles(protocol) if protocol.state == Protocol.DRAFT else [],
    }
    return render(request, "surveys/protocol.html", context)


@inside
@require_POST
def agree(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Those who took part have agreed: final."""
    protocol = one(reach.protocols(scope), pk)
    try:
        protocols.agree(request.user, protocol)  # type: ignore[arg-type]
    except UserError as error:
        refuse(request, error)
    return redirect("surveys:protocol", pk=pk)


def _people(instrument: Instrument, request: HttpRequest, people: Any) -> dict[str, Any]:
    """The rows of participants: as sent, as they stand, or the roles such a protocol has."""
    if request.method == "POST":
        rows = forms.participants_of(request.POST, ROWS)
    elif people is not None:
        rows = [(item.role, item.name, item.consent) for item in people]
    else:
        begin = {
            Instrument.INTERVIEW: [Participant.INTERVIEWER, Participant.RESPONDENT],
            Instrument.FOCUS_GROUP: [Participant.MODERATOR, Participant.RECORDER, *[Participant.RESPONDENT] * 6],
        }.get(instrument.kind, [Participant.OBSERVER])
        rows = [(role, "", False) for role in begin]
    spare = (
        Participant.OBSERVER if instrument.kind in (Instrument.OBSERVATION, Instrument.DOCUMENT_STUDY) else Participant.RESPONDENT
    )
    return {"rows": [*rows, *[(spare, "", False)] * (ROWS - len(rows))][:ROWS], "roles": Participant.ROLES}
