"""From a checked working list to a signed submission in the archive, with a receipt."""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils.translation import gettext as _

from sapa.archive.manifest import Manifest, moment, parse_moment, submission_name
from sapa.archive.store import FolderStore, Store
from sapa.archive.submissions import MANIFEST, ROWS, SIGNATURE, Expected, load, take_in
from sapa.archive.submissions import Submission as Signed
from sapa.datasets import canonical
from sapa.errors import EngineError, RefusedError, UserError
from sapa.signing.report import SignatureReport
from sapa.signing.verifier import verifier
from sapa_web.collection.domain.checking import check_records
from sapa_web.collection.domain.deadlines import days_late
from sapa_web.collection.domain.gate import require_open
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.domain.states import OBLIGATION
from sapa_web.collection.domain.trust import trust_now
from sapa_web.collection.domain.working import filled, remember_signed
from sapa_web.collection.models import Draft, Obligation, Remark, SigningRequest, Submission
from sapa_web.common.clock import now, today
from sapa_web.common.crypto import unseal
from sapa_web.common.domain import ledger
from sapa_web.common.files import archive
from sapa_web.orgs.domain.queries.certificates import revoked_here


class SignatureRefused(RefusedError):
    """The signature does not count; ``code`` says why, in one word (see ``sapa.signing.report.Reason`` and ``Refusal``)."""

    def __init__(self, code: str, message: str, *, todo: str = "") -> None:
        super().__init__(message, todo=todo)
        self.code = code


def prepare(user: Any, obligation: Obligation) -> SigningRequest:
    """The manifest the head is to sign: the rows of this version of the draft. Raises ``UserError`` where it is not ready."""
    require_open(obligation.campaign)
    settle(obligation)
    with transaction.atomic():
        return _prepare(user, _locked(obligation))


def settle(obligation: Obligation) -> None:
    """Adopt what a process that died has left in the archive; committed by itself, whatever follows."""
    with transaction.atomic():
        adopt_known(_locked(obligation))


def _prepare(user: Any, obligation: Obligation) -> SigningRequest:
    draft = _ready_draft(obligation)
    kept = SigningRequest.objects.filter(obligation=obligation, version=draft.version, asked_by=user).first()
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
    made, _created = SigningRequest.objects.update_or_create(
        obligation=obligation,
        defaults={"version": draft.version, "manifest": manifest.to_bytes(), "asked_by": user, "asked_at": now()},
    )
    return made


def accept(user: Any, obligation: Obligation, signature: bytes, *, channel: str = "form") -> Submission:
    """Take in the signature over the prepared manifest; the return is signed when this returns, and only then.

    The same signature sent again (a lost answer, a second click) gives the same submission. Raises ``SignatureRefused`` where
    the signature is not the head's over this manifest, ``UserError`` where the draft has moved on.
    """
    settle(obligation)
    with transaction.atomic():
        return _accept(user, _locked(obligation), signature, channel)


def _accept(user: Any, obligation: Obligation, signature: bytes, channel: str) -> Submission:
    again = _signed_with(obligation, signature)
    if again is not None:
        return again
    require_open(obligation.campaign)
    draft = _ready_draft(obligation)
    request = SigningRequest.objects.filter(obligation=obligation).first()
    if request is None or request.version != draft.version:
        raise UserError(
            _("the return was changed after it was shown for signing"), todo=_("look at the changes and sign it again")
        )
    content, _rows = _content(obligation, draft)
    made = store_signed(user, obligation, Signed(content, bytes(request.manifest), signature), channel=channel)
    remember_signed(user, draft, made.received_at)
    return made


def store_signed(user: Any, obligation: Obligation, signed: Signed, *, channel: str) -> Submission:
    """Check and store one signed revision, write state, remarks, receipt and ledger. Call it inside a transaction.

    The archive is written first: if the process dies before the database has committed, the revision is adopted when the
    return is next signed, or by ``reconcile``.
    """
    campaign = obligation.campaign
    unit = obligation.organisation.code
    expected = Expected(campaign.dataset, campaign.period, campaign.layout)
    store = archive(campaign.pack, campaign.period)
    report = verifier().check(signed.manifest, signed.signature, trust_now(), at=now())
    if revoked_here(report.fingerprint):
        raise SignatureRefused("revoked", _("the certificate was revoked here"), todo=_("sign with a certificate that is valid"))
    try:
        intake = take_in(store, [signed], expected, trust_now(), at=now(), known={unit: obligation.revision})
    except OSError as error:
        raise EngineError(
            _("the archive can't be written (%s)") % (error.strerror or error),
            todo=_("tell the administrator; nothing was signed, the working list is as it was"),
        ) from error
    if intake.refused:
        refusal = intake.refused[0]
        said = refusal.error()
        raise SignatureRefused(refusal.code, said.message, todo=said.todo)
    manifest = intake.stored[0]
    make_durable(store, manifest.name)
    return _written(user, obligation, signed.manifest, manifest, report, channel)


def make_durable(store: Store, name: str) -> None:
    """The files of a revision are on the disk before anybody is shown a receipt. (An object store's writes are durable.)"""
    if not isinstance(store, FolderStore):
        return
    for suffix in (ROWS, SIGNATURE, MANIFEST):
        _sync(store.path(name + suffix))
    folder = store.path(name + MANIFEST).parent
    for above in (folder, folder.parent, folder.parent.parent):  # the folders may be new too
        _sync(above)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def adopt_known(obligation: Obligation) -> list[Submission]:
    """Take over revisions of this return that lie in the archive and that the database does not know.

    They are there where a process died between writing the archive and committing. Call it inside a transaction, with the
    obligation locked. A revision whose signature or digest does not hold is left alone: nobody was given a receipt for it.
    It is judged as of the moment it came: a backup may be restored when the head's certificate has long run out.
    """
    campaign = obligation.campaign
    store = archive(campaign.pack, campaign.period)
    out: list[Submission] = []
    while True:
        name = submission_name(campaign.dataset, campaign.period, obligation.organisation.code, obligation.revision + 1)
        if not store.exists(name + MANIFEST):
            return out
        found = load(store, name)
        manifest = Manifest.from_bytes(found.manifest)
        came = min(parse_moment(manifest.created), now())
        report = verifier().check(found.manifest, found.signature, trust_now(came), at=came, expected_unit=manifest.unit)
        if not report.valid or sha256(found.rows).hexdigest() != manifest.digest:
            raise EngineError(
                f"the archive holds {name}, whose signature or rows do not hold ({report.reason})",
                todo="compare it with the backup; nothing was changed",
            )
        make_durable(store, name)
        out.append(_written(SYSTEM, obligation, found.manifest, manifest, report, "adopted"))


SYSTEM = "system:reconcile"


def _signed_with(obligation: Obligation, signature: bytes) -> Submission | None:
    """The newest submission, if it was signed with this very signature and nothing has changed since."""
    if obligation.state != Obligation.SIGNED:
        return None
    campaign = obligation.campaign
    name = submission_name(campaign.dataset, campaign.period, obligation.organisation.code, obligation.revision)
    if archive(campaign.pack, campaign.period).read(name + SIGNATURE) != signature:
        return None
    kept = Submission.objects.unscoped("the caller was scoped")
    found: Submission | None = kept.filter(obligation=obligation, revision=obligation.revision).first()
    return found


def _locked(obligation: Obligation) -> Obligation:
    found = Obligation.objects.unscoped("the caller was scoped").select_for_update(of=("self",))
    locked: Obligation = found.select_related("campaign", "organisation").get(pk=obligation.pk)
    return locked


def _written(
    user: Any, obligation: Obligation, content: bytes, manifest: Manifest, report: SignatureReport, channel: str
) -> Submission:
    at = now()
    late = days_late(obligation, today()) if obligation.revision == 0 else obligation.late_days
    submission: Submission = Submission.objects.create(
        obligation=obligation,
        revision=manifest.revision,
        rows=manifest.rows,
        digest=manifest.digest,
        manifest=content,
        signer=report.signer or manifest.head,
        certificate=report.fingerprint or "",
        signed_at=report.signing_time,
        received_at=at,
        received_by=user if hasattr(user, "email") else None,
        channel=channel,
        late_days=late,
        receipt=secrets.token_hex(16),
    )
    request = SigningRequest.objects.filter(obligation=obligation).first()
    if channel != "adopted" or _still_stands(obligation, request, content):
        obligation.state = OBLIGATION.to("sign" if channel != "adopted" else "adopt", obligation.state)
    obligation.revision, obligation.signed_at, obligation.late_days = manifest.revision, at, late
    obligation.rows, obligation.changed_at = manifest.rows, at
    obligation.save()
    Remark.objects.filter(obligation=obligation, answered_at=None).update(answered_at=at)
    SigningRequest.objects.filter(obligation=obligation).delete()
    ledger.append(
        user, "submission.adopted" if channel == "adopted" else "submission.signed", obj=submission,
        unit=obligation.organisation.code,
        data={"name": manifest.name, "digest": manifest.digest, "signer": submission.signer, "receipt": submission.receipt},
    )  # fmt: skip
    return submission


def _still_stands(obligation: Obligation, request: SigningRequest | None, content: bytes) -> bool:
    """Whether the working list is still what an adopted revision was made of, or there is none."""
    version = Draft.objects.filter(obligation=obligation).values_list("version", flat=True).first()
    return not version or (request is not None and request.version == version and bytes(request.manifest) == content)


def _ready_draft(obligation: Obligation) -> Draft:
    draft = Draft.objects.filter(obligation=obligation).first()
    if draft is None or not draft.version:
        raise UserError(_("nothing was entered yet"), todo=_("enter the rows first"))
    if draft.checked_version != draft.version or obligation.state != Obligation.READY:
        raise UserError(
            _("the return still has findings, or was not checked since the last change"), todo=_("mend what is found first")
        )
    return draft


def _content(obligation: Obligation, draft: Draft) -> tuple[bytes, int]:
    """Canonical bytes of the draft's rows and their number."""
    campaign = obligation.campaign
    rows = filled(unseal(draft.content))
    checked = check_records(campaign, obligation.organisation.code, rows)
    if checked.counts.get("blocks"):
        raise UserError(_("the return has findings that block it"), todo=_("mend them first"))
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    table: pa.Table = checked.reading.table
    return canonical(table, dataset, campaign.period), table.num_rows
