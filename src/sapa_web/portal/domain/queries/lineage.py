"""Where a published figure comes from, as far as everybody may know it.

Only what the version publishes of the cell is read, and what holds for all cells alike: the pack, the roots, how many returns
were signed. What lies behind the cell (its rows, how many returns have some, its inputs) stays out: it would tell of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.urls import reverse

from sapa.archive.freeze import FINAL, MARKER
from sapa.archive.store import Store
from sapa.chain.context import snapshot_pack, snapshot_statement
from sapa.chain.lineage import FactId
from sapa.packs.loader import Pack
from sapa.packs.models_disclosure import Disclosure
from sapa.publication.explained import Explained, explained, outcome_in_words, owner_of, rule_in_words, rules_for, sources
from sapa.publication.facts import Fact
from sapa.publication.labels import Labels
from sapa.publication.language import Language
from sapa_web.common.files import archive
from sapa_web.common.packs import pack_named
from sapa_web.portal.domain.queries import published
from sapa_web.portal.models import DataVersion, FiguresTree, Release, RootEntry

KEPT = 3
"""Versions whose figures are read from memory, where the pages hold them anyway; older ones are read cell by cell."""
PUBLISHED, HIDDEN, NOT_APPLICABLE, MISSING = "published", "hidden", "not_applicable", "missing"
"""What stands in a published cell."""


@dataclass(frozen=True)
class Snapshot:
    """A frozen state a figure was computed from; ``line`` is its number in the public log, ``returns`` those of each data set."""

    period: str
    root: str
    line: int | None
    as_of: date | None
    size: int
    returns: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Cited:
    """A clause with its paraphrase and the page that shows how far it is carried out."""

    document: str
    number: str
    path: str
    text: str
    url: str


@dataclass(frozen=True)
class Rule:
    """A rule of disclosure control that was applied."""

    id: str
    title: str
    words: str
    threshold: int | None
    clauses: tuple[Cited, ...]


@dataclass(frozen=True)
class Seen:
    """The cell in one public version: what stood there, and what that is against the version before."""

    version: DataVersion
    on: datetime | None
    change: str
    status: str
    value: float | None


@dataclass(frozen=True)
class Lineage:
    """Everything the page of a published cell tells."""

    version: DataVersion
    fact: Fact
    key: str
    title: str
    unit: str
    decimals: int
    status: str
    cut: tuple[tuple[str, str, str, str], ...]
    formula: Explained
    method: str
    clauses: tuple[Cited, ...]
    pack: Pack
    snapshots: tuple[Snapshot, ...]
    rules: tuple[Rule, ...]
    outcome: str
    history: tuple[Seen, ...]
    releases: tuple[Release, ...]
    tree: FiguresTree | None

    @property
    def hidden(self) -> bool:
        """Whether disclosure control has emptied the cell."""
        return self.status == HIDDEN


def key_of(name: str) -> str:
    """A fact's name as a piece of an address: without a slash."""
    return name.replace("/", "%2F")


def address(version: DataVersion, name: str, what: str = "figure") -> str:
    """The page of a published cell; ``what``: ``figure``, ``figure_json``, ``figure_bundle``."""
    return reverse(f"portal:{what}", args=[version.pack, version.number, key_of(name)])


def version_numbered(now: datetime, pack: str, number: str) -> DataVersion | None:
    """A public version by its number."""
    parts = number.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 6 for part in parts):
        return None
    major, minor, patch = map(int, parts)
    return published.versions(now, pack).filter(major=major, minor=minor, patch=patch).first()


def status_of(fact: Fact) -> str:
    """What stands in the cell."""
    if "suppressed" in fact.marks:
        return HIDDEN
    if fact.value is not None:
        return PUBLISHED
    return NOT_APPLICABLE if "not_applicable" in fact.marks or fact.denominator == 0 else MISSING


def lineage_of(
    now: datetime, version: DataVersion, wanted: FactId, lang: Language, told: Releases | None = None
) -> Lineage | None:
    """The way of a cell of a public version; ``None`` where the version has no such cell.

    ``told`` holds what is public of the pack at ``now``; given, it is not read again for each of many cells.
    """
    fact = published.figures(version).fact(wanted.indicator, wanted.period, dict(wanted.cut))
    if fact is None:
        return None
    pack = pack_behind(version, wanted.period)
    labels = Labels(pack, lang, wanted.period)
    item = pack.indicator(wanted.indicator, wanted.period)
    status = status_of(fact)
    told = told or Releases(now, version.pack)
    rules = rules_for(pack, wanted.indicator, wanted.period)
    return Lineage(
        version, fact, key_of(fact.id), labels.text(item.title), lang.unit(item.unit), item.decimals, status,
        tuple((name, labels.dimension_title(name), code, labels.code(name, code)) for name, code in fact.cut),
        explained(item, labels, wanted.period), labels.text(item.method) if item.method else "",
        tuple(cited(pack, reference, labels) for reference in item.clause), pack,
        snapshots_behind(version, pack, wanted, told.entries), tuple(_rule(rule, pack, labels) for rule in rules),
        outcome_in_words(labels, hidden=status == HIDDEN), told.history(fact, show=status != HIDDEN), told.of(version),
        told.trees.get(version.pk),
    )  # fmt: skip


def _rule(rule: Disclosure, pack: Pack, labels: Labels) -> Rule:
    threshold = rule.threshold if rule.counts == "persons" else None
    clauses = tuple(cited(pack, reference, labels) for reference in rule.clause)
    return Rule(rule.id, labels.text(rule.title), rule_in_words(rule, labels), threshold, clauses)


def cited(pack: Pack, reference: str, labels: Labels) -> Cited:
    """A clause as a reader meets it."""
    owner, _, path = reference.partition(":")
    found = owner_of(pack, reference)
    url = f"{reverse('portal:law_document', args=[owner])}#{path}"
    about = found.meta.document
    ordered = about.kind == "regulation"  # what no document orders is cited under the name of the pack that decided it
    title, number = (about.title, about.number) if ordered else (found.meta.title, "")
    return Cited(labels.text(title), number, path, labels.clause(reference)[1], url)


# the snapshots


def snapshots_behind(
    version: DataVersion, pack: Pack, wanted: FactId, entries: Mapping[tuple[str, str], RootEntry]
) -> tuple[Snapshot, ...]:
    """The frozen states a figure rests on, the earliest first; periods that are not frozen yet are left out."""
    datasets: dict[str, set[str]] = {}
    for dataset, period in sources(pack, wanted.indicator, wanted.period):
        datasets.setdefault(period, set()).add(dataset)
    out = []
    for period in sorted(datasets):
        root = version.roots.get(period, "")
        if root:
            entry = entries.get((period, root))
            counted = _returns(version.pack, period, root)
            returns = tuple((name, counted[name]) for name in sorted(datasets[period]) if name in counted)
            line, as_of, size = (entry.seq, entry.as_of, entry.size) if entry else (None, None, 0)
            out.append(Snapshot(period, root, line, as_of, size, returns))
    return tuple(out)


def snapshot_store(pack: str, period: str, root: str) -> Store | None:
    """The archive whose snapshot has this root; ``None`` where it is not at hand."""
    store = archive(pack, period)
    if not store.exists(f"{FINAL}/{MARKER}") or snapshot_statement(store)["root"] != root:
        return None
    return store


@lru_cache(maxsize=256)
def _returns(pack: str, period: str, root: str) -> dict[str, int]:
    """Signed returns of each data set in a snapshot."""
    store = snapshot_store(pack, period, root)
    if store is None:
        return {}
    filesystem, path = store.filesystem(f"{FINAL}/leaves.parquet")
    column = pq.read_table(path, filesystem=filesystem, columns=["dataset"], page_checksum_verification=True)["dataset"]
    return {item["values"]: item["counts"] for item in pc.value_counts(column).to_pylist()}


def pack_behind(version: DataVersion, period: str) -> Pack:
    """The pack as it was when the period's figures were computed: the copy in the snapshot where it differs from the site's."""
    return _pack_behind(version.pack, period, version.roots.get(period, ""))


@lru_cache(maxsize=64)
def _pack_behind(pack: str, period: str, root: str) -> Pack:
    own = pack_named(pack)
    store = snapshot_store(pack, period, root) if root else None
    if store is None:
        return own
    packs: Any = snapshot_statement(store)["packs"]
    same = {item.id: item.digest for item in own.packs()} == {name: about["digest"] for name, about in packs.items()}
    return own if same else snapshot_pack(store)


# versions and releases


class Releases:
    """The public releases of a pack at a moment, and what they say of a cell."""

    def __init__(self, now: datetime, pack: str) -> None:
        self.versions = list(published.versions(now, pack))
        found = published.releases(now).filter(data__pack=pack)
        self.releases = list(found)
        self.trees = {tree.data_id: tree for tree in FiguresTree.objects.filter(data__in=[item.pk for item in self.versions])}
        self.entries = {(entry.period, entry.root): entry for entry in RootEntry.objects.filter(pack=pack)}

    def of(self, version: DataVersion) -> tuple[Release, ...]:
        """The releases that show a version, the newest first."""
        return tuple(item for item in self.releases if item.data_id == version.pk)

    def since(self, version: DataVersion) -> datetime | None:
        """The moment a version became public."""
        return min((item.publish_at for item in self.of(version) if item.publish_at), default=None)

    def history(self, fact: Fact, *, show: bool) -> tuple[Seen, ...]:
        """The cell in every public version, the newest first. Where it is hidden now no figure of an earlier one is repeated."""
        out: list[Seen] = []
        before: Fact | None = None
        for place, version in reversed(list(enumerate(self.versions))):
            if place < KEPT:
                now = published.figures(version).fact(fact.indicator, fact.period, dict(fact.cut))
            else:
                now = cell_in(version.folder, fact.indicator, fact.period, fact.cut)
            if now is None and before is None:
                continue
            value = now.value if now is not None and show else None
            out.append(Seen(version, self.since(version), _change(before, now), status_of(now) if now else "", value))
            before = now
        return tuple(reversed(out))


def _change(before: Fact | None, now: Fact | None) -> str:
    if before is None:
        return "added"
    if now is None:
        return "removed"
    if ("suppressed" in before.marks) != ("suppressed" in now.marks):
        return "hidden" if "suppressed" in now.marks else "shown"
    return "same" if before == now else "changed"


@lru_cache(maxsize=2048)
def cell_in(folder: str, indicator: str, period: str, cut: tuple[tuple[str, str], ...]) -> Fact | None:
    """One cell of a version's file, without holding the whole file."""
    from sapa_web.indicators.domain.queries.facts import Figures

    table = published.facts_table(folder, [("indicator", "=", indicator), ("period", "=", period)])
    return Figures("", published.PUBLISHED, {}, table, lambda _: table).fact(indicator, period, dict(cut))
