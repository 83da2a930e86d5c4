"""``/uploads``: a return in parts."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema

from sapa_web.api.domain import intake, transfers
from sapa_web.api.models import Transfer
from sapa_web.api.rest.answering import Key, answer, decoded, once
from sapa_web.api.rest.auth import need, token_of
from sapa_web.api.rest.problems import not_found, too_large
from sapa_web.api.rest.schemas import CheckOut, CompleteIn, Number, PartOut, Receipt, SubmissionOut, UploadIn, UploadOut
from sapa_web.api.rest.submissions import asked_of, checked_out, reasons, submission_out
from sapa_web.collection.domain.checking import Checked
from sapa_web.orgs.roles import Capability

router = Router(tags=["uploads"])
Name = Annotated[Receipt, Path(description="Id of the upload.")]
RAW = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
    }
}


@router.post("/uploads", response={201: UploadOut}, summary="Announce", operation_id="announce")
def announce(request: Any, key: Key, body: UploadIn) -> HttpResponse:
    """Announce rows that will come in parts: their size and SHA-256 all together, and the form (json, ndjson, csv)."""
    found = asked_of(need(request, Capability.SIGN), body)

    def work(_: Any) -> tuple[int, Schema]:
        return 201, _out(transfers.announce(token_of(request), found, body.form, body.size, body.sha256))

    return once(request, key, work)


@router.get("/uploads/{id}", response=UploadOut, summary="What has come", operation_id="upload")
def upload(request: Any, id: Name) -> UploadOut:
    """Which parts are here: after a broken line, send the others."""
    return _out(_one(request, id))


@router.put("/uploads/{id}/parts/{number}", response=PartOut, summary="Send a part", operation_id="part", openapi_extra=RAW)
def part(request: HttpRequest, id: Name, number: Annotated[int, Path(ge=1, le=transfers.PARTS)]) -> HttpResponse:
    """The bytes of one part as they are (8 MiB at most). Sent again, it replaces itself."""
    found = _one(request, id)
    content = request.body
    if len(content) > transfers.PART:
        raise too_large()
    made = transfers.put(found, number, content)
    return answer(PartOut(number=made.number, size=made.size, sha256=made.digest))


@router.post("/uploads/{id}/check", response=CheckOut, summary="Dry run of an upload", operation_id="check_upload")
def check(request: Any, id: Name, key: Key, cursor: Annotated[Number, Query(0)]) -> HttpResponse:
    """Verify the rows that have come; nothing is entered. Answers with the manifest to sign where nothing blocks."""
    need(request, Capability.ENTER)
    found = _one(request, id)

    def work(checked: Checked) -> tuple[int, Schema]:
        return 200, checked_out(found.obligation, checked, cursor)

    return once(request, key, work, before=lambda: intake.check(found.obligation, transfers.records(found)))


@router.post(
    "/uploads/{id}/complete", response={200: SubmissionOut, 201: SubmissionOut}, summary="Complete", operation_id="complete"
)
def complete(request: Any, id: Name, key: Key, body: CompleteIn) -> HttpResponse:
    """Hand in the rows that have come, with manifest and signature: entered, verified and signed in one act, or not at all."""
    found = _one(request, id)
    manifest, signature = decoded(body.manifest, "manifest"), decoded(body.signature, "signature")

    def before() -> intake.Return:
        rows = [] if found.submission_id else transfers.records(found)
        given = intake.Return(rows, manifest, signature, reasons=reasons(body.explanations), replace_draft=body.replace_draft)
        return given if found.submission_id else intake.verified(found.obligation, given)

    def work(given: intake.Return) -> tuple[int, Schema]:
        made, new = transfers.complete(token_of(request), found, given)
        return (201 if new else 200), submission_out(made)

    return once(request, key, work, before)


@router.delete("/uploads/{id}", response={204: None}, summary="Drop", operation_id="drop")
def drop(request: Any, id: Name) -> HttpResponse:
    """Forget the parts that have come."""
    transfers.drop(_one(request, id))
    return HttpResponse(status=204)


def _one(request: Any, name: str) -> Transfer:
    scope = need(request, Capability.SIGN)
    found = transfers.find(token_of(request), name)
    if found is None or not type(found.obligation).objects.for_scope(scope).filter(pk=found.obligation_id).exists():
        raise not_found()
    return found


def _out(item: Transfer) -> UploadOut:
    parts = [PartOut(number=part.number, size=part.size, sha256=part.digest) for part in item.parts.defer("content")]
    return UploadOut(
        id=item.name,
        state="done" if item.state == Transfer.DONE else "open",
        form=item.form,
        size=item.size,
        received=sum(part.size for part in parts),
        parts=parts,
        expires_at=item.expires_at,
        receipt=item.submission.receipt if item.submission else None,
    )
