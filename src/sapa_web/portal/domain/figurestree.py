"""The tree over a version's figures, its line in the public log, and the verification bundle of each cell."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from sapa.archive.merkle import HASH_SIZE, StoredTree
from sapa.archive.rootlog import Log
from sapa.chain.bundle import Evidence, FrozenState, Proved, bundle
from sapa.indicators.facts import dimensions_of
from sapa.publication.facts import Cut
from sapa.publication.figurestree import Statement, fact_leaf, figures_tree
from sapa.publication.language import Language
from sapa_web.common.packs import pack_named
from sapa_web.portal.domain.queries import published
from sapa_web.portal.domain.queries.lineage import pack_behind, snapshot_store
from sapa_web.portal.domain.rootlog import log_figures, standing
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion, FiguresTree, RootEntry

FILE = "facts.tree"


@transaction.atomic
def commit_figures(actor: Any, version: DataVersion, facts: pa.Table) -> FiguresTree:
    """Build the tree over a version's figures and log its root: before anybody can see the version, and once.

    The salt keeps the logged root from telling anything of figures that are not public yet.
    """
    found = FiguresTree.objects.filter(data=version).first()
    if found is not None:
        return found
    statement = Statement(
        version.pack, version.pack_version, pack_named(version.pack).digest, version.number, facts.num_rows, version.digest,
        version.roots, secrets.token_hex(HASH_SIZE),
    )  # fmt: skip
    tree = figures_tree(statement, facts)
    store = published_store()
    store.write(f"{version.folder}/{FILE}", tree.to_bytes())
    store.sync()
    entry = log_figures(actor, tree.root.hex())
    return FiguresTree.objects.create(
        data=version, root=tree.root.hex(), size=tree.size, statement=statement.to_bytes(), entry=entry
    )


class Prover:
    """Proofs of the cells of one public version."""

    def __init__(self, version: DataVersion, log: Log | None = None) -> None:
        self.version = version
        self.kept: FiguresTree = FiguresTree.objects.select_related("entry").get(data=version)
        self.log = log or standing()
        filesystem, path = published_store().filesystem(f"{version.folder}/{FILE}")
        self._file = filesystem.open_input_file(path)
        self.tree = StoredTree(self.kept.size, lambda start, length: self._file.read_at(length, start))
        self.table = published.figures(version).table
        self.statement = self.proved(bytes(self.kept.statement), 0)
        self._lines = dict(RootEntry.objects.filter(pack=version.pack).values_list("root", "seq"))
        self._states: dict[str, FrozenState | None] = {}

    def proved(self, leaf: bytes, index: int) -> Proved:
        """A leaf with its proof."""
        return Proved(leaf, index, tuple(self.tree.inclusion_proof(index)))

    def row_of(self, indicator: str, period: str, cut: Cut) -> int | None:
        """The number of a cell's row in the file of figures."""
        codes = dict(cut)
        mask = pc.and_(pc.equal(self.table["indicator"], indicator), pc.equal(self.table["period"], period))
        for name in dimensions_of(self.table):
            column = self.table[name]
            mask = pc.and_(mask, pc.equal(column, codes[name]) if name in codes else pc.is_null(column))
        row = pc.index(pc.fill_null(mask, False), True).as_py()
        return None if row < 0 else int(row)

    def fact(self, row: int) -> tuple[dict[str, Any], Proved]:
        """A row of the file and its leaf with the proof."""
        found: dict[str, Any] = self.table.slice(row, 1).to_pylist()[0]
        return found, self.proved(fact_leaf(found), row + 1)

    def state(self, period: str) -> FrozenState | None:
        """The frozen state of a period as a bundle shows it; ``None`` where its archive is not at hand."""
        if period not in self._states:
            store = snapshot_store(self.version.pack, period, self.version.roots.get(period, ""))
            found = FrozenState.of(store) if store is not None else None
            if found is not None and self._tells(found):
                found = replace(found, withheld=True)
            self._states[period] = found
        return self._states[period]

    def _tells(self, state: FrozenState) -> bool:
        """Whether the signed statement names a number of persons that the version does not show."""
        pack = pack_behind(self.version, state.period)
        figures = published.figures(self.version)
        for dataset, rows in state.rows.items():
            if not any(
                rule.dataset == dataset and rule.holds(state.period) and rule.counts != "persons" for rule in pack.disclosure
            ):
                totals = [
                    figures.fact(item.id, state.period)
                    for item in pack.indicators
                    if item.kind == "count" and item.dataset == dataset and item.where is None and item.holds(state.period)
                ]
                if not any(fact is not None and fact.value == rows for fact in totals):
                    return True
        return False

    def evidence(self, row: int, periods: set[str], about: Mapping[str, Any]) -> Evidence | None:
        """Everything a bundle of the row holds; ``None`` where a frozen state it rests on is not at hand."""
        found, fact = self.fact(row)
        own = {period for period, root in self.version.roots.items() if root == found["snapshot"]}
        states = [self.state(period) for period in sorted((periods & set(self.version.roots)) | own)]
        known = [state for state in states if state is not None]
        if len(known) < len(states) or any(state.root not in self._lines for state in known):
            return None
        lines = [self.kept.entry_id, *(self._lines[state.root] for state in known)]
        return Evidence(fact, self.statement, self.kept.root, self.kept.size, self.log, lines, known, about)


def bundle_of(version: DataVersion, way: Any, about: Mapping[str, Any], lang: Language) -> bytes | None:
    """The verification bundle of a cell (``way``: its lineage); ``None`` where the version has no tree or an archive is away."""
    if not FiguresTree.objects.filter(data=version).exists():
        return None
    prover = Prover(version)
    row = prover.row_of(way.fact.indicator, way.fact.period, way.fact.cut)
    evidence = prover.evidence(row, {item.period for item in way.snapshots}, about) if row is not None else None
    return bundle(evidence, lang) if evidence is not None else None
