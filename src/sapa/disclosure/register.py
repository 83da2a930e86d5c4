"""What a reader who also holds the register could infer: who stands behind which figure, institution by institution.

Published counts are sums over institutions. Whoever knows what each institution is (its place, its type, its settlement) knows
which of them a hidden count sums up, and may find it between the counts that are shown. Linear programmes over one variable an
institution say how closely; by that it is decided how much of the register may be public beside the figures.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sapa.disclosure.figures import is_suppressed
from sapa.disclosure.policy import policy_of
from sapa.disclosure.programme import silent
from sapa.indicators.facts import dimensions_of
from sapa.packs.loader import Pack
from sapa.packs.models_disclosure import Disclosure

Traits = Mapping[str, Mapping[str, str]]
"""By unit its code in each dimension of the register."""
_MOST = 1e9


def found_out(
    published: pa.Table, truth: pa.Table, pack: Pack, traits: Mapping[str, Traits], known: Collection[str]
) -> list[str]:
    """Names of hidden small counts of persons that the register gives away, with ``known`` of its dimensions (by period).

    ``truth`` are the facts before protection, which only the auditor has. Looked at are indicators that count rows, in cuts by
    attributes of the unit alone; what stands in other cuts is the matter of :func:`sapa.disclosure.audit`.
    """
    policy, register = policy_of(pack), {item.id for item in pack.datasets if item.register_}
    out: list[str] = []
    for item in pack.indicators:
        if item.kind != "count" or item.dataset in register:
            continue
        mine = set(known) & {dimension.id for dimension in pack.dataset(item.dataset).dimensions if dimension.attribute}
        for period, units in traits.items():
            if item.holds(period) and policy.protects(item.dataset, period):
                out += _exposed(published, truth, item.id, period, units, mine, policy.of(item.dataset, period))
    return out


def tellable(
    published: pa.Table, truth: pa.Table, pack: Pack, traits: Mapping[str, Traits], first: Sequence[str], more: Sequence[str]
) -> tuple[str, ...]:
    """Of the register's dimensions those that may be public beside these figures; nothing where even ``first`` give some away."""
    if found_out(published, truth, pack, traits, first):
        return ()
    kept = list(first)
    for name in more:
        if not found_out(published, truth, pack, traits, [*kept, name]):
            kept.append(name)
    return tuple(kept)


def _exposed(
    published: pa.Table, truth: pa.Table, indicator: str, period: str, units: Traits, known: set[str], rule: Disclosure
) -> list[str]:
    true = {cut: value for cut, value, _flag in _cells(truth, indicator, period, known)}
    told, hidden = [], []
    places = {unit: number for number, unit in enumerate(sorted(units))}
    for cut, value, flag in _cells(published, indicator, period, known):
        behind = [places[unit] for unit, held in units.items() if all(held.get(name) == code for name, code in cut)]
        if is_suppressed(flag):
            if 0 < (true.get(cut) or 0.0) < rule.threshold:
                hidden.append((cut, behind))
        elif value is not None and behind:
            told.append((value, behind))
    if not hidden:
        return []
    solver = silent()
    for _unit in places:
        solver.addVar(0.0, _MOST)
    for value, behind in told:
        solver.addRow(value, value, len(behind), np.array(behind, np.int32), np.ones(len(behind)))
    return [
        f"{indicator}@{period}[{','.join(f'{name}={code}' for name, code in cut)}]"
        for cut, behind in hidden
        if rule.exposes(*_reach(solver, len(places), behind))
    ]


def _reach(solver: Any, size: int, behind: Sequence[int]) -> tuple[float, float]:
    """Between which numbers the sum over some institutions lies; brought to whole persons."""
    import highspy

    costs = np.zeros(size)
    costs[list(behind)] = 1.0
    solver.changeColsCost(size, np.arange(size, dtype=np.int32), costs)
    ends = []
    for sense in (highspy.ObjSense.kMinimize, highspy.ObjSense.kMaximize):
        solver.changeObjectiveSense(sense)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            # The register and the figures do not fit together: nobody infers from what contradicts itself.
            return 0.0, _MOST
        ends.append(float(solver.getInfo().objective_function_value))
    return float(np.ceil(ends[0] - 1e-6)), float(np.floor(ends[1] + 1e-6))


def _cells(
    facts: pa.Table, indicator: str, period: str, known: set[str]
) -> Iterator[tuple[tuple[tuple[str, str], ...], float | None, str | None]]:
    mask = pc.and_(pc.equal(facts["indicator"], indicator), pc.equal(facts["period"], period))
    names = dimensions_of(facts)
    for row in facts.filter(mask).to_pylist():
        cut = tuple(sorted((name, str(row[name])) for name in names if row[name] is not None))
        if {name for name, _ in cut} <= known:
            yield cut, row["value"], row["flag"]
