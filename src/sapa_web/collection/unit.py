"""What the reporting unit's part of the collection makes known at start: its entry of the navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sapa_web.collection.domain.queries.desk import reports
from sapa_web.common import navigation


def register() -> None:
    """Called when the site starts."""
    entry = navigation.Entry(_("My returns"), "collection:returns", "clipboard-list", 10, lambda request: reports(request.user))  # type: ignore[arg-type]
    navigation.register(entry)
