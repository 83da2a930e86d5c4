"""What can happen to what, from which state."""

from __future__ import annotations

from typing import Any

from sapa_web.common.transitions import Transitions
from sapa_web.monitoring.models import Document, Edition, Programme, Rating

PROGRAMME = Transitions({"order": ((Programme.DRAFT,), Programme.ORDERED), "close": ((Programme.ORDERED,), Programme.CLOSED)})
EDITION = Transitions(
    {
        "discuss": ((Edition.DRAFT,), Edition.DISCUSSION),
        "rework": ((Edition.DISCUSSION, Edition.ADOPTED), Edition.DRAFT),
        "adopt": ((Edition.DISCUSSION,), Edition.ADOPTED),
        "approve": ((Edition.ADOPTED,), Edition.APPROVED),
        "publish": ((Edition.APPROVED,), Edition.PUBLISHED),
        "end": ((Edition.APPROVED, Edition.PUBLISHED), Edition.ENDED),
    }
)
DOCUMENT = Transitions({"issue": ((Document.DRAFT,), Document.ISSUED), "publish": ((Document.ISSUED,), Document.PUBLISHED)})
RATING = Transitions({"open": ((Rating.DRAFT,), Rating.OPEN), "close": ((Rating.OPEN,), Rating.CLOSED)})


def held(model: Any, thing: Any) -> Any:
    """The row, held for the transaction."""
    return model.objects.unscoped("a row already reached by scope").select_for_update().get(pk=thing.pk)


def name_of(actor: Any) -> str:
    """How the actor is named on paper."""
    return str(getattr(actor, "name", "") or actor)
