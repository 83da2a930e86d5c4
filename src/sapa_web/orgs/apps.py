from collections.abc import Callable
from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class OrgsConfig(AppConfig):
    name = "sapa_web.orgs"
    label = "orgs"

    def ready(self) -> None:
        """The lines of the side navigation."""
        from sapa_web.common.navigation import Entry, register
        from sapa_web.orgs.roles import Capability

        admin, freeze = Capability.ADMINISTER, Capability.FREEZE
        lines = [
            (_("Institutions"), "orgs:tree", "hierarchy", 40, (Capability.SEE,)),
            (_("Register files"), "orgs:imports", "database-import", 42, (admin, freeze)),
            (_("People"), "orgs:people", "users", 60, (admin,)),
            (_("Packs"), "orgs:packs", "book", 70, (admin, freeze)),
            (_("Ledger"), "orgs:ledger", "list-check", 80, (admin,)),
        ]
        for label, route, icon, order, wanted in lines:
            register(Entry(label, route, icon, order, shown=_holds_any(wanted)))


def _holds_any(wanted: tuple[Any, ...]) -> Callable[[HttpRequest], bool]:
    """Whether whoever asks holds one of these capabilities anywhere."""
    from sapa_web.orgs.domain.queries.access import may

    return lambda request: any(may(request.user, capability) for capability in wanted)  # type: ignore[arg-type]
