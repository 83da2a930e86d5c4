"""Enter: the grid and its two addresses, the form of a return with one row, and plain pages for browsers without scripts."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import OperationalError
from django.forms.utils import ErrorDict, ErrorList
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sapa.errors import SapaError, UserError
from sapa_web.collection.domain import offers, working
from sapa_web.collection.domain.checking import check_draft, kept_findings
from sapa_web.collection.domain.derived import derived
from sapa_web.collection.domain.gate import Closed
from sapa_web.collection.domain.queries.desk import Desk
from sapa_web.collection.domain.queries.sheet import definitions, found_for, grid
from sapa_web.collection.domain.working import ID, Conflict, Row, apply, rows_of
from sapa_web.collection.models import Obligation
from sapa_web.collection.views.reporting import LOCKED, answered, at_desk, back_to, busy, page, refusals, refused, said

PER_PAGE = 50
ONE_ROW = "form"
LONGEST_BODY = 16 * 1024 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk(whole=False)
def enter(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A form where there is one row a unit, the grid where there are many."""
    if desk.is_form and desk.classes is None:
        return _row_page(request, desk, None)
    if request.method == "POST":
        raise Http404
    version, rows = rows_of(desk.obligation)
    context: dict[str, Any] = {
        "data_url": reverse("collection:grid-data", args=[desk.obligation.pk]),
        "changes_url": reverse("collection:grid-changes", args=[desk.obligation.pk]),
        "key": f"{desk.user.pk}-{desk.obligation.pk}",
        "version": version,
        "offers": offers.offers(desk.obligation) if desk.may_change and desk.classes is None else [],
    }
    if desk.classes is not None:
        context["derived"] = derived(desk.obligation, desk.own(rows))
        return page(request, "teacher", desk, "return", context)
    return page(request, "grid", desk, "return", context)


@require_GET
@at_desk(whole=False)
def grid_data(request: HttpRequest, desk: Desk) -> JsonResponse:
    """Fields, rows, findings."""
    return JsonResponse(grid(desk), json_dumps_params={"ensure_ascii": False})


@require_POST
@at_desk(whole=False)
def grid_changes(request: HttpRequest, desk: Desk) -> JsonResponse:
    """Changes of cells: saved, verified, and what was found; see the grid protocol for the answers."""
    try:
        changes = _changes(request)
        _version, rows = rows_of(desk.obligation)
        draft = apply(desk.user, desk.obligation, changes, part=desk.part(rows))
        checked = check_draft(desk.obligation)
    except Conflict as conflict:
        told = {"version": conflict.version, "conflicts": conflict.cells, "rows": _plain(desk.own(conflict.rows))}
        return JsonResponse(told, status=409)
    except SapaError as error:
        return answered(error)
    except OperationalError:
        return answered(busy())  # the grid keeps the changes and tries again
    _version, rows = rows_of(desk.obligation)
    return JsonResponse({"version": draft.version, **found_for(desk, checked.findings, rows)})


def _plain(rows: list[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name != working.ENTERED} for row in rows]


def _changes(request: HttpRequest) -> list[dict[str, Any]]:
    try:
        body = json.loads(request.body)
        changes = body["changes"]
        if not isinstance(changes, list) or not all(isinstance(item, dict) for item in changes):
            raise TypeError
        if not all(isinstance(item.get("values") or {}, dict) for item in changes):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(_("the request is not readable"), todo=_("reload the page")) from error
    return changes


# --- forms: a return with one row, and single rows without scripts


class RowForm(forms.Form):
    """One row; nothing typed is refused here: the engine says what is wrong, at its field."""

    use_required_attribute = False

    def __init__(self, fields: list[dict[str, Any]], values: Row, errors: dict[str, list[str]], locked: bool) -> None:
        super().__init__(data=dict(values), auto_id="field-%s")
        for item in fields:
            self.fields[item["id"]] = _field(item, values.get(item["id"], ""), locked)
        # The findings of the engine stand where a form's own errors would.
        self._errors = ErrorDict({name: ErrorList(texts) for name, texts in errors.items() if name in self.fields})


def _field(item: dict[str, Any], value: str, locked: bool) -> forms.Field:
    widget: forms.Widget
    attrs: dict[str, Any] = {"disabled": True} if locked or item["readonly"] else {}
    if item["codes"]:
        known = [("", "—"), *[(code, title) for code, title in item["codes"]]]
        if value and value not in {code for code, _title in known}:
            known.append((value, value))
        widget = forms.Select(attrs, choices=known)
    elif item["type"] == "date" and (not value or _is_date(value)):
        widget = forms.DateInput({**attrs, "type": "date"})
    elif item["type"] in ("integer", "decimal", "number"):
        widget = forms.TextInput({**attrs, "inputmode": "numeric" if item["type"] == "integer" else "decimal"})
    elif item["max_length"] > 300 and item["type"] == "string":
        widget = forms.Textarea({**attrs, "rows": 2, "maxlength": item["max_length"]})
    else:
        widget = forms.TextInput({**attrs, "maxlength": item["max_length"]})
    return forms.CharField(label=item["title"], help_text=item["help"], required=item["required"], widget=widget)


def _is_date(value: str) -> bool:
    return len(value) == 10 and value[4] == value[7] == "-"


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk(whole=False)
def row(request: HttpRequest, desk: Desk, row_id: str) -> HttpResponse:
    """One row of many, as a form; ``new`` adds one."""
    return _row_page(request, desk, row_id)


def _row_page(request: HttpRequest, desk: Desk, row_id: str | None) -> HttpResponse:
    _version, rows = rows_of(desk.obligation)
    own = desk.own(rows)
    new = row_id == "new"
    found = (own[0] if own else None) if row_id is None else next((item for item in own if item[ID] == row_id), None)
    if found is None and row_id is not None and (not new or desk.classes is not None):
        raise Http404
    if request.method == "POST":
        return _save_row(request, desk, found, row_id)
    return _show_row(request, desk, found or {}, row_id, _errors(desk, found, rows))


def _errors(desk: Desk, found: Row | None, rows: list[Row]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    if found is None:
        return out
    for item in found_for(desk, kept_findings(desk.obligation), rows)["findings"]:
        if item["row"] == found[ID] and item["severity"] in ("blocks", "explain"):
            out.setdefault(item["field"], []).append(f"{item['message']}. {item['remedy']}")
    return out


def _show_row(
    request: HttpRequest, desk: Desk, values: Row, row_id: str | None, errors: dict[str, list[str]], *, was: Row | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    fields = definitions(desk, rows_of(desk.obligation)[1])
    context = {
        "form": RowForm(fields, values, errors, locked=not desk.may_change),
        "was": json.dumps({item["id"]: (was if was is not None else values).get(item["id"], "") for item in fields}),
        "row_id": row_id,
        "is_form": row_id is None,
        "open": desk.may_change,
        "offers": offers.offers(desk.obligation) if row_id is None and desk.may_change else [],
    }
    return page(request, "form", desk, "return", context, status=status)


def _save_row(request: HttpRequest, desk: Desk, found: Row | None, row_id: str | None) -> HttpResponse:
    obligation = desk.obligation
    fields = definitions(desk, rows_of(desk.obligation)[1])
    values = {item["id"]: request.POST.get(item["id"], "").strip() for item in fields if item["id"] in request.POST}
    try:
        was = json.loads(request.POST.get("was") or "{}")
    except ValueError:
        was = {}
    name = found[ID] if found else ONE_ROW if row_id is None else f"n-{uuid4()}"
    if request.POST.get("act") == "delete":
        changes: list[dict[str, Any]] = [{"op": "delete", "row": name}]
    elif found is None:
        changes = [{"op": "add", "row": name, "after": None, "values": values}]
    else:
        changes = [
            {"op": "set", "row": name, "field": field, "value": value, "was": str(was.get(field, ""))}
            for field, value in values.items()
            if value != str(was.get(field, ""))
        ]
    try:
        apply(desk.user, obligation, changes, part=desk.part(rows_of(obligation)[1]))
        check_draft(obligation)
    except Conflict as conflict:
        return _conflict(request, desk, conflict, values, row_id)
    except Closed as error:
        return refused(request, error, LOCKED, desk)
    except UserError as error:
        messages.error(request, said(error))
        return HttpResponseRedirect(request.path)
    _tell(request, obligation)
    return back_to("return", obligation) if row_id is None else back_to("rows", obligation)


def _conflict(request: HttpRequest, desk: Desk, conflict: Conflict, values: Row, row_id: str | None) -> HttpResponse:
    """Both values are shown; sending the form again means that one has seen the other's."""
    current = conflict.rows[0] if conflict.rows else {}
    errors = {
        cell["field"]: [
            _("%(who)s has written “%(theirs)s” here meanwhile. Save again to keep what you wrote.")
            % {"who": cell["by"] or _("Somebody"), "theirs": cell["theirs"] or ""}
        ]
        for cell in conflict.cells
    }
    messages.warning(request, _("Somebody else has changed this return while you worked on it. Nothing of yours was saved yet."))
    return _show_row(request, desk, {**current, **values}, row_id, errors, was=current, status=409)


def _tell(request: HttpRequest, obligation: Obligation) -> None:
    count = obligation.blocks + obligation.explains
    if obligation.state == Obligation.READY:
        messages.success(request, _("Saved and checked: nothing stands in the way of signing."))
    elif count:
        text = ngettext("Saved and checked: %d finding.", "Saved and checked: %d findings.", count)
        messages.warning(request, text % count)
    else:
        messages.success(request, _("Saved."))


@require_GET
@at_desk(whole=False)
def rows(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The rows as a plain list, for browsers without scripts and for those who prefer it."""
    _version, everything = rows_of(desk.obligation)
    own = desk.own(everything)
    fields = definitions(desk, everything)
    by_row: dict[str, int] = {}
    for item in found_for(desk, kept_findings(desk.obligation), everything)["findings"]:
        if item["row"] and item["severity"] in ("blocks", "explain"):
            by_row[item["row"]] = by_row.get(item["row"], 0) + 1
    names = {item.id for item in desk.fields if item.role == "key" or item.protect == "drop"}
    shown = [item for item in fields if item["id"] in names] or fields[:4]
    listed = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    lines = [
        {
            "id": item[ID],
            "name": " ".join(item[field["id"]] for field in shown if item.get(field["id"])) or _("row without a name"),
            "cls": item.get(desk.class_field, "") if desk.class_field else "",
            "found": by_row.get(item[ID], 0),
        }
        for item in listed
    ]
    context = {"page": listed, "lines": lines, "of": len(own), "open": desk.may_change, "whole": desk.classes is None}
    return page(request, "rows", desk, "return", context)


@require_POST
@at_desk()
@refusals("collection:return")
def discard(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Throw the working list away."""
    working.discard(desk.user, desk.obligation)
    messages.success(request, _("What was entered since the last signature was thrown away."))
    return back_to("return", desk.obligation)
