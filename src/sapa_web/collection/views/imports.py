"""A whole country's returns in one file: upload, watch, look at what was found, fix."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import SapaError
from sapa.packs.loader import Pack
from sapa_web.collection.domain import bulk
from sapa_web.collection.domain.packs import pack_named
from sapa_web.collection.views.guards import needs
from sapa_web.common.models import JobRun
from sapa_web.common.scope import Scope
from sapa_web.orgs.domain.queries.access import whole
from sapa_web.orgs.domain.registers import pack_names
from sapa_web.orgs.models import Organisation
from sapa_web.orgs.roles import Capability


class ImportForm(forms.Form):
    """What the file holds, and where in the tree it belongs."""

    what = forms.ChoiceField(label=_l("Data set"), help_text=_l("Only data sets whose rows name the offices above each unit."))
    period = forms.RegexField(
        r"^\d{4}([-/].{1,8})?$", label=_l("Period"), max_length=20, help_text=_l("A year, for example 2020.")
    )
    as_of = forms.DateField(
        label=_l("The tree is as in the file from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_l("Openings, moves and closures are dated to this day."),
    )  # fmt: skip
    under = forms.ModelChoiceField(
        Organisation.objects.none(), label=_l("Below"), help_text=_l("The office under which the file's regions hang.")
    )
    complete = forms.BooleanField(
        label=_l("The file is complete: who is not in it has closed"), required=False,
        help_text=_l("Leave it empty where the file holds only a part."),
    )  # fmt: skip
    file = forms.FileField(label=_l("File"), help_text=_l("A workbook (xlsx) or CSV in the layout of the data set."))

    def __init__(self, *args: Any, scope: Scope, lang: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = _choices(lang)  # type: ignore[attr-defined]
        tops = Organisation.objects.for_scope(scope).filter(parent=None, is_institution=False)
        self.fields["under"].queryset = tops  # type: ignore[attr-defined]
        self.fields["under"].initial = tops.first()

    def clean_file(self) -> Any:
        """No larger than the site takes."""
        file = self.cleaned_data["file"]
        if file.size > settings.SAPA_UPLOAD_LIMIT:
            raise forms.ValidationError(_("The file is larger than this site takes."))
        return file


def _choices(lang: str) -> list[tuple[str, str]]:
    packs: list[Pack] = [pack_named(name) for name in pack_names()]
    return [
        (f"{pack.id}/{item.id}", f"{pack.text(pack.meta.title, lang)}: {pack.text(item.title, lang)}")
        for pack in packs
        for item in pack.datasets
        if item.places
    ]


def _mine(scope: Scope) -> Any:
    """Imports change the whole tree: only who reaches all of it may see and make them."""
    if not whole(scope):
        raise Http404
    return JobRun.objects.filter(kind=bulk.KIND).select_related("asked_by")


@needs(Capability.FREEZE)
@require_GET
def listing(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What has been imported, the newest first."""
    return render(request, "collection/imports.html", {"items": _mine(scope)[:200]})


@needs(Capability.FREEZE)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Upload a file; the work is done by a job."""
    _mine(scope)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(*given, scope=scope, lang=get_language() or "en")
    status = 200
    if given and form.is_valid():
        chosen = form.cleaned_data
        pack, _slash, dataset = chosen["what"].partition("/")
        try:
            run = bulk.ask(
                request.user, chosen["file"].name, chosen["file"].read(), pack=pack, dataset=dataset, period=chosen["period"],
                as_of=chosen["as_of"], under=chosen["under"], complete=chosen["complete"],
            )  # fmt: skip
            return redirect("imports:detail", pk=run.pk)
        except SapaError as error:
            form.add_error(None, str(error))
            status = 400
    return render(request, "collection/import_new.html", {"form": form}, status=status)


@needs(Capability.FREEZE)
@require_GET
def detail(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """How far it is, then what became of it."""
    run = get_object_or_404(_mine(scope), pk=pk)
    context = {"run": run, "given": run.arguments, "result": run.result, "has_findings": bulk.findings_path(run).exists()}
    return render(request, "collection/import.html", context)


@needs(Capability.FREEZE)
@require_GET
def findings(request: HttpRequest, scope: Scope, pk: int) -> HttpResponseBase:
    """The workbook of findings."""
    run = get_object_or_404(_mine(scope), pk=pk)
    path = bulk.findings_path(run)
    if not path.exists():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"findings-{run.arguments['period']}.xlsx")


@needs(Capability.FREEZE)
@require_POST
def fix(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """Fix the imported returns; the facts become official."""
    run = get_object_or_404(_mine(scope), pk=pk, state="done")
    try:
        held = bulk.fix(request.user, run.arguments["pack"], run.arguments["period"], date.fromisoformat(run.arguments["as_of"]))
    except SapaError as error:
        messages.error(request, str(error))
        return redirect("imports:detail", pk=pk)
    return redirect("freeze:detail", pk=held.pk)
