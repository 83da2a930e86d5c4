"""The institution's own quality system: what it makes known at start."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "sapa_web.evaluation"
    label = "evaluation"

    def ready(self) -> None:
        """The line of the side navigation: for people of an institution."""
        from sapa_web.common.navigation import Entry, register

        register(Entry(_("Our quality"), "evaluation:home", "target", 30, shown=_belongs_to_an_institution))


def _belongs_to_an_institution(request: Any) -> bool:
    from sapa_web.orgs.inside import inside
    from sapa_web.orgs.roles import Capability

    return bool(inside(request.user, Capability.QUALITY, Capability.TAKE_PART))
