"""The workbook: filled in outside, handed in, shown, and only then put in the working list's place."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.datasets.wording import say
from sapa.errors import UserError
from sapa_web.collection.domain import uploads, working
from sapa_web.collection.domain.checking import kept_findings
from sapa_web.collection.domain.comparing import between
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.queries.desk import Desk
from sapa_web.collection.domain.queries.sheet import MOST_FINDINGS, language, shown_rows
from sapa_web.collection.domain.workbooks import write_filled
from sapa_web.collection.domain.working import filled, rows_of
from sapa_web.collection.models import Upload
from sapa_web.collection.views.reporting import at_desk, back_to, page, refusals

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_ROWS = 10
SHOWN_FINDINGS = 100


class SizeLimit(FileUploadHandler):
    """Stops reading a file that is larger than the site takes, before it fills the disk."""

    taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.taken += len(raw_data)
        if self.taken > settings.SAPA_UPLOAD_LIMIT:
            assert self.request is not None
            self.request.too_large = True  # type: ignore[attr-defined]
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


@require_GET
@at_desk()
def template(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The pack's workbook with the unit's present rows, lists to choose from, and hints."""
    rows = filled(rows_of(desk.obligation)[1])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "return.xlsx"
        write_filled(path, desk.obligation.campaign, rows, language())
        return _workbook(path, desk, "")


def _workbook(path: Path, desk: Desk, kind: str) -> HttpResponse:
    campaign = desk.obligation.campaign
    parts = [campaign.dataset, campaign.period, desk.obligation.organisation.code, kind]
    name = get_valid_filename("-".join(part for part in parts if part))
    response = HttpResponse(path.read_bytes(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


@csrf_exempt  # only so that the limit of the size comes before the form is read; the token is asked for below
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a file in."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > settings.SAPA_UPLOAD_LIMIT + 1024 * 1024:
        return _too_large(request, pk=pk)
    request.upload_handlers.insert(0, SizeLimit(request))
    return _upload(request, pk=pk)


@at_desk()
@refusals("collection:upload")
def _too_large(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Nothing of the file was read and nothing is changed."""
    text = _("the file is larger than %d MB") % (settings.SAPA_UPLOAD_LIMIT // 1024 // 1024)
    raise UserError(text, todo=_("hand in the file of one institution, without pictures"))


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@at_desk()
@refusals("collection:upload")
def _upload(request: HttpRequest, desk: Desk) -> HttpResponse:
    if request.method != "POST":
        return page(request, "upload", desk, "return", {"limit": settings.SAPA_UPLOAD_LIMIT, "kinds": sorted(uploads.KINDS)})
    require_open(desk.obligation.campaign)
    given = request.FILES.get("file")
    if getattr(request, "too_large", False):
        return _too_large(request, pk=desk.obligation.pk)
    if not isinstance(given, UploadedFile):
        raise UserError(_("no file was chosen"), todo=_("choose the workbook you have filled in"))
    made = _hand_in(desk, given)
    return HttpResponseRedirect(reverse("collection:preview", args=[desk.obligation.pk, made.pk]))


def _hand_in(desk: Desk, given: UploadedFile[Any]) -> Upload:
    """Written to a file of its own: the reader wants one, with a suffix that says its kind."""
    name = Path(given.name or "file").name
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{Path(name).suffix.lower()[:10]}"
        with path.open("wb") as file:
            for chunk in given.chunks():
                file.write(chunk)
        try:
            return uploads.hand_in(desk.user, desk.obligation, path, name)
        except UserError as error:
            raise type(error)(error.message.replace(path.name, name), todo=error.todo) from error


def _own(desk: Desk, upload_id: int) -> Upload:
    found = Upload.objects.filter(pk=upload_id, obligation=desk.obligation, by=desk.user).first()
    if found is None:
        raise Http404
    found.obligation = desk.obligation
    return found


@require_GET
@at_desk()
@refusals("collection:upload")
def preview(request: HttpRequest, desk: Desk, upload_id: int) -> HttpResponse:
    """What would be replaced, by what, and what the rules say of it. The working list is as it was."""
    handed = _own(desk, upload_id)
    content, checked = uploads.content_of(handed), uploads.recheck(handed)
    version, present = rows_of(desk.obligation)
    present = filled(present)
    names = list(content["columns"]) or sorted({name for row in content["rows"][:SHOWN_ROWS] for name in row})
    titles = {item.id: item for item in desk.fields}
    columns = [name for name in names if name in titles]
    lines = list(checked.findings.messages(language(), 0, min(SHOWN_FINDINGS, MOST_FINDINGS)))
    places = content["places"]
    context = {
        "upload": handed,
        "version": version,
        "present": len(present),
        "notes": content["notes"],
        "counts": checked.counts,
        "causes": [_shown(item) for item in checked.findings.summary(language())],
        "findings": [{**line, "line": places[line["row"] - 1] if line["row"] else None} for line in lines],
        "columns": [say(titles[name].title, language()) for name in columns],
        "rows": shown_rows(desk, columns, content["rows"][:SHOWN_ROWS]),
        "difference": between(desk.obligation, present, content["typed"], language()) if present else None,
        "more_rows": max(len(content["rows"]) - SHOWN_ROWS, 0),
    }
    return page(request, "preview", desk, "return", context)


def _shown(cause: Any) -> dict[str, Any]:
    severity = "advises" if cause.severity == "note" else cause.severity
    return {"severity": severity, "cause": cause.cause, "remedy": cause.remedy, "count": cause.count, "clause": cause.clause}


@require_POST
@at_desk()
@refusals("collection:upload")
def confirm(request: HttpRequest, desk: Desk, upload_id: int) -> HttpResponse:
    """The file's rows take the place of the working list; or the file is put away."""
    handed = _own(desk, upload_id)
    if request.POST.get("act") == "withdraw":
        handed.delete()
        messages.info(request, _("The file was put away; the working list is as it was."))
        return back_to("return", desk.obligation)
    version = request.POST.get("version", "")
    uploads.confirm(desk.user, handed, version=int(version) if version.isdigit() else -1)
    messages.success(request, _("The rows of the file are your working list now, and were checked."))
    return back_to("check" if handed.obligation.state == "findings" else "return", desk.obligation)


@require_GET
@at_desk()
@refusals("collection:upload")
def marked(request: HttpRequest, desk: Desk, upload_id: int) -> HttpResponse:
    """The workbook that was handed in, its cells marked and commented."""
    with uploads.marked(_own(desk, upload_id), language()) as path:
        return _workbook(path, desk, "marked")


@require_GET
@at_desk()
@refusals("collection:check")
def marked_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The working list as a workbook, its cells marked."""
    rows = working.filled(rows_of(desk.obligation)[1])
    if kept_findings(desk.obligation) is None:
        raise UserError(_("nothing was entered yet"), todo=_("enter the rows first"))
    with uploads.marked_rows(desk.obligation, rows, language()) as path:
        return _workbook(path, desk, "marked")
