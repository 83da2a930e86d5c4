"""The application's part for internal monitoring."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    name = "sapa_web.monitoring"
    label = "monitoring"

    def ready(self) -> None:
        """The line of the side navigation, for people of an institution; the job that ends regulations."""
        from sapa_web.common.navigation import Entry, register
        from sapa_web.monitoring.domain import regulations  # noqa: F401 - it registers its job

        register(Entry(_("Monitoring"), "monitoring:home", "eye", 31, shown=_takes_part))


def _takes_part(request: Any) -> bool:
    from sapa_web.orgs.inside import inside
    from sapa_web.orgs.roles import Capability

    return bool(inside(request.user, Capability.QUALITY, Capability.TAKE_PART))
