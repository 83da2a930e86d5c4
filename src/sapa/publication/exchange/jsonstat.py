"""JSON-stat 2.0: a collection with one cube for each indicator and cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

from sapa.publication.exchange.model import OpenDataSet, status_of
from sapa.publication.labels import Labels

Cut = tuple[str, ...]
Row = tuple[tuple[str, ...], float | None, str]
"""Period and codes, value, flag."""


def collection(dataset: OpenDataSet, lang: str) -> bytes:
    """All cubes in one response of class "collection"; labels in ``lang``."""
    labels = dataset.labels(lang)
    orders = {name: {code: place for place, code in enumerate(dataset.codes(name))} for name in dataset.dimensions}
    cubes = [_cube(indicator, cut, rows, orders, labels) for (indicator, cut), rows in sorted(_rows(dataset).items())]
    found = {
        "version": "2.0",
        "class": "collection",
        "label": labels.text(dataset.title),
        "updated": dataset.issued.isoformat(),
        "extension": {
            "id": dataset.id, "version": dataset.version, "licence": dataset.licence, "facts": dataset.rows,
            "roots": dict(sorted(dataset.roots.items())),
        },
        "link": {"item": cubes},
    }  # fmt: skip
    return (json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _rows(dataset: OpenDataSet) -> dict[tuple[str, Cut], list[Row]]:
    """The facts by indicator and cut, in one pass."""
    out: dict[tuple[str, Cut], list[Row]] = {}
    for indicator, period, value, flag, codes in _facts(dataset):
        cut = tuple(name for name, code in zip(dataset.dimensions, codes, strict=True) if code is not None)
        key = (period, *(code for code in codes if code is not None))
        out.setdefault((indicator, cut), []).append((key, value, flag))
    return out


def _facts(dataset: OpenDataSet) -> Iterator[tuple[str, str, float | None, str, tuple[str | None, ...]]]:
    columns = [dataset.facts[name].to_pylist() for name in ("indicator", "period", "value", "flag", *dataset.dimensions)]
    for indicator, period, value, flag, *codes in zip(*columns, strict=True):
        yield indicator, period, value, flag, tuple(codes)


def _cube(indicator: str, cut: Cut, rows: list[Row], orders: dict[str, dict[str, int]], labels: Labels) -> dict[str, Any]:
    """``value`` is sparse (by position); ``status`` has the SDMX code of whatever is not normal."""
    names = ("period", *cut)
    codes: dict[str, list[str]] = {"period": sorted({key[0] for key, _, _ in rows})}
    for place, name in enumerate(cut, start=1):
        codes[name] = sorted({key[place] for key, _, _ in rows}, key=orders[name].__getitem__)
    at = {key: str(place) for place, key in enumerate(product(*(codes[name] for name in names)))}
    item = labels.indicator(indicator)
    return {
        "version": "2.0",
        "class": "dataset",
        "label": labels.text(item.title),
        "id": list(names),
        "size": [len(codes[name]) for name in names],
        "role": {"time": ["period"]},
        "dimension": {name: _dimension(name, codes[name], labels) for name in names},
        "value": {at[key]: value for key, value, _ in rows if value is not None},
        "status": {at[key]: status_of(flag)[0] for key, _, flag in rows if flag},
        "extension": {"indicator": indicator, "unit": item.unit, "decimals": item.decimals},
    }


def _dimension(name: str, codes: list[str], labels: Labels) -> dict[str, Any]:
    if name == "period":
        title, named = labels.lang.text("period_column"), {code: labels.lang.period(code) for code in codes}
    else:
        title, named = labels.dimension_title(name), {code: labels.code(name, code) for code in codes}
    return {"label": title, "category": {"index": {code: place for place, code in enumerate(codes)}, "label": named}}
