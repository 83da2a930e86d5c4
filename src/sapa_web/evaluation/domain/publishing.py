"""Publishing: what the institution chose to tell goes into a row of its own and into files; the work behind it stays."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.archive.store import open_store, safe_part
from sapa.errors import UserError
from sapa.publication.assessment import KINDS, write
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.evaluation.domain.acts import held
from sapa_web.evaluation.domain.content import Chosen, public_content
from sapa_web.evaluation.domain.states import ASSESSMENT
from sapa_web.evaluation.models import Assessment, Published


@transaction.atomic
def publish(actor: Any, assessment: Assessment, chosen: Chosen) -> Published:
    """Make the results public: a page, and a report as PDF, Word and web page for the institution's own site."""
    found = held(assessment)
    state = ASSESSMENT.to("publish", found.state)
    content = public_content(found, chosen)
    unit = found.organisation
    last = Published.objects.filter(code=unit.code, period=found.period).order_by("-version").first()
    version = last.version + 1 if last else 1
    files = _files(unit.code, found.period, version, content)
    made = Published.objects.create(
        code=unit.code, name=unit.name, names=unit.names, period=found.period, version=version, language=content["lang"],
        content=content, files=files, published_at=now(), source=str(found.pk),
    )  # fmt: skip
    found.state, found.changed_at = state, now()
    found.save(update_fields=["state", "changed_at"])
    # What is published is public, so this entry names the institution.
    data = {"period": found.period, "version": version, "files": [item["digest"] for item in files]}
    ledger.append(actor, "quality.published", obj=made, unit=unit.code, data=data)
    return made


@transaction.atomic
def withdraw(actor: Any, assessment: Assessment) -> None:
    """Take the publication back: nobody outside sees it from now on."""
    found = held(assessment)
    state = ASSESSMENT.to("withdraw", found.state)
    shown = Published.objects.filter(source=str(found.pk), withdrawn_at=None)
    if not shown.exists():
        raise UserError(_("nothing of it is public"), todo=_("reload the page"))
    for item in shown:
        ledger.append(actor, "quality.publication_withdrawn", obj=item, unit=item.code, data={"period": item.period})
    shown.update(withdrawn_at=now())
    found.state, found.changed_at = state, now()
    found.save(update_fields=["state", "changed_at"])


def _files(code: str, period: str, version: int, content: dict[str, Any]) -> list[dict[str, Any]]:
    store = open_store(settings.SAPA_PUBLISHED_URL)
    out = []
    for kind, media in KINDS.items():
        data = write(content, kind)
        digest = sha256(data).hexdigest()
        name = f"self-assessment-{period}.{kind}"
        # The name can't be guessed before the minute it is published: it carries the file's own hash.
        path = f"quality/{safe_part(code)}/{safe_part(period)}-{version}-{digest[:24]}.{kind}"
        store.write(path, data)
        out.append({"name": name, "kind": media, "size": len(data), "digest": digest, "path": path})
    return out
