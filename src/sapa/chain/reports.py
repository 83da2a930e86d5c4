"""What a report of a run is about: the whole, a place, or one institution whose figures are computed from its own rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pad

from sapa.archive.freeze import FINAL
from sapa.calendar.deadlines import DateDeadline
from sapa.chain.context import checked_parquet
from sapa.chain.days import working_days
from sapa.chain.institutions import ByUnit, facts_of_unit
from sapa.errors import UserError
from sapa.indicators.planner import ancestors
from sapa.packs.loader import Pack
from sapa.packs.models_data import Dimension
from sapa.packs.models_report import Report
from sapa.publication.comparisons import Scope
from sapa.publication.facts import Cut
from sapa.publication.labels import Labels
from sapa.publication.language import language
from sapa.publication.meta import PublicationMeta

INSTITUTION = "institution"
"""How a scope names a reporting unit, whatever field its returns name it by."""


def chosen_report(pack: Pack, regime: Pack | None, report_id: str) -> tuple[Report, Pack]:
    """The report of that id and the pack it stands in: the data's, else the regime's; raises ``UserError``."""
    for owner in (pack, regime):
        found = [item for item in owner.reports if report_id in ("", item.id)] if owner else []
        if owner is not None and found:
            return found[0], owner
    known = [item.id for owner in (pack, regime) if owner for item in owner.reports]
    raise UserError(f"there is no report '{report_id}'", todo=f"use one of: {', '.join(known) or '(none defined)'}")


def due_day(report: Report, owner: Pack, pack: Pack, period: str) -> date | None:
    """The last day on which the report of a period is published in time; None where no date is set."""
    rule = next((entry.rule for entry in owner.calendar if entry.id == report.deadline), None)
    country = pack.meta.country or owner.meta.country
    if not isinstance(rule, DateDeadline) or not country:
        return None
    return rule.due(date(int(period[:4]), 12, 31), working_days(owner, "en", country))


def scoped(
    report: Report, pack: Pack, scope: str, whole: pa.Table, folder: Path, earlier: Sequence[Path], meta: PublicationMeta
) -> tuple[Scope | None, pa.Table | None]:
    """What the report is about, and the facts of that where they are not among those of the whole."""
    dimension, _, code = scope.partition("=")
    if report.kind == "institution":
        if not code:
            raise UserError(f"report '{report.id}' is about one institution", todo="name it: --scope institution=ID")
        return _institution(report, pack, code, folder, earlier, meta)
    if report.kind == "place":
        return _place(report, pack, dimension, code, whole, meta.period), None
    if scope:
        kinds = [item.id for item in pack.reports if item.kind in ("place", "institution")]
        todo = f"leave --scope out, or take one of: {', '.join(kinds) or '(none defined)'}"
        raise UserError(f"report '{report.id}' is about the whole", todo=todo)
    return None, None


def _place(report: Report, pack: Pack, dimension: str, code: str, whole: pa.Table, period: str) -> Scope:
    if dimension not in report.scope:
        named = " or ".join(f"--scope {name}=CODE" for name in report.scope)
        raise UserError(f"report '{report.id}' is about one code of {' or '.join(report.scope)}", todo=f"name it: {named}")
    known = set(pc.unique(whole[dimension]).to_pylist()) - {None} if dimension in whole.column_names else set()
    if code not in known:
        raise UserError(
            f"there are no facts of {dimension}={code}", todo=f"use one of: {', '.join(sorted(map(str, known))[:40])}"
        )
    labels = Labels(pack, language("en"), period)
    return Scope(dimension, code, beside=tuple(_above(dimension, code, labels, whole)), name=code)


def _above(dimension: str, code: str, labels: Labels, whole: pa.Table) -> list[tuple[str, str]]:
    """The codes that a code lies in, each with a dimension whose facts are cut by it, the nearest first."""
    listed = labels.dimension(dimension).code_list
    if not listed:
        return []
    parents = {item.code: item.parent for item in labels.pack.codelist(listed).items}
    others = [name for name, other in labels.dimensions.items() if other.code_list == listed and name in whole.column_names]
    out = []
    parent = parents.get(code)
    while parent is not None:
        found = [name for name in others if name != dimension and parent in pc.unique(whole[name]).to_pylist()]
        out += [(found[0], parent)] if found else []
        parent = parents.get(parent)
    return out


def _institution(
    report: Report, pack: Pack, code: str, folder: Path, earlier: Sequence[Path], meta: PublicationMeta
) -> tuple[Scope, pa.Table]:
    """The figures of one reporting unit, from its own rows in each run's snapshot."""
    named, beside = _unit_of(report, pack, code, folder)
    if not named:
        raise UserError(f"no rows of institution '{code}' in {folder}", todo="name a unit whose return is in the snapshot")
    crossed = {name for chapter in report.chapters for layout in chapter.layouts for name in (layout.rows, layout.columns)}
    crossed |= {name for chapter in report.chapters for drawing in chapter.drawings for name in (drawing.by, drawing.series)}
    unit = ByUnit(pack, ()).unit
    facts = facts_of_unit([*earlier, folder], code, {name for name in crossed if name and name not in ("period", "any")}, unit)
    return Scope(unit, code, named, unit=True, beside=beside), facts


def _unit_of(report: Report, pack: Pack, code: str, home: Path) -> tuple[str, Cut]:
    """A unit's name, and the codes it has of the dimensions it is compared by; the name is empty where there are no rows."""
    asked = [name for chapter in report.chapters for name in chapter.beside]
    named = ""
    beside: dict[str, str] = {}
    for item in pack.datasets:
        path = home / FINAL / "rows" / f"{item.id}.parquet"
        if not path.is_file():
            continue
        rows = pad.dataset(path, format=checked_parquet()).to_table(filter=pc.field(item.unit).cast(pa.string()) == code)
        if not rows.num_rows:
            continue
        title = str(rows[item.unit_title][0].as_py() or "") if item.unit_title else ""
        named = named or " ".join(title.split())
        for dimension in item.dimensions:
            if dimension.id in asked and dimension.id not in beside:
                beside |= _code_of(dimension, rows, pack)
        named = named or code
    return named, tuple((name, beside[name]) for name in asked if name in beside)


def _code_of(dimension: Dimension, rows: pa.Table, pack: Pack) -> dict[str, str]:
    """The one code of a dimension that all rows of a unit have; none where they differ or it is no field of the row."""
    column = dimension.field or (
        f"a_{dimension.attribute}" if f"a_{dimension.attribute}" in rows.column_names else dimension.attribute
    )
    codes = pc.unique(rows[column]).drop_null().to_pylist() if column in rows.column_names else []
    if len(codes) != 1:
        return {}
    code = str(codes[0])
    if dimension.level is not None and dimension.code_list:
        code = dict(ancestors(pack.codelist(dimension.code_list), dimension.level)).get(code, "")
    return {dimension.id: code} if code else {}
