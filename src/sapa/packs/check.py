"""`sapa packs check`: read a pack with everything it reaches and list what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sapa.packs import checks, references, references_quality, references_reports
from sapa.packs.findings import Finding, errors
from sapa.packs.loader import Pack, assemble

STRUCTURAL: tuple[checks.Check, ...] = (
    checks.missing_translations,
    checks.clause_references,
    checks.duplicate_clauses,
    checks.repeated_ids,
    checks.line_spans,
    checks.overlapping_validity,
    checks.cyclic_hierarchies,
    checks.overrides,
    checks.concepts_asked_twice,
    checks.message_placeholders,
    references.dangling_references,
    references.inner_references,
    references.dimensions_named,
    references.fields_elsewhere,
    references.coded_fields,
    references.protected_once,
    references.proofs,
    references.fed_sections,
    references.responsible_bodies,
    references.freezes,
    references_quality.codes_named,
    references_quality.informed,
    references_reports.targets_measured,
    references_reports.answered_themes,
)
"""Checks that need nothing but the pack. Expressions are checked by ``sapa.formula``, which stands above this layer."""


def check_pack(
    folder: Path, *, search: list[Path] | None = None, more: Sequence[checks.Check] = ()
) -> tuple[Pack | None, list[Finding]]:
    """Every finding of a pack: reading, structure, and the checks in ``more``, in file order.

    Checks between elements run only when each element could be read: otherwise one mistake would be reported twice.
    """
    pack, found = assemble(folder, search)
    if pack is not None and not errors(found):
        for check in (*STRUCTURAL, *more):
            found.extend(check(pack))
    return pack, sorted(set(found))


def summary(found: Iterable[Finding]) -> dict[str, int]:
    """Number of findings by severity."""
    out = {"error": 0, "warning": 0}
    for item in found:
        out[item.severity] += 1
    return out
