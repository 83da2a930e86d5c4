"""The one door through which another part of the site gets results of self-assessments: it says for which use, and is asked why.

Appraisals of staff, sanctions and comparisons of institutions call this too; what a pack forbids is refused here, whoever asks.
"""

from __future__ import annotations

from dataclasses import dataclass

from sapa.packs.policies import Use
from sapa_web.common.packs import pack_named
from sapa_web.evaluation.domain.policy import require_use
from sapa_web.evaluation.models import Assessment, Rating
from sapa_web.orgs.inside import InsideScope


@dataclass(frozen=True)
class Result:
    """The level of one requirement."""

    period: str
    requirement: str
    level: str


def results(scope: InsideScope, assessment: int, use: Use) -> list[Result]:
    """The levels of an assessment of one's own institution, for ``use``. Raises ``RefusedError`` where a policy forbids it."""
    found = Assessment.objects.for_scope(scope).filter(pk=assessment).first()
    if found is None:
        return []
    require_use(pack_named(found.pack), "results", use)
    rated = Rating.objects.for_scope(scope).filter(assessment=found).order_by("requirement")
    return [Result(found.period, item.requirement, item.level) for item in rated]
