"""How fast a caller may come: the generic cell rate algorithm, one row a caller, moved by one statement from any process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Case, F, Value, When
from django.utils.crypto import salted_hmac

from sapa_web.api.models import AddressAllowance, Allowance, Credential
from sapa_web.common.clock import now

MICRO = 1_000_000
ADDRESS_PER_MINUTE, ADDRESS_BURST = 300, 100
"""What everybody may ask without a token."""


def wait(credential: Credential) -> float:
    """Seconds until the token may come again; 0 where it may now, and then the request is counted."""
    return _wait(Allowance, {"token_id": credential.pk}, credential.per_minute, credential.burst)


def wait_for_address(address: str) -> float:
    """The same for a reader without a token."""
    key = salted_hmac("sapa.api.address", address, algorithm="sha256").hexdigest()
    return _wait(AddressAllowance, {"key": key}, ADDRESS_PER_MINUTE, ADDRESS_BURST)


def forget() -> int:
    """Drop the allowances of addresses that have run out."""
    return AddressAllowance.objects.filter(due__lt=int(now().timestamp() * MICRO)).delete()[0]


def _wait(kept: Any, who: dict[str, Any], per_minute: int, burst: int) -> float:
    moment = int(now().timestamp() * MICRO)
    step = 60 * MICRO // max(per_minute, 1)
    latest = moment + step * max(burst - 1, 0)
    if _taken(kept, who, moment, step, latest):
        return 0.0
    kept.objects.get_or_create(**who)
    if _taken(kept, who, moment, step, latest):
        return 0.0
    due = kept.objects.filter(**who).values_list("due", flat=True).first() or moment
    return max((due - latest) / MICRO, timedelta(milliseconds=1).total_seconds())


def _taken(kept: Any, who: dict[str, Any], moment: int, step: int, latest: int) -> bool:
    following = Case(When(due__lt=moment, then=Value(moment + step)), default=F("due") + step)
    return bool(kept.objects.filter(**who, due__lte=latest).update(due=following))
