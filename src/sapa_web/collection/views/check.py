"""Check: what was found, grouped by cause; explanations; the list as a workbook with its cells marked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sapa_web.collection.domain.checking import check_draft, kept_findings
from sapa_web.collection.domain.explanations import explain, withdraw
from sapa_web.collection.domain.queries.desk import Desk
from sapa_web.collection.domain.queries.lateness import lateness
from sapa_web.collection.domain.queries.sheet import found_for
from sapa_web.collection.domain.working import ID, filled, rows_of
from sapa_web.collection.models import Draft, Explanation
from sapa_web.collection.views.reporting import at_desk, back_to, page, refusals

PLACES = 25
"""Places named under a cause; the grid has them all."""


@require_GET
@at_desk()
def check(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The findings of the last verification; one that has gone stale is made again."""
    obligation = desk.obligation
    draft = Draft.objects.filter(obligation=obligation).only("version", "checked_version", "changed_at").first()
    if draft is not None and draft.version and draft.checked_version != draft.version:
        check_draft(obligation)
    _version, rows = rows_of(obligation)
    findings = kept_findings(obligation)
    found = found_for(desk, findings, rows)
    texts = {item.rule: item for item in Explanation.objects.filter(obligation=obligation).select_related("by")}
    context = {
        "entered": bool(rows),
        "causes": [_cause(item, found["findings"], filled(rows), desk, texts) for item in found["causes"]],
        "skipped": len(findings.skipped) if findings is not None else 0,
        "late_facts": lateness(desk, rows),
    }
    return page(request, "check", desk, "check", context)


def _cause(item: dict[str, Any], cells: list[dict[str, Any]], rows: list[Any], desk: Desk, texts: dict[str, Explanation]) -> Any:
    number = {row[ID]: place for place, row in enumerate(rows, start=1)}
    places = [cell for cell in cells if cell["rule"] == item["rule"] and cell["severity"] == item["severity"]]
    shown = [{"label": _place(cell, number), "row": cell["row"]} for cell in places[:PLACES]]
    kept = texts.get(item["rule"]) if item["severity"] == "explained" else None
    severity = "advises" if item["severity"] == "note" else item["severity"]
    return {**item, "severity": severity, "places": shown, "more": max(len(places) - PLACES, 0), "explanation": kept}


def _place(cell: dict[str, Any], number: dict[str, int]) -> str:
    if cell["row"] is None:
        return str(cell["message"])
    return _("Row %(row)d: %(message)s") % {"row": number.get(cell["row"], 0), "message": cell["message"]}


@require_POST
@at_desk()
@refusals("collection:check")
def explain_finding(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Say why the findings of a rule are right as they stand, or take that back."""
    rule = request.POST.get("rule", "")
    if request.POST.get("act") == "withdraw":
        withdraw(desk.user, desk.obligation, rule)
        messages.success(request, _("The explanation was taken back."))
    else:
        rows = set(request.POST.getlist("row")) or None
        count = explain(desk.user, desk.obligation, rule, request.POST.get("text", ""), rows=rows)
        messages.success(request, ngettext("%d place is explained.", "%d places are explained.", count) % count)
    return back_to("check", desk.obligation)


@require_POST
@at_desk()
@refusals("collection:check")
def again(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Verify once more: another data set that the rules look at may have been signed meanwhile."""
    if rows_of(desk.obligation)[0]:
        check_draft(desk.obligation)
        messages.success(request, _("Checked."))
    return back_to("check", desk.obligation)
