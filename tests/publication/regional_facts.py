"""Facts of a small country whose figures can be checked in the head: four regions, two districts, two sexes, three years."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
from tests.publication.generate import ROOT, table

from sapa.indicators.facts import ERROR
from sapa.packs.loader import Pack
from sapa.publication.meta import PackStamp, PublicationMeta, Quality, RuleFindings

YEARS = ("2022", "2023", "2024")
BORROWED = {"en": "Pack {owner} borrows the regime of another country, which is not its law."}
PUPILS = {"2022": (100, 200, 300, 400), "2023": (110, 190, 300, 400), "2024": (120, 150, 300, 430)}
"""Of R1 … R4. Totals: 1000, 1000, 1000."""
PASSED = {"2022": (70.0, 80.0, 90.0, 60.0), "2023": (72.0, 80.0, 91.0, 55.0), "2024": (75.0, 79.0, 92.0, 50.0)}
WHOLE = {"2022": 74.0, "2023": 73.0, "2024": 71.5}
GIRLS = {"2023": 28.0, "2024": 26.0}
"""Per cent of girls who failed."""


def facts(error: dict[str, float] | None = None) -> pa.Table:
    """Facts of the pack ``regional``; ``error`` gives standard errors of the whole's passed-share by year."""
    rows: list[dict[str, Any]] = []
    for year in YEARS:
        rows += [
            _row("pupils", year, 1000),
            _row("passed-share", year, WHOLE[year]),
            _row("failed-share", year, 100 - WHOLE[year]),
        ]
        for number, (pupils, passed) in enumerate(zip(PUPILS[year], PASSED[year], strict=True), 1):
            at = {"region": f"R{number}"}
            rows += [_row("pupils", year, pupils, **at), _row("passed-share", year, passed, **at)]
            rows.append(_row("failed-share", year, 100 - passed, **at))
            rows += [_row("pupils", year, pupils / 2, sex=sex, **at) for sex in "FM"]
        rows += [_row("pupils", year, 500, sex=sex) for sex in "FM"]
        rows += [_row("pupils", year, number, district=f"D{place}") for place, number in ((1, 40), (2, 80))]
        rows += [_row("failed-share", year, GIRLS[year], sex="F")] if year in GIRLS else []
    made = table(rows)
    if error:
        values = [error.get(row["period"]) if _is_whole(row) else None for row in made.to_pylist()]
        made = made.append_column(ERROR, pa.array(values, pa.float64()))
    return made


def _is_whole(row: dict[str, Any]) -> bool:
    return bool(row["indicator"] == "passed-share" and row["region"] is None)


def _row(indicator: str, period: str, value: float, **cut: str) -> dict[str, Any]:
    return {"indicator": indicator, "period": period, "snapshot": ROOT, **cut, "value": float(value), "flag": ""}


def meta(pack: Pack) -> PublicationMeta:
    """What a run under a borrowed regime says beside its figures."""
    rules = (
        RuleFindings("a", "explain", 7, {"en": "A rare finding"}),
        RuleFindings("b", "blocks", 31, {"en": "A frequent finding"}),
    )
    stamps = (PackStamp(pack.id, pack.version, pack.digest, pack.meta.title),)
    return PublicationMeta(
        *("2024", ROOT, date(2024, 10, 1), date(2025, 2, 20), 12, stamps),
        regime="kz-521",
        borrowed=BORROWED,
        quality=Quality(60, 58, 2, rules),
    )
