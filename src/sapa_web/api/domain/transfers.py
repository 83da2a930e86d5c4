"""Rows in parts, over a line that may break: announce, send parts in any order and as often as needed, complete.

Parts lie encrypted until all are there; what was announced (size and SHA-256) must have come before anything is entered.
"""

from __future__ import annotations

import csv
import io
import json
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.api.domain import intake
from sapa_web.api.models import Token, Transfer, TransferPart
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.working import MOST_ROWS
from sapa_web.collection.models import Obligation, Submission
from sapa_web.common.clock import now
from sapa_web.common.crypto import seal, unseal

PART = 8 * 1024 * 1024
"""Most bytes of one part."""
PARTS = 1000
KEPT = timedelta(days=3)
_SCALARS = (str, int, float, bool, type(None))


class Incomplete(UserError):
    """Parts are missing, or are not what was announced."""


class Unreadable(UserError):
    """The parts together are no rows."""


@transaction.atomic
def announce(token: Token, obligation: Obligation, form: str, size: int, digest: str) -> Transfer:
    """A transfer for the return of a unit; raises ``Closed`` while updates stand still."""
    require_open(obligation.campaign)
    at = now()
    return Transfer.objects.create(
        token=token, obligation=obligation, name=token_hex(16), form=form, size=size, digest=digest, created_at=at,
        expires_at=at + KEPT,
    )  # fmt: skip


def find(token: Token, name: str) -> Transfer | None:
    """The token's own transfer; nobody else's exists for it, nor one that was dropped or is past its time."""
    found = Transfer.objects.filter(token=token, name=name, expires_at__gt=now()).exclude(state=Transfer.DROPPED)
    return found.select_related("obligation__campaign", "obligation__organisation", "submission").first()


@transaction.atomic
def put(transfer: Transfer, number: int, content: bytes) -> TransferPart:
    """Keep a part; one that came before under its number is replaced."""
    transfer = Transfer.objects.select_for_update().get(pk=transfer.pk)
    if transfer.state != Transfer.OPEN:
        raise UserError(_("the transfer is complete"), todo=_("announce another one"))
    others = sum(transfer.parts.exclude(number=number).values_list("size", flat=True))
    if others + len(content) > transfer.size:
        raise UserError(_("the parts are larger than was announced"), todo=_("announce the size of all parts together"))
    made, _created = TransferPart.objects.update_or_create(
        transfer=transfer,
        number=number,
        defaults={"size": len(content), "digest": sha256(content).hexdigest(), "content": seal(b64encode(content).decode())},
    )
    return made


def records(transfer: Transfer) -> list[dict[str, Any]]:
    """The rows of all parts; raises :class:`Incomplete` or :class:`Unreadable`."""
    content = b"".join(b64decode(unseal(part.content)) for part in transfer.parts.order_by("number"))
    if len(content) != transfer.size or sha256(content).hexdigest() != transfer.digest:
        raise Incomplete(
            _("%(here)d of %(all)d bytes are here, or they are not the ones announced")
            % {"here": len(content), "all": transfer.size},
            todo=_("send the parts that are missing; see which are here"),
        )
    try:
        rows = _parsed(transfer.form, content.decode("utf-8-sig"))
    except (ValueError, csv.Error, RecursionError) as error:
        raise Unreadable(
            _("the parts together are no %(form)s") % {"form": transfer.form}, todo=_("compare with the schema")
        ) from error
    if len(rows) > MOST_ROWS:
        raise Unreadable(_("a return may have %(most)d rows") % {"most": MOST_ROWS}, todo=_("check the file"))
    return rows


@transaction.atomic
def complete(token: Token, transfer: Transfer, given: intake.Return) -> tuple[Submission, bool]:
    """Hand in the rows that have come; the parts are dropped with it. The same transfer completed again gives its submission."""
    transfer = Transfer.objects.select_for_update().get(pk=transfer.pk)
    if transfer.submission_id is not None:
        kept = Submission.objects.unscoped("the transfer is the token's own")
        return kept.select_related("obligation__campaign", "obligation__organisation").get(pk=transfer.submission_id), False
    made, new = intake.submit(token, transfer.obligation, given)
    transfer.submission, transfer.state = made, Transfer.DONE
    transfer.save(update_fields=["submission", "state"])
    transfer.parts.all().delete()
    return made, new


@transaction.atomic
def drop(transfer: Transfer) -> None:
    """Forget a transfer and its parts."""
    transfer = Transfer.objects.select_for_update().get(pk=transfer.pk)
    transfer.parts.all().delete()
    transfer.state = Transfer.DROPPED
    transfer.save(update_fields=["state"])


def forget() -> int:
    """Drop the parts of transfers that are past their time; returns how many transfers."""
    old = Transfer.objects.filter(expires_at__lt=now(), submission=None)
    TransferPart.objects.filter(transfer__in=old).delete()
    return old.delete()[0]


def _parsed(form: str, text: str) -> list[dict[str, Any]]:
    if form == "csv":
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows: list[Any] = list(reader)
        if any(None in row or None in row.values() for row in rows):
            raise ValueError("a line has more or fewer cells than the header")
        return rows
    rows = [json.loads(line) for line in text.splitlines() if line.strip()] if form == "ndjson" else json.loads(text)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("not a list of records")
    if not all(isinstance(value, _SCALARS) for row in rows for value in row.values()):
        raise ValueError("a value is no plain value")
    text.encode()
    return rows
