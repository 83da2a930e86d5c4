"""The quality report of a release, measured from the collection itself, and the corrections it suggests.

Nothing in it is typed in: completeness, timeliness and corrections from what was owed and signed, findings from the collection's
own list, revisions from the version's change log, breaks of comparability from the tree of institutions.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, Q

from sapa.chain.publish import quality_of
from sapa_web.collection.models import Campaign, Explanation, Obligation
from sapa_web.common.files import archive
from sapa_web.indicators.domain.queries.sources import frozen_periods
from sapa_web.orgs.models import OrganisationVersion
from sapa_web.portal.models import DataVersion, Proposal, Release

LATE, CORRECTED, EXPLAINED = 0.1, 0.1, 0.05
"""Shares of the returns from which a correction of the deadline, the layout or the rule is proposed."""
WINDOW = 366
"""Days before the data were fixed in which a change of the tree breaks comparability with the year before."""
LISTED = 200


def measure(release: Release, data: DataVersion) -> dict[str, Any]:
    """The report as it is stored with the release; every number is of the release's period."""
    pack, period = release.publication.pack, release.period
    as_of = next((item.as_of for item in frozen_periods(pack) if item.period == period), None)
    store = archive(pack, period)
    return {
        "period": period,
        "as_of": as_of.isoformat() if as_of else None,
        "datasets": [_dataset(item) for item in Campaign.objects.filter(pack=pack, period=period).order_by("dataset")],
        "findings": _findings(store, pack, period),
        "revisions": dict(data.changes) if data.previous_id else {},
        "suppressed": {"facts": data.facts, "hidden": data.suppressed},
        "breaks": _breaks(as_of) if as_of else [],
    }


def _dataset(campaign: Campaign) -> dict[str, Any]:
    owed = Obligation.objects.unscoped("the quality of the whole collection").filter(campaign=campaign)
    signed = Q(revision__gt=0)
    counted = owed.aggregate(
        owed=Count("pk"), received=Count("pk", filter=signed), late=Count("pk", filter=signed & Q(late_days__gt=0)),
        corrected=Count("pk", filter=Q(revision__gt=1)), longest=Max("late_days"),
    )  # fmt: skip
    apart = owed.aggregate(
        returned=Count("pk", filter=Q(remarks__isnull=False), distinct=True),
        explained=Count("pk", filter=Q(explanations__isnull=False), distinct=True),
    )
    return {"dataset": campaign.dataset, **counted, **apart, "longest": counted["longest"] or 0}


def _findings(store: Any, pack: str, period: str) -> list[dict[str, Any]]:
    """Findings by rule: how many, and in how many returns somebody explained one."""
    explained = Counter(
        dict(
            Explanation.objects.filter(obligation__campaign__pack=pack, obligation__campaign__period=period)
            .values_list("rule")
            .annotate(n=Count("obligation", distinct=True))
        )
    )
    known = {item.rule: {"rule": item.rule, "severity": item.severity, "count": item.count, "title": dict(item.title)}
             for item in quality_of(store).rules}  # fmt: skip
    for rule in explained:
        known.setdefault(rule, {"rule": rule, "severity": "explain", "count": 0, "title": {}})
    return [{**item, "explained": explained.get(name, 0)} for name, item in sorted(known.items())]


def _breaks(as_of: date) -> list[dict[str, Any]]:
    """Places that went to another place within the year: the figures of both are comparable with the year before only by the
    old hierarchy. Each with where it was and where it is."""
    moved = (
        OrganisationVersion.objects.filter(superseded_at=None, event="moved", valid_from__gt=as_of - timedelta(days=WINDOW))
        .filter(valid_from__lte=as_of)
        .select_related("organisation", "parent")
        .order_by("valid_from", "organisation__code")[:LISTED]
    )
    out = []
    for item in moved:
        before = OrganisationVersion.objects.filter(
            organisation=item.organisation, superseded_at=None, valid_to=item.valid_from
        ).select_related("parent").first()  # fmt: skip
        out.append({
            "code": item.organisation.code, "name": item.name, "on": item.valid_from.isoformat(),
            "from": before.parent.code if before and before.parent else "", "to": item.parent.code if item.parent else "",
        })  # fmt: skip
    return out


def propose(release: Release) -> int:
    """Turn what the report found into proposed corrections; those decided already stay. Returns how many were new."""
    report = release.quality
    wanted: list[tuple[str, str, dict[str, Any]]] = []
    received = {item["dataset"]: item["received"] for item in report.get("datasets", [])}
    for item in report.get("datasets", []):
        whole = item["received"]
        if whole and item["late"] / whole > LATE:
            wanted.append(("deadline", f"dataset:{item['dataset']}", {"late": item["late"], "received": whole}))
        if whole and item["corrected"] / whole > CORRECTED:
            wanted.append(("layout", f"dataset:{item['dataset']}", {"corrected": item["corrected"], "received": whole}))
    most = max(received.values(), default=0)
    for item in report.get("findings", []):
        if most and item["explained"] / most > EXPLAINED:
            figures = {"explained": item["explained"], "received": most, "count": item["count"]}
            wanted.append(("rule", f"rule:{item['rule']}", figures))
    made = 0
    for kind, element, figures in wanted:
        _proposal, new = Proposal.objects.get_or_create(
            release=release, kind=kind, element=element, defaults={"figures": figures}
        )
        made += new
    return made
