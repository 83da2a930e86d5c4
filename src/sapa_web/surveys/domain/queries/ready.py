"""Ready instruments: those of the packs, as forms an institution can take, change and use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sapa.errors import SapaError, UserError
from sapa.instruments import Form
from sapa.instruments.from_pack import form_of
from sapa.packs.loader import search_path
from sapa_web.common.packs import pack_named
from sapa_web.surveys.models import Instrument


@dataclass(frozen=True)
class Ready:
    """An instrument that can be taken."""

    key: str  # pack:element
    title: str
    kind: str
    items: int
    ours: bool


def packs(language: str) -> list[tuple[str, list[Ready]]]:
    """Packs with instruments: the pack's title, and what it offers."""
    out = []
    for name in named():
        pack = pack_named(name)
        kinds = dict(Instrument.KINDS)
        offered = [
            Ready(f"{name}:{item.id}", pack.text(item.title, language), str(kinds[item.form]), len(item.points), item.ours)
            for item in pack.instruments
            if item.form in kinds
        ]
        if offered:
            out.append((pack.meta.title.get(language) or next(iter(pack.meta.title.values()), name), offered))
    return out


def form(name: str, element: str) -> Form:
    """The pack's instrument as a form. Raises ``UserError`` where there is none of that name."""
    if name not in named():
        raise UserError(f"there is no pack '{name}' with instruments", todo="reload the page")
    return form_of(pack_named(name), element)


@lru_cache(maxsize=1)
def named() -> tuple[str, ...]:
    """Packs with instruments."""
    names = sorted({path.parent.name for folder in search_path() for path in folder.glob("*/pack.yaml")})
    out = []
    for name in names:
        try:
            if pack_named(name).instruments:
                out.append(name)
        except SapaError:
            continue
    return tuple(out)
