"""The tree follows what returns say of themselves: which offices they lie under, what they are called.

For packs whose data set is its own register (``places`` names the offices above a unit). Offices and units that are new are
opened, those that say otherwise than before are moved or changed from the day on, and where the file is complete those it no
longer names end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from sapa.errors import UserError
from sapa.packs.loader import Pack
from sapa.packs.models_data import Dataset
from sapa_web.orgs.domain import tree
from sapa_web.orgs.domain.tree import Entry, Facts
from sapa_web.orgs.models import Closure, Organisation, OrganisationVersion

Progress = Callable[[str, int, int], object]


@dataclass
class Followed:
    """How many organisations were opened, moved, changed, closed; how many stand as they stood."""

    opened: int = 0
    moved: int = 0
    changed: int = 0
    closed: int = 0
    same: int = 0


@dataclass
class _Wanted:
    """The tree as the file has it, by identifier; offices in order from the top."""

    offices: dict[str, Facts] = field(default_factory=dict)
    units: dict[str, Facts] = field(default_factory=dict)


def follow(
    actor: Any, pack: Pack, dataset: Dataset, period: str, rows: pa.Table, under: Organisation, as_of: date, *, basis: str,
    complete: bool = False, progress: Progress = lambda step, done, of: None,
) -> Followed:  # fmt: skip
    """Bring the tree below ``under`` to what ``rows`` (one a unit) say for ``as_of``; one transaction."""
    if not dataset.places:
        raise UserError(f"data set {dataset.id} names no offices above its units", todo="add 'places:' to it in the pack")
    wanted = _wanted(pack, dataset, period, rows, under)
    standing = {
        item.organisation.code: item for item in tree.valid_versions(as_of).select_related("organisation", "parent", "founder")
    }
    done = Followed()
    with tree.together():
        _open(actor, wanted, standing, as_of, basis, done)
        _change(actor, wanted, standing, as_of, basis, done, progress)
        if complete:
            _close(actor, wanted, standing, under, as_of, basis, done, progress)
    return done


def _wanted(pack: Pack, dataset: Dataset, period: str, rows: pa.Table, under: Organisation) -> _Wanted:
    out = _Wanted()
    titles = {item.field: _titles(pack, dataset, item.field, period) for item in dataset.places}
    spelt: dict[str, Counter[str]] = defaultdict(Counter)
    kept = [item.field for item in dataset.dimensions if item.field and item.field in rows.column_names]
    for row in rows.to_pylist():
        parent = under.code
        for place in dataset.places:
            code = row.get(place.field)
            if not code:
                continue
            code = str(code)
            spelt[code][str(row.get(place.title) or "") if place.title else titles[place.field].get(code, code)] += 1
            out.offices.setdefault(code, Facts(code, parent))
            parent = code
        name = str(row.get(dataset.unit_title or "") or row[dataset.unit])[:300]
        attributes = {item: str(row[item]) for item in kept if row[item] is not None}
        out.units[str(row[dataset.unit])] = Facts(name, parent, attributes=attributes)
    # Names are spelt in many ways: the most frequent holds, of equals the first in order.
    for code, facts in out.offices.items():
        name = min(spelt[code], key=lambda text: (-spelt[code][text], text)) or code
        out.offices[code] = Facts(name[:300], facts.parent)
    return out


def _titles(pack: Pack, dataset: Dataset, name: str, period: str) -> dict[str, str]:
    code_list = dataset.field(name).code_list
    if not code_list:
        return {}
    return {item.code: pack.text(item.title, pack.meta.document.language) for item in pack.codelist(code_list, period).items}


def _open(
    actor: Any, wanted: _Wanted, standing: Mapping[str, OrganisationVersion], as_of: date, basis: str, done: Followed
) -> None:
    known = set(Organisation.objects.unscoped("an identifier is taken, whoever may see it").values_list("code", flat=True))
    entries = [Entry(code, facts, is_institution=False) for code, facts in wanted.offices.items() if code not in known]
    entries += [Entry(code, facts) for code, facts in wanted.units.items() if code not in known]
    if entries:
        done.opened += tree.open_many(actor, entries, as_of, basis=basis, event="imported")
    for code, facts in [*wanted.offices.items(), *wanted.units.items()]:
        if code in known and code not in standing:
            unit: Organisation = Organisation.objects.unscoped("named in the file").get(code=code)
            changes = {"name": facts.name, "parent": facts.parent, "attributes": dict(facts.attributes)}
            tree.reopen(actor, unit, as_of, basis=basis, **changes)
            done.opened += 1


def _change(
    actor: Any, wanted: _Wanted, standing: Mapping[str, OrganisationVersion], as_of: date, basis: str, done: Followed,
    progress: Progress,
) -> None:  # fmt: skip
    both = [item for item in (*wanted.offices.items(), *wanted.units.items()) if item[0] in standing]
    for place, (code, facts) in enumerate(both, start=1):
        was = tree.facts_of(standing[code])
        changes = {name: value for name, value in _said(was, facts) if value != getattr(was, name)}
        if not changes:
            done.same += 1
            continue
        event = "moved" if "parent" in changes else "changed"
        tree.change(actor, standing[code].organisation, as_of, event, basis=basis, **changes)
        setattr(done, event, getattr(done, event) + 1)
        if place % 100 == 0:
            progress("tree", place, len(both))


def _said(was: Facts, facts: Facts) -> Iterator[tuple[str, Any]]:
    yield "name", facts.name
    yield "parent", facts.parent
    yield "attributes", {**was.attributes, **facts.attributes}


def _close(
    actor: Any, wanted: _Wanted, standing: Mapping[str, OrganisationVersion], under: Organisation, as_of: date, basis: str,
    done: Followed, progress: Progress,
) -> None:  # fmt: skip
    """Units the file no longer names end; so do the offices nothing hangs on any more, the lowest first."""
    below = dict(Closure.objects.filter(ancestor=under, depth__gt=0).values_list("descendant__code", "depth"))
    named = wanted.offices.keys() | wanted.units.keys()
    gone = [code for code in standing if code in below and code not in named]
    gone.sort(key=lambda code: (-below[code], code))
    for place, code in enumerate(gone, start=1):
        tree.close(actor, standing[code].organisation, as_of, basis=basis)
        done.closed += 1
        progress("tree", place, len(gone))
