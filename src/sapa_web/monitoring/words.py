"""The words of a plan: the pack's own in the reader's language, ours for how often and in which form."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _l

from sapa.packs.loader import Pack

FORMS = {"continuous": _l("all the time"), "periodic": _l("at fixed times")}
PERIODICITY = {
    "lesson": _l("lesson by lesson"), "week": _l("every week"), "month": _l("every month"), "quarter": _l("every quarter"),
    "half-year": _l("every half-year"), "year": _l("every year"), "event": _l("at events"),
}  # fmt: skip
RATED_BY = {"visits": _l("Visits to lessons"), "accounts": _l("Points teachers give themselves")}
"""What a rating may draw on, in words."""


def language() -> str:
    """The reader's language, as packs name it."""
    return (get_language() or "en").split("-")[0]


def said(rules: Pack, texts: Any) -> str:
    """A text of the pack, or the institution's own, in the reader's language."""
    return rules.text(dict(texts or {}), language())


def named(rules: Pack, items: dict[str, Any], chosen: Any) -> list[str]:
    """The titles of chosen codes; an unknown one stands for itself."""
    return [said(rules, items[code].title) if code in items else str(code) for code in chosen]
