"""``/datasets`` and ``/obligations``: what is asked, in which layout, of whom."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Path, Query, Router

from sapa_web.api.domain import intake, layouts
from sapa_web.api.domain.queries import asked
from sapa_web.api.rest.answering import Key, answer, encoded, language, once, told
from sapa_web.api.rest.auth import need, token_of
from sapa_web.api.rest.problems import not_found
from sapa_web.api.rest.schemas import (
    DatasetOut,
    DraftIn,
    DraftOut,
    DraftState,
    FindingsOut,
    Limit,
    Number,
    ObligationOut,
    ObligationPage,
    PreparedOut,
    SignIn,
    SubmissionOut,
    Word,
)
from sapa_web.api.rest.submissions import submission_out
from sapa_web.collection.domain import checking, signing, working
from sapa_web.collection.domain.deadlines import days_left
from sapa_web.collection.domain.packs import dataset_of, pack_named
from sapa_web.collection.models import Obligation
from sapa_web.common.clock import today
from sapa_web.common.scope import Scope
from sapa_web.orgs.roles import Capability

router = Router()
Id = Annotated[Number, Path(description="Id of the obligation.")]


@router.get("/datasets", response=list[DatasetOut], tags=["datasets"], summary="Data sets", operation_id="datasets")
def datasets(request: Any, pack: Annotated[Word, Query("")], period: Annotated[Word, Query("")]) -> list[DatasetOut]:
    """The data sets that are collected here, by pack and period."""
    out = []
    for item in asked.campaigns(need(request, Capability.SEE), pack, period):
        owner = pack_named(item.pack)
        title = owner.text(dataset_of(item.pack, item.dataset, item.period).title, language())
        out.append(
            DatasetOut(
                pack=item.pack, pack_version=item.pack_version, dataset=item.dataset, period=item.period, title=title,
                layout=item.layout, due_on=item.due_on, state=item.state,
            )
        )  # fmt: skip
    return out


@router.get(
    "/datasets/{pack}/{dataset}/{period}/schema",
    response=dict[str, Any],
    tags=["datasets"],
    summary="Layout",
    operation_id="schema",
)
def schema(
    request: Any, pack: Annotated[Word, Path()], dataset: Annotated[Word, Path()], period: Annotated[Word, Path()]
) -> dict[str, Any]:
    """The layout as JSON Schema of the list of records, with code lists and rules, made from the pack."""
    found = asked.campaign(need(request, Capability.SEE), pack, dataset, period)
    if found is None:
        raise not_found()
    return layouts.schema_of(pack_named(pack), dataset_of(pack, dataset, period), period, language())


@router.get("/obligations", response=ObligationPage, tags=["obligations"], summary="Obligations", operation_id="obligations")
def obligations(
    request: Any,
    pack: Annotated[Word, Query("")],
    dataset: Annotated[Word, Query("")],
    period: Annotated[Word, Query("")],
    unit: Annotated[Word, Query("", description="Code of the organisation.")],
    state: Annotated[Word, Query("", description="not_begun, draft, findings, ready, signed, returned.")],
    cursor: Annotated[Number, Query(0, description="`next` of the page before.")],
    limit: Annotated[Limit, Query(100)],
) -> ObligationPage:
    """What is asked of the units within the token's place."""
    scope = need(request, Capability.SEE)
    found = asked.obligations(scope, pack=pack, dataset=dataset, period=period, unit=unit, state=state)
    items = list(found.filter(pk__gt=cursor)[: limit + 1])
    following = items[limit - 1].pk if len(items) > limit else None
    return ObligationPage(items=[_out(item) for item in items[:limit]], next=following)


@router.get(
    "/obligations/{id}", response=ObligationOut, tags=["obligations"], summary="One obligation", operation_id="obligation"
)
def obligation(request: Any, id: Id) -> ObligationOut:
    """What one unit is asked for, and how far it is."""
    return _out(_one(need(request, Capability.SEE), id))


@router.get("/obligations/{id}/draft", response=DraftOut, tags=["drafts"], summary="Working list", operation_id="draft")
def draft(request: Any, id: Id) -> DraftOut:
    """The rows as they were typed, with the version they have. Needs the capabilities enter and persons."""
    need(request, Capability.PERSONS)
    version, rows = working.rows_of(_one(need(request, Capability.ENTER), id))
    return DraftOut(version=version, rows=[{name: text for name, text in row.items() if name[:1] != "_"} for row in rows])


@router.put(
    "/obligations/{id}/draft", response=DraftState, tags=["drafts"], summary="Put the working list", operation_id="put_draft"
)
def put_draft(request: Any, id: Id, body: DraftIn) -> HttpResponse:
    """Put rows in the place of the working list and verify them. Sent again, it changes nothing further."""
    found = _one(need(request, Capability.ENTER), id)
    intake.put_draft(token_of(request), found, body.rows, body.version)
    found = intake.fresh(found)
    checking.check_draft(found)
    return answer(DraftState(**_findings(found, 0).model_dump(), version=working.rows_of(found)[0], state=found.state))


@router.get(
    "/obligations/{id}/findings", response=FindingsOut, tags=["drafts"], summary="Findings of the working list",
    operation_id="draft_findings",
)  # fmt: skip
def findings(request: Any, id: Id, cursor: Annotated[Number, Query(0)]) -> FindingsOut:
    """What the last verification of the working list found."""
    return _findings(_one(need(request, Capability.ENTER), id), cursor)


@router.post(
    "/obligations/{id}/prepare", response=PreparedOut, tags=["drafts"], summary="Prepare to sign", operation_id="prepare"
)
def prepare(request: Any, id: Id, key: Key) -> HttpResponse:
    """The manifest of the working list as it is now: what the head signs."""
    found = _one(need(request, Capability.SIGN), id)

    def work(_: Any) -> tuple[int, PreparedOut]:
        from sapa.archive.manifest import Manifest

        made = signing.prepare(token_of(request), found)
        content = bytes(made.manifest)
        manifest = Manifest.from_bytes(content)
        body = PreparedOut(version=made.version, revision=manifest.revision, digest=manifest.digest, manifest=encoded(content))
        return 200, body

    return once(request, key, work)


@router.post(
    "/obligations/{id}/sign", response={201: SubmissionOut}, tags=["drafts"], summary="Hand in the signature", operation_id="sign"
)
def sign(request: Any, id: Id, key: Key, body: SignIn) -> HttpResponse:
    """Hand in the head's signature over the prepared manifest. The return is signed when this answers 201."""
    from sapa_web.api.rest.answering import decoded

    found = _one(need(request, Capability.SIGN), id)
    signature = decoded(body.signature, "signature")
    return once(request, key, lambda _: (201, submission_out(intake.sign_draft(token_of(request), found, signature))))


def _one(scope: Scope, pk: int) -> Obligation:
    found = asked.obligation(scope, pk=pk)
    if found is None:
        raise not_found()
    return found


def _findings(item: Obligation, start: int) -> FindingsOut:
    kept = checking.kept_findings(item)
    if kept is None:
        return FindingsOut(ready=False, rows=0, counts={}, total=0, findings=[])
    page, following = told(kept, start)
    counts = {severity: sum(rules.values()) for severity, rules in kept.counts().items()}
    ready = item.state == Obligation.READY
    return FindingsOut(ready=ready, rows=item.rows, counts=counts, total=len(kept), findings=list(page), next=following)


def _out(item: Obligation) -> ObligationOut:
    campaign = item.campaign
    return ObligationOut(
        id=item.pk,
        pack=campaign.pack,
        dataset=campaign.dataset,
        period=campaign.period,
        unit=item.organisation.code,
        unit_name=item.organisation.name,
        state=item.state,
        due_on=item.due_on,
        days_left=days_left(campaign, item.due_on, today()),
        revision=item.revision,
        late_days=item.late_days,
        rows=item.rows,
        blocks=item.blocks,
        explains=item.explains,
        notes=item.notes,
        changed_at=item.changed_at,
    )
