"""``/submissions``: check, hand in, list, receipt, findings, proof."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pyarrow as pa
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router

from sapa.archive.manifest import Manifest
from sapa.archive.proof import export_proof, frozen_leaves
from sapa.datasets import verify
from sapa.errors import UserError
from sapa_web.api.domain import intake
from sapa_web.api.domain.queries import asked
from sapa_web.api.rest.answering import Key, decoded, encoded, once, told
from sapa_web.api.rest.auth import need, token_of
from sapa_web.api.rest.problems import Problem, not_found
from sapa_web.api.rest.schemas import (
    CheckIn,
    CheckOut,
    Explained,
    FindingsOut,
    Limit,
    Number,
    Receipt,
    ReceiptOut,
    SubmissionIn,
    SubmissionOut,
    SubmissionPage,
    Word,
)
from sapa_web.collection.domain import checking, receipts
from sapa_web.collection.domain.checking import Checked
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.models import Obligation, Submission
from sapa_web.common.files import archive
from sapa_web.common.scope import Scope
from sapa_web.orgs.roles import Capability

router = Router(tags=["submissions"])
OneReceipt = Annotated[Receipt, Path(description="The receipt's number.")]
ROW = "_row"
ZIP = {"responses": {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}}


@router.post("/submissions/check", response=CheckOut, summary="Dry run", operation_id="check")
def check(request: Any, key: Key, body: CheckIn) -> HttpResponse:
    """Verify rows and keep nothing: findings, and where nothing blocks the manifest that the head would sign for them."""
    found = asked_of(need(request, Capability.ENTER), body)

    def work(checked: Checked) -> tuple[int, CheckOut]:
        return 200, checked_out(found, checked, body.cursor)

    return once(request, key, work, before=lambda: intake.check(found, body.rows))


@router.post("/submissions", response={200: SubmissionOut, 201: SubmissionOut}, summary="Hand in a return", operation_id="submit")
def submit(request: Any, key: Key, body: SubmissionIn) -> HttpResponse:
    """Rows, the manifest the head has signed, and the signature: entered, verified and signed in one act, or not at all.

    201: the return is signed, and the receipt is durable. 200: this very manifest had been handed in before.
    """
    found = asked_of(need(request, Capability.SIGN), body)
    given = intake.Return(
        body.rows, decoded(body.manifest, "manifest"), decoded(body.signature, "signature"), reasons=reasons(body.explanations),
        replace_draft=body.replace_draft,
    )  # fmt: skip

    def work(checked: intake.Return) -> tuple[int, SubmissionOut]:
        made, new = intake.submit(token_of(request), found, checked)
        return (201 if new else 200), submission_out(made)

    return once(request, key, work, before=lambda: intake.verified(found, given))


@router.get("/submissions", response=SubmissionPage, summary="Submissions", operation_id="submissions")
def submissions(
    request: Any,
    pack: Annotated[Word, Query("")],
    dataset: Annotated[Word, Query("")],
    period: Annotated[Word, Query("")],
    unit: Annotated[Word, Query("", description="Code of the organisation.")],
    cursor: Annotated[Number, Query(0, description="`next` of the page before.")],
    limit: Annotated[Limit, Query(100)],
) -> SubmissionPage:
    """Signed revisions within the token's place, in the order they came."""
    found = asked.submissions(need(request, Capability.SEE), pack, dataset, period, unit)
    items = list(found.filter(pk__gt=cursor)[: limit + 1])
    following = items[limit - 1].pk if len(items) > limit else None
    return SubmissionPage(items=[submission_out(item) for item in items[:limit]], next=following)


@router.get("/submissions/{receipt}", response=SubmissionOut, summary="One submission", operation_id="submission")
def submission(request: Any, receipt: OneReceipt) -> SubmissionOut:
    """A signed revision by its receipt."""
    return submission_out(_one(need(request, Capability.SEE), receipt))


@router.get("/submissions/{receipt}/receipt", response=ReceiptOut, summary="Receipt", operation_id="receipt", openapi_extra=ZIP)
def receipt(
    request: Any,
    receipt: OneReceipt,
    form: Annotated[Literal["json", "zip"], Query("json", description="Form of the answer.")],
) -> Any:
    """The receipt with manifest and signature; as zip with certificates, digests and how to check it alone."""
    found = _one(need(request, Capability.SEE), receipt)
    if form == "zip":
        name = f'attachment; filename="receipt-{found.receipt}.zip"'
        content = receipts.bundle(found, rows=False)
        return HttpResponse(content, content_type="application/zip", headers={"Content-Disposition": name})
    stored = receipts.stored_of(found)
    return ReceiptOut(
        **submission_out(found).model_dump(), manifest=encoded(stored.manifest), signature=encoded(stored.signature)
    )


@router.get("/submissions/{receipt}/findings", response=FindingsOut, summary="Findings", operation_id="findings")
def findings(request: Any, receipt: OneReceipt, cursor: Annotated[Number, Query(0)]) -> FindingsOut:
    """What the rules find in the signed rows: explained ones and notes. Needs the capability persons: values are named."""
    need(request, Capability.PERSONS)
    found = _one(need(request, Capability.SEE), receipt)
    campaign, unit = found.obligation.campaign, found.obligation.organisation.code
    dataset = dataset_of(campaign.pack, campaign.dataset, campaign.period)
    rows = checking.signed_rows(found)
    rows = rows.append_column(ROW, pa.array(range(1, rows.num_rows + 1), pa.int32()))
    result = verify(
        rows, dataset, pack_named(campaign.pack), campaign.period, previous=checking.previous_rows(campaign, unit),
        others=checking.other_rows(campaign, unit),
    )  # fmt: skip
    page, following = told(result, cursor)
    counts = {severity: sum(rules.values()) for severity, rules in result.counts().items()}
    return FindingsOut(ready=True, rows=rows.num_rows, counts=counts, total=len(result), findings=list(page), next=following)


@router.get("/submissions/{receipt}/proof", response=dict[str, Any], summary="Verification bundle", operation_id="proof")
def proof(
    request: Any,
    receipt: OneReceipt,
    rows: Annotated[bool, Query(False, description="With the rows themselves; needs the capability persons.")],
) -> dict[str, Any]:
    """The proof that the submission is in the frozen snapshot, for the stand-alone verifier (format `sapa-proof/1`)."""
    if rows:
        need(request, Capability.PERSONS)
    found = _one(need(request, Capability.SEE), receipt)
    campaign, unit = found.obligation.campaign, found.obligation.organisation.code
    store = archive(campaign.pack, campaign.period)
    try:
        leaves = frozen_leaves(store)
    except UserError:
        raise Problem(
            409, "not_frozen", _("the data of this period are not fixed yet"), _("ask again after the freeze")
        ) from None
    name = Manifest.from_bytes(bytes(found.manifest)).name
    if all(leaf.manifest.name != name for leaf in leaves):
        todo = _("ask for the revision that was in force on that day")
        raise Problem(409, "not_in_snapshot", _("another revision is in the fixed state"), todo)
    return export_proof(store, unit, campaign.dataset, with_rows=rows)


def asked_of(scope: Scope, body: Any) -> Obligation:
    """The obligation a request speaks of; raises 404 where the token does not reach it."""
    found = asked.obligation(scope, pack=body.pack, dataset=body.dataset, period=body.period, unit=body.unit)
    if found is None or not all((body.pack, body.dataset, body.period, body.unit)):
        raise not_found()
    return found


def reasons(given: list[Explained]) -> tuple[intake.Reason, ...]:
    """Explanations as the domain takes them."""
    return tuple(intake.Reason(item.rule, item.row, item.text) for item in given)


def checked_out(found: Obligation, checked: Checked, start: int) -> CheckOut:
    """Findings of a dry run, with the manifest where nothing blocks."""
    page, following = told(checked.findings, start)
    blocked = bool(checked.counts.get("blocks")) or not checked.reading.table.num_rows
    out = CheckOut(
        ready=not blocked, rows=checked.reading.table.num_rows, counts=checked.counts, total=len(checked.findings),
        findings=list(page), next=following, manifest=None, digest=None,
    )  # fmt: skip
    if not blocked:
        content, _rows = intake.manifest_for(found, checked, found.organisation.name)
        manifest = Manifest.from_bytes(content)
        out.manifest, out.revision, out.digest = encoded(content), manifest.revision, manifest.digest
    return out


def submission_out(item: Submission) -> SubmissionOut:
    """A submission as it is shown."""
    campaign = item.obligation.campaign
    return SubmissionOut(
        receipt=item.receipt,
        pack=campaign.pack,
        dataset=campaign.dataset,
        period=campaign.period,
        unit=item.obligation.organisation.code,
        revision=item.revision,
        newest=item.revision == item.obligation.revision,
        rows=item.rows,
        digest=item.digest,
        signer=item.signer,
        certificate=item.certificate,
        signed_at=item.signed_at,
        received_at=item.received_at,
        channel=item.channel,
        late_days=item.late_days,
    )


def _one(scope: Scope, receipt: str) -> Submission:
    found = asked.submission(scope, receipt)
    if found is None:
        raise not_found()
    return found
