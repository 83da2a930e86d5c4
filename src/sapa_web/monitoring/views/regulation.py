"""Local regulations: their editions, from a draft made in forms to the public page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import UserError
from sapa_web.common.packs import pack_named
from sapa_web.monitoring import forms_people as forms
from sapa_web.monitoring.domain import regulations
from sapa_web.monitoring.domain.inforce import monitoring_packs
from sapa_web.monitoring.domain.queries import changes
from sapa_web.monitoring.models import Comment, Edition
from sapa_web.monitoring.views import guard
from sapa_web.orgs.inside import inside
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability

VERBS: dict[str, tuple[Any, Any]] = {
    "discuss": (forms.DiscussForm, regulations.discuss), "rework": (None, regulations.rework),
    "adopt": (forms.ProtocolForm, regulations.adopt), "approve": (forms.OrderForm, regulations.approve),
    "publish": (None, regulations.publish),
}  # fmt: skip
WAY = (Edition.DRAFT, Edition.DISCUSSION, Edition.ADOPTED, Edition.APPROVED, Edition.PUBLISHED)


def reached(request: HttpRequest, pk: int) -> Edition:
    """An edition of the person's own institution; else 404."""
    scope = inside(request.user, Capability.QUALITY, Capability.TAKE_PART)  # type: ignore[arg-type]
    found: Edition | None = Edition.objects.for_scope(scope).select_related("organisation", "order").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _trail(unit: Organisation, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return guard.crumbs((_("Regulations"), reverse("monitoring:regulations", args=[unit.code])), *more)


@guard.takes_part
@require_GET
def editions(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """All editions of the institution's regulations."""
    rows = Edition.objects.for_scope(inside(request.user, Capability.QUALITY, Capability.TAKE_PART))  # type: ignore[arg-type]
    context = {
        "title": _("Regulations"), "unit": unit, "editions": rows.filter(organisation=unit), "crumbs": _trail(unit),
        "runs": guard.may_here(request.user, unit, Capability.QUALITY),
    }  # fmt: skip
    return render(request, "monitoring/regulations.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, unit: Organisation) -> HttpResponse:
    """Begin an edition."""
    packs = [(name, changes.titled(pack_named(name), pack_named(name).meta)) for name in monitoring_packs()]
    form = forms.DraftForm(request.POST or None, packs=packs)
    if request.method == "POST" and form.is_valid():
        try:
            made = regulations.draft(request.user, unit, **form.cleaned_data)
            return redirect("monitoring:edition", pk=made.pk)
        except UserError as error:
            form.refuse(error)
    return _form(request, unit, form, _("Begin an edition"), reverse("monitoring:regulations", args=[unit.code]))


@guard.takes_part
@require_GET
def edition(request: HttpRequest, pk: int) -> HttpResponse:
    """An edition: where it stands, what it changes, what is said of it."""
    row = reached(request, pk)
    state = WAY.index(row.state) if row.state in WAY else len(WAY)
    way = [(str(label), "done" if place < state else "here" if place == state else "")
           for place, (_code, label) in enumerate(Edition.STATES[:-1])]  # fmt: skip
    context = {
        "title": row.title, "edition": row, "way": way, "changes": changes.changes_of(row), "effect": changes.effect_of(row),
        "comments": Comment.objects.unscoped("of one edition, reached").filter(edition=row), "unit": row.organisation,
        "form": forms.RemarkForm(), "crumbs": _trail(row.organisation, (row.title, "")),
        "runs": guard.may_here(request.user, row.organisation, Capability.QUALITY),
        "signs": guard.may_here(request.user, row.organisation, Capability.SIGN),
    }  # fmt: skip
    return render(request, "monitoring/edition.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """Title, text and first day."""
    row = reached(request, pk)
    form = forms.TextForm(request.POST or None, initial={"title": row.title, "text": row.text, "starts_on": row.starts_on})
    return _done(request, row, form, _("Text and first day"), lambda data: regulations.write(request.user, row, **data))


@guard.runs
@require_GET
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """What of the document to change: a list to search."""
    row = reached(request, pk)
    rules, sought = changes.rules_of(row), request.GET.get("q", "")
    context = {
        "title": _("Make a change"), "edition": row, "sought": sought, "criteria": changes.found(rules, sought),
        "lines": changes.lines_found(rules, sought), "crumbs": _trail(row.organisation, (row.title, _address(row))),
    }  # fmt: skip
    return render(request, "monitoring/choose.html", context)


@guard.runs
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int, kind: str, thing: str) -> HttpResponse:
    """Change one thing; ``thing`` is its name (of an indicator after that of its criterion), or ``new``."""
    row = reached(request, pk)
    found = _Change(row, kind, thing)
    form = found.form(request.POST or None)
    return _done(
        request, row, form, found.title, lambda data: regulations.change(request.user, row, found.made(data)),
        back=reverse("monitoring:choose", args=[pk]),
    )  # fmt: skip


class _Change:
    """The form of a kind of change, filled with what stands now, and the change that comes of it."""

    def __init__(self, row: Edition, kind: str, thing: str) -> None:
        self.kind, self.rules = kind, changes.rules_of(row)
        self.languages = pack_named(row.pack).meta.languages
        self.what = kind.partition("-")[2]
        self.criterion, _dot, self.name = thing.rpartition("~") if self.what == "sign" else ("", "", thing)
        self.old = {
            "criterion": lambda: changes.criterion_of(self.rules, self.name),
            "sign": lambda: changes.sign_of(self.rules, self.criterion, self.name),
            "line": lambda: changes.line_of(self.rules, self.name),
        }.get(self.what, lambda: None)()
        known = kind in ("set-levels", "words") or kind in {f"{verb}-{what}" for verb in ("put", "drop") for what in
                                                            ("criterion", "sign", "line")}  # fmt: skip
        gone = self.what in ("criterion", "sign", "line") and self.old is None and (self.name != "new" or kind.startswith("drop"))
        nowhere = self.what == "sign" and changes.criterion_of(self.rules, self.criterion) is None
        if not known or gone or nowhere:
            raise Http404
        self.title = changes.titled(self.rules, self.old) or (_("Levels") if kind == "set-levels" else _("Clause"))
        if kind.startswith("drop-"):
            self.title = f"{_('Take out')}: {self.title}"

    def form(self, data: Any) -> Any:
        names = ("direction", "key", "form", "periodicity", "level", "responsible", "products")
        now = {name: getattr(self.old, name) for name in names if hasattr(self.old, name)}
        now["title"] = changes.titled(self.rules, self.old)
        match self.kind:
            case "put-criterion":
                return forms.CriterionForm(data, initial=now)
            case "put-sign":
                return forms.SignForm(data, initial=now)
            case "put-line":
                return forms.LineForm(data, initial=now, rules=self.rules)
            case "set-levels":
                return forms.RegulationLevelsForm(data)
            case _:
                return forms.ClauseForm(data)

    def made(self, data: dict[str, Any]) -> dict[str, Any]:
        """The change as the domain takes it; words that stay keep the document's languages, new ones stand for all."""
        new: dict[str, Any] = {"kind": self.kind, **data}
        if "title" in data:
            same = self.old is not None and data["title"] == changes.titled(self.rules, self.old)
            new["title"] = dict(self.old.title) if same else dict.fromkeys(self.languages, data["title"])
        if self.what in ("criterion", "sign", "line"):
            new[self.what] = self.name if self.old is not None else self._own_name()
        if self.what == "sign":
            new["criterion"] = self.criterion
        if self.old is not None and self.kind == "put-sign":
            new |= {"figures": list(self.old.figures), "methods": list(self.old.methods)}
        if self.old is not None and self.kind == "put-line":
            new |= {"criteria": list(self.old.criteria), "methods": list(self.old.methods)}
        return new

    def _own_name(self) -> str:
        taken = {item.id for item in (*self.rules.criteria, *self.rules.monitoring)}
        taken |= {sign.id for item in self.rules.criteria for sign in item.signs}
        return next(f"own-{place}" for place in range(1, 1000) if f"own-{place}" not in taken)


@guard.runs
@require_POST
def undo(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """Take a change back."""
    row = reached(request, pk)
    return _act(request, row, lambda: regulations.take_back(request.user, row, place))


@guard.takes_part
@require_POST
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something to a draft."""
    row = reached(request, pk)
    return _act(request, row, lambda: regulations.comment(request.user, row, request.POST.get("text", "")))


@guard.runs
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, pk: int, remark: int) -> HttpResponse:
    """Say what became of a comment."""
    row = reached(request, pk)
    said = Comment.objects.unscoped("of one edition, reached").filter(edition=row, pk=remark).first()
    if said is None:
        raise Http404
    form = forms.RemarkForm(request.POST or None, initial={"text": said.answer})
    form.fields["text"].label = _("Answer")
    form.fields["text"].help_text = f"{said.name}: {said.text}"
    return _done(request, row, form, _("Answer"), lambda data: regulations.answer(request.user, said, data["text"]))


@guard.runs
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """The next step of an edition. Only the head approves."""
    row = reached(request, pk)
    if verb not in VERBS:
        raise Http404
    if verb in ("approve", "publish") and not guard.may_here(request.user, row.organisation, Capability.SIGN):
        raise PermissionDenied
    kind, does = VERBS[verb]
    if kind is None:
        return _act(request, row, lambda: does(request.user, row)) if request.method == "POST" else redirect(_address(row))
    titles = {"discuss": _("Open the discussion"), "adopt": _("The council's protocol"), "approve": _("The head's order")}

    def do(data: dict[str, Any]) -> Any:
        return does(request.user, row, *data.values()) if verb == "discuss" else does(request.user, row, **data)

    return _done(request, row, kind(request.POST or None), titles[verb], do)


@require_GET
def public(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """A published edition, for everybody; kept readable after it has ended."""
    rows = Edition.objects.unscoped("published to everybody").select_related("organisation", "order")
    row = rows.filter(pk=pk, organisation__code=code, published_at__isnull=False).first()
    if row is None:
        raise Http404
    context = {"title": row.title, "edition": row, "changes": changes.changes_of(row), "unit": row.organisation}
    return render(request, "monitoring/edition_public.html", context)


def _address(row: Edition) -> str:
    return reverse("monitoring:edition", args=[row.pk])


def _act(request: HttpRequest, row: Edition, do: Any) -> HttpResponse:
    try:
        do()
    except UserError as error:
        guard.refuse(request, error)
    return redirect(_address(row))


def _done(request: HttpRequest, row: Edition, form: Any, title: str, do: Any, back: str = "") -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            do(form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect(_address(row))
        except UserError as error:
            form.refuse(error)
    trail = (row.title, _address(row))
    return _form(request, row.organisation, form, title, back or _address(row), trail)


def _form(request: HttpRequest, unit: Organisation, form: Any, title: str, back: str, *trail: tuple[str, str]) -> HttpResponse:
    context = {"title": title, "form": form, "button": _("Save"), "back": back, "crumbs": _trail(unit, *trail)}
    return render(request, "monitoring/form.html", context)
