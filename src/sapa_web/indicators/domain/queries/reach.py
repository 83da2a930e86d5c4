"""Which figures a reader may see.

Figures that name no place (the whole, by type, by sex …) are for everybody who may analyse. A figure of a place is for readers
whose nodes lie above it, in it or below it: so a region sees its districts, itself and the whole, a school its own district and
region. A figure of a single unit is only for readers within whose scope the unit lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Q

from sapa.indicators.derived import inputs_of
from sapa.packs.loader import Pack
from sapa.publication.facts import Fact
from sapa_web.collection.domain.packs import pack_named
from sapa_web.common.scope import Scope
from sapa_web.indicators.domain.queries.facts import Cells
from sapa_web.orgs.domain.queries.access import scope_of, whole
from sapa_web.orgs.models import Closure, Organisation
from sapa_web.orgs.roles import Capability


@dataclass
class Reach:
    """What one reader reaches of a pack's figures."""

    scope: Scope
    user: Any
    pack: str

    @cached_property
    def whole(self) -> bool:
        """Whether the reader's node is the top of the tree, for every level and data set: nothing is hidden then."""
        return whole(self.scope)

    @cached_property
    def _offices(self) -> frozenset[str]:
        found = Organisation.objects.unscoped("names of places are no units' data").filter(is_institution=False)
        return frozenset(found.values_list("code", flat=True))

    @cached_property
    def _near(self) -> frozenset[str]:
        """Offices in scope without restriction, and those above the reader's nodes."""
        nodes = [grant.node for grant in self.scope.grants if not grant.founded]
        free = [grant.node for grant in self.scope.grants if not (grant.founded or grant.levels)]
        above = Q(descendant_id__in=nodes, depth__gt=0)
        below = Q(ancestor_id__in=free, descendant__is_institution=False)
        pairs = Closure.objects.filter(above | below)
        fields = ("ancestor_id", "ancestor__code", "descendant_id", "descendant__code", "descendant__is_institution", "depth")
        out: set[str] = set()
        for ancestor, upper, descendant, lower, institution, depth in pairs.values_list(*fields):
            if descendant in nodes and depth:
                out.add(upper)
            if ancestor in free and not institution:
                out.add(lower)
        return frozenset(out)

    @cached_property
    def _levels(self) -> frozenset[str]:
        return frozenset(level for grant in self.scope.grants for level in grant.levels)

    @cached_property
    def _kinds(self) -> dict[str, str]:
        pack: Pack = pack_named(self.pack)
        out: dict[str, str] = {}
        for dataset in pack.datasets:
            for item in dataset.dimensions:
                codes = {code.code for code in pack.codelist(item.code_list).items} if item.code_list else set()
                if codes & self._offices:
                    out[item.id] = "place"
                elif self._levels and self._levels & codes:
                    out[item.id] = "level"
        return out

    def place_dimensions(self) -> list[str]:
        """Dimensions whose codes are places of the tree."""
        return [name for name, kind in self._kinds.items() if kind == "place"]

    def only_level(self) -> tuple[str, str] | None:
        """The dimension and code of the one level of education the reader's nodes are about, where it is one."""
        if len(self._levels) != 1 or any(not grant.levels for grant in self.scope.grants):
            return None
        name = next((name for name, kind in self._kinds.items() if kind == "level"), "")
        return (name, next(iter(self._levels))) if name else None

    def allows(self, indicator: str) -> bool:
        """Whether the reader's data sets hold what the indicator is made from."""
        if any(not grant.datasets for grant in self.scope.grants):
            return True
        known = frozenset(name for grant in self.scope.grants for name in grant.datasets)
        item = pack_named(self.pack).indicator(indicator)
        if hasattr(item, "dataset"):
            return item.dataset in known
        return all(self.allows(name) for name in inputs_of(item))

    def visible(self, indicator: str, cut: Iterable[tuple[str, str]]) -> bool:
        """Whether the reader may see a figure of this cut."""
        if self.whole:
            return True
        pairs = list(cut)
        places = [code for name, code in pairs if self._kinds.get(name) == "place"]
        if not places:
            return True
        if not self.allows(indicator):
            return False
        if all(code in self._near for code in places):
            return True
        at_level = any(self._kinds.get(name) == "level" and code in self._levels for name, code in pairs)
        return at_level and all(code in self._below_at_level for code in places)

    @cached_property
    def _below_at_level(self) -> frozenset[str]:
        nodes = [grant.node for grant in self.scope.grants if grant.levels and not grant.founded]
        below = Closure.objects.filter(ancestor_id__in=nodes, descendant__is_institution=False)
        return frozenset(below.values_list("descendant__code", flat=True))

    def of(self, cells: Cells) -> Mapping[str, Mapping[tuple[str, ...], Fact]]:
        """Of the facts of a cut, those the reader may see."""
        if self.whole:
            return cells
        return {
            period: {codes: fact for codes, fact in facts.items() if self.visible(fact.indicator, fact.cut)}
            for period, facts in cells.items()
        }

    def rows(self, table: pa.Table) -> pa.Table:
        """Of a table of facts (a column a dimension), the rows the reader may see: :meth:`visible`, column by column."""
        places = [name for name in self.place_dimensions() if name in table.column_names]
        if self.whole or not places or not table.num_rows:
            return table
        nowhere, near, below = (pa.repeat(True, table.num_rows) for _ in range(3))
        for name in places:
            empty = pc.is_null(table[name])
            nowhere = pc.and_(nowhere, empty)
            near = pc.and_(near, pc.or_(empty, _among(table[name], self._near)))
            below = pc.and_(below, pc.or_(empty, _among(table[name], self._below_at_level)))
        at_level = pa.repeat(False, table.num_rows)
        for name in (name for name, kind in self._kinds.items() if kind == "level" and name in table.column_names):
            at_level = pc.or_(at_level, _among(table[name], self._levels))
        allowed = _among(table["indicator"], [item for item in pc.unique(table["indicator"]).to_pylist() if self.allows(item)])
        return table.filter(pc.or_(nowhere, pc.and_(allowed, pc.or_(near, pc.and_(at_level, below)))))

    def units(self, codes: Iterable[str]) -> frozenset[str]:
        """Of these units, those in scope."""
        wanted = set(codes)
        found = Organisation.objects.for_scope(self.scope).filter(is_institution=True)
        if len(wanted) < 500:
            found = found.filter(code__in=wanted)
        return frozenset(found.values_list("code", flat=True)) & wanted


def _among(column: pa.ChunkedArray, values: Iterable[str]) -> pa.ChunkedArray:
    return pc.fill_null(pc.is_in(column, value_set=pa.array(sorted(values), pa.string())), False)


def reach_of(user: Any, pack: str) -> Reach:
    """What ``user`` reaches of a pack's figures with the capability to analyse."""
    return Reach(scope_of(user, Capability.ANALYSE), user, pack)
