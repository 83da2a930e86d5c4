"""The clauses of the documents: what implements each, which case proves it, what is not carried out yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sapa.packs.coverage import STATES, ClauseCoverage
from sapa.packs.loader import Pack
from sapa_web.orgs.domain.queries.coverage import coverage_of, documents

OTHERS = ("standard", "data-source", "own-decision")


@dataclass(frozen=True)
class Summary:
    """One document with the number of its clauses by state."""

    pack: Pack
    title: str
    issuer: str
    clauses: int
    proved: int
    implemented: int
    missing: int


@dataclass(frozen=True)
class Line:
    """One clause in the reader's language."""

    row: ClauseCoverage
    text: str
    note: str


def summaries(lang: str, *, others: bool = False) -> list[Summary]:
    """The documents; ``others``: own decisions, standards and descriptions of data that clauses are cited from instead."""
    return [_summary(pack, lang) for pack in documents(OTHERS if others else ("regulation",))]


def document(name: str, lang: str) -> Summary | None:
    """One document by its pack."""
    every = documents(("regulation", *OTHERS))
    return next((_summary(pack, lang) for pack in every if pack.id == name), None)


def _summary(pack: Pack, lang: str) -> Summary:
    counts = coverage_of(pack.id).counts()
    about = pack.meta.document
    numbers = [counts[state] for state in STATES]
    return Summary(pack, pack.text(about.title, lang), pack.text(about.issuer, lang), sum(numbers), *numbers)


def lines(pack: Pack, lang: str, state: str = "", text: str = "") -> Sequence[Line]:
    """The clauses in document order; of one state and with those words (in any language, or in the path) where asked."""
    wanted = text.casefold().split()
    out = []
    for row in coverage_of(pack.id).clauses:
        clause = row.clause
        said = " ".join([clause.path, *clause.text.values(), *row.implemented_by, *row.proved_by]).casefold()
        if (not state or row.state == state) and all(word in said for word in wanted):
            note = pack.text(clause.note, lang) if clause.note else ""
            out.append(Line(row, pack.text(clause.text, lang), note))
    return out
