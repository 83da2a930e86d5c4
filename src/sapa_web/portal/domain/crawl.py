"""Follow every published cell of every public version back, and verify each: what a page promises for one, checked for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sapa.archive.merkle import StoredTree, leaf_hash, verify_inclusion
from sapa.archive.rootlog import includes
from sapa.archive.standalone_bundle import root_of
from sapa.chain.lineage import FactId
from sapa.errors import UserError
from sapa.indicators.facts import dimensions_of
from sapa.publication.facts import Cut, fact_id
from sapa.publication.figurestree import fact_leaves
from sapa.publication.language import LANGUAGES, language
from sapa_web.portal.domain.figurestree import FILE, Prover, bundle_of
from sapa_web.portal.domain.queries import lineage, published
from sapa_web.portal.domain.queries.described import described
from sapa_web.portal.domain.rootlog import standing
from sapa_web.portal.domain.verifying import verify_bundle
from sapa_web.portal.files import published_store
from sapa_web.portal.models import DataVersion, ExternalSource, FiguresTree

MOST_FAULTS = 100
Say = Callable[[str], object]


@dataclass
class Crawl:
    """What was looked at, and what was found wrong; of many faults the first are kept, all are counted."""

    versions: int = 0
    cells: int = 0
    hidden: int = 0
    bundles: int = 0
    external: int = 0
    wrong: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        """Note a fault."""
        self.wrong += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(text)


def crawl(now: datetime, *, pack: str = "", bundles: int = 100, say: Say = lambda text: None) -> Crawl:
    """Every cell of every public version: its name leads to its lineage, and its leaf to the logged root.

    Of each version ``bundles`` cells, spread over it, are also made into bundles and verified as readers do. External sources of
    public releases are held against their registered digest.
    """
    found = Crawl()
    log = standing()
    for fault in log.faults():
        found.fault(f"log: {fault}")
    for version in published.versions(now, pack):
        say(f"{version.pack} {version.number}: {version.facts} cells")
        _version(found, now, version, log.leaves, bundles)
    _external(found, now)
    return found


def _version(found: Crawl, now: datetime, version: DataVersion, lines: tuple[bytes, ...], bundles: int) -> None:
    found.versions += 1
    name = f"{version.pack} {version.number}"
    tree = FiguresTree.objects.select_related("entry").filter(data=version).first()
    if tree is None:
        found.fault(f"{name}: it has no tree over its figures")
        return
    content = published_store().read(f"{version.folder}/facts.parquet")
    if sha256(content).hexdigest() != version.digest:
        found.fault(f"{name}: the file of figures is not the registered one")
    log = standing()
    if not includes(log.head(), lines[tree.entry_id], tree.entry_id, log.inclusion(tree.entry_id)):
        found.fault(f"{name}: its line is not in the log")
    if tree.root.encode() not in lines[tree.entry_id]:
        found.fault(f"{name}: the line of the log names another root")
    _states(found, name, Prover(version))
    _cells(found, now, version, tree)
    for row in range(0, version.facts, max(version.facts // bundles, 1) if bundles else version.facts + 1):
        _bundle(found, now, version, row)


def _states(found: Crawl, name: str, prover: Prover) -> None:
    """The frozen states: their leaves give the logged root."""
    for period, root in prover.version.roots.items():
        state = prover.state(period)
        if state is None:
            found.fault(f"{name}: the archive of {period} is not at hand")
        elif state.root != root or root_of(state.leaves).hex() != root:
            found.fault(f"{name}: the returns of {period} do not give the root")


def _rows(version: DataVersion) -> Iterator[tuple[str, str, Cut]]:
    table = published.figures(version).table
    names = sorted(dimensions_of(table))
    for batch in table.select(["indicator", "period", *names]).to_batches(max_chunksize=20_000):
        columns = [column.to_pylist() for column in batch.columns]
        for indicator, period, *codes in zip(*columns, strict=True):
            yield indicator, period, tuple((n, c) for n, c in zip(names, codes, strict=True) if c is not None)


def _cells(found: Crawl, now: datetime, version: DataVersion, tree: FiguresTree) -> None:
    levels = published_store().read(f"{version.folder}/{FILE}")
    stored = StoredTree(tree.size, lambda start, length: levels[start : start + length])
    root, figures = bytes.fromhex(tree.root), published.figures(version)
    if not verify_inclusion(leaf_hash(bytes(tree.statement)), 0, tree.size, stored.inclusion_proof(0), root):
        found.fault(f"{version.pack} {version.number}: the statement is not in the tree")
    seen: set[tuple[str, str, Cut]] = set()
    public = lineage.Releases(now, version.pack)
    told: set[tuple[str, str]] = set()
    for row, (cell, leaf) in enumerate(zip(_rows(version), fact_leaves(figures.table), strict=True)):
        found.cells += 1
        indicator, period, cut = cell
        name = fact_id(indicator, period, cut)
        if not verify_inclusion(leaf_hash(leaf), row + 1, tree.size, stored.inclusion_proof(row + 1), root):
            found.fault(f"{name}: its proof does not lead to the root")
        wanted = FactId.parse(lineage.key_of(name))
        if (wanted.indicator, wanted.period, tuple(sorted(wanted.cut.items()))) != cell or cell in seen:
            found.fault(f"{name}: the name does not lead to one cell")
        seen.add(cell)
        fact = figures.fact(indicator, period, dict(cut))
        if fact is None:
            found.fault(f"{name}: it has no page")
            continue
        found.hidden += lineage.status_of(fact) == lineage.HIDDEN
        if (indicator, period) not in told:
            told.add((indicator, period))
            _told(found, now, version, wanted, public)


def _told(found: Crawl, now: datetime, version: DataVersion, wanted: FactId, public: lineage.Releases) -> None:
    """What all cells of an indicator and period tell alike: formula, clauses, rules, frozen states, in every language."""
    for code in LANGUAGES:
        try:
            way = lineage.lineage_of(now, version, wanted, language(code), public)
        except UserError as error:
            found.fault(f"{wanted}: {error}")
            return
        if way is None or not (way.title and way.formula.words and way.clauses and way.snapshots):
            found.fault(f"{wanted}: its page lacks title, formula, clause or frozen state in {code}")
        elif any(item.line is None for item in way.snapshots):
            found.fault(f"{wanted}: a frozen state is not in the public log")


def _bundle(found: Crawl, now: datetime, version: DataVersion, row: int) -> None:
    table = published.figures(version).table
    record: dict[str, Any] = table.slice(row, 1).to_pylist()[0]
    cut = {name: record[name] for name in dimensions_of(table) if record[name] is not None}
    wanted = FactId(record["indicator"], record["period"], cut)
    way = lineage.lineage_of(now, version, wanted, language("en"))
    made = bundle_of(version, way, described(way), language("en")) if way is not None else None
    if made is None:
        found.fault(f"{wanted}: there is no bundle")
        return
    found.bundles += 1
    for step in verify_bundle(made, now).steps:
        if step.state == "failed":
            found.fault(f"{wanted}: {step.code}: {step.words}")


def _external(found: Crawl, now: datetime) -> None:
    store = published_store()
    for source in ExternalSource.objects.filter(release__in=published.releases(now)):
        found.external += 1
        if not store.exists(source.path) or sha256(store.read(source.path)).hexdigest() != source.digest:
            found.fault(f"external source {source.issuer}, {source.name}: not the registered file")
