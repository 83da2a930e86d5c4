"""From a checked working list to a signed submission in the archive, with a receipt."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any

import pyarrow as pa
from django.db import transaction

from sapa.archive.manifest import Manifest, moment
from sapa.archive.submissions import Expected, take_in
from sapa.archive.submissions import Submission as Signed
from sapa.datasets import canonical
from sapa.errors import UserError
from sapa.signing.report import SignatureReport
from sapa.signing.verifier import verifier
from sapa_web.collection.domain.checking import check_records
from sapa_web.collection.domain.deadlines import days_late
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.domain.states import OBLIGATION
from sapa_web.collection.domain.trust import trust_now
from sapa_web.collection.domain.working import Row
from sapa_web.collection.models import Draft, Obligation, Remark, SigningRequest, Submission
from sapa_web.common.clock import now, today
from sapa_web.common.crypto import unseal
from sapa_web.common.domain import ledger
from sapa_web.common.files import archive


@transaction.atomic
def prepare(user: Any, obligation: Obligation) -> SigningRequest:
    """The manifest the head is to sign: the rows of this version of the draft. Raises ``UserError`` where it is not ready."""
    require_open(obligation.campaign)
    draft = _ready_draft(obligation)
    kept = SigningRequest.objects.filter(obligation=obligation, version=draft.version).first()
    if kept is not None and Manifest.from_bytes(bytes(kept.manifest)).revision == obligation.revision + 1:
        return kept
    content, rows = _content(obligation, draft)
    campaign = obligation.campaign
    manifest = Manifest(
        dataset=campaign.dataset,
        period=campaign.period,
        unit=obligation.organisation.code,
        revision=obligation.revision + 1,
        rows=rows,
        digest=sha256(content).hexdigest(),
        pack=campaign.pack,
        pack_version=pack_named(campaign.pack).version,
        layout=campaign.layout,
        created=moment(now()),
        head=str(user),
    )
    made, _ = SigningRequest.objects.update_or_create(
        obligation=obligation,
        defaults={"version": draft.version, "manifest": manifest.to_bytes(), "asked_by": user, "asked_at": now()},
    )
    return made


@transaction.atomic
def accept(user: Any, obligation: Obligation, signature: bytes, *, channel: str = "form") -> Submission:
    """Take in the signature over the prepared manifest; the return is signed when this returns, and only then.

    Raises ``RefusedError`` where the signature is not the head's over this manifest, ``UserError`` where the draft has moved on.
    """
    obligation = Obligation.objects.unscoped("the caller was scoped").select_for_update().get(pk=obligation.pk)
    require_open(obligation.campaign)
    draft = _ready_draft(obligation)
    request = SigningRequest.objects.filter(obligation=obligation).first()
    if request is None or request.version != draft.version:
        raise UserError("the return was changed after it was shown for signing", todo="look at the changes and sign it again")
    content, _ = _content(obligation, draft)
    return store_signed(user, obligation, Signed(content, bytes(request.manifest), signature), channel=channel)


def store_signed(user: Any, obligation: Obligation, signed: Signed, *, channel: str) -> Submission:
    """Check and store one signed revision, write state, remarks, receipt and ledger. Call it inside a transaction."""
    campaign = obligation.campaign
    unit = obligation.organisation.code
    expected = Expected(campaign.dataset, campaign.period, campaign.layout)
    store = archive(campaign.pack, campaign.period)
    intake = take_in(store, [signed], expected, trust_now(), at=now(), known={unit: obligation.revision})
    if intake.refused:
        raise intake.refused[0].error()
    manifest = intake.stored[0]
    report = verifier().check(signed.manifest, signed.signature, trust_now(), at=now())
    return _written(user, obligation, signed, manifest, report, channel)


def _written(
    user: Any, obligation: Obligation, signed: Signed, manifest: Manifest, report: SignatureReport, channel: str
) -> Submission:
    at = now()
    late = days_late(obligation, today()) if obligation.revision == 0 else obligation.late_days
    submission: Submission = Submission.objects.create(
        obligation=obligation,
        revision=manifest.revision,
        rows=manifest.rows,
        digest=manifest.digest,
        manifest=signed.manifest,
        signer=report.signer or manifest.head,
        certificate=report.fingerprint or "",
        signed_at=report.signing_time,
        received_at=at,
        received_by=user if hasattr(user, "email") else None,
        channel=channel,
        late_days=late,
        receipt=secrets.token_hex(16),
    )
    obligation.state = OBLIGATION.to("sign", obligation.state)
    obligation.revision, obligation.signed_at, obligation.late_days = manifest.revision, at, late
    obligation.rows, obligation.changed_at = manifest.rows, at
    obligation.save()
    Remark.objects.filter(obligation=obligation, answered_at=None).update(answered_at=at)
    SigningRequest.objects.filter(obligation=obligation).delete()
    ledger.append(
        user, "submission.signed", obj=submission, unit=obligation.organisation.code,
        data={"name": manifest.name, "digest": manifest.digest, "signer": submission.signer, "receipt": submission.receipt},
    )  # fmt: skip
    return submission


def _ready_draft(obligation: Obligation) -> Draft:
    draft = Draft.objects.filter(obligation=obligation).first()
    if draft is None or not draft.version:
        raise UserError("nothing was entered yet", todo="enter the rows first")
    if draft.checked_version != draft.version or obligation.state != Obligation.READY:
        raise UserError(
            "the return still has findings, or was not checked since the last change", todo="mend what is found first"
        )
    return draft


def _content(obligation: Obligation, draft: Draft) -> tuple[bytes, int]:
    """Canonical bytes of the draft's rows and their number."""
    campaign = obligation.campaign
    rows: list[Row] = unseal(draft.content)
    checked = check_records(campaign, obligation.organisation.code, rows)
    if checked.counts.get("blocks"):
        raise UserError("the return has findings that block it", todo="mend them first")
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    table: pa.Table = checked.reading.table
    return canonical(table, dataset, campaign.period), table.num_rows
