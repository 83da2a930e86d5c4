"""What a report of a run is about: the whole, a place, or one institution whose figures are computed from its own rows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pad

from sapa.archive.freeze import FINAL
from sapa.archive.store import FolderStore
from sapa.calendar.deadlines import DateDeadline
from sapa.chain.context import checked_parquet, snapshot_statement
from sapa.chain.days import working_days
from sapa.errors import UserError
from sapa.indicators.api import compute
from sapa.indicators.derived import combine
from sapa.packs.loader import Pack
from sapa.packs.models_report import Report
from sapa.publication.comparisons import Scope
from sapa.publication.facts import load_facts
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
    """The figures of one reporting unit, computed from its rows in each run's snapshot and from nothing else."""
    parts: list[pa.Table] = []
    named = ""
    for home in (*earlier, folder):
        sources, title = _rows_of(pack, code, home)
        named = title or named
        if sources:
            parts.append(_computed(pack, sources, home, parts))
    if not parts or meta.period not in set(pc.unique(parts[-1]["period"]).to_pylist()):
        raise UserError(f"no rows of institution '{code}' in {folder}", todo="name a unit whose return is in the snapshot")
    facts = combine(parts)
    unit = next(item.unit for item in pack.datasets)
    beside = [(name, found) for name in _beside(report) if (found := _only(facts, name, meta.period))]
    facts = facts.append_column(unit, pa.repeat(pa.scalar(code), facts.num_rows))
    return Scope(unit, code, named or code, unit=True, beside=tuple(beside)), facts


def _beside(report: Report) -> tuple[str, ...]:
    return tuple(name for chapter in report.chapters for name in chapter.beside)


def _only(facts: pa.Table, dimension: str, period: str) -> str:
    """The one code of a dimension that an institution's facts carry; empty where they have none or several."""
    if dimension not in facts.column_names:
        return ""
    codes = pc.unique(facts.filter(pc.equal(facts["period"], period))[dimension]).drop_null().to_pylist()
    return str(codes[0]) if len(codes) == 1 else ""


def _rows_of(pack: Pack, code: str, home: Path) -> tuple[dict[str, Any], str]:
    """The unit's rows of each data set in the snapshot of a run, and its name where a register or return has one."""
    sources: dict[str, Any] = {}
    named = ""
    for item in pack.datasets:
        path = home / FINAL / "rows" / f"{item.id}.parquet"
        if not path.is_file():
            continue
        rows = pad.dataset(path, format=checked_parquet())
        rows = rows.to_table(filter=pc.field(item.unit).cast(pa.string()) == code)
        if rows.num_rows:
            sources[item.id] = rows
            named = named or (str(rows[item.unit_title][0].as_py() or "") if item.unit_title else "")
    return sources, " ".join(named.split())


def _computed(pack: Pack, sources: dict[str, Any], home: Path, earlier: Sequence[pa.Table]) -> pa.Table:
    said: dict[str, Any] = dict(snapshot_statement(FolderStore(home)))
    with tempfile.TemporaryDirectory(prefix="sapa-unit-") as place:
        named = {"period": said["period"], "snapshot_id": said["root"]}
        done = compute(pack, home, place, earlier=earlier, sources=sources, **named)
        return load_facts([path for path in done.files if path.is_file()])
