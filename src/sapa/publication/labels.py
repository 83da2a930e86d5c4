"""Names of what facts are about, taken from the pack: indicators, dimensions, codes, clauses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sapa.errors import UserError
from sapa.indicators import UNKNOWN
from sapa.packs.loader import Pack
from sapa.packs.models_data import Dimension
from sapa.packs.models_law import CodeItem
from sapa.publication.language import Language, language


@dataclass(frozen=True)
class Placed:
    """A code's tile on a map: column, row, the name written in it; ``rank`` 0 is the topmost of its list."""

    code: str
    x: int
    y: int
    short: str
    rank: int


@dataclass(frozen=True)
class Labels:
    """A pack's titles in one language, falling back to English where the pack has none."""

    pack: Pack
    lang: Language
    period: str
    regime: Pack | None = None
    """The pack whose report is drawn, where it is not in the data's pack: its clauses are in reach too."""

    def text(self, texts: Any) -> str:
        """One line of text: control characters and line breaks become spaces."""
        return " ".join(self.pack.text(dict(texts), self.lang.code).split())

    @cached_property
    def indicators(self) -> dict[str, Any]:
        """Indicators in force in the period, by id, in the order of the pack."""
        return {item.id: self.pack.indicator(item.id, self.period) for item in self.pack.indicators if item.holds(self.period)}

    def indicator(self, indicator_id: str) -> Any:
        """The indicator in force in the period of the publication; raises ``UserError``."""
        return self.indicators.get(indicator_id) or self.pack.indicator(indicator_id)

    def indicator_title(self, indicator_id: str) -> str:
        return self.text(self.indicator(indicator_id).title)

    @cached_property
    def dimensions(self) -> dict[str, Dimension]:
        """Dimensions of all data sets, by id."""
        found: dict[str, Dimension] = {}
        for dataset in self.pack.datasets:
            for dimension in dataset.dimensions:
                known = found.get(dimension.id)
                if known is None or (dimension.code_list and not known.code_list):
                    found[dimension.id] = dimension
        return found

    def dimension(self, dimension_id: str) -> Dimension:
        if dimension_id not in self.dimensions:
            known = ", ".join(sorted(self.dimensions))
            raise UserError(f"pack {self.pack.id} has no dimension '{dimension_id}'", todo=f"use one of: {known}")
        return self.dimensions[dimension_id]

    def dimension_title(self, dimension_id: str) -> str:
        return self.text(self.dimension(dimension_id).title)

    @cached_property
    def _items(self) -> dict[str, dict[str, tuple[int, CodeItem]]]:
        out: dict[str, dict[str, tuple[int, CodeItem]]] = {}
        for dimension in self.dimensions.values():
            if dimension.code_list:
                items = self.pack.codelist(dimension.code_list).items
                out[dimension.id] = {item.code: (place, item) for place, item in enumerate(items)}
        return out

    def code(self, dimension_id: str, code: str, lang: str | None = None) -> str:
        """The title of a code in ``lang`` (default: the publication's); a code without a list is its own title."""
        _, item = self._items.get(dimension_id, {}).get(code, (0, None))
        if item is not None:
            return " ".join(self.pack.text(item.title, lang or self.lang.code).split())
        if code == UNKNOWN:
            return (language(lang) if lang and lang != self.lang.code else self.lang).text("unknown")
        return " ".join(code.split())

    def placed(self, dimension_id: str, period: str) -> dict[str, Placed]:
        """The codes of a dimension's list that have a tile and hold in some part of the period."""
        items = self._items.get(dimension_id, {})
        year = int(period[:4])
        out = {}
        for code, (_, item) in items.items():
            over = item.valid_to is not None and int(item.valid_to[:4]) < year
            early = item.valid_from is not None and int(item.valid_from[:4]) > year
            if item.tile is not None and not over and not early:
                out[code] = Placed(code, item.tile.x, item.tile.y, self.short(dimension_id, code), self._rank(items, code))
        return out

    def _rank(self, items: dict[str, tuple[int, CodeItem]], code: str) -> int:
        above, rank = items[code][1].parent, 0
        while above in items and rank < len(items):
            above, rank = items[above][1].parent, rank + 1
        return rank

    def short(self, dimension_id: str, code: str) -> str:
        """The name that fits into a tile, where the list has one; else the title."""
        _, item = self._items.get(dimension_id, {}).get(code, (0, None))
        if item is not None and item.tile is not None and item.tile.short:
            return " ".join(self.pack.text(item.tile.short, self.lang.code).split())
        return self.code(dimension_id, code)

    def parent(self, dimension_id: str, code: str) -> str:
        """The code one level up in the same list; empty where there is none."""
        _, item = self._items.get(dimension_id, {}).get(code, (0, None))
        return (item.parent or "") if item is not None else ""

    def ordered(self, dimension_id: str, codes: Iterable[str]) -> list[str]:
        """Codes in the order of their list; unlisted ones after them, as numbers where they are numbers."""
        items = self._items.get(dimension_id, {})

        def key(code: str) -> tuple[int, int, float, str]:
            if code in items:
                return 0, items[code][0], 0.0, code
            number = float(code) if code.replace(".", "", 1).isdigit() else float("inf")
            return (2 if code == UNKNOWN else 1), 0, number, code

        return sorted(codes, key=key)

    def is_scale(self, dimension_id: str) -> bool:
        """Whether the codes have an order of their own (numbers, size classes, levels of ISCED), which a chart must keep."""
        items = [item for _, item in self._items.get(dimension_id, {}).values()]
        ranked = all(item.code.isdigit() or item.isced is not None for item in items)
        return ranked or self.dimension(dimension_id).expr is not None

    def clause(self, reference: str) -> tuple[str, str]:
        """A clause as (document and place, paraphrase)."""
        owner, _, path = reference.partition(":")
        reach = [*self.pack.packs(), *(self.regime.packs() if self.regime else [])]
        pack = next((item for item in reach if item.id == owner), self.pack)
        number = pack.meta.document.number
        place = f"{pack.meta.id} · {path}" + (f" · № {number}" if number else "")
        return place, self.text(pack.clause(reference).text)
