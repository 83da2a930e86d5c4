"""What an administrator does to the tree: open, rename, move, change, merge, close, open again, correct."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sapa.errors import UserError
from sapa_web.orgs.domain import tree
from sapa_web.orgs.forms import places as forms
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import find, requires, scope_in

ADMIN = Capability.ADMINISTER


@dataclass(frozen=True)
class Verb:
    """A form and what it does: ``do(actor, organisation, form)``."""

    title: Any
    button: Any
    form: type[Any]
    do: Callable[[Any, Organisation, Any], Any]
    when_open: bool = True
    danger: bool = False
    lead: Any = ""


def _change(event: str) -> Callable[[Any, Organisation, Any], Any]:
    def do(actor: Any, organisation: Organisation, form: Any) -> None:
        changes = form.changes()
        if not changes:
            raise UserError(_("nothing differs from what is recorded"), todo=_("change a field"))
        data = form.cleaned_data
        tree.change(actor, organisation, data["day"], event, basis=data["basis"], **changes)

    return do


VERBS = {
    "rename": Verb(gettext_lazy("Rename"), gettext_lazy("Rename"), forms.NameForm, _change("renamed")),
    "move": Verb(gettext_lazy("Move to another node"), gettext_lazy("Move"), forms.MoveForm, _change("moved")),
    "change": Verb(gettext_lazy("Change facts"), gettext_lazy("Record the change"), forms.FactsForm, _change("changed")),
    "merge": Verb(
        gettext_lazy("Merge into another organisation"), gettext_lazy("Merge"), forms.MergeForm,
        lambda actor, organisation, form: tree.merge(
            actor, [organisation], form.cleaned_data["into"], form.cleaned_data["day"], basis=form.cleaned_data["basis"]
        ),
        danger=True, lead=gettext_lazy("It ends on that day; its history stays and leads to the other one."),
    ),
    "close": Verb(
        gettext_lazy("Close"), gettext_lazy("Close"), forms.CloseForm,
        lambda actor, organisation, form: tree.close(
            actor, organisation, form.cleaned_data["day"], basis=form.cleaned_data["basis"]
        ),
        danger=True, lead=gettext_lazy("Its history and its returns stay."),
    ),
    "reopen": Verb(
        gettext_lazy("Open again"), gettext_lazy("Open again"), forms.DatedForm,
        lambda actor, organisation, form: tree.reopen(
            actor, organisation, form.cleaned_data["day"], basis=form.cleaned_data["basis"]
        ),
        when_open=False,
    ),
}  # fmt: skip


@requires(ADMIN)
def act(request: HttpRequest, code: str, verb: str) -> HttpResponse:
    """One verb on one organisation."""
    scope = scope_in(request)
    organisation = find(scope, code)
    chosen = VERBS.get(verb)
    if chosen is None or chosen.when_open != organisation.is_open:
        raise Http404
    more: dict[str, Any] = {}
    if chosen.form in (forms.FactsForm, forms.MoveForm):
        more["facts"] = tree.facts_of(tree.timeline(organisation)[-1])
    form = chosen.form(request.POST or None, scope=scope, **more)
    if request.method == "POST" and form.is_valid():
        try:
            chosen.do(request.user, organisation, form)
        except UserError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Recorded: %(what)s.") % {"what": chosen.title})
            return redirect("orgs:organisation", code=code)
    context = {
        "form": form, "organisation": organisation, "verb": chosen, "back": reverse("orgs:organisation", args=[code]),
        "crumbs": _crumbs(organisation, str(chosen.title)),
    }  # fmt: skip
    return render(request, "orgs/verb.html", context)


@requires(ADMIN)
def open_new(request: HttpRequest) -> HttpResponse:
    """A new organisation, under the node the person came from."""
    scope = scope_in(request)
    form = forms.OpenForm(
        request.POST or None, scope=scope, initial={"parent": request.GET.get("under", ""), "is_institution": "1"}
    )
    if request.method == "POST" and form.is_valid():
        entry = form.entry()
        try:
            tree.open_many(request.user, [entry], form.cleaned_data["day"], basis=form.cleaned_data["basis"])
        except UserError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(name)s is recorded.") % {"name": entry.facts.name})
            return redirect("orgs:organisation", code=entry.code)
    crumbs = [(_("Institutions"), reverse("orgs:tree")), (_("Open an organisation"), "")]
    return render(request, "orgs/open.html", {"form": form, "crumbs": crumbs, "back": reverse("orgs:tree")})


@requires(ADMIN)
def correct(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Put right what was recorded wrongly; what was believed before stays in the history."""
    scope = scope_in(request)
    organisation = find(scope, code)
    line = tree.timeline(organisation)
    place = next((index for index, item in enumerate(line) if item.pk == pk), None)
    if place is None:
        raise Http404
    version = line[place]
    followed = place + 1 < len(line) and line[place + 1].valid_from == version.valid_to
    form = forms.CorrectForm(
        request.POST or None, scope=scope, version=version, may_end=not followed, facts=tree.facts_of(version)
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            end = data.get("end", tree.KEEP)
            tree.correct(request.user, version, basis=data["basis"], valid_from=data["day"], valid_to=end, **form.changes())
        except UserError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The history is corrected."))
            return redirect("orgs:history", code=code)
    context = {
        "form": form, "organisation": organisation, "back": reverse("orgs:history", args=[code]),
        "crumbs": _crumbs(organisation, _("Correct an error")),
    }  # fmt: skip
    return render(request, "orgs/correct.html", context)


def _crumbs(organisation: Organisation, last: str) -> list[tuple[str, str]]:
    return [
        (_("Institutions"), reverse("orgs:tree")),
        (str(organisation), reverse("orgs:organisation", args=[organisation.code])),
        (last, ""),
    ]
