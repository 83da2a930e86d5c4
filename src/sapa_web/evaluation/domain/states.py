"""The path of a self-assessment."""

from __future__ import annotations

from sapa_web.common.transitions import Transitions
from sapa_web.evaluation.models import Assessment

_A = Assessment
PATH = (_A.PLANNED, _A.COLLECTING, _A.RATING, _A.DISCUSSED, _A.DECIDED, _A.PUBLISHED)
ASSESSMENT = Transitions(
    {
        "begin": ((_A.PLANNED,), _A.COLLECTING),
        "rate": ((_A.COLLECTING,), _A.RATING),
        "discuss": ((_A.RATING,), _A.DISCUSSED),
        "decide": ((_A.DISCUSSED,), _A.DECIDED),
        "publish": ((_A.DECIDED,), _A.PUBLISHED),
        # Steps back: nothing is lost by them.
        "replan": ((_A.COLLECTING,), _A.PLANNED),
        "collect_more": ((_A.RATING,), _A.COLLECTING),
        "rate_again": ((_A.DISCUSSED, _A.DECIDED), _A.RATING),
        "withdraw": ((_A.PUBLISHED,), _A.DECIDED),
    }
)
FORWARD = ("begin", "rate", "discuss", "decide", "publish")
BACK = {"replan": _A.COLLECTING, "collect_more": _A.RATING, "rate_again": _A.DISCUSSED, "withdraw": _A.PUBLISHED}
COLLECTS = (_A.COLLECTING, _A.RATING)
"""States in which evidence is gathered: a late paper still counts while levels are being set."""
AFTER_RATING = (_A.DISCUSSED, _A.DECIDED, _A.PUBLISHED)
