"""Archives that were filled elsewhere become known here: a bulk import, an earlier year, a restored backup."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from sapa.archive.freeze import FINAL, MARKER
from sapa.archive.manifest import Manifest, parse_moment
from sapa.archive.store import Store
from sapa.archive.submissions import MANIFEST, SIGNATURE, Stored, revisions
from sapa.chain.context import snapshot_statement
from sapa.signing.batch import CheckItem
from sapa.signing.report import SignatureReport
from sapa.signing.verifier import verifier
from sapa_web.collection.domain.deadlines import working_days_late
from sapa_web.collection.domain.trust import trust_now
from sapa_web.collection.models import Campaign, Obligation, Submission
from sapa_web.common.bulk import write_back
from sapa_web.common.clock import now
from sapa_web.common.domain import ledger
from sapa_web.common.files import archive
from sapa_web.orgs.models import Organisation

BATCH = 500


@dataclass
class Adopted:
    """What became of an archive's revisions; those of units that the tree does not hold are left alone and named."""

    submissions: int = 0
    known: int = 0
    strangers: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


@transaction.atomic
def adopt(actor: Any, campaign: Campaign, *, channel: str = "bulk") -> Adopted:
    """Make the signed revisions of a campaign's archive known: obligations, submissions, states. Nothing is written there.

    Signatures are checked again, as of the freeze where the archive is frozen; a revision whose signature does not hold is
    named in ``doubtful`` and not adopted.
    """
    store = archive(campaign.pack, campaign.period)
    out = Adopted()
    units = dict(Organisation.objects.unscoped("an archive holds everybody").values_list("code", "pk"))
    there = set(_submissions(campaign).values_list("obligation__organisation__code", "revision"))
    waiting = revisions(store, campaign.dataset, campaign.period)
    while batch := list(islice(waiting, BATCH)):
        new = [item for item in batch if (item.unit, item.revision) not in there]
        out.known += len(batch) - len(new)
        out.strangers += sorted({item.unit for item in new if item.unit not in units})
        _adopt_batch(campaign, store, [item for item in new if item.unit in units], units, out, channel)
    ledger.append(
        actor, "campaign.adopted", obj=campaign,
        data={"submissions": out.submissions, "known": out.known, "strangers": len(out.strangers), "doubtful": out.doubtful[:20]},
    )  # fmt: skip
    return out


def _submissions(campaign: Campaign) -> Any:
    return Submission.objects.unscoped("an archive holds everybody").filter(obligation__campaign=campaign)


def _adopt_batch(
    campaign: Campaign, store: Store, items: list[Stored], units: dict[str, int], out: Adopted, channel: str
) -> None:
    manifests = [store.read(item.name + MANIFEST) for item in items]
    signatures = [store.read(item.name + SIGNATURE) for item in items]
    checks = [CheckItem(manifest, signature) for manifest, signature in zip(manifests, signatures, strict=True)]
    at = _checked_at(store)
    reports = verifier().check_many(checks, trust_now(at), at=at)
    made: list[Submission] = []
    obligations = _obligations(campaign, {units[item.unit] for item in items})
    for item, content, report in zip(items, manifests, reports, strict=True):
        if not report.valid:
            out.doubtful.append(f"{item.name}: {report.reason}")
            continue
        made.append(_submission(obligations[units[item.unit]], content, report, channel))
    Submission.objects.bulk_create(made)
    out.submissions += len(made)
    _states(made)


def _checked_at(store: Store) -> datetime:
    if store.exists(f"{FINAL}/{MARKER}"):
        return parse_moment(str(snapshot_statement(store)["at"]))
    return now()


def _obligations(campaign: Campaign, organisations: set[int]) -> dict[int, Obligation]:
    """The obligations of these units, made where the campaign did not know of them."""
    asked = Obligation.objects.unscoped("an archive holds everybody").filter(campaign=campaign, organisation_id__in=organisations)
    found = {item.organisation_id: item for item in asked.select_related("campaign", "organisation")}
    new = [
        Obligation(campaign=campaign, organisation_id=unit, due_on=campaign.due_on) for unit in sorted(organisations - set(found))
    ]
    Obligation.objects.bulk_create(new)
    return found | {item.organisation_id: item for item in new}


def _submission(obligation: Obligation, content: bytes, report: SignatureReport, channel: str) -> Submission:
    manifest = Manifest.from_bytes(content)
    created = parse_moment(manifest.created)
    campaign = obligation.campaign
    return Submission(
        obligation=obligation,
        revision=manifest.revision,
        rows=manifest.rows,
        digest=manifest.digest,
        manifest=content,
        signer=report.signer or manifest.head,
        certificate=report.fingerprint or "",
        signed_at=report.signing_time or created,
        received_at=created,
        channel=channel,
        late_days=working_days_late(campaign, obligation.due_on, created.date()) if manifest.revision == 1 else 0,
        receipt=secrets.token_hex(16),
    )


def _states(made: list[Submission]) -> None:
    """The newest revision of each unit decides what its obligation says; a draft that is being worked on stays one."""
    changed: dict[int, Obligation] = {}
    for item in sorted(made, key=lambda item: item.revision):
        obligation = item.obligation
        if item.revision <= obligation.revision:
            continue
        if obligation.revision == 0:
            obligation.late_days = item.late_days
        obligation.revision, obligation.signed_at, obligation.rows = item.revision, item.received_at, item.rows
        if obligation.state in (Obligation.NOT_BEGUN, Obligation.READY, Obligation.SIGNED):
            obligation.state = Obligation.SIGNED
        obligation.changed_at = item.received_at
        changed[obligation.pk] = obligation
    fields = ["late_days", "revision", "signed_at", "rows", "state", "changed_at"]
    write_back(list(changed.values()), fields)


def newer_than_known(campaign: Campaign) -> Iterator[Stored]:
    """Revisions that lie in the archive and are not known here."""
    there = set(_submissions(campaign).values_list("obligation__organisation__code", "revision"))
    store = archive(campaign.pack, campaign.period)
    for item in revisions(store, campaign.dataset, campaign.period):
        if (item.unit, item.revision) not in there:
            yield item
