"""Facts made up for a report: every cut its tables and charts ask for, values spread by a hash so that they never change."""

from __future__ import annotations

import hashlib
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sapa.packs.loader import Pack
from sapa.publication.labels import Labels
from sapa.publication.language import language
from sapa.publication.meta import PackStamp, PublicationMeta, Quality, RuleFindings, UnitName
from sapa.publication.tables import wanted_cuts

ROOT = hashlib.sha256(b"made up").hexdigest()


def spread(*words: str) -> float:
    """A number in [0, 1) that depends on the words alone."""
    return int.from_bytes(hashlib.sha256("|".join(words).encode()).digest()[:6], "big") / 2**48


def codes_of(pack: Pack, dimension: str, period: str) -> list[str]:
    found = Labels(pack, language("en"), period).dimension(dimension)
    if not found.code_list:
        return [str(number) for number in range(1, 6)]
    items = pack.codelist(found.code_list).items
    if found.level == 1:
        return [item.code for item in items if item.parent is None]
    return [item.code for item in items if item.parent is not None] or [item.code for item in items]


def value_of(item: Any, *where: str) -> float:
    share = spread(item.id, *where)
    if item.unit == "percent":
        return 40 + 55 * share
    if item.kind in ("count", "sum", "distinct"):
        return float(int(800 + 250_000 * share**3))
    return 4 + 20 * share


def facts_for(pack: Pack, report: str, periods: list[str]) -> pa.Table:
    """One row a fact, in the schema that the indicators write."""
    rows: list[dict[str, Any]] = []
    for indicator, cuts in wanted_cuts(pack.find("reports", report)).items():
        item = pack.indicator(indicator)
        for period, cut in product(periods, sorted({frozenset(), *cuts}, key=sorted)):
            names = sorted(cut)
            for codes in product(*(codes_of(pack, name, period) for name in names)):
                value = value_of(item, *codes) * (1 + 0.04 * spread(period, indicator))
                whole = item.kind in ("count", "sum", "distinct")
                value = float(round(value)) if whole else value
                if whole and not codes:
                    value *= 9
                rows.append(_row(indicator, period, dict(zip(names, codes, strict=True)), value))
    return table(rows)


def _row(indicator: str, period: str, cut: dict[str, str], value: float | None, flag: str = "") -> dict[str, Any]:
    return {"indicator": indicator, "period": period, "snapshot": ROOT, **cut, "value": value, "flag": flag}


def table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a facts table; a dimension a row does not name is null."""
    figures = ("numerator", "denominator", "value")
    dimensions = sorted({name for row in rows for name in row} - {"indicator", "period", "snapshot", "count", "flag", *figures})
    fields = [(name, pa.string()) for name in ("indicator", "period", "snapshot", *dimensions)]
    fields += [(name, pa.float64()) for name in figures] + [("count", pa.int64()), ("flag", pa.string())]
    return pa.Table.from_pylist([{name: row.get(name) for name, _ in fields} for row in rows], schema=pa.schema(fields))


def write_facts(made: pa.Table, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(made, folder / "made.parquet")
    return folder / "made.parquet"


def meta_for(pack: Pack, period: str) -> PublicationMeta:
    rules = (
        RuleFindings("classes-without-pupils", "blocks", 12, {"en": "A class has no pupils", "ru": "В классе нет учащихся"}),
        RuleFindings(
            "ratio-differs", "explain", 1_204, {"en": "A published ratio differs", "ru": "Опубликованное отношение отличается"}
        ),
        RuleFindings("name-respelled", "note", 318, {"en": "A name was respelled", "ru": "Исправлено написание названия"}),
    )
    late = tuple(UnitName(f"10{number:03}", f"School No {number} <Dawn> #1") for number in range(1, 8))
    quality = Quality(120_431, 120_302, 129, rules, 1_520, 1_513, late, late[:3])
    stamps = tuple(PackStamp(each.id, each.version, each.digest, each.meta.title) for each in pack.packs())
    borrowed = {
        "en": "Pack {owner} has no data regime of its own: this run borrows another country's. It is not these data's law."
    }
    return PublicationMeta(
        period, ROOT, date(2025, 10, 1), date(2026, 1, 15), 1_513, stamps, "demo", {}, borrowed, quality=quality
    )
