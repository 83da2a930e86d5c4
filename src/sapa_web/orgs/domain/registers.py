"""What a pack says of the register of reporting units: its fields, their titles, their lists of codes, the list of territories.

What a field means is told by its concept (a vocabulary the packs share), never by its name.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from sapa.errors import UserError
from sapa.packs.base import holds
from sapa.packs.loader import Pack, search_path
from sapa.packs.models_data import DataField, Dataset
from sapa.packs.models_law import CodeItem
from sapa_web.common.packs import pack_named
from sapa_web.common.templatetags.ui import day, number

TYPE, LEVEL, TERRITORY, FOUNDER = "unit-type", "unit-main-level", "unit-territory", "unit-founder"
CLOSED, SUCCESSOR, AS_OF = "unit-closed", "unit-successor", "reference-date"


def pack_names() -> list[str]:
    """The packs this installation holds."""
    return sorted({path.parent.name for folder in search_path() for path in folder.glob("*/pack.yaml")})


@dataclass(frozen=True)
class Register:
    """A pack's register as the layout of a period has it (``None``: every field it ever had)."""

    pack: Pack
    dataset: Dataset
    period: str | None = None

    @property
    def fields(self) -> tuple[DataField, ...]:
        """The attributes of a unit: all fields but what names it and the day it was written."""
        own = {self.dataset.unit, self.dataset.unit_title}
        return tuple(item for item in self.dataset.layout(self.period) if item.id not in own and item.concept != AS_OF)

    def field_of(self, concept: str) -> DataField | None:
        """The field that means ``concept``."""
        return next((item for item in self.dataset.layout(self.period) if item.concept == concept), None)

    def items(self, concept: str) -> tuple[CodeItem, ...]:
        """The codes a field of that meaning may hold."""
        item = self.field_of(concept)
        return self.codes(item.code_list) if item and item.code_list else ()

    def codes(self, code_list: str) -> tuple[CodeItem, ...]:
        """The codes of a list."""
        return self.pack.codelist(code_list, self.period).items

    def choices(self, concept: str, lang: str) -> list[tuple[str, str]]:
        """Code and title of each code, in the order of the list."""
        return [(item.code, self.pack.text(item.title, lang)) for item in self.items(concept)]

    def topmost(self, concept: str, code: str) -> str:
        """The ancestor of a code at the top of its list: scopes are given by main levels of education."""
        parents = {item.code: item.parent for item in self.items(concept)}
        while (above := parents.get(code)) is not None:
            code = above
        return code

    def territories(self, on: date) -> list[CodeItem]:
        """The territories that exist on ``on``, each after the one it lies in."""
        valid = [item for item in self.items(TERRITORY) if holds(item.valid_from, item.valid_to, on.isoformat())]
        out: list[CodeItem] = []
        waiting, known = valid, set()
        while waiting:
            ready = [item for item in waiting if item.parent is None or item.parent in known]
            if not ready:
                raise UserError(
                    _("the list of territories hangs together in a circle or lacks a parent"), todo=_("mend the pack")
                )
            out += ready
            known |= {item.code for item in ready}
            waiting = [item for item in waiting if item.code not in known]
        return out

    def told(self, attributes: Mapping[str, Any], lang: str, *, but: Container[str] = ()) -> list[tuple[str, str]]:
        """Title and value of each attribute a unit has, as people read them; ``but``: concepts told elsewhere."""
        out = []
        for item in self.fields:
            value = attributes.get(item.id)
            if value not in (None, "") and item.concept not in but:
                out.append((self.pack.text(item.title, lang), self._worded(item, str(value), lang)))
        return out

    def _worded(self, item: DataField, value: str, lang: str) -> str:
        if item.code_list:
            found = next((code for code in self.codes(item.code_list) if code.code == value), None)
            return self.pack.text(found.title, lang) if found else value
        if item.type == "date":
            return day(parse_date(value)) if parse_date(value) else value
        if item.type == "boolean":
            return gettext("Yes") if value == "true" else gettext("No")
        return number(value) if item.type in ("integer", "decimal", "number") else value


def register_of(pack: str, period: str | None = None) -> Register:
    """The register of a pack; raises ``UserError`` where it has none."""
    found = _registers(pack_named(pack))
    if not found:
        raise UserError(
            _("pack %(pack)s has no register of units") % {"pack": pack},
            todo=_("choose one of: %(codes)s") % {"codes": ", ".join(packs_with_register())},
        )
    return Register(pack_named(pack), pack_named(pack).dataset(found[0].id, period), period)


@lru_cache(maxsize=1)
def packs_with_register() -> tuple[str, ...]:
    """Packs whose data sets include a register."""
    return tuple(name for name in pack_names() if _registers(pack_named(name)))


def site_register() -> Register | None:
    """The register of the pack this site runs on (setting ``SAPA_PACK``)."""
    name = getattr(settings, "SAPA_PACK", "")
    return register_of(name) if name else None


def _registers(pack: Pack) -> list[Dataset]:
    return [item for item in pack.datasets if item.register_]
