"""``/public/…``: published figures and what stands behind them, for everybody, without a token; all of it through the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from ninja import Path, Query, Router

from sapa.chain.lineage import FactId
from sapa.errors import UserError
from sapa.indicators.facts import dimensions_of
from sapa.publication.labels import Labels
from sapa_web.api.domain.queries import figures
from sapa_web.api.domain.queries.chosen import Choice, chosen, records
from sapa_web.api.rest.answering import language
from sapa_web.api.rest.auth import by_address
from sapa_web.api.rest.problems import Problem
from sapa_web.api.rest.public_schemas import (
    ChangeOut,
    ChangesOut,
    DataVersionOut,
    DataVersionsOut,
    DimensionOut,
    FileOut,
    LineageOut,
    LogOut,
    PublicationOut,
    PublicationsOut,
    PublicFactOut,
    PublicFactsOut,
    PublicIndicatorOut,
    PublicIndicatorsOut,
    PublicReleaseOut,
    PublicReleasesOut,
)
from sapa_web.api.rest.schemas import Limit, Word
from sapa_web.common.clock import now
from sapa_web.indicators.domain.queries.about import labels_for
from sapa_web.portal.domain.queries import lineage, published
from sapa_web.portal.domain.queries.changes import before, changes_of, counts_of
from sapa_web.portal.domain.queries.described import described
from sapa_web.portal.domain.verifying import log_document
from sapa_web.portal.models import DataVersion, FiguresTree, Release

router = Router(tags=["public"], auth=by_address)
PARQUET = "application/vnd.apache.parquet"
BINARY = {"schema": {"type": "string", "format": "binary"}}
ROWS = {"X-Row-Count": {"schema": {"type": "integer"}, "description": "How many facts the answer holds: all that fit."}}
BULK = {"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}, PARQUET: BINARY}, "headers": ROWS}}}
Pack = Annotated[Word, Query(description="Name of the pack; see /public/versions.")]
Version = Annotated[Word, Query("", description="Number of a public version; default: the newest.")]
Cursor = Annotated[Word, Query("", description="`next` of the page before.")]
Indicators = Annotated[Word, Query("", description="Ids, separated by commas; default: all.")]
Periods = Annotated[Word, Query("", description="Periods, separated by commas; default: all.")]
By = Annotated[Word | None, Query(None, description="Dimensions of the cut, by commas; empty: totals; left out: all cuts.")]
Where = Annotated[Word, Query("", description="dimension:code, by commas; a dimension may stand several times.")]


def nothing() -> Problem:
    """What is not public is not there."""
    told = _("check the name and the version; /public/versions lists what is public")
    return Problem(404, "not_found", _("nothing of this name is public"), told)


def version_or_404(pack: str, number: str = "") -> DataVersion:
    """A public version, the newest where none is named."""
    moment = now()
    found = lineage.version_numbered(moment, pack, number) if number else published.newest(moment, pack)
    if found is None:
        raise nothing()
    return found


def _own(texts: Mapping[str, str]) -> str:
    return texts.get(language()) or texts.get("en") or next(iter(texts.values()), "")


@router.get("/publications", response=PublicationsOut, summary="Publications", operation_id="public_publications")
def public_publications(request: Any) -> PublicationsOut:
    """The series that have a public release."""
    items = [
        PublicationOut(id=item.slug, pack=item.pack, title=_own(item.title), summary=_own(item.summary))
        for item in published.publications(now())
    ]
    return PublicationsOut(items=items)


@router.get("/releases", response=PublicReleasesOut, summary="Releases", operation_id="public_releases")
def public_releases(
    request: Any,
    publication: Annotated[Word, Query("", description="Id of a series; default: all.")],
    cursor: Cursor,
    limit: Annotated[Limit, Query(100)],
) -> PublicReleasesOut:
    """The public releases, the newest first."""
    found = published.releases(now())
    if publication:
        found = found.filter(publication__slug=publication)
    start = _start(cursor)
    page = list(found[start : start + limit + 1])
    items = [_release(item) for item in page[:limit]]
    return PublicReleasesOut(items=items, next=str(start + limit) if len(page) > limit else None)


def _release(item: Release) -> PublicReleaseOut:
    names = ("name", "kind", "language", "size", "digest")
    assert item.publish_at is not None  # else the gate had not let it through
    return PublicReleaseOut(
        publication=item.publication.slug, period=item.period, version=item.version, public_since=item.publish_at,
        headline=_own(item.headline), note=_own(item.note), data_version=item.data.number if item.data else None,
        next_on=item.next_on, files=[FileOut(**{name: about[name] for name in names}) for about in item.files],
    )  # fmt: skip


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    if not cursor.isdecimal() or len(cursor) > 9:
        raise Problem(422, "cursor", _("this is no cursor"), _("give `next` of the page before, as it is"))
    return int(cursor)


@router.get("/versions", response=DataVersionsOut, summary="Versions of the data", operation_id="public_versions")
def public_versions(
    request: Any, pack: Annotated[Word, Query("", description="Name of a pack; default: all.")]
) -> DataVersionsOut:
    """Every public version of the figures, with its roots, its digest and how many cells changed."""
    moment = now()
    told: dict[str, lineage.Releases] = {}
    trees = {tree.data_id: tree for tree in FiguresTree.objects.all()}
    items = []
    for item in published.versions(moment, pack):
        about = told.setdefault(item.pack, lineage.Releases(moment, item.pack))
        earlier, tree = before(moment, item), trees.get(item.pk)
        items.append(
            DataVersionOut(
                pack=item.pack, version=item.number, public_since=about.since(item), periods=item.periods, roots=item.roots,
                rows=item.facts, hidden=item.suppressed, digest=item.digest, figures_root=tree.root if tree else None,
                log_line=tree.entry_id if tree else None, before=earlier.number if earlier else None,
                changes=counts_of(moment, item),
            )
        )  # fmt: skip
    return DataVersionsOut(items=items)


@router.get(
    "/versions/{pack}/{version}/changes", response=ChangesOut, summary="Change log of a version", operation_id="public_changes"
)
def public_changes(
    request: Any,
    pack: Annotated[Word, Path()],
    version: Annotated[Word, Path()],
    cursor: Cursor,
    limit: Annotated[Limit, Query(500)],
) -> ChangesOut:
    """What differs from the public version before, cell by cell; of the first version every cell is added."""
    found = version_or_404(pack, version)
    moment = now()
    earlier = before(moment, found)
    cells, start = changes_of(moment, found).changes, _start(cursor)
    items = [ChangeOut(fact=item.fact, change=item.kind, old=item.old, new=item.new) for item in cells[start : start + limit]]
    return ChangesOut(
        pack=pack, version=found.number, before=earlier.number if earlier else None, rows=len(cells), items=items,
        next=str(start + limit) if start + limit < len(cells) else None,
    )  # fmt: skip


@router.get("/indicators", response=PublicIndicatorsOut, summary="Published indicators", operation_id="public_indicators")
def public_indicators(request: Any, pack: Pack, version: Version) -> PublicIndicatorsOut:
    """The indicators of a version, what they are cut by, and the titles of the codes."""
    found = version_or_404(pack, version)
    shown = published.figures(found)
    newest = found.periods[-1]
    labels = Labels(lineage.pack_behind(found, newest), labels_for(pack, newest).lang, newest)
    items = []
    for name in sorted(shown.indicators):
        item = labels.indicator(name)
        cuts = sorted(sorted(cut) for cut in shown.cuts(name))
        items.append(
            PublicIndicatorOut(
                id=name, title=labels.text(item.title), unit=labels.lang.unit(item.unit), decimals=item.decimals,
                theme=item.theme, clause=list(item.clause), cuts=cuts,
            )
        )  # fmt: skip
    dimensions = []
    for name in dimensions_of(shown.table):
        codes = [code for code in shown.table[name].unique().to_pylist() if code is not None]
        titles = {code: labels.code(name, code) for code in labels.ordered(name, codes)}
        dimensions.append(DimensionOut(id=name, title=labels.dimension_title(name), codes=titles))
    return PublicIndicatorsOut(pack=pack, version=found.number, periods=found.periods, dimensions=dimensions, items=items)


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _choice(indicator: str, period: str, by: str | None, where: str) -> Choice:
    codes: dict[str, list[str]] = {}
    for word in _words(where):
        name, colon, code = word.partition(":")
        if not colon:
            told = _("%(word)s is no dimension:code") % {"word": word}
            raise Problem(422, "where", told, _("write it as region:R1, several by commas"))
        codes.setdefault(name, []).append(unquote(code))
    return Choice(_words(indicator), _words(period), None if by is None else frozenset(_words(by)), codes)


@router.get("/facts", response=PublicFactsOut, summary="Published facts", operation_id="public_facts")
def public_facts(
    request: Any,
    pack: Pack,
    version: Version,
    indicator: Indicators,
    period: Periods,
    by: By,
    where: Where,
    cursor: Cursor,
    limit: Annotated[Limit, Query(500)],
) -> PublicFactsOut:
    """Facts by indicator, period, cut and codes, a page at a time. ``next`` stays with the version the first page came from."""
    number, _dash, place = cursor.rpartition("-")
    found = version_or_404(pack, number or version)
    table = chosen(published.figures(found).table, _choice(indicator, period, by, where))
    start = _start(place)
    items = [PublicFactOut(**record) for record in records(table.slice(start, limit))]
    following = f"{found.number}-{start + limit}" if start + limit < table.num_rows else None
    return PublicFactsOut(pack=pack, version=found.number, digest=found.digest, rows=table.num_rows, items=items, next=following)


@router.get("/facts/bulk", response=PublicFactsOut, summary="All published facts", operation_id="public_bulk", openapi_extra=BULK)
def public_bulk(
    request: Any,
    pack: Pack,
    version: Version,
    indicator: Indicators,
    period: Periods,
    by: By,
    where: Where,
    form: Annotated[Literal["json", "csv", "parquet"], Query("csv", description="Form of the answer.")],
) -> HttpResponseBase:
    """Everything that fits in one answer, never cut off. The number of facts stands in the header X-Row-Count, in the name of the
    file, and in the content (JSON: ``rows``; Parquet: its metadata)."""
    found = version_or_404(pack, version)
    table = chosen(published.figures(found).table, _choice(indicator, period, by, where))
    head = {"pack": pack, "version": found.number, "digest": found.digest, "roots": found.roots}
    response: HttpResponseBase
    if form == "parquet":
        response = HttpResponse(figures.as_parquet(table, head), content_type=PARQUET)
    elif form == "csv":
        response = StreamingHttpResponse(figures.as_csv(table), content_type="text/csv; charset=utf-8")
    else:
        parts = figures.as_json(table, {**head, "next": None}, named=True)
        response = StreamingHttpResponse(parts, content_type="application/json")
    if form != "json":
        name = f"facts-{found.pack}-{found.number}-{table.num_rows}-rows.{form}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Row-Count"] = str(table.num_rows)
    return response


@router.get("/lineage", response=LineageOut, summary="Lineage of a fact", operation_id="public_lineage")
def public_lineage(
    request: Any,
    pack: Pack,
    version: Version,
    fact: Annotated[Word, Query(description="Name of the fact, as /public/facts gives it.")],
) -> LineageOut:
    """Where a published fact comes from, and the address of its verification bundle."""
    found = version_or_404(pack, version)
    labels = labels_for(pack, "")
    try:
        way = lineage.lineage_of(now(), found, FactId.parse(fact), labels.lang)
    except UserError as error:
        raise nothing() from error
    if way is None:
        raise nothing()
    told = described(way)
    named = {name: told[name] for name in ("fact", "status", "value", "numerator", "denominator", "count", "unit")}
    return LineageOut(**named, page=lineage.address(found, way.fact.id), lineage=told)


@router.get("/log", response=LogOut, summary="Public log of roots", operation_id="public_log")
def public_log(request: Any) -> LogOut:
    """The append-only log of roots, whole: keep its head, and later hold it against the log."""
    return LogOut(**log_document())
