"""The portal: what it makes known at start."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "sapa_web.portal"
    label = "portal"

    def ready(self) -> None:
        """The line of the side navigation, the jobs."""
        from sapa_web.common.navigation import Entry, leave_out, register
        from sapa_web.portal.domain import open_store, preparing, subscribing  # noqa: F401 - they register their jobs

        register(Entry(_("Releases"), "releases:home", "news", 46, shown=_works_on_releases))
        leave_out("portal")


def _works_on_releases(request: Any) -> bool:
    from sapa_web.orgs.domain.queries.access import scope_of, whole
    from sapa_web.orgs.roles import Capability

    return any(whole(scope_of(request.user, item)) for item in (Capability.PUBLISH, Capability.APPROVE))
