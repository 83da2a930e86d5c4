"""What a record layout means to the machine: Arrow types, code lists ready for look-up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from sapa.datasets.text import fold
from sapa.packs.models_data import DataField, Dataset
from sapa.packs.models_law import CodeList

ROW = "_row"
"""Name of the column with the row number in the source (1 = first row of the sheet or file), int32."""

_PLAIN = {
    "string": pa.string(),
    "code": pa.string(),
    "period": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


class CodeLists(Protocol):
    """Whatever finds a code list by id as of a period: a loaded pack."""

    def codelist(self, element_id: str, period: str | None = None) -> CodeList: ...


def arrow_type(item: DataField) -> pa.DataType:
    """The Arrow type of a field; decimals are ``decimal128(28, scale)``."""
    return pa.decimal128(28, item.scale) if item.type == "decimal" else _PLAIN[item.type]


def kept_fields(dataset: Dataset, period: str | None) -> tuple[DataField, ...]:
    """Fields of the layout that enter the archive: all but those with ``protect: drop``."""
    return tuple(item for item in dataset.layout(period) if item.protect != "drop")


def schema(dataset: Dataset, period: str | None) -> pa.Schema:
    """Arrow schema of the kept fields, in layout order."""
    return pa.schema([pa.field(item.id, arrow_type(item)) for item in kept_fields(dataset, period)])


@dataclass(frozen=True)
class Coding:
    """A code list for look-up: the codes in force, and what each written form stands for.

    ``titles`` maps folded titles (in any language) to codes: a title is the code's written form, so reading it is no mend.
    ``aliases`` maps other spellings, which are mended only where the layout allows it.
    """

    codes: frozenset[str]
    titles: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)


def _in_force(valid_from: str | None, valid_to: str | None, period: str | None) -> bool:
    if period is None:
        return valid_to is None
    year = period[:4]
    return (valid_from is None or valid_from[:4] <= year) and (valid_to is None or year <= valid_to[:4])


def coding(codelist: CodeList, period: str | None) -> Coding:
    """Look-up tables of the codes in force in the year of ``period``."""
    items = [item for item in codelist.items if _in_force(item.valid_from, item.valid_to, period)]
    titles: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for item in items:
        for title in item.title.values():
            titles.setdefault(fold(title), item.code)
        for alias in item.aliases:
            aliases.setdefault(fold(alias), item.code)
    folded = {fold(item.code): item.code for item in items}
    return Coding(frozenset(item.code for item in items), titles, aliases, folded)


def codings(fields: Iterable[DataField], pack: CodeLists, period: str | None) -> dict[str, Coding]:
    """Look-up tables of every code list the fields name, by list id."""
    names = {item.code_list for item in fields if item.code_list}
    return {name: coding(pack.codelist(name, period), period) for name in sorted(names)}
