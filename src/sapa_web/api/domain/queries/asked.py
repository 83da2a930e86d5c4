"""What the routes read of the collection: campaigns, obligations, submissions within the token's scope."""

from __future__ import annotations

from typing import Any

from sapa_web.collection.models import Campaign, Obligation, Submission
from sapa_web.common.scope import Scope
from sapa_web.indicators.domain.queries.sources import frozen_packs


def known_packs() -> set[str]:
    """Packs this site works with; a name that is not among them is never looked for anywhere."""
    return set(Campaign.objects.values_list("pack", flat=True).distinct()) | set(frozen_packs())


def campaigns(scope: Scope, pack: str = "", period: str = "") -> list[Campaign]:
    """Campaigns whose data sets the scope reaches."""
    found = Campaign.objects.all()
    limits = [grant.datasets for grant in scope.grants]
    if all(limits):
        found = found.filter(dataset__in=sorted(frozenset().union(*limits)))
    if pack:
        found = found.filter(pack=pack)
    if period:
        found = found.filter(period=period)
    return list(found.order_by("pack", "period", "dataset"))


def campaign(scope: Scope, pack: str, dataset: str, period: str) -> Campaign | None:
    """One campaign within the scope."""
    return next((item for item in campaigns(scope, pack, period) if item.dataset == dataset), None)


def obligations(scope: Scope, **wanted: str) -> Any:
    """Obligations within the scope; ``wanted`` are pack, dataset, period, unit, state: the empty ones don't count."""
    names = {
        "pack": "campaign__pack", "dataset": "campaign__dataset", "period": "campaign__period",
        "unit": "organisation__code", "state": "state",
    }  # fmt: skip
    chosen = {names[name]: value for name, value in wanted.items() if value}
    return Obligation.objects.for_scope(scope).filter(**chosen).select_related("campaign", "organisation").order_by("pk")


def obligation(scope: Scope, **wanted: Any) -> Obligation | None:
    """One obligation by pack, dataset, period and unit, or by ``pk``."""
    if "pk" in wanted:
        found = Obligation.objects.for_scope(scope).filter(pk=wanted["pk"]).select_related("campaign", "organisation")
        return found.first()  # type: ignore[no-any-return]
    return obligations(scope, **wanted).first()  # type: ignore[no-any-return]


def submissions(scope: Scope, pack: str = "", dataset: str = "", period: str = "", unit: str = "") -> Any:
    """Submissions within the scope, in the order they came."""
    names = {
        "obligation__campaign__pack": pack, "obligation__campaign__dataset": dataset,
        "obligation__campaign__period": period, "obligation__organisation__code": unit,
    }  # fmt: skip
    chosen = {name: value for name, value in names.items() if value}
    found = Submission.objects.for_scope(scope).filter(**chosen)
    return found.select_related("obligation__campaign", "obligation__organisation").order_by("pk")


def submission(scope: Scope, receipt: str) -> Submission | None:
    """One submission by its receipt."""
    return submissions(scope).filter(receipt=receipt).first()  # type: ignore[no-any-return]
