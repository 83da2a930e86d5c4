"""The work on releases: for who prepares and who approves them, within the ministry's walls."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import SapaError, UserError
from sapa_web.common.domain import jobs, ledger
from sapa_web.common.models import LedgerEntry
from sapa_web.common.packs import pack_named
from sapa_web.orgs.domain.queries.access import scope_of, whole
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import refuse, requires
from sapa_web.portal import release_forms as forms
from sapa_web.portal.domain import preparing, releasing, sources
from sapa_web.portal.domain.checklist import checklist
from sapa_web.portal.domain.queries.templates import Template, not_begun, template_of
from sapa_web.portal.models import Proposal, Release, Section

View = Callable[..., HttpResponseBase]


def staff(*capabilities: Capability) -> Callable[[View], View]:
    """Releases are of the whole country: who holds the capability for a part of it only has no business here."""
    wanted = capabilities or (Capability.PUBLISH, Capability.APPROVE)

    def around(view: View) -> View:
        @wraps(view)
        @requires(*wanted)
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if not any(may(request, capability) for capability in wanted):
                raise Http404
            return view(request, **kwargs)

        return guarded

    return around


def may(request: HttpRequest, capability: Capability) -> bool:
    """Whether the person holds it for the whole country."""
    user: Any = request.user
    return whole(scope_of(user, capability))


@staff()
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """All releases, the newest first."""
    items = Release.objects.select_related("publication", "data").order_by("-period", "publication__position", "-version")
    context = {"items": items, "may_start": may(request, Capability.PUBLISH), "duties": not_begun()}
    return render(request, "portal/staff/releases.html", context)


@staff(Capability.PUBLISH)
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Begin a release: which report, which period."""
    form = forms.StartForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        pack, report, period = form.chosen()
        try:
            release = releasing.start(request.user, releasing.publication_of(pack, report), period)
            preparing.ask(request.user, release)
            return redirect("releases:detail", pk=release.pk)
        except SapaError as error:
            form.add_error(None, str(error))
    return render(request, "portal/staff/start.html", {"form": form}, status=400 if form.errors else 200)


@staff()
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One release: where it stands, what stands against it, what it consists of."""
    release = _release(pk)
    lang = (get_language() or "en").split("-")[0]
    writes = may(request, Capability.PUBLISH) and releasing.editable(release)
    template = release_template(release)
    titles = {item.id: item.title.get(lang) or item.id for item in template.report.chapters}
    context = {
        "release": release,
        "due": template.due(release.period),
        "left": template.days_left(release.period),
        "late": -(template.days_left(release.period) or 0),
        "title_text": release.publication.title.get(lang) or release.publication.slug,
        "checks": checklist(release),
        "writes": writes,
        "verbs": _verbs(request, release),
        "sections": [(item, titles.get(item.chapter, item.chapter), item.text.get(lang, "")) for item in release.sections.all()],
        "key_figures": _key_figures(release, lang),
        "headline": release.headline.get(lang, ""),
        "note": release.note.get(lang, ""),
        "admitted": release.pre_release.all(),
        "external": release.external_sources.all(),
        "overrides": release.overrides.select_related("by"),
        "proposals": release.proposals.all(),
        "history": LedgerEntry.objects.filter(obj=ledger.name_of(release)).order_by("-seq")[:50],
        "may_publish": may(request, Capability.PUBLISH),
        "may_override": may(request, Capability.PUBLISH) and release.state in (Release.DRAFT, Release.REVIEW),
        "public": releasing.is_public(release),
        **_moving(release),
    }
    return render(request, "portal/staff/release.html", context)


def _key_figures(release: Release, lang: str) -> list[str]:
    titles = {item.id: item.title.get(lang) or item.id for item in pack_named(release.publication.pack).indicators}
    names = [str(item["fact"]).partition("@")[0] for item in release.key_figures]
    return [titles.get(name, name) for name in names]


def _moving(release: Release) -> dict[str, Any]:
    run = release.job
    moving = run is not None and run.state in (jobs.WAITING, jobs.RUNNING)
    return {"run": run, "step": jobs.step_of(run) if run else "", "moving": moving}


def _verbs(request: HttpRequest, release: Release) -> list[dict[str, Any]]:
    """What the person can do now; the first is the main thing."""
    writes, approves = may(request, Capability.PUBLISH), may(request, Capability.APPROVE)
    user: Any = request.user
    own = user.pk in (release.made_by_id, release.submitted_by_id)
    words = {
        "submit": (_("Hand in for review"), "send", writes and release.data_id is not None, ""),
        "approve": (_("Approve"), "circle-check", approves and not own, ""),
        "schedule": (_("Schedule"), "calendar-event", writes, "ask"),
        "withdraw": (_("Take the announcement back"), "x", writes and not releasing.is_public(release), ""),
        "send_back": (_("Send back"), "corner-up-left", writes or approves, "ask"),
    }
    return [
        {"verb": verb, "label": label, "icon": icon, "ask": ask}
        for verb, (label, icon, shown, ask) in words.items()
        if shown and verb in releasing.RELEASE.verbs(release.state)
    ]


@staff()
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the preparation is: asked every two seconds; when it has ended the page is loaded anew."""
    release = _release(pk)
    context = {"release": release, **_moving(release)}
    response = render(request, "portal/staff/progress.html", context)
    if not context["moving"]:
        response["HX-Refresh"] = "true"
    return response


@staff(Capability.PUBLISH)
@require_POST
def prepare(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the figures, words and documents anew from what is frozen now."""
    release = _release(pk)
    if releasing.editable(release):
        preparing.ask(request.user, release)
    return redirect("releases:detail", pk=pk)


@staff()
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """A step of the work; two of them ask for something first."""
    release = _release(pk)
    if verb not in {item["verb"] for item in _verbs(request, release)}:
        raise Http404
    asked: Any = {"schedule": forms.ScheduleForm, "send_back": forms.ReasonForm}.get(verb)
    form = asked(request.POST or None) if asked else None
    if request.method == "GET" or (form is not None and not form.is_valid()):
        if form is None:
            return redirect("releases:detail", pk=pk)
        return _ask(request, release, form, verb)
    steps: dict[str, Callable[[], Any]] = {
        "submit": lambda: releasing.submit(request.user, release),
        "approve": lambda: releasing.approve(request.user, release),
        "schedule": lambda: releasing.schedule(request.user, release, form.cleaned_data["at"]),  # type: ignore[union-attr]
        "withdraw": lambda: releasing.withdraw(request.user, release),
        "send_back": lambda: releasing.send_back(request.user, release, form.cleaned_data["reason"]),  # type: ignore[union-attr]
    }
    try:
        steps[verb]()
    except UserError as error:
        if form is None:
            refuse(request, error)
            return redirect("releases:detail", pk=pk)
        form.add_error(None, str(error))
        return _ask(request, release, form, verb)
    return redirect("releases:detail", pk=pk)


def _ask(request: HttpRequest, release: Release, form: Any, verb: str) -> HttpResponse:
    titles = {
        "schedule": _("Schedule the release"), "send_back": _("Send back"), "headline": _("Headline"),
        "amend": _("Amend the release"),
        "override": _("Pass over a check"), "admit": _("Who may see it early"), "source": _("External source"),
        "decide": _("Decide the correction"),
    }  # fmt: skip
    context = {"release": release, "form": form, "heading": titles.get(verb, verb)}
    return render(request, "portal/staff/ask.html", context, status=400 if form.errors else 200)


@staff(Capability.PUBLISH)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """Headline, amendment, early reader, external source: each a form of its own."""
    release = _release(pk)
    makers: dict[str, Callable[[], Any]] = {
        "headline": lambda: forms.HeadForm(request.POST or None, texts=release.headline, needed=True),
        "amend": lambda: forms.TextsForm(request.POST or None, needed=True, rows=3),
        "admit": lambda: forms.PreReleaseForm(request.POST or None),
        "source": lambda: forms.SourceForm(request.POST or None, request.FILES or None),
    }
    if what not in makers:
        raise Http404
    form = makers[what]()
    if what == "headline" and request.method == "GET":
        form.initial["next_on"] = release.next_on
    if request.method == "POST" and form.is_valid():
        try:
            target = _changed(request, release, what, form)
            return redirect("releases:detail", pk=target)
        except UserError as error:
            form.add_error(None, str(error))
    return _ask(request, release, form, what)


def _changed(request: HttpRequest, release: Release, what: str, form: Any) -> int:
    """Do it; returns the release to go on with."""
    given, user = form.cleaned_data, request.user
    if what == "headline":
        releasing.write(user, release, headline=form.texts(), next_on=given["next_on"])
    elif what == "amend":
        made = releasing.amend(user, release, form.texts())
        preparing.ask(user, made)
        return int(made.pk)
    elif what == "admit":
        releasing.admit(user, release, **given)
    else:
        file = given["file"]
        asked = {name: given[name] for name in ("issuer", "title", "dated", "address")}
        sources.register(user, release, **asked, name=file.name, content=file.read())
    return int(release.pk)


@staff(Capability.PUBLISH)
@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, pk: int, chapter: str) -> HttpResponse:
    """The words of a chapter: written, or the generated ones approved as they stand."""
    release = _release(pk)
    found = get_object_or_404(Section, release=release, chapter=chapter)
    form = forms.TextsForm(request.POST or None, texts=found.text, rows=8)
    if request.method == "POST" and form.is_valid():
        try:
            releasing.write_section(request.user, release, chapter, None if "approve" in request.POST else form.texts())
            messages.success(request, _("The words are approved."))
            return redirect("releases:detail", pk=pk)
        except UserError as error:
            form.add_error(None, str(error))
    lang = (get_language() or "en").split("-")[0]
    titles = {item.id: item.title.get(lang) or item.id for item in _report(release).chapters}
    context = {"release": release, "form": form, "section": found, "heading": titles.get(chapter, chapter)}
    return render(request, "portal/staff/section.html", context, status=400 if form.errors else 200)


@staff(Capability.PUBLISH)
@require_http_methods(["GET", "POST"])
def override(request: HttpRequest, pk: int, check: str) -> HttpResponse:
    """Pass over a check that blocks, with a reason that is published."""
    release = _release(pk)
    if check not in {item.id for item in checklist(release) if item.blocks and not item.passed}:
        raise Http404
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            releasing.pass_over(request.user, release, check, form.cleaned_data["reason"])
            return redirect("releases:detail", pk=pk)
        except UserError as error:
            form.add_error(None, str(error))
    return _ask(request, release, form, "override")


@staff(Capability.PUBLISH)
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, pk: int, proposal: int) -> HttpResponse:
    """Decide a proposed correction."""
    release = _release(pk)
    found = get_object_or_404(Proposal, release=release, pk=proposal)
    form = forms.DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sources.decide(request.user, found, **form.cleaned_data)
            return redirect("releases:detail", pk=pk)
        except UserError as error:
            form.add_error(None, str(error))
    return _ask(request, release, form, "decide")


def _release(pk: int) -> Release:
    return get_object_or_404(Release.objects.select_related("publication", "data", "job"), pk=pk)


def _report(release: Release) -> Any:
    return release_template(release).report


def release_template(release: Release) -> Template:
    """The report it is made of; not found where neither the pack nor its regime has it any more."""
    found = template_of(release.publication.pack, release.publication.report)
    if found is None:
        raise Http404
    return found
