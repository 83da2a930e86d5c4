"""The states of a survey and of a protocol, and what leads from one to the other."""

from __future__ import annotations

from sapa_web.common.transitions import Transitions
from sapa_web.surveys.models import Coding, Protocol, Survey

SURVEY = Transitions(
    {
        "change": ((Survey.DRAFT,), Survey.DRAFT),
        "open": ((Survey.DRAFT,), Survey.OPEN),
        "answer": ((Survey.OPEN,), Survey.OPEN),
        "close": ((Survey.OPEN,), Survey.CLOSED),
    }
)
"""Closed for good: what is counted is what came in until then."""

PROTOCOL = Transitions(
    {
        "write": ((Protocol.DRAFT,), Protocol.DRAFT),
        "agree": ((Protocol.DRAFT,), Protocol.AGREED),
    }
)
"""What was agreed with those who took part is not changed afterwards."""

CODING = Transitions(
    {
        "write": ((Coding.DRAFT,), Coding.DRAFT),
        "start": ((Coding.DRAFT,), Coding.WORK),
        "revise": ((Coding.WORK,), Coding.DRAFT),
        "mark": ((Coding.WORK,), Coding.WORK),
        "finish": ((Coding.WORK,), Coding.TALK),
        "decide": ((Coding.TALK,), Coding.TALK),
        "settle": ((Coding.TALK,), Coding.SETTLED),
    }
)
"""Nobody sees what the other gave before both have finished (``finish`` leads on when the second does)."""
