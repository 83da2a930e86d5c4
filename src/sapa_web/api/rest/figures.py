"""``/indicators``, ``/facts``, ``/calendar``, ``/ledger``: what came of it all."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Any, Literal

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from ninja import Path, Query, Router

from sapa.calendar import to_ics
from sapa_web.api.domain.queries import chain, figures, years
from sapa_web.api.domain.queries.asked import known_packs
from sapa_web.api.rest.answering import language
from sapa_web.api.rest.auth import need, token_of
from sapa_web.api.rest.problems import Problem, not_found
from sapa_web.api.rest.schemas import (
    CalendarOut,
    EventOut,
    FactsOut,
    FaultOut,
    IndicatorOut,
    IndicatorsOut,
    LedgerOut,
    Number,
    Word,
)
from sapa_web.collection.domain.packs import pack_named
from sapa_web.common.clock import now
from sapa_web.indicators.domain.queries.facts import Figures, figures_of
from sapa_web.indicators.domain.queries.reach import Reach
from sapa_web.orgs.roles import Capability

router = Router()
State = Annotated[
    Literal["official", "provisional"], Query("official", description="Official: from frozen snapshots. Never both together.")
]
Form = Annotated[Literal["json", "csv", "parquet"], Query("json", description="Form of the answer.")]
PARQUET = "application/vnd.apache.parquet"
BINARY = {"schema": {"type": "string", "format": "binary"}}
FACTS = {"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}, PARQUET: BINARY}}}}
ICS = {"responses": {200: {"content": {"text/calendar": {"schema": {"type": "string"}}}}}}


@router.get("/indicators", response=IndicatorsOut, tags=["facts"], summary="Indicators", operation_id="indicators")
def indicators(
    request: Any,
    pack: Annotated[Word, Query()],
    state: State,
    period: Annotated[Word, Query("", description="Of provisional figures: the period; default: the newest.")],
) -> IndicatorsOut:
    """The indicators that have figures, and what they can be cut by."""
    need(request, Capability.ANALYSE)
    found = _figures(pack, state, period)
    titles = {item.id: item for item in pack_named(pack).indicators}
    items = []
    for name in sorted(found.indicators):
        item = titles.get(name)
        title = pack_named(pack).text(item.title, language()) if item else name
        cuts = sorted(sorted(cut) for cut in found.cuts(name))
        items.append(IndicatorOut(id=name, title=title, clause=list(item.clause) if item else [], cuts=cuts))
    return IndicatorsOut(pack=pack, state=state, periods=list(found.periods), items=items)


@router.get("/facts", response=FactsOut, tags=["facts"], summary="Facts", operation_id="facts", openapi_extra=FACTS)
def facts(
    request: Any,
    pack: Annotated[Word, Query()],
    state: State,
    indicator: Annotated[Word, Query("", description="Ids, separated by commas; default: all.")],
    period: Annotated[Word, Query("", description="Default: all.")],
    by: Annotated[Word | None, Query(None, description="Dimensions of the cut, by commas; empty: totals; left out: all cuts.")],
    where: Annotated[Word, Query("", description="dimension:code, by commas.")],
    form: Form,
) -> HttpResponseBase:
    """Figures by indicator, cut and period: the header Row-Count says how many. Figures that name a place are those of the
    places above and below the token's own, as on the pages."""
    scope = need(request, Capability.ANALYSE)
    found = _figures(pack, state, period if state == "provisional" else "")
    cut = None if by is None else frozenset(_words(by))
    codes = dict(item.partition(":")[::2] for item in _words(where))
    table = figures.chosen(found, figures.Choice(_words(indicator), period, cut, codes))
    table = Reach(scope, token_of(request), pack).rows(table)
    head = {"pack": pack, "state": state, "roots": {name: stamp.root for name, stamp in found.stamps.items()}}
    response: HttpResponseBase
    if form == "parquet":
        response = HttpResponse(figures.as_parquet(table, head), content_type=PARQUET)
    elif form == "csv":
        response = StreamingHttpResponse(figures.as_csv(table), content_type="text/csv; charset=utf-8")
    else:
        response = StreamingHttpResponse(figures.as_json(table, head), content_type="application/json")
    if form != "json":
        suffix = "parquet" if form == "parquet" else "csv"
        response["Content-Disposition"] = f'attachment; filename="facts-{state}.{suffix}"'
    response["Row-Count"] = str(table.num_rows)
    return response


@router.get(
    "/calendar/{pack}/{year}",
    response=CalendarOut,
    tags=["calendar"],
    summary="Calendar",
    operation_id="calendar",
    openapi_extra=ICS,
)
def calendar(
    request: Any,
    pack: Annotated[Word, Path()],
    year: Annotated[int, Path(ge=1990, le=2060)],
    form: Annotated[Literal["json", "ics"], Query("json", description="Form of the answer; ics: iCalendar (RFC 5545).")],
) -> Any:
    """A year's deadlines, windows and standing rules, each with its clause."""
    need(request, Capability.SEE)
    if pack not in known_packs():
        raise not_found()
    events = years.events(pack, year)
    if form == "ics":
        return HttpResponse(to_ics(events, language(), now().astimezone(UTC)), content_type="text/calendar; charset=utf-8")
    lines = [
        EventOut(
            id=item.id, first=item.first, last=item.last, times=item.window.times if item.window else 1,
            title=pack_named(pack).text(dict(item.title), language()), kind=item.kind, warn_on=item.warn_on, clause=item.clause,
        )
        for item in events
    ]  # fmt: skip
    return CalendarOut(pack=pack, year=year, events=lines)


@router.get("/ledger", response=LedgerOut, tags=["ledger"], summary="Ledger", operation_id="ledger")
def ledger(
    request: Any,
    since: Annotated[
        Number | None, Query(None, description="First entry to look at; default: the last thousand; 1: the whole chain.")
    ],
) -> LedgerOut:
    """Whether the ledger's chain holds, and the digest of its head, to be kept elsewhere and compared later."""
    need(request, Capability.SEE)
    found = chain.looked_at(since)
    faults = [FaultOut(seq=item.seq, reason=item.reason) for item in found.faults]
    return LedgerOut(entries=found.entries, head=found.head, checked_from=found.since, holds=not faults, faults=faults)


def _figures(pack: str, state: str, period: str) -> Figures:
    found = figures_of(pack, state, period) if pack in known_packs() else None
    if found is None:
        todo = _("see which packs, periods and states have figures")
        raise Problem(404, "no_figures", _("there are no such figures"), todo)
    return found


def _words(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
