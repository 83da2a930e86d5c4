"""For each clause of a document: what implements it and which case proves it; and whether every line is accounted for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sapa.packs.citations import citations, names
from sapa.packs.loader import Pack
from sapa.packs.models_law import Clause, expand_lines

State = Literal["proved", "implemented", "not implemented"]
STATES: tuple[State, ...] = ("proved", "implemented", "not implemented")


@dataclass(frozen=True)
class ClauseCoverage:
    """One clause: the elements that cite it, the cases that prove it.

    ``parts`` is true for a lead-in that nothing cites itself: it stands as its parts do, at the state of the weakest.
    """

    clause: Clause
    implemented_by: tuple[str, ...]
    proved_by: tuple[str, ...]
    state: State
    parts: bool = False


@dataclass(frozen=True)
class Coverage:
    """The clauses of one pack, in document order."""

    pack: str
    clauses: tuple[ClauseCoverage, ...]

    def counts(self) -> dict[State, int]:
        """Number of clauses by state."""
        found = Counter(row.state for row in self.clauses)
        return {state: found[state] for state in STATES}

    def summary(self) -> str:
        """One line: how many clauses, and how many in each state."""
        counted = ", ".join(f"{number} {state}" for state, number in self.counts().items())
        return f"{len(self.clauses)} clauses: {counted}"

    def table(self, lang: str = "en") -> list[tuple[str, str, str, str, str]]:
        """Rows (clause with its paraphrase, kind, state, implemented by, proved by)."""
        return [
            (
                f"{row.clause.path}: {row.clause.text.get(lang) or row.clause.text.get('en') or ''}",
                row.clause.kind,
                row.state,
                "its parts" if row.parts else ", ".join(row.implemented_by),
                ", ".join(row.proved_by),
            )
            for row in self.clauses
        ]

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object, texts in every language."""
        rows = [
            {
                "clause": row.clause.path,
                "kind": row.clause.kind,
                "text": row.clause.text,
                "state": row.state,
                "implemented_by": list(row.implemented_by),
                "proved_by": list(row.proved_by),
                "through_parts": row.parts,
            }
            for row in self.clauses
        ]
        return {"pack": self.pack, "counts": self.counts(), "clauses": rows}


def coverage(pack: Pack, reach: Sequence[Pack] = ()) -> Coverage:
    """What implements and proves each clause of ``pack``, looked for in ``reach`` and everything those packs import.

    A clause is *proved* when a case names it, or names an element that cites it; *implemented* when an element cites it.
    """
    packs = {part.id: part for top in (*reach, pack) for part in top.packs()}
    implemented: dict[str, list[str]] = {}
    for part in packs.values():
        for citation in citations(part):
            for clause in citation.clauses:
                implemented.setdefault(clause, []).append(citation.full_name)
    proved = _proofs(packs.values())
    own = [item.element for item in pack.placed if item.section == "clauses"]
    rows = {clause.path: _row(clause, f"{pack.id}:{clause.path}", implemented, proved) for clause in own}
    return Coverage(pack.id, tuple(_through_parts(rows, path) for path in rows))


def _proofs(packs: Iterable[Pack]) -> dict[str, list[str]]:
    """Cases by the clause they prove, directly or through an element that cites it."""
    out: dict[str, list[str]] = {}
    for pack in packs:
        named = names(pack) if pack.cases else {}
        for case in pack.cases:
            clauses = [clause for proof in case.proves for clause in _clauses_of(proof, named)]
            for clause in dict.fromkeys(clauses):
                out.setdefault(clause, []).append(f"{pack.id}/{case.id}")
    return out


def _clauses_of(proof: str, named: dict[str, list[Any]]) -> list[str]:
    if proof in named:
        return [clause for citation in named[proof] for clause in citation.clauses]
    return [proof]


def _row(clause: Clause, full: str, implemented: dict[str, list[str]], proved: dict[str, list[str]]) -> ClauseCoverage:
    by, proofs = tuple(dict.fromkeys(implemented.get(full, ()))), tuple(proved.get(full, ()))
    state: State = "proved" if proofs else "implemented" if by else "not implemented"
    return ClauseCoverage(clause, by, proofs, state)


def _through_parts(rows: dict[str, ClauseCoverage], path: str) -> ClauseCoverage:
    row = rows[path]
    parts = [other for name, other in rows.items() if name.startswith(f"{path}.")]
    if row.state != "not implemented" or not parts:
        return row
    leaves = [other for other in parts if not any(name.startswith(f"{other.clause.path}.") for name in rows)]
    weakest = max((other.state for other in leaves), key=STATES.index)
    return ClauseCoverage(row.clause, (), (), weakest, parts=weakest != "not implemented")


@dataclass(frozen=True)
class LineCoverage:
    """How the clauses and the left-out lists account for the lines of the document (1-based numbers).

    ``uncovered``: lines with text that nothing accounts for; ``outside``: lines named that the document does not have;
    ``both``: lines claimed both as a provision and as left out; ``same_file``: the text is the one the pack was made from.
    """

    lines: int
    uncovered: tuple[int, ...]
    outside: tuple[int, ...]
    both: tuple[int, ...]
    same_file: bool

    @property
    def complete(self) -> bool:
        return self.same_file and not (self.uncovered or self.outside or self.both)

    def as_text(self) -> str:
        """What is wrong in one line, or that nothing is."""
        if self.complete:
            return f"all {self.lines} lines accounted for"
        parts = [] if self.same_file else ["the text is not the one named in pack.yaml (sha256 or number of lines differs)"]
        for name in ("uncovered", "outside", "both"):
            numbers: tuple[int, ...] = getattr(self, name)
            if numbers:
                parts.append(f"{name}: {', '.join(map(str, numbers[:20]))}{' …' if len(numbers) > 20 else ''}")
        return "; ".join(parts)


def line_coverage(pack: Pack, document: bytes) -> LineCoverage:
    """Hold the pack's clauses and left-out lists to the text of its document: every line with text exactly on one side."""
    texts = document.decode("utf-8").split("\n")
    if texts and not texts[-1]:
        texts.pop()
    clauses = _lines(item.element.lines for item in pack.placed if item.section == "clauses")
    left_out = _lines(item.lines for item in pack.left_out)
    filled = {number for number, text in enumerate(texts, 1) if text.strip()}
    claimed = clauses | left_out
    meta = pack.meta.document
    return LineCoverage(
        lines=len(texts),
        uncovered=tuple(sorted(filled - claimed)),
        outside=tuple(sorted(number for number in claimed if not 1 <= number <= len(texts))),
        both=tuple(sorted(clauses & left_out)),
        same_file=meta.sha256 == hashlib.sha256(document).hexdigest() and meta.lines == len(texts),
    )


def _lines(spans: Iterable[tuple[int | str, ...]]) -> set[int]:
    return {number for part in spans for number in expand_lines(part)}
