"""What answers to a form come to: cleaned, calculated, judged, with what is asked and what may be chosen.

``check_answers`` is the one judge: the page only shows early what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sapa.instruments.model import Choice, Texts

FindingCode = Literal["required", "constraint", "type", "choice", "other", "count", "unknown", "range"]


@dataclass(frozen=True)
class AnswerFinding:
    """One thing wrong with one answer.

    ``address``: ``age``, or within a repeat ``children[0].age`` (instances count from 0). ``message``: words in each language.
    """

    address: str
    item: str
    code: FindingCode
    message: Texts
    value: Any = None


@dataclass(frozen=True)
class Checked:
    """Answers as they are kept, and all that follows from them.

    ``answers``: by item name; of a repeat a list of such mappings. Integers are int, decimals float, dates ``YYYY-MM-DD``, times
    ``HH:MM``, date-times ``YYYY-MM-DDTHH:MM``, one choice its code, many choices and ranks a list of codes, an acknowledgement
    ``"OK"``. What is not asked (irrelevant) and what is empty is absent; calculations are in. ``shown``: addresses of all items
    that are asked, sections too. ``offered``: for each choosing item with a filter, the choices left.
    """

    answers: dict[str, Any]
    findings: tuple[AnswerFinding, ...] = ()
    shown: frozenset[str] = frozenset()
    offered: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether the answers may be handed in."""
        return not self.findings


def check_answers(form: Any, answers: Mapping[str, Any], *, now: datetime, partial: bool = False) -> Checked:
    """Clean and judge the answers to a compiled form.

    ``answers`` come as a page or a file gives them: text or values. ``now``: what ``now()`` and ``today()`` say. ``partial``:
    an interrupted answer, of which nothing is required yet. Finds, and never raises, whatever the answers are.
    """
    raise NotImplementedError
