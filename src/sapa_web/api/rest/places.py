"""``/organisations`` and ``/token``."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Path, Query, Router

from sapa_web.api.domain.queries import places
from sapa_web.api.rest.auth import caller, need
from sapa_web.api.rest.problems import not_found
from sapa_web.api.rest.schemas import Day, Limit, OrganisationOut, OrganisationPage, TokenOut, Word
from sapa_web.common.clock import today
from sapa_web.orgs.models import OrganisationVersion
from sapa_web.orgs.roles import Capability

router = Router(tags=["organisations"])


@router.get("/token", response=TokenOut, tags=["token"], summary="The calling token", operation_id="token")
def token(request: Any) -> TokenOut:
    """Who you are here, and what you may do."""
    own = caller(request)
    return TokenOut(
        name=own.name, place=own.organisation.code, levels=own.levels, datasets=own.datasets,
        capabilities=own.capabilities, expires_at=own.expires_at, per_minute=own.per_minute,
    )  # fmt: skip


@router.get("/organisations", response=OrganisationPage, summary="Organisations", operation_id="organisations")
def organisations(
    request: Any,
    as_of: Annotated[Day | None, Query(None, description="The day; default: today.")],
    q: Annotated[Word, Query("", description="Part of the name, or the beginning of the code.")],
    below: Annotated[Word, Query("", description="Code: this organisation and all under it on that day.")],
    kind: Annotated[Word, Query("", description="Code of the type.")],
    institutions: Annotated[bool | None, Query(None, description="true: institutions only; false: offices only.")],
    cursor: Annotated[Word, Query("", description="`next` of the page before.")],
    limit: Annotated[Limit, Query(100)],
) -> OrganisationPage:
    """The tree within the token's place, as it is or was on a day, ordered by code."""
    day = as_of or today()
    sought = places.Sought(q, below, kind, institutions)
    found = places.page(need(request, Capability.SEE), day, sought, cursor, limit + 1)
    following = found[limit - 1].organisation.code if len(found) > limit else None
    return OrganisationPage(as_of=day, items=[_out(item) for item in found[:limit]], next=following)


@router.get("/organisations/{code}", response=OrganisationOut, summary="One organisation", operation_id="organisation")
def organisation(
    request: Any,
    code: Annotated[Word, Path()],
    as_of: Annotated[Day | None, Query(None, description="The day; default: today.")],
) -> OrganisationOut:
    """An organisation as it is or was on a day."""
    found = places.versions(need(request, Capability.SEE), as_of or today()).filter(organisation__code=code).first()
    if found is None:
        raise not_found()
    return _out(found)


def _out(version: OrganisationVersion) -> OrganisationOut:
    return OrganisationOut(
        code=version.organisation.code,
        name=version.name,
        names=version.names,
        kind=version.kind,
        institution=version.organisation.is_institution,
        parent=version.parent.code if version.parent else None,
        founder=version.founder.code if version.founder else None,
        levels=version.levels,
        attributes=version.attributes,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
    )
