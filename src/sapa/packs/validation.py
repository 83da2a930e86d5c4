"""Pydantic's errors in the words of a pack's author: where, what is allowed, what to do."""

from __future__ import annotations

import difflib
import json
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sapa.packs.source import Path, Source

_CODES = {
    "extra_forbidden": "unknown-key",
    "missing": "missing-key",
    "literal_error": "not-allowed",
}


_MUST_BE = {
    "string_type": "text",
    "dict_type": "a mapping, such as {en: …}",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "tuple_type": "a list",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
"""Pydantic's kinds of wrong type in plain words."""


def explain(error: ValidationError, source: Source, path: Path, model: type[BaseModel] | TypeAdapter[Any]) -> None:
    """Turn each error of a validation into a finding of ``source`` below ``path``."""
    data = source.data
    for part in path:
        data = data[part]
    for detail in error.errors():
        if not _follows_from_another(detail):
            where = _real_path(detail["loc"], data, missing=detail["type"] == "missing")
            _report(detail, source, (*path, *where), model)


def _follows_from_another(detail: ErrorDetails) -> bool:
    """Whether a list is called too short only because its items were refused, each with an error of its own."""
    given = detail["input"]
    return detail["type"] == "too_short" and isinstance(given, list) and len(given) >= detail["ctx"]["min_length"]


def _real_path(loc: tuple[int | str, ...], data: Any, *, missing: bool) -> Path:
    """Drop the parts of pydantic's location that are names of union members, not keys of the document.

    The last part of a ``missing`` key's location is that key, which the document does not have.
    """
    out: list[int | str] = []
    here = data
    for index, part in enumerate(loc):
        last = missing and index == len(loc) - 1
        if isinstance(here, dict) and (part in here or last):
            out.append(part)
            here = here.get(part)
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            out.append(part)
            here = here[part]
        elif last and isinstance(part, str) and isinstance(here, dict):
            out.append(part)
    return tuple(out)


def _report(detail: ErrorDetails, source: Source, path: Path, model: type[BaseModel] | TypeAdapter[Any]) -> None:
    kind = detail["type"]
    name = next((part for part in reversed(path) if isinstance(part, str)), "the file")
    if kind == "extra_forbidden":
        keys = _keys_at(model, detail["loc"][:-1])
        near = difflib.get_close_matches(name, keys, 1)
        todo = f"did you mean '{near[0]}'?" if near else "remove the key, or use an allowed one"
        source.report("unknown-key", f"unknown key '{name}'", path, allowed=", ".join(keys), todo=todo)
    elif kind == "missing":
        code = "missing-clause" if name == "clause" else "missing-key"
        todo = "cite the clause it comes from" if name == "clause" else f"add '{name}: …'"
        source.report(code, f"'{name}' is missing", path, todo=todo)
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        _report_tag(detail, source, path)
    else:
        code = "empty-clause" if name == "clause" or _is_empty_reference(path) else _CODES.get(kind, "wrong-value")
        context = detail.get("ctx", {})
        allowed = str(context.get("expected") or context.get("expected_tags") or context.get("pattern") or _MUST_BE.get(kind, ""))
        said = _said(detail)
        source.report(
            code, f"'{name}': {said} (given: {_short(detail['input'])})", path, allowed=allowed, todo=_todo(detail, code)
        )


def _report_tag(detail: ErrorDetails, source: Source, path: Path) -> None:
    """The key that says which kind of thing this is (``kind``, ``unit``) is missing or names no known kind."""
    context = detail["ctx"]
    key = str(context["discriminator"]).strip("'")
    if detail["type"] == "union_tag_not_found":
        source.report("missing-key", f"'{key}' is missing", (*path, key), todo=f"add '{key}: …'")
        return
    tags = [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
    near = difflib.get_close_matches(str(context["tag"]), tags, 1)
    todo = f"did you mean '{near[0]}'?" if near else "use one of the allowed values"
    source.report("not-allowed", f"there is no {key} '{context['tag']}'", (*path, key), allowed=", ".join(tags), todo=todo)


def _is_empty_reference(path: Path) -> bool:
    return len(path) > 1 and path[-2] == "clause"


def _said(detail: ErrorDetails) -> str:
    """Pydantic's words made plain, our validators' own without pydantic's prefix."""
    kind = detail["type"]
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind]}"
    if kind == "too_short":
        return f"needs at least {detail['ctx']['min_length']}"
    return detail["msg"].removeprefix("Value error, ")


def _todo(detail: ErrorDetails, code: str) -> str:
    if code == "empty-clause":
        return "cite the clause it comes from"
    if detail["type"] == "string_type" and isinstance(detail["input"], bool | int | float):
        return f'put it in quotes: "{_plain(detail["input"])}"'
    if detail["type"] in ("bool_type", "bool_parsing"):
        return "write true or false (yes, no, on and off are text)"
    return "use one of the allowed values" if code == "not-allowed" else "mend the value"


def _plain(value: bool | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _keys_at(model: type[BaseModel] | TypeAdapter[Any], loc: tuple[int | str, ...]) -> list[str]:
    """Keys allowed at a location, read from the JSON Schema (the one definition)."""
    schema = _schema(model)
    here = schema
    for part in loc:
        here = _step(_resolved(here, schema), part, schema)
    here = _resolved(here, schema)
    if "properties" in here:
        return sorted(here["properties"])
    options = [_resolved(option, schema) for option in here.get("anyOf", here.get("oneOf", []))]
    return sorted({key for option in options for key in option.get("properties", {})})


@cache
def _schema(model: type[BaseModel] | TypeAdapter[Any]) -> dict[str, Any]:
    return model.json_schema() if isinstance(model, TypeAdapter) else model.model_json_schema()


def _resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def _step(schema: dict[str, Any], part: int | str, root: dict[str, Any]) -> dict[str, Any]:
    if isinstance(part, int):
        items: dict[str, Any] = schema.get("items", {})
        return items
    if part in schema.get("properties", {}):
        found: dict[str, Any] = schema["properties"][part]
        return found
    mapping = schema.get("discriminator", {}).get("mapping", {})
    if part in mapping:
        return {"$ref": mapping[part]}
    for option in schema.get("anyOf", schema.get("oneOf", [])):
        resolved = _resolved(option, root)
        if part in resolved.get("properties", {}):
            found = resolved["properties"][part]
            return found
        if resolved.get("type") == "array":
            return resolved
    return schema
