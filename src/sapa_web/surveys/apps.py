"""Surveys: what they make known at start."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveysConfig(AppConfig):
    name = "sapa_web.surveys"
    label = "surveys"

    def ready(self) -> None:
        """The line of the side navigation, the jobs."""
        from sapa_web.common.navigation import Entry, register
        from sapa_web.surveys.domain import box, links, surveys  # noqa: F401 - they register their jobs

        register(Entry(_("Surveys"), "surveys:home", "clipboard-list", 14, shown=_works_on_quality))


def _works_on_quality(request: Any) -> bool:
    from sapa_web.surveys.domain.queries.reach import own_scope

    return bool(own_scope(request.user))
