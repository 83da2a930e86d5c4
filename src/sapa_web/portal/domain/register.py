"""The public register of a version: who the institutions were at its newest freeze, as far as the figures bear it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
from django.db.models import Q

from sapa.disclosure.register import Traits, tellable
from sapa.packs.loader import Pack
from sapa_web.indicators.domain.queries.facts import Figures
from sapa_web.indicators.domain.queries.sources import frozen_periods
from sapa_web.indicators.domain.units import official_traits
from sapa_web.orgs.models import OrganisationVersion

NAME = "register.json"


def register_of(found: Figures, facts: pa.Table, pack: Pack, places: tuple[str, ...], say: Callable[[str], None]) -> bytes:
    """The file: ``{"known": [dimensions], "title": dimension, "units": [[code, names by language, codes]]}``.

    Names are empty where they would tell more than may be told; ``title`` then says by which dimension a unit is called.
    """
    say("version: register")
    frozen = frozen_periods(pack.id)
    traits = {item.period: official_traits(item) for item in frozen}
    if not frozen or not traits[frozen[-1].period]:
        return _file((), "", [])
    newest = traits[frozen[-1].period]
    named = list(dict.fromkeys(name for held in newest.values() for name in held))
    names = _names(frozen[-1].as_of)
    kinds = _told_by_names(newest, {code: kind for code, (kind, _titles) in names.items()}, pack)
    first = [name for name in named if name in places]
    listed = {item.id for dataset in pack.datasets for item in dataset.dimensions if item.code_list}
    more = sorted((name for name in named if name not in places and name in listed), key=lambda name: name not in kinds)
    known = tellable(facts, found.table, pack, traits, first, more) if first else ()
    # "Primary school No. 5" tells the kind: where the kind may not be told, the name may not either.
    open_names = kinds[:1] == [] or kinds[0] in known
    units = [
        [unit, names[unit][1] if open_names and unit in names else {}, [held.get(name, "") for name in known]]
        for unit, held in sorted(newest.items()) if known
    ]  # fmt: skip
    return _file(known, next((name for name in kinds if name in known), ""), units)


def _told_by_names(newest: Traits, kinds: dict[str, str], pack: Pack) -> list[str]:
    """The dimension that holds what an institution is by its name, and the wider ones over the same field."""
    register = next(item for item in pack.datasets if item.register_)
    fields = [
        item for item in register.dimensions
        if item.field and kinds and sum(newest[unit].get(item.id) == kind for unit, kind in kinds.items() if unit in newest)
        > len(kinds) / 2
    ]  # fmt: skip
    same = [item.id for item in register.dimensions if fields and item.field == fields[0].field]
    return [item.id for item in fields[:1]] + [name for name in same if name != fields[0].id]


def _names(day: date) -> dict[str, tuple[str, dict[str, str]]]:
    """What institutions that were open on a day were then: kind, and names by language (under "" the register's own)."""
    held = OrganisationVersion.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=day), superseded_at=None, valid_from__lte=day, organisation__is_institution=True
    )
    rows: Any = held.values_list("organisation__code", "kind", "name", "names")
    return {code: (kind, {**(names or {}), "": name}) for code, kind, name, names in rows}


def _file(known: tuple[str, ...], title: str, units: list[Any]) -> bytes:
    return json.dumps({"known": list(known), "title": title, "units": units}, ensure_ascii=False, separators=(",", ":")).encode()
