"""What the offices' part of the collection makes known at start: jobs, notices, navigation, who oversees jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from sapa_web.collection.domain import bulk, fixing, freezing, reminders, returning  # noqa: F401 - they register jobs and notices
from sapa_web.common import navigation
from sapa_web.common.domain import jobs
from sapa_web.orgs.domain.queries.access import may, scope_of, whole
from sapa_web.orgs.roles import Capability

OVERSEERS = (Capability.ADMINISTER, Capability.FREEZE)


def _holds(*capabilities: Capability) -> Callable[[HttpRequest], bool]:
    def shown(request: HttpRequest) -> bool:
        user: Any = request.user
        return any(may(user, item) for item in capabilities)

    return shown


def _oversees(user: Any) -> bool:
    """Whoever administers or freezes the whole country: a job names units, and its error may name values."""
    return any(whole(scope_of(user, item)) for item in (Capability.ADMINISTER, Capability.FREEZE))


def _imports(request: HttpRequest) -> bool:
    user: Any = request.user
    return whole(scope_of(user, Capability.FREEZE))


def register() -> None:
    """Called when the site starts."""
    entries = [
        navigation.Entry(_("Backlog"), "backlog:home", "list-check", 20, _holds(Capability.CHECK)),
        navigation.Entry(_("Campaigns"), "campaigns:home", "calendar-event", 22, _holds(Capability.FREEZE)),
        navigation.Entry(_("Freeze"), "freeze:home", "snowflake", 24, _holds(Capability.FREEZE)),
        navigation.Entry(_("Imports"), "imports:home", "upload", 26, _imports),
        navigation.Entry(_("Jobs"), "jobs", "progress", 80, _holds(Capability.FREEZE, Capability.ADMINISTER)),
    ]
    for entry in entries:
        navigation.register(entry)
    if not jobs.oversight:
        jobs.oversight.append(_oversees)
