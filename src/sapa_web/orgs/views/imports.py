"""A register file: uploaded, looked at, applied."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sapa.errors import UserError
from sapa_web.common.clock import today
from sapa_web.common.packs import pack_named
from sapa_web.orgs.domain import importing
from sapa_web.orgs.domain.registers import packs_with_register, register_of
from sapa_web.orgs.forms.common import Form, day_field
from sapa_web.orgs.models import RegisterImport
from sapa_web.orgs.roles import Capability
from sapa_web.orgs.views.guard import refuse, requires, scope_in

MAY = (Capability.ADMINISTER, Capability.FREEZE)
ACTS = {
    "opened": gettext_lazy("To be opened"), "reopened": gettext_lazy("To be opened again"),
    "changed": gettext_lazy("To be changed"), "moved": gettext_lazy("To be moved"), "merged": gettext_lazy("To be merged"),
    "closed": gettext_lazy("To be closed"),
}  # fmt: skip
PROBLEMS = {
    "outside": gettext_lazy("This institution lies outside your part of the tree."),
    "office": gettext_lazy("This identifier belongs to an office."),
    "territory": gettext_lazy("Its territory is not in your part of the tree, or no longer exists on that day."),
}
PAGE = 25
SHOWN = 200


class UploadForm(Form):
    """The file, the pack that says how it is laid out, the day."""

    file = forms.FileField(
        label=gettext_lazy("Register file"), help_text=gettext_lazy("XLSX or CSV, one row for each institution."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv,.tsv,.json,.parquet"}),
    )  # fmt: skip
    pack = forms.ChoiceField(label=gettext_lazy("Laid out as in"))
    day = day_field(gettext_lazy("As of"), help_text=gettext_lazy("What the file says holds from this day on."))
    basis = forms.CharField(label=gettext_lazy("Basis"), max_length=300, help_text=gettext_lazy("Number and date of the order."))
    complete = forms.BooleanField(
        label=gettext_lazy("The file is complete: close what it does not name"), required=False
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lang = get_language() or "en"
        packs = [pack_named(name) for name in packs_with_register()]
        self.fields["pack"].choices = [(item.id, item.text(item.meta.title, lang)) for item in packs]  # type: ignore[attr-defined]
        self.fields["pack"].initial = settings.SAPA_PACK
        self.fields["day"].initial = today()

    def clean_file(self) -> Any:
        """Not larger than the site takes."""
        given = self.cleaned_data["file"]
        if given.size > settings.SAPA_UPLOAD_LIMIT:
            raise forms.ValidationError(_("This file is too large."))
        return given


@requires(*MAY)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The person's own uploads, newest first."""
    found = RegisterImport.objects.filter(uploaded_by=request.user).defer("rows", "findings")  # type: ignore[misc]
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "orgs/imports.html", {"page": page})


@requires(*MAY)
def upload(request: HttpRequest) -> HttpResponse:
    """Hand a file in."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            taken = importing.take_in(
                request.user, data["pack"], data["file"].name, data["file"].read(), as_of=data["day"],  # type: ignore[arg-type]
                basis=data["basis"], complete=data["complete"], lang=get_language() or "en",
            )  # fmt: skip
        except UserError as error:
            form.refuse(error)
        else:
            return redirect("orgs:import", pk=taken.pk)
    crumbs = [(_("Register files"), reverse("orgs:imports")), (_("Upload"), "")]
    return render(request, "orgs/import_new.html", {"form": form, "crumbs": crumbs})


@requires(*MAY)
@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the file would change."""
    taken = _mine(request, pk)
    context: dict[str, Any] = {
        "taken": taken, "crumbs": [(_("Register files"), reverse("orgs:imports")), (taken.file_name, "")], "shown": SHOWN
    }  # fmt: skip
    if taken.applied_at is None:
        found = importing.plan(taken, scope_in(request))
        titles = _titles(taken)
        groups = [
            {"title": title, "steps": [(step, _told(step, titles)) for step in steps[:SHOWN]], "count": len(steps)}
            for act, title in ACTS.items()
            if (steps := [step for step in found.steps if step.act == act])
        ]
        context |= {
            "plan": found, "groups": groups, "digest": found.digest,
            "problems": [(code, PROBLEMS[reason]) for code, reason in found.problems],
            "ready": bool(found.steps) and not found.problems and not taken.counts.get("blocks"),
        }  # fmt: skip
    return render(request, "orgs/import.html", context)


@requires(*MAY)
@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Do it, all or nothing."""
    taken = _mine(request, pk)
    try:
        importing.apply(request.user, taken, scope_in(request), request.POST.get("shown", ""))  # type: ignore[arg-type]
        messages.success(request, _("The register is applied."))
    except UserError as error:
        refuse(request, error)
    return redirect("orgs:import", pk=pk)


def _titles(taken: RegisterImport) -> dict[str, str]:
    """What a fact or an attribute is called."""
    register, lang = register_of(taken.pack, taken.period), get_language() or "en"
    own = {item.id: register.pack.text(item.title, lang) for item in register.fields}
    facts = {
        "name": _("Name"), "kind": _("Type"), "levels": _("Levels of education"), "parent": _("Belongs to"),
        "founder": _("Founder"),
    }  # fmt: skip
    return own | facts


def _told(step: importing.Step, titles: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(titles.get(name, name), before, after) for name, before, after in step.told]


def _mine(request: HttpRequest, pk: int) -> RegisterImport:
    found = RegisterImport.objects.filter(pk=pk, uploaded_by=request.user).first()  # type: ignore[misc]
    if found is None:
        raise Http404
    return found
