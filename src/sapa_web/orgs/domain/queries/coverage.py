"""How far the clauses of the packs are carried out: read once a process."""

from __future__ import annotations

from functools import lru_cache

from sapa.packs.coverage import Coverage, coverage
from sapa.packs.loader import Pack
from sapa_web.common.packs import pack_named
from sapa_web.orgs.domain.registers import pack_names


@lru_cache(maxsize=32)
def coverage_of(name: str) -> Coverage:
    """What implements and proves each clause, looked for in every pack of the site: an overlay may do it."""
    return coverage(pack_named(name), [pack_named(other) for other in pack_names()])


def documents(kinds: tuple[str, ...] = ("regulation",)) -> list[Pack]:
    """The packs whose document is of one of these kinds and has clauses."""
    found = [pack_named(name) for name in pack_names()]
    return [pack for pack in found if pack.meta.document.kind in kinds and any(item.section == "clauses" for item in pack.placed)]
