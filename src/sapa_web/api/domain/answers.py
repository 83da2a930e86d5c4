"""Requests that may be sent again: the same key with the same body has the same answer and is carried out once.

The answer is kept in the transaction that does the work: a process killed at any moment leaves both or neither. Only what was
carried out is kept: a request that was refused has changed nothing, so it is looked at afresh and its key is still free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction

from sapa_web.api.models import Answer, Token
from sapa_web.common.clock import now
from sapa_web.common.crypto import seal, unseal

KEPT = timedelta(days=7)


class KeyTaken(Exception):
    """The key was used for another request."""


@dataclass(frozen=True)
class Told:
    """An answer: status, JSON body, and whether it was given before."""

    status: int
    body: Any
    again: bool = False


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same."""
    return sha256(f"{method} {path}\n".encode() + body).hexdigest()


def once(
    token: Token, key: str, print_: str, work: Callable[[Any], tuple[int, Any]], before: Callable[[], Any] = lambda: None
) -> Told:
    """Do ``work`` in a transaction and keep what it answered, or give the answer kept. Raises :class:`KeyTaken`.

    ``before`` is what need not be done within the transaction; ``work`` gets what it returns.
    """
    known = _kept(token, key, print_)
    if known is not None:
        return known
    prepared = before()
    try:
        with transaction.atomic():
            kept = Answer(token=token, key=key, fingerprint=print_, at=now())
            with transaction.atomic():
                # Two requests with one key at the same time: the second waits here until the first is through.
                kept.save(force_insert=True)
            status, body = work(prepared)
            Answer.objects.filter(pk=kept.pk).update(status=status, content=seal(body))
            return Told(status, body)
    except IntegrityError:
        known = _kept(token, key, print_)
        if known is None:
            raise
        return known


def forget() -> int:
    """Drop answers older than :data:`KEPT`; returns how many."""
    return Answer.objects.filter(at__lt=now() - KEPT).delete()[0]


def _kept(token: Token, key: str, print_: str) -> Told | None:
    found = Answer.objects.filter(token=token, key=key, at__gte=now() - KEPT).first()
    if found is None:
        Answer.objects.filter(token=token, key=key).delete()
        return None
    if found.fingerprint != print_:
        raise KeyTaken(key)
    return Told(found.status, unseal(found.content), again=True)
