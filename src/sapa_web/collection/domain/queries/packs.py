"""The packs a site may collect for: those that have data sets of their own."""

from __future__ import annotations

from functools import lru_cache

from sapa.errors import SapaError
from sapa.packs.loader import Pack, search_path
from sapa_web.collection.domain.deadlines import regime_for
from sapa_web.collection.domain.packs import pack_named


@lru_cache(maxsize=1)
def collecting_packs() -> tuple[Pack, ...]:
    """Read once a process, like every pack. A pack without data sets, or without a data regime to run under, is left out."""
    names = sorted({path.parent.name for folder in search_path() for path in folder.glob("*/pack.yaml")})
    out = []
    for name in names:
        try:
            pack = pack_named(name)
            if pack.datasets and regime_for(name):
                out.append(pack)
        except SapaError:
            continue
    return tuple(out)
