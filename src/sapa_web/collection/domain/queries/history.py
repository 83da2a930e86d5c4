"""What has happened to a return, told from the ledger."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from sapa_web.collection.models import Obligation, Remark, Submission
from sapa_web.common.models import LedgerEntry
from sapa_web.orgs.models import User

MOST = 200
WORDS: dict[str, tuple[Any, str, str]] = {
    "draft.entered": (gettext_lazy("Entering began"), "pencil", "blue"),
    "draft.discarded": (gettext_lazy("The working list was thrown away"), "trash", "grey"),
    "finding.explained": (gettext_lazy("Findings were explained"), "message", "violet"),
    "explanation.withdrawn": (gettext_lazy("Explanations were taken back"), "message-off", "grey"),
    "submission.signed": (gettext_lazy("Signed"), "signature", "green"),
    "submission.adopted": (gettext_lazy("A signed revision was found in the archive and taken over"), "signature", "green"),
    "submission.returned": (gettext_lazy("Returned with remarks"), "corner-up-left", "amber"),
}
CHANNELS = {
    "form": gettext_lazy("in the page"),
    "upload": gettext_lazy("from a file"),
    "offer": gettext_lazy("from what was known"),
    "api": gettext_lazy("by the school's own system"),
    "bulk": gettext_lazy("by bulk import"),
}


def events(obligation: Obligation) -> list[dict[str, Any]]:
    """Entries about the return and its submissions, the newest first: when, what, who, remark."""
    submissions = {
        f"submission:{item.pk}": item
        for item in Submission.objects.unscoped("of an obligation that was scoped").filter(obligation=obligation)
    }
    names = [f"obligation:{obligation.pk}", *submissions]
    entries = list(LedgerEntry.objects.filter(unit=obligation.organisation.code, obj__in=names).order_by("-seq")[:MOST])
    people = _people(entries)
    remarks = list(Remark.objects.filter(obligation=obligation).order_by("at"))
    return [_event(entry, submissions.get(entry.obj), people, remarks) for entry in entries]


def _people(entries: list[LedgerEntry]) -> dict[str, str]:
    numbers = {int(entry.actor[5:]) for entry in entries if entry.actor.startswith("user:") and entry.actor[5:].isdigit()}
    return {f"user:{user.pk}": str(user) for user in User.objects.filter(pk__in=numbers)}


def _event(entry: LedgerEntry, submission: Submission | None, people: dict[str, str], remarks: list[Remark]) -> dict[str, Any]:
    words, icon, tone = WORDS.get(entry.verb, (entry.verb, "point", "grey"))
    out: dict[str, Any] = {"when": entry.at, "what": words, "who": people.get(entry.actor, ""), "icon": icon, "tone": tone}
    if entry.verb == "draft.entered":
        out["remark"] = CHANNELS.get(str(entry.data.get("channel")), "")
    if submission is not None:
        text = ngettext(
            "Revision %(revision)d, %(rows)d row, signed by %(signer)s",
            "Revision %(revision)d, %(rows)d rows, signed by %(signer)s",
            submission.rows,
        )
        out["remark"] = text % {"revision": submission.revision, "rows": submission.rows, "signer": submission.signer}
        out["url"] = reverse("collection:receipt", args=[submission.receipt])
    if entry.verb == "submission.returned":
        near = [item for item in remarks if abs((item.at - entry.at).total_seconds()) < 5]
        out["remark"] = near[0].text if near else out.get("remark", "")
    return out
