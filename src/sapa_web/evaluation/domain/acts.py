"""What every verb of this app shares: who acts, the lock on a row, the entry of the ledger.

The ledger is read by administrators above the institution. Its entries therefore say that somebody acted, never what was found:
no institution, no requirement, no level, no words. Publishing is the exception: that is public.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa_web.common.domain import ledger
from sapa_web.evaluation.models import Assessment


def told(actor: Any, verb: str, obj: Any, state: str = "", *, digest: str = "") -> None:
    """One act, without what it was about; a sealed file by its hash alone."""
    data = {name: value for name, value in (("state", state), ("digest", digest)) if value}
    ledger.append(actor, f"quality.{verb}", obj=obj, data=data)


def held(assessment: Assessment) -> Assessment:
    """The row, locked until the transaction ends."""
    found: Assessment = Assessment.objects.unscoped("handed in by a view that found it in reach").select_for_update().get(
        pk=assessment.pk
    )  # fmt: skip
    return found


def open_for_work(assessment: Assessment, *states: str) -> Assessment:
    """The locked row, in one of these states; raises ``UserError``."""
    found = held(assessment)
    if found.state not in states:
        raise UserError(
            _("this can't be changed while the self-assessment is %(state)s") % {"state": found.get_state_display()},
            todo=_("take a step back first"),
        )
    return found


def needed(text: str, message: str, todo: str) -> str:
    """The words, trimmed; raises ``UserError`` where there are none."""
    if not text.strip():
        raise UserError(message, todo=todo)
    return text.strip()
