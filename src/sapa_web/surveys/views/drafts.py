"""Writing an instrument in the page: begun empty or as a copy, question by question, until it is published."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import SapaError, UserError
from sapa.instruments import check_answers, examine
from sapa_web.common.clock import now
from sapa_web.orgs.views.guard import refuse
from sapa_web.surveys import draft_forms, forms
from sapa_web.surveys.asking import View, asked
from sapa_web.surveys.domain import drafts as verbs
from sapa_web.surveys.domain import instruments
from sapa_web.surveys.domain.forms import form_of
from sapa_web.surveys.domain.queries import reach, ready
from sapa_web.surveys.models import Draft, Instrument
from sapa_web.surveys.shown_drafts import last_change, shown
from sapa_web.surveys.views.guard import Scope, inside, one
from sapa_web.surveys.views.instruments import place_of
from sapa_web.surveys.views.staff import tabs


@inside
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Begin empty, or with a copy of a ready instrument or of one's own."""
    places = list(reach.institutions(scope))
    copied = "ready" in request.POST or "own" in request.POST
    form = draft_forms.AboutForm(None if copied else request.POST or None, places=places)
    if copied:
        try:
            made = _copied(request, scope, places)
            return redirect("surveys:draft_about", pk=made.pk)
        except SapaError as error:
            messages.error(request, str(error))
    elif request.method == "POST" and form.is_valid():
        place = place_of(places, form.cleaned_data.get("unit", ""))
        made = verbs.begin(request.user, place, form.written())  # type: ignore[arg-type]
        return redirect("surveys:draft", pk=made.pk)
    context = {
        "form": form, "places": places, "packs": ready.packs(forms.language()), "own": reach.instruments(scope),
        "tabs": tabs("instruments"),
    }  # fmt: skip
    return render(request, "surveys/draft_new.html", context, status=400 if form.errors else 200)


@inside
@require_POST
def version(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Begin the next version of an instrument, or go on with it."""
    instrument: Instrument = one(reach.instruments(scope), pk)
    try:
        return redirect("surveys:draft", pk=verbs.begin_version(request.user, instrument).pk)  # type: ignore[arg-type]
    except UserError as error:
        refuse(request, error)
        return redirect("surveys:instrument", pk=pk)


@inside
@require_GET
def detail(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """The list of questions."""
    draft = draft_of(scope, pk)
    asking = verbs.form_in(draft)
    context = {**common(draft), "shown": shown(asking), "last": last_change(draft)}
    return render(request, "surveys/draft.html", context)


@inside
@require_http_methods(["GET", "POST"])
def about(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Title, languages, what is said before it begins."""
    draft = draft_of(scope, pk)
    form = draft_forms.AboutForm(request.POST or None, asking=verbs.form_in(draft))
    if request.method == "POST" and form.is_valid():
        try:
            verbs.write(draft, turn_of(request), form.written(), verbs.ABOUT)
            return redirect("surveys:draft_about" if "stay" in request.POST else "surveys:draft", pk=pk)
        except UserError as error:
            form.refuse(error)
    context = {**common(draft), "form": form, "here": _("Title and languages")}
    return render(request, "surveys/draft_about.html", context, status=400 if form.errors else 200)


@inside
@require_GET
def preview(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """As people will see it, as far as it can be shown."""
    draft = draft_of(scope, pk)
    asking = verbs.form_in(draft)
    made, items = examine(asking)[0], []
    spoken = [(each.code, draft_forms.called(each)) for each in asking.languages]
    wanted = request.GET.get("lang") or forms.language()
    language = wanted if wanted in dict(spoken) else asking.language
    if made is not None:
        items = asked(View(made, language, {}, check_answers(made, {}, now=now(), partial=True), everything=True))
    context = {**common(draft), "items": items, "made": made, "language": language, "spoken": spoken, "here": _("Preview")}
    return render(request, "surveys/draft_preview.html", context)


@inside
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """The draft becomes a version that stands."""
    draft = draft_of(scope, pk)
    asking = verbs.form_in(draft)
    form = draft_forms.PublishForm(request.POST or None, first=draft.instrument_id is None)
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.publish(request.user, draft, turn_of(request), form.cleaned_data.get("change", ""))  # type: ignore[arg-type]
            messages.success(request, _("Published: version %(n)s.") % {"n": instruments.newest(made).number})
            return redirect("surveys:instrument", pk=made.pk)
        except SapaError as error:
            form.add_error(None, str(error))
    meanwhile = draft.instrument is not None and draft.instrument.latest != draft.based_on
    context = {**common(draft), "form": form, "shown": shown(asking), "here": _("Publish"), "meanwhile": meanwhile}
    return render(request, "surveys/draft_publish.html", context, status=400 if form.errors else 200)


@inside
@require_POST
def act(request: HttpRequest, scope: Scope, pk: int, verb: str) -> HttpResponse:
    """Take the last change back, or give the draft up."""
    draft = draft_of(scope, pk)
    if verb not in ("undo", "discard"):
        raise Http404
    try:
        if verb == "undo":
            verbs.take_back(draft, turn_of(request))
        else:
            verbs.discard(request.user, draft, turn_of(request))  # type: ignore[arg-type]
            messages.success(request, _("The draft is given up."))
            return redirect("surveys:instruments")
    except UserError as error:
        refuse(request, error)
    return redirect(reverse("surveys:draft", args=[pk]) + "#undo")


def draft_of(scope: Scope, pk: int) -> Draft:
    """The draft, else 404."""
    found: Draft = one(reach.drafts(scope), pk)
    return found


def turn_of(request: HttpRequest) -> int:
    """How far the draft was when the page was made."""
    sent = request.POST.get("turn", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 9 else -1


def common(draft: Draft) -> dict[str, Any]:
    """What every page of a draft needs."""
    asking = verbs.form_in(draft)
    return {"draft": draft, "asking": asking, "kind": dict(Instrument.KINDS)[asking.kind]}


def _copied(request: HttpRequest, scope: Scope, places: list[Any]) -> Draft:
    if own := request.POST.get("own", ""):
        instrument: Instrument = one(reach.instruments(scope), int(own) if own.isascii() and own.isdigit() else 0)
        form = form_of(instruments.newest(instrument)).model_copy(update={"id": verbs.new_id()})
        return verbs.begin(request.user, instrument.organisation, form)  # type: ignore[arg-type]
    pack, _colon, element = request.POST.get("ready", "").partition(":")
    place = place_of(places, request.POST.get("unit", ""))
    return verbs.begin(request.user, place, ready.form(pack, element))  # type: ignore[arg-type]
