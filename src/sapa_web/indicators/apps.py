from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class IndicatorsConfig(AppConfig):
    name = "sapa_web.indicators"
    label = "indicators"

    def ready(self) -> None:
        from sapa_web.common.navigation import Entry, register

        register(Entry(_("Figures"), "indicators:index", "chart-bar", 40, shown=_may_analyse))


def _may_analyse(request: HttpRequest) -> bool:
    from sapa_web.orgs.domain.queries.access import may
    from sapa_web.orgs.roles import Capability

    return may(request.user, Capability.ANALYSE)  # type: ignore[arg-type]
