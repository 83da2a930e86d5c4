"""Why a finding that must be explained is right as it stands; kept by the row's key and the value it was said of."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.collection.domain.checking import keep, kept_findings, mark, row_key
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.working import filled, rows_of
from sapa_web.collection.models import Draft, Explanation, Obligation
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger

SHORTEST = 10
LONGEST = 1000


@transaction.atomic
def explain(user: Any, obligation: Obligation, rule: str, text: str, *, rows: set[str] | None = None) -> int:
    """Explain the findings of one rule, in the rows named (``_id``) or in all; returns how many were explained.

    Raises ``UserError`` where the text says nothing or there is nothing to explain.
    """
    require_open(obligation.campaign)
    said = " ".join(text.split())
    if not SHORTEST <= len(said) <= LONGEST:
        raise UserError(
            _("an explanation has %(least)d to %(most)d letters") % {"least": SHORTEST, "most": LONGEST},
            todo=_("say in a sentence why the value is right"),
        )
    findings, (version, everything) = kept_findings(obligation), rows_of(obligation)
    if findings is None or not Draft.objects.filter(obligation=obligation, version=version, checked_version=version).exists():
        raise UserError(_("the return was changed and not yet checked"), todo=_("check it again"))
    listed = filled(everything)
    count = 0
    for line in findings.table.select(["severity", "rule", "row", "field", "value"]).to_pylist():
        number = line["row"]
        row = listed[number - 1] if number and number <= len(listed) else None
        if (line["severity"], line["rule"]) != ("explain", rule) or (rows is not None and (row or {}).get("_id") not in rows):
            continue
        key = row_key(findings.dataset, obligation.campaign.period, row, number) if row is not None else ""
        Explanation.objects.update_or_create(
            obligation=obligation, rule=rule, key=key, field=line["field"] or "",
            defaults={"value": mark(line["value"] or ""), "text": said, "by": user, "at": now()},
        )  # fmt: skip
        count += 1
    if not count:
        raise UserError(_("there is nothing to explain here"), todo=_("look at the findings as they are now"))
    keep(obligation, version, listed, findings)
    ledger.append(
        user, "finding.explained", obj=obligation, unit=obligation.organisation.code, data={"rule": rule, "count": count}
    )  # fmt: skip
    return count


@transaction.atomic
def withdraw(user: Any, obligation: Obligation, rule: str) -> int:
    """Take the explanations of a rule back; returns how many."""
    require_open(obligation.campaign)
    count, _kinds = Explanation.objects.filter(obligation=obligation, rule=rule).delete()
    findings, (version, rows) = kept_findings(obligation), rows_of(obligation)
    if count and findings is not None:
        keep(obligation, version, filled(rows), findings)
        ledger.append(
            user, "explanation.withdrawn", obj=obligation, unit=obligation.organisation.code, data={"rule": rule, "count": count}
        )
    return count
