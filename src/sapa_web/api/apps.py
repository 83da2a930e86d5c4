from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "sapa_web.api"
    label = "api"

    def ready(self) -> None:
        """The line of the side navigation, the daily job."""
        from sapa_web.api.domain import housekeeping  # noqa: F401 - it registers its job
        from sapa_web.common.navigation import Entry, register

        register(Entry(_("Systems"), "api:tokens", "plug", 65, shown=_administers))


def _administers(request: Any) -> bool:
    from sapa_web.orgs.domain.queries.access import may
    from sapa_web.orgs.roles import Capability

    return may(request.user, Capability.ADMINISTER)
