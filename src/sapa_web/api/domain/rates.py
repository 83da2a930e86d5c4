"""How fast a token may come: the generic cell rate algorithm, one row a token, moved by one statement from any process."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Case, F, Value, When

from sapa_web.api.models import Allowance, Credential
from sapa_web.common.clock import now

MICRO = 1_000_000


def wait(credential: Credential) -> float:
    """Seconds until the token may come again; 0 where it may now, and then the request is counted."""
    moment = int(now().timestamp() * MICRO)
    step = 60 * MICRO // max(credential.per_minute, 1)
    latest = moment + step * max(credential.burst - 1, 0)
    if _taken(credential, moment, step, latest):
        return 0.0
    Allowance.objects.get_or_create(token_id=credential.pk)
    if _taken(credential, moment, step, latest):
        return 0.0
    due = Allowance.objects.filter(token_id=credential.pk).values_list("due", flat=True).first() or moment
    return max((due - latest) / MICRO, timedelta(milliseconds=1).total_seconds())


def _taken(credential: Credential, moment: int, step: int, latest: int) -> bool:
    following = Case(When(due__lt=moment, then=Value(moment + step)), default=F("due") + step)
    return bool(Allowance.objects.filter(token_id=credential.pk, due__lte=latest).update(due=following))
