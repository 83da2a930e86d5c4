"""A data set's layout for machines: JSON Schema of a record with its code lists, made from the pack."""

from __future__ import annotations

from typing import Any

from sapa.packs.loader import Pack
from sapa.packs.models_data import DataField, Dataset

_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "code": {"type": "string"},
    "period": {"type": "string"},
}


def schema_of(pack: Pack, dataset: Dataset, period: str, lang: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of the list of records of one unit; the unit itself is known and may be left out."""
    fields = dataset.layout(period)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{pack.text(dataset.title, lang)} ({period})",
        "description": f"{pack.id} {pack.version}, {', '.join(dataset.clause)}",
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": [item.id for item in fields if item.required and item.role != "unit"],
            "properties": {item.id: _property(pack, item, period, lang) for item in fields},
        },
        "x-key": list(dataset.key(period)),
        "x-grain": dataset.grain,
        "x-rules": [_rule(pack, rule, lang) for rule in dataset.rules if rule.holds(period)],
    }


def _property(pack: Pack, item: DataField, period: str, lang: str) -> dict[str, Any]:
    out: dict[str, Any] = {"title": pack.text(item.title, lang), **_TYPES[item.type]}
    if item.help:
        out["description"] = pack.text(item.help, lang)
    if out["type"] == "string" and item.type == "string":
        out["maxLength"] = item.max_length
    if item.pattern:
        out["pattern"] = f"^(?:{item.pattern})$"
    if item.minimum is not None:
        out["minimum"] = item.minimum
    if item.maximum is not None:
        out["maximum"] = item.maximum
    if item.code_list:
        codes = pack.codelist(item.code_list, period).items
        out["oneOf"] = [{"const": code.code, "title": pack.text(code.title, lang)} for code in codes]
        out["x-code-list"] = item.code_list
    if item.measure:
        out["x-measure"] = item.measure
    out["x-role"] = item.role
    if item.protect != "none":
        out["x-protect"] = item.protect
    return out if item.required else {"anyOf": [out, {"type": "null"}], "title": out["title"]}


def _rule(pack: Pack, rule: Any, lang: str) -> dict[str, Any]:
    return {
        "id": rule.id, "severity": rule.severity, "fields": list(rule.fields), "clause": ", ".join(rule.clause),
        "cause": pack.text(rule.cause, lang), "remedy": pack.text(rule.remedy, lang),
    }  # fmt: skip
