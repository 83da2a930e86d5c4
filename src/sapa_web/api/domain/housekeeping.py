"""What the API need not keep for ever is dropped once a day."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sapa_web.api.domain import answers, rates, transfers
from sapa_web.common.domain import jobs


@jobs.kind("api.forget", _("Old answers and unfinished uploads of systems are dropped"), quiet=True)
def forget(job: jobs.Job) -> dict[str, int]:
    """Drop answers and transfers that are past their time."""
    return {"answers": answers.forget(), "uploads": transfers.forget(), "addresses": rates.forget()}


jobs.daily("api.forget")
