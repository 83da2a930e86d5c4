"""Instruments of an institution: taken from a pack, brought in as a workbook, looked at, taken out of use."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import SapaError
from sapa.instruments import Form, check_answers
from sapa.instruments.xlsform_write import write_xlsform
from sapa.publication.sheets import sheet_pdf
from sapa_web.common.clock import now
from sapa_web.orgs.models import Organisation
from sapa_web.surveys import forms
from sapa_web.surveys.asking import View, asked
from sapa_web.surveys.domain import instruments
from sapa_web.surveys.domain.forms import compiled
from sapa_web.surveys.domain.queries import reach, ready
from sapa_web.surveys.models import Instrument
from sapa_web.surveys.views.guard import Scope, inside, one
from sapa_web.surveys.views.staff import tabs


@inside
@require_GET
def home(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The institution's instruments."""
    written = [(draft, Form.from_json(draft.form).title) for draft in reach.drafts(scope)[:100]]
    context = {"items": reach.instruments(scope), "written": written, "tabs": tabs("instruments")}
    return render(request, "surveys/instruments.html", context)


@inside
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Take ready instruments of a pack, as many as are marked."""
    places = list(reach.institutions(scope))
    packs = ready.packs(forms.language())
    if request.method == "POST":
        place = place_of(places, request.POST.get("unit", ""))
        taken = 0
        try:
            for name in request.POST.getlist("take"):
                pack, _colon, element = name.partition(":")
                instruments.add(request.user, place, ready.form(pack, element), "pack")  # type: ignore[arg-type]
                taken += 1
            messages.success(request, _("Instruments taken: %(n)s.") % {"n": taken})
            return redirect("surveys:instruments")
        except SapaError as error:
            messages.error(request, str(error))
    context = {"packs": packs, "places": places, "tabs": tabs("instruments")}
    return render(request, "surveys/take.html", context)


@inside
@require_GET
def detail(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """What it asks, and its versions."""
    instrument = one(reach.instruments(scope), pk)
    versions = list(reach.versions(scope).filter(instrument=instrument).order_by("-number"))
    wanted = request.GET.get("version", "")
    chosen = next((item for item in versions if str(item.number) == wanted), versions[0])
    made = compiled(chosen)
    checked = check_answers(made, {}, now=now(), partial=True)
    context: dict[str, Any] = {
        "instrument": instrument, "versions": versions, "chosen": chosen, "form": made.form,
        "items": asked(View(made, forms.language(), {}, checked, everything=True)),
        "draft": reach.drafts(scope).filter(instrument=instrument).first(),
    }  # fmt: skip
    return render(request, "surveys/instrument.html", context)


@inside
@require_http_methods(["GET", "POST"])
def bring(request: HttpRequest, scope: Scope) -> HttpResponse:
    """A workbook in XLSForm becomes an instrument, or is refused with every reason."""
    places = list(reach.institutions(scope))
    form = forms.WorkbookForm(request.POST or None, request.FILES or None, places=places)
    if request.method == "POST" and form.is_valid():
        try:
            imported = form.imported()
            made = instruments.add(request.user, place_of(places, form.cleaned_data.get("unit", "")), imported.form, "file")  # type: ignore[arg-type]
            _remarks(request, imported.remarks)
            return redirect("surveys:instrument", pk=made.pk)
        except SapaError as error:
            form.add_error(None, str(error))
    context = {"form": form, "heading": _("Bring in a workbook")}
    return render(request, "surveys/bring.html", context, status=400 if form.errors else 200)


@inside
@require_http_methods(["GET", "POST"])
def bring_version(request: HttpRequest, scope: Scope, pk: int) -> HttpResponse:
    """The workbook, taken away and changed, comes back as a new version."""
    instrument: Instrument = one(reach.instruments(scope), pk)
    form = forms.WorkbookForm(request.POST or None, request.FILES or None, change=True)
    if request.method == "POST" and form.is_valid():
        try:
            imported = form.imported()
            instruments.revise(request.user, instrument, imported.form, form.cleaned_data["change"])  # type: ignore[arg-type]
            _remarks(request, imported.remarks)
            return redirect("surveys:instrument", pk=pk)
        except SapaError as error:
            form.add_error(None, str(error))
    context = {"form": form, "heading": _("Bring in a new version"), "instrument": instrument}
    return render(request, "surveys/bring.html", context, status=400 if form.errors else 200)


@inside
@require_GET
def file(request: HttpRequest, scope: Scope, pk: int, kind: str) -> HttpResponse:
    """The instrument as a workbook (XLSForm), or on paper (PDF)."""
    instrument: Instrument = one(reach.instruments(scope), pk)
    if kind not in ("xlsx", "pdf"):
        raise Http404
    wanted = request.GET.get("version", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else instrument.latest
    version = reach.versions(scope).filter(instrument=instrument, number=number).first()
    if version is None:
        raise Http404
    asked_form = compiled(version).form
    if kind == "xlsx":
        content, media = write_xlsform(asked_form), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    else:
        spoken = [item.code for item in asked_form.languages]
        here = request.GET.get("lang") or forms.language()
        language = here if here in spoken else asked_form.language
        content, media = sheet_pdf(asked_form, language, institution=str(instrument.organisation)), "application/pdf"
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="instrument-{pk}-v{number}.{kind}"'
    return response


def _remarks(request: HttpRequest, remarks: tuple[str, ...]) -> None:
    for remark in remarks[:20]:
        messages.warning(request, remark)


@inside
@require_POST
def act(request: HttpRequest, scope: Scope, pk: int, verb: str) -> HttpResponse:
    """Out of use, or into use again."""
    instrument: Instrument = one(reach.instruments(scope), pk)
    if verb not in ("retire", "restore"):
        raise Http404
    instruments.retire(request.user, instrument, back=verb == "restore")  # type: ignore[arg-type]
    return redirect("surveys:instrument", pk=pk)


def place_of(places: list[Organisation], code: str) -> Organisation:
    """The institution of that code, or the only one; else 404."""
    found = next((item for item in places if item.code == code), places[0] if len(places) == 1 else None)
    if found is None:
        raise Http404
    return found
